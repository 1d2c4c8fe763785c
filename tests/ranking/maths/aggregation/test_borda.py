"""Borda counts and mean win rates over tables of scores."""

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths.aggregation.borda import borda, borda_two_level, mean_win_rate
from tests.ranking.maths.making import law

TABLES = st.integers(1, 5).flatmap(
    lambda m: st.lists(st.lists(st.integers(0, 3), min_size=m, max_size=m), min_size=1, max_size=6).map(
        lambda columns: np.array(columns, dtype=float).T
    )
)


def names(table):
    return tuple("abcde"[: len(table)])


def test_points_by_hand():
    # Task 1: a beats both (2), b beats c (1). Task 2: b beats both (2), a and c tie (1/2 each).
    assert borda([[9, 1], [8, 5], [7, 1]], names="abc").scores.tolist() == [2.5, 3.0, 0.5]


def test_equal_scores_share_a_rank_whatever_the_order_of_rows():
    # argsort of argsort gives the equal rows 0, 1, 2 points a task, by place in the table.
    table = np.array([[5.0, 1.0], [5.0, 1.0], [5.0, 1.0]])
    assert table[:, 0].argsort().argsort().tolist() == [0, 1, 2]
    assert borda(table, names="abc").scores.tolist() == [2.0, 2.0, 2.0]


def test_two_levels_give_every_task_the_same_voice():
    many = [[1, 1, 1, 1], [0, 0, 0, 0], [2, 2, 2, -1]]
    few = [[1], [2], [0]]
    # Task 1: points 5, 1, 6 -> places 1, 0, 2. Task 2: 1, 2, 0.
    assert borda_two_level([many, few], names="abc").scores.tolist() == [2.0, 2.0, 2.0]
    # One level: 5 + 1, 1 + 2, 6 + 0.
    assert borda(np.hstack([many, few]), names="abc").scores.tolist() == [6.0, 3.0, 6.0]


def test_mean_win_rate_by_hand():
    # Task 1: a 1, b 1/2, c 0. Task 2: without c, a and b tie, 1/2 each. Task 3: only d.
    table = [[3, 1, np.nan], [2, 1, np.nan], [1, np.nan, np.nan], [np.nan, np.nan, 7]]
    found = mean_win_rate(table, names="abcd")
    assert found.scores.tolist() == [0.75, 0.5, 0.0]
    assert [(u.name, u.reason) for u in found.unrated] == [("d", "no task shared with another competitor")]


@law(TABLES)
def test_points_add_up_to_the_pairs_of_each_task(table):
    m, n_tasks = table.shape
    assert borda(table, names=names(table)).scores.sum() == pytest.approx(n_tasks * m * (m - 1) / 2)


@law(TABLES)
def test_one_task_a_level_is_the_same_at_both(table):
    one, two = borda(table, names=names(table)), borda_two_level([c[:, None] for c in table.T], names=names(table))
    assert one.scores.tolist() == two.scores.tolist()


@law(TABLES)
def test_without_gaps_the_mean_win_rate_is_borda_as_a_share(table):
    m, n_tasks = table.shape
    share = mean_win_rate(table, names=names(table)).scores * n_tasks * (m - 1)
    assert share == pytest.approx(borda(table, names=names(table)).scores if m > 1 else [])


@law(TABLES, st.randoms(use_true_random=False))
def test_relabelling_permutes(table, random):
    order = random.sample(range(len(table)), len(table))
    assert borda(table, names=names(table)).scores[order].tolist() == borda(table[order], names=names(table)).scores.tolist()


@pytest.mark.parametrize("method", [borda, lambda table, names: borda_two_level([table], names=names)])
def test_a_missing_score_is_named(method):
    with pytest.raises(ValueError, match="'b' has no score on task 1: leave one of them out, or use mean_win_rate"):
        method([[1, 2], [1, np.nan]], names="ab")


@pytest.mark.parametrize("table", [[1, 2], [[1], [2], [3]], [[], []]])
def test_a_table_of_another_shape_is_refused(table):
    with pytest.raises(ValueError, match="one row for each of 2 names and at least one task"):
        borda(table, names="ab")


def test_two_levels_need_a_task():
    with pytest.raises(ValueError, match="there are no tasks"):
        borda_two_level([], names="ab")
