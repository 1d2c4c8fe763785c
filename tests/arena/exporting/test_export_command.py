"""manage.py export: the same rows as a page gives, whole or not at all."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from arena.evidence.page_cache import KILOBYTES
from arena.exporting import forms
from arena.exporting.access import Reader
from arena.exporting.registry import tables
from arena.exporting.tables import rows_for
from tests.arena.exporting.taking_out import furnished

pytestmark = pytest.mark.django_db


def export(*args, **options):
    out = io.StringIO()
    call_command("export", *args, "--arena", "garden", stdout=out, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def arena():
    return furnished("garden")


def test_a_file_is_written_whole_and_says_how_many_rows(tmp_path):
    path = tmp_path / "votes.jsonl"
    assert export("votes", "--to", str(path)) == f"{path}: 13 rows.\n"
    assert "voter" in json.loads(path.read_text().splitlines()[0])
    assert list(tmp_path.iterdir()) == [path]


def test_options_of_a_table_are_arguments(tmp_path):
    path = tmp_path / "pairs.jsonl"
    assert export("pairs-dpo", "--least-votes", "2", "--contested", "mark", "--to", str(path)).endswith(" rows.\n")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows
    assert all(row["n_votes"] >= 2 for row in rows)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("votes", "--least-votes", "2"), "--least-votes: votes has no such option; its options are: none"),
        (("pairs-dpo", "--source", "dogs"), "--source: 'dogs' is not known; allowed are people, judges"),
    ],
)
def test_a_wrong_call_is_one_clear_line(args, said):
    with pytest.raises(CommandError) as refused:
        export(*args)
    assert (str(refused.value), refused.value.returncode) == (said, 2)


def test_an_older_file_is_replaced_only_where_that_is_asked(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("older")
    with pytest.raises(CommandError, match="--overwrite"):
        export("votes", "--format", "csv", "--to", str(path))
    export("votes", "--format", "csv", "--to", str(path), "--overwrite")
    assert path.read_text().startswith("vote,battle")


def test_half_a_file_never_stays(tmp_path, monkeypatch):
    def broken(self, battle):
        raise RuntimeError("the database has gone")

    monkeypatch.setattr("arena.exporting.battles.BattleNames.row", broken)
    with pytest.raises(RuntimeError):
        export("battles", "--to", str(tmp_path / "battles.csv"))
    assert not list(tmp_path.iterdir())


def test_an_unknown_arena_and_a_missing_library_say_what_to_do(monkeypatch):
    with pytest.raises(CommandError, match="Available: garden"):
        call_command("export", "votes", "--arena", "meadow")
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match="pip install pyarrow"):
        export("votes", "--format", "parquet")


def test_sqlite_keeps_few_pages_while_a_table_goes_out(arena):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its pages itself")

    def pages():
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA cache_size").fetchone()[0]

    before, rows = pages(), rows_for(tables()["votes"], Reader.operator(), arena)
    next(rows)
    assert pages() == -KILOBYTES
    rows.close()
    assert pages() == before != -KILOBYTES
