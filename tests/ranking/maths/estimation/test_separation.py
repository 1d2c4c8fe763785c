"""Separation: linear programs against the definition, and what is said of a direction."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from ranking.maths.estimation import separation
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.separation import flat_direction, named, refuse_flat, separating_direction


def separates(design, results, direction) -> bool:
    change = design @ direction
    return bool(
        (change[results == 1] >= -1e-7).all()
        and (change[results == 0] <= 1e-7).all()
        and np.abs(change[results == 0.5]).max(initial=0) <= 1e-7
        and np.abs(change).max() > 1e-7
    )


def test_what_is_found_separates_and_where_nothing_is_found_the_fit_ends():
    rng, n_found = np.random.default_rng(1), 0
    for _ in range(60):
        design = rng.integers(-2, 3, size=(5, 3)).astype(float)
        results = rng.choice([0.0, 1.0, 1.0, 0.5], size=5)
        direction = separating_direction(csr_array(design), results)
        grid = np.array(np.meshgrid(*[np.arange(-4, 5)] * 3)).reshape(3, -1).T
        by_search = [d for d in grid if d.any() and separates(design, results, d)]
        if direction is not None:
            n_found += 1
            assert separates(design / np.abs(design).max(axis=0), results, direction)
        else:
            assert not by_search
    assert 5 < n_found < 55


def test_rows_that_the_first_program_left_out_are_taken_in(monkeypatch):
    monkeypatch.setattr(separation, "ROWS_A_ROUND", 3)
    rng = np.random.default_rng(2)
    design, hidden = rng.normal(size=(60, 4)), np.array([1.0, -2.0, 0.5, 1.0])
    results = (design @ hidden > 0).astype(float)
    scaled = design / np.abs(design).max(axis=0)
    assert separates(scaled, results, separating_direction(csr_array(design), results))
    results[7] = 1 - results[7]
    # One row on the wrong side, unless a direction goes round it.
    found = separating_direction(csr_array(design), results)
    assert found is None or separates(scaled, results, found)


def test_one_parameter_alone_is_named_alone():
    design = np.array([[1.0, 1.0], [-1.0, 2.0], [1.0, -3.0], [-1.0, -1.0]])
    assert separating_direction(csr_array(design), np.array([1.0, 1.0, 0.0, 0.0])).tolist() == [0, 1]
    assert separating_direction(csr_array(design), np.array([0.0, 0.0, 1.0, 1.0])).tolist() == [0, -1]
    tied = separating_direction(csr_array(design), np.array([1.0, 0.5, 0.0, 0.5]))
    assert tied is None or abs(design[1] @ (tied / [1, 3])) < 1e-9


def test_ties_alone_separate_nothing():
    assert separating_direction(csr_array(np.ones((2, 1))), np.array([0.5, 0.5])) is None


def test_a_climb_that_ends_on_flat_ground_has_not_ended():
    with pytest.raises(NotConvergedError, match="flat where the climb ended"):
        refuse_flat(np.array([[1.0, 1.0], [1.0, 1.0 - 1e-14]]))


def test_a_flat_direction_is_found_whatever_the_units():
    z = np.array([[1.0, 1e6], [2.0, 2e6]])
    assert np.abs(z @ flat_direction(z.T @ z)).max() < 1e-6
    assert flat_direction(np.diag([1.0, 1e12])) is None


def test_many_parameters_are_named_in_part():
    assert (
        named(np.array([1.0, -0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), "abcdefg")
        == "a (up), b (down), c (up), d (up), e (up) and 2 more"
    )
