"""Kill it at any moment: after a restart nothing is lost and nothing counted twice.

Real processes, real files, `kill -9`. What a voter was told is in must be in; what nobody was told may be in or not, once.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
from http.client import HTTPException

import pytest

from tests import machine
from tests.machine import Browser, wait_for

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc")
N_VOTERS = 3


@pytest.fixture
def here(tmp_path):
    with machine.new_machine(tmp_path) as here:
        yield here


class Crowd:
    """Voters who vote until they are told to stop, or the site goes away."""

    def __init__(self, site):
        self.n_told, self.n_failed = 0, 0
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._vote, args=[Browser(site)]) for _ in range(N_VOTERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *args):
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def _vote(self, browser):
        while not self._stopped.is_set():
            try:
                is_in = browser.vote()
            except (OSError, HTTPException):  # the site went away: whether this one is in, nobody knows
                self._count(failed=1)
                return
            self._count(told=is_in)

    def _count(self, *, told=0, failed=0):
        with self._lock:
            self.n_told += told
            self.n_failed += failed


def _n_cast(here):
    """Votes that came over the pages."""
    return here.value("SELECT count(*) FROM arena_vote WHERE source_id IS NULL")


def _board(here):
    """Votes behind the newest snapshot of the arena's own board."""
    return here.value(
        "SELECT n_votes FROM ranking_snapshot s JOIN ranking_leaderboard b ON b.id = s.leaderboard_id"
        " WHERE b.slug = 'sample' ORDER BY s.id DESC LIMIT 1"
    )


def _has_settled(here):
    """Every vote has its place in the ledger, and the board has them all."""
    n_waiting = here.value("SELECT count(*) FROM arena_event WHERE position IS NULL")
    return not n_waiting and _board(here) == here.value("SELECT count(*) FROM arena_vote")


def _is_whole(here):
    """Nothing half, nothing twice."""
    n_votes, n_events = _n_cast(here), here.value("SELECT count(*) FROM arena_event WHERE vote_id IS NOT NULL")
    assert n_votes == n_events
    positions = [position for (position,) in here.rows("SELECT position FROM arena_event ORDER BY position")]
    assert positions == list(range(1, len(positions) + 1))
    (n_competitors,) = here.rows("SELECT count(*) FROM arena_competitor")[0]
    sizes = here.rows(
        "SELECT count(e.id) FROM ranking_snapshot s JOIN ranking_leaderboard b ON b.id = s.leaderboard_id"
        " LEFT JOIN ranking_entry e ON e.snapshot_id = s.id WHERE b.slug = 'sample' GROUP BY s.id"
    )
    assert {size for (size,) in sizes} == {n_competitors}


def _settles(here, *, seconds=45):
    wait_for(lambda: _has_settled(here), seconds=seconds)
    _is_whole(here)


def _lets_leases_run_out(here):
    """The minute that a dead worker's lease would still stand."""
    for table in ("ranking_leaderboard", "arena_import"):
        with machine.connected(here) as connection:
            connection.execute(f"UPDATE {table} SET lease_until = '2000-01-01 00:00:00' WHERE lease_until IS NOT NULL")


def test_the_whole_site_killed_while_people_vote(here):
    with machine.running_site(here) as site, Crowd(site) as crowd:
        wait_for(lambda: crowd.n_told >= 10, seconds=60)
        site.process.kill()
    n_cast = _n_cast(here)
    assert crowd.n_told <= n_cast <= crowd.n_told + N_VOTERS
    _lets_leases_run_out(here)
    with machine.running_site(here):
        _settles(here)
    assert _n_cast(here) == n_cast


def test_the_worker_killed_while_it_fits_a_board(here):
    with machine.running_site(here) as site:
        voter = Browser(site)
        wait_for(lambda: _is_killed_in_a_fit(here, site, voter), seconds=60)
        assert _board(here) < here.value("SELECT count(*) FROM arena_vote")
        _lets_leases_run_out(here)
        _settles(here)


def _is_killed_in_a_fit(here, site, voter):
    """Whether the kill hit: the dead worker's claim still stands."""
    voter.vote()
    with machine.connected(here) as connection:
        claimed = "SELECT count(*) FROM ranking_leaderboard WHERE slug = 'sample' AND lease_token <> ''"
        with contextlib.suppress(AssertionError):
            wait_for(lambda: connection.execute(claimed).fetchone()[0], seconds=8)
        site.kill_worker()
        time.sleep(0.2)
        hit = connection.execute(claimed).fetchone()[0]
    if not hit:
        wait_for(lambda: any("celery" in machine.command_line(pid) for pid in machine.children(site.process.pid)), seconds=20)
    return hit


def test_worker_and_site_killed_during_an_import(here, tmp_path):
    source = _start_import(here, tmp_path)
    with machine.running_site(here) as site:
        wait_for(lambda: _n_done(here, source) > 0, seconds=60)
        site.kill_worker()
        _is_cut_short(here, source)
        wait_for(lambda: _n_done(here, source) > N_ROWS / 2, seconds=60)
        site.process.kill()
        _is_cut_short(here, source)
    with machine.running_site(here):
        wait_for(lambda: _state(here, source) == "published", seconds=60)
        _every_row_is_there_once(here, source)
        wait_for(lambda: here.rows(IMPORTED_BOARD) == [(N_ROWS,)], seconds=60)


N_ROWS = 40_000
IMPORTED_BOARD = (
    "SELECT n_votes FROM ranking_snapshot s JOIN ranking_leaderboard b ON b.id = s.leaderboard_id WHERE b.slug = 'imported'"
)


def _start_import(here, tmp_path):
    """The number of an import that waits for a worker, as an upload leaves it."""
    file = tmp_path / "votes.csv"
    with file.open("w") as out:
        out.write("question_id,model_a,model_b,winner,judge\n")
        for n in range(N_ROWS):
            out.write(f"q{n},model {n % 7},model {7 + n % 5},{('model_a', 'model_b', 'tie')[n % 3]},voter {n % 50}\n")
    return int(
        here.python(
            "from pathlib import Path\n"
            "from arena.importing.checks.whole_file import check\n"
            "from arena.importing.files.receiving import keep_path, register\n"
            "from arena.models import Arena\n"
            f"file = keep_path(Path({str(file)!r}))\n"
            "how = dict(kind='battles', format_name='chatbot-arena')\n"
            "report = check(file.path, filename=file.filename, arena=None, **how)\n"
            "print(register(file, Arena.objects.create(slug='imported', name='Imported'), report=report, **how).pk)"
        )
    )


def _n_done(here, source):
    return here.value("SELECT n_done FROM arena_import WHERE id = ?", source)


def _state(here, source):
    return here.value("SELECT state FROM arena_import WHERE id = ?", source)


def _is_cut_short(here, source):
    """Part of the rows are in, none counts, and the dead worker's claim stands until its lease runs out."""
    assert 0 < _n_done(here, source) < N_ROWS
    assert _state(here, source) == "loading"
    assert here.rows(IMPORTED_BOARD) == []
    _lets_leases_run_out(here)


def _every_row_is_there_once(here, source):
    assert here.value("SELECT n_added FROM arena_import WHERE id = ?", source) == N_ROWS
    assert here.value("SELECT count(*) FROM arena_battle WHERE source_id = ?", source) == N_ROWS
    assert here.value("SELECT count(*) FROM arena_vote WHERE source_id = ?", source) == N_ROWS
    assert here.value("SELECT count(DISTINCT battle_id) FROM arena_vote WHERE source_id = ?", source) == N_ROWS
    assert here.rows("SELECT kind, before, after FROM arena_event WHERE source_id = ?", source) == [
        ("import_published", "loading", "published")
    ]


def test_the_brokers_files_deleted_while_people_vote(here):
    with machine.running_site(here) as site:
        with Crowd(site) as crowd:
            until = time.monotonic() + 4
            while time.monotonic() < until:
                shutil.rmtree(here.folder / "broker", ignore_errors=True)
                time.sleep(0.05)
        assert crowd.n_failed == 0
        assert _n_cast(here) == crowd.n_told > 0
        _settles(here)


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_redis_killed_while_people_vote(tmp_path):
    port = machine.free_port()
    with machine.new_machine(tmp_path, broker_url=f"redis://127.0.0.1:{port}/0") as here, _redis(port, tmp_path) as redis:
        with machine.running_site(here) as site:
            with Crowd(site) as crowd:
                wait_for(lambda: crowd.n_told >= 5, seconds=60)
                redis.kill()
                redis.wait()
                n_told = crowd.n_told
                wait_for(lambda: crowd.n_told >= n_told + 5, seconds=60)  # a vote needs no broker
            assert crowd.n_failed == 0
            with _redis(port, tmp_path):
                _settles(here, seconds=60)
                wait_for(lambda: _is_ready(site), seconds=60)
        assert _n_cast(here) == crowd.n_told


@contextlib.contextmanager
def _redis(port, folder):
    command = ["redis-server", "--port", str(port), "--dir", str(folder), "--save", "", "--bind", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def _is_ready(site):
    try:
        return "worker: ok" in site.get("readyz")
    except urllib.error.HTTPError:
        return False


@pytest.mark.slow
def test_a_dead_workers_board_is_taken_over_when_its_lease_has_run_out_by_itself(here):
    """The same as above without turning the clock: it takes the minute that it takes."""
    with machine.running_site(here) as site:
        voter = Browser(site)
        wait_for(lambda: _is_killed_in_a_fit(here, site, voter), seconds=60)
        _settles(here, seconds=120)


@pytest.mark.slow
def test_a_worker_that_is_killed_again_and_again(here):
    with machine.running_site(here) as site:
        with Crowd(site) as crowd:
            for _ in range(6):
                time.sleep(3)
                with contextlib.suppress(ValueError):  # it is just being started
                    site.kill_worker()
        assert crowd.n_failed == 0
        assert _n_cast(here) == crowd.n_told
        _settles(here, seconds=180)


@pytest.mark.slow
def test_a_site_that_is_killed_again_and_again(here):
    n_told = 0
    for number in range(4):
        with machine.running_site(here) as site, Crowd(site) as crowd:
            time.sleep(2 + number)
            os.kill(site.process.pid, signal.SIGKILL)
        n_told += crowd.n_told
        assert n_told <= _n_cast(here) <= n_told + N_VOTERS * (number + 1)
    with machine.running_site(here):
        _settles(here, seconds=180)
