"""Do statements hold where prompts are uneven, or few stand behind one competitor? Run: ``pytest -m bench``.

All models are equal, so every interval that misses 0 and every pair that is told apart is an error, of which 5 % are allowed
by name. A prompt favours each model by Normal(0, sd). AGON_BENCH_RUNS sets the number of runs (1,000).
"""

import os
import sys
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths import Comparisons, differences, fit_bradley_terry, intervals, rank_sets
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.estimation.covariance import difference_variance

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

N_RUNS = int(os.environ.get("AGON_BENCH_RUNS", "1000"))


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def played(prompt: Ints, a: Ints, b: Ints, m: int, sd: float, rng: np.random.Generator) -> Comparisons:
    """Outcomes of equal models whose strength on a prompt is Normal(0, sd)."""
    strength = rng.normal(0, sd, (int(prompt.max()) + 1, m))
    gap = strength[prompt, a] - strength[prompt, b]
    lost = rng.random(len(a)) > 1 / (1 + np.exp(-gap))
    return Comparisons(names=tuple(f"m{i}" for i in range(m)), a=a, b=b, outcome=lost.astype(int), prompt=prompt)


def pairs(n: int, m: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    a = rng.integers(m, size=n)
    return a, (a + rng.integers(1, m, size=n)) % m


def uneven(sizes: Ints, sd: float, rng: np.random.Generator, m: int = 4) -> Comparisons:
    prompt = np.repeat(np.arange(len(sizes)), sizes)
    return played(prompt, *pairs(len(prompt), m, rng), m, sd, rng)


def with_newcomer(k: int, sd: float, rng: np.random.Generator) -> Comparisons:
    """8 models on 60 prompts of 20 votes, and a ninth with 80 votes on k of them."""
    a, b = pairs(1200, 8, rng)
    a, b = np.append(a, np.full(80, 8)), np.append(b, rng.integers(8, size=80))
    prompt = np.append(np.repeat(np.arange(60), 20), np.arange(80) % k)
    return played(prompt, a, b, 9, sd, rng)


def errors(draw: Callable[[np.random.Generator], Comparisons], who: slice = slice(None)) -> tuple[float, float, float]:
    """Shares of wrong intervals and differences (of the models in `who` with all others), and of runs with a wrong place."""
    rng = np.random.default_rng(20_261_130)
    single, double, places = [], [], []
    for _ in range(N_RUNS):
        fit = fit_bradley_terry(draw(rng))
        found, apart = intervals(fit), differences(fit)
        m = len(fit.names)
        # Ratings are compared with the mean of those who stand on enough; all true ones are equal.
        level = fit.ratings @ fit.leave_out("prompt").centre
        single.append(((found.low - level > 0) | (found.high - level < 0))[who].mean())
        off = ~np.eye(m, dtype=np.bool_)
        wrong = ((apart.low > 0) | (apart.high < 0)) & off
        double.append(wrong[who].sum() / off[who].sum())
        ranks = rank_sets(fit, n_resamples=1_000, rng=rng)
        places.append(bool((ranks.low > 1).any() or (ranks.high < m).any()))
    return float(np.mean(single)), float(np.mean(double)), float(np.mean(places))


def zipf(n_prompts: int) -> Ints:
    return np.maximum(1200 / np.arange(1, n_prompts + 1), 1).astype(np.int64)


UNEVEN = {
    "Zipf, 60": zipf(60),
    "Zipf, 200": zipf(200),
    "2 x 400 + 38 x 10": np.repeat([400, 10], [2, 38]),
    "1 x 800 + 39 x 10": np.repeat([800, 10], [1, 39]),
    "60 x 20": np.full(60, 20),
}


@pytest.mark.parametrize("sd", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("design", UNEVEN)
def test_errors_are_as_rare_as_they_are_said_to_be(design, sd, show):
    found = errors(lambda rng: uneven(UNEVEN[design], sd, rng))
    show(f"\n{design:20s} sd {sd}: wrong intervals {found[0]:.3f}, differences {found[1]:.3f}, any rank {found[2]:.3f}")
    assert max(found) <= 0.07


@pytest.mark.parametrize("sd", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("k", [2, 3, 5, 8, 15])
def test_nothing_wrong_is_said_of_a_newcomer_on_few_prompts(k, sd, show):
    found = errors(lambda rng: with_newcomer(k, sd, rng), slice(8, 9))
    show(f"\nnewcomer on {k}, sd {sd}: wrong intervals {found[0]:.3f}, differences {found[1]:.3f}, any rank {found[2]:.3f}")
    assert max(found) <= 0.07


def widths(c: Comparisons) -> tuple[Floats, Floats]:
    """Of differences: by this rule, and by the sandwich with t(G - 1) of the whole board."""
    from scipy.stats import t

    fit = fit_bradley_terry(c)
    found, m = differences(fit), len(fit.names)
    off = np.triu_indices(m, 1)
    n_clusters = len(np.unique(c.prompt))
    before = 2 * t.ppf(0.975, n_clusters - 1) * np.sqrt(difference_variance(fit.covariance("prompt")))
    return (found.high - found.low)[off], before[off]


@pytest.mark.parametrize(
    ("n_prompts", "votes", "m", "most"), [(60, 20, 4, 0.01), (60, 6, 8, 0.04), (200, 2, 6, 0.04), (35, 20, 8, 0.04)]
)
def test_equal_prompts_keep_their_widths(n_prompts, votes, m, most, show):
    rng, ratios = np.random.default_rng(20_261_131), []
    for _ in range(min(N_RUNS, 100)):
        now, before = widths(uneven(np.full(n_prompts, votes), 0.5, rng, m))
        # Where a pair stands on fewer than 30 the floor of independent votes is another matter.
        ratios.append(now.mean() / before.mean())
    show(f"\n{n_prompts} x {votes}, {m} models: {np.mean(ratios):.4f} times as wide")
    assert abs(np.mean(ratios) - 1) <= most


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_rest_of_the_board_keeps_its_widths_when_a_newcomer_joins(k, show):
    rng, ratios = np.random.default_rng(20_261_132), []
    for _ in range(min(N_RUNS, 200)):
        c = with_newcomer(k, 0.7, rng)
        joined, alone = intervals(fit_bradley_terry(c)), intervals(fit_bradley_terry(c.among(np.arange(9) < 8)))
        ratios.append(((joined.high - joined.low)[:8] / (alone.high - alone.low)).mean())
    show(f"\na newcomer on {k} prompts: the others' intervals are {np.mean(ratios):.4f} times as wide")
    assert abs(np.mean(ratios) - 1) <= 0.03
