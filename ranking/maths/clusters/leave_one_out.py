"""Leave one cluster out: the variance of every contrast (CR3), and how many clusters stand behind it.

A contrast is a centred rating, a difference of two ratings, or a further parameter. With H the information of all
comparisons, I_g that of cluster g and s_g its score, everything follows from what would change if g were not there:

    ``d_g = (H - I_g)^-1 s_g``, ``V = (G - 1) / G sum of d_g d_g'``, ``L_g(c) = c' [(H - I_g)^-1 - H^-1] c``,
    ``G_eff(c) = (sum of L_g(c))**2 / sum of L_g(c)**2``.

L_g(c) is what cluster g is expected to add to V for c, so G_eff is Satterthwaite's number of degrees of freedom, plus 1,
of that very variance: equal clusters count as they are, one that holds nearly all counts as hardly more than one. Where
(H - I_g) no longer says anything about c, g carries it alone.

Small problems are solved exactly. In large ones the clusters that matter most are; for the others, each a small part of
the whole, (H - I_g)^-1 is a short series, and their L_g are those of the degrees of i and j alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ranking.maths.clusters.leave_one_out_gains import Carrying, Informed, Sums, carried_by, gained
from ranking.maths.clusters.leave_one_out_rows import (
    HEAVY,
    PART_NUMBERS,
    ClustersLeftOut,
    RowsLeft,
    Tables,
    degrees_of,
    informations,
    kish,
    moved_by,
    of_loose,
    room_for,
)
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.comparisons import Column

FEW = 10
"""A competitor met on fewer clusters, while others were not, is none of those that ratings are compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOut(HoldsArrays):
    """Leave-one-cluster-out variance and effective clusters of p = m + k parameters.

    Parameters
    ----------
    covariance : (p, p) float64
        V, squared natural log-odds. The rows of the ratings sum to zero.
    n_clusters : float
        G.
    ratings : (m,) float64
        Effective clusters of each centred rating, from 1 to G. 1 where one cluster carries it alone.
    differences : (m, m) float64
        Of each difference of two ratings; G on the diagonal.
    parameters : (k,) float64
        Of each further parameter.
    carried : (m, m) bool
        Differences of which nothing would be known without some one cluster.
    carried_parameters : (k,) bool
        Further parameters of which that is so.
    carried_ratings : (m,) bool
        Ratings of which that is so: all, where no majority of the competitors is left without some cluster.
    centre : (m,) float64
        Weights of the mean that ratings are compared with; they add up to 1. Zero for competitors that were met on few
        clusters while the others were not: what is not known of a newcomer makes nobody else's rating less sure.
    """

    covariance: Floats
    n_clusters: float
    ratings: Floats
    differences: Floats
    parameters: Floats
    carried: Bools
    carried_parameters: Bools
    carried_ratings: Bools
    centre: Floats

    @property
    def variance(self) -> Floats:
        """(m,) of the ratings."""
        return np.diagonal(self.covariance)[: len(self.ratings)]


def leave_out(rows: RowsLeft, column: Column) -> LeaveOut:
    """Variance and effective clusters of all contrasts, with the clusters of one column left out in turn.

    Parameters
    ----------
    rows : RowsLeft
    column : "prompt", "voter" or "judge"
        Rows of unknown cluster are clusters of one comparison each.

    Raises
    ------
    ValueError
        If `column` is unknown, or there are fewer than two clusters.

    References
    ----------
    R. M. Bell, D. F. McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage samples", Survey
    Methodology 28(2), 2002; effective clusters: A. V. Carter, K. T. Schnepel, D. G. Steigerwald, "Asymptotic behavior of a
    t-test robust to cluster heterogeneity", Review of Economics and Statistics 99(4), 2017. That they are asked for each
    contrast of a ranking, from the left-out information itself, is ours.

    Examples
    --------
    Two prompts of two comparisons each: one prompt is as good as the other.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "b", "a", "b"], prompt=[1, 1, 2, 2])
    >>> fit_bradley_terry(c).leave_out("prompt").differences.round(6).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    m, p = len(rows.comparisons.names), len(rows.hessian)
    inverse = np.asarray(cho_solve(cho_factor(rows.hessian), np.eye(p)), dtype=np.float64)
    inverse = (inverse + inverse.T) / 2
    clusters = ClustersLeftOut.of(rows, column, inverse)
    tables = Tables.of(rows, clusters, inverse)
    exact = chosen_exactly(tables.leverage, p)
    degrees = degrees_of(rows, clusters, inverse)
    informed = _once(partial(informations, rows, clusters), exact, p)
    carrying = carried_by(informed, tables.leverage, rows.hessian, inverse, exact, m)
    centre = centre_of(carrying.ratings, degrees.kish())
    sums = Sums(p, centre)
    moved = moved_by(rows, clusters, tables, inverse, exact)
    for part, information in informed(exact):
        more = gained(information, rows.hessian, inverse, tables.leverage[part])
        moved[part] = tables.scores[part] @ inverse + np.einsum("gpq,gq->gp", more, tables.scores[part])
        sums.add(more, information, clusters.times[part])
    if len(exact) < len(tables.leverage) or len(clusters.loose):
        sums.add_small(degrees.without(exact), inverse)
    moved[:, :m] -= (moved[:, :m] @ centre)[:, None]
    covariance = (moved * clusters.times[:, None]).T @ moved + of_loose(rows, clusters, inverse, centre)
    return _found(covariance, clusters.n_clusters, sums, carrying, centre)


def leave_out_exactly(scores: Floats, informed: Informed, times: Floats, hessian: Floats, m: int) -> LeaveOut:
    """As `leave_out`, of scores and information matrices that are made in some other way; every cluster is solved exactly.

    Parameters
    ----------
    scores : (S, p) float64
        Of each cluster.
    informed : callable
        Clusters to their information matrices.
    times : (S,) float64
        How many equal clusters each stands for.
    hessian : (p, p) float64
        Grounded, positive definite.
    m : int
        Ratings among the p parameters; they come first.

    Examples
    --------
    >>> one = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> left_out = leave_out_exactly(
    ...     np.array([[1.0, -1.0], [-1.0, 1.0]]), lambda part: iter([(part, np.tile(one, (len(part), 1, 1)))]), np.ones(2),
    ...     2 * one + 0.5, 2,
    ... )
    >>> left_out.differences.tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    inverse = np.asarray(cho_solve(cho_factor(hessian), np.eye(len(hessian))), dtype=np.float64)
    inverse = (inverse + inverse.T) / 2
    every, n = np.arange(len(times)), float(times.sum())
    leverage, degrees = np.zeros(len(times)), np.zeros((len(times), m))
    for part, information in informed(every):
        leverage[part] = np.einsum("gpq,pq->g", information, inverse)
        degrees[part] = np.diagonal(information, axis1=1, axis2=2)[:, :m]
    carrying = carried_by(informed, leverage, hessian, inverse, every, m)
    centre = centre_of(carrying.ratings, kish(times @ degrees, times @ degrees**2))
    sums, moved = Sums(len(hessian), centre), scores @ inverse
    for part, information in informed(every):
        more = gained(information, hessian, inverse, leverage[part])
        moved[part] += np.einsum("gpq,gq->gp", more, scores[part])
        sums.add(more, information, times[part])
    moved[:, :m] -= (moved[:, :m] @ centre)[:, None]
    return _found((moved * times[:, None]).T @ moved, n, sums, carrying, centre)


def _found(covariance: Floats, n: float, sums: "Sums", carrying: "Carrying", centre: Floats) -> LeaveOut:
    m = len(centre)
    return LeaveOut(
        covariance=covariance * ((n - 1) / n),
        n_clusters=n,
        ratings=np.where(carrying.ratings, 1.0, sums.effective(slice(m), n)),
        differences=np.where(carrying.pairs, 1.0, sums.effective_differences(n)),
        parameters=np.where(carrying.parameters, 1.0, sums.effective(slice(m, None), n)),
        carried=carrying.pairs,
        carried_parameters=carrying.parameters,
        carried_ratings=carrying.ratings,
        centre=centre,
    )


def centre_of(carried: Bools, clusters: Floats) -> Floats:
    """Weights of the mean that ratings are compared with: none for those who met on few clusters while the others did not."""
    thin = carried | (clusters < min(FEW, float(np.median(clusters)) / 2)) if len(carried) else carried
    sound = ~thin if 2 * (~thin).sum() > len(thin) else np.ones(len(thin), dtype=np.bool_)
    return np.asarray(sound / max(float(sound.sum()), 1.0), dtype=np.float64)


def chosen_exactly(leverage: Floats, p: int) -> Ints:
    """Clusters that are solved exactly: all, or the heaviest."""
    room = room_for(p)
    if len(leverage) <= room:
        return np.arange(len(leverage))
    heavy = np.flatnonzero(leverage > HEAVY)
    return np.sort(heavy[np.argsort(-leverage[heavy], kind="stable")[:room]])


def _once(informed: Informed, chosen: Ints, p: int) -> Informed:
    """The same, made once for all where that is not too much to keep; every call asks for some of those chosen."""
    if len(chosen) * p**2 > PART_NUMBERS:
        return informed
    kept = [information for _, information in informed(chosen)]

    def again(part: Ints) -> Iterator[tuple[Ints, Floats]]:
        if len(part):
            yield part, kept[0][np.searchsorted(chosen, part)]

    return again
