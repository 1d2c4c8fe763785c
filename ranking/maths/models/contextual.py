"""Contextual Bradley-Terry: ratings with style, family and order of presentation taken out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, diags_array, hstack

from ranking.maths.clusters.leave_one_out_rows import Alike, Term
from ranking.maths.clusters.sandwich import Entries
from ranking.maths.data.arrays import Codes, Floats, Ints
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.failures import NotConvergedError, SeparationError
from ranking.maths.estimation.fit import Fit, Parameter
from ranking.maths.estimation.half_wins import win_chances
from ranking.maths.estimation.likelihood import RowLikelihood, grounded
from ranking.maths.estimation.newton import Bend, Peak, climb
from ranking.maths.estimation.rescaling import in_any_unit
from ranking.maths.estimation.separation import flat_direction, listed, named, refuse_flat, separating_direction
from ranking.maths.models.bradley_terry import aligned, checked_ridge, fit_bradley_terry
from ranking.maths.notes import noted

POINTS = np.array([1.0, 0.0, 0.5, 0.5])
"""What a wins of a comparison, by outcome."""

NEAR = 1e-2
"""While the log-odds of outcomes have moved by less (root mean square), a Hessian is good enough for the next step."""

SHORTER = 0.1
"""A kept Hessian has to make each step this much shorter than the one before."""

ROWS_A_PART = 16_384
"""With eight covariates, so many rows stay in the processor's cache from step to step."""

SLOT_SD = 2.0
"""Standard deviation of the Normal prior on a slot intercept, log-odds: one slot is chosen in 2 to 98 % of equal pairs.

That is wider than what is seen of judges that anybody would use. It is worth one comparison of equal answers: an intercept
with the information of 100 of them moves by 1 %.
"""


@in_any_unit
def fit_contextual(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    slot_sd: float | None = SLOT_SD,
    start: Fit | None = None,
    judge_names: Mapping[int, str] | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood ratings where covariates and the order of presentation sway the outcome too.

    ``logit P(a beats b) = theta_a - theta_b + x'beta + gamma_j o`` with x the covariates (as they are: see
    `style_differences`), o = 1 if a was shown first, -1 if b, 0 if unknown, and gamma_j the slot intercept of
    judge j (rows without judge share one). A tie, and "both bad", is half a win each. The ratings are those of
    equal style and unknown order.

    Each gamma has a weak prior, Normal with mean 0 and standard deviation `slot_sd`: so it always has an estimate, also
    of a judge who always chose the same slot, or whose games cannot tell slots from ratings because each pair was shown
    in one order only. No comparison is left out for it. Where the data say little of gamma, the prior's own
    uncertainty is part of every covariance: it counts as one more independent score, of variance ``1 / slot_sd**2``.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; the cost is O(n (k + 1)) a step with k covariates.
    prior_sd : float, optional
        Standard deviation of a Normal prior on each rating (natural log-odds); None = maximum likelihood.
    slot_sd : float, optional
        That of the prior on each slot intercept (natural log-odds); None = maximum likelihood.
    start : Fit, optional
        Where to begin: the fit of similar data. The result does not depend on it.
    judge_names : mapping of int to str, optional
        What judges are called in the names of slot intercepts and in reasons, by their codes.
    max_steps : int
        Newton steps allowed. The Hessian is kept while little moves.
    tolerance : float
        Done when no parameter changes by more (natural log-odds, at the root mean square of a covariate).

    Returns
    -------
    Fit
        Ratings in natural log-odds, mean zero. `parameters`: the covariates' beta by their names, then
        "slot intercept of judge 3" (3 the judge's code) or "slot intercept" where no judge is known.
        `expected_points` is at equal style and unknown order.

    Raises
    ------
    SeparationError
        If covariates (with ratings; slots too where they have no prior) explain all outcomes they touch, so that no
        finite maximum exists, or say the same as others. It names them.
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` or `slot_sd` is not positive.

    References
    ----------
    W.-L. Chiang et al., "Chatbot Arena: an open platform for evaluating LLMs by human preference", 2024, with the style
    control of its public code; R. R. Davidson, R. J. Beaver, "On extending the Bradley-Terry model to incorporate
    within-pair order effects", Biometrics 33, 1977.

    Examples
    --------
    Slot 1 wins 3 of 4 whoever stands there: gamma is near ln 3 = 1.0986, and both are equal.

    >>> c = Comparisons.from_names(["x"] * 8, ["y"] * 8, ["a", "b"] * 3 + ["b", "a"], first=["a", "b"] * 4)
    >>> fit, without = fit_contextual(c), fit_contextual(c, slot_sd=None)
    >>> abs(fit.ratings).max() < 1e-9, fit.parameters[0].name, round(fit.parameters[0].estimate, 4)
    (np.True_, 'slot intercept', 0.9465)
    >>> round(without.parameters[0].estimate, 4)
    1.0986
    """
    begin = fit_bradley_terry(comparisons, prior_sd=prior_sd, max_steps=max_steps, tolerance=tolerance)
    ties = "half a win each, both bad as a tie"
    begin = replace(begin, provenance=replace(begin.provenance, method="fit_contextual", ties=ties))
    rows = _ContextRows.of(begin.comparisons, judge_names or {})
    if not begin.names or rows.n_parameters == len(begin.names):
        return begin
    ridge = _ridge(rows, checked_ridge(prior_sd), checked_ridge(slot_sd))
    peak = _highest(rows.counted(), _first(rows, begin, start), ridge, max_steps=max_steps, tolerance=tolerance)
    m = len(begin.names)
    return replace(
        begin,
        ratings=peak.parameters[:m] - peak.parameters[:m].mean(),
        diagnostics=replace(begin.diagnostics, steps=peak.steps, last_step=peak.last_step, log_likelihood=peak.bend.value),
        likelihood=_likelihood(begin.comparisons, rows, peak, np.append(np.zeros(m), ridge[m:])),
        expected_points=win_chances(peak.parameters[:m]),
        parameters=tuple(Parameter(*each) for each in zip(rows.names[m:], peak.parameters[m:].tolist(), strict=True)),
    )


def _likelihood(comparisons: Comparisons, rows: "_ContextRows", peak: Peak, prior: Floats) -> RowLikelihood:
    at_peak = _AtPeak(rows, peak.parameters)
    return RowLikelihood(comparisons, peak.bend.hessian, at_peak.scores, at_peak.terms, prior, _alike(rows, peak.parameters))


def _alike(rows: "_ContextRows", parameters: Floats) -> Alike | None:
    """Without covariates, rows of one pair in one slot of one judge."""
    table = rows.odds_table(parameters)
    if table is None:
        return None
    kind, row = rows.cell(slice(None)), np.zeros(len(table), dtype=np.int64)
    row[kind] = np.arange(len(kind))
    return Alike(kind, row)


def _ridge(rows: "_ContextRows", of_ratings: float, of_slots: float) -> Floats:
    """What the priors add to the Hessian's diagonal: (p,). Covariates have none."""
    m, n_slots = len(rows.comparisons.names), len(rows.slots.judges)
    covariates = np.zeros(rows.n_parameters - m - n_slots)
    return np.concatenate([np.full(m, of_ratings), covariates, np.full(n_slots, of_slots)])


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """The judge and the order of presentation of each row.

    Parameters
    ----------
    judges : (J,) int64
        Codes of the judges with rows of known order; -1 stands for rows without judge.
    place : (n,) int32
        j where a was first before the j-th of them, J + j where b was, 2 J where the order is unknown.
    """

    judges: Ints
    place: Codes

    @classmethod
    def of(cls, comparisons: Comparisons) -> "_Slots":
        if comparisons.first is None or not len(comparisons):
            return cls(np.zeros(0, dtype=np.int64), np.zeros(len(comparisons), dtype=np.int32))
        known = comparisons.first >= 0
        if comparisons.weight is not None:
            known &= comparisons.weight > 0
        code = comparisons.clusters("judge") + 1
        present = np.bincount(code[known], minlength=int(code.max()) + 1) > 0
        judges = np.flatnonzero(present) - 1
        number = (np.cumsum(present) - 1).astype(np.int32)
        place = number[code] + comparisons.first * np.int32(len(judges))
        return cls(judges, np.where(known, place, np.int32(2 * len(judges))))

    def at(self, gamma: Floats) -> Floats:
        """What each place adds to the log-odds: (2 J + 1,)."""
        return np.concatenate([gamma, -gamma, [0.0]])

    def toward(self, sums: Floats) -> Floats:
        """Sums by place, (..., 2 J + 1), to derivatives by gamma, (..., J)."""
        n = len(self.judges)
        return np.asarray(sums[..., :n] - sums[..., n : 2 * n], dtype=np.float64)

    def names(self, judge_names: Mapping[int, str]) -> tuple[str, ...]:
        codes = self.judges.tolist()
        unnamed = {judge: f"slot intercept of judge {judge}" if judge >= 0 else "slot intercept" for judge in codes}
        return tuple(f"slot intercept of {judge_names[judge]}" if judge in judge_names else unnamed[judge] for judge in codes)


@dataclass(frozen=True, slots=True, eq=False)
class _ContextRows:
    """Comparisons with values that are the same at every step: each row's pair in an (m, m) table, and its slot."""

    comparisons: Comparisons
    pair: Codes
    slots: _Slots
    covariates: Floats
    names: tuple[str, ...]

    @classmethod
    def of(cls, comparisons: Comparisons, judge_names: Mapping[int, str]) -> "_ContextRows":
        slots = _Slots.of(comparisons)
        covariates = np.zeros((len(comparisons), 0)) if comparisons.covariates is None else comparisons.covariates
        pair = comparisons.a * np.int32(len(comparisons.names)) + comparisons.b
        names = comparisons.names + comparisons.covariate_names + slots.names(judge_names)
        return cls(comparisons, pair, slots, covariates, names)

    def counted(self) -> "_ContextRows":
        """Where covariates tell no two of them apart: equal rows as one, with their weights summed. The climb is the same."""
        c, n_places = self.comparisons, 2 * len(self.slots.judges) + 1
        n_cells = len(c.names) ** 2 * n_places * len(POINTS)
        if self.covariates.shape[1] or n_cells > len(c):
            return self
        total = np.zeros(n_cells)
        for part in (slice(start, start + n_cells) for start in range(0, len(c), n_cells)):
            key = (self.pair[part].astype(np.int64) * n_places + self.slots.place[part]) * len(POINTS) + c.outcome[part]
            total += np.bincount(key, weights=c.weights(part), minlength=n_cells)
        met = np.flatnonzero(total)
        cell, outcome = np.divmod(met, len(POINTS))
        pair, place = np.divmod(cell, n_places)
        a, b = (each.astype(np.int32) for each in np.divmod(pair, len(c.names)))
        rows = Comparisons(names=c.names, a=a, b=b, outcome=outcome.astype(np.int8), weight=total[met])
        slots = replace(self.slots, place=place.astype(np.int32))
        return replace(self, comparisons=rows, pair=pair.astype(np.int32), slots=slots, covariates=self.covariates[: len(met)])

    @property
    def n_parameters(self) -> int:
        return len(self.names)

    def covariate_sizes(self) -> Floats:
        """Root mean squares, (k,); 1 for a column of zeros."""
        sizes = np.sqrt(np.einsum("rk,rk->k", self.covariates, self.covariates) / max(len(self.covariates), 1))
        return np.where(sizes > 0, sizes, 1.0)

    def odds_table(self, parameters: Floats) -> Floats | None:
        """Log-odds of a's win by pair and place, (m m (2 J + 1),): all there are without covariates. None with them."""
        n_places, m = 2 * len(self.slots.judges) + 1, len(self.comparisons.names)
        if self.covariates.shape[1] or m * m * n_places > len(self.comparisons):
            return None
        gap = (parameters[:m, None] - parameters[:m]).ravel()
        return np.asarray((gap[:, None] + self.slots.at(parameters[m:])).ravel(), dtype=np.float64)

    def cell(self, rows: slice | Ints) -> Codes:
        """Where some rows stand in that table, (r,)."""
        return self.pair[rows] * np.int32(2 * len(self.slots.judges) + 1) + self.slots.place[rows]

    def log_odds(self, parameters: Floats, rows: slice | Ints) -> Floats:
        """Of a's win, (r,)."""
        m, k = len(self.comparisons.names), self.covariates.shape[1]
        gap = (parameters[:m, None] - parameters[:m]).ravel()
        log_odds = gap[self.pair[rows]] + self.covariates[rows] @ parameters[m : m + k]
        if len(self.slots.judges):
            log_odds += self.slots.at(parameters[m + k :])[self.slots.place[rows]]
        return np.asarray(log_odds, dtype=np.float64)

    def parts(self) -> Iterator[slice]:
        """Slices of rows that stay in the processor's cache."""
        size = max(ROWS_A_PART, len(self.comparisons.names) ** 2)
        return (slice(start, start + size) for start in range(0, len(self.comparisons), size))

    def slope(self, parameters: Floats, ridge: Floats) -> tuple[float, Floats]:
        """The log-likelihood and its gradient, (p,)."""
        m, n_places = len(self.comparisons.names), 2 * len(self.slots.judges) + 1
        value, by_pair, by_place = 0.0, np.zeros(m * m), np.zeros(n_places)
        by_covariate = np.zeros(self.covariates.shape[1])
        for part in self.parts():
            log_odds = self.log_odds(parameters, part)
            points, weight = POINTS[self.comparisons.outcome[part]], self.comparisons.weights(part)
            pull, less = _pull(points, log_odds)
            pull *= weight
            # y log p + (1 - y) log(1 - p) = y x - max(x, 0) - log(1 + e^-|x|)
            value += float(weight @ (points * log_odds - np.maximum(log_odds, 0) - np.log(1 + less)))
            by_pair += np.bincount(self.pair[part], weights=pull, minlength=m * m)
            if n_places > 1:
                by_place += np.bincount(self.slots.place[part], weights=pull, minlength=n_places)
            by_covariate += pull @ self.covariates[part]
        table = by_pair.reshape(m, m)
        gradient = np.concatenate([table.sum(axis=1) - table.sum(axis=0), by_covariate, self.slots.toward(by_place)])
        return value - _prior_cost(parameters, ridge), gradient - ridge * parameters

    def hessian(self, parameters: Floats, ridge: Floats) -> Floats:
        """Sign turned, the shift of the ratings pinned: (p, p)."""
        m, k, n_places = len(self.comparisons.names), self.covariates.shape[1], 2 * len(self.slots.judges) + 1
        sums = _Sums(
            np.zeros(m * m),
            np.zeros((k, m)),
            np.zeros((k, k)),
            np.zeros((k, n_places)),
            np.zeros((m, n_places)),
            np.zeros(n_places),
        )
        for part in self.parts():
            less = np.exp(-np.abs(self.log_odds(parameters, part)))
            # p (1 - p), exact where p is near 1.
            sums.add(self, part, self.comparisons.weights(part) * less / (1 + less) ** 2)
        return sums.hessian(self.slots, ridge)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Information summed over rows: by pair, and products of covariates, competitors and places."""

    pairs: Floats
    covariate_rating: Floats
    covariate_covariate: Floats
    covariate_place: Floats
    rating_place: Floats
    place: Floats

    def add(self, rows: _ContextRows, part: slice, information: Floats) -> None:
        """Add some rows, never spread out to (n, p): a column of covariates at a time."""
        m, n_places = self.rating_place.shape
        a, b = rows.comparisons.a[part].astype(np.int64), rows.comparisons.b[part].astype(np.int64)
        place = rows.slots.place[part].astype(np.int64)
        self.pairs[:] += np.bincount(rows.pair[part], weights=information, minlength=m * m)
        columns = np.ascontiguousarray(rows.covariates[part].T)
        weighted = columns * information
        self.covariate_covariate[:] += weighted @ columns.T
        for column, values in enumerate(weighted):
            self.covariate_rating[column] += np.bincount(a, weights=values, minlength=m)
            self.covariate_rating[column] -= np.bincount(b, weights=values, minlength=m)
            if n_places > 1:
                self.covariate_place[column] += np.bincount(place, weights=values, minlength=n_places)
        if n_places > 1:
            self.place[:] += np.bincount(place, weights=information, minlength=n_places)
            for side, sign in ((a, 1.0), (b, -1.0)):
                both = np.bincount(side * n_places + place, weights=information, minlength=m * n_places)
                self.rating_place[:] += sign * both.reshape(m, n_places)

    def hessian(self, slots: _Slots, ridge: Floats) -> Floats:
        m, k, n = len(self.rating_place), len(self.covariate_covariate), len(slots.judges)
        hessian = np.zeros((m + k + n, m + k + n))
        pairs = self.pairs.reshape(m, m) + self.pairs.reshape(m, m).T
        hessian[:m, :m] = np.diag(pairs.sum(axis=1)) - pairs
        hessian[:m, m : m + k] = self.covariate_rating.T
        hessian[:m, m + k :] = slots.toward(self.rating_place)
        hessian[m : m + k, m : m + k] = self.covariate_covariate
        hessian[m : m + k, m + k :] = slots.toward(self.covariate_place)
        hessian[m + k :, m + k :] = np.diag(self.place[:n] + self.place[n : 2 * n])
        hessian = grounded(np.triu(hessian) + np.triu(hessian, 1).T, m)
        return hessian + np.diag(ridge)


def _prior_cost(parameters: Floats, ridge: Floats) -> float:
    return float(ridge @ parameters**2) / 2


def _pull(points: Floats, log_odds: Floats) -> tuple[Floats, Floats]:
    """``y (1 - p) - (1 - y) p`` for points y, and ``exp(-|x|)`` at log-odds x: (r,) each.

    Not y - p: where p is 1 up to rounding that would be 0, and look like a maximum.
    """
    less = np.exp(-np.abs(log_odds))
    lost = 1 - points
    return np.where(log_odds > 0, points * less - lost, points - lost * less) / (1 + less), less


class _Likelihood:
    """The log-likelihood for `climb`, whose Hessian is kept where that is as good as a new one.

    It is taken anew where outcomes' log-odds have moved by more than `NEAR` since, and where a move was not much
    shorter than the one before: a parameter of few rows can move far without moving many outcomes. Covariates count
    in units of their root mean square, so that the tolerance means the same for all.
    """

    def __init__(self, rows: _ContextRows, ridge: Floats, first: Floats) -> None:
        self.rows, self.ridge = rows, ridge
        self.units = np.ones(len(first))
        self.units[len(rows.comparisons.names) :][: rows.covariates.shape[1]] = rows.covariate_sizes()
        self.here, self.taken_at, self.length = first * self.units, first * self.units, np.inf
        self.hessian = self.bend(first)

    def __call__(self, scaled: Floats) -> Bend:
        length = float(np.abs(scaled - self.here).max())
        if length > SHORTER * self.length or self.moved(scaled - self.taken_at) > NEAR:
            self.taken_at, self.hessian = scaled, self.bend(scaled / self.units)
        self.here, self.length = scaled, length if length else self.length
        value, gradient = self.rows.slope(scaled / self.units, self.ridge)
        return Bend(value, gradient / self.units, self.hessian)

    def bend(self, parameters: Floats) -> Floats:
        return self.rows.hessian(parameters, self.ridge) / np.outer(self.units, self.units)

    def moved(self, change: Floats) -> float:
        """Root mean square change of log-odds, weighted by information."""
        m = len(self.rows.comparisons.names)
        # Half the trace over ratings is the information of all rows, with what pins the shift.
        return float(np.sqrt(max(change @ self.hessian @ change, 0.0) / (np.trace(self.hessian[:m, :m]) / 2)))


def _highest(rows: _ContextRows, first: Floats, ridge: Floats, *, max_steps: int, tolerance: float) -> Peak:
    """The maximum, with the Hessian right there and the value without the prior."""
    likelihood = _Likelihood(rows, ridge, first)
    flat = flat_direction(likelihood.hessian)
    if flat is not None:
        raise SeparationError(
            noted("not_told_apart", names=listed(flat, rows.names)),
            f"leave one out: no single maximum along {named(flat, rows.names)}",
        )
    try:
        peak = climb(likelihood, first * likelihood.units, max_steps=max_steps, tolerance=tolerance)
        information = rows.hessian(peak.parameters / likelihood.units, ridge)
        refuse_flat(information)
    except NotConvergedError as error:
        endless = _endless(rows, ridge)
        if endless is None:
            raise
        raise SeparationError(
            noted("endless", names=listed(endless, rows.names)),
            f"leave out a covariate or competitor: the log-likelihood rises for ever along {named(endless, rows.names)}",
        ) from error
    parameters = peak.parameters / likelihood.units
    value = peak.bend.value + _prior_cost(parameters, ridge)
    return Peak(parameters, Bend(value, peak.bend.gradient, information), peak.steps, peak.last_step)


def _endless(rows: _ContextRows, ridge: Floats) -> Floats | None:
    """A direction in which the likelihood rises without end, with parameters that have a prior held fixed: (p,)."""
    c, m = rows.comparisons, len(rows.comparisons.names)
    kept = np.flatnonzero(c.weights() > 0)
    number = np.arange(len(kept))
    entries = (np.repeat([1.0, -1.0], len(kept)), (np.tile(number, 2), np.concatenate([c.a[kept], c.b[kept]])))
    sides = csr_array(entries, shape=(len(kept), m))
    at = csr_array(rows.slots.toward(np.eye(2 * len(rows.slots.judges) + 1)))
    free = diags_array((ridge == 0).astype(np.float64))
    design = csr_array(hstack([sides, csr_array(rows.covariates[kept]), at[rows.slots.place[kept]]]) @ free)
    direction = separating_direction(design, POINTS[c.outcome[kept]])
    if direction is not None:
        direction[:m] -= direction[:m].mean()
    return direction


def _first(rows: _ContextRows, begin: Fit, start: Fit | None) -> Floats:
    """The start of the iteration: the fit of similar data, or Bradley-Terry without context."""
    if start is None:
        return np.append(begin.ratings, np.zeros(rows.n_parameters - len(begin.names)))
    known = {parameter.name: parameter.estimate for parameter in start.parameters}
    further = [known.get(name, 0.0) for name in rows.names[len(begin.names) :]]
    return np.concatenate([aligned(start, begin.names), further])


@dataclass(frozen=True, slots=True, eq=False)
class _AtPeak:
    """The derivatives of each row at given parameters."""

    rows: _ContextRows
    parameters: Floats

    def scores(self, rows: slice | Ints) -> Entries:
        outcome, table = self.rows.comparisons.outcome[rows], self.rows.odds_table(self.parameters)
        if table is None:
            pull, _ = _pull(POINTS[outcome], self.rows.log_odds(self.parameters, rows))
        else:
            pulls, _ = _pull(POINTS[:, None], table)
            pull = pulls[outcome, self.rows.cell(rows)]
        return Entries(pull, -pull, self._further(rows, pull))

    def terms(self, rows: slice | Ints) -> list[Term]:
        table = self.rows.odds_table(self.parameters)
        less = np.exp(-np.abs(self.rows.log_odds(self.parameters, rows) if table is None else table))
        weight = less / (1 + less) ** 2
        weight = weight if table is None else weight[self.rows.cell(rows)]
        return [Term(weight, 1.0, -1.0, self._further(rows, np.ones(len(weight))))]

    def _further(self, rows: slice | Ints, pull: Floats) -> Floats:
        """What a pull at a is at covariates and slots, (r, k + J); column by column in memory, as the meat reads it."""
        slots = self.rows.slots
        k, n = self.rows.covariates.shape[1], len(slots.judges)
        further = np.zeros((k + n, len(pull)))
        np.multiply(self.rows.covariates[rows].T, pull, out=further[:k])
        for judge, sign in enumerate(slots.toward(np.eye(2 * n + 1)).T):
            np.multiply(sign[slots.place[rows]], pull, out=further[k + judge])
        return further.T
