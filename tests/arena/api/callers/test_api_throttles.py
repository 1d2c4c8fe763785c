"""How often a token, an account and an address may ask; the database counts for all processes."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from arena.api.callers import throttling
from arena.models import RateWindow
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db

NOON = datetime.fromisoformat("2026-11-01T12:00:00+00:00")


@pytest.fixture(autouse=True)
def _few(settings):
    settings.API_LIMITS = {"read": 3, "write": 2}
    throttling._held.clear()
    with time_machine.travel(NOON, tick=False):
        yield


def ask(client):
    return client.get("/api/v1/arenas/")


def test_each_token_and_account_and_address_has_its_own(client):
    user = make_user()
    client.force_login(user)
    callers = [client, make_program(user, scopes=["read"]), make_program(user, scopes=["read"]), Client()]
    for caller in callers:
        assert [ask(caller).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert ask(Client(REMOTE_ADDR="10.0.0.9")).status_code == 200


def test_the_headers_say_what_is_left():
    program = make_program()
    answers = [ask(program) for _ in range(4)]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"read";q=3;w=60'}
    assert [answer["RateLimit"] for answer in answers] == [f'"read";r={n};t=60' for n in (2, 1, 0, 0)]
    assert answers[-1]["Retry-After"] == "60"
    assert answers[-1]["Content-Type"] == "application/problem+json"


def test_writing_is_counted_by_itself():
    program = make_program()
    statuses = [post(program, "arenas/", {"slug": f"a{n}", "name": "A"}).status_code for n in range(3)]
    assert statuses == [201, 201, 429]
    assert ask(program).status_code == 200


def test_the_next_minute_is_a_new_one():
    program = make_program()
    assert [ask(program).status_code for _ in range(4)][-1] == 429
    with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        assert ask(program)["RateLimit"] == '"read";r=2;t=60'


def test_processes_count_together():
    """Another process is one that holds nothing yet."""
    passed = 0
    for _ in range(10):
        throttling._held.clear()
        passed += throttling.quota_for("token 1", "read", 5, NOON)[0]
    assert passed == 5


@pytest.mark.parametrize("limit", [1, 7, 19, 20, 300, 1200])
def test_no_more_pass_than_the_limit_and_few_writes_are_needed(limit, django_assert_max_num_queries):
    with django_assert_max_num_queries(7 * throttling.PARTS * 2):
        passed = sum(throttling.quota_for("token 1", "read", limit, NOON)[0] for _ in range(limit + 30))
    assert limit - throttling.PARTS < passed <= limit


def test_no_address_is_stored(client):
    ask(client)
    assert re.fullmatch("[0-9a-f]{64}", RateWindow.objects.get().key)


def test_who_is_refused_for_his_credentials_takes_nothing_of_others():
    for _ in range(5):
        assert Client(headers={"Authorization": "Bearer x"}).get("/api/v1/arenas/").status_code == 401
    assert ask(Client()).status_code == 200
    assert timezone.now() == NOON


def test_a_public_list_is_open_until_then(client):
    make_arena()
    assert len(ask(client).json()["results"]) == 1
