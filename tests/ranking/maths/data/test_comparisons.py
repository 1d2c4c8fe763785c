"""What comes in: names, codes, and everything that is refused at the door."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ranking.maths import OUTCOMES, Comparisons, count_cells, counts
from tests.ranking.maths.making import battles


def test_outcomes_are_the_four_of_the_arena_in_the_order_of_their_codes():
    assert OUTCOMES == ("a", "b", "tie", "both_bad")


def test_names_become_codes_in_sorted_order():
    c = Comparisons.from_names(["z", "x"], ["y", "z"], ["b", "tie"])
    assert c.names == ("x", "y", "z")
    assert (c.a.tolist(), c.b.tolist(), c.outcome.tolist()) == ([2, 0], [1, 2], [1, 2])
    assert (c.a.dtype, c.outcome.dtype) == (np.int32, np.int8)


def test_pandas_columns_are_taken():
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["y", "x"], "outcome": ["a", "a"], "prompt": ["p", None]})
    c = Comparisons.from_names(frame.a, frame.b, frame.outcome, prompt=frame.prompt)
    assert (c.names, c.prompt.tolist()) == (("x", "y"), [0, -1])


@pytest.mark.parametrize("prompt", [["p", None], [3.0, float("nan")], [3, -1]])
def test_a_missing_prompt_is_unknown(prompt):
    assert Comparisons.from_names(["x", "x"], ["y", "y"], ["a", "b"], prompt=prompt).prompt.tolist() == [0, -1]


def test_columns_of_text_have_no_unknown():
    assert Comparisons.from_names(["x"], ["y"], ["a"], voter=["-1"]).voter.tolist() == [0]


def test_the_side_shown_first_is_kept():
    assert Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a"] * 3, first=["a", "b", None]).first.tolist() == [0, 1, -1]


def test_absent_clusters_are_unknown_and_absent_weights_one():
    c = battles("x>y*2")
    assert c.clusters("voter").tolist() == [-1, -1]
    assert c.weights().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"outcome": ["a", "B"]}, r"outcome\[1\] is 'B': allowed are 'a', 'b', 'tie', 'both_bad'"),
        ({"first": ["a", "left"]}, r"first\[1\] is .*'left'.*: allowed are 'a', 'b'"),
        ({"b": ["y", "x"]}, r"row 1 compares 'x' with itself"),
        ({"outcome": ["a"]}, r"outcome has shape \(1,\): it must be \(2,\)"),
        ({"weight": [1.0]}, r"weight has shape \(1,\): it must be \(2,\)"),
        ({"weight": [1.0, -1.0]}, r"weight\[1\] is -1.0: a weight is a finite number"),
        ({"weight": [float("nan"), 1.0]}, r"weight\[0\] is nan"),
    ],
)
def test_bad_columns_are_refused_by_name_and_value(columns, message):
    good = {"a": ["x", "x"], "b": ["y", "y"], "outcome": ["a", "b"]}
    with pytest.raises(ValueError, match=message):
        Comparisons.from_names(**good | columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [0, 7]}, r"a\[1\] is 7: allowed are 0 to 1"),
        ({"a": [-1, 0]}, r"a\[0\] is -1: allowed are 0 to 1"),
        ({"outcome": [0, 4]}, r"outcome\[1\] is 4: allowed are 0 to 3"),
        ({"prompt": [0, -2]}, r"prompt\[1\] is -2"),
        ({"voter": [0, 2**40]}, r"voter\[1\] is 1099511627776"),
        ({"first": [0, 2]}, r"first\[1\] is 2: allowed are -1 to 1"),
        ({"b": [1.0, 1.0]}, r"b has type float64: codes are integers"),
        ({"names": ("x", "x")}, r"'x' is named twice"),
    ],
)
def test_bad_codes_are_refused_by_row_and_value(columns, message):
    good = {"names": ("x", "y"), "a": [0, 0], "b": [1, 1], "outcome": [0, 1]}
    with pytest.raises(ValueError, match=message):
        Comparisons(**good | columns)


def test_arrays_cannot_be_changed_from_inside():
    codes = np.array([0, 0], dtype=np.int32)
    c = Comparisons(names=("x", "y"), a=codes, b=[1, 1], outcome=[0, 1])
    with pytest.raises(ValueError, match="read-only"):
        c.a[0] = 1
    codes[0] = 0  # the caller's own array stays the caller's


def test_cells_count_each_pair_from_both_sides():
    cells = count_cells(battles("x>y*3 y>x y<x x=y x#y*2"))
    assert cells.wins.tolist() == [[0, 4], [1, 0]]
    assert cells.ties.tolist() == [[0, 3], [3, 0]]
    assert cells.both_bad.tolist() == [[0, 2], [2, 0]]
    assert cells.half_wins.tolist() == [[0, 5.5], [2.5, 0]]
    assert cells.totals.tolist() == [[0, 8], [8, 0]]


def test_cells_of_some_rows_only():
    cells = count_cells(battles("x>y*2 y>x", weight=[1.0, 2.0, 4.0]), rows=np.array([True, False, True]))
    assert cells.wins.tolist() == [[0, 1], [4, 0]]


def test_cells_are_the_same_by_chunks(monkeypatch):
    c = battles("x>y*30 y>z*20 z=x*15")
    whole = count_cells(c)
    monkeypatch.setattr("ranking.maths.data.cells.CACHED_ROWS", 7)
    assert (count_cells(c).wins == whole.wins).all()


def test_counts_behind_each_competitor():
    found = counts(battles("x>y*2 x=y z#x y>z", prompt=[1, 1, 2, 3, None]))
    assert found.names == ("x", "y", "z")
    assert found.n_votes.tolist() == [4, 4, 2]
    assert found.wins.tolist() == [2, 1, 0]
    assert found.ties.tolist() == [2, 1, 1]
    assert found.losses.tolist() == [0, 2, 1]
    assert found.both_bad.tolist() == [1, 0, 1]
    assert found.n_prompts.tolist() == [3, 2, 1]
    assert found.raw_win_rate == pytest.approx([3 / 4, 1.5 / 4, 0.5 / 2])


def test_without_comparisons_there_is_no_win_rate():
    found = counts(Comparisons(names=("x", "y", "z"), a=[0], b=[1], outcome=[0]))
    assert np.isnan(found.raw_win_rate[2])
    assert found.n_votes[2] == found.n_prompts[2] == 0
    assert counts(Comparisons(names=(), a=[], b=[], outcome=[])).n_prompts.shape == (0,)


def test_prompts_are_counted_alike_when_their_codes_are_far_apart():
    near = battles("x>y*2 y>z", prompt=[1, 2, 2])
    far = Comparisons(names=near.names, a=near.a, b=near.b, outcome=near.outcome, prompt=[0, 10**6, 10**6])
    assert counts(near).n_prompts.tolist() == counts(far).n_prompts.tolist() == [2, 2, 1]


def test_rows_of_weight_zero_count_no_prompt():
    assert counts(battles("x>y*2", prompt=[1, 2], weight=[1.0, 0.0])).n_prompts.tolist() == [1, 1]


def test_the_library_loads_no_django():
    code = "import ranking.maths, sys; print([name for name in sys.modules if name.split('.')[0] in ('django', 'arena')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_covariates_stand_beside_the_rows_they_belong_to():
    c = battles("x>y y>z z>x", judge=["j", None, "k"], covariates={"length": [1, 2, 3], "bold": [0.5, 0, -1]})
    assert (c.covariate_names, c.covariates[2].tolist(), c.judge.tolist()) == (("length", "bold"), [3, -1], [0, -1, 1])
    assert c.among(np.array([True, True, False])).covariates.tolist() == [[1, 0.5]]
    assert c.reweighted(np.array([0.0, 2.0, 1.0])).covariates[:, 0].tolist() == [2, 3]


def test_reweighting_drops_rows_of_weight_zero():
    c = battles("x>y y>z z>x").reweighted(np.array([0.0, 2.0, 1.0]))
    assert (c.weight.tolist(), c.a.tolist(), c.prompt) == ([2, 1], [1, 2], None)


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        ([[1.0], [np.nan]], r"covariates\[1\] is \[nan\]: a covariate is a finite number"),
        ([[1.0, 2.0], [1.0, 2.0]], r"covariates have shape \(2, 2\): 1 names and 2 rows need \(2, 1\)"),
        (None, r"covariates have shape \(\)"),
    ],
)
def test_bad_covariates_are_refused(covariates, message):
    with pytest.raises(ValueError, match=message):
        Comparisons(names=("x", "y"), a=[0, 0], b=[1, 1], outcome=[0, 1], covariates=covariates, covariate_names=("length",))
