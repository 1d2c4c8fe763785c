"""Do the intervals of each likelihood model hold? 1,000 runs each, fixed seeds. Run: ``pytest -m bench``; it prints its table.

The target is what the model would estimate from the whole population of prompts and voters: with effects of these it is not
the parameter that the simulation started from. It is fitted on the exact chances, averaged over the effects by quadrature.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from ranking.maths import Comparisons, Fit, fit_bradley_terry, intervals, parameter_intervals
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.comparisons import Cluster
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.davidson import fit_davidson
from ranking.maths.models.rao_kupper import fit_rao_kupper

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

N_RUNS = 1_000
STRENGTHS = np.linspace(0.6, -0.6, 6)
STYLE, SLOT, WIDTH = 0.4, 0.3, 0.5

type Chances = Callable[[Floats], Floats]
"""Log-odds of a over b to the chances of the four outcomes: (..., 4)."""


@dataclass(frozen=True)
class Model:
    fit: Callable[[Comparisons], Fit]
    chances: Chances
    style: float = 0.0
    slot: float = 0.0


@dataclass(frozen=True)
class Setting:
    """Standard deviations of the effects of prompts and voters on each competitor, and what is drawn independently."""

    cluster: Cluster | None
    prompt_sd: float
    voter_sd: float
    n: int


def logistic(gap: Floats) -> Floats:
    return np.stack([expit(gap), expit(-gap), 0 * gap, 0 * gap], axis=-1)


def davidson(gap: Floats) -> Floats:
    weights = np.stack([np.exp(gap / 2), np.exp(-gap / 2), 0 * gap + WIDTH, 0 * gap], axis=-1)
    return weights / weights.sum(axis=-1, keepdims=True)


def rao_kupper(gap: Floats) -> Floats:
    a, b = expit(gap - WIDTH), expit(-gap - WIDTH)
    return np.stack([a, b, 1 - a - b, 0 * gap], axis=-1)


MODELS = {
    "bradley_terry": Model(fit_bradley_terry, logistic),
    "davidson": Model(fit_davidson, davidson),
    "rao_kupper": Model(fit_rao_kupper, rao_kupper),
    "contextual": Model(fit_contextual, logistic, style=STYLE, slot=SLOT),
}

SETTINGS = {
    "iid": Setting(None, 0.0, 0.0, 1_500),
    "by prompt": Setting("prompt", 1.0, 0.0, 4_000),
    "two-way": Setting(("prompt", "voter"), 0.7, 0.7, 4_000),
}

N_PROMPTS, N_VOTERS = 150, 150


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def simulated(model: Model, setting: Setting, rng: np.random.Generator) -> Comparisons:
    m, n = len(STRENGTHS), setting.n
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    prompt, voter = rng.integers(N_PROMPTS, size=n), rng.integers(N_VOTERS, size=n)
    of_prompt = rng.normal(0, setting.prompt_sd, (N_PROMPTS, m))
    of_voter = rng.normal(0, setting.voter_sd, (N_VOTERS, m))
    strength = STRENGTHS + of_prompt[prompt] + of_voter[voter]
    style, first = rng.choice([-1.0, 1.0], size=n), rng.integers(2, size=n)
    rows = np.arange(n)
    gap = strength[rows, a] - strength[rows, b] + model.style * style + model.slot * (1 - 2 * first)
    outcome = (rng.random((n, 1)) > model.chances(gap).cumsum(axis=1)[:, :3]).sum(axis=1)
    return comparisons(a, b, outcome, style, first, prompt=prompt, voter=voter)


def comparisons(a: Ints, b: Ints, outcome: Ints, style: Floats, first: Ints, **columns: Floats | Ints) -> Comparisons:
    names = tuple(f"m{i}" for i in range(len(STRENGTHS)))
    return Comparisons(
        names=names, a=a, b=b, outcome=outcome, first=first, covariates=style[:, None], covariate_names=("style",), **columns
    )


def population(model: Model, setting: Setting) -> Comparisons:
    """Every pair, style, order and outcome, weighted by its chance averaged over effects: Normal(0, 2 (sd_p^2 + sd_v^2))."""
    nodes, weights = hermegauss(80)
    sd = np.sqrt(2 * (setting.prompt_sd**2 + setting.voter_sd**2))
    a, b, style, first = (x.ravel() for x in np.meshgrid(range(6), range(6), [-1.0, 1.0], [0, 1], indexing="ij"))
    a, b, style, first = (x[a != b] for x in (a, b, style, first))
    gap = STRENGTHS[a] - STRENGTHS[b] + model.style * style + model.slot * (1 - 2 * first)
    chance = np.einsum("rqo,q->ro", model.chances(gap[:, None] + sd * nodes), weights / weights.sum())
    rows, outcome = (x.ravel() for x in np.indices(chance.shape))
    return comparisons(a[rows], b[rows], outcome, style[rows], first[rows], weight=100 * chance.ravel())


def estimates(fit: Fit) -> Floats:
    return np.append(fit.ratings, [parameter.estimate for parameter in fit.parameters])


def distance(fit: Fit, target: Floats, cluster: Cluster | None) -> Floats:
    """Of each rating and parameter from its target, in half-widths of its 95 % interval."""
    found, further = intervals(fit, cluster=cluster), parameter_intervals(fit, cluster=cluster)
    widths = np.append(found.high - found.low, further.high - further.low)
    return np.asarray(np.abs(estimates(fit) - target) / (widths / 2))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("model", MODELS)
def test_intervals_cover_the_population(model, setting, show):
    which, where = MODELS[model], SETTINGS[setting]
    target_fit, rng = which.fit(population(which, where)), np.random.default_rng(20_250_104)
    target = estimates(target_fit)
    names = (*target_fit.names, *(parameter.name for parameter in target_fit.parameters))
    away, away_iid = [], []
    for _ in range(N_RUNS):
        fit = which.fit(simulated(which, where, rng))
        away.append(distance(fit, target, where.cluster))
        away_iid.append(distance(fit, target, None))
    each, iid = np.mean(np.array(away) <= 1, axis=0), np.mean(np.array(away_iid) <= 1, axis=0)
    further = ", ".join(f"{name} {share:.1%}" for name, share in list(zip(names, each, strict=True))[6:])
    show(f"  {model:14s} {setting:10s} ratings {each[:6].mean():6.1%} ({each[:6].min():.1%} to {each[:6].max():.1%}; "
         f"taken as iid {iid[:6].mean():.1%}) {further}")  # fmt: skip
    assert 0.93 <= each[:6].mean() <= 0.97
    assert ((each >= 0.93) & (each <= 0.97)).all()
