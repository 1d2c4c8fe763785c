"""An import that is undone by two at once, while another one loads, or by a process that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection

from arena.evidence.curation import NotPublished, restore_import, set_aside_import
from arena.importing.loading import loader
from arena.importing.loading.loader import load
from arena.models import Event, Import, Prompt
from tests.arena.importing.import_files import imported, registered, write
from tests.factories import make_arena

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]
KILLED_IN_THE_MIDDLE = """
import os, sys, time, django
django.setup()
from arena.archiving import imported_rows
from arena.evidence.curation import set_aside_import
from arena.models import Import
imported_rows._close_ballots = lambda arena: (print("in the middle", flush=True), time.sleep(60))
set_aside_import(Import.objects.get(), "wrong file", None)
"""


def prompts(*names):
    return "id,prompt\n" + "".join(f"{name},What is {name}?\n" for name in names)


def in_use():
    return list(Prompt.objects.in_use().order_by("key").values_list("key", flat=True))


def at_once(*acts):
    barrier, results = Barrier(len(acts)), []

    def run(act):
        barrier.wait()
        try:
            results.append(act())
        except NotPublished:
            results.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_that_undo_the_same_import_make_one_event(tmp_path):
    source = imported(write(tmp_path, prompts("a", "b")), "csv", make_arena(), kind="prompts")
    undo = [lambda: set_aside_import(Import.objects.get(), "wrong file", None)] * 2
    assert sorted(at_once(*undo)) == [False, True]
    assert in_use() == []
    assert Event.objects.filter(source=source).count() == 1


def test_one_restores_while_the_other_undoes(tmp_path):
    imported(write(tmp_path, prompts("a", "b")), "csv", make_arena(), kind="prompts")
    at_once(
        lambda: set_aside_import(Import.objects.get(), "wrong file", None), lambda: restore_import(Import.objects.get(), None)
    )
    state = Import.objects.get().state
    assert in_use() == (["a", "b"] if state == "published" else [])


def test_two_imports_with_the_same_rows_undone_at_once_leave_nothing(tmp_path):
    arena = make_arena()
    first = imported(write(tmp_path, prompts("a", "b"), "one"), "csv", arena, kind="prompts")
    second = imported(write(tmp_path, prompts("b", "c"), "two"), "csv", arena, kind="prompts")
    at_once(*(lambda pk=each.pk: set_aside_import(Import.objects.get(pk=pk), "x", None) for each in (first, second)))
    assert in_use() == []
    at_once(*(lambda pk=each.pk: restore_import(Import.objects.get(pk=pk), None) for each in (first, second)))
    assert in_use() == ["a", "b", "c"]


def test_an_import_that_is_undone_while_another_with_its_rows_loads_leaves_the_shared_rows_to_that_one(tmp_path, monkeypatch):
    arena = make_arena()
    first = imported(write(tmp_path, prompts("a", "b"), "one"), "csv", arena, kind="prompts")
    second = registered(write(tmp_path, prompts("b", "c"), "two"), "csv", arena, kind="prompts")
    publish = loader._publish

    def undone_before(*args):
        with pytest.raises(NotPublished, match="only an import that is complete"):
            set_aside_import(Import.objects.get(pk=second.pk), "x", None)
        assert set_aside_import(first, "x", None)
        assert in_use() == ["c"]
        publish(*args)

    monkeypatch.setattr(loader, "_publish", undone_before)
    assert load(second.pk)
    assert in_use() == ["b", "c"]


def test_killed_with_kill_9_in_the_middle_nothing_is_undone(tmp_path):
    source = imported(write(tmp_path, prompts("a", "b")), "csv", make_arena(), kind="prompts")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE], cwd=ROOT, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    assert "in the middle" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert in_use() == ["a", "b"]
    source.refresh_from_db()
    assert source.state == Import.State.PUBLISHED
    assert not Event.objects.filter(source=source).exists()
    assert set_aside_import(source, "wrong file", None)
    assert in_use() == []


def _environment(folder):
    """Another process on this test's database and files."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    own = {"DATABASE_URL": url, "AGON_DATA_DIR": str(folder), "AGON_SECRET_KEY": settings.SECRET_KEY}
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "arena.config.settings", **own}
