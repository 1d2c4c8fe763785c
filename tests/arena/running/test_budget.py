"""The most that a call can cost is held before it is sent: the cap is never passed, and all that fits is sent."""

import pytest

from arena.models import Attempt, Call, Run
from arena.models.endpoints import DOLLAR
from arena.running import controlling
from judges.fakellm.script import Script
from tests.arena.running.rows import fake, make_endpoint, make_run, work, work_in_threads

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
        controlling.raise_cap(run, DOLLAR * 3 // 2)
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
    with fake(Script(usage=(0, 50_000)), settings) as server:
        run = work(make_run(_cent_endpoint(server), 50, cap=10 * CENT), n_threads=1)
    assert run.state == Run.State.PAUSED
    assert "charged more" in run.paused_because
    assert len(server.requests) == 1
    assert run.spent == 50 * CENT


def test_no_cap_is_set_below_what_is_spent(settings):
    with fake(Script(usage="bound"), settings) as server:
        run = work(make_run(_cent_endpoint(server), 10, cap=DOLLAR))
    with pytest.raises(controlling.NotPossible, match=r"\$0.10 are spent or held already: the cap cannot be \$0.05"):
        controlling.raise_cap(run, 5 * CENT)
