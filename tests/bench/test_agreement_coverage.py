"""Do intervals of agreement hold with few items, and near 1? Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths import agreement_interval, cohen_kappa, krippendorff_alpha
from ranking.maths.agreement.rater_tables import UndefinedAgreementError

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

N_RUNS = 500


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


@pytest.mark.parametrize("n", [20, 50, 100])
@pytest.mark.parametrize("true", [0.36, 0.90])
@pytest.mark.parametrize("statistic", [cohen_kappa, krippendorff_alpha])
def test_intervals_cover_the_true_agreement(statistic, true, n, show):
    """Two raters of two values, each as frequent: both chances of agreement are one half."""
    rng = np.random.default_rng(20_261_129)
    apart = (1 - true) / 4
    covered, widths, n_runs = 0, [], 0
    while n_runs < N_RUNS:
        pairs = rng.choice(4, size=n, p=[0.5 - apart, apart, apart, 0.5 - apart])
        try:
            found = agreement_interval(statistic, np.stack([pairs // 2, pairs % 2], axis=1), n_resamples=400, rng=rng)
        except UndefinedAgreementError:
            continue
        n_runs += 1
        covered += found.low <= true <= found.high
        widths.append(found.high - found.low)
    show(f"\n{statistic.__name__} {true}, {n} items: covers {covered / N_RUNS:.3f}, width {np.mean(widths):.3f}")
    assert 0.92 <= covered / N_RUNS <= 0.98
    assert min(widths) > 0


@pytest.mark.parametrize("same", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("n_prompts", "size"), [(20, 5), (50, 5), (50, 20)])
@pytest.mark.parametrize("true", [0.36, 0.90])
def test_intervals_cover_where_items_come_in_clusters(true, n_prompts, size, same, show):
    """Of a prompt's items a share `same` is one and the same pair of ratings."""
    rng = np.random.default_rng(20_261_130)
    apart = (1 - true) / 4
    cluster, covered, widths, n_runs = np.repeat(np.arange(n_prompts), size), 0, [], 0
    while n_runs < N_RUNS:
        drawn = rng.choice(4, size=(n_prompts, size), p=[0.5 - apart, apart, apart, 0.5 - apart])
        pairs = np.where(rng.random(drawn.shape) < same, drawn[:, :1], drawn).ravel()
        ratings = np.stack([pairs // 2, pairs % 2], axis=1)
        try:
            found = agreement_interval(cohen_kappa, ratings, cluster=cluster, n_resamples=200, rng=rng)
        except UndefinedAgreementError:
            continue
        n_runs += 1
        covered += found.low <= true <= found.high
        widths.append(found.high - found.low)
    show(
        f"\nkappa {true}, {n_prompts} x {size}, {same:.0%} the same: covers {covered / N_RUNS:.3f}, width {np.mean(widths):.3f}"
    )
    assert 0.92 <= covered / N_RUNS <= 0.98
