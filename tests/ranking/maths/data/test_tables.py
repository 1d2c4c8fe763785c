"""Results as tables: readable at a glance, plain lists, a DataFrame where pandas is there."""

import json
import sys

import numpy as np
import pytest

from ranking import maths
from ranking.maths.data.tables import table
from tests.ranking.maths.making import battles

RNG = np.random.default_rng(1)
C = battles("x>y*8 y>x*4 y>z*6 z>y*4 z>x*5 x>z*3", prompt=list(range(30)), first=["a", "b"] * 15, voter=[1, 2, 3] * 10)
FIT = maths.fit_bradley_terry(C)
INTERVALS = {
    "intervals": maths.intervals(FIT),
    "percentiles": maths.bootstrap(C, n_resamples=50, rng=RNG).intervals(),
    "points": maths.in_points(maths.intervals(FIT)),
    "differences": maths.differences(FIT),
    "parameters": maths.parameter_intervals(maths.fit_contextual(C)),
    "discriminations": maths.discriminations(maths.fit_judge_aware(C)),
}
OTHERS = {
    "fit": FIT,
    "scores": maths.elo(C),
    "rank sets": maths.rank_sets(FIT, rng=RNG),
    "chances": maths.p_best(FIT, rng=RNG),
    "expected ranks": maths.expected_ranks(FIT),
}


@pytest.mark.parametrize("name", INTERVALS)
def test_what_is_an_interval_has_an_estimate_inside_limits(name):
    found = INTERVALS[name]
    assert ((found.low <= found.estimate) & (found.estimate <= found.high) & (found.se >= 0)).all()
    assert {"name", "estimate", "se", "low", "high"} <= found.columns().keys()


@pytest.mark.parametrize("name", INTERVALS | OTHERS)
def test_a_result_reads_as_a_table_and_goes_into_json_and_a_frame(name):
    found = (INTERVALS | OTHERS)[name]
    columns = found.columns()
    n_rows = len(columns["name"])
    lines = repr(found).splitlines()
    assert lines[0].startswith(type(found).__name__)
    assert lines[1].split() == list(columns)
    assert [line.split()[0] for line in lines[2 : 2 + n_rows]] == [str(one) for one in columns["name"]] or " " in columns[
        "name"
    ][0]
    assert json.loads(json.dumps(columns)) == columns


@pytest.mark.parametrize("name", INTERVALS | OTHERS)
def test_a_frame_has_the_same_columns(name):
    pytest.importorskip("pandas")
    found = (INTERVALS | OTHERS)[name]
    assert found.to_frame().to_dict("list") == found.columns()


@pytest.mark.parametrize("name", INTERVALS | OTHERS)
def test_a_result_itself_is_refused_where_its_columns_are_meant(name):
    """Neither half of it nor an empty object passes for the whole."""
    result = (INTERVALS | OTHERS)[name]
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(result)
    with pytest.raises((TypeError, ValueError)):
        pytest.importorskip("pandas").DataFrame(result)


def test_without_pandas_the_advice_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        INTERVALS["intervals"].to_frame()


def test_a_long_table_is_cut():
    lines = table({"name": [f"m{i}" for i in range(300)], "low": [0.0] * 300}).splitlines()
    assert (len(lines), lines[-1]) == (22, "... and 280 more rows")
    names = [f"m{i}" for i in range(40)]
    big = maths.Comparisons.from_names(names * 2, names[1:] + names + names[:1], ["a", "b"] * 40)
    fit = maths.fit_bradley_terry(big, prior_sd=1.0)
    assert max(len(repr(found)) for found in (fit, maths.intervals(fit), maths.differences(fit))) < 1_500


def test_an_empty_table_is_its_head():
    assert table({"name": [], "low": []}) == "name  low"


def test_pairs_are_rows_of_the_first_over_the_other():
    columns = INTERVALS["differences"].columns()
    assert list(zip(columns["name"], columns["other"], strict=True)) == [("x", "y"), ("x", "z"), ("y", "z")]
    assert columns["estimate"][1] == FIT.ratings[0] - FIT.ratings[2]


def test_points_stand_on_the_estimate_and_not_between_uneven_limits():
    drawn = maths.bootstrap(C, n_resamples=200, rng=np.random.default_rng(2)).intervals()
    points = maths.in_points(drawn, anchor="z", at=1200)
    assert points.estimate is points.ratings
    assert points.ratings[2] == 1200
    assert points.ratings - 1200 == pytest.approx(maths.ELO_PER_LOGIT * (FIT.ratings - FIT.ratings[2]))
    assert not np.allclose(points.ratings, (points.low + points.high) / 2, atol=0.5)


def test_a_bootstrap_without_whole_data_stands_on_the_mean_of_its_replicates():
    drawn = maths.elo_replicates(C, n_resamples=20, rng=np.random.default_rng(2))
    assert drawn.intervals().estimate == pytest.approx(drawn.finite().mean(axis=0))
