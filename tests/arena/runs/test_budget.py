"""The most that a call can cost is held before it is sent: the cap is never passed, and all that fits is sent."""

import pytest

from arena.models import Attempt, Call, Run
from arena.models.endpoints import DOLLAR
from arena.runs import budget, control
from judges.fakellm.script import Script
from tests.arena.runs.rows import fake, make_endpoint, make_run, work, work_in_threads
from tests.factories import make_arena

pytestmark = pytest.mark.django_db(transaction=True)
CENT = DOLLAR // 100


def _cent_endpoint(server):
    """A call of `Asking` may cost exactly one cent: 1,000 tokens out at ten dollars a million, input free."""
    return make_endpoint(server, price_out=10 * DOLLAR)


def test_a_cap_of_a_dollar_is_a_hundred_calls_of_a_cent_and_raised_by_half_fifty_more(settings):
    with fake(Script(usage="bound", latency=0.01), settings) as server:
        run = work(make_run(_cent_endpoint(server), 300, cap=DOLLAR))
        assert len(server.requests) == 100
        assert (run.state, run.spent, run.reserved) == (Run.State.PAUSED, DOLLAR, 0)
        assert run.paused_because.startswith("budget: $1.00 of $1.00 spent")
        control.raise_cap(run, DOLLAR * 3 // 2)
        assert run.state == Run.State.RUNNING
        work(run)
    assert len(server.requests) == 150
    assert (run.state, run.spent) == (Run.State.PAUSED, 150 * CENT)


def test_two_engines_share_one_cap(settings):
    with fake(Script(usage="bound", latency=0.01), settings) as server:
        run = work_in_threads(make_run(_cent_endpoint(server), 300, cap=DOLLAR), 2)
    assert len(server.requests) == 100
    assert (run.state, run.spent, run.reserved) == (Run.State.PAUSED, DOLLAR, 0)


@pytest.mark.parametrize("tokens_out", [700, 130])
def test_with_shorter_replies_no_call_is_left_that_could_be_paid(settings, tokens_out):
    with fake(Script(usage=(10, tokens_out), latency=0.01), settings) as server:
        run = work(make_run(_cent_endpoint(server), 1_000, cap=20 * CENT))
    each = tokens_out * 10
    assert run.spent == len(server.requests) * each
    assert run.cap - CENT < run.spent <= run.cap
    assert (run.state, run.reserved) == (Run.State.PAUSED, 0)


def test_a_dear_call_does_not_keep_a_cheap_one_from_going(settings):
    with fake(Script(usage="bound"), settings) as server:
        dear, cheap = _cent_endpoint(server), make_endpoint(server, price_out=DOLLAR)
        run = make_run(dear, 5, cap=CENT // 2)
        Call.objects.bulk_create([Call(run=run, endpoint=cheap, place=place) for place in range(5, 20)])
        work(run)
    assert Call.objects.filter(state=Call.State.DONE).count() == 5
    assert (run.spent, run.state) == (CENT // 2, Run.State.PAUSED)


def test_failed_attempts_cost_nothing_where_the_server_said_no_and_all_where_nobody_knows(settings):
    with fake(Script(behaviours=("server_error", "drop"), usage=(0, 500)), settings) as server:
        run = work(make_run(_cent_endpoint(server), 2), idle_seconds=10)
    costs = dict(Attempt.objects.filter(state="failed").values_list("status", "cost"))
    assert costs == {500: 0, None: CENT}
    assert run.spent == sum(Attempt.objects.values_list("cost", flat=True)) == CENT + 2 * CENT // 2


def test_a_server_that_charges_more_than_was_held_stops_the_run(settings):
    with fake(Script(usage=(0, 8_000)), settings) as server:  # eight times the limit: thinking that did not count in it
        run = work(make_run(_cent_endpoint(server), 50, cap=5 * CENT), n_threads=1)
    assert run.state == Run.State.PAUSED
    assert "charged more" in run.paused_because
    assert len(server.requests) == 1
    assert (run.spent, run.bounded) == (8 * CENT, 0)


@pytest.mark.parametrize("usage", [(10**9, 10**9), (10, 8_001), (10**6, 5)])
def test_counts_that_a_call_cannot_have_had_are_not_booked(settings, usage):
    with fake(Script(usage=usage), settings) as server:
        run = work(make_run(_cent_endpoint(server), 3, cap=DOLLAR))
    assert (run.state, run.spent, run.bounded) == (Run.State.DONE, 3 * CENT, 3 * CENT)
    attempt = Attempt.objects.first()
    assert (attempt.state, attempt.cost, attempt.tokens_in, attempt.tokens_out) == ("ok", CENT, None, None)
    assert attempt.cost_is_bound
    assert f"counts {usage[0]:,} tokens in and {usage[1]:,} out" in attempt.error


def test_a_refusal_that_charges_what_cannot_be_is_booked_as_its_bound(settings):
    with fake(Script(behaviours=("broken_choice",), usage=(10**9, 10**9)), settings) as server:
        run = work(make_run(_cent_endpoint(server), 1, cap=DOLLAR), idle_seconds=10)
    assert list(Attempt.objects.values_list("cost", "state")) == [(CENT, "failed"), (CENT, "ok")]
    assert (run.spent, run.bounded) == (2 * CENT, 2 * CENT)


def _over_its_cap(settings, server, **changes):
    run = work(make_run(_cent_endpoint(server), 5, cap=5 * CENT), n_threads=1)
    assert (run.state, run.spent) == (Run.State.PAUSED, 8 * CENT)
    Run.objects.filter(pk=run.pk).update(**changes)
    run.refresh_from_db()
    return run


def test_a_run_over_its_cap_says_what_to_do_and_goes_on_with_another(settings):
    with fake(Script(usage=(0, 8_000)), settings) as server:
        run = _over_its_cap(settings, server)
        assert "set a cap of $0.08 or more, or none" in run.paused_because
        with pytest.raises(control.NotPossible, match=r"stays paused: \$0.08 are spent or held, over its cap of \$0.05"):
            control.resume(run)
        server.script = Script(usage="bound")
        control.raise_cap(run, 10 * CENT)
        assert work(run).spent == 10 * CENT
        control.raise_cap(run, None)
        assert (work(run).state, run.spent) == (Run.State.DONE, 12 * CENT)


def test_a_run_over_its_cap_can_be_cancelled(settings):
    with fake(Script(usage=(0, 8_000)), settings) as server:
        run = _over_its_cap(settings, server)
        control.cancel(run)
    assert run.state == Run.State.CANCELLED
    assert not Call.objects.waiting().filter(run=run).exists()


@pytest.mark.parametrize("state", [Run.State.DONE, Run.State.FAILED])
def test_failed_calls_of_a_run_over_its_cap_wait_for_another_cap(settings, state):
    with fake(Script(usage=(0, 8_000)), settings) as server:
        run = _over_its_cap(settings, server, state=state)
        Call.objects.waiting().filter(run=run).update(state=Call.State.FAILED, outcome="error")
        with pytest.raises(control.NotPossible, match="stays as it is"):
            control.again(run)
    assert Call.objects.filter(run=run, state=Call.State.FAILED).count() == 4


def test_what_is_spent_over_the_cap_is_told(settings):
    with fake(Script(usage=(0, 8_000)), settings) as server:
        run = _over_its_cap(settings, server)
    assert control.progress(run).over == 3 * CENT


def test_no_cap_is_set_below_what_is_spent(settings):
    with fake(Script(usage="bound"), settings) as server:
        run = work(make_run(_cent_endpoint(server), 10, cap=DOLLAR))
    with pytest.raises(control.NotPossible, match=r"\$0.10 are spent or held already: the cap cannot be \$0.05"):
        control.raise_cap(run, 5 * CENT)


def test_what_is_held_for_other_calls_is_not_free():
    run = Run.objects.create(arena=make_arena(), kind=Run.Kind.JUDGE, state=Run.State.RUNNING, cap=100, reserved=60, spent=30)
    with pytest.raises(budget.OverTheCap):
        budget.reserve(run, 11)
    budget.reserve(run, 10)
    run.refresh_from_db()
    assert (run.reserved, run.spent) == (70, 30)
