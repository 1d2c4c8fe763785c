"""Grounded Rao-Kupper: "both bad" as an outcome of its own, a loss of both against a common ground."""

from dataclasses import replace

import numpy as np
from scipy.linalg import LinAlgError, cholesky
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, bellman_ford, connected_components

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.data.cells import Cells, count_cells
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.existence import Unrated, check_existence, heavy_enough, light_notes, never_met
from ranking.maths.estimation.failures import NotConvergedError, SeparationError
from ranking.maths.estimation.fit import AtLimit, Fit, Parameter, Provenance
from ranking.maths.estimation.newton import Bend, Peak, climb
from ranking.maths.estimation.pair_models import (
    PairBend,
    PairModel,
    Pairs,
    local,
    log_sum,
    met_pairs,
    pair_likelihood,
    points,
    summed,
)
from ranking.maths.estimation.rescaling import in_any_unit
from ranking.maths.estimation.separation import refuse_flat
from ranking.maths.models.bradley_terry import aligned, checked_ridge, fit_bradley_terry
from ranking.maths.models.tie_width import DOUBT
from ranking.maths.notes import noted, numbered

# Exponents in (theta_a, theta_b, log kappa, level): the ground, both weights, and kappa times either.
GROUND, OWN_A, OWN_B = np.zeros(4), np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
WIDTH = np.array([0.0, 0.0, 1.0, 0.0])
ALL = np.stack([GROUND, OWN_A, OWN_B])
AGAINST_A, AGAINST_B = np.vstack([ALL, OWN_B + WIDTH]), np.vstack([ALL, OWN_A + WIDTH])
EITHER, TWICE = np.vstack([ALL, OWN_A + WIDTH, OWN_B + WIDTH]), np.array([2.0, 2.0, 2.0, 1.0, 1.0])

# The choice that is left without ties, in (theta_a, theta_b, level).
CHOICE = ALL[:, [0, 1, 3]]

TIE, WIDEST = 2, 30.0
PARAMETERS = ("log kappa", "level")


@in_any_unit
def fit_grounded_rao_kupper(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood ratings where "both bad" is an outcome: neither is better than the ground.

    With weights ``w_i = e^(theta_i + level)``, a ground of weight 1 and ``kappa > 0``:
    ``P(i beats j) = w_i / (w_i + (1 + kappa) w_j + 1)``, ``P(j beats i)`` likewise,
    ``P(both bad) = 1 / (1 + w_i + w_j)``, a tie the rest,
    ``kappa w_i w_j (A + B) / (S A B)`` with A, B, S these three denominators: never negative.
    The further parameters are ``log kappa`` and ``level``: how far the mean competitor is above the ground.

    The log-likelihood is not concave in every direction, as a tie's has a convex part. Newton's method leaves that
    part out where the whole bend is not positive definite, and ends only where it is. A maximum is local: no
    second one has been found, nor excluded.

    Without any tie the maximum is at ``kappa = 0``: `Fit.at_limit` has the upper bound of ``log kappa``.

    Rated are the competitors that chains of results link with the ground both ways: each result puts the winner
    above the loser and the ground, a tie puts both level and above the ground, "both bad" puts the ground above both.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; counted once, then the cost is O(M**3) a step.
    prior_sd : float, optional
        Standard deviation of a Normal prior on each rating (natural log-odds), not on the level; None = maximum
        likelihood.
    start : Fit, optional
        Where to begin: the fit of similar data.
    max_steps : int
        Newton steps allowed.
    tolerance : float
        Done when no parameter changes by more (natural log-odds).

    Returns
    -------
    Fit
        Ratings in natural log-odds, mean zero; `expected_points` is ``P(win) + (P(tie) + P(both bad)) / 2``.

    Raises
    ------
    SeparationError
        If nothing or everything is "both bad" (no finite level), if nobody ever wins (no finite kappa), or if outcomes
        are so one-sided that ratings and kappa run off together.
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    E. Frick et al., "Prompt-to-Leaderboard", 2025 (arXiv 2502.14855), and its public code (lmarena/p2l, `GRK_loss` in
    p2l/model.py), whose theta is ``1 + kappa``; there every competitor has its own weight against the ground, here the
    same weights are ratings of mean zero and a level.

    Examples
    --------
    Equal competitors, 3 wins each, 2 both bad, 2 ties: w = 2 (P(both bad) = 1/5), and 2 / (2 + 2 (1 + kappa) + 1) = 3/10.

    >>> c = Comparisons.from_names(["x"] * 10, ["y"] * 10, ["a"] * 3 + ["b"] * 3 + ["both_bad"] * 2 + ["tie"] * 2)
    >>> fit = fit_grounded_rao_kupper(c)
    >>> [(p.name, round(float(np.exp(p.estimate)), 4)) for p in fit.parameters]
    [('log kappa', 0.8333), ('level', 2.0)]
    """
    ridge, cells = checked_ridge(prior_sd), count_cells(comparisons)
    _refuse_one_sided(cells)
    met = np.full(len(cells.wins), cells.totals.any())
    kept = _linked_with_ground(cells) if prior_sd is None else met
    begin = _frame(comparisons, cells, kept, max_steps=max_steps, tolerance=tolerance, prior_sd=prior_sd)
    if not begin.names:
        return begin
    _refuse_one_sided(begin.cells)
    has_ties = bool((begin.cells.ties > begin.cells.both_bad).any())
    model = grounded_pairs if has_ties else _pairs_without_ties
    m, first = len(begin.names), _first(begin, start, has_ties=has_ties)
    peak = _highest(model, met_pairs(begin.cells), first, m, ridge, max_steps=max_steps, tolerance=tolerance)
    value = peak.bend.value + ridge / 2 * float(np.sum(peak.parameters[:m] ** 2))
    names = PARAMETERS if has_ties else PARAMETERS[1:]
    return replace(
        begin,
        ratings=peak.parameters[:m] - peak.parameters[:m].mean(),
        diagnostics=replace(begin.diagnostics, steps=peak.steps, last_step=peak.last_step, log_likelihood=value),
        likelihood=pair_likelihood(model, begin.comparisons, begin.cells, peak.parameters, peak.bend.hessian),
        expected_points=points(model, peak.parameters, m),
        parameters=tuple(Parameter(*each) for each in zip(names, peak.parameters[m:].tolist(), strict=True)),
        at_limit=() if has_ties else _no_ties(begin.cells, peak.parameters),
    )


def grounded_pairs(point: Floats) -> PairBend:
    """The four outcomes' log-chances at local parameters (theta_a, theta_b, log kappa, level), (P, 4).

    Examples
    --------
    >>> np.exp(grounded_pairs(np.zeros((1, 4))).log_chance).round(3).tolist()
    [[0.25, 0.25, 0.167, 0.333]]
    """
    ground, against_a, against_b = (log_sum(terms, np.ones(len(terms)), point) for terms in (ALL, AGAINST_A, AGAINST_B))
    either = log_sum(EITHER, TWICE, point)
    outcomes = [
        (OWN_A, [against_a], []),
        (OWN_B, [against_b], []),
        (OWN_A + OWN_B + WIDTH, [ground, against_a, against_b], [either]),
        (GROUND, [ground], []),
    ]
    return PairBend(
        np.stack([point @ own + _total(0, plus) - _total(0, minus) for own, minus, plus in outcomes], axis=1),
        np.stack([own + _total(1, plus) - _total(1, minus) for own, minus, plus in outcomes], axis=1),
        np.stack([_total(2, minus) - _total(2, plus) + np.zeros((4, 4)) for _, minus, plus in outcomes], axis=1),
    )


def _total(part: int, sums: list[tuple[Floats, Floats, Floats]]) -> Floats:
    return np.asarray(sum((each[part] for each in sums), start=np.float64(0)))


def _pairs_without_ties(point: Floats) -> PairBend:
    """The limit of kappa = 0 at local parameters (theta_a, theta_b, level): a choice among a, b and the ground."""
    value, slope, bend = log_sum(CHOICE, np.ones(3), point)
    own = np.stack([CHOICE[1], CHOICE[2], CHOICE[0], CHOICE[0]])
    log_chance = point @ own.T - value[:, None]
    log_chance[:, TIE] = -np.inf
    return PairBend(log_chance, own - slope[:, None, :], np.repeat(bend[:, None], 4, axis=1))


def _highest(model: PairModel, pairs: Pairs, first: Floats, m: int, ridge: float, *, max_steps: int, tolerance: float) -> Peak:
    """The maximum; where the log-likelihood is not concave, steps are those without the convex part of ties."""

    def bend(parameters: Floats) -> tuple[Floats, PairBend, Bend]:
        point = local(parameters[:m], parameters[m:], pairs.a, pairs.b)
        pair_bend = model(point)
        return point, pair_bend, summed(pairs, pair_bend, parameters, n_ratings=m, ridge=ridge)

    def likelihood(parameters: Floats) -> Bend:
        point, pair_bend, here = bend(parameters)
        if _is_positive(here.hessian):
            return here
        concave = pair_bend.bend.copy()
        concave[:, TIE] += log_sum(EITHER, TWICE, point)[2]
        return summed(pairs, replace(pair_bend, bend=concave), parameters, n_ratings=m, ridge=ridge)

    try:
        peak = climb(likelihood, first, max_steps=max_steps, tolerance=tolerance)
        here = bend(peak.parameters)[2]
        refuse_flat(here.hessian)
    except NotConvergedError as error:
        if ridge or _gains(pairs, m):
            raise
        raise SeparationError(
            noted("ties_grow"),
            "use fit_bradley_terry, or a prior (prior_sd)",
        ) from error
    return replace(peak, bend=here)


def _is_positive(hessian: Floats) -> bool:
    try:
        cholesky(hessian)
    except LinAlgError:
        return False
    return True


def _gains(pairs: Pairs, m: int) -> bool:
    """Whether a closed chain through wins (-1), ties (+1) and the ground (0) has more wins than ties."""
    a, b = pairs.a, pairs.b
    beats, beaten, ties, bad = (pairs.counts > 0).T
    edges = [(a[beats], b[beats], -1.0), (b[beaten], a[beaten], -1.0), (a[ties & ~beats], b[ties & ~beats], 1.0)]
    edges += [(b[ties & ~beaten], a[ties & ~beaten], 1.0)]
    winners, lows = np.unique(np.concatenate([a[beats], b[beaten]])), np.unique(np.concatenate([a[bad], b[bad]]))
    edges += [(winners, np.full(len(winners), m), 0.0), (np.full(len(lows), m), lows, 0.0)]
    length = np.concatenate([np.full(len(start), cost) for start, _, cost in edges])
    places = (np.concatenate([start for start, _, _ in edges]), np.concatenate([end for _, end, _ in edges]))
    try:
        bellman_ford(csr_array((length, places), shape=(m + 1, m + 1)), indices=m)
    except NegativeCycleError:
        return True
    return False


def _linked_with_ground(cells: Cells) -> Bools:
    """Competitors whom results put both above and below the ground, directly or through others: (M,) bool."""
    m = len(cells.wins)
    kept = np.ones(m, dtype=np.bool_)
    while True:
        left = cells.among(kept)
        label = connected_components(heavy_enough(_above(left)) > 0, directed=True, connection="strong")[1]
        linked = label[:-1] == label[-1]
        if linked.all():
            return kept
        kept[np.flatnonzero(kept)[~linked]] = False


def _above(cells: Cells) -> Floats:
    """What puts each competitor above each other, the ground last among them: (M + 1, M + 1)."""
    ties = cells.ties - cells.both_bad
    above = np.zeros((len(cells.wins) + 1,) * 2)
    above[:-1, :-1] = cells.wins + ties
    above[:-1, -1] = (cells.wins + ties).sum(axis=1)
    above[-1, :-1] = cells.both_bad.sum(axis=1)
    return above


def _notes(names: tuple[str, ...], cells: Cells, *, has_prior: bool) -> tuple[str, ...]:
    """Results too light to link; with a prior, the groups that only the prior puts on one scale."""
    above = _above(cells)
    if not has_prior:
        return light_notes((*names, "the ground"), above, heavy_enough(above))
    links = cells.totals > 0
    _, group = connected_components(links, directed=False)
    # A group that reaches above and below the ground stands in a known distance from it, and so from others that do.
    is_placed = np.isin(group, group[above[:-1, -1] > 0]) & np.isin(group, group[above[-1, :-1] > 0])
    return never_met(names, (links | np.outer(is_placed, is_placed)).astype(np.float64))


def _frame(
    comparisons: Comparisons, cells: Cells, kept: Bools, *, prior_sd: float | None, max_steps: int, tolerance: float
) -> Fit:
    """Which competitors are rated; the ratings, by Bradley-Terry with a prior, are the start of the iteration."""
    rated = comparisons.among(kept)
    begin = fit_bradley_terry(rated, prior_sd=1.0)
    known = {} if prior_sd is None else {"prior_sd": prior_sd}
    return replace(
        begin,
        components=check_existence(comparisons.names, cells.half_wins).components,
        notes=_notes(comparisons.names, cells, has_prior=prior_sd is not None),
        unrated=tuple(Unrated(comparisons.names[i], _reason(cells, int(i))) for i in np.flatnonzero(~kept)),
        diagnostics=replace(begin.diagnostics, n_left_out=float(cells.totals.sum() / 2) - begin.diagnostics.n_comparisons),
        provenance=Provenance(
            method="fit_grounded_rao_kupper",
            ties="a parameter of the model, both bad an outcome of its own",
            parameters={"max_steps": max_steps, "tolerance": tolerance} | known,
        ),
    )


def _reason(cells: Cells, who: int) -> str:
    """Why a competitor has no rating."""
    n = cells.totals[who].sum()
    if not n:
        return "no comparisons yet"
    if not cells.both_bad[who].any() and not (cells.wins[:, who] + cells.ties[who]).any():
        return f"never lost, tied or was both bad ({numbered(n)})"
    if not cells.wins[who].any() and not (cells.ties[who] - cells.both_bad[who]).any():
        return f"never won or tied ({numbered(n)})"
    return f"no chain of results puts it both above and below the ground ({numbered(n)})"


def _refuse_one_sided(cells: Cells) -> None:
    n, both_bad, wins = cells.totals.sum() / 2, cells.both_bad.sum() / 2, cells.wins.sum()
    if not n:
        return
    if not both_bad:
        raise SeparationError(
            f"none of {numbered(n)} is both bad: the level above the ground is infinite", "use fit_rao_kupper"
        )
    if both_bad == n:
        raise SeparationError(
            f"all {numbered(n)} {'is' if n == 1 else 'are'} both bad: the level is infinitely far below the ground"
        )
    if not wins:
        raise SeparationError(f"none of {numbered(n)} has a winner: the width of ties has no finite maximum")


def _first(begin: Fit, start: Fit | None, *, has_ties: bool) -> Floats:
    """The start of the iteration: the fit of similar data by this model, or the values for equal competitors."""
    n_further = 2 if has_ties else 1
    if start is not None and start.provenance.method == begin.provenance.method and len(start.parameters) == n_further:
        ratings = aligned(start, begin.names)
        further = np.array([parameter.estimate for parameter in start.parameters])
        # Steps leave the mean of the ratings alone: what it is not zero belongs to the level.
        further[-1] += ratings.mean()
        return np.append(ratings - ratings.mean(), further)
    n = begin.cells.totals.sum()
    bad, won = begin.cells.both_bad.sum() / n, begin.cells.wins.sum() / n
    weight = (1 - bad) / (2 * bad)
    # P(i beats j) = won = w / (w (2 + kappa) + 1) both ways.
    kappa = [float(np.log(1 / won - 2 - 1 / weight))] if has_ties else []
    return np.concatenate([begin.ratings, kappa, [np.log(weight)]])


def _no_ties(cells: Cells, peak: Floats) -> tuple[AtLimit, ...]:
    """Kappa runs to zero; the bound is where such data have chance `DOUBT` at these ratings and level."""
    pairs, m = met_pairs(cells), len(cells.wins)
    n_each = pairs.counts.sum(axis=1)

    def excess(log_kappa: float) -> float:
        pair_bend = grounded_pairs(local(peak[:m], np.array([log_kappa, peak[m]]), pairs.a, pairs.b))
        return float(n_each @ np.log1p(-np.exp(pair_bend.log_chance[:, TIE])) - np.log(DOUBT))

    reason = f"none of {numbered(n_each.sum())} is a tie: kappa is 0"
    # Even an infinite width leaves "both bad" its chance, so few comparisons may give no bound.
    bound = np.inf if excess(WIDEST) > 0 else float(brentq(excess, -WIDEST, WIDEST))
    return (AtLimit(PARAMETERS[0], limit=-np.inf, bound=bound, reason=reason),)
