"""Resampled: ratings of any method, whose covariances are those of bootstrap replicates."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ranking.maths.arrays import Floats
from ranking.maths.bootstrap import Bootstrap
from ranking.maths.comparisons import Cluster, Comparisons
from ranking.maths.existence import Unrated
from ranking.maths.fit import Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Ratings with the replicates that say how sure they are: `intervals`, `differences` and `rank_sets` take it as a `Fit`.

    The covariance by a column is that of the replicates in which its values were drawn anew, so a bootstrap obeys the
    same rule for few clusters as the sandwich does (see `ranking.maths.spread.spread`). Intervals are
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

    Examples
    --------
    >>> from ranking.maths import bootstrap, fit_bradley_terry, intervals
    >>> c = Comparisons.from_names(["x"] * 800, ["y"] * 800, (["a"] * 3 + ["b"]) * 200)
    >>> fit, cells = fit_bradley_terry(c), bootstrap(c, by="cells", n_replicates=400, rng=np.random.default_rng(1))
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

    def covariance(self, cluster: Cluster | None = None) -> Floats:
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
        found = self.covariance(None if None in self.replicates else next(iter(self.replicates)))
        if len(self.names) > 1 and not found.any():
            raise ValueError("no interval: all resampled data give the same ratings, so they show no spread")
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What the replicates' reader must know."""
        return tuple(dict.fromkeys(note for drawn in self.replicates.values() for note in drawn.notes))
