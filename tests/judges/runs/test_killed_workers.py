"""Workers that are killed while they judge: every game has one verdict, and every request that was sent is on record."""

import random
import time
from collections import Counter

import pytest

from arena.models import Attempt
from judges.cards import called_judge
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.arena.runs.rows import engine_process
from tests.arena.runs.rows import work as work_off
from tests.judges.judging_factories import fake_endpoint, ids, make_battles

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]
N_BATTLES, N_KILLS, LEASE = 500, 20, 2
USAGE, PRICE = (10, 20), 1_000_000


def test_twenty_kills_in_a_thousand_games_cost_no_verdict(settings):
    rng = random.Random(3)
    with serving(Script(latency=(0.01, 0.1), usage=USAGE)) as server:
        run = _planned(server, settings)
        for _ in range(N_KILLS):
            _start_and_kill(run, after=rng.uniform(0, 0.7))
        run.refresh_from_db()
        assert run.state == "running", "the kills came too late to test anything"
        time.sleep(LEASE + 0.5)
        work_off(run, n_threads=64)
        seen = Counter(server.attempts())
    run.refresh_from_db()
    assert (run.state, run.reserved) == ("done", 0)
    _every_game_has_one_verdict()
    _every_request_is_on_record(run, seen)


def _planned(server, settings):
    arena, battles = make_battles(n_prompts=N_BATTLES, n_competitors=2)
    endpoint = fake_endpoint(server, settings, price_in=PRICE, price_out=PRICE)
    return plan_judging(arena, [called_judge(endpoint, "pairwise")], ids(battles))[0]


def _start_and_kill(run, *, after):
    process = engine_process(run, n_threads=16, lease_seconds=LEASE)
    process.stdout.readline()
    time.sleep(after)
    process.kill()
    process.communicate()


def _every_game_has_one_verdict():
    assert Counter(Game.objects.values_list("state", "winner")) == {("ok", "first"): 2 * N_BATTLES}
    assert Game.objects.values("battle", "order").distinct().count() == 2 * N_BATTLES
    answered = Attempt.objects.filter(state="ok")
    assert answered.values("call").distinct().count() == answered.count() == 2 * N_BATTLES


def _every_request_is_on_record(run, seen):
    """Delivered replies cost what they used; calls in flight at a kill are lost with what was held for them."""
    assert set(seen.values()) == {1}
    assert set(seen) <= set(Attempt.objects.values_list("key", flat=True))
    assert Counter(Attempt.objects.filter(state="ok").values_list("cost", flat=True)) == {sum(USAGE): 2 * N_BATTLES}
    lost = list(Attempt.objects.filter(state="lost"))
    assert lost
    assert all(attempt.cost == attempt.reserved > 0 for attempt in lost)
    assert set(Attempt.objects.values_list("state", flat=True)) == {"ok", "lost"}
    assert run.spent == 2 * N_BATTLES * sum(USAGE) + sum(attempt.cost for attempt in lost)
