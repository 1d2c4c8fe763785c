"""A machine whose clock was two hours ahead, and then right: every stored time lies in the future, and the board follows."""

import os

import pytest

from tests import machine
from tests.machine import Browser, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc"),
    pytest.mark.skipif(machine.POSTGRES, reason="moves the times that SQLite stores as text"),
]
MINUTE = 60


def _moves_all_times_ahead(here):
    """As if everything had happened two hours later than it did."""
    with machine.connected(here) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for table in tables:
            columns = [column[1] for column in connection.execute(f'PRAGMA table_info("{table}")') if column[2] == "datetime"]
            for column in columns:
                connection.execute(
                    f'UPDATE "{table}" SET "{column}" = strftime(\'%Y-%m-%d %H:%M:%f\', "{column}", \'+2 hours\')'
                    f' WHERE "{column}" IS NOT NULL'
                )


def _n_on_board(here):
    return here.value(
        "SELECT n_votes FROM ranking_snapshot s JOIN ranking_leaderboard b ON b.id = s.leaderboard_id"
        " WHERE b.slug = 'sample' ORDER BY s.id DESC LIMIT 1"
    )


def test_the_board_follows_within_a_minute(tmp_path):
    with machine.new_machine(tmp_path) as here:
        with machine.running_site(here) as site:
            Browser(site).vote()
            wait_for(lambda: _n_on_board(here) == here.value("SELECT count(*) FROM arena_vote"), seconds=MINUTE)
        _moves_all_times_ahead(here)
        assert here.value("SELECT max(created_at) > datetime('now', '+1 hour') FROM ranking_snapshot") == 1
        with machine.running_site(here) as site:
            before = _n_on_board(here)
            assert Browser(site).vote()
            wait_for(lambda: _n_on_board(here) == before + 1, seconds=MINUTE)
            assert "Traceback" not in "".join(site.log)
