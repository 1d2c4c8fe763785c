"""The battles behind the figures of an audit: named sets of their ids, and which sets each figure rests on.

What is in a set is chosen by the functions that make the figure, so that the counts are those of the figure. Of a set the
newest battles are kept, with the count of all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from judges.audit_bias import LOOKS, battles_in_triads, choices_by_look, of_equals, of_family
from judges.audit_people import CODES, decided_by_both, graded_by_both
from judges.audit_position import both_orders, of_the_judge, one_game, repeated
from judges.audit_rows import AuditGame, AuditItem, by_battle
from judges.combining import LabelledGames, score_against_labels
from judges.states import ENDED, GameState
from judges.verdicts import Side

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
    "agrees": "same outcome as people",
    "differs": "another outcome than people",
    "same_winner": "same winner as people",
    "other_winner": "the other answer than people",
    "same_grade": "same grade as people",
    "other_grade": "another grade than people",
    "consistent": "both orders alike",
    "inconsistent": "the orders differ",
    "one_winner": "one winner in both orders",
    "two_winners": "another winner in each order",
    "leans_first": "the orders favour the first slot",
    "leans_second": "the orders favour the second slot",
    "first_twice": "first slot in both orders",
    "second_twice": "second slot in both orders",
    "drawn_first": "first slot in the drawn game",
    "drawn_second": "second slot in the drawn game",
    "repeats_alike": "repeats say the same",
    "repeats_differ": "repeats differ",
    "longer": "longer answer preferred",
    "shorter": "shorter answer preferred",
    "longer_of_equals": "longer answer preferred, people neither",
    "shorter_of_equals": "shorter answer preferred, people neither",
    "more_lists": "more list items preferred",
    "fewer_lists": "fewer list items preferred",
    "more_lists_of_equals": "more list items preferred, people neither",
    "fewer_lists_of_equals": "fewer list items preferred, people neither",
    "more_bold": "more bold preferred",
    "less_bold": "less bold preferred",
    "more_bold_of_equals": "more bold preferred, people neither",
    "less_bold_of_equals": "less bold preferred, people neither",
    "own_found": "people prefer its own, it does too",
    "own_missed": "people prefer its own, it does not",
    "other_found": "people prefer the other, it does too",
    "other_missed": "people prefer the other, it does not",
    "cyclic": "in a cycle",
    "straight": "in a triad that is no cycle",
    "scored": "with scores of both answers",
    "right_as_right": "a right answer graded right",
    "right_as_wrong": "a right answer graded wrong",
    "wrong_as_right": "a wrong answer graded right",
    "wrong_as_wrong": "a wrong answer graded wrong",
    "with_verdict": "with a verdict",
}
"""Prefix of the sets of battles with a game that ended in a state without verdict."""

_ALIKE, _SLOTS = ("agrees", "differs"), ("leans_first", "leans_second")
_BY_LOOK: Mapping[str, tuple[str, str]] = {
    "length": ("longer", "shorter"),
    "lists": ("more_lists", "fewer_lists"),
    "bold": ("more_bold", "less_bold"),
}
_OWN = ("own_found", "own_missed", "other_found", "other_missed")
_GRADED = ("right_as_right", "right_as_wrong", "wrong_as_right", "wrong_as_wrong")

LINKS: Mapping[str, tuple[str, ...]] = {
    "agreement with people": _ALIKE,
    "agreement without ties": ("same_winner", "other_winner"),
    "Cohen's kappa": _ALIKE,
    "Scott's pi": _ALIKE,
    "Krippendorff's alpha": _ALIKE,
    "weighted kappa": ("same_grade", "other_grade"),
    "position consistency": ("consistent", "inconsistent"),
    "position consistency without ties": ("one_winner", "two_winners"),
    "first slot among inconsistent battles": _SLOTS,
    "delta bias": _SLOTS,
    "total bias": _SLOTS,
    "first-slot rate": ("drawn_first", "drawn_second"),
    "McNemar's test of the slot": ("first_twice", "second_twice"),
    "slot intercept gamma": ("with_verdict",),
    "repetition stability": ("repeats_alike", "repeats_differ"),
    "self and family preference": _OWN,
    "transitivity": ("cyclic", "straight"),
    "ICC(2,1) of scores": ("scored",),
    "ICC(2,k) of scores": ("scored",),
    "leniency P_c": _GRADED,
    "leniency P_+": _GRADED,
    "Spearman against the human board": ("with_verdict",),
    "Kendall against the human board": ("with_verdict",),
    "separability": ("with_verdict",),
} | {
    name: tuple(f"{key}{suffix}" for key in _BY_LOOK[look])
    for look, (more, _) in LOOKS.items()
    for name, suffix in (
        (f"{look} slope", ""),
        (f"P({more} preferred)", ""),
        (f"P({more} preferred) at equal quality", "_of_equals"),
    )
}
"""By figure, the sets that it rests on: those that speak for it first."""


def battle_sets(
    games: Sequence[AuditGame], items: Sequence[AuditItem], *, graded: Sequence[tuple[bool, bool, str]] = ()
) -> dict[str, BattleSet]:
    """Every set that is not empty.

    Parameters
    ----------
    games, items
        As an audit reads them.
    graded : sequence of (bool, bool, str)
        Whether an answer is right, what the judge said of it, and in which battle.

    Examples
    --------
    >>> items = [AuditItem(str(n), "p", "x", "y", "a", "a" if n else "b") for n in range(3)]
    >>> found = battle_sets([], items)
    >>> sorted(found), found["agrees"].battles
    (['agrees', 'differs', 'other_winner', 'same_winner'], ('2', '1'))
    """
    members: dict[str, list[str]] = {}
    for key, battle in (*_of_items(items), *_of_games(games), *_of_grades(graded)):
        members.setdefault(key, []).append(battle)
    words = {**WORDS, **{f"{ENDED}{state.value}": f"a game ended as {state.value}" for state in GameState}}
    return {key: BattleSet.of(key, words[key], battles) for key, battles in members.items()}


type _Members = Iterable[tuple[str, str]]


def _of_items(items: Sequence[AuditItem]) -> _Members:
    for item, judged, human in decided_by_both(items):
        yield _ALIKE[judged != human], item.battle
        if judged < 2 and human < 2:
            yield ("same_winner", "other_winner")[judged != human], item.battle
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


def _of_games(games: Sequence[AuditGame]) -> _Members:
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
    for battle, its in by_battle(of_the_judge(games)).items():
        drawn = one_game(its)
        if drawn is not None and drawn.verdict is not None and drawn.verdict.winner in ("first", "second"):
            yield f"drawn_{drawn.verdict.winner}", battle
    for game in games:
        if game.verdict is not None or game.score is not None:
            yield "with_verdict", game.battle
        if game.verdict is not None and game.verdict.scores is not None:
            yield "scored", game.battle
        if not game.state.has_verdict:
            yield f"{ENDED}{game.state.value}", game.battle


def _of_grades(graded: Sequence[tuple[bool, bool, str]]) -> _Members:
    for is_right, says_right, battle in graded:
        yield _GRADED[2 * (not is_right) + (not says_right)], battle


# --- gold sets: a set of its own for each, under a prefix --------------------------------------------------------------

_GOLD: Mapping[str, tuple[str, str]] = {
    "right in the first order": ("first_order", "right in the first order"),
    "right in the second order": ("second_order", "right in the second order"),
    "right in both orders": ("both_orders", "right in both orders"),
    "right by the two-game sum": ("two_game_sum", "right by the two-game sum"),
    "half for a disagreement": ("half_credit", "right, or half right"),
    "inconsistent": ("n_inconsistent", "two verdicts that differ"),
    "without a verdict in both orders": ("n_null", "an order without a verdict"),
}


def gold_sets(prefix: str, battles: Sequence[LabelledGames]) -> dict[str, BattleSet]:
    """For each figure against gold labels the pairs that earn something under it and, where there are any, the rest."""
    found = {}
    scores = {battle.key: score_against_labels([battle]) for battle in battles}
    for part, words in _GOLD.values():
        earning = [key for key, score in scores.items() if getattr(score, part)]
        for key, say, members in (
            (f"{prefix}{part}", words, earning),
            (f"{prefix}not_{part}", f"not {words}", scores.keys() - set(earning)),
        ):
            if members:
                found[key] = BattleSet.of(key, say, members)
    return found


def gold_links(prefix: str, name: str) -> tuple[str, str]:
    part, _ = _GOLD[name]
    return f"{prefix}{part}", f"{prefix}not_{part}"


LABELLED: Mapping[str, str] = {"right": "reply = label", "wrong": "another reply", "unreadable": "no readable reply"}


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
