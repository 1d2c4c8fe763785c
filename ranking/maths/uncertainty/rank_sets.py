"""Rank sets: which places a competitor can hold, for all competitors at once."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Cluster
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.covariance import Rated, checked_level, difference_variance, spread

DRAWS_A_CHUNK = 1_000
N_DRAWS = 10_000
"""They give c to about 1 %."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RankSets(HoldsArrays, Tabled):
    """Ranks 1 (best) to m that each competitor can hold; all hold together with the stated level.

    Parameters
    ----------
    names : tuple of str
    low, high : (m,) int64
        Best and worst possible rank, ``1 + #certainly above`` and ``m - #certainly below``.
    critical : (m, m) float64
        A difference beyond ``critical * se`` is certain.
    df : (m, m) float64
        Of the t scale of each difference; infinite = normal.
    n_clusters : float
    kind : str
        "iid", "prompt" or "few_prompts" ("voter", "few_voters"): see `spread`.
    notes : tuple of str
        What the reader must know.
    n_draws : int
        Of which `critical` is a quantile; 0 = unknown.
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("low", "high")

    names: tuple[str, ...]
    low: Ints
    high: Ints
    critical: Floats
    df: Floats
    n_clusters: float
    kind: str
    notes: tuple[str, ...]
    n_draws: int = 0


def rank_sets(
    fit: Rated,
    *,
    cluster: Cluster | None = "prompt",
    level: float = 0.95,
    n_resamples: int = N_DRAWS,
    rng: np.random.Generator,
) -> RankSets:
    """Simultaneous rank sets from max-t over all differences of ratings.

    i stands certainly above j if ``rating[i] - rating[j] > c[i, j] se[i, j]``. With probability `level` no
    such statement, of all m (m - 1), is wrong, so all rank sets hold together.

    c comes from draws Z of the joint covariance: the `level` quantile of
    ``max over pairs |Z[i] - Z[j]| / sd(Z[i] - Z[j])`` is the Gaussian critical value. Where the standard
    error of a pair is estimated from G clusters (the effective ones behind this pair, see `spread`), its c is the value
    that t(G - 1) exceeds as rarely as a normal exceeds the Gaussian one. Each pair's standard error is off in its own
    way, so one common chi factor for all pairs (the multivariate t) would be too small; matching tails is the Bonferroni
    of each pair's own t, with the dependence between pairs kept.

    Where some pair stands on few clusters Z is drawn from the iid covariance too, and the larger value counts: the
    clustered one may know too few directions.

    Pairs without spread, or carried by one cluster alone (see `spread`), enter neither the maximum nor any statement.

    Parameters
    ----------
    fit : Fit or Resampled
    cluster : "prompt", "voter" or None
        As in `intervals`.
    level : float
        Of all statements together, in (0, 1).
    n_resamples : int
        Draws of the largest difference.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `level`, `cluster` or `n_resamples` is not allowed.

    References
    ----------
    Rank sets from simultaneous differences: M. Mogstad, J. P. Romano, A. M. Shaikh, D. Wilhelm,
    "Inference for ranks", Review of Economic Studies 91(1), 2024, section 3.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> a, b = ["x"] * 100 + ["y"] * 100, ["y"] * 100 + ["z"] * 100
    >>> fit = fit_bradley_terry(Comparisons.from_names(a, b, (["a"] * 90 + ["b"] * 10) + ["a"] * 51 + ["b"] * 49))
    >>> sets = rank_sets(fit, rng=np.random.default_rng(1))
    >>> sets.names, sets.low.tolist(), sets.high.tolist()
    (('x', 'y', 'z'), [1, 2, 2], [1, 3, 3])
    """
    if n_resamples < 1:
        raise ValueError(f"n_resamples is {n_resamples}: at least 1 draw is needed, 10,000 is usual")
    m = len(fit.names)
    variances = spread(fit, cluster=cluster)
    gaussian = max(
        max_t_quantile(joint, ~variances.flat, level=level, n_resamples=n_resamples, rng=rng) for joint in variances.joints
    )
    # A simultaneous value is never below the one for a single statement; without pairs it is that.
    critical = np.maximum(variances.simultaneous(gaussian), variances.difference_critical(level))
    gap = fit.ratings[:, None] - fit.ratings[None, :]
    above = (gap > critical * np.sqrt(variances.difference_variance)) & ~variances.flat
    return RankSets(
        names=fit.names,
        low=1 + above.sum(axis=0),
        high=m - above.sum(axis=1),
        critical=critical,
        df=variances.difference_df,
        n_clusters=variances.n_clusters,
        kind=variances.kind,
        notes=variances.notes,
        n_draws=n_resamples,
    )


def max_t_quantile(covariance: Floats, pairs: Bools, *, level: float, n_resamples: int, rng: np.random.Generator) -> float:
    """Quantile of ``max over pairs |Z[i] - Z[j]| / sd(Z[i] - Z[j])`` for Z ~ Normal(0, covariance).

    In float32, `DRAWS_A_CHUNK` draws at a time, against one competitor after the other: the
    differences of all pairs are never held at once.

    Parameters
    ----------
    covariance : (m, m) float64
    pairs : (m, m) bool
        Pairs that count.
    level : float
        In (0, 1).
    n_resamples : int
    rng : numpy.random.Generator

    Examples
    --------
    One pair: the normal quantile 1.96.

    >>> v = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> c = max_t_quantile(v, v < 0, level=0.95, n_resamples=20_000, rng=np.random.default_rng(1))
    >>> bool(abs(c - 1.96) < 0.03)
    True
    """
    checked_rng(rng)
    checked_level(level)
    variance = difference_variance(covariance)
    counted = pairs & (variance > 0)
    precision = np.zeros(variance.shape, dtype=np.float32)
    precision[counted] = 1 / np.sqrt(variance[counted])
    factor = _square_root(covariance)
    largest = np.concatenate(
        [
            _largest_gap(factor @ rng.standard_normal((factor.shape[1], size), dtype=np.float32), precision)
            for size in _chunk_sizes(n_resamples)
        ]
    )
    return float(np.quantile(largest, level, method="higher"))


def _chunk_sizes(n_resamples: int) -> list[int]:
    return [min(DRAWS_A_CHUNK, n_resamples - start) for start in range(0, n_resamples, DRAWS_A_CHUNK)]


def _square_root(covariance: Floats) -> NDArray[np.float32]:
    """F with F F' = covariance: (m, rank) float32."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0.0) * 1e-12
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]), dtype=np.float32)


def _largest_gap(draws: NDArray[np.float32], precision: NDArray[np.float32]) -> NDArray[np.float32]:
    """``max over i < j of |draws[i] - draws[j]| * precision[i, j]`` for each column: (n_resamples,) float32.

    Who is so near to the others that no gap of theirs can be the largest is passed over in that draw.
    """
    if len(draws) < 2:
        return np.zeros(draws.shape[1], dtype=np.float32)
    top, bottom, places = draws.max(axis=0), draws.min(axis=0), np.arange(draws.shape[1])
    largest = (top - bottom) * precision[draws.argmax(axis=0), draws.argmin(axis=0)]
    is_wanted()
    for i in range(len(draws) - 1):
        at_most = np.maximum(top - draws[i], draws[i] - bottom) * precision[i, i + 1 :].max()
        open_ = places[at_most > largest]
        if not len(open_):
            continue
        asked = slice(None) if 2 * len(open_) > len(places) else open_
        gap = draws[i + 1 :, asked] - draws[i, asked]
        np.abs(gap, out=gap)
        gap *= precision[i, i + 1 :, None]
        largest[asked] = np.maximum(largest[asked], gap.max(axis=0))
    return largest
