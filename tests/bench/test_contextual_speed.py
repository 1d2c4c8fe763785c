"""How long the contextual model takes: 1 M votes, 100 models, 8 covariates, one thread. Run: ``pytest -m bench``."""

import sys
import time

import numpy as np
import pytest
from scipy.special import expit

from ranking.maths import Comparisons
from ranking.maths.models.contextual import fit_contextual

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


def votes(*, n: int, m: int, k: int, n_judges: int) -> Comparisons:
    rng = np.random.default_rng(5)
    ratings, effects = rng.normal(0, 0.7, m), rng.normal(0, 0.2, k)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    covariates, first = rng.normal(size=(n, k)), rng.integers(2, size=n)
    slot = 0.2 * (n_judges > 0) * (1 - 2 * first)
    wins = rng.random(n) < expit(ratings[a] - ratings[b] + covariates @ effects + slot)
    return Comparisons(
        names=tuple(f"m{i}" for i in range(m)),
        a=a,
        b=b,
        outcome=np.where(rng.random(n) < 0.2, 2, np.where(wins, 0, 1)),
        prompt=rng.integers(10_000, size=n),
        covariates=covariates,
        covariate_names=tuple(f"x{i}" for i in range(k)),
        first=first if n_judges else None,
        judge=rng.integers(n_judges, size=n) if n_judges else None,
    )


@pytest.mark.parametrize(("n_judges", "bound"), [(0, 1.2), (20, 2.4)])
def test_fit_with_the_sandwich_by_prompt(n_judges, bound, capsys):
    comparisons, seconds = votes(n=1_000_000, m=100, k=8, n_judges=n_judges), []
    for _ in range(5):
        start = time.perf_counter()
        fit_contextual(comparisons).covariance("prompt")
        seconds.append(time.perf_counter() - start)
    with capsys.disabled():
        sys.stdout.write(
            f"\n  contextual, 8 covariates, {n_judges} judges, sandwich by prompt {min(seconds):5.2f} s (bound {bound:g})"
        )
    assert min(seconds) < bound
