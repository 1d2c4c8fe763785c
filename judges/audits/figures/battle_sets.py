"""The battles behind the figures of an audit: named sets of their ids, and which sets each figure rests on.

What is in a set is chosen by the functions that make the figure, so that the counts are those of the figure. Of a set the
newest battles are kept, with the count of all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from judges.audits.figures.bias import LOOKS, battles_in_triads, choices_by_look, of_equals, of_family
from judges.audits.figures.gold_by_combiner import Labelled, earned
from judges.audits.figures.human_agreement import (
    CODES,
    HEADLINES,
    decided_in_both_orders,
    graded_by_both,
    labelled,
    replies_on,
    share_of_agreement,
)
from judges.audits.figures.inputs import SELECTED, AuditGame, AuditItem
from judges.audits.figures.position import both_orders, of_the_judge, outcomes_of_repeats, repeated
from judges.audits.figures.score_reliability import in_common, scored_answers
from judges.sayings import gettext_noop
from judges.verdicts.game_states import ENDED, GameState
from judges.verdicts.verdict import Side

MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class BattleSet:
    """Battles of one kind.

    Parameters
    ----------
    key : str
        In addresses.
    words : str
        What they have in common, for people.
    n : int
        How many there are.
    battles : tuple of str
        The newest of them, `MOST_KEPT` at most.
    """

    key: str
    words: str
    n: int
    battles: tuple[str, ...]

    @classmethod
    def of(cls, key: str, words: str, battles: Iterable[str]) -> "BattleSet":
        """Ids are numbers, or names of one length: the largest are the newest.

        Examples
        --------
        >>> BattleSet.of("x", "all", ["9", "10", "9"])
        BattleSet(key='x', words='all', n=2, battles=('10', '9'))
        """
        newest_first = sorted(set(battles), key=lambda battle: (len(battle), battle), reverse=True)
        return cls(key, words, len(newest_first), tuple(newest_first[:MOST_KEPT]))


WORDS: Mapping[str, str] = {
    "agrees": gettext_noop("every reply as labelled"),
    "partly": gettext_noop("some replies as labelled"),
    "differs": gettext_noop("no reply as labelled"),
    "agrees_twice": gettext_noop("both orders as labelled"),
    "differs_twice": gettext_noop("both orders say something else"),
    "same_winner": gettext_noop("a reply with the labelled winner"),
    "other_winner": gettext_noop("a reply with the other answer"),
    "split": gettext_noop("people are split"),
    "contradicted": gettext_noop("gold labels contradict each other"),
    "marked": gettext_noop("an answer seems to speak to its judge"),
    "same_grade": gettext_noop("same grade as people"),
    "other_grade": gettext_noop("another grade than people"),
    "consistent": gettext_noop("both orders alike"),
    "inconsistent": gettext_noop("the orders differ"),
    "one_winner": gettext_noop("one winner in both orders"),
    "two_winners": gettext_noop("another winner in each order"),
    "leans_first": gettext_noop("the orders favour the first slot"),
    "leans_second": gettext_noop("the orders favour the second slot"),
    "first_twice": gettext_noop("first slot in both orders"),
    "second_twice": gettext_noop("second slot in both orders"),
    "chose_first": gettext_noop("a game chose the first slot"),
    "chose_second": gettext_noop("a game chose the second slot"),
    "repeats_alike": gettext_noop("repeats say the same"),
    "repeats_differ": gettext_noop("repeats differ"),
    "alike_again": gettext_noop("the same each time it was graded"),
    "other_again": gettext_noop("something else when graded again"),
    "longer": gettext_noop("longer answer preferred"),
    "shorter": gettext_noop("shorter answer preferred"),
    "longer_of_equals": gettext_noop("longer answer preferred, people neither"),
    "shorter_of_equals": gettext_noop("shorter answer preferred, people neither"),
    "more_lists": gettext_noop("more list items preferred"),
    "fewer_lists": gettext_noop("fewer list items preferred"),
    "more_lists_of_equals": gettext_noop("more list items preferred, people neither"),
    "fewer_lists_of_equals": gettext_noop("fewer list items preferred, people neither"),
    "more_bold": gettext_noop("more bold preferred"),
    "less_bold": gettext_noop("less bold preferred"),
    "more_bold_of_equals": gettext_noop("more bold preferred, people neither"),
    "less_bold_of_equals": gettext_noop("less bold preferred, people neither"),
    "own_found": gettext_noop("people prefer its own, it does too"),
    "own_missed": gettext_noop("people prefer its own, it does not"),
    "other_found": gettext_noop("people prefer the other, it does too"),
    "other_missed": gettext_noop("people prefer the other, it does not"),
    "cyclic": gettext_noop("in a cycle"),
    "straight": gettext_noop("in a triad that is no cycle"),
    "scored": gettext_noop("with answers that were scored more than once"),
    "right_as_right": gettext_noop("a right answer graded right"),
    "right_as_wrong": gettext_noop("a right answer graded wrong"),
    "wrong_as_right": gettext_noop("a wrong answer graded right"),
    "wrong_as_wrong": gettext_noop("a wrong answer graded wrong"),
    "with_verdict": gettext_noop("with a verdict"),
}
"""Prefix of the sets of battles with a game that ended in a state without verdict."""

_ALIKE, _SLOTS = ("agrees", "partly", "differs"), ("leans_first", "leans_second")
_BY_LOOK: Mapping[str, tuple[str, str]] = {
    "length": ("longer", "shorter"),
    "lists": ("more_lists", "fewer_lists"),
    "bold": ("more_bold", "less_bold"),
}
_OWN = ("own_found", "own_missed", "other_found", "other_missed")
_GRADED = ("right_as_right", "right_as_wrong", "wrong_as_right", "wrong_as_wrong")

LINKS: Mapping[str, tuple[str, ...]] = (
    {
        SELECTED: ("agrees_twice", "differs_twice"),
        "agreement_of_winners": ("same_winner", "other_winner"),
        "cohen_kappa": _ALIKE,
        "scott_pi": _ALIKE,
        "krippendorff_alpha": _ALIKE,
        "weighted_kappa": ("same_grade", "other_grade"),
        "position_consistency": ("consistent", "inconsistent"),
        "position_consistency_of_winners": ("one_winner", "two_winners"),
        "first_among_inconsistent": _SLOTS,
        "delta_bias": _SLOTS,
        "total_bias": _SLOTS,
        "first_slot_rate": ("chose_first", "chose_second"),
        "mcnemar": ("first_twice", "second_twice"),
        "slot_gamma": ("with_verdict",),
        "repetition_stability": ("repeats_alike", "repeats_differ"),
        "repetition_stability_of_grades": ("repeats_alike", "repeats_differ"),
        "consistency_of_repeats": ("alike_again", "other_again"),
        "own_preference": _OWN,
        "transitivity": ("cyclic", "straight"),
        "icc_single": ("scored",),
        "icc_mean": ("scored",),
        "leniency_pc": _GRADED,
        "leniency_pplus": _GRADED,
        "board_spearman": ("with_verdict",),
        "board_kendall": ("with_verdict",),
        "separability": ("with_verdict",),
    }
    | dict.fromkeys(HEADLINES, (*_ALIKE, "split", "contradicted"))
    | {
        f"{look}_{which}": tuple(f"{key}{suffix}" for key in _BY_LOOK[look])
        for look in LOOKS
        for which, suffix in (("slope", ""), ("preferred", ""), ("preferred_of_equals", "_of_equals"))
    }
)
"""By key of a figure, the sets that it rests on: those that speak for it first."""


def battle_sets(
    games: Sequence[AuditGame],
    items: Sequence[AuditItem],
    *,
    graded: Sequence[tuple[bool, bool, str]] = (),
    marked: Sequence[AuditGame] = (),
    margin: float = 0.0,
) -> dict[str, BattleSet]:
    """Every set that is not empty.

    Parameters
    ----------
    games, items
        As an audit reads them.
    graded : sequence of (bool, bool, str)
        Whether an answer is right, what the judge said of it, and in which battle.
    marked : sequence of AuditGame
        Verdicts on answers that seem to speak to their judge.
    margin : float
        As an audit has it.

    Examples
    --------
    >>> items = [AuditItem(str(n), "p", "x", "y", "a", "a" if n else "b") for n in range(3)]
    >>> found = battle_sets([], items)
    >>> sorted(found), found["agrees"].battles
    (['agrees', 'agrees_twice', 'differs', 'differs_twice', 'other_winner', 'same_winner'], ('2', '1'))
    """
    members: dict[str, list[str]] = {}
    its = (
        *_of_items(items),
        *_of_games(games, margin=margin),
        *_of_grades(graded),
        *(("marked", game.battle) for game in marked),
    )
    for key, battle in its:
        members.setdefault(key, []).append(battle)
    words = {**WORDS, **{f"{ENDED}{state.value}": f"a game ended as {state.value}" for state in GameState}}
    return {key: BattleSet.of(key, words[key], battles) for key, battles in members.items()}


type _Members = Iterable[tuple[str, str]]


def _of_items(items: Sequence[AuditItem]) -> _Members:
    for item in labelled(items):
        agreed = share_of_agreement(item)
        yield "agrees" if agreed == 1 else "partly" if agreed else "differs", item.battle
    for item, is_right in decided_in_both_orders(items):
        yield ("agrees_twice", "differs_twice")[not is_right], item.battle
    for item, judged, human in replies_on(items):
        if judged < 2 and human < 2:
            yield ("same_winner", "other_winner")[judged != human], item.battle
    for item in items:
        if item.unlabelled in ("split", "contradicted"):
            yield item.unlabelled, item.battle
    for item in graded_by_both(items):
        yield ("same_grade", "other_grade")[item.judged_grade != item.human_grade], item.battle
    for look, keys in _BY_LOOK.items():
        yield from ((keys[not is_more], item.battle) for item, is_more in choices_by_look(items, look))
        for item, is_more in choices_by_look(of_equals(items), look):
            yield f"{keys[not is_more]}_of_equals", item.battle
    for item in of_family(items):
        is_own = item.own_a == (item.human == "a")
        yield _OWN[2 * (not is_own) + (item.judged != item.human)], item.battle
    for key, battles in zip(("cyclic", "straight"), battles_in_triads(items), strict=True):
        yield from ((key, battle) for battle in battles)


def _of_games(games: Sequence[AuditGame], *, margin: float) -> _Members:
    for pair in both_orders(games):
        yield ("consistent", "inconsistent")[pair.ab != pair.ba], pair.battle
        if pair.names_winners:
            yield ("one_winner", "two_winners")[pair.ab != pair.ba], pair.battle
        if pair.slot_lead:
            yield _SLOTS[pair.slot_lead < 0], pair.battle
        if pair.names_winners and pair.ab != pair.ba:
            yield ("first_twice", "second_twice")[pair.ab == "b"], pair.battle
    for (battle, *_), said in repeated(games).items():
        yield ("repeats_alike", "repeats_differ")[len(set(said)) > 1], battle
    for game in of_the_judge(games):
        if game.verdict is not None and game.verdict.winner in ("first", "second"):
            yield f"chose_{game.verdict.winner}", game.battle
    for battle, (_, outcomes) in outcomes_of_repeats(games, margin=margin).items():
        if len(outcomes) > 1:
            yield ("alike_again", "other_again")[len(set(outcomes)) > 1], battle
    for answer in in_common(scored_answers(games))[1]:
        yield "scored", answer.battle
    for game in games:
        if game.verdict is not None or game.score is not None:
            yield "with_verdict", game.battle
        if not game.state.has_verdict:
            yield f"{ENDED}{game.state.value}", game.battle


def _of_grades(graded: Sequence[tuple[bool, bool, str]]) -> _Members:
    for is_right, says_right, battle in graded:
        yield _GRADED[2 * (not is_right) + (not says_right)], battle


# --- gold sets: a set of its own for each, under a prefix --------------------------------------------------------------

GOLD_WORDS: Mapping[str, tuple[str, str]] = {
    "first_order": (gettext_noop("right in the first order"), gettext_noop("not right in the first order")),
    "second_order": (gettext_noop("right in the second order"), gettext_noop("not right in the second order")),
    "both_orders": (gettext_noop("right in both orders"), gettext_noop("not right in both orders")),
    "two_game_sum": (gettext_noop("right by the two-game sum"), gettext_noop("not right by the two-game sum")),
    "half_credit": (gettext_noop("right, or half right"), gettext_noop("not right, or half right")),
    "n_inconsistent": (gettext_noop("two verdicts that differ"), gettext_noop("not two verdicts that differ")),
    "n_null": (gettext_noop("an order without a verdict"), gettext_noop("not an order without a verdict")),
}
"""By key of a figure against gold labels: the pairs that earn something under it, and the others."""


def gold_sets(prefix: str, battles: Sequence[Labelled]) -> dict[str, BattleSet]:
    """For each figure against gold labels the pairs that earn something under it and, where there are any, the others."""
    found = {}
    scores = {battle.key: earned(battle) for battle in battles}
    for part, (words, others_words) in GOLD_WORDS.items():
        earning = [key for key, score in scores.items() if score.get(part)]
        others = [key for key, score in scores.items() if part in score and not score[part]]
        for key, say, members in ((f"{prefix}{part}", words, earning), (f"{prefix}not_{part}", others_words, others)):
            if members:
                found[key] = BattleSet.of(key, say, members)
    return found


def gold_links(prefix: str, key: str) -> tuple[str, str]:
    return f"{prefix}{key}", f"{prefix}not_{key}"


LABELLED: Mapping[str, str] = {
    "right": gettext_noop("reply = label"),
    "wrong": gettext_noop("another reply"),
    "unreadable": gettext_noop("no readable reply"),
}


def label_sets(
    prefix: str, battles: Sequence[str], labels: Sequence[Side], replies: Sequence[Side | None]
) -> dict[str, BattleSet]:
    """Right, wrong and unreadable replies against labels of three classes; "both bad" is a tie."""
    members: dict[str, list[str]] = {}
    for battle, label, reply in zip(battles, labels, replies, strict=True):
        key = "unreadable" if reply is None else "right" if CODES[label] == CODES[reply] else "wrong"
        members.setdefault(key, []).append(battle)
    return {f"{prefix}{key}": BattleSet.of(f"{prefix}{key}", LABELLED[key], of) for key, of in members.items()}


def label_links(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{key}" for key in LABELLED)
