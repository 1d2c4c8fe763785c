"""A whole site moves to another database: all of it or nothing, with its numbers."""

import shutil
import sqlite3
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.models import JSONField, Value

from arena.config.serving.supervisor import folder_held
from arena.evidence.curation import delete_arena
from arena.models import Arena, IdempotentAnswer, Vote
from arena.operations.site_moves import TARGET, CannotMove, check_places, move_rows, target_at
from tests import machine, shared_run
from tests.factories import make_arena, make_contest, make_user
from tests.machine import POSTGRES


@pytest.fixture
def target(tmp_path):
    """An empty file of SQLite with all tables: on PostgreSQL the move is from one engine to the other."""
    path = tmp_path / "target.sqlite3"
    if POSTGRES:
        machine.Machine(tmp_path).manage("migrate", "-v0")
        path = tmp_path / "agon.sqlite3"
    else:
        shutil.copy(shared_run.migrated_database(), path)
    return path


@contextmanager
def at(path):
    """The target, opened: Django's tests let nobody open a second database, but for one without a name."""
    with target_at(f"sqlite:///{path}"):
        connections[TARGET].alias = NO_DB_ALIAS
        connections[TARGET].ensure_connection()
        connections[TARGET].alias = TARGET
        yield


def rows(path, sql):
    with sqlite3.connect(path) as file:
        return file.execute(sql).fetchall()


@pytest.mark.django_db
def test_everything_moves_with_its_numbers(target):
    gone, (arena, _competitors) = make_arena(), make_contest()
    delete_arena(gone)
    user = make_user("ann", email="ann@example.org")
    IdempotentAnswer.objects.create(
        owner="1", key="k", request="r", status=200, answer=Value(None, JSONField()), created_at=user.date_joined
    )
    last = make_arena("last")
    delete_arena(last)
    with at(target):
        check_places()
        counts = move_rows()
        assert Arena.objects.using(TARGET).get().pk == arena.pk
        assert User.objects.using(TARGET).get(username="ann").password == user.password
        new = Arena.objects.using(TARGET).create(slug="new", name="New")
        assert new.pk > last.pk  # a number that was given is not given again
        told = Vote.objects.order_by("pk").values_list("pk", "battle", "voter", "outcome", "voted_at")
        assert list(told.using(TARGET)) == list(told)
        if connections[TARGET].vendor == "postgresql":  # its planner knows of the rows that came
            with connections[TARGET].cursor() as cursor:
                cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'arena_vote'")
                assert cursor.fetchone() == (12,)
    assert counts["arena_vote"] == 12
    assert rows(target, "SELECT answer FROM arena_idempotentanswer") == [("null",)]


@pytest.mark.django_db
def test_a_move_that_ends_early_leaves_the_target_empty(target):
    make_contest()

    def stop(table, done, total):
        if table == "arena_vote":
            raise KeyboardInterrupt

    with at(target), pytest.raises(KeyboardInterrupt):
        move_rows(say=stop)
    assert rows(target, "SELECT count(*) FROM arena_arena") == [(0,)]
    assert rows(target, "SELECT count(*) FROM auth_permission") > [(50,)]


@pytest.mark.django_db
@pytest.mark.parametrize("spoil", ["a row", "a migration less"])
def test_what_is_not_an_empty_database_of_this_version_is_refused(target, spoil):
    make_arena()
    says = {"a row": "not empty: arena_removedarena", "a migration less": "different migrations"}
    with sqlite3.connect(target) as file:
        if spoil == "a row":
            file.execute(
                "INSERT INTO arena_removedarena (slug, name, last_position, removed_at) VALUES ('a', 'b', 1, '2026-01-01')"
            )
        elif spoil == "a migration less":
            file.execute("DELETE FROM django_migrations WHERE app = 'judges' AND name LIKE '0009%'")
    with at(target), pytest.raises(CannotMove, match=says[spoil]):
        move_rows()
    assert rows(target, "SELECT count(*) FROM arena_arena") == [(0,)]


@pytest.mark.django_db
def test_a_link_to_the_database_in_use_is_no_other_one(target, tmp_path, monkeypatch):
    link = tmp_path / "link.sqlite3"
    link.symlink_to(target)
    in_use = {"ENGINE": "django.db.backends.sqlite3", "NAME": target}
    with at(link):
        monkeypatch.setattr(connections["default"], "settings_dict", connections["default"].settings_dict | in_use)
        with pytest.raises(CannotMove, match="the database that this site uses already"):
            check_places()


def test_a_site_moves_by_one_command_and_back(tmp_path):
    """On PostgreSQL to a file and into a database again; on SQLite from file to file."""
    with machine.new_machine(tmp_path) as here:
        url = f"sqlite:///{tmp_path / 'moved.sqlite3'}"
        told = here.manage("move_site", "--to", url).stdout
        assert "the counts are equal." in told
        assert "13 boards: each has the evidence of its newest snapshot." in told
        assert f"Set DATABASE_URL to {url}" in told
        assert (tmp_path / "moved.sqlite3").stat().st_mode & 0o077 == 0
        again = here.manage("move_site", "--to", url, check=False)
        assert again.returncode == 1
        assert "nothing was moved: the target is not empty" in again.stderr
        with folder_held(here.folder, "http://127.0.0.1:8000/"):
            refused = here.manage("move_site", "--to", f"sqlite:///{tmp_path / 'other.sqlite3'}", check=False)
        assert refused.returncode == 2
        assert "a site already runs on" in refused.stderr
        assert not (tmp_path / "other.sqlite3").exists()
        if POSTGRES:
            _moves_back(machine.Machine(here.folder, url), here, tmp_path / "moved.sqlite3")


def _moves_back(there, here, file):
    """SQLite keeps longer texts than it was told to; PostgreSQL does not."""
    votes, to = here.value("SELECT count(*) FROM arena_vote"), shared_run.new_database()
    name = rows(file, "SELECT name FROM arena_competitor WHERE id = 1")[0][0]
    with sqlite3.connect(file) as spoilt:
        spoilt.execute("UPDATE arena_competitor SET name = ? WHERE id = 1", ["x" * 300])
    refused = there.manage("move_site", "--to", to, check=False)
    assert refused.returncode == 1
    assert "arena_competitor, the row with id 1: the target does not take it" in refused.stderr
    with sqlite3.connect(file) as mended:
        mended.execute("UPDATE arena_competitor SET name = ? WHERE id = 1", [name])
    assert "the counts are equal." in there.manage("move_site", "--to", to).stdout
    back = machine.Machine(here.folder, to)
    assert back.value("SELECT count(*) FROM arena_vote") == votes
    assert back.manage("verify_snapshot", "--newest").returncode == 0
