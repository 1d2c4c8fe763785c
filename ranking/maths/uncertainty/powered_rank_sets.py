"""Rank sets of prediction-powered ratings, where every difference has a lambda of its own."""

import numpy as np

from ranking.maths.models.prediction_powered import PredictionPowered
from ranking.maths.uncertainty.rank_sets import N_DRAWS, RankSets, max_t_quantile


def powered_rank_sets(
    found: PredictionPowered, *, level: float = 0.95, n_resamples: int = N_DRAWS, rng: np.random.Generator
) -> RankSets:
    """Simultaneous rank sets, as `ranking.maths.uncertainty.rank_sets.rank_sets`, from the differences that verdicts narrowed.

    No one covariance stands behind these: each difference has its own lambda. The critical value is the largest of those
    of the joint covariances, those of people alone (all lambdas 0) and that at the median lambda. i stands certainly above
    j only if the rating is the higher one too.

    Parameters
    ----------
    found : PredictionPowered
    level : float
        Of all statements together, in (0, 1).
    n_resamples : int
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `level` is not in (0, 1).

    References
    ----------
    M. Mogstad, J. P. Romano, A. M. Shaikh, D. Wilhelm, "Inference for ranks with applications to mobility across
    neighbourhoods and academic achievement across countries", Review of Economic Studies 91(1), 2024.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.models.prediction_powered import fit_prediction_powered
    >>> c = Comparisons(names=("x", "y"), a=[0] * 900, b=[1] * 900, outcome=[0, 0, 1] * 300)
    >>> powered = fit_prediction_powered(c, np.where(np.arange(900) < 300, c.outcome, -1))
    >>> sets = powered_rank_sets(powered, rng=np.random.default_rng(1))
    >>> sets.low.tolist(), sets.high.tolist()
    ([1, 2], [1, 2])
    """
    m, standing = len(found.names), found.spread
    joints = (*standing.joints, found.joint)
    gaussian = max(max_t_quantile(joint, ~standing.flat, level=level, n_resamples=n_resamples, rng=rng) for joint in joints)
    # A simultaneous value is never below the one for a single statement; without pairs it is that.
    critical = np.maximum(standing.simultaneous(gaussian), standing.difference_critical(level))
    ratings = found.ratings.estimate
    above = (found.differences.estimate > critical * found.differences.se) & ~standing.flat
    above &= ratings[:, None] > ratings
    return RankSets(
        names=found.names,
        low=1 + above.sum(axis=0),
        high=m - above.sum(axis=1),
        critical=critical,
        df=standing.difference_df,
        n_clusters=found.n_clusters,
        kind=found.kind,
        notes=found.notes,
        n_draws=n_resamples,
    )
