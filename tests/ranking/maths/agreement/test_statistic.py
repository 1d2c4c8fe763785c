"""A statistic is a float that knows on how many it stands."""

import copy
import json
import pickle

import numpy as np
import pytest

from ranking import maths
from ranking.maths import Statistic

RATINGS = [[1, 1], [1, 1], [0, 1], [0, 0]]
OF_RATINGS = [
    maths.cohen_kappa, maths.scott_pi, maths.fleiss_kappa, maths.weighted_kappa_linear, maths.weighted_kappa_quadratic,
    maths.krippendorff_alpha, maths.krippendorff_alpha_ordinal, maths.krippendorff_alpha_interval,
    maths.icc_one_way, maths.icc_agreement, maths.icc_agreement_of_mean,
]  # fmt: skip


@pytest.mark.parametrize("statistic", OF_RATINGS)
def test_agreement_says_on_how_many_items_it_stands(statistic):
    found = statistic(RATINGS)
    assert (type(found), found.n, found.low, found.high) == (Statistic, 4, None, None)
    assert type(found.estimate) is float
    assert found == found.estimate


@pytest.mark.parametrize("statistic", [maths.cohen_kappa, maths.krippendorff_alpha])
def test_an_item_that_says_nothing_does_not_count(statistic):
    assert statistic([*RATINGS, [np.nan, 1]]).n == 4


@pytest.mark.parametrize("statistic", [maths.kendall_tau, maths.spearman, maths.tau_ap])
def test_a_correlation_says_on_how_many_competitors_it_stands(statistic):
    assert (type(statistic([1, 2, 3], [1, 3, 2])), statistic([1, 2, 3], [1, 3, 2]).n) == (Statistic, 3)


def test_it_reads_well_and_calculates_as_a_float():
    found = Statistic(0.5, n=4, low=0.25, high=0.75)
    assert repr(found) == "Statistic(0.5, n=4, low=0.25, high=0.75)"
    assert (str(found), f"{found:.2f}", json.dumps([found])) == ("0.5", "0.50", "[0.5]")
    assert type(found + 1) is type(round(found, 3)) is float
    assert (found < 0.6, found == 0.5, np.array([found]).dtype) == (True, True, np.float64)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_a_copy_is_the_same(again):
    found = again(Statistic(0.5, n=4, low=0.25, high=0.75))
    assert (found, found.n, found.low, found.high) == (0.5, 4, 0.25, 0.75)


def test_an_interval_holds_plain_floats():
    found = maths.agreement_interval(maths.cohen_kappa, RATINGS * 5, n_resamples=50, rng=np.random.default_rng(1))
    assert type(found.value) is float
    assert found.estimate == found.value
