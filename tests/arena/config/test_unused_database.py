"""A filled SQLite file that lies unused is named: a variable that names another database moves nothing there."""

import sqlite3

import pytest

from arena.operations.unused_database import unused_database
from tests.machine import Machine, migrated_machine, running_site


def filled(path, n_arenas=1, n_votes=0):
    with sqlite3.connect(path) as file:
        for table, n in (("arena_arena", n_arenas), ("arena_vote", n_votes)):
            file.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
            file.executemany(f"INSERT INTO {table} VALUES (?)", [(i,) for i in range(n)])
    file.close()


@pytest.fixture
def file(tmp_path, settings):
    settings.DATABASE_FILE = tmp_path / "agon #1?.sqlite3"
    return settings.DATABASE_FILE


@pytest.mark.django_db
def test_what_lies_unused_is_counted(file):
    filled(file, 2, 1234)
    assert unused_database().startswith(
        f"Not in use: {file}, with 2 arenas and 1,234 votes. DATABASE_URL names another database"
    )


@pytest.mark.django_db
def test_an_empty_site_another_file_and_none_are_not_told_of(file):
    assert unused_database() is None
    file.write_bytes(b"")
    assert unused_database() is None
    file.write_text("no database")
    assert unused_database() is None
    file.unlink()
    filled(file, 0)
    assert unused_database() is None


def test_serve_tells_of_it_and_leaves_it_as_it_is(tmp_path):
    before = migrated_machine(tmp_path)
    before.python("from arena.models import Arena; Arena.objects.create(slug='old', name='Old')")
    # the other file, which is not there yet, is brought up to date by itself
    with running_site(Machine(tmp_path, f"sqlite:///{tmp_path / 'other.sqlite3'}")) as site:
        assert f"Not in use: {tmp_path / 'agon.sqlite3'}, with 1 arena and 0 votes." in site.text
    assert before.rows("SELECT slug FROM arena_arena") == [("old",)]
    with running_site(before) as site:
        assert "Not in use" not in site.text
