"""Chances read off stored snapshots, by hand."""

import pytest

from ranking.boards.chances import win_rate_limits
from ranking.models import Entry


def entry(pk, rating, half, **fields):
    """A line whose interval is `half` wide on either side."""
    known = {"rank": 1, "rank_low": 1, "rank_high": 2}
    placed = {} if half is None else known | {"low": rating - half, "high": rating + half, "se": half / 1.959964}
    return Entry(competitor_id=pk, rating=rating, n_votes=9, n_prompts=9, **placed | fields)


def test_win_rates_at_both_ends_of_an_interval_by_hand():
    """100 points are 64.0 %, 200 are 76.0 %, none is 50 %: one opponent of 1000 points."""
    mine = entry(1, 1100.0, 100.0, win_rate=1 / (1 + 10 ** (-100 / 400)))
    low, high = win_rate_limits(mine, [mine, entry(2, 1000.0, 10.0)])
    assert (low, high) == pytest.approx((0.5, 1 / (1 + 10**-0.5)))
    assert high == pytest.approx(0.7597, abs=1e-4)


def test_no_win_rates_where_the_method_has_chances_of_its_own():
    assert win_rate_limits(entry(1, 1100.0, 50.0, win_rate=0.9), [entry(2, 1000.0, 10.0)]) is None
    assert win_rate_limits(entry(1, 1100.0, None, win_rate=0.64), [entry(2, 1000.0, 10.0)]) is None
