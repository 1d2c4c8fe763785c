"""Columns say what the rules say game by game: verdicts, every combiner, panels, opinions, and the digest."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.verdicts.combiner_texts import COMBINER_TEXTS
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import graded_verdict, stored_verdict
from judges.verdicts.verdict_columns import SIDES, WINNERS, by_side, graded_sides, stored_verdicts
from ranking.comparisons.combined_outcomes import PANELS, decide, outcomes_of_orders
from ranking.comparisons.comparison_rows import Rows
from ranking.comparisons.people_and_judges import opinions_of
from ranking.maths import OUTCOMES
from tests.ranking.comparisons import game_by_game
from tests.ranking.comparisons.game_by_game import GameAt
from tests.ranking.comparisons.game_columns import GameRow, columns_of

RULES = [*COMBINER_TEXTS, *sorted(PANELS)]
POINTS = st.sampled_from([1.0, 2.5, 3.0, 0.1, 0.2, 0.30000000000000004])
FAILED = [state.value for state in GameState if not state.has_verdict]


def test_sides_are_outcomes():
    assert SIDES == OUTCOMES


# --- verdicts ---------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", *WINNERS]), st.sampled_from([None, 0, 1, 2, 3]), st.none() | POINTS, st.none() | POINTS,
            st.sampled_from(["ab", "ba"]),
        )
    )
)  # fmt: skip
def test_verdicts_as_columns_are_those_of_the_rows(rows):
    columns = (
        np.array([WINNERS.index(row[0]) if row[0] else -1 for row in rows], dtype=np.int8),
        np.array([row[1] or 0 for row in rows], dtype=np.int64),
        *(np.array([np.nan if row[i] is None else row[i] for row in rows]) for i in (2, 3)),
    )
    try:
        verdicts = [stored_verdict(*row[:4]) for row in rows]
    except ValueError:
        with pytest.raises(ValueError, match="strength is"):
            stored_verdicts(*columns)
        return
    found = stored_verdicts(*columns)
    said = [WINNERS[code] if code >= 0 else None for code in found.winner]
    assert said == [verdict.winner if verdict else None for verdict in verdicts]
    assert found.strength.tolist() == [verdict.strength if verdict else 0 for verdict in verdicts]
    assert found.has_scores.tolist() == [verdict is not None and verdict.scores is not None for verdict in verdicts]
    order = np.array([row[4] == "ba" for row in rows], dtype=np.int8)
    sides = [SIDES[code] if code >= 0 else None for code in by_side(found.winner, order)]
    assert sides == [verdict.by_side(row[4]) if verdict else None for verdict, row in zip(verdicts, rows, strict=True)]


@given(st.lists(st.tuples(POINTS, POINTS)), st.sampled_from([0.0, 0.1, 0.5]))
def test_grades_as_columns_are_compared_as_one_by_one(pairs, margin):
    a, b = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    found = [SIDES[code] for code in graded_sides(a, b, np.full(len(a), margin))]
    one_by_one = [graded_verdict([("ab", first), ("ba", second)], margin=margin) for first, second in pairs]
    assert found == [verdict.by_side("ab") for verdict in one_by_one]


# --- rules ------------------------------------------------------------------------------------------------------------


@st.composite
def games(draw):
    """Some judges that compare, some that grade, some rows of rules; each battle has its own prompt and sides."""
    keys = st.tuples(st.integers(1, 4), st.integers(1, 5), st.sampled_from(["ab", "ba"]), st.integers(0, 2))
    rows = []
    for judge, battle, order, repeat in draw(st.lists(keys, unique=True, max_size=40)):
        where = {
            "judge": judge,
            "battle": battle,
            "order": order,
            "repeat": repeat,
            "prompt": battle % 3,
            "a": 1,
            "b": 1 + battle,
        }
        kind = draw(st.sampled_from(["pair", "pair", "scored", "failed", "grade" if judge > 2 else "rule"]))
        if kind == "failed":
            rows.append(GameRow(**where, state=draw(st.sampled_from(FAILED))))
        elif kind == "grade":
            rows.append(GameRow(**where, first=draw(POINTS)))
        else:
            winner = draw(st.sampled_from(WINNERS))
            strength = draw(st.sampled_from([1, 2])) if winner in ("first", "second") else 1
            scores = {"first": draw(POINTS), "second": draw(POINTS)} if kind == "scored" else {}
            state = "rule" if kind == "rule" else "ok"
            rows.append(GameRow(**where, state=state, winner=winner, strength=strength, **scores))
    return rows


MARGINS = {1: 0.0, 2: 0.5, 3: 0.0, 4: 0.1}
WEIGHTS = {1: 1.5, 2: 0.0, 3: 0.7, 4: 0.7}


@settings(max_examples=150, deadline=None)
@given(games(), st.sampled_from(RULES))
def test_every_rule_decides_as_game_by_game(rows, rule):
    found = decide(columns_of(rows), rule, MARGINS, weights=WEIGHTS)
    expected = game_by_game.decide(map(GameAt.of, rows), rule, MARGINS, weights=WEIGHTS)
    assert [tuple(row) for row in zip(*(column.tolist() for column in found.rows.columns()), strict=True)] == expected.rows
    assert (found.n_asked, list(found.undecided.items())) == (expected.n_asked, list(expected.undecided.items()))


@settings(max_examples=150, deadline=None)
@given(games(), st.sampled_from(RULES))
def test_opinions_are_those_of_each_battle_for_itself(rows, rule):
    found, decided = opinions_of(columns_of(rows), rule, MARGINS, WEIGHTS)
    points, expected = game_by_game.opinions_of(map(GameAt.of, rows), rule, MARGINS, WEIGHTS)
    assert dict(zip(found.battle.tolist(), found.points.tolist(), strict=True)) == points
    assert (decided.n_asked, list(decided.undecided.items())) == (expected.n_asked, list(expected.undecided.items()))


@given(games())
def test_orders_say_what_their_games_say(rows):
    groups, *both = outcomes_of_orders(columns := columns_of(rows))
    rule, its = game_by_game.OrderOutcomes(), {}
    for row in rows:
        its.setdefault((row.battle, row.judge), []).append(GameAt.of(row))
    keys = zip(columns.battle[groups.first].tolist(), columns.judge[groups.first].tolist(), strict=True)
    said = [[SIDES[code] if code >= 0 else None for code in codes] for codes in both]
    assert dict(zip(keys, zip(*said, strict=True), strict=True)) == {key: rule.of(played) for key, played in its.items()}


# --- rows -------------------------------------------------------------------------------------------------------------

ROW = st.tuples(
    st.integers(-1, 9), st.integers(1, 9), st.integers(1, 2**31 - 1), st.integers(0, 3), st.integers(-1, 1),
    st.sampled_from([-1, 5, 70_000]), st.sampled_from([1.0, 0.25, 1 / 3]),
)  # fmt: skip


def _digest_of_sorted_table(rows):
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    ordered = table[np.lexsort(table.T[::-1])] if len(table) else table
    return hashlib.sha256(ordered.astype("<f8").tobytes()).hexdigest()


@given(st.lists(ROW), st.booleans())
def test_a_digest_is_that_of_the_rows_in_order(rows, alike):
    rows = [(*row[:-1], 1.0) for row in rows] if alike else rows
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    assert Rows.of(*table.T).digest() == _digest_of_sorted_table(rows)


def test_a_digest_of_ids_far_apart_is_that_of_the_rows_in_order():
    rng, n = np.random.default_rng(1), 10_000
    ids = [rng.integers(1, 2**31 - 1, size=n) for _ in range(4)]
    columns = [*ids[:3], rng.integers(4, size=n), rng.integers(2, size=n), ids[3], rng.random(n)]
    assert math.prod(len(np.unique(column)) for column in columns) > 2**62
    assert Rows.of(*columns).digest() == _digest_of_sorted_table(np.column_stack(columns))
