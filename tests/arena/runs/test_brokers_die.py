"""The broker dies in mid-run, and then the worker: every game has one verdict, and every request is on record and paid once.

A site as `manage.py serve` runs it, its worker with its beat, and a judge over real HTTP; nothing is told to go on.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections import Counter

import pytest

from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from tests import machine
from tests.machine import wait_for

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc")
AT_ONCE = 16
USAGE = (10, 20)
COST = sum(USAGE)  # of a reply that was delivered, at a micro-dollar a token
SCRIPT = Script(judge=JudgeScript(accuracy=1.0), latency=(0.1, 0.3), usage=USAGE, keep_bodies=False)
needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


class Folder:
    """The broker that is a folder: while it is dead, its files are deleted as they come."""

    url = ""

    def __init__(self, here):
        self._folder = here.folder / "broker"
        self._is_back, self._thread = threading.Event(), threading.Thread(target=self._delete)

    def die(self):
        assert any(self._folder.iterdir())
        self._thread.start()

    def come_back(self):
        self._is_back.set()
        if self._thread.is_alive():
            self._thread.join()

    def _delete(self):
        while not self._is_back.is_set():
            shutil.rmtree(self._folder, ignore_errors=True)
            time.sleep(0.02)


class Redis:
    """A server of our own, which keeps nothing on disk."""

    def __init__(self, port, folder):
        self._command = ["redis-server", "--port", str(port), "--dir", str(folder), "--save", "", "--bind", "127.0.0.1"]
        self.come_back()

    def die(self):
        self._server.kill()
        self._server.wait()

    def come_back(self):
        self._server = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def _by_folder(tmp_path):
    with machine.new_machine(tmp_path) as here:
        broker = Folder(here)
        try:
            yield here, broker
        finally:
            broker.come_back()


@contextlib.contextmanager
def _by_redis(tmp_path):
    port = machine.free_port()
    with machine.new_machine(tmp_path, broker_url=f"redis://127.0.0.1:{port}/0") as here:
        broker = Redis(port, tmp_path)
        try:
            yield here, broker
        finally:
            broker.die()


def _start_judging(here, server, n_games):
    """The number of a run for the worker: two answers a prompt, judged in both orders."""
    return int(
        here.python(
            "from judges.cards import called_judge\n"
            "from judges.runs.planning import plan_judging\n"
            "from tests.judges.judging_factories import ids, make_battles, make_endpoint\n"
            f"arena, battles = make_battles({n_games // 2}, 2)\n"
            "prices = dict(price_in=1_000_000, price_out=1_000_000)\n"
            f"limits = dict(is_proven=True, requests_per_minute=1_000_000, max_concurrency={AT_ONCE})\n"
            f"endpoint = make_endpoint(base_url={server.openai_url!r}, **prices, **limits)\n"
            "run, _ = plan_judging(arena, [called_judge(endpoint, 'pairwise')], ids(battles))\n"
            "print(run.pk)"
        )
    )


def _state(here, run):
    return here.value("SELECT state FROM arena_run WHERE id = ?", run)


def _kill_worker(here, site):
    """`kill -9`, and the minute for which its lease would still stand; how many calls it held."""
    pid = site.kill_worker()
    wait_for(lambda: not machine.is_alive(pid), seconds=20)
    held = here.value("SELECT count(*) FROM arena_call WHERE lease_token <> ''")
    with machine.connected(here) as connection:
        connection.execute("UPDATE arena_call SET lease_until = '2000-01-01 00:00:00' WHERE lease_token <> ''")
    return held


def _attempts(here, run):
    return here.rows(
        "SELECT t.key, t.state, t.cost, t.reserved, t.call_id FROM arena_attempt t JOIN arena_call c ON c.id = t.call_id"
        " WHERE c.run_id = ?",
        run,
    )


def _every_game_has_one_verdict(here, run, n_games):
    """The right one, too: the second competitor's answers are the better ones."""
    games = here.rows(
        'SELECT battle_id, "order", repeat, state, winner, call_id, event_id FROM judges_game WHERE run_id = ?', run
    )
    assert len(games) == len({game[:3] for game in games}) == len({game[5] for game in games}) == n_games
    said = Counter((order, state, winner) for _, order, _, state, winner, _, _ in games)
    assert said == {("ab", "ok", "second"): n_games // 2, ("ba", "ok", "first"): n_games // 2}
    assert all(event is not None for *_, event in games)
    assert here.rows("SELECT state, count(*) FROM arena_call WHERE run_id = ? GROUP BY state", run) == [("done", n_games)]


def _every_request_is_on_record(here, run, server, n_games):
    """How many attempts were lost."""
    attempts = _attempts(here, run)
    keys = Counter(key for key, *_ in attempts)
    seen = Counter(server.attempts())
    assert set(seen.values()) == set(keys.values()) == {1}
    assert set(seen) <= set(keys)
    answered = [(cost, call) for _, state, cost, _, call in attempts if state == "ok"]
    assert len(answered) == len({call for _, call in answered}) == n_games
    assert {cost for cost, _ in answered} == {COST}
    lost = [(key, cost, reserved) for key, state, cost, reserved, _ in attempts if state == "lost"]
    assert len(answered) + len(lost) == len(attempts)
    assert all(cost == reserved > 0 for _, cost, reserved in lost)
    assert set(keys) - set(seen) <= {key for key, *_ in lost}  # it was killed before it could send those
    return len(lost)


def _the_sums_agree(here, run):
    ((spent, reserved),) = here.rows("SELECT spent, reserved FROM arena_run WHERE id = ?", run)
    assert reserved == 0
    assert spent == sum(cost for _, _, cost, _, _ in _attempts(here, run))
    assert spent == here.value("SELECT sum(cost) FROM judges_game WHERE run_id = ?", run)


def _survives(tmp_path, broker_of, n_games, *, kills_worker=True, seconds_away=0):
    with serving(SCRIPT) as server, broker_of(tmp_path) as (here, broker):
        here.settings["AGON_ENDPOINTS_ALLOWED"] = server.address
        with machine.running_site(here) as site:
            run = _start_judging(here, server, n_games)  # now, not before: a worker is up sooner than its site
            wait_for(lambda: len(server.requests) >= n_games // 5, seconds=90)
            broker.die()
            wait_for(lambda: len(server.requests) >= n_games // 2, seconds=90)  # a run that is under way needs no broker
            n_held = _kill_worker(here, site) if kills_worker else 0
            assert _state(here, run) == "running", "all of it was over before anything died"
            if not kills_worker:
                wait_for(lambda: _state(here, run) == "done", seconds=120)
            time.sleep(seconds_away)  # the next worker starts without a broker
            broker.come_back()
            wait_for(lambda: _state(here, run) == "done", seconds=180)
        _every_game_has_one_verdict(here, run, n_games)
        assert _every_request_is_on_record(here, run, server, n_games) == n_held <= AT_ONCE
        assert bool(n_held) == kills_worker
        _the_sums_agree(here, run)


def test_the_folder_brokers_files_and_the_worker_die(tmp_path):
    _survives(tmp_path, _by_folder, 240)


@pytest.mark.slow
@pytest.mark.parametrize("kills_worker", [True, False])
def test_the_folder_brokers_files_are_deleted_in_a_thousand_games(tmp_path, kills_worker):
    _survives(tmp_path, _by_folder, 1_000, kills_worker=kills_worker, seconds_away=8 * kills_worker)


@needs_redis
@pytest.mark.slow
def test_redis_and_the_worker_die(tmp_path):
    _survives(tmp_path, _by_redis, 240)


@needs_redis
@pytest.mark.slow
@pytest.mark.parametrize("kills_worker", [True, False])
def test_redis_is_killed_in_a_thousand_games(tmp_path, kills_worker):
    _survives(tmp_path, _by_redis, 1_000, kills_worker=kills_worker, seconds_away=8 * kills_worker)
