"""The database itself refuses evidence that does not fit together: asked in raw SQL, on both engines."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    """Two prompts, three competitors, all answers; and a battle of the first two on the first prompt."""
    arena = make_arena()
    prompts = [make_prompt(arena) for _ in range(2)]
    competitors = [make_competitor(arena) for _ in range(3)]
    answers = {(p, c): make_response(prompts[p], competitors[c]).pk for p in range(2) for c in range(3)}
    battle = make_battle(competitors[0], competitors[1], prompts[0], with_answers=True)
    return arena, prompts, competitors, answers, battle


def execute(statement, parameters):
    """PostgreSQL checks at commit: ask for the check now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        connection.check_constraints()
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def insert(contest, answer_a, answer_b, prompt=0, a=0, b=1):
    arena, prompts, competitors, answers, _ = contest
    prompt_id = None if prompt is None else prompts[prompt].pk
    execute(
        "INSERT INTO arena_battle (arena_id, prompt_id, competitor_a_id, competitor_b_id,"
        " response_a_id, response_b_id, created_at, row_key)"
        " VALUES (%s, %s, %s, %s, %s, %s, CURRENT_TIMESTAMP, %s)",
        [arena.pk, prompt_id, competitors[a].pk, competitors[b].pk, answers.get(answer_a), answers.get(answer_b), b"0" * 16],
    )


def test_a_battle_of_its_own_answers_is_taken(contest):
    insert(contest, (0, 0), (0, 1))


def test_a_battle_without_answers_is_taken(contest):
    insert(contest, None, None)
    assert contest[0].battles.count() == 2


@pytest.mark.parametrize(
    ("answer_a", "answer_b"),
    [((1, 0), (0, 1)), ((0, 0), (1, 1)), ((0, 2), (0, 1)), ((0, 0), (0, 2)), ((0, 1), (0, 0))],
    ids=["a on another prompt", "b on another prompt", "a of another competitor", "b of another competitor", "exchanged"],
)
def test_answers_of_another_prompt_or_competitor_are_refused(contest, answer_a, answer_b):
    with pytest.raises(DatabaseError):
        insert(contest, answer_a, answer_b)


def test_answers_without_a_prompt_are_refused(contest):
    with pytest.raises(DatabaseError):
        insert(contest, (0, 0), (0, 1), prompt=None)


def test_a_pair_out_of_order_is_refused(contest):
    with pytest.raises(DatabaseError):
        insert(contest, (0, 1), (0, 0), a=1, b=0)


def test_a_competitor_against_itself_is_refused(contest):
    with pytest.raises(DatabaseError):
        insert(contest, (0, 0), (0, 0), a=0, b=0)


@pytest.mark.parametrize("column", ["response_a_id", "response_b_id"])
@pytest.mark.parametrize("answer", [(1, 0), (1, 1), (0, 2)])
def test_a_battle_does_not_change_to_answers_that_do_not_fit(contest, column, answer):
    with pytest.raises(DatabaseError):
        execute(f"UPDATE arena_battle SET {column} = %s WHERE id = %s", [contest[3][answer], contest[4].pk])


def test_a_battle_does_not_move_to_another_prompt_without_its_answers(contest):
    with pytest.raises(DatabaseError):
        execute("UPDATE arena_battle SET prompt_id = %s WHERE id = %s", [contest[1][1].pk, contest[4].pk])


@pytest.mark.parametrize("column", ["competitor_a_id", "competitor_b_id"])
def test_a_battle_does_not_move_to_another_competitor(contest, column):
    with pytest.raises(DatabaseError):
        execute(f"UPDATE arena_battle SET {column} = %s WHERE id = %s", [contest[2][2].pk, contest[4].pk])


@pytest.mark.parametrize("column", ["prompt_id", "competitor_id"])
def test_an_answer_in_a_battle_stays_with_its_prompt_and_competitor(contest, column):
    _, prompts, _, answers, _ = contest
    other = prompts[1].pk if column == "prompt_id" else make_competitor(contest[0]).pk
    with pytest.raises(DatabaseError):
        execute(f"UPDATE arena_response SET {column} = %s WHERE id = %s", [other, answers[0, 0]])


def test_the_same_answers_are_served_as_one_battle_only(contest):
    battle = contest[4]
    with pytest.raises(DatabaseError):
        execute(
            "INSERT INTO arena_battle (arena_id, prompt_id, competitor_a_id, competitor_b_id,"
            " response_a_id, response_b_id, created_at)"
            " SELECT arena_id, prompt_id, competitor_a_id, competitor_b_id, response_a_id, response_b_id, created_at"
            " FROM arena_battle WHERE id = %s",
            [battle.pk],
        )


def test_a_second_vote_of_a_voter_on_a_battle_is_refused(contest):
    vote = make_vote(contest[4])
    with pytest.raises(DatabaseError):
        execute(
            "INSERT INTO arena_vote (battle_id, voter_id, outcome, first_shown, reasons, comment,"
            " is_counted, set_aside_reason, voted_at)"
            " SELECT battle_id, voter_id, 'b', '', reasons, '', is_counted, '', voted_at FROM arena_vote WHERE id = %s",
            [vote.pk],
        )


def test_an_unknown_outcome_is_refused(contest):
    vote = make_vote(contest[4])
    with pytest.raises(DatabaseError):
        execute("UPDATE arena_vote SET outcome = 'model_a' WHERE id = %s", [vote.pk])
