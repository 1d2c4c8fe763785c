"""Resampled: ratings of any method, whose covariances are those of bootstrap replicates."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ranking.maths.clusters.leave_one_out import LeaveOut
from ranking.maths.data.arrays import Floats, HoldsArrays, Ints
from ranking.maths.data.cells import count_cells
from ranking.maths.data.comparisons import Cluster, Column, Comparisons
from ranking.maths.data.connectivity import linked_groups
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Provenance
from ranking.maths.estimation.half_wins import half_win_likelihood
from ranking.maths.estimation.likelihood import CellLikelihood
from ranking.maths.resampling.bootstrap import Bootstrap


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Resampled(HoldsArrays):
    """Ratings with the replicates that say how sure they are: `intervals`, `differences` and `rank_sets` take it as a `Fit`.

    The covariance by a column is that of the replicates in which its values were drawn anew, so a bootstrap obeys the
    same rule for few clusters as the sandwich does (see `ranking.maths.estimation.covariance.spread`). Intervals are
    ``rating -+ critical * se``; percentile intervals are `Bootstrap.intervals`.

    Parameters
    ----------
    names : tuple of str
        The m rated competitors.
    ratings : (m,) float64
        Of the whole data: natural log-odds, mean zero.
    comparisons : Comparisons
        The rows between them.
    replicates : mapping of None or cluster to Bootstrap
        None: single comparisons were drawn anew ("cells"); each over the same names, in the ratings' unit.
    unrated : tuple of Unrated
    provenance : Provenance
    is_pulled : bool
        Whether a fixed start holds ratings on few comparisons near it, as Elo's does.

    Examples
    --------
    >>> from ranking.maths import bootstrap, fit_bradley_terry, intervals
    >>> c = Comparisons.from_names(["x"] * 800, ["y"] * 800, (["a"] * 3 + ["b"]) * 200)
    >>> fit, cells = fit_bradley_terry(c), bootstrap(c, cluster="cells", n_resamples=400, rng=np.random.default_rng(1))
    >>> twin = Resampled(fit.names, fit.ratings, c, {None: cells}, (), fit.provenance)
    >>> intervals(twin).se.round(2).tolist(), intervals(fit).se.round(2).tolist()
    ([0.04, 0.04], [0.04, 0.04])
    """

    names: tuple[str, ...]
    ratings: Floats
    comparisons: Comparisons = field(repr=False)
    replicates: Mapping[Cluster | None, Bootstrap] = field(repr=False)
    unrated: tuple[Unrated, ...]
    provenance: Provenance
    is_pulled: bool = False

    def covariance(self, cluster: Cluster | None = "prompt") -> Floats:
        """Covariance of the replicates' centred ratings, (m, m) squared log-odds; its rows sum to zero.

        Raises
        ------
        ValueError
            If nothing was resampled by `cluster`, or fewer than two replicates have ratings.
        """
        if cluster not in self.replicates:
            known = ", ".join(repr(by) for by in self.replicates)
            raise ValueError(f"nothing was resampled by {cluster!r}: there are replicates by {known}")
        drawn = self.replicates[cluster].finite()
        return np.atleast_2d(np.cov(drawn - drawn.mean(axis=1, keepdims=True), rowvar=False))

    def model_covariance(self) -> Floats:
        """There is no model to take it from: the covariance over single comparisons, or what there is, (m, m).

        Raises
        ------
        ValueError
            If all replicates are equal: then nothing says how wide an interval should be.
        """
        covariance = self.covariance(None if None in self.replicates else next(iter(self.replicates)))
        if len(self.names) > 1 and not covariance.any():
            raise ValueError("no interval: all resampled data give the same ratings, so they show no spread")
        return covariance

    def leave_out(self, column: Column) -> LeaveOut:
        """The covariance of the replicates by a column; clusters are those of Bradley-Terry at these ratings.

        So what one cluster carries alone is asked of the comparisons themselves, and is the same under every method.
        Replicates cannot tell it: those in which that cluster is missing have no rating to show. Where nothing was
        resampled by the column the covariance is Bradley-Terry's, too.

        Raises
        ------
        ValueError
            If there are fewer than two clusters.
        """
        likelihood = half_win_likelihood(self.comparisons, count_cells(self.comparisons), self.ratings)
        left_out = pinned_by_group(likelihood, self.groups).leave_out(column)
        return replace(left_out, covariance=self.covariance(column)) if column in self.replicates else left_out

    def two_way(self, columns: tuple[Column, Column]) -> Floats:
        """The covariance of the replicates in which both columns were drawn anew, (m, m)."""
        return self.covariance(columns)

    @property
    def groups(self) -> Ints:
        """The group of each, (m,): Elo and its like also rate those whom no comparisons link."""
        return linked_groups(self.comparisons)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for readers of the replicates; on single comparisons only if nothing else was drawn."""
        bootstraps = [drawn for by, drawn in self.replicates.items() if by is not None] or list(self.replicates.values())
        return tuple(dict.fromkeys(note for drawn in bootstraps for note in drawn.notes))


def pinned_by_group(likelihood: CellLikelihood, groups: Ints) -> CellLikelihood:
    """The same with the mean of every group pinned, not only that of all, so that unlinked groups have a likelihood too.

    Elo rates groups that never met: each keeps the sum that it started with.
    """
    n_groups = int(groups.max(initial=-1)) + 1
    if n_groups < 2:
        return likelihood
    pins = (groups[:, None] == groups) * float(np.diagonal(likelihood.information).mean())
    return replace(likelihood, information=likelihood.information + pins)
