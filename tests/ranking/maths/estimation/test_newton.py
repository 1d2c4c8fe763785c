"""Newton's method on functions whose maximum is known."""

import numpy as np
import pytest

from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.newton import Bend, climb


def quartic(x):
    return Bend(float(-(x[0] ** 4) - x[1] ** 2), np.array([-4 * x[0] ** 3, -2 * x[1]]), np.diag([12 * x[0] ** 2 + 1e-3, 2.0]))


def log_cosh(x):
    # Full Newton steps from 2 run away; halved ones do not.
    return Bend(float(-np.log(np.cosh(x[0]))), -np.tanh(x), np.array([[1 / np.cosh(x[0]) ** 2]]))


def test_the_maximum_of_a_parabola_takes_one_step():
    peak = climb(lambda x: Bend(float(-(x[0] ** 2)), -2 * x, np.array([[2.0]])), np.array([7.0]), max_steps=5, tolerance=1e-9)
    assert peak.steps == 1
    assert abs(peak.parameters[0]) < 1e-15


def test_steps_that_overshoot_are_halved():
    peak = climb(log_cosh, np.array([2.0]), max_steps=50, tolerance=1e-9)
    assert abs(peak.parameters[0]) < 1e-12


def test_too_few_steps_are_said():
    with pytest.raises(NotConvergedError, match="no maximum after 2 steps"):
        climb(quartic, np.array([3.0, 1.0]), max_steps=2, tolerance=1e-9)


def test_a_flat_direction_is_said():
    with pytest.raises(NotConvergedError, match="flat in some direction"):
        climb(lambda x: Bend(0.0, np.zeros(2), np.zeros((2, 2))), np.zeros(2), max_steps=5, tolerance=1e-9)


def test_a_function_that_falls_wherever_one_goes_is_said():
    with pytest.raises(NotConvergedError, match="no part of a Newton step"):
        climb(lambda x: Bend(-abs(float(x[0])), np.array([1.0]), np.eye(1)), np.array([0.0]), max_steps=5, tolerance=1e-9)
