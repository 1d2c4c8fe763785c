"""Information of the next comparison of each pair, if pairs are too many to list; exact for pairs that met."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.pair_counts import PairCounts
from ranking.maths.data.triangle import blocks


@dataclass(frozen=True, slots=True, eq=False)
class ManyGains(HoldsArrays):
    """Weights of pairs that sum to 1 over all, as `information_weights`.

    Parameters
    ----------
    met : (K,) float64
        Of the pairs that met.
    own : (m,) float64
        v: a pair that did not meet weighs ``p (1 - p) (v_i + v_j)``, p the chance that i beats j.
    heaviest : float
        The largest weight of any pair.
    """

    met: Floats
    own: Floats
    heaviest: float


def gains_of_many(ratings: Floats, pairs: PairCounts, met: Floats, own_variance: Floats) -> ManyGains:
    """Weights from what `stand` knows.

    The model's variance of a difference is ``S_ii + S_jj - 2 S_ij``; S_ij of two that did not meet is small beside the other
    two, and is taken as the mean of its row.

    Parameters
    ----------
    ratings : (m,) float64
        Natural log-odds.
    pairs : PairCounts
        The K pairs that met.
    met : (K,) float64
        ``p (1 - p)`` times the model's variance of the difference.
    own_variance : (m,) float64
        As in `ManyStandings`.

    References
    ----------
    `ranking.maths.pair_sampling.information_weights`.

    Examples
    --------
    >>> none = PairCounts(3, *(np.zeros(0, dtype=np.int32),) * 2, *(np.zeros(0),) * 4)
    >>> gains = gains_of_many(np.zeros(3), none, np.zeros(0), np.array([1.0, 1.0, 4.0]))
    >>> gains.own.round(3).tolist(), round(gains.heaviest, 3)
    ([0.333, 0.333, 1.333], 0.417)
    """
    m, total, heaviest = len(ratings), 0.0, float(met.max(initial=0.0))
    for rows in blocks(m):
        is_wanted()
        chance = expit(ratings[rows, None] - ratings)
        chance *= 1 - chance
        chance[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = 0
        chance *= own_variance[rows, None] + own_variance
        total += float(chance.sum()) / 2
        heaviest = max(heaviest, float(chance.max(initial=0.0)))
    gap = ratings[pairs.i] - ratings[pairs.j]
    taken = expit(gap) * expit(-gap) * (own_variance[pairs.i] + own_variance[pairs.j])
    total += float(met.sum() - taken.sum())
    total = total if total > 0 else 1.0
    return ManyGains(met / total, own_variance / total, heaviest / total)
