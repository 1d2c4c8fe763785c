"""Idempotency-Key: a request that comes twice is done once, and both are answered alike."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from arena.config.tasks import clean_up
from arena.models import Arena, Competitor, IdempotentAnswer
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_user

ROWS = {"arena": "garden", "rows": [{"name": "Kestrel"}]}
KEY = "Idempotency-Key"


def send(program, body=None, key="one", path="competitors/"):
    return post(program, path, body or ROWS, **{KEY: key})


@pytest.mark.django_db
def test_a_retry_adds_nothing_and_is_answered_as_before():
    make_arena("garden")
    program = make_program()
    first, again = send(program), send(program)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Competitor.objects.count() == 1


@pytest.mark.django_db
def test_a_retry_of_what_cannot_be_done_twice_is_no_conflict():
    program = make_program()
    first, again = (send(program, {"slug": "garden", "name": "Garden"}, path="arenas/") for _ in range(2))
    assert (again.status_code, again.json(), again["Location"]) == (201, first.json(), first["Location"])
    assert send(program, {"slug": "garden", "name": "Garden"}, "two", "arenas/").status_code == 409


@pytest.mark.django_db
def test_a_key_stands_for_one_request():
    make_arena("garden")
    program = make_program()
    send(program)
    for other in (send(program, {"arena": "garden", "rows": [{"name": "Osmia"}]}), send(program, path="prompts/")):
        assert other.status_code == 422
    assert Competitor.objects.count() == 1


@pytest.mark.django_db
def test_what_was_refused_is_looked_at_anew():
    program = make_program()
    assert send(program).status_code == 404
    make_arena("garden")
    assert send(program).status_code == 201


@pytest.mark.django_db
def test_what_had_wrong_rows_is_looked_at_anew():
    make_arena("garden")
    program, rows = make_program(), {"arena": "garden", "rows": [{"prompt": "q1", "competitor": "K", "text": "x"}]}
    assert send(program, rows, path="responses/").status_code == 422
    post(program, "prompts/", {"arena": "garden", "rows": [{"id": "q1", "prompt": "Why?"}]})
    assert send(program, rows, path="responses/").status_code == 201


@pytest.mark.django_db
def test_keys_are_those_of_one_token_or_account(client):
    make_arena("garden")
    user = make_user(is_staff=True)
    client.force_login(user)
    answers = [send(each) for each in (make_program(user), make_program(user), client)]
    assert [answer.json()["n_added"] for answer in answers] == [1, 0, 0]
    assert not any("Idempotency-Replayed" in answer for answer in answers)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "a\tb", "é"])
def test_a_key_is_short_and_can_be_printed(key):
    make_arena("garden")
    response = send(make_program(), key=key)
    assert (response.status_code, list(response.json()["errors"])) == (400, [KEY])


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day():
    make_arena("garden")
    program = make_program()
    send(program)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, minutes=1))
    again = send(program)
    assert (again.json()["n_added"], "Idempotency-Replayed" in again) == (0, False)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    clean_up()
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db
def test_a_token_that_was_revoked_is_not_answered_from_memory():
    make_arena("garden")
    user = make_user(is_staff=True)
    program = make_program(user)
    send(program)
    user.api_tokens.update(revoked_at=timezone.now())
    assert send(program).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_done():
    make_arena("kitchen")
    program, answers = make_program(), []

    def ask():
        try:
            answers.append(send(program, {"slug": "garden", "name": "Garden"}, path="arenas/"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Arena.objects.filter(slug="garden").count() == 1
    assert IdempotentAnswer.objects.count() == 1
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([201, 201], [201, 409])
