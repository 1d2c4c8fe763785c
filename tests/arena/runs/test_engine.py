"""The engine sends each call once, stores what comes back, and pays for what was sent. Over real HTTP."""

import time
from collections import Counter

import pytest

from arena.models import Attempt, Call, Endpoint, Run
from judges.fakellm.script import Script
from tests.arena.runs.asking import SETTLED
from tests.arena.runs.rows import fake, make_endpoint, make_run, work, work_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
State = Call.State


@pytest.fixture(autouse=True)
def _nothing_settled():
    SETTLED.clear()


def _states(run):
    return Counter(Call.objects.filter(run=run).values_list("state", "outcome"))


def _one_attempt_a_request(server):
    """Every request that the server saw has its attempt, and every attempt was sent once."""
    seen = Counter(server.attempts())
    assert set(seen.values()) <= {1}
    assert set(seen) == set(Attempt.objects.values_list("key", flat=True))


def test_every_call_is_sent_once_and_decided_once(settings):
    with fake(Script(), settings) as server:
        run = work(make_run(make_endpoint(server), 100))
    assert run.state == Run.State.DONE
    assert _states(run) == {(State.DONE, "ok"): 100}
    assert set(SETTLED.values()) == {1}
    assert len(SETTLED) == 100
    _one_attempt_a_request(server)


def test_an_attempt_keeps_what_was_asked_what_came_back_and_what_it_cost(settings):
    with fake(Script(usage=(100, 50)), settings) as server:
        run = work(make_run(make_endpoint(server, price_in=1_000_000, price_out=2_000_000), 1))
    attempt = Attempt.objects.get()
    assert attempt.request == [{"role": "user", "content": "Question 000000"}]
    assert (attempt.text, attempt.finish, attempt.model) == (Script().reply, "stop", "fake")
    assert (attempt.tokens_in, attempt.tokens_out, attempt.cost) == (100, 50, 200)
    assert (run.spent, run.reserved) == (200, 0)
    assert attempt.reply
    assert attempt.parameters


@pytest.mark.parametrize("behaviour", ["rate_limit", "server_error", "overloaded", "hang", "drop", "drop_midway"])
def test_a_call_that_fails_is_another_row_for_every_request(settings, behaviour):
    script = Script(behaviours=(behaviour,) * 3, retry_after=0.2)
    with fake(script, settings) as server:
        run = work(make_run(make_endpoint(server, timeout_seconds=1), 6), idle_seconds=15)
    assert _states(run) == {(State.DONE, "ok"): 6}
    assert len(server.requests) == 9
    _one_attempt_a_request(server)
    assert Counter(Attempt.objects.values_list("state", flat=True)) == {"ok": 6, "failed": 3}


def test_anthropic_too_sends_one_request_an_attempt(settings):
    with fake(Script(behaviours=("server_error", "drop", "hang")), settings) as server:
        endpoint = make_endpoint(server, wire=Endpoint.Wire.ANTHROPIC, timeout_seconds=1)
        Endpoint.objects.update(base_url=server.anthropic_url)
        endpoint.refresh_from_db()
        run = work(make_run(endpoint, 4), idle_seconds=15)
    assert _states(run) == {(State.DONE, "ok"): 4}
    assert len(server.requests) == 7
    _one_attempt_a_request(server)


def test_a_call_that_always_fails_is_given_up_as_an_error(settings, monkeypatch):
    monkeypatch.setattr("arena.runs.pacing.retry_policy.MOST_ATTEMPTS", 2)
    with fake(Script(mix={"server_error": 1.0}), settings) as server:
        run = work(make_run(make_endpoint(server), 2), idle_seconds=10)
    assert _states(run) == {(State.FAILED, "error"): 2}
    assert "given up after 2 attempts" in Call.objects.first().reason
    assert len(server.requests) == 4


def test_a_reply_that_was_cut_is_asked_again_once_with_twice_the_limit(settings):
    with fake(Script(truncate_below=1_500), settings) as server:
        run = work(make_run(make_endpoint(server), 3))
    assert _states(run) == {(State.DONE, "ok"): 3}
    assert len(server.requests) == 6


def test_a_reply_that_is_cut_twice_stays_cut(settings):
    with fake(Script(truncate_below=9_999), settings) as server:
        run = work(make_run(make_endpoint(server), 3))
    assert _states(run) == {(State.FAILED, "truncated"): 3}
    assert len(server.requests) == 6


@pytest.mark.parametrize(("behaviour", "outcome"), [("null_filtered", "filtered"), ("policy", "filtered")])
def test_what_was_kept_back_is_not_asked_again(settings, behaviour, outcome):
    with fake(Script(mix={behaviour: 1.0}), settings) as server:
        run = work(make_run(make_endpoint(server), 20))
    assert _states(run) == {(State.FAILED, outcome): 20}
    assert len(server.requests) == 20
    assert Endpoint.objects.get().open_until is None


def test_what_a_rule_decides_is_never_sent(settings):
    with fake(Script(), settings, kind="Ruling") as server:
        run = work(make_run(make_endpoint(server), 50))
    assert _states(run) == {(State.DONE, "ok"): 50}
    assert (len(server.requests), len(SETTLED)) == (25, 50)


def test_what_a_rule_decides_waits_for_no_allowance(settings):
    """The address may be asked twice a second at first."""
    with fake(Script(), settings, kind="RulingAll") as server:
        began = time.monotonic()
        run = work(make_run(make_endpoint(server, requests_per_minute=None), 2_000))
    assert run.state == Run.State.DONE
    assert (len(server.requests), len(SETTLED)) == (0, 2_000)
    assert time.monotonic() - began < 10


def test_two_engines_at_one_run_never_send_a_call_twice(settings):
    with fake(Script(latency=(0.0, 0.05)), settings) as server:
        run = work_in_threads(make_run(make_endpoint(server), 300), 2)
    assert _states(run) == {(State.DONE, "ok"): 300}
    assert len(server.requests) == 300
    assert set(SETTLED.values()) == {1}
    _one_attempt_a_request(server)


def test_an_endpoint_that_refuses_its_key_is_paused_and_the_other_goes_on(settings):
    with fake(Script(), settings) as server, fake(Script(mix={"unauthorized": 1.0}), settings) as bad:
        settings.ENDPOINTS_ALLOWED = {server.address, bad.address}
        run = make_run(make_endpoint(server), 20)
        closed = make_endpoint(bad)
        Call.objects.bulk_create([Call(run=run, endpoint=closed, place=place) for place in range(20, 40)])
        work(run)
    closed.refresh_from_db()
    assert closed.paused_because
    assert _states(run) == {(State.DONE, "ok"): 20, (State.WAITING, ""): 20}
    assert run.state == Run.State.PAUSED
    assert closed.name in run.paused_because


def test_a_server_that_is_down_is_left_alone_until_it_answers_again(settings, monkeypatch):
    monkeypatch.setattr("arena.runs.pacing.circuit_breaker.FIRST_OPEN", 0.2)
    monkeypatch.setattr("arena.runs.pacing.retry_policy.FIRST_WAIT", 0.1)
    with fake(Script(behaviours=("server_error",) * 20), settings) as server:
        run = work(make_run(make_endpoint(server), 60), idle_seconds=20)
    assert _states(run) == {(State.DONE, "ok"): 60}
    assert len(server.requests) == 80
    assert Endpoint.objects.get().n_failures == 0


def test_a_refused_response_format_costs_one_call(settings):
    with fake(Script(refuse=frozenset({"response_format"}), latency=0.05), settings, kind="AskingStructured") as server:
        run = work(make_run(make_endpoint(server, is_proven=False, proven_with=[]), 100), n_threads=64)
    assert _states(run) == {(State.DONE, "ok"): 100}
    assert len(server.requests) == 101
    assert Endpoint.objects.get().refused_parameters == ["response_format"]


def test_a_part_that_a_proven_endpoint_has_not_seen_is_tried_by_one_call(settings):
    with fake(Script(refuse=frozenset({"response_format"}), latency=0.05), settings, kind="AskingStructured") as server:
        run = work_in_threads(make_run(make_endpoint(server, proven_with=[]), 100), 2, n_threads=64)
    assert _states(run) == {(State.DONE, "ok"): 100}
    assert len(server.requests) == 101


def test_a_refused_temperature_loses_no_call(settings):
    with fake(Script(refuse=frozenset({"temperature"})), settings, kind="AskingWarmly") as server:
        run = work(make_run(make_endpoint(server, is_proven=False, proven_with=[]), 64), n_threads=64)
    assert _states(run) == {(State.DONE, "ok"): 64}
    assert len(server.requests) == 65


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("behaviour", ["html", "empty_body"])
def test_an_address_where_no_model_has_ever_answered_is_paused_by_its_first_web_page(settings, behaviour):
    """One call and no money; at an endpoint that has answered before it fails that one call."""
    with fake(Script(behaviours=(behaviour,)), settings) as server:
        endpoint = make_endpoint(server, is_proven=False, proven_with=[], price_in=10_000_000, price_out=10_000_000)
        run = work(make_run(endpoint, 8))
        n_asked = len(server.requests)
    endpoint.refresh_from_db()
    assert n_asked == 1
    assert "check the base URL" in endpoint.paused_because
    assert (run.spent, Call.objects.filter(run=run).exclude(outcome="").count()) == (0, 0)
