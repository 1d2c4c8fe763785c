"""Do the intervals of ratings by category hold on average, and how long does it take? Run: ``pytest -m bench``."""

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths.models.hierarchical import fit_hierarchical
from tests.ranking.maths.models.test_hierarchical import asked, drawn

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


@pytest.mark.parametrize(
    ("tau", "sizes", "copies"),
    [
        (0.3, [100, 200, 400, 800] * 2, 1),
        (0.3, [100, 200, 400, 800] * 2, 3),
        (0.6, [30, 60, 100, 200] * 3, 1),
        (0.1, [300] * 12, 1),
    ],
)
def test_posterior_intervals_cover_on_average_over_categories(tau, sizes, copies, show):
    """8 models; differences between categories are drawn anew in every run, as the model has it."""
    rng, n_runs = np.random.default_rng(20_250_107), 1_000
    hits, found_taus, errors = [], [], {"hierarchical": [], "whole": []}
    for _ in range(n_runs):
        truth = drawn(8, len(sizes), tau, rng)
        c, category = asked(truth, sizes, rng=rng, copies=copies)
        found = fit_hierarchical(c, category=category)
        hits.append((found.low <= truth) & (truth <= found.high))
        found_taus.append(found.tau)
        errors["hierarchical"].append(np.mean((found.ratings - truth) ** 2))
        errors["whole"].append(np.mean((found.whole - truth) ** 2))
    by_category = np.mean(hits, axis=(0, 2))
    show(f"\ntau {tau}, categories of {min(sizes)} to {max(sizes)} prompts, each said {copies} times, {n_runs} runs")
    show(f"  covers {np.mean(hits):.1%} ({by_category.min():.1%} to {by_category.max():.1%} a category)")
    show(f"  tau found {np.mean(found_taus):.3f} (0 in {np.mean(np.array(found_taus) == 0):.1%})")
    show("  root mean square error: " + ", ".join(f"{label} {np.sqrt(np.mean(e)):.3f}" for label, e in errors.items()))
    assert 0.92 <= np.mean(hits) <= 0.98
    assert np.mean(errors["hierarchical"]) < np.mean(errors["whole"])


def test_a_board_by_category_of_a_million_votes_takes_seconds(show):
    rng = np.random.default_rng(20_250_108)
    c, category = asked(drawn(100, 12, 0.2, rng), [83_334] * 12, rng=rng)
    began = time.perf_counter()
    found = fit_hierarchical(c, category=category)
    seconds = time.perf_counter() - began
    show(f"\n100 models, 12 categories, 1 M votes: {seconds:.1f} s, tau {found.tau:.3f}")
    assert found.tau == pytest.approx(0.2, abs=0.02)
    assert seconds < 10
