"""Scales: ratings do not depend on the unit of the weights, and numbers too large or too small for arithmetic never meet it."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from math import frexp
from typing import Any

import numpy as np

from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.fit import Fit
from ranking.maths.notes import noted

LEAST, MOST = 2.0**-20, 2.0**40
"""Largest weights between these are taken as they are."""

FARTHEST = 2.0**330
"""Beyond this, either way, products of weights would leave the range of numbers: weights only count beside each other."""


def in_any_unit(fitting: Callable[..., Fit]) -> Callable[..., Fit]:
    """A fit that works with weights near 1, and states its result in the unit of those that were given.

    The unit is a power of two, so that no digit is lost. A prior keeps its strength.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x", "x"], ["y", "y"], ["a", "b"], weight=[3e-300, 1e-300])
    >>> fit_bradley_terry(c).ratings.round(4).tolist()
    [0.5493, -0.5493]
    """

    @wraps(fitting)
    def fitted(comparisons: Comparisons, **options: Any) -> Fit:
        scaled, unit = near_one(comparisons)
        if unit == 1:
            return fitting(comparisons, **options)
        prior_sd = options.get("prior_sd")
        if prior_sd is not None:
            options["prior_sd"] = prior_sd * np.sqrt(unit)
        return _in_unit(fitting(scaled, **options), unit, prior_sd)

    return fitted


def near_one(comparisons: Comparisons) -> tuple[Comparisons, float]:
    """The same with weights in another unit, so that the largest is near 1, and that unit; as they are if they are usual.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"], ["y"], ["a"], weight=[2.0**-500])
    >>> scaled, unit = near_one(c)
    >>> scaled.weights().tolist(), unit == 2.0**-499
    ([0.5], True)
    """
    largest = 1.0 if comparisons.weight is None else float(comparisons.weight.max(initial=0.0))
    if largest == 0 or LEAST <= largest <= MOST:
        return comparisons, 1.0
    power = frexp(largest)[1]
    return replace(comparisons, weight=np.ldexp(comparisons.weights(), -power)), float(np.ldexp(1.0, power))


def _in_unit(fit: Fit, unit: float, prior_sd: float | None) -> Fit:
    parameters = dict(fit.provenance.parameters) | ({} if prior_sd is None else {"prior_sd": prior_sd})
    provenance = replace(fit.provenance, parameters=parameters)
    if not 1 / FARTHEST <= unit <= FARTHEST:
        note = noted("beyond_arithmetic", unit=unit)
        return replace(fit, provenance=provenance, notes=(*fit.notes, note))
    diagnostics = fit.diagnostics
    return replace(
        fit,
        provenance=provenance,
        comparisons=replace(fit.comparisons, weight=fit.comparisons.weights() * unit),
        likelihood=fit.likelihood.in_unit(unit),
        diagnostics=replace(
            diagnostics,
            n_comparisons=diagnostics.n_comparisons * unit,
            n_left_out=diagnostics.n_left_out * unit,
            log_likelihood=diagnostics.log_likelihood * unit,
        ),
    )
