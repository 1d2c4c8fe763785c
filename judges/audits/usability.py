"""Whether a judge's verdicts may count, by what it did itself: its consistency, and how often it gave a verdict at all.

A judge is unusable only where the upper 95 % limit of its consistency is under .5 over at least 20 battles in both orders, or
where under half of the games that it was asked have a verdict. That its data separate models, or that it always chose one slot
on a few battles, is no fault. A judge that was never asked in both orders is not unusable: it is not measured.
"""

from dataclasses import dataclass

from judges.audits.figures.figure import Figure, Notes, say

MIN_CONSISTENCY = 0.5
"""A judge is unusable where even the upper 95 % limit of its consistency is below."""

FEWEST_BATTLES = 20
"""In both orders: on fewer, its consistency condemns no judge."""

MIN_COVERAGE = 0.5
"""A judge is unusable where a smaller share of the games that it was asked has a verdict."""


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether a judge's verdicts may count.

    Parameters
    ----------
    is_usable : bool
        False only where the data show it: a judge that was never tested is not unusable, but `is_measured` is False.
    is_measured : bool
        There are battles with a verdict in both orders.
    reasons : tuple of Note
        Why not, or what is not known.
    consistency : Figure
        That of the two orders.
    n_said, n_asked : int
        Games with a verdict, of those that it was asked.
    """

    is_usable: bool
    is_measured: bool
    reasons: Notes
    consistency: Figure
    n_said: int
    n_asked: int


def usability_of(consistency: Figure, *, n_said: int, n_asked: int) -> Usability:
    """The rule.

    Examples
    --------
    >>> low = Figure("position_consistency", "position consistency", 0.1, 0.05, 0.2, 100, "battles", "")
    >>> usability_of(low, n_said=200, n_asked=200).reasons
    ('the upper 95 % limit of its consistency is 0.2, under 0.5 (100 battles in both orders)',)
    >>> usability_of(low, n_said=99, n_asked=200).reasons[1]
    'only 99 of the 200 games that it was asked have a verdict, under half'
    """
    reasons = []
    if consistency.high is not None and consistency.high < MIN_CONSISTENCY and consistency.n >= FEWEST_BATTLES:
        reasons.append(say("inconsistent", high=consistency.high, least=MIN_CONSISTENCY, n=consistency.n))
    if n_said < MIN_COVERAGE * n_asked:
        reasons.append(say("few_verdicts", n_said=n_said, n=n_asked) if n_asked > 1 else say("its_one_game_silent"))
    known = () if reasons else _not_known(consistency)
    return Usability(not reasons, consistency.n > 0, tuple(reasons) or known, consistency, n_said, n_asked)


def _not_known(consistency: Figure) -> Notes:
    if not consistency.n:
        return (say("not_measured"),)
    if consistency.n < FEWEST_BATTLES:
        return (say("few_battles", n=consistency.n, least=FEWEST_BATTLES),)
    return ()
