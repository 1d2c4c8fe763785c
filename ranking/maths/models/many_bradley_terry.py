"""Bradley-Terry ratings of very many competitors, from the pairs that met: nothing is as large as their square."""

from dataclasses import dataclass

from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.data.pair_counts import PairCounts, count_pairs
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.pair_existence import check_pair_existence
from ranking.maths.estimation.pair_newton import maximise_pairs


@dataclass(frozen=True, slots=True, eq=False)
class ManyFit(HoldsArrays):
    """Ratings, and what they stand on; the fields are those of `Fit`.

    Parameters
    ----------
    names : tuple of str
        The m fitted competitors, in the order of the comparisons' names.
    ratings : (m,) float64
        Natural log-odds, mean zero.
    components : tuple of tuple of str
    unrated : tuple of Unrated
    comparisons : Comparisons
        The rows between fitted competitors.
    pairs : PairCounts
        Of these.
    notes : tuple of str
    log_likelihood : float
    """

    names: tuple[str, ...]
    ratings: Floats
    components: tuple[tuple[str, ...], ...]
    unrated: tuple[Unrated, ...]
    comparisons: Comparisons
    pairs: PairCounts
    notes: tuple[str, ...]
    log_likelihood: float


def fit_many(comparisons: Comparisons, *, max_steps: int = 100, tolerance: float = 1e-9) -> ManyFit:
    """The ratings of `fit_bradley_terry` (without a prior), at the cost of the pairs that met.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors.
    max_steps, tolerance
        As in `fit_bradley_terry`.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough.

    References
    ----------
    R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952.

    Examples
    --------
    >>> fit = fit_many(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> fit.names, fit.ratings.round(4).tolist()
    (('x', 'y'), [0.5493, -0.5493])
    """
    everybody = count_pairs(comparisons)
    existence = check_pair_existence(comparisons.names, everybody)
    rated = comparisons.among(existence.fitted)
    pairs = everybody if existence.fitted.all() else count_pairs(rated)
    maximum = maximise_pairs(pairs, max_steps=max_steps, tolerance=tolerance)
    return ManyFit(
        names=rated.names,
        ratings=maximum.ratings,
        components=existence.components,
        unrated=existence.unrated,
        comparisons=rated,
        pairs=pairs,
        notes=existence.notes,
        log_likelihood=maximum.log_likelihood,
    )
