"""Categories weighed: scores by hand, and places that hold for all models at once."""

import numpy as np
import pytest

from ranking.maths import Comparisons, fit_bradley_terry, intervals, rank_sets
from ranking.maths.aggregation.borda import borda, borda_two_level, mean_win_rate
from ranking.maths.uncertainty.weighed import WAYS, CategoryRatings, WeighedTask, others_beaten, weigh

SURE = 1e-6


def category(weight, ratings, se=SURE, name="c", names="abc"):
    """One category with equally sure ratings of mean zero."""
    ratings = np.array(ratings, dtype=float)
    m = len(ratings)
    return WeighedTask(name, weight, (CategoryRatings(tuple(names[:m]), ratings, se**2 * (np.eye(m) - 1 / m)),))


def found(tasks, way, **options):
    return weigh(tasks, way=way, rng=np.random.default_rng(1), **options)


def test_weights_of_borda_points_by_hand():
    # Task 1, twice: a 2, b and c 1/2 each. Task 2: c 2, b 1, a 0.
    table = [[9, 1], [5, 2], [5, 3]]
    assert borda(table, names="abc", weights=[2, 1]).scores.tolist() == [4.0, 2.0, 3.0]
    assert mean_win_rate(table, names="abc", weights=[2, 1]).scores.tolist() == pytest.approx([4 / 6, 2 / 6, 3 / 6])
    # Two levels, task 1 of two instances: a 2 + 0, b 1/2 + 1.5, c 1/2 + 1.5 -> all tie with 1 point; task 2 as above.
    two = [[[9, 1], [5, 2], [5, 2]], [[1], [2], [3]]]
    assert borda_two_level(two, names="abc", weights=[2, 1]).scores.tolist() == [2.0, 3.0, 4.0]


def test_a_missing_competitor_is_weighed_by_the_tasks_it_has():
    # a: first in both, 3 and 1. b: beaten in the first, missing in the second. c: beaten in both.
    table = [[3, 3], [2, np.nan], [1, 1]]
    scores = mean_win_rate(table, names="abc", weights=[1, 3]).scores
    assert scores.tolist() == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, np.inf], [[1, 2]]])
def test_weights_are_one_above_zero_for_each_task(weights):
    with pytest.raises(ValueError, match="weights are"):
        borda([[1, 2], [2, 1]], names="ab", weights=weights)


@pytest.mark.parametrize(
    ("way", "scores"),
    [
        ("mean-rating", [0.5, -0.25, -0.25]),  # (2 (1, 0, -1) + (-0.5, -0.75, 1.25)) / 3
        ("mean-win-rate", [5 / 6, 1 / 3, 1 / 3]),  # (2 (1, 1/2, 0) + (1/2, 0, 1)) / 3
        ("borda", [5.0, 2.0, 2.0]),
        ("borda-two-level", [5.0, 2.0, 2.0]),
    ],
)
def test_scores_of_sure_ratings_by_hand(way, scores):
    tasks = [category(2, [1, 0, -1], name="x"), category(1, [-0.5, -0.75, 1.25], name="y")]
    result = found(tasks, way)
    assert result.scores.tolist() == pytest.approx(scores)
    assert result.rank_low.tolist() == [1, 2, 2]
    assert result.chance[0] == 1.0
    if way != "mean-rating":  # equal scores of sure ratings are one place
        assert result.rank_high.tolist() == [1, 3, 3]


def test_two_levels_make_places_in_a_category_from_its_parts():
    def part(*ratings):
        return CategoryRatings(("a", "b", "c"), np.array(ratings, dtype=float), SURE**2 * (np.eye(3) - 1 / 3))

    # Parts of x: a 2 1, b 1 2, c 0 0 -> a and b share the first place: 1.5, 1.5, 0. y: c 2, b 1, a 0.
    tasks = [WeighedTask("x", 1, (part(3, 2, 1), part(2, 3, 1))), WeighedTask("y", 1, (part(1, 2, 3),))]
    result = found(tasks, "borda-two-level")
    assert result.scores.tolist() == [1.5, 2.5, 2.0]
    assert result.names[int(result.scores.argmax())] == "b"


@pytest.mark.parametrize("way", WAYS)
def test_one_category_alone_is_its_own_board(way):
    rows = np.random.default_rng(5)
    a, b = rows.integers(0, 4, 900), rows.integers(1, 4, 900)
    b = (a + b) % 4
    outcome = np.where(rows.random(900) < 1 / (1 + np.exp((a - b) * 0.5)), 0, 1)
    c = Comparisons(names=("m0", "m1", "m2", "m3"), a=a, b=b, outcome=outcome, prompt=np.arange(900) // 9)
    fit = fit_bradley_terry(c)
    task = WeighedTask("x", 3.0, (CategoryRatings.of(fit),))
    result = found([task], way)
    assert np.argsort(-result.scores).tolist() == np.argsort(-fit.ratings).tolist()
    if way == "mean-rating":
        own = intervals(fit)
        assert result.scores == pytest.approx(fit.ratings)
        assert result.low == pytest.approx(own.low, rel=1e-3)
        assert result.high == pytest.approx(own.high, rel=1e-3)
        sets = rank_sets(fit, rng=np.random.default_rng(2))
        assert (result.rank_low.tolist(), result.rank_high.tolist()) == (sets.low.tolist(), sets.high.tolist())


def test_who_is_missing_has_no_place_unless_means_allow_for_it():
    tasks = [category(1, [1, 0, -1], name="x"), category(1, [0.5, -0.5], name="y", names="ab")]
    assert found(tasks, "mean-rating").names == ("a", "b")
    partly = found(tasks, "mean-rating", partly=True)
    assert partly.names == ("a", "b", "c")
    # x from the mean of a and b: 0.5, -0.5, -1.5; y: 0.5, -0.5; the mean of all is taken off: 0.5, -0.5, -1.5 less -0.5.
    assert partly.scores.tolist() == pytest.approx([1.0, 0.0, -1.0])
    assert found(tasks, "mean-win-rate", partly=True).scores.tolist() == [1.0, 0.25, 0.0]
    with pytest.raises(ValueError, match="every competitor"):
        found(tasks, "borda", partly=True)


def test_nobody_is_ranked_where_fewer_than_two_are_shared():
    tasks = [category(1, [1, -1], name="x", names="ab"), category(1, [1, -1], name="y", names="cd")]
    for way in WAYS:
        assert found(tasks, way).names == ()
    assert found([], "mean-rating").names == ()
    assert found(tasks, "mean-rating", partly=True).names == ()


@pytest.mark.parametrize(("way", "weight"), [("median", 1), ("borda", 0), ("borda", np.nan)])
def test_what_is_not_allowed_is_refused(way, weight):
    with pytest.raises(ValueError, match=r"way|weight"):
        found([category(weight, [1, -1])], way)


def test_equal_values_share_what_they_beat():
    assert others_beaten(np.array([[1.0, 1.0, 1.0]])).tolist() == [[1.0, 1.0, 1.0]]
    assert others_beaten(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("way", ["mean-rating", "borda"])
@pytest.mark.parametrize("gap", [0.0, 0.15])
def test_places_of_all_hold_together_as_often_as_they_say(way, gap):
    """True places lie in all ranges at once in 95 % of data sets: of 40, under 33 have a chance below 1 in 1,000."""
    rng, m, se, weights = np.random.default_rng(3), 5, 0.1, [2, 1]
    truths = [gap * (order - order.mean()) for order in (np.arange(m), np.arange(m)[::-1] * 0.5)]
    sure = [category(w, truth, name=str(i), names="abcde") for i, (w, truth) in enumerate(zip(weights, truths, strict=True))]
    true = np.round(found(sure, way).scores, 5) if gap else np.zeros(m)
    best, worst = 1 + (true[:, None] > true).sum(axis=0), m - (true[:, None] < true).sum(axis=0)
    n_right = 0
    for _ in range(40):
        noise = [se * (z - z.mean()) for z in rng.standard_normal((2, m))]
        tasks = [
            category(w, truth + off, se, name=str(i), names="abcde")
            for i, (w, truth, off) in enumerate(zip(weights, truths, noise, strict=True))
        ]
        result = found(tasks, way)
        n_right += bool((result.rank_low <= best).all() and (result.rank_high >= worst).all())
    assert n_right >= 33
