"""Files of judgements and gold labels are loaded in steps: voters vote in between, and a load that was killed goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DataError, connection
from django.utils import timezone

from arena.importing.files import receiving
from arena.importing.intake import FileRequest, check_file, start
from arena.importing.loading import loader
from arena.importing.loading.loader import load, retry
from arena.importing.loading.room_steps import StepByStep
from arena.leases import LeaseLost
from arena.models import Battle, Event, Import, Prompt, Response
from judges.importing.loading import judgements
from judges.models import Game, GoldItem
from tests.arena.importing.import_files import write
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]
KILLED_AFTER_SOME_STEPS = """
import sys, time, django
django.setup()
from arena.importing.loading.loader import load
from arena.importing.loading.room_steps import StepByStep
from arena.models import Import
StepByStep.texts_a_step = StepByStep.rows_a_step = 10
steps = iter(range(1000))
def wait(n_done):
    if next(steps) == int(sys.argv[1]):
        print("in the middle", flush=True)
        time.sleep(60)
load(Import.objects.get().pk, progress=wait)
"""


def judged(n, **more):
    fixed = {"judge": "careful", "order": "ab"} | more
    rows = ({"prompt": f"How much is {i} + 1?", "answer_a": f"{i + 1}", "answer_b": f"{i}"} | fixed for i in range(n))
    return "".join(json.dumps(row) + "\n" for row in rows)


def judgements_of(tmp_path, n, **more):
    return waiting(tmp_path, judged(n, label="a", **more), "judgements")


def waiting(tmp_path, content, kind):
    """A file whose check was confirmed."""
    file = receiving.keep_path(write(tmp_path, content, "file.jsonl"))
    return start(check_file(file, FileRequest("trial", kind=kind)), by=None, n_allowed=100)


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(StepByStep, "texts_a_step", 10)
    monkeypatch.setattr(StepByStep, "rows_a_step", 10)


def n_of_judgements():
    return Prompt.objects.count(), Response.objects.count(), Battle.objects.count(), Game.objects.count()


def test_a_file_comes_in_step_by_step_and_says_how_far_it_is(tmp_path, small_steps):
    source, seen = judgements_of(tmp_path, 60), []
    assert load(source.pk, progress=seen.append)
    source.refresh_from_db()
    assert (source.state, source.n_added, source.n_done) == ("published", 60, 60)
    assert n_of_judgements() == (60, 120, 60, 60)
    assert len(set(seen)) > 10
    assert seen == sorted(seen)
    assert set(Response.objects.values_list("source", flat=True)) == {source.pk}


def test_labels_come_in_step_by_step(tmp_path, small_steps):
    source, seen = waiting(tmp_path, judged(60, gold="a"), "labels"), []
    assert load(source.pk, progress=seen.append)
    source.refresh_from_db()
    assert (source.state, source.n_added, source.n_done) == ("published", 60, 60)
    assert GoldItem.objects.filter(source=source).count() == 60
    assert len(set(seen)) > 5


@pytest.mark.parametrize("n_steps", [3, 9, 11])
def test_killed_with_kill_9_it_is_taken_up_again_and_nothing_is_there_twice(tmp_path, small_steps, n_steps):
    source = judgements_of(tmp_path, 60)
    command = [sys.executable, "-c", KILLED_AFTER_SOME_STEPS, str(n_steps)]
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True)
    assert "in the middle" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    source.refresh_from_db()
    assert source.state == Import.State.LOADING
    assert 0 < Response.objects.count() <= 120
    assert source.n_added == Game.objects.count() < 60
    assert not load(source.pk)  # the dead one's lease still stands
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert load(source.pk)
    source.refresh_from_db()
    assert (source.state, source.n_added, source.n_done) == ("published", 60, 60)
    assert n_of_judgements() == (60, 120, 60, 60)
    assert Game.objects.filter(event__source=source).count() == 60


def test_voters_vote_while_it_loads(tmp_path, small_steps):
    arena = make_arena("trial")
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)
    source, waits = judgements_of(tmp_path, 200), []
    thread = Thread(target=lambda: (load(source.pk), connection.close()))
    thread.start()
    while thread.is_alive():
        began = time.monotonic()
        make_vote(battle)
        waits.append(time.monotonic() - began)
    thread.join()
    source.refresh_from_db()
    assert source.state == Import.State.PUBLISHED
    assert Game.objects.count() == 200
    assert battle.votes.count() == len(waits) >= 10


def test_a_load_that_lost_its_lease_writes_nothing_more(tmp_path, small_steps):
    source = judgements_of(tmp_path, 60)
    steps = iter(range(100))

    def be_robbed(n_done):
        if next(steps) == 8:
            Import.objects.filter(pk=source.pk).update(lease_token="somebody else's")

    with pytest.raises(LeaseLost):
        load(source.pk, progress=be_robbed)
    n_games = Game.objects.count()
    source.refresh_from_db()
    assert source.state == Import.State.LOADING
    assert source.n_added == n_games < 60


def test_what_a_failed_load_brought_does_not_count_until_it_is_tried_again(tmp_path, small_steps, monkeypatch):
    source = judgements_of(tmp_path, 60)
    add, calls = judgements._add, iter(range(100))

    def broken(*args):
        if next(calls) == 3:
            raise DataError("value too long")
        return add(*args)

    with monkeypatch.context() as patch:
        patch.setattr(judgements, "_add", broken)
        load(source.pk)
    source.refresh_from_db()
    assert source.state == Import.State.FAILED
    assert Game.objects.count() == 30
    assert not Game.objects.counted().exists()
    retry(source.pk)
    assert load(source.pk)
    source.refresh_from_db()
    assert (source.state, source.n_added) == ("published", 60)
    assert Game.objects.counted().count() == 60
    assert loader.BROKEN_OFF not in source.report


def test_a_file_with_one_bad_row_writes_nothing(tmp_path):
    file = write(tmp_path, judged(30, label="a") + judged(1, label="nonsense"), "file.jsonl")
    with pytest.raises(CommandError, match="line 31"):
        call_command("import_judgements", file, arena="trial")
    assert not Import.objects.exists()
    assert not Prompt.objects.exists()


def test_the_commands_load_in_steps_and_add_nothing_the_second_time(tmp_path, small_steps, capsys):
    make_arena("trial")
    file = write(tmp_path, judged(30, label="a"), "file.jsonl")
    labels = write(tmp_path, judged(30, gold="a"), "labels.jsonl")
    for n_added in (30, 0):
        call_command("import_judgements", file, arena="trial")
        assert f"{n_added} of 30 games were new" in capsys.readouterr().out
        call_command("import_gold", labels, arena="trial")
    assert [(each.state, each.n_added, each.n_done) for each in Import.objects.all()] == [("published", 30, 30)] * 2
    assert Event.objects.filter(kind="games_decided").count() == 3
    assert n_of_judgements() == (30, 60, 30, 30)
    assert GoldItem.objects.count() == 30


def _environment():
    """Another process on this test's database and files."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    own = {"DATABASE_URL": url, "AGON_DATA_DIR": str(settings.DATA_DIR), "AGON_SECRET_KEY": settings.SECRET_KEY}
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "arena.config.settings", **own}
