"""Which judges can be used: who names the same answer in both orders often enough, and gives verdicts at all."""

from dataclasses import replace

import numpy as np
import pytest

from judges.audits.audit import usability
from judges.audits.figures.figure import Figure
from judges.audits.figures.position import (
    gamma,
)
from judges.audits.usability import usability_of
from judges.verdicts.game_states import GameState
from tests.judges.scripted import (
    game,
    slotted_games,
)


def consistent_in(n_same, n, *, n_silent=0):
    """Battles whose two orders name the same answer in `n_same` of `n`; then games without a verdict."""
    both = [("first", "second") if k < n_same else ("first", "first") for k in range(n)]
    said = [game(str(k), order, slot) for k, pair in enumerate(both) for order, slot in zip(("ab", "ba"), pair, strict=True)]
    return said + [replace(game(f"s{k}", "ab", None), state=GameState.UNPARSABLE) for k in range(n_silent)]


@pytest.mark.parametrize(
    ("n_same", "n", "n_silent", "is_usable"),
    [
        (94, 100, 0, True),
        (30, 100, 0, False),
        (0, 19, 0, True),  # too few to condemn it
        (0, 20, 0, False),
        (40, 100, 0, False),  # at most .498 by Wilson's interval
        (41, 100, 0, True),  # at most .508
        (15, 20, 40, True),  # a verdict in exactly half of its games
        (15, 20, 41, False),
    ],
)
def test_who_is_usable(n_same, n, n_silent, is_usable):
    assert usability(consistent_in(n_same, n, n_silent=n_silent), rng=np.random.default_rng(1)).is_usable == is_usable


def test_a_slot_tester_of_one_half_is_usable():
    found = usability(slotted_games(0.5, n=400, rng=np.random.default_rng(1)), rng=np.random.default_rng(1))
    assert (found.is_usable, found.is_measured, found.reasons) == (True, True, ())


def test_a_judge_without_games_is_not_called_unusable():
    found = usability([], rng=np.random.default_rng(1))
    assert (found.is_usable, found.is_measured) == (True, False)
    assert found.reasons == (
        "not measured in both orders: no battle has its verdict in both, so how much the slot sways it is not known",
    )


@pytest.mark.parametrize(
    ("n_first", "note"),
    [(20, "slots and ratings cannot be told apart: show pairs in both orders"), (100, "no competitors that both won and lost")],
)
def test_games_in_one_order_say_nothing_about_the_slot(n_first, note):
    games = [game(str(n), "ab", "first" if n < n_first else "second") for n in range(100)]
    found = gamma(games)
    assert (found.value, found.is_unbounded) == (None, False)
    assert found.note.startswith(note)
    assert usability(games, rng=np.random.default_rng(1)).is_usable


def test_a_ring_shown_in_one_order_says_little_of_the_slot():
    ring = [("x", "y"), ("y", "z"), ("z", "x")]
    found = gamma([game(f"{a}{b}", "ab", "first", a=a, b=b) for a, b in ring])
    assert found.low < 0 < found.value < found.high
    assert "the estimate leans on its prior" in found.note


def test_a_consistent_judge_of_a_few_battles_is_usable():
    games = [game(str(n), order, slot) for n in range(3) for order, slot in (("ab", "first"), ("ba", "second"))]
    found = usability(games, rng=np.random.default_rng(1))
    assert (found.is_usable, found.is_measured) == (True, True)


def test_usability_asks_the_upper_limit_not_the_value():
    for high, is_usable in ((0.51, True), (0.5, True), (0.4999, False)):
        figure = Figure("position_consistency", "position consistency", 0.4, 0.2, high, 20, "battles", "")
        assert usability_of(figure, n_said=40, n_asked=40).is_usable == is_usable
    few = Figure("position_consistency", "position consistency", 0.1, 0.0, 0.2, 19, "battles", "")
    assert usability_of(few, n_said=19, n_asked=38).is_usable
    assert not usability_of(few, n_said=18, n_asked=38).is_usable
