"""What a run will cost, from calls that are over."""

import numpy as np
import pytest
from django.utils import timezone

from arena.models import Attempt, Call, Endpoint
from arena.runs.forecasting import PastCall, forecast, past_calls
from tests.arena.runs.rows import make_run

pytestmark = pytest.mark.django_db


def test_a_forecast_holds_the_true_cost_95_times_in_100():
    rng = np.random.default_rng(7)
    n_held = 0
    for _ in range(1_000):
        bounds = rng.integers(500, 2_000, size=220)
        costs = (bounds * rng.beta(2, 6, size=220)).astype(int)
        past = [PastCall(int(bound), int(cost)) for bound, cost in zip(bounds[:20], costs[:20], strict=True)]
        found = forecast(past, n_calls=200, bound=int(bounds[20:].sum()))
        n_held += found.low <= costs[20:].sum() <= found.high
    assert 930 <= n_held <= 970


def test_it_follows_the_bound_where_the_calls_to_come_are_larger():
    past = [PastCall(100, 25)] * 10
    found = forecast(past, n_calls=10, bound=10_000)
    assert (found.cost, found.low, found.high, found.n) == (2_500, 2_500, 2_500, 10)


def test_too_few_calls_and_free_ones_foresee_nothing():
    assert forecast([PastCall(100, 25)] * 4, n_calls=10, bound=1_000) is None
    assert forecast([PastCall(0, 0)] * 40, n_calls=10, bound=0) is None


def test_a_call_costs_what_all_its_attempts_cost_and_is_held_against_its_first_bound():
    run = make_run(Endpoint.objects.create(name="one", model="fake", base_url="http://127.0.0.1:1/v1"), n_calls=2)
    call = Call.objects.filter(run=run).first()
    for reserved, cost, state in ((100, 40, "failed"), (150, 150, "lost"), (200, 70, "ok")):
        said = {"reserved": reserved, "cost": cost, "state": state}
        Attempt.objects.create(call=call, endpoint=call.endpoint, sent_at=timezone.now(), **said)
    assert past_calls(Call.objects.filter(run=run)) == []
    Call.objects.filter(pk=call.pk).update(state=Call.State.DONE)
    assert past_calls(Call.objects.filter(run=run)) == [PastCall(100, 110)]
