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
    decided_in_both_orders,
    graded_by_both,
    labelled,
    replies_on,
    share_of_agreement,
)
from judges.audits.figures.inputs import HEADLINES, SELECTED, AuditGame, AuditItem
from judges.audits.figures.position import both_orders, of_the_judge, outcomes_of_repeats, repeated
from judges.audits.figures.score_reliability import in_common, scored_answers
from judges.audits.figures.set_keys import ALIKE, BY_LOOK, GRADED, OWN, SLOTS
from judges.audits.figures.set_texts import GOLD_WORDS, LABELLED, saying_of
from judges.verdicts.game_states import ENDED
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


LINKS: Mapping[str, tuple[str, ...]] = (
    {
        SELECTED: ("agrees_twice", "differs_twice"),
        "agreement_of_winners": ("same_winner", "other_winner"),
        "cohen_kappa": ALIKE,
        "scott_pi": ALIKE,
        "krippendorff_alpha": ALIKE,
        "weighted_kappa": ("same_grade", "other_grade"),
        "position_consistency": ("consistent", "inconsistent"),
        "position_consistency_of_winners": ("one_winner", "two_winners"),
        "first_among_inconsistent": SLOTS,
        "delta_bias": SLOTS,
        "total_bias": SLOTS,
        "first_slot_rate": ("chose_first", "chose_second"),
        "mcnemar": ("first_twice", "second_twice"),
        "slot_gamma": ("with_verdict",),
        "repetition_stability": ("repeats_alike", "repeats_differ"),
        "repetition_stability_of_grades": ("repeats_alike", "repeats_differ"),
        "consistency_of_repeats": ("alike_again", "other_again"),
        "own_preference": OWN,
        "transitivity": ("cyclic", "straight"),
        "icc_single": ("scored",),
        "icc_mean": ("scored",),
        "leniency_pc": GRADED,
        "leniency_pplus": GRADED,
        "board_spearman": ("with_verdict",),
        "board_kendall": ("with_verdict",),
        "separability": ("with_verdict",),
    }
    | dict.fromkeys(HEADLINES, (*ALIKE, "split", "contradicted"))
    | {
        f"{look}_{which}": tuple(f"{key}{suffix}" for key in BY_LOOK[look])
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
        Whether an answer is right, the judge's grade, and in which battle.
    marked : sequence of AuditGame
        Verdicts on answers that seem to speak to their judge.
    margin : float
        As an audit has it.

    Examples
    --------
    >>> items = [AuditItem(str(n), "p", "x", "y", "a", "a" if n else "b") for n in range(3)]
    >>> sets = battle_sets([], items)
    >>> sorted(sets), sets["agrees"].battles
    (['agrees', 'agrees_twice', 'differs', 'differs_twice', 'other_winner', 'same_winner'], ('2', '1'))
    """
    members: dict[str, list[str]] = {}
    keyed_battles = (
        *_of_items(items),
        *_of_games(games, margin=margin),
        *_of_grades(graded),
        *(("marked", game.battle) for game in marked),
    )
    for key, battle in keyed_battles:
        members.setdefault(key, []).append(battle)
    return {key: BattleSet.of(key, str(saying_of(key)), battles) for key, battles in members.items()}


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
    for look, keys in BY_LOOK.items():
        yield from ((keys[not is_more], item.battle) for item, is_more in choices_by_look(items, look))
        for item, is_more in choices_by_look(of_equals(items), look):
            yield f"{keys[not is_more]}_of_equals", item.battle
    for item in of_family(items):
        is_own = item.own_a == (item.human == "a")
        yield OWN[2 * (not is_own) + (item.judged != item.human)], item.battle
    for key, battles in zip(("cyclic", "straight"), battles_in_triads(items), strict=True):
        yield from ((key, battle) for battle in battles)


def _of_games(games: Sequence[AuditGame], *, margin: float) -> _Members:
    for pair in both_orders(games):
        yield ("consistent", "inconsistent")[pair.ab != pair.ba], pair.battle
        if pair.names_winners:
            yield ("one_winner", "two_winners")[pair.ab != pair.ba], pair.battle
        if pair.slot_lead:
            yield SLOTS[pair.slot_lead < 0], pair.battle
        if pair.names_winners and pair.ab != pair.ba:
            yield ("first_twice", "second_twice")[pair.ab == "b"], pair.battle
    for (battle, *_), replies in repeated(games).items():
        yield ("repeats_alike", "repeats_differ")[len(set(replies)) > 1], battle
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
        yield GRADED[2 * (not is_right) + (not says_right)], battle


# --- gold sets: a set of its own for each, under a prefix --------------------------------------------------------------


def gold_sets(prefix: str, battles: Sequence[Labelled]) -> dict[str, BattleSet]:
    """For each figure against gold labels the pairs that earn something under it and, where there are any, the others."""
    sets = {}
    scores = {battle.key: earned(battle) for battle in battles}
    for part, (words, others_words) in GOLD_WORDS.items():
        earning = [key for key, score in scores.items() if score.get(part)]
        others = [key for key, score in scores.items() if part in score and not score[part]]
        for key, say, members in ((f"{prefix}{part}", words, earning), (f"{prefix}not_{part}", others_words, others)):
            if members:
                sets[key] = BattleSet.of(key, say, members)
    return sets


def gold_links(prefix: str, key: str) -> tuple[str, str]:
    return f"{prefix}{key}", f"{prefix}not_{key}"


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
