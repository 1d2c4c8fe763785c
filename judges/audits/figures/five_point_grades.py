"""Grades on five points, from -2 (b much better) to 2 (a much better): of people's votes, and of a judge's games."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, floor

from judges.audits.figures.inputs import AuditGame
from judges.protocols import PROTOCOLS, PairProtocol
from judges.verdicts.verdict import Side, graded_verdict

SIGNS: dict[Side, int] = {"a": 1, "b": -1}


def grade(outcome: Side, strength: int | None) -> int | None:
    """The grade of one outcome; None where an answer is preferred and no strength was given.

    Examples
    --------
    >>> grade("b", 2), grade("a", None), grade("tie", None)
    (-2, None, 0)
    """
    sign = SIGNS.get(outcome, 0)
    if not sign:
        return 0
    return None if strength is None else sign * strength


def middle_grade(grades: Sequence[int]) -> int | None:
    """The mean, rounded; a half goes towards the middle, the weaker statement.

    Examples
    --------
    >>> middle_grade([2, 1]), middle_grade([-1, 0]), middle_grade([2, 2, 1]), middle_grade([])
    (1, 0, 2, None)
    """
    if not grades:
        return None
    mean = Fraction(sum(grades), len(grades))
    return ceil(mean - Fraction(1, 2)) if mean > 0 else floor(mean + Fraction(1, 2))


def knows_strengths(protocol: str) -> bool:
    """Whether a judge of this protocol can answer "much better".

    Examples
    --------
    >>> knows_strengths("arena_hard"), knows_strengths("pairwise"), knows_strengths("longer")
    (True, False, False)
    """
    known_protocol = PROTOCOLS.get(protocol)
    return isinstance(known_protocol, PairProtocol) and known_protocol.has_strengths


def graded_sides(games: Iterable[AuditGame], *, margin: float) -> list[Side | None]:
    """What each repeat makes of the two grades: the better one, if it leads by more than the margin; None where one is missing.

    Examples
    --------
    >>> games = [AuditGame("1", "p", "x", "y", order, 0, None, score=score) for order, score in (("ab", 4.0), ("ba", 2.0))]
    >>> graded_sides(games, margin=0), graded_sides(games, margin=2), graded_sides(games[:1], margin=0)
    (['a'], ['tie'], [None])
    """
    grades: dict[int, list[tuple[str, float | None]]] = {}
    for game in games:
        grades.setdefault(game.repeat, []).append((game.order, game.score))
    verdicts = [graded_verdict(grades[repeat], margin=margin) for repeat in sorted(grades)]
    return [None if verdict is None else verdict.by_side("ab") for verdict in verdicts]


def judged_grade(games: Iterable[AuditGame], decided: Side | None) -> int | None:
    """Of a battle whose orders agreed on this outcome: the mean grade of the games that name it."""
    if decided is None:
        return None
    verdicts = [(game.verdict.by_side(game.order), game.verdict.strength) for game in games if game.verdict is not None]
    grades = [grade(outcome, strength) for outcome, strength in verdicts if outcome == decided]
    return middle_grade([each for each in grades if each is not None])
