"""The database itself refuses games that say what they cannot: asked in raw SQL and by the ORM, on both engines."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from arena.evidence.curation import delete_arena
from judges.models import Game, GoldItem, GoldSet
from judges.verdicts.game_states import GameState
from tests.factories import make_arena, make_battle, make_competitor, make_prompt
from tests.judges.game_factories import make_call, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def battle():
    arena = make_arena()
    return make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)


def refused():
    return pytest.raises(DatabaseError)


def execute(statement, parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.parametrize(
    "state", ["ambiguous", "unparsable", "truncated", "refused", "filtered", "error", "skipped_budget", ""]
)
def test_a_game_that_did_not_end_well_takes_no_verdict(battle, state):
    with refused():
        make_game(battle, make_judge(), "tie", state=state, event=None)


@pytest.mark.parametrize("state", ["error", "refused"])
def test_a_game_that_failed_takes_no_score(battle, state):
    with refused():
        make_game(battle, make_judge(), "", state=state, score_first=3.0)


def test_a_game_that_ended_well_needs_a_verdict(battle):
    with refused():
        make_game(battle, make_judge(), "", state="ok")


def test_a_graded_answer_is_a_verdict_without_a_winner(battle):
    assert make_game(battle, make_judge(), "", state="ok", score_first=7.0).has_verdict


@pytest.mark.parametrize(("column", "value"), [("state", "won"), ("winner", "a"), ('"order"', "aa")])
def test_unknown_words_are_refused(battle, column, value):
    game = make_game(battle, make_judge())
    with refused():
        execute(f"UPDATE judges_game SET {column} = %s WHERE id = %s", [value, game.pk])


def test_one_game_an_order_and_repeat(battle):
    judge = make_judge()
    make_game(battle, judge)
    make_game(battle, judge, order="ba")
    make_game(battle, judge, repeat=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_game(battle, judge)


def test_a_run_of_another_arena_is_refused(battle):
    elsewhere = make_run(make_arena())
    with refused(), transaction.atomic():
        make_game(battle, make_judge(), run=elsewhere)
    game = make_game(battle, make_judge(), run=make_run(battle.arena))
    with refused():
        execute("UPDATE judges_game SET run_id = %s WHERE id = %s", [elsewhere.pk, game.pk])


def test_a_call_of_another_run_is_refused(battle):
    judge, run = make_judge(), make_run(battle.arena)
    call = make_call(make_run(battle.arena), judge)
    with refused():
        make_game(battle, judge, run=run, call=call)


def test_a_gold_item_of_another_arena_is_refused(battle):
    with refused():
        GoldItem.objects.create(gold_set=GoldSet.objects.create(arena=make_arena(), name="gold"), battle=battle, label="a")


def test_an_arena_goes_with_its_games(battle):
    run, judge = make_run(battle.arena), make_judge()
    make_game(battle, judge, run=run, call=make_call(run, judge))
    delete_arena(battle.arena)
    assert not Game.objects.exists()
    assert judge.pk


def test_every_state_of_a_game_has_its_text():
    assert Game.State.values == list(GameState)
