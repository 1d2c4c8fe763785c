"""Whether a judge's verdicts may count, by what it did itself: its consistency, and how often it gave a verdict at all.

A judge is unusable only where the upper 95 % limit of its consistency is under .5 over at least 20 battles in both orders, or
where under half of the games that it was asked have a verdict. That its data separate models, or that it always chose one slot
on a few battles, is no fault. A judge that was never asked in both orders is not unusable: it is not measured.
"""

from dataclasses import dataclass

from arena.wording import agreeing, counted
from judges.audits.figures.figure import Figure

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
        False only where the data say so: a judge that was never tested is not unusable, but `is_measured` is False.
    is_measured : bool
        There are battles with a verdict in both orders.
    reasons : tuple of str
        For people; why not, or what is not known.
    consistency : Figure
        That of the two orders.
    n_said, n_asked : int
        Games with a verdict, of those that it was asked.
    """

    is_usable: bool
    is_measured: bool
    reasons: tuple[str, ...]
    consistency: Figure
    n_said: int
    n_asked: int


def usability_of(consistency: Figure, *, n_said: int, n_asked: int) -> Usability:
    """The rule.

    Examples
    --------
    >>> low = Figure("position consistency", 0.1, 0.05, 0.2, 100, "battles", "")
    >>> usability_of(low, n_said=200, n_asked=200).reasons
    ('the upper 95 % limit of its consistency is 0.2, under 0.5 (100 battles in both orders)',)
    >>> usability_of(low, n_said=99, n_asked=200).reasons[1]
    'only 99 of the 200 games that it was asked have a verdict, under half'
    """
    reasons = []
    if consistency.high is not None and consistency.high < MIN_CONSISTENCY and consistency.n >= FEWEST_BATTLES:
        limit = f"{consistency.high:.3g}, under {MIN_CONSISTENCY:g} ({consistency.n:,} {consistency.unit} in both orders)"
        reasons.append(f"the upper 95 % limit of its consistency is {limit}")
    if n_said < MIN_COVERAGE * n_asked:
        reasons.append(
            f"only {n_said:,} of the {counted(n_asked, 'game', 'games')} that it was asked "
            f"{agreeing(n_said, 'has', 'have')} a verdict, under half"
        )
    known = () if reasons else _not_known(consistency)
    return Usability(not reasons, consistency.n > 0, tuple(reasons) or known, consistency, n_said, n_asked)


def _not_known(consistency: Figure) -> tuple[str, ...]:
    if not consistency.n:
        return ("not measured in both orders: no battle has its verdict in both, so how much the slot sways it is not known",)
    if consistency.n < FEWEST_BATTLES:
        are = "battle has its verdict" if consistency.n == 1 else "battles have its verdict"
        return (f"only {consistency.n} {are} in both orders: a judge is measured by {FEWEST_BATTLES} or more",)
    return ()
