"""Weighed categories: one ranking from the ratings of several categories, with places that hold for all models at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ranking.maths.aggregation.borda import borda, borda_two_level, mean_win_rate
from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Cluster
from ranking.maths.estimation.covariance import Rated, checked_level, difference_variance, spread
from ranking.maths.uncertainty.rank_sets import max_t_quantile

WAYS = ("mean-rating", "mean-win-rate", "borda", "borda-two-level")
N_DRAWS = 4_000
"""Draws of all ratings of all categories together."""


@dataclass(frozen=True, slots=True, eq=False)
class CategoryRatings(HoldsArrays):
    """Ratings of one category, and how sure they are.

    Parameters
    ----------
    names : tuple of str
        The m competitors whose rating has an interval there.
    ratings : (m,) float64
        Natural log-odds.
    covariance : (m, m) float64
        Stretched so that the normal interval of each rating is as wide as its own interval, which may rest on few clusters.
    kind : str
        As in `Spread`.
    notes : tuple of str
        What the reader must know.
    """

    names: tuple[str, ...]
    ratings: Floats
    covariance: Floats
    kind: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, rated: Rated, *, cluster: Cluster | None = "prompt", level: float = 0.95) -> "CategoryRatings":
        """Those of a fit; who has no interval is left out."""
        if len(rated.names) < 2:
            return cls((), np.zeros(0), np.zeros((0, 0)))
        variances = spread(rated, cluster=cluster)
        sure = np.isfinite(variances.rating_variance)
        base = rated.model_covariance() if variances.flat.any() else variances.joints[0]
        normal = -float(ndtri((1 - level) / 2))
        wanted = np.where(sure, variances.rating_variance, 0.0) * (variances.critical(level) / normal) ** 2
        own = np.diagonal(base)
        stretch = np.sqrt(np.maximum(np.divide(wanted, own, out=np.ones_like(own), where=own > 0), 1.0))
        names = tuple(name for name, one in zip(rated.names, sure, strict=True) if one)
        covariance = (base * np.outer(stretch, stretch))[np.ix_(sure, sure)]
        return cls(names, rated.ratings[sure], covariance, variances.kind, variances.notes)


@dataclass(frozen=True, slots=True, eq=False)
class WeighedTask:
    """A category with its weight; `parts` are its own subcategories where the way looks at these, or the category alone."""

    name: str
    weight: float
    parts: tuple[CategoryRatings, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Those whom all its parts rate."""
        first, *others = self.parts
        return tuple(name for name in first.names if all(name in part.names for part in others))


@dataclass(frozen=True, slots=True, eq=False)
class WeighedScores(HoldsArrays):
    """One score a competitor, in the unit of its way: log-odds, share of others beaten, or points.

    Parameters
    ----------
    names : tuple of str
        The m competitors that are ranked.
    scores, se, low, high : (m,) float64
    rank_low, rank_high : (m,) int64
        Best and worst place, for all competitors at once.
    chance : (m,) float64
        Of being the first.
    n_draws : int
    """

    names: tuple[str, ...]
    scores: Floats
    se: Floats
    low: Floats
    high: Floats
    rank_low: Ints
    rank_high: Ints
    chance: Floats
    n_draws: int


def weigh(
    tasks: Sequence[WeighedTask], *, way: str, rng: np.random.Generator, partly: bool = False, level: float = 0.95
) -> WeighedScores:
    """Rank competitors over categories that count by weights.

    - "mean-rating": the weighted mean of ratings, each category counted from the mean of those whom all categories rate.
    - "mean-win-rate": the weighted mean of the share of others that a competitor stands above in a category.
    - "borda": points for places, the number of others below in a category times its weight.
    - "borda-two-level": the same, but places in a category are those by points over its parts.

    Categories share no prompts, so their ratings are drawn independently: `N_DRAWS` times from a normal distribution with
    each category's covariance. For the mean rating, a linear function, places come from simultaneous intervals of all
    differences (max-t, as in `rank_sets`). The other ways jump where two ratings cross, so that no normal interval holds:
    those draws are kept, a share of `level`, in which the rating furthest off (over all competitors and categories, in
    standard errors) is nearest, and a competitor's places are all that it holds in a draw that is kept. Whatever is true
    of all ratings within that one region holds for all places at once; the rule errs on the wide side.

    Parameters
    ----------
    tasks : sequence of WeighedTask
        Categories with prompts of their own, each with a weight above 0.
    way : str
        One of `WAYS`.
    rng : numpy.random.Generator
    partly : bool
        Whether who is missing in a category is ranked by the others (means alone allow for it), or not at all.
    level : float
        Of each interval, and of all places together.

    Returns
    -------
    WeighedScores
        Of nobody where fewer than two competitors can be ranked.

    Raises
    ------
    ValueError
        If the way is unknown or does not allow for missing competitors, or a weight is not above 0.

    References
    ----------
    P. Colombo, N. Noiry, E. Irurozki, S. Clémençon, "What are the best systems? New perspectives on NLP benchmarking",
    NeurIPS 2022 (both Borda counts). Places by projecting a joint region: M. Mogstad, J. P. Romano, A. M. Shaikh,
    D. Wilhelm, "Inference for ranks", Review of Economic Studies 91(1), 2024.

    Examples
    --------
    x leads by 2 in a category that counts once, y by 1 in one that counts three times:

    >>> def sure(*ratings):
    ...     return (CategoryRatings(("x", "y"), np.array(ratings), 0.01 * np.array([[1.0, -1.0], [-1.0, 1.0]])),)
    >>> tasks = [WeighedTask("maths", 1, sure(1.0, -1.0)), WeighedTask("code", 3, sure(-0.5, 0.5))]
    >>> found = weigh(tasks, way="mean-rating", rng=np.random.default_rng(1))
    >>> found.names, found.scores.tolist(), found.rank_low.tolist()
    (('x', 'y'), [-0.125, 0.125], [1, 1])
    """
    checked_rng(rng)
    checked_level(level)
    if way not in WAYS:
        raise ValueError(f"no way is called {way!r}: there are {', '.join(WAYS)}")
    if partly and way.startswith("borda"):
        raise ValueError("Borda needs every competitor in every category: leave out who is missing, or take mean-win-rate")
    if any(not task.weight > 0 or not np.isfinite(task.weight) for task in tasks):
        raise ValueError("every weight is a number above 0: leave out a category that does not count")
    common, names = ranked_by(tasks, partly=partly)
    if len(names) < 2 or (way == "mean-rating" and not common):
        nothing, nowhere = np.zeros(0), np.zeros(0, dtype=np.int64)
        return WeighedScores((), nothing, nothing, nothing, nothing, nowhere, nowhere, nothing, 0)
    among = [_among(task, names) for task in tasks]
    if way == "mean-rating":
        return _mean_ratings(among, names, common, level, rng)
    return _by_places(among, names, way, level, rng)


def ranked_by(tasks: Sequence[WeighedTask], *, partly: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those whom every category rates, and those who are ranked."""
    known = dict.fromkeys(name for task in tasks for name in task.names)
    common = tuple(name for name in known if all(name in set(task.names) for task in tasks))
    return common, tuple(known) if partly else common


def _among(task: WeighedTask, names: tuple[str, ...]) -> WeighedTask:
    """Only those who are ranked, in the order of `names`, in every part."""
    kept = [name for name in names if name in set(task.names)]
    parts = []
    for part in task.parts:
        at = [part.names.index(name) for name in kept]
        parts.append(CategoryRatings(tuple(kept), part.ratings[at], part.covariance[np.ix_(at, at)]))
    return WeighedTask(task.name, task.weight, tuple(parts))


def _places_in(task: WeighedTask, names: tuple[str, ...]) -> Ints:
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[name] for name in task.names], dtype=np.int64)


def _mean_ratings(
    tasks: Sequence[WeighedTask], names: tuple[str, ...], common: tuple[str, ...], level: float, rng: np.random.Generator
) -> WeighedScores:
    """A linear function of all ratings: its covariance is exact, and places are those of max-t."""
    m, total = len(names), np.zeros(len(names))
    for task in tasks:
        total[_places_in(task, names)] += task.weight
    scores, covariance = np.zeros(m), np.zeros((m, m))
    for task in tasks:
        (part,) = task.parts
        shared = np.isin(part.names, common)
        less_mean = np.eye(len(part.names)) - shared / max(int(shared.sum()), 1)
        linear = np.zeros((m, len(part.names)))
        places = _places_in(task, names)
        linear[places] = (task.weight / total[places])[:, None] * less_mean
        scores += linear @ part.ratings
        covariance += linear @ part.covariance @ linear.T
    shift = np.eye(m) - 1 / m
    covariance, scores = shift @ covariance @ shift.T, scores - scores.mean()
    apart = ~np.eye(m, dtype=np.bool_)
    critical = max(max_t_quantile(covariance, apart, level=level, n_resamples=N_DRAWS, rng=rng), -float(ndtri((1 - level) / 2)))
    gap = scores[:, None] - scores
    above = (gap > critical * np.sqrt(difference_variance(covariance))) & apart
    draws = scores + _noise(covariance, rng)
    se = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    reach = -float(ndtri((1 - level) / 2)) * se
    return WeighedScores(
        names, scores, se, scores - reach, scores + reach,
        1 + above.sum(axis=0), m - above.sum(axis=1), _shares_of_first(draws), N_DRAWS,
    )  # fmt: skip


def _by_places(
    tasks: Sequence[WeighedTask], names: tuple[str, ...], way: str, level: float, rng: np.random.Generator
) -> WeighedScores:
    m = len(names)
    scores = _scored(tasks, names, way)
    draws, weights, furthest = np.zeros((N_DRAWS, m)), np.zeros(m), np.zeros(N_DRAWS)
    for task in tasks:
        is_wanted()
        inside = np.zeros((N_DRAWS, len(task.names)))
        for part in task.parts:
            noise, se = _noise(part.covariance, rng), np.sqrt(np.maximum(np.diagonal(part.covariance), 0.0))
            off = np.divide(np.abs(noise), se, out=np.zeros_like(noise), where=se > 0)
            furthest = np.maximum(furthest, off.max(axis=1, initial=0.0))
            inside += others_beaten(part.ratings + noise)
        points = others_beaten(inside) if len(task.parts) > 1 else inside
        if way == "mean-win-rate":
            points /= max(len(task.names) - 1, 1)
        places = _places_in(task, names) if len(task.names) > 1 else np.zeros(0, dtype=np.int64)
        draws[:, places] += task.weight * points[:, : len(places)]
        weights[places] += task.weight
    if way == "mean-win-rate":
        draws /= weights
    kept = furthest <= np.quantile(furthest, level, method="higher")
    best, worst = _extreme_places(draws[kept])
    tails = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    own = 1 + (scores[:, None] > scores).sum(axis=0)
    return WeighedScores(
        names, scores, draws.std(axis=0), np.minimum(tails[0], scores), np.maximum(tails[1], scores),
        np.minimum(best, own), np.maximum(worst, own), _shares_of_first(draws), N_DRAWS,
    )  # fmt: skip


def _scored(tasks: Sequence[WeighedTask], names: tuple[str, ...], way: str) -> Floats:
    """The scores of the estimates themselves."""
    weights = [task.weight for task in tasks]
    if way == "borda-two-level":
        tables = [np.column_stack([part.ratings for part in task.parts]) for task in tasks]
        return borda_two_level(tables, names=names, weights=weights).scores
    table = np.full((len(names), len(tasks)), np.nan)
    for column, task in zip(table.T, tasks, strict=True):
        column[_places_in(task, names)] = task.parts[0].ratings
    return (mean_win_rate if way == "mean-win-rate" else borda)(table, names=names, weights=weights).scores


def _noise(covariance: Floats, rng: np.random.Generator) -> Floats:
    """Draws of a normal distribution with mean zero, (N_DRAWS, m)."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0.0) * 1e-12
    factor = vectors[:, kept] * np.sqrt(values[kept])
    return np.asarray(rng.standard_normal((N_DRAWS, factor.shape[1])) @ factor.T, dtype=np.float64)


def others_beaten(values: Floats) -> Floats:
    """In each row, the others that are less, and half of those that are equal: the same shape.

    Examples
    --------
    >>> others_beaten(np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 3.0]])).tolist()
    [[2.0, 0.5, 0.5], [0.0, 1.0, 2.0]]
    """
    first, last = _runs(values)
    return np.asarray((first + last) / 2, dtype=np.float64)


def _extreme_places(draws: Floats) -> tuple[Ints, Ints]:
    """The best and the worst place of each over all draws; who ties for a place can hold each of the tied ones."""
    m = draws.shape[1]
    first, last = _runs(draws)
    return (m - last).min(axis=0, initial=m), (m - first).max(axis=0, initial=1)


def _runs(values: Floats) -> tuple[Ints, Ints]:
    """In each row in rising order, where the values equal to each one begin and where they end: places from 0."""
    n, m = values.shape
    order = np.argsort(values, axis=1, kind="stable")
    in_order = np.take_along_axis(values, order, axis=1)
    changes = in_order[:, 1:] != in_order[:, :-1]
    edge = np.ones((n, min(m, 1)), dtype=np.bool_)
    places = np.arange(m)
    first = np.maximum.accumulate(np.where(np.hstack([edge, changes]), places, 0), axis=1)
    last = np.minimum.accumulate(np.where(np.hstack([changes, edge]), places, m)[:, ::-1], axis=1)[:, ::-1]
    begins, ends = np.empty((n, m), dtype=np.int64), np.empty((n, m), dtype=np.int64)
    np.put_along_axis(begins, order, first, axis=1)
    np.put_along_axis(ends, order, last, axis=1)
    return begins, ends


def _shares_of_first(draws: Floats) -> Floats:
    """The share of draws in which each is the first; those who tie for it share it."""
    first: Bools = draws == draws.max(axis=1, keepdims=True)
    return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0), dtype=np.float64)
