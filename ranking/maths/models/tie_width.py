"""Models with a tie width: when it has a finite maximum, and the fit that Davidson's and Rao and Kupper's share."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, bellman_ford, connected_components

from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import Cells
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.failures import SeparationError
from ranking.maths.estimation.fit import AtLimit, Fit, Parameter
from ranking.maths.estimation.newton import Bend, climb
from ranking.maths.estimation.pair_models import PairModel, local, met_pairs, pair_likelihood, points, summed
from ranking.maths.models.bradley_terry import aligned, checked_ridge, fit_bradley_terry
from ranking.maths.notes import noted

DOUBT = 0.05
"""One minus the confidence of a one-sided bound."""


@dataclass(frozen=True, slots=True)
class TieModel:
    """A model with one tie width.

    Parameters
    ----------
    method : str
        The name of its fit.
    parameter : str
        What the width is called.
    pairs : PairModel
    limit : float
        The width at which ties have no chance.
    width : callable
        The width at which two equal competitors tie with a given chance in (0, 1).
    """

    method: str
    parameter: str
    pairs: PairModel
    limit: float
    width: Callable[[float], float]


def fit_tie_model(
    model: TieModel, comparisons: Comparisons, *, prior_sd: float | None, start: Fit | None, max_steps: int, tolerance: float
) -> Fit:
    """Maximum-likelihood ratings and tie width; the arguments are those of `fit_davidson`.

    Starts from Bradley-Terry with ties as half a win: the same competitors have ratings there.

    Examples
    --------
    >>> from ranking.maths.models.rao_kupper import RAO_KUPPER
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "tie"])
    >>> fit_tie_model(RAO_KUPPER, c, prior_sd=None, start=None, max_steps=100, tolerance=1e-9).names
    ('x', 'y')
    """
    begin = fit_bradley_terry(comparisons, prior_sd=prior_sd, start=start, max_steps=max_steps, tolerance=tolerance)
    ties = "a parameter of the model, both bad as a tie"
    begin = replace(begin, provenance=replace(begin.provenance, method=model.method, ties=ties))
    if not begin.cells.ties.any():
        return replace(begin, at_limit=_no_ties(model, begin)) if begin.names else begin
    refuse_endless_width(begin.cells, has_prior=prior_sd is not None)
    m, ridge, pairs = len(begin.names), checked_ridge(prior_sd), met_pairs(begin.cells)

    def likelihood(parameters: Floats) -> Bend:
        pair_bend = model.pairs(local(parameters[:m], parameters[m:], pairs.a, pairs.b))
        return summed(pairs, pair_bend, parameters, n_ratings=m, ridge=ridge)

    peak = climb(likelihood, _first(model, start, begin), max_steps=max_steps, tolerance=tolerance)
    return replace(
        begin,
        ratings=peak.parameters[:m] - peak.parameters[:m].mean(),
        diagnostics=replace(
            begin.diagnostics,
            steps=peak.steps,
            last_step=peak.last_step,
            log_likelihood=_value(peak.bend, peak.parameters[:m], ridge),
        ),
        likelihood=pair_likelihood(model.pairs, begin.comparisons, begin.cells, peak.parameters, peak.bend.hessian),
        expected_points=points(model.pairs, peak.parameters, m),
        parameters=(Parameter(model.parameter, float(peak.parameters[m])),),
    )


def _value(bend: Bend, ratings: Floats, ridge: float) -> float:
    """The log-likelihood without the prior's part."""
    return bend.value + float(ridge / 2 * np.sum(ratings**2))


def _first(model: TieModel, start: Fit | None, begin: Fit) -> Floats:
    """Where to climb from: the fit of similar data by the same model, or Bradley-Terry and the width of the share of ties."""
    if start is not None and start.provenance.method == model.method and start.parameters:
        return np.append(aligned(start, begin.names), start.parameters[0].estimate)
    return np.append(begin.ratings, model.width(begin.cells.ties.sum() / begin.cells.totals.sum()))


def refuse_endless_width(cells: Cells, *, has_prior: bool) -> None:
    """Raise if the tie width has no finite maximum, for cells with ties.

    Ratings and width are finite if and only if "won or tied against" is strongly connected, and some chain of wins
    and ties that comes back to where it began (a win followed from winner to loser, a tie either way) has more wins
    than ties. Otherwise differences and width can grow together: every win stays a difference of at least the
    width, every tie one of at most the width, and what did not happen gets ever less likely. A prior on the ratings
    stops that as soon as there is a win.

    Raises
    ------
    SeparationError

    References
    ----------
    R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison experiments",
    Journal of the American Statistical Association 65, 1970, section 3, asks that wins alone connect all, which is
    enough; the condition here is exact (a system of difference constraints without a solution).

    Examples
    --------
    One win and one tie: P(x wins) = P(tie) = 1/2 is approached, and never reached.

    >>> from ranking.maths.data.cells import count_cells
    >>> cells = count_cells(Comparisons.from_names(["x", "x"], ["y", "y"], ["a", "tie"]))
    >>> refuse_endless_width(cells, has_prior=False)
    Traceback (most recent call last):
        ...
    ranking.maths.estimation.failures.SeparationError: the tie width has no finite maximum: no chain of wins and ties that ...
    """
    if not cells.wins.any():
        raise SeparationError(
            noted("all_tied", n=cells.ties.sum() / 2),
            "the tie width has no finite maximum; fit_bradley_terry rates them all equal",
        )
    if not has_prior and not _more_wins_than_ties(cells):
        raise SeparationError(
            noted("ties_outweigh"),
            "use fit_bradley_terry, or a prior (prior_sd)",
        )


def _more_wins_than_ties(cells: Cells) -> bool:
    """Whether some closed chain has: a cycle of negative length, a win being -1 and a tie +1, where all are connected."""
    n_components, _ = connected_components(cells.wins > 0, directed=True, connection="strong")
    if n_components < len(cells.wins):
        return True
    steps = np.where(cells.wins > 0, -1.0, np.where(cells.ties > 0, 1.0, 0.0))
    try:
        bellman_ford(csr_array(steps), indices=0)
    except NegativeCycleError:
        return True
    return False


def _no_ties(model: TieModel, fit: Fit) -> tuple[AtLimit, ...]:
    """The width runs to where ties have no chance; the bound is where such data have chance `DOUBT` at these ratings."""
    pairs = met_pairs(fit.cells)
    n_each = pairs.counts.sum(axis=1)

    def excess(chance: float) -> float:
        pair_bend = model.pairs(local(fit.ratings, np.array([model.width(chance)]), pairs.a, pairs.b))
        return float(n_each @ np.log1p(-np.exp(pair_bend.log_chance[:, 2])) - np.log(DOUBT))

    chance = brentq(excess, 1e-12, 1 - 1e-12, xtol=1e-15)
    reason = noted("no_ties", n=n_each.sum())
    return (AtLimit(model.parameter, limit=model.limit, bound=model.width(chance), reason=reason),)
