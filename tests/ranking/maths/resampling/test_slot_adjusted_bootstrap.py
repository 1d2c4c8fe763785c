"""Refits beside each other find what `fit_contextual` finds alone, and leave out what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest

from ranking.maths import Comparisons, fit_contextual, levelled_draws
from ranking.maths.estimation.failures import NotConvergedError, SeparationError
from ranking.maths.resampling.slot_adjusted_bootstrap import levelled_refits


def rows(*, n=600, m=6, seed=1, slot=0.6, spread=1.0, known=0.8):
    """Random rows with prompts, ties, and an order that is known for a share of them."""
    rng = np.random.default_rng(seed)
    a = rng.integers(m, size=n)
    b = (a + 1 + rng.integers(m - 1, size=n)) % m
    first = np.where(rng.random(n) < known, rng.integers(2, size=n), -1).astype(np.int8)
    log_odds = spread * (b - a) / m + slot * np.array([1, -1, 0])[first]
    outcome = np.where(rng.random(n) < 0.15, 2, rng.random(n) > 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    names = tuple(f"m{i}" for i in range(m))
    prompt = rng.integers(40, size=n).astype(np.int32)
    return Comparisons(names=names, a=a.astype(np.int32), b=b.astype(np.int32), outcome=outcome, first=first, prompt=prompt)


def alone(comparisons, weights, whole):
    try:
        found = fit_contextual(comparisons.reweighted(weights), start=whole)
    except (SeparationError, NotConvergedError):
        return np.full(len(whole.names), np.nan)
    rated = dict(zip(found.names, found.ratings, strict=True))
    return np.array([rated.get(name, np.nan) for name in whole.names])


@pytest.mark.parametrize("known", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("n", "seed"), [(600, 1), (600, 2), (40, 3), (25, 4), (25, 5)])
def test_ratings_are_those_of_one_fit_at_a_time(n, seed, known):
    """Few rows leave out competitors, tear groups apart and let a slot win always: both ways say so alike."""
    comparisons = rows(n=n, seed=seed, known=known)
    whole = fit_contextual(comparisons)
    weights = np.random.default_rng(seed).poisson(1.0, size=(60, len(whole.comparisons))).astype(float)
    found = levelled_refits(whole.comparisons, weights, whole)
    expected = np.array([alone(whole.comparisons, each, whole) for each in weights])
    assert (np.isnan(found) == np.isnan(expected)).all()
    assert found == pytest.approx(expected, abs=1e-7, nan_ok=True)


def test_draws_are_as_wide_as_prompts_make_them():
    whole = fit_contextual(rows(n=3_000))
    drawn = levelled_draws(whole, n_resamples=2_000, rng=np.random.default_rng(1))
    assert drawn.shape == (2_000, 6)
    assert drawn.mean(axis=0) == pytest.approx(whole.ratings, abs=0.02)
    assert drawn.sum(axis=1) == pytest.approx(np.zeros(2_000), abs=1e-9)
    assert (drawn == levelled_draws(whole, n_resamples=2_000, rng=np.random.default_rng(1))).all()


def test_a_weighting_that_separates_all_rates_nobody():
    whole = fit_contextual(rows(n=60, m=3))
    first_wins = np.where(whole.comparisons.outcome == 0, 1.0, 0.0) * (whole.comparisons.a == 0)
    found = levelled_refits(whole.comparisons, np.array([first_wins]), whole)
    assert np.isnan(found).all()


def test_more_competitors_than_are_refitted_together_are_refitted_one_by_one():
    whole = fit_contextual(rows(n=3_000, m=26))
    weights = np.random.default_rng(1).poisson(1.0, size=(2, len(whole.comparisons))).astype(float)
    found = levelled_refits(whole.comparisons, weights, whole)
    assert found == pytest.approx(np.array([alone(whole.comparisons, each, whole) for each in weights]), abs=1e-7)


def test_a_weighting_that_tears_all_apart_is_fitted_alone():
    c = Comparisons(
        names=tuple("abcd"), a=[0, 0, 2, 2, 0, 0], b=[1, 1, 3, 3, 2, 2], outcome=[0, 1, 0, 1, 0, 1], first=[0, 1, 0, 1, 0, 1]
    )
    whole = fit_contextual(c)
    apart = np.array([[1.0, 1.0, 1.0, 1.0, 0.0, 0.0]])
    found = levelled_refits(c, apart, whole)
    assert found == pytest.approx(np.array([alone(c, each, whole) for each in apart]), abs=1e-7, nan_ok=True)


@pytest.mark.filterwarnings("ignore:overflow")
def test_what_does_not_converge_rates_nobody():
    whole = fit_contextual(rows(n=60, m=3))
    far = replace(whole, ratings=whole.ratings * 1e6)
    assert np.isnan(levelled_refits(whole.comparisons, np.ones((1, len(whole.comparisons))), far)).all()
