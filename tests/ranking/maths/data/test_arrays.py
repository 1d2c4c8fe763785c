"""What is frozen stays what it was: neither the caller's arrays nor the library's can be changed through it."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ranking import maths
from ranking.maths import Comparisons, Rankings
from ranking.maths.data.arrays import HoldsArrays, kept
from tests.ranking.maths.making import battles

RNG = np.random.default_rng(1)
C = battles("x>y*8 y>x*4 y>z*6 z>y*4 z>x*5 x>z*3", prompt=list(range(30)))
FIT = maths.fit_bradley_terry(C)
RESULTS = {
    "comparisons": C,
    "fewer": C.among(np.array([True, True, False])),
    "reweighted": C.reweighted(np.arange(len(C))),
    "fit": FIT,
    "scores": maths.elo(C),
    "intervals": maths.intervals(FIT),
    "differences": maths.differences(FIT),
    "points": maths.in_points(maths.intervals(FIT)),
    "bootstrap": maths.bootstrap(C, n_resamples=20, rng=RNG),
    "percentiles": maths.bootstrap(C, n_resamples=20, rng=RNG).intervals(),
    "rank sets": maths.rank_sets(FIT, rng=RNG),
    "chances": maths.p_best(FIT, rng=RNG),
    "evidence": maths.pair_evidence(C),
    "blocks": maths.block_means([1, 2], [1, 0]),
    "cells": maths.count_cells(C),
    "labels": maths.fit_dawid_skene([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1], n_labels=2),
    "rankings": Rankings.from_names([["x", "y"], ["y", "x"]]),
}


@pytest.mark.parametrize("name", RESULTS)
def test_no_array_of_a_result_can_be_written_to(name):
    held = [getattr(RESULTS[name], field.name) for field in fields(RESULTS[name])]
    arrays = [value for value in held if isinstance(value, np.ndarray)]
    assert arrays
    for values in arrays:
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0


def test_the_covariance_of_a_fit_cannot_be_spoilt():
    with pytest.raises(ValueError, match="read-only"):
        FIT.covariance(None)[0, 0] = 9


@pytest.mark.parametrize("view", [lambda values: values, lambda values: values[:], lambda values: values[::1]])
def test_comparisons_do_not_follow_the_array_that_they_came_from(view):
    columns = {
        "a": np.array([0, 0, 1], np.int32), "b": np.array([1, 1, 0], np.int32), "outcome": np.array([0, 0, 0], np.int8),
        "weight": np.ones(3), "prompt": np.arange(3, dtype=np.int32), "voter": np.arange(3, dtype=np.int32),
        "judge": np.arange(3, dtype=np.int32), "first": np.zeros(3, np.int8), "covariates": np.zeros((3, 1)),
    }  # fmt: skip
    c = Comparisons(names=("x", "y"), covariate_names=("length",), **{name: view(values) for name, values in columns.items()})
    before = {name: getattr(c, name).tolist() for name in columns}
    for values in columns.values():
        values[:] = 1
    assert {name: getattr(c, name).tolist() for name in columns} == before


def test_a_read_only_view_of_a_writable_array_is_copied_and_an_array_frozen_throughout_is_not():
    mine = np.zeros(3)
    view = mine.view()
    view.flags.writeable = False
    assert not np.shares_memory(kept(view), mine)
    frozen = kept(mine)
    assert np.shares_memory(kept(frozen[1:]), frozen)


def test_columns_that_stay_are_shared_between_comparisons():
    assert replace(C, weight=np.ones(len(C))).a is C.a


def test_a_result_made_by_hand_is_its_own():
    mine = np.ones((2, 2))
    found = maths.PairEvidence(("x", "y"), mine, np.zeros((2, 2), np.int64), 0.0)
    mine[:] = 9
    assert (found.e_values == 1).all()
    assert isinstance(found, HoldsArrays)
