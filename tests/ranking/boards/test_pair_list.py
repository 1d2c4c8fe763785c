"""The pairs that a snapshot keeps: all of a small board, those that met of a large one, and what the others weigh."""

from dataclasses import replace

import numpy as np
import pytest

from arena.evidence.turnout import Turnout
from arena.evidence.vote_tally import Evidence
from arena.fit_memory import FitTooLarge, refuse_too_large
from ranking import maths
from ranking.boards import many_competitors, publishing
from ranking.boards.fitting import fit_board
from ranking.boards.methods import Definition
from ranking.boards.pairs import pair_list
from ranking.boards.pairs.listed_pairs import PairList
from ranking.boards.pairs.pair_rows import table_of
from ranking.maths.pair_sampling import information_weights, with_unrated
from ranking.models import Leaderboard
from tests.ranking.maths.making import simulated


def board_of(m=40, n=3_000, seed=1):
    rng = np.random.default_rng(seed)
    return simulated(rng.normal(size=m), n=n, n_prompts=120, rng=rng, tie_rate=0.2)


def test_a_small_board_lists_every_pair_with_its_weight():
    c = board_of()
    listed = fit_board(c, Definition(), list(range(40))).pairs
    assert len(listed.pairs) == 40 * 39 / 2
    fit = maths.fit_bradley_terry(c)
    expected = with_unrated(information_weights(fit), fit.names, c.names)
    np.testing.assert_allclose(table_of(listed, 40), expected, rtol=1e-6)
    cells = maths.count_cells(c)
    i, j = listed.pairs.T
    assert listed.record[:, 0].tolist() == cells.wins[i, j].tolist()
    assert listed.record[:, 1].tolist() == cells.wins[j, i].tolist()


def test_a_large_board_has_the_lines_of_a_small_one_and_lists_those_that_met(monkeypatch):
    c = board_of(n=600)
    c = c.among(np.ones(40, dtype=np.bool_))
    small = fit_board(c, Definition(), list(range(40)))
    monkeypatch.setattr(many_competitors, "MOST_IN_TABLES", 10)
    monkeypatch.setattr(pair_list, "MOST_COMPLETE", 10)
    large = fit_board(c, Definition(), list(range(40)))
    for one, other in zip(small.rows, large.rows, strict=True):
        assert one.unrated_because == other.unrated_because
        assert (one.rank, one.n_votes, one.n_prompts) == (other.rank, other.n_votes, other.n_prompts)
        for name in ("rating", "low", "high", "se", "win_rate"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6), name
    assert (small.components, small.interval_kind, small.notes) == (large.components, large.interval_kind, large.notes)
    assert (small.n_draws, large.n_draws) == (10_000, 1_000)
    exact, near = table_of(small.pairs, 40), table_of(large.pairs, 40)
    met = np.triu(maths.count_cells(c).totals > 0)
    assert len(large.pairs.pairs) == met.sum()
    np.testing.assert_allclose(near[met] / near[met].sum(), exact[met] / exact[met].sum(), rtol=1e-5)
    apart = np.triu(~met, 1)
    assert np.abs(near[apart] / exact[apart] - 1).max() < 0.25
    assert near.sum() == pytest.approx(2, rel=0.01)


def test_where_nobody_is_rated_all_pairs_are_wanted_alike(monkeypatch):
    monkeypatch.setattr(many_competitors, "MOST_IN_TABLES", 1)
    c = maths.Comparisons(("x", "y", "z"), a=[0], b=[1], outcome=[0])
    listed = fit_board(c, Definition(), [1, 2, 3]).pairs
    table = table_of(listed, 3)
    assert len(set(table[np.triu_indices(3, 1)].tolist())) == 1


def test_a_large_board_that_needs_tables_after_all_asks_for_their_memory_first(monkeypatch, settings):
    monkeypatch.setattr(many_competitors, "MOST_IN_TABLES", 10)
    c = board_of()
    c, on_one_prompt = replace(c, prompt=np.arange(len(c)) // 10), replace(c, prompt=np.zeros(len(c), dtype=np.int32))
    settings.FIT_MEMORY_MB = 1
    assert fit_board(c, Definition(), list(range(40)), refuse=refuse_too_large).rows
    with pytest.raises(FitTooLarge):
        fit_board(on_one_prompt, Definition(), list(range(40)), refuse=refuse_too_large)


def test_a_pair_with_somebody_unrated_weighs_no_more_than_the_heaviest_pair():
    """One rated model is known badly: half its own variance is no pair's weight."""
    others = np.array([[0.0, 0.01], [0.1, 0.01], [6.0, 4.0], [np.nan, np.nan]], dtype=np.float32)
    none = np.zeros(0, dtype=np.float32)
    table = table_of(PairList(np.zeros((0, 2), np.int32), np.zeros((0, 4), np.int32), none, others), 4)
    assert table[3, 0] == table[3, 1] == table[3, 2] == table[:3, :3].max()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("prompts", "kind"),
    [([-1, -1, -1], "listed"), ([1, 2, 3], "listed"), ([1, 1, 1], "bradley_terry"), ([1, 1, -1], "bradley_terry")],
)
def test_memory_is_asked_for_the_way_that_is_taken(monkeypatch, prompts, kind):
    monkeypatch.setattr(publishing, "MOST_IN_TABLES", 2)
    tally = maths.Tally.from_arrays(prompts, [1, 2, 1], [2, 3, 3], [0, 0, 0])
    evidence = Evidence(1, tally, Turnout.empty(), 0)
    for sources in ("people", "judges"):
        assert publishing._kind_of_fit(Leaderboard(sources=sources), evidence, 3) == kind
    assert publishing._kind_of_fit(Leaderboard(method="davidson"), evidence, 3) == "davidson"
    assert publishing._kind_of_fit(Leaderboard(sources="both", method="prediction_powered"), evidence, 3) != "listed"
