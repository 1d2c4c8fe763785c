"""Power: how many more prompts, and votes, it takes to tell two competitors apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from ranking.maths.data.comparisons import Cluster
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, Spread, checked_level, spread
from ranking.maths.estimation.fit import Fit


@dataclass(frozen=True, slots=True)
class ClustersNeeded:
    """How many clusters, and votes, it takes to separate two competitors.

    Parameters
    ----------
    names : (str, str)
    unit : str
        What is counted as a cluster: "prompt" (or "voter" ...), or "comparison" where none are known.
    gap : float
        The difference to detect, natural log-odds, at least 0.
    sd : float
        Standard deviation of what one cluster says of the difference: its standard error now is
        ``sd / sqrt(n_clusters)``.
    n_clusters, n_votes : float
        So far: the effective clusters behind this difference (see `spread`), and the votes on all pairs of the fit.
    n_needed : float
        Clusters needed in all; infinite for a gap of 0, and where one cluster carries the difference alone.
    n_votes_needed : float
        Votes needed in all at the present number a cluster.
    power_now : float
        The chance that data of the present size separate the two, in [0, 1].
    notes : tuple of str
        What the reader must know.

    Examples
    --------
    >>> needed = ClustersNeeded(("x", "y"), "prompt", 0.4, 2.0, 50.0, 500.0, 203.0, 2030.0, 0.28, ())
    >>> needed.n_more, needed.n_votes_more
    (153.0, 1530.0)
    """

    names: tuple[str, str]
    unit: str
    gap: float
    sd: float
    n_clusters: float
    n_votes: float
    n_needed: float
    n_votes_needed: float
    power_now: float
    notes: tuple[str, ...]

    @property
    def n_more(self) -> float:
        """Clusters still needed, at least 0.

        Examples
        --------
        >>> ClustersNeeded(("x", "y"), "prompt", 0.4, 2.0, 250.0, 500.0, 203.0, 2030.0, 0.9, ()).n_more
        0.0
        """
        return max(self.n_needed - self.n_clusters, 0.0)

    @property
    def n_votes_more(self) -> float:
        """Votes still needed, at least 0.

        Examples
        --------
        >>> ClustersNeeded(("x", "y"), "prompt", 0.4, 2.0, 50.0, 500.0, 203.0, 2030.0, 0.28, ()).n_votes_more
        1530.0
        """
        return max(self.n_votes_needed - self.n_votes, 0.0)


def prompts_needed(
    fit: Fit,
    i: str,
    j: str,
    *,
    gap: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
    cluster: Cluster | None = "prompt",
) -> ClustersNeeded:
    """Prompts, and votes at the present rate, after which i and j are separated with chance `power`.

    The least G with

        ``G >= (t_{G-1}(1 - alpha / 2) + t_{G-1}(power))**2 sd**2 / gap**2``,

    ``sd**2 = G_now * Var(rating_i - rating_j)``, G_now the effective clusters behind it, alpha = 1 - level; and G at least
    30 and more than the competitors, below which intervals do not speak for other prompts (see `spread`).
    Separated means that the interval of this one difference (`differences`) does not hold 0; `rank_sets`
    speak of all pairs at once and take more.

    More prompts like those so far are meant, each with as many votes on the same mix of pairs. Votes drawn to
    the two by a rule of `ranking.maths.pair_sampling` are fewer. With the gap that was estimated the answer is as
    uncertain as the gap: twice the gap takes a quarter. Too small a gap to care about can be given instead.

    Parameters
    ----------
    fit : Fit
    i, j : str
        Names of two rated competitors.
    gap : float, optional
        The difference to detect, natural log-odds (Elo points times ln 10 / 400); None = as estimated.
    power, level : float
        In (0, 1); power above alpha / 2.
    cluster : "prompt", "voter", "judge", two of them, or None
        As in `intervals`.

    Returns
    -------
    ClustersNeeded

    Raises
    ------
    ValueError
        If a name is not rated, both are the same, or a number is out of range.

    References
    ----------
    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988, section 2.4, with the variance
    of clusters: K.-Y. Liang, S. L. Zeger, Biometrika 73(1), 1986.

    Examples
    --------
    x wins 60 of 100 prompts: gap .405, sd 2.05 with G / (G - 1); (1.97 + .844)**2 * 2.05**2 / .405**2 = 202.9.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 100, ["y"] * 100, ["a"] * 60 + ["b"] * 40, prompt=range(100))
    >>> needed = prompts_needed(fit_bradley_terry(c), "x", "y")
    >>> needed.n_needed, needed.n_votes_more, round(needed.power_now, 2)
    (203.0, 103.0, 0.5)
    """
    return prompts_needed_of(fit, [(i, j)], gap=gap, power=power, level=level, cluster=cluster)[0]


def prompts_needed_of(
    fit: Fit,
    pairs: Sequence[tuple[str, str]],
    *,
    gap: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
    cluster: Cluster | None = "prompt",
) -> tuple[ClustersNeeded, ...]:
    """`prompts_needed` of many pairs of one fit.

    Parameters
    ----------
    fit : Fit
    pairs : sequence of (str, str)
        Names of two rated competitors each.
    gap, power, level, cluster
        As in `prompts_needed`.

    Raises
    ------
    ValueError
        If a name is not rated, both of a pair are the same, or a number is out of range.

    References
    ----------
    As for `prompts_needed`.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 100, ["y"] * 100, ["a"] * 60 + ["b"] * 40, prompt=range(100))
    >>> [needed.n_needed for needed in prompts_needed_of(fit_bradley_terry(c), [("x", "y"), ("y", "x")])]
    [203.0, 203.0]
    """
    places = [_places(fit, i, j) for i, j in pairs]
    if gap is not None and not 0 <= gap < np.inf:
        raise ValueError(f"gap is {gap}: a difference to detect is 0 or more (natural log-odds)")
    alpha = 1 - checked_level(level)
    if not alpha / 2 < power < 1:
        raise ValueError(f"power is {power}: allowed are {alpha / 2:g} (reached without any data) to 1")
    variances = spread(fit, cluster=cluster)
    return tuple(_needed(fit, variances, first, second, gap, power, alpha) for first, second in places)


def _needed(
    fit: Fit, variances: Spread, first: int, second: int, gap: float | None, power: float, alpha: float
) -> ClustersNeeded:
    estimated = float(abs(fit.ratings[first] - fit.ratings[second]))
    wanted = estimated if gap is None else float(gap)
    effective = float(variances.difference_clusters[first, second])
    n_clusters = variances.n_clusters if np.isinf(effective) else effective
    sd = float(np.sqrt(variances.difference_variance[first, second] * n_clusters))
    least = max(FEWEST_CLUSTERS, len(fit.names) + 1)
    n_needed = _least_clusters(wanted, sd, alpha=alpha, power=power, least=least)
    n_votes = fit.diagnostics.n_comparisons
    return ClustersNeeded(
        names=(fit.names[first], fit.names[second]),
        unit="comparison" if variances.kind == "iid" else variances.kind.removeprefix("few_").removesuffix("s"),
        gap=wanted,
        sd=sd,
        n_clusters=n_clusters,
        n_votes=n_votes,
        n_needed=n_needed,
        n_votes_needed=float(np.ceil(n_needed * n_votes / n_clusters)),
        power_now=_power(wanted * np.sqrt(n_clusters) / sd, max(n_clusters - 1, 1), alpha),
        notes=variances.notes,
    )


def _places(fit: Fit, i: str, j: str) -> tuple[int, int]:
    for name in (i, j):
        if name not in fit.names:
            raise ValueError(f"{name!r} is not rated: rated are {', '.join(map(repr, fit.names[:10])) or 'none'}")
    if i == j:
        raise ValueError(f"{i!r} is given twice: two different competitors are needed")
    return fit.names.index(i), fit.names.index(j)


def _least_clusters(gap: float, sd: float, *, alpha: float, power: float, least: int) -> float:
    """The least number from `least` on that satisfies the inequality: the normal one, and the few more that t asks for."""
    if gap == 0:
        return np.inf
    needed = float(np.ceil(((ndtri(1 - alpha / 2) + ndtri(power)) * sd / gap) ** 2))
    needed = max(needed, float(least))
    while ((stdtrit(needed - 1, 1 - alpha / 2) + stdtrit(needed - 1, power)) * sd / gap) ** 2 > needed:
        needed += 1
    return needed


def _power(ratio: float, df: float, alpha: float) -> float:
    """Chance that an estimate, `ratio` standard errors from 0 on average, is beyond the critical value on its side."""
    return float(stdtr(df, ratio - stdtrit(df, 1 - alpha / 2)))
