"""Votes to flip: how few comparisons hold two neighbours of a ranking in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ranking.maths.data.arrays import HoldsArrays, Ints
from ranking.maths.estimation.fit import Fit
from ranking.maths.uncertainty.flips.by_cells import CellInfluence
from ranking.maths.uncertainty.flips.by_slots import SlotInfluence
from ranking.maths.uncertainty.flips.search import Influence, RemovalOrder, Search


@dataclass(frozen=True, slots=True, eq=False)
class Flip(HoldsArrays):
    """The comparisons without which one competitor would no longer stand above another.

    Parameters
    ----------
    a, b : str
        a stands above b.
    n_votes : float
        Comparisons to remove (a sum of weights). Zero = the two are level. Infinite = no set of
        comparisons was found.
    share : float
        `n_votes` of all fitted comparisons.
    rows : (k,) int64
        Rows of ``fit.comparisons`` that hold them, the most influential first.
    verified : bool
        A refit without them puts b above a, and a refit without one fewer does not.
    """

    a: str
    b: str
    n_votes: float
    share: float
    rows: Ints
    verified: bool


def votes_to_flip(fit: Fit, pairs: Sequence[tuple[str, str]] | None = None) -> tuple[Flip, ...]:
    """The smallest sets of comparisons whose removal would flip pairs, to first order.

    Without a comparison of i and j that has score ``s = y - P(i beats j)`` (y = 1, 1/2 or 0) the difference
    ``theta_a - theta_b`` falls by about ``(e_a - e_b)' H+ (e_i - e_j) s``; with slot intercepts by about
    ``(e_a - e_b)' H+ (e_i - e_j + o e_gamma) s`` for the intercept gamma of its judge and its order o, 1 or -1. The
    largest of these are summed until they exceed the difference. The approximation is good where few of many comparisons go;
    `verified_votes_to_flip` checks it.

    Parameters
    ----------
    fit : Fit
        From `fit_bradley_terry`, or from `fit_contextual` without covariates; without a prior on ratings.
    pairs : sequence of (str, str), optional
        Names; None = all neighbours in the ranking.

    Raises
    ------
    ValueError
        If the fit is of another model, or a name is not rated.

    References
    ----------
    T. Broderick, R. Giordano, R. Meager, "An automatic finite-sample robustness metric", arXiv 2011.14999,
    2020, section 2; for arenas: arXiv 2508.11847, 2025.

    Examples
    --------
    x leads y by 51 wins to 49: ln(51/49) = 0.0400. A win of x less is 0.49 / (100 * .51 * .49) = 0.0196
    less, so two are not enough.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 100, ["y"] * 100, ["a"] * 51 + ["b"] * 49))
    >>> flip = votes_to_flip(fit)[0]
    >>> flip.a, flip.b, flip.n_votes, flip.share, flip.rows.tolist()
    ('x', 'y', 3.0, 0.03, [0, 1, 2])
    """
    influence = _influence(fit)
    places = _places(fit, pairs)
    orders = [influence.order(a, b, wanted=fit.ratings[a] - fit.ratings[b]) for a, b in places]
    votes = [order.votes_for(fit.ratings[a] - fit.ratings[b]) for order, (a, b) in zip(orders, places, strict=True)]
    return _named(fit, influence, places, orders, votes)


def verified_votes_to_flip(
    fit: Fit, pairs: Sequence[tuple[str, str]] | None = None, *, most_verified: int | None = None
) -> tuple[Flip, ...]:
    """The same, by refits: in the order of influence, the smallest number of comparisons whose removal flips the pair.

    A set is `verified` if a refit without it puts b above a. Where such a refit has no finite ratings (nothing
    is left that a has won, say) the order is broken but not reversed: the set is given, and not verified.

    Parameters
    ----------
    fit : Fit
        From `fit_bradley_terry`, or from `fit_contextual` without covariates; without a prior on ratings.
    pairs : sequence of (str, str), optional
        Names; None = all neighbours in the ranking.
    most_verified : int, optional
        Only so many pairs, the first ones, are searched by refits; the others are as `votes_to_flip` has them. None = all.

    Raises
    ------
    ValueError
        If the fit is of another model, or a name is not rated.

    References
    ----------
    As for `votes_to_flip`; the search by refits is ours.

    Examples
    --------
    x beats y 5 times of 7. Without two wins it is 3 of 5, without three 2 : 2, without four 1 : 2.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 7, ["y"] * 7, ["a"] * 5 + ["b"] * 2))
    >>> flip = verified_votes_to_flip(fit)[0]
    >>> flip.n_votes, flip.rows.tolist(), flip.verified
    (4.0, [0, 1, 2, 3], True)
    """
    influence = _influence(fit)
    places = _places(fit, pairs)
    pairs_and_gaps = [(a, b, float(fit.ratings[a] - fit.ratings[b])) for a, b in places]
    searches = [Search.of(influence, a, b, gap) for a, b, gap in pairs_and_gaps[:most_verified]]
    while trials := [(search, search.trial) for search in searches if search.trial is not None]:
        refits = influence.ratings_without([search.order.taken(trial) for search, trial in trials])
        for (search, _), ratings in zip(trials, refits, strict=True):
            search.learn(float(ratings[search.a] - ratings[search.b]))
    rest = [(influence.order(a, b, wanted=gap), gap) for a, b, gap in pairs_and_gaps[len(searches) :]]
    orders = [*(search.order for search in searches), *(order for order, _ in rest)]
    votes = [*(search.flipped for search in searches), *(order.votes_for(gap) for order, gap in rest)]
    verified = [*(search.reversed for search in searches), *(False for _ in rest)]
    flips = _named(fit, influence, places, orders, votes)
    return tuple(replace(flip, verified=is_so) for flip, is_so in zip(flips, verified, strict=True))


def _influence(fit: Fit) -> Influence:
    method, has_covariates = fit.provenance.method, bool(fit.comparisons.covariate_names)
    if "prior_sd" not in fit.provenance.parameters:
        if method == "fit_bradley_terry":
            return CellInfluence.of(fit)
        if method == "fit_contextual" and not has_covariates:
            return SlotInfluence.of(fit)
    wanted = "a fit of fit_bradley_terry, or of fit_contextual without covariates, without a prior on ratings"
    raise ValueError(f"votes to flip need {wanted}: this is one of {method}")


def _places(fit: Fit, pairs: Sequence[tuple[str, str]] | None) -> list[tuple[int, int]]:
    """Places of the pairs, the higher rated first."""
    if pairs is None:
        ranked = np.argsort(-fit.ratings, kind="stable").tolist()
        return list(pairwise(ranked))
    place = {name: code for code, name in enumerate(fit.names)}
    for name in (name for pair in pairs for name in pair):
        if name not in place:
            raise ValueError(f"{name!r} is not rated: pairs are of the fit's names")
    places = [(place[a], place[b]) for a, b in pairs]
    return [(a, b) if fit.ratings[a] >= fit.ratings[b] else (b, a) for a, b in places]


def _named(
    fit: Fit, influence: Influence, places: list[tuple[int, int]], orders: list[RemovalOrder], votes: list[float]
) -> tuple[Flip, ...]:
    """Flips with the rows that hold their comparisons."""
    sets = [order.taken(n if np.isfinite(n) else 0.0) for order, n in zip(orders, votes, strict=True)]
    total = float(fit.cells.totals.sum() / 2)
    return tuple(
        Flip(a=fit.names[a], b=fit.names[b], n_votes=n, share=n / total, rows=rows, verified=False)
        for (a, b), n, rows in zip(places, votes, influence.rows_holding(sets), strict=True)
    )
