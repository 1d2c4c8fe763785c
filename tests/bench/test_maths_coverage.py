"""Do the intervals hold? Simulations with fixed seeds; each prints its table. Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from ranking.maths import Comparisons, fit_bradley_terry, intervals, rank_sets
from ranking.maths.data.arrays import Bools, Floats, Ints
from tests.ranking.maths.shared_files import llmfao

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def redrawn(design: Comparisons, ratings: Floats, *, tie_rate: float, rng: np.random.Generator) -> Comparisons:
    """The same pairs, with outcomes drawn so that a expects the score of the Bradley-Terry model.

    Ties take `tie_rate` of the outcomes where there is room: P(tie) = min(rate, 2 p, 2 (1 - p)).
    """
    p = expit(ratings[design.a] - ratings[design.b])
    tie = np.minimum(tie_rate, 2 * np.minimum(p, 1 - p))
    u = rng.random(len(design))
    outcome = np.where(u < tie, 2, np.where(u < tie + (p - tie / 2), 0, 1))
    return replace(design, outcome=outcome)


def all_right(low: Ints, high: Ints, ratings: Floats) -> bool:
    """Whether every rank set holds the true rank (1 = best)."""
    rank = 1 + (ratings[:, None] < ratings).sum(axis=1)
    return bool(((low <= rank) & (rank <= high)).all())


def test_rank_sets_are_jointly_right_on_llmfaos_design(show):
    design, rng = llmfao(), np.random.default_rng(20_250_101)
    truth = fit_bradley_terry(design).ratings
    tie_rate = float((design.outcome >= 2).mean())
    n_runs, right, widths = 500, {"default": 0, "iid": 0, "voter": 0}, {"default": [], "iid": [], "voter": []}
    for _ in range(n_runs):
        fit = fit_bradley_terry(redrawn(design, truth, tie_rate=tie_rate, rng=rng))
        assert len(fit.names) == 59
        for label, options in (("default", {}), ("iid", {"cluster": None}), ("voter", {"cluster": "voter"})):
            found = rank_sets(fit, rng=rng, **options)
            right[label] += all_right(found.low, found.high, truth)
            widths[label].append((found.high - found.low + 1).mean())
    show(f"\nllmfao's design, {n_runs} runs, tie rate {tie_rate:.3f}, no prompt effects: rank sets jointly right")
    for label in right:
        show(f"  {label:8s} {right[label] / n_runs:6.1%}   mean ranks in a set {np.mean(widths[label]):.1f} of 59")
    assert right["default"] / n_runs >= 0.94
    assert right["iid"] / n_runs >= 0.94


def prompt_effect_data(ratings: Floats, *, n_prompts: int, verdicts: int, sd: float, rng: np.random.Generator) -> Comparisons:
    """Every pair `verdicts` times on every prompt; a model's strength on a prompt is its rating plus Normal(0, sd)."""
    i, j = np.triu_indices(len(ratings), 1)
    strength = ratings + rng.normal(0, sd, (n_prompts, len(ratings)))
    wins = rng.binomial(verdicts, expit(strength[:, i] - strength[:, j])).ravel()
    return Comparisons(
        names=tuple(f"m{k}" for k in range(len(ratings))),
        a=np.tile(i, 2 * n_prompts),
        b=np.tile(j, 2 * n_prompts),
        outcome=np.repeat([0, 1], len(wins)),
        weight=np.concatenate([wins, verdicts - wins]).astype(float),
        prompt=np.tile(np.repeat(np.arange(n_prompts), len(i)), 2),
    )


def population_ratings(ratings: Floats, *, sd: float) -> Floats:
    """Bradley-Terry ratings of the infinite prompt population: fitted on win chances averaged over the effects.

    The difference of two effects is Normal(0, 2 sd^2); the average is by Gauss-Hermite quadrature.
    """
    nodes, weights = hermegauss(80)
    gap = ratings[:, None] - ratings
    chance = expit(gap[:, :, None] + np.sqrt(2) * sd * nodes) @ (weights / weights.sum())
    a, b = np.nonzero(~np.eye(len(ratings), dtype=bool))
    names = tuple(f"m{k}" for k in range(len(ratings)))
    return fit_bradley_terry(Comparisons(names=names, a=a, b=b, outcome=0 * a, weight=chance[a, b])).ratings


def covered(found_low: Floats, found_high: Floats, target: Floats) -> Bools:
    return (found_low <= target) & (target <= found_high)


def test_prompt_clustered_intervals_cover_the_prompt_population(show):
    ratings, rng, n_runs = np.linspace(0.5, -0.5, 8), np.random.default_rng(20_250_102), 1_000
    target = population_ratings(ratings, sd=1.0)
    hits: dict[str, list[Bools]] = {"prompt": [], "iid": []}
    se: dict[str, list[Floats]] = {"prompt": [], "iid": []}
    right = 0
    for _ in range(n_runs):
        fit = fit_bradley_terry(prompt_effect_data(ratings, n_prompts=200, verdicts=3, sd=1.0, rng=rng))
        for label, found in (("prompt", intervals(fit)), ("iid", intervals(fit, cluster=None))):
            hits[label].append(covered(found.low, found.high, target))
            se[label].append(found.se)
        ranks = rank_sets(fit, rng=rng, n_resamples=2_000)
        right += all_right(ranks.low, ranks.high, target)
    show(f"\n8 models, 200 prompts, 3 verdicts a pair, prompt effects of sd 1.0, {n_runs} runs")
    show(f"  target +-{target[0]:.4f} at the ends, where the simulated thetas are +-{ratings[0]}")
    for label, name in (("prompt", "by prompt"), ("iid", "iid")):
        each = np.mean(hits[label], axis=0)
        points = np.mean(se[label]) * 400 / np.log(10)
        show(f"  {name:10s} covers {each.mean():6.1%} ({each.min():.1%} to {each.max():.1%} a model), se {points:.1f} points")
    show(f"  rank sets by prompt jointly right {right / n_runs:6.1%}")
    by_prompt = np.mean(hits["prompt"], axis=0)
    assert 0.93 <= by_prompt.mean() <= 0.97
    assert (by_prompt >= 0.93).all()
    assert (by_prompt <= 0.97).all()
    assert np.mean(hits["iid"]) < 0.75
    assert right / n_runs >= 0.94


@pytest.mark.parametrize(
    ("m", "n_prompts", "sd", "n_runs"), [(10, 13, 0.0, 500), (10, 13, 1.0, 500), (20, 30, 1.0, 500), (40, 60, 1.0, 300)]
)
def test_rank_sets_hold_where_prompts_are_scarce(m, n_prompts, sd, n_runs, show):
    """All ratings equal, so that any separation is an error: matching tails of t keeps these rare."""
    rng, ratings = np.random.default_rng(20_250_103), np.zeros(m)
    right = 0
    for _ in range(n_runs):
        fit = fit_bradley_terry(prompt_effect_data(ratings, n_prompts=n_prompts, verdicts=3, sd=sd, rng=rng))
        found = rank_sets(fit, rng=rng, n_resamples=2_000)
        right += bool((found.low == 1).all() and (found.high == m).all())
    show(f"\n{m} equal models, {n_prompts} prompts, effects sd {sd}: {found.kind}, no false separation in {right / n_runs:.1%}")
    assert right / n_runs >= 0.94
