"""A site on PostgreSQL whose tables somebody else holds, and restores that would go under a running site."""

import contextlib
import re
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from arena.config.serving.web_server import LOCK_MILLISECONDS
from tests import machine
from tests.machine import Browser

pytestmark = pytest.mark.skipif(not machine.POSTGRES, reason="of locks and sessions on a server")
N_VOTERS = 5
CAST = "SELECT count(*) FROM arena_vote WHERE source_id IS NULL"


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with machine.new_machine(tmp_path_factory.mktemp("busy")) as here:
        yield here


@pytest.fixture(scope="module")
def site(here):
    with machine.running_site(here) as site:
        yield site


@contextlib.contextmanager
def held(here, table):
    """Nobody else reads or writes the table while the block runs."""
    with psycopg.connect(here.database_url) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def cast(browser, form):
    """The status, what Retry-After says, and how long the answer took."""
    began = time.monotonic()
    try:
        status, wait = browser.cast(form) and 200, None
    except urllib.error.HTTPError as error:
        status, wait = error.code, error.headers["Retry-After"]
    return status, wait, time.monotonic() - began


def gauge(site, name):
    return float(re.search(rf"^{name} (\S+)$", site.get("metrics"), re.MULTILINE)[1])


def test_votes_on_a_table_that_is_held_are_refused_in_time_and_can_be_cast_later(here, site):
    voters = [Browser(site) for _ in range(N_VOTERS)]
    forms = [voter.form() for voter in voters]
    n_before, longest = here.value(CAST), LOCK_MILLISECONDS / 1_000
    with held(here, "arena_vote"), ThreadPoolExecutor(N_VOTERS) as pool:
        casts = [pool.submit(cast, *each) for each in zip(voters, forms, strict=True)]
        time.sleep(0.5)
        began = time.monotonic()
        assert site.get("healthz") == "ok\n"
        assert time.monotonic() - began < 1
        assert not any(each.done() for each in casts)
        answers = [each.result() for each in casts]
    assert [(status, wait) for status, wait, _ in answers] == [(503, "5")] * N_VOTERS
    assert all(longest - 1 < seconds < 2 * longest for _, _, seconds in answers), answers
    assert here.value(CAST) == n_before
    assert [cast(*each)[0] for each in zip(voters, forms, strict=True)] == [200] * N_VOTERS
    assert here.value(CAST) == n_before + N_VOTERS


def test_connections_to_the_database_are_told_to_who_watches(here, site):
    site.get()
    ours, all_of_them = (gauge(site, f"agon_database_{name}") for name in ("connections", "server_connections"))
    assert 1 <= ours <= all_of_them < gauge(site, "agon_database_server_connections_most")
    with psycopg.connect(here.database_url), psycopg.connect(here.database_url):
        assert gauge(site, "agon_database_connections") >= 3


@pytest.fixture(scope="module")
def backup(here, tmp_path_factory):
    file = tmp_path_factory.mktemp("file") / "agon.tar.gz"
    here.manage("backup", str(file))
    return file


def restore_from_elsewhere(here, backup, folder):
    """On the same database, with another data folder: its lock tells nothing."""
    folder.mkdir()
    return machine.Machine(folder, here.database_url).manage("restore", str(backup), "--yes", check=False)


def test_a_site_that_runs_from_another_folder_is_not_restored_over(here, site, backup, tmp_path):
    site.get()
    n_votes = here.value("SELECT count(*) FROM arena_vote")
    refused = restore_from_elsewhere(here, backup, tmp_path / "other")
    assert refused.returncode == 2
    assert re.search(r"a site runs on this database \([1-9]\d* open sessions?\): stop it first, then restore", refused.stderr)
    assert here.value("SELECT count(*) FROM arena_vote") == n_votes


def test_open_sessions_are_counted_whoever_holds_them(here, tmp_path, backup):
    with machine.new_machine(tmp_path) as quiet, contextlib.ExitStack() as stack:
        for n_open, words in [(1, "1 open session)"), (2, "2 open sessions)")]:
            stack.enter_context(psycopg.connect(quiet.database_url, application_name="agon"))
            refused = restore_from_elsewhere(quiet, backup, tmp_path / f"other {n_open}")
            assert refused.returncode == 2
            assert words in refused.stderr
