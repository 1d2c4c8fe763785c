"""A call that fails whatever is done holds up neither the others of its run nor its endpoint."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from arena.models import Attempt, Call, Endpoint, Run
from arena.runs.pacing import adaptive_rate
from arena.runs.pacing.adaptive_rate import AttemptReport, RateLimits
from judges.fakellm.script import Script, ScriptRule
from tests.arena.runs.rows import add_calls, fake, make_endpoint, make_run, work, work_in_threads

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
BAD = range(3)


def _spoiling(behaviour, **more):
    return Script(rules=tuple(ScriptRule(f"Question {place:06d}", behaviour) for place in BAD), **more)


def _sent(places):
    return Attempt.objects.filter(call__place__in=places).count()


@pytest.mark.django_db(transaction=True)
def test_calls_that_are_always_refused_for_speed_let_the_others_go_first(settings, monkeypatch):
    monkeypatch.setattr("arena.runs.pacing.retry_policy.MOST_REFUSALS_ALONE", 3)
    with fake(_spoiling("rate_limit"), settings) as server:
        run = work(make_run(make_endpoint(server, requests_per_minute=None), 20), idle_seconds=20)
    assert Call.objects.filter(run=run, outcome="ok").count() == 17
    others = Attempt.objects.filter(state="ok").order_by("finished_at").last()
    refused_before = Attempt.objects.filter(status=429, sent_at__lt=others.sent_at).count()
    assert refused_before <= 12, "the others waited for them"
    assert _sent(BAD) == 3 * 4
    reasons = set(Call.objects.filter(run=run, place__in=BAD).values_list("reason", flat=True))
    assert [reason.partition(":")[0] for reason in reasons] == ["given up after 3 refusals while other calls got through"]


@pytest.mark.django_db(transaction=True)
def test_another_run_at_the_same_endpoint_goes_on_meanwhile(settings, monkeypatch):
    monkeypatch.setattr("arena.runs.pacing.retry_policy.MOST_REFUSALS_ALONE", 3)
    with fake(_spoiling("rate_limit"), settings) as server:
        endpoint = make_endpoint(server, requests_per_minute=None)
        first = make_run(endpoint, len(BAD))
        second = Run.objects.create(arena=first.arena, kind=Run.Kind.JUDGE, name="another run")
        add_calls(second, endpoint, 10, first=100)
        work(first, idle_seconds=1)
        work(second)
    second.refresh_from_db()
    assert Call.objects.filter(run=second, outcome="ok").count() == 10
    assert second.state == Run.State.DONE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("behaviour", ["server_error", "drop"])
def test_calls_that_always_break_do_not_close_the_endpoint_to_others(settings, monkeypatch, behaviour):
    monkeypatch.setattr("arena.runs.pacing.retry_policy.FIRST_WAIT", 0.2)
    with fake(_spoiling(behaviour), settings) as server:
        run = work_in_threads(make_run(make_endpoint(server), 20), 1, idle_seconds=20)
    endpoint = Endpoint.objects.get()
    assert Call.objects.filter(run=run, outcome="ok").count() == 17
    assert _sent(BAD) == 3 * 6
    assert (endpoint.open_until, endpoint.n_failures < 8) == (None, True)


def _allowance_with_passes(n):
    limits, rng = RateLimits(), random.Random(1)
    allowance = adaptive_rate.new_allowance("x", "", limits, NOON)
    adaptive_rate.learn(allowance, [AttemptReport(NOON, is_refused=True)], limits, now=NOON, rng=rng)
    later = NOON + timedelta(seconds=5)
    adaptive_rate.learn(allowance, [AttemptReport(later, is_refused=False)] * n, limits, now=later, rng=rng)
    return allowance


def _after_refusal(allowance, n_before):
    at = NOON + timedelta(seconds=6)
    adaptive_rate.learn(
        allowance, [AttemptReport(at, is_refused=True, n_before=n_before)], RateLimits(), now=at, rng=random.Random(1)
    )
    return allowance.n_refused


@pytest.mark.parametrize(("n_passed", "n_before", "n_refused"), [(20, 0, 1), (20, 1, 1), (20, 2, 0), (5, 9, 1), (0, 9, 2)])
def test_a_call_that_is_refused_again_and_again_slows_nobody_while_others_get_through(n_passed, n_before, n_refused):
    assert _after_refusal(_allowance_with_passes(n_passed), n_before) == n_refused


def test_calls_that_are_refused_between_all_others_do_not_slow_them_to_a_halt():
    """On a slow machine every refusal stands alone: none is under way while another comes back."""
    limits, rng, now = RateLimits(), random.Random(1), NOON
    allowance = adaptive_rate.new_allowance("x", "", limits, now)
    for n_before in range(8):
        for _ in BAD:
            refused_at = now + timedelta(seconds=1)
            adaptive_rate.learn(
                allowance, [AttemptReport(now, is_refused=True, n_before=n_before)], limits, now=refused_at, rng=rng
            )
            now = refused_at + timedelta(seconds=2)
            adaptive_rate.learn(
                allowance, [AttemptReport(refused_at + timedelta(seconds=1), is_refused=False)], limits, now=now, rng=rng
            )
    assert allowance.per_minute > 6


@pytest.mark.django_db(transaction=True)
def test_one_that_breaks_at_a_new_endpoint_is_tried_after_the_others(settings, monkeypatch):
    """Of an endpoint that is not proven one call goes first; it is not the same one again and again."""
    monkeypatch.setattr("arena.runs.pacing.retry_policy.FIRST_WAIT", 0.0)
    with fake(Script(rules=(ScriptRule("Question 000000", "drop"),)), settings) as server:
        work(make_run(make_endpoint(server, is_proven=False, proven_with=[]), 5), idle_seconds=20)
        asked = [request.behaviour for request in server.requests]
    assert asked[:2] == ["drop", "good"]
    assert asked.count("good") == 4


@pytest.mark.django_db(transaction=True)
def test_calls_that_always_fail_end_together_when_they_are_all_that_is_left(settings, monkeypatch):
    """One at a time, each would wait for the longest rest six times: 12 calls, 72 rests."""
    monkeypatch.setattr("arena.runs.pacing.retry_policy.FIRST_WAIT", 0.0)
    for name, seconds in [("FIRST_OPEN", 0.02), ("LONG_OPEN", 0.1), ("LONGEST_OPEN", 2.0)]:
        monkeypatch.setattr(f"arena.runs.pacing.circuit_breaker.{name}", seconds)
    began = time.monotonic()
    with fake(Script(rules=(ScriptRule("Question", "drop"),)), settings) as server:
        run = work(make_run(make_endpoint(server), 12), idle_seconds=5)
    assert time.monotonic() - began < 40
    assert run.state == Run.State.FAILED
    reasons = set(Call.objects.filter(run=run).values_list("reason", flat=True))
    assert [reason.partition(":")[0] for reason in reasons] == ["given up after 6 attempts"]
    assert _sent(range(12)) == 12 * 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("n_sent", "n_failures", "is_proven"), [(0, 20, True), (1, 9, True), (1, 20, False)])
def test_one_call_tries_alone_where_others_are_untried_or_the_endpoint_may_come_back(settings, n_sent, n_failures, is_proven):
    with fake(Script(rules=(ScriptRule("Question", "drop"),)), settings) as server:
        past = datetime(2020, 1, 1, tzinfo=UTC)
        run = make_run(make_endpoint(server, is_proven=is_proven, n_failures=n_failures, open_until=past), 5)
        Call.objects.exclude(place=0).update(n_sent=1)
        Call.objects.filter(place=0).update(n_sent=n_sent)
        work(run, idle_seconds=0.5)
    assert Attempt.objects.count() == 1
