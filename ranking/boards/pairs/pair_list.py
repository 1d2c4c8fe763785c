"""The pairs of a fit as a list: each pair's record, and the expected information of the next vote on it.

Written at every snapshot, so it is as small as it can be: up to `MOST_COMPLETE` competitors all pairs are listed, above only
those that met, and two numbers a competitor say what all others weigh.
"""

import numpy as np
from numpy.typing import NDArray

from ranking import maths
from ranking.boards.pairs.listed_pairs import PairList
from ranking.maths.data.arrays import Floats
from ranking.maths.data.pair_counts import PairCounts, count_pairs
from ranking.maths.estimation.covariance import difference_variance
from ranking.maths.pair_sampling import information_weights, uniform_weights, with_unrated
from ranking.maths.uncertainty.many_gains import ManyGains, gains_of_many

MOST_COMPLETE = 500


def listed(comparisons: maths.Comparisons, fit: maths.Fit) -> PairList:
    """From a fit that knows the covariance of all pairs."""
    met, names = count_pairs(comparisons), comparisons.names
    if len(names) <= MOST_COMPLETE:
        return _complete(met, _weights(fit, names))
    if len(fit.names) < 2:
        return unweighted(met)
    rated = count_pairs(fit.comparisons)
    variance = difference_variance(fit.model_covariance())
    chance = fit.expected_points[rated.i, rated.j]
    m = len(variance)
    own = (variance.sum(axis=1) - variance.sum() / (2 * (m - 1))) / max(m - 2, 1)
    information = chance * (1 - chance) * variance[rated.i, rated.j]
    gains = gains_of_many(fit.ratings, rated, information, np.maximum(own, 0))
    return of_those_that_met(met, names, fit.names, fit.ratings, gains, rated)


def of_those_that_met(
    met: PairCounts, names: tuple[str, ...], rated: tuple[str, ...], ratings: Floats, gains: ManyGains, rated_pairs: PairCounts
) -> PairList:
    """The pairs that met, of all competitors; those with an unrated one weigh as the heaviest."""
    m = len(names)
    place = {name: i for i, name in enumerate(names)}
    at = np.array([place[name] for name in rated], dtype=np.int64)
    n_new = m * (m - 1) // 2 - len(at) * (len(at) - 1) // 2
    share = 1 / (1 + n_new * gains.heaviest)
    keys, wanted = met.i.astype(np.int64) * m + met.j, at[rated_pairs.i] * m + at[rated_pairs.j]
    weights = np.full(len(met), gains.heaviest)
    weights[np.searchsorted(keys, wanted)] = gains.met
    others = np.full((m, 2), np.nan, dtype=np.float32)
    others[at] = np.stack([ratings, gains.own * share], axis=1)
    return _listed(met, (weights * share).astype(np.float32), others)


def unweighted(met: PairCounts) -> PairList:
    """If nobody is rated, all pairs weigh the same."""
    each = 2 / max(met.m * (met.m - 1), 1)
    return _listed(met, np.full(len(met), each, dtype=np.float32), np.full((met.m, 2), np.nan, dtype=np.float32))


def _complete(met: PairCounts, weights: NDArray[np.float32]) -> PairList:
    cells = met.dense()
    i, j = np.triu_indices(met.m, 1)
    pairs = np.stack([i, j], axis=1).astype(np.int32)
    counts = (cells.wins[i, j], cells.wins[j, i], cells.ties[i, j] - cells.both_bad[i, j], cells.both_bad[i, j])
    record = np.stack(counts, axis=1).astype(np.int32).reshape(-1, 4)
    return PairList(pairs, record, weights[i, j], np.zeros((0, 2), dtype=np.float32))


def _listed(met: PairCounts, weights: NDArray[np.float32], others: NDArray[np.float32]) -> PairList:
    record = np.stack([met.wins, met.losses, met.ties - met.both_bad, met.both_bad], axis=1).astype(np.int32)
    return PairList(np.stack([met.i, met.j], axis=1), record, weights, others)


def _weights(fit: maths.Fit, names: tuple[str, ...]) -> NDArray[np.float32]:
    """(m, m): what the next vote on each pair is expected to tell; see `maths.pairing.information_weights`."""
    if len(names) < 2:
        return np.zeros((len(names), len(names)), dtype=np.float32)
    if len(fit.names) < 2:
        return uniform_weights(len(names)).astype(np.float32)
    return with_unrated(information_weights(fit), fit.names, names).astype(np.float32)
