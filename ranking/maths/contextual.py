"""Contextual Bradley-Terry: ratings with style, family and order of presentation taken out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, hstack

from ranking.maths.arrays import Codes, Floats, Ints
from ranking.maths.bradley_terry import aligned, checked_ridge, fit_bradley_terry
from ranking.maths.comparisons import Comparisons
from ranking.maths.fit import AtLimit, Fit, Parameter
from ranking.maths.half_wins import win_chances
from ranking.maths.likelihood import RowLikelihood, grounded
from ranking.maths.meat import Entries
from ranking.maths.newton import Bend, NotConvergedError, Peak, climb
from ranking.maths.separation import SeparationError, flat_direction, named, refuse_flat, separating_direction
from ranking.maths.slot_bound import slot_bound

POINTS = np.array([1.0, 0.0, 0.5, 0.5])
"""What a wins of a comparison, by outcome."""

NEAR = 1e-2
"""While the log-odds of outcomes have moved by less (root mean square), a Hessian is good enough for the next step."""

SHORTER = 0.1
"""A kept Hessian has to make each step this much shorter than the one before."""

ROWS_A_PART = 16_384
"""With eight covariates, so many rows stay in the processor's cache from step to step."""

ONE_SLOT = "no comparisons but those of judges who always chose the same slot"


def fit_contextual(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood ratings where covariates and the order of presentation sway the outcome too.

    ``logit P(a beats b) = theta_a - theta_b + x'beta + gamma_j o`` with x the covariates (as they are: see
    `style_differences`), o = 1 if a was shown first, -1 if b, 0 if unknown, and gamma_j the slot intercept of
    judge j (rows without judge share one). A tie, and "both bad", is half a win each. The ratings are those of
    equal style and unknown order.

    A judge who always chose the same slot has no finite gamma. In the limit his rows with known order say nothing
    about anybody, so they are left out (and counted in `Diagnostics.n_left_out`), and `Fit.at_limit` has a
    one-sided bound: see `slot_bound`.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; the cost is O(n (k + 1)) a step with k covariates.
    prior_sd : float, optional
        Standard deviation of a Normal prior on each rating (natural log-odds); None = maximum likelihood.
    start : Fit, optional
        Where to begin: the fit of similar data. The result does not depend on it.
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
        If covariates or slots (with ratings) explain all outcomes they touch, so that no finite maximum exists, or
        say the same as others. It names them.
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    W.-L. Chiang et al., "Chatbot Arena: an open platform for evaluating LLMs by human preference", 2024, with the style
    control of its public code; R. R. Davidson, R. J. Beaver, "On extending the Bradley-Terry model to incorporate
    within-pair order effects", Biometrics 33, 1977.

    Examples
    --------
    Slot 1 wins 3 of 4 whoever stands there: gamma = ln 3, and both are equal.

    >>> c = Comparisons.from_names(["x"] * 8, ["y"] * 8, ["a", "b"] * 3 + ["b", "a"], first=["a", "b"] * 4)
    >>> fit = fit_contextual(c)
    >>> abs(fit.ratings).max() < 1e-9, fit.parameters[0].name, round(fit.parameters[0].estimate, 4)
    (np.True_, 'slot intercept', 1.0986)
    """
    begin, n_one_sided = _rateable(comparisons, prior_sd=prior_sd, max_steps=max_steps, tolerance=tolerance)
    ties = "half a win each, both bad as a tie"
    begin = replace(
        begin,
        provenance=replace(begin.provenance, method="fit_contextual", ties=ties),
        diagnostics=replace(begin.diagnostics, n_left_out=begin.diagnostics.n_left_out + n_one_sided),
    )
    rows = _Rows.of(begin.comparisons)
    if not begin.names or rows.n_parameters == len(begin.names):
        return begin
    peak = _highest(rows, _first(rows, begin, start), checked_ridge(prior_sd), max_steps=max_steps, tolerance=tolerance)
    m = len(begin.names)
    return replace(
        begin,
        ratings=peak.parameters[:m] - peak.parameters[:m].mean(),
        diagnostics=replace(begin.diagnostics, steps=peak.steps, last_step=peak.last_step, log_likelihood=peak.bend.value),
        likelihood=RowLikelihood(begin.comparisons, peak.bend.hessian, _Scores(rows, peak.parameters)),
        expected_points=win_chances(peak.parameters[:m]),
        parameters=tuple(Parameter(*each) for each in zip(rows.names[m:], peak.parameters[m:].tolist(), strict=True)),
    )


def _rateable(comparisons: Comparisons, *, prior_sd: float | None, max_steps: int, tolerance: float) -> tuple[Fit, float]:
    """Bradley-Terry without the rows of judges who always chose one slot (they are its `at_limit`); how many rows that were."""
    at_limit: tuple[AtLimit, ...] = ()
    left = comparisons
    while True:
        begin = fit_bradley_terry(left, prior_sd=prior_sd, max_steps=max_steps, tolerance=tolerance)
        slots = _Slots.of(begin.comparisons)
        sides = slots.one_sided(begin.comparisons)
        endless = np.flatnonzero(sides)
        if not len(endless):
            break
        at_limit += tuple(_at_limit(begin.comparisons, slots, slot, sides[slot]) for slot in endless.tolist())
        ordered = np.zeros(len(left), dtype=np.bool_) if left.first is None else left.first >= 0
        theirs = ordered & np.isin(left.clusters("judge"), slots.judges[endless])
        left = left.reweighted(np.where(theirs, 0.0, left.weights()))
    unrated = tuple(replace(who, reason=ONE_SLOT) if at_limit and not _met(left, who.name) else who for who in begin.unrated)
    n_left_out = float(comparisons.weights().sum() - left.weights().sum()) if at_limit else 0.0
    return replace(begin, at_limit=at_limit, unrated=unrated), n_left_out


def _met(comparisons: Comparisons, name: str) -> bool:
    code = comparisons.names.index(name)
    return bool(((comparisons.a == code) | (comparisons.b == code)).any())


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """Who judged and in which order.

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

    def one_sided(self, comparisons: Comparisons) -> Floats:
        """1 for a judge who chose slot 1 in every row of known order, -1 for slot 2, else 0: (J,)."""
        n = len(self.judges)
        if not n:
            return np.zeros(0)
        points = POINTS[comparisons.outcome]
        won = np.bincount(self.place, weights=comparisons.weights() * points, minlength=2 * n + 1)
        lost = np.bincount(self.place, weights=comparisons.weights() * (1 - points), minlength=2 * n + 1)
        always, never = lost[:n] + won[n : 2 * n] == 0, won[:n] + lost[n : 2 * n] == 0
        return np.where(always, 1.0, np.where(never, -1.0, 0.0))

    def names(self) -> tuple[str, ...]:
        return tuple(f"slot intercept of judge {judge}" if judge >= 0 else "slot intercept" for judge in self.judges)


def _at_limit(comparisons: Comparisons, slots: _Slots, slot: int, side: float) -> AtLimit:
    """The record of a judge who chose slot 1 (`side` 1) or slot 2 (-1) in all his rows."""
    n, m = len(slots.judges), len(comparisons.names)
    rows = np.flatnonzero((slots.place == slot) | (slots.place == n + slot))
    a, b = comparisons.a[rows].astype(np.int64), comparisons.b[rows].astype(np.int64)
    weight = comparisons.weights()[rows]
    pairs, number = np.unique(np.minimum(a, b) * m + np.maximum(a, b), return_inverse=True)
    lower_first = (a < b) == (slots.place[rows] == slot)
    orders = [np.bincount(number, weights=weight * chosen, minlength=len(pairs)) for chosen in (lower_first, ~lower_first)]
    reason = f"slot {1 if side > 0 else 2} was chosen in all {weight.sum():g} comparisons; they are left out"
    return AtLimit(slots.names()[slot], limit=side * np.inf, bound=side * slot_bound(*orders), reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Comparisons with what is the same at every step: the pair of each row in an (m, m) table, and its slot."""

    comparisons: Comparisons
    pair: Codes
    slots: _Slots
    covariates: Floats
    names: tuple[str, ...]

    @classmethod
    def of(cls, comparisons: Comparisons) -> "_Rows":
        slots = _Slots.of(comparisons)
        covariates = np.zeros((len(comparisons), 0)) if comparisons.covariates is None else comparisons.covariates
        pair = comparisons.a * np.int32(len(comparisons.names)) + comparisons.b
        names = comparisons.names + comparisons.covariate_names + slots.names()
        return cls(comparisons, pair, slots, covariates, names)

    @property
    def n_parameters(self) -> int:
        return len(self.names)

    def covariate_sizes(self) -> Floats:
        """Root mean squares, (k,); 1 for a column of zeros."""
        sizes = np.sqrt(np.einsum("rk,rk->k", self.covariates, self.covariates) / max(len(self.covariates), 1))
        return np.where(sizes > 0, sizes, 1.0)

    def log_odds(self, parameters: Floats, rows: slice | Ints) -> Floats:
        """Of a's win, (r,)."""
        m, k = len(self.comparisons.names), self.covariates.shape[1]
        gap = (parameters[:m, None] - parameters[:m]).ravel()
        found = gap[self.pair[rows]] + self.covariates[rows] @ parameters[m : m + k]
        if len(self.slots.judges):
            found += self.slots.at(parameters[m + k :])[self.slots.place[rows]]
        return np.asarray(found, dtype=np.float64)

    def parts(self) -> Iterator[slice]:
        """Slices of rows that stay in the processor's cache."""
        size = max(ROWS_A_PART, len(self.comparisons.names) ** 2)
        return (slice(start, start + size) for start in range(0, len(self.comparisons), size))

    def slope(self, parameters: Floats, ridge: float) -> tuple[float, Floats]:
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
        gradient[:m] -= ridge * parameters[:m]
        return value - ridge / 2 * float(np.sum(parameters[:m] ** 2)), gradient

    def hessian(self, parameters: Floats, ridge: float) -> Floats:
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

    def add(self, rows: _Rows, part: slice, information: Floats) -> None:
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

    def hessian(self, slots: _Slots, ridge: float) -> Floats:
        m, k, n = len(self.rating_place), len(self.covariate_covariate), len(slots.judges)
        found = np.zeros((m + k + n, m + k + n))
        pairs = self.pairs.reshape(m, m) + self.pairs.reshape(m, m).T
        found[:m, :m] = np.diag(pairs.sum(axis=1)) - pairs
        found[:m, m : m + k] = self.covariate_rating.T
        found[:m, m + k :] = slots.toward(self.rating_place)
        found[m : m + k, m : m + k] = self.covariate_covariate
        found[m : m + k, m + k :] = slots.toward(self.covariate_place)
        found[m + k :, m + k :] = np.diag(self.place[:n] + self.place[n : 2 * n])
        found = grounded(np.triu(found) + np.triu(found, 1).T, m)
        found[np.arange(m), np.arange(m)] += ridge
        return found


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

    def __init__(self, rows: _Rows, ridge: float, first: Floats) -> None:
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


def _highest(rows: _Rows, first: Floats, ridge: float, *, max_steps: int, tolerance: float) -> Peak:
    """The maximum, with the Hessian right there and the value without the prior."""
    likelihood = _Likelihood(rows, ridge, first)
    flat = flat_direction(likelihood.hessian)
    if flat is not None:
        raise SeparationError(
            f"no single maximum: the data do not tell apart what moves together in {named(flat, rows.names)}; leave one out"
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
            f"no finite maximum: the log-likelihood rises for ever along {named(endless, rows.names)}; "
            "leave out a covariate or competitor that explains every outcome it touches"
        ) from error
    found = peak.parameters / likelihood.units
    value = peak.bend.value + ridge / 2 * float(np.sum(found[: len(rows.comparisons.names)] ** 2))
    return Peak(found, Bend(value, peak.bend.gradient, information), peak.steps, peak.last_step)


def _endless(rows: _Rows, ridge: float) -> Floats | None:
    """A direction in which the likelihood rises for ever (with a prior: ratings fixed), (p,)."""
    c, m = rows.comparisons, len(rows.comparisons.names)
    kept = np.flatnonzero(c.weights() > 0)
    number = np.arange(len(kept))
    entries = (np.repeat([1.0, -1.0], len(kept)), (np.tile(number, 2), np.concatenate([c.a[kept], c.b[kept]])))
    sides = csr_array(entries, shape=(len(kept), m)) * float(ridge == 0)
    at = csr_array(rows.slots.toward(np.eye(2 * len(rows.slots.judges) + 1)))
    design = csr_array(hstack([sides, csr_array(rows.covariates[kept]), at[rows.slots.place[kept]]]))
    direction = separating_direction(design, POINTS[c.outcome[kept]])
    if direction is not None:
        direction[:m] -= direction[:m].mean()
    return direction


def _first(rows: _Rows, begin: Fit, start: Fit | None) -> Floats:
    """Where to climb from: the fit of similar data, or Bradley-Terry without context."""
    if start is None:
        return np.append(begin.ratings, np.zeros(rows.n_parameters - len(begin.names)))
    known = {parameter.name: parameter.estimate for parameter in start.parameters}
    further = [known.get(name, 0.0) for name in rows.names[len(begin.names) :]]
    return np.concatenate([aligned(start, begin.names), further])


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Rows to their scores at given parameters."""

    rows: _Rows
    parameters: Floats

    def __call__(self, rows: slice | Ints) -> Entries:
        points = POINTS[self.rows.comparisons.outcome[rows]]
        pull, _ = _pull(points, self.rows.log_odds(self.parameters, rows))
        slots = self.rows.slots
        k, n = self.rows.covariates.shape[1], len(slots.judges)
        # Column by column in memory, as the meat reads it.
        further = np.zeros((k + n, len(pull)))
        np.multiply(self.rows.covariates[rows].T, pull, out=further[:k])
        if n:
            place = slots.place[rows]
            known = np.flatnonzero(place < 2 * n)
            further[k + place[known] % n, known] = np.where(place[known] < n, pull[known], -pull[known])
        return Entries(pull, -pull, further.T)
