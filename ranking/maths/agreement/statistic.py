"""Statistic: a number that carries the size of its sample."""

from typing import Any


class Statistic(float):
    """An agreement or a correlation: a float in calculations, shown in a terminal with its sample size and interval.

    Parameters
    ----------
    estimate : float
    n : int
        Items (or competitors) that it compares.
    low, high : float, optional
        Its interval, where one is known; `agreement_interval` makes one for every statistic of ratings.

    Examples
    --------
    >>> statistic = Statistic(0.5, n=4)
    >>> statistic, statistic + 1, statistic.estimate, statistic.low
    (Statistic(0.5, n=4), 1.5, 0.5, None)
    """

    __slots__ = ("high", "low", "n")

    n: int
    low: float | None
    high: float | None

    def __new__(cls, estimate: float, n: int, low: float | None = None, high: float | None = None) -> "Statistic":
        statistic = super().__new__(cls, estimate)
        statistic.n, statistic.low, statistic.high = n, low, high
        return statistic

    @property
    def estimate(self) -> float:
        """The number alone."""
        return float(self)

    def __repr__(self) -> str:
        limits = "" if self.low is None or self.high is None else f", low={self.low!r}, high={self.high!r}"
        return f"Statistic({float(self)!r}, n={self.n}{limits})"

    def __str__(self) -> str:
        return repr(float(self))

    def __getnewargs__(self) -> Any:
        return float(self), self.n, self.low, self.high
