"""Do judge-aware intervals hold, and are inverted voters found? It prints its table. Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths import fit_bradley_terry, intervals
from ranking.maths.models.discriminations import discriminations
from ranking.maths.models.judge_aware import estimate_tau, fit_judge_aware
from tests.ranking.maths.models.test_judge_aware import voted

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

CLUSTERS = (None, "prompt", "voter")


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


@pytest.mark.parametrize(("votes", "n_voters", "n_runs"), [(100, 50, 1_000), (20, 200, 300)])
def test_judge_aware_intervals_cover_the_ratings_of_the_average_voter(votes, n_voters, n_runs, show):
    """Target: theta on the scale on which the alphas of these voters have mean 1; alphas are drawn anew in every run."""
    ratings, rng, tau = np.linspace(1, -1, 8), np.random.default_rng(20_250_104), 0.5
    hits = {label: [] for label in (*CLUSTERS, "alpha", "plain")}
    stretch = {"judge-aware": [], "plain": []}
    for _ in range(n_runs):
        slopes = rng.normal(1, tau, n_voters)
        slopes /= slopes.mean()
        c = voted(ratings, slopes, votes=votes, rng=rng)
        fit, plain = fit_judge_aware(c, tau=tau), fit_bradley_terry(c)
        for cluster in CLUSTERS:
            found = intervals(fit, cluster=cluster)
            hits[cluster].append((found.low <= ratings) & (ratings <= found.high))
        own = discriminations(fit)
        hits["alpha"].append(np.mean((own.low <= slopes) & (slopes <= own.high)))
        found = intervals(plain, cluster="voter")
        hits["plain"].append((found.low <= ratings) & (ratings <= found.high))
        for label, each in (("judge-aware", fit), ("plain", plain)):
            stretch[label].append(np.ptp(each.ratings) / np.ptp(ratings))
    show(f"\n8 models, {n_voters} voters of {votes} votes, alpha ~ Normal(1, {tau}), {n_runs} runs: coverage at 95 %")
    for label, name in ((None, "iid"), ("prompt", "by prompt"), ("voter", "by voter")):
        each = np.mean(hits[label], axis=0)
        show(f"  judge-aware {name:10s} {each.mean():6.1%} ({each.min():.1%} to {each.max():.1%} a model)")
    show(f"  discriminations        {np.mean(hits['alpha']):6.1%}")
    show(f"  plain Bradley-Terry by voter {np.mean(hits['plain']):6.1%}")
    show("  range of ratings / truth: " + ", ".join(f"{label} {np.mean(found):.3f}" for label, found in stretch.items()))
    for cluster in CLUSTERS:
        assert 0.93 <= np.mean(hits[cluster]) <= 0.97
    assert 0.93 <= np.mean(hits["alpha"]) <= 0.97
    assert np.mean(stretch["judge-aware"]) == pytest.approx(1, abs=0.01)
    assert np.mean(stretch["plain"]) < 0.95


def test_inverted_voters_are_found_and_others_left_in_peace(show):
    ratings, rng, n_runs = np.linspace(1, -1, 8), np.random.default_rng(20_250_105), 200
    slopes = np.array([-1.0] * 3 + [1.0] * 27)
    found, spreads = [], []
    for _ in range(n_runs):
        c = voted(ratings, slopes, votes=100, rng=rng)
        spreads.append(estimate_tau(c))
        found.append(discriminations(fit_judge_aware(c, tau=spreads[-1])).inverted)
    rate = np.mean(found, axis=0)
    show(
        f"\n3 of 30 voters inverted, 100 votes each, {n_runs} runs: found {rate[:3].mean():.1%}, wrongly {rate[3:].mean():.2%}"
    )
    show(f"  estimated tau {np.mean(spreads):.2f} ({np.std(slopes) / slopes.mean():.2f} on the scale of their mean)")
    assert rate[:3].mean() > 0.95
    assert rate[3:].mean() < 0.01
