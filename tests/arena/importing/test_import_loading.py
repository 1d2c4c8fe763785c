"""Pass 2 may be cut short at any row, run twice, or lose its lease: what comes in comes in once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread, get_ident

import pytest
from django.conf import settings
from django.db import DataError, connection
from django.utils import timezone

from arena import tasks
from arena.evidence import curation
from arena.importing.files import receiving
from arena.importing.files.reports import ImportReport
from arena.importing.loading import bulk, loader
from arena.importing.loading.battles import BattleLoader
from arena.importing.loading.loader import load, retry
from arena.leases import LeaseLost
from arena.models import Arena, Battle, Event, Import
from tests.arena.importing.import_files import BATTLES, imported, n_rows, registered, write
from tests.factories import make_arena

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def small_transactions(monkeypatch):
    monkeypatch.setattr("arena.importing.chunks.MOST_ROWS_A_TRANSACTION", 50)


def _battles(tmp_path, n_battles, *, seed=1):
    """Many of them equal, so that ordinals matter."""
    rng = random.Random(seed)
    names = ["x", "y", "z"]
    rows = [f"{','.join(rng.sample(names, 2))},model_a,q{rng.randrange(5)},v{rng.randrange(3)}\n" for _ in range(n_battles)]
    return write(tmp_path, BATTLES + "".join(rows), "battles.csv")


class Cut(Exception):
    """The power went."""


def _load_cut_after(monkeypatch, source, *, n_chunks):
    add, done = BattleLoader.add, iter(range(n_chunks))

    def add_or_die(self, rows):
        if next(done, None) is None:
            raise Cut
        return add(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(BattleLoader, "add", add_or_die)
        with pytest.raises(Cut):
            load(source.pk)


def test_a_load_that_was_cut_short_continues_where_it_stopped(tmp_path, monkeypatch, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 300), "chatbot-arena", arena)
    _load_cut_after(monkeypatch, source, n_chunks=3)
    source.refresh_from_db()
    assert source.state == Import.State.LOADING
    assert 0 < source.n_done == Battle.objects.count() < 300
    assert n_rows(arena)[2] == 0
    assert load(source.pk)
    assert n_rows(arena) == (300, 300, 300)
    source.refresh_from_db()
    assert (source.n_done, source.n_added) == (300, 300)


def test_a_load_continues_in_transactions_of_another_size(tmp_path, monkeypatch, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 300), "chatbot-arena", arena)
    _load_cut_after(monkeypatch, source, n_chunks=3)
    monkeypatch.setattr("arena.importing.chunks.MOST_ROWS_A_TRANSACTION", 5_000)
    load(source.pk)
    assert n_rows(arena) == (300, 300, 300)


def test_no_transaction_inserts_more_than_5000_rows(tmp_path, monkeypatch):
    counts = defaultdict(list)  # of each writer
    insert = bulk.insert

    def counted(model, columns, rows):
        counts[get_ident()].append(len(rows))
        insert(model, columns, rows)

    monkeypatch.setattr(bulk, "insert", counted)
    imported(_battles(tmp_path, 6_000), "chatbot-arena", make_arena())
    transactions = [battles + votes for each in counts.values() for battles, votes in zip(each[::2], each[1::2], strict=True)]
    assert sum(transactions) == 12_000
    assert max(transactions) <= 5_000


def test_a_loader_that_lost_its_lease_writes_nothing_more(tmp_path, monkeypatch, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 300), "chatbot-arena", arena)
    add_step, steps = loader._add_step, iter(range(100))

    def add_and_be_robbed(*args):
        if next(steps) == 2:
            Import.objects.filter(pk=source.pk).update(lease_token="somebody else's")
        add_step(*args)

    monkeypatch.setattr(loader, "_add_step", add_and_be_robbed)
    with pytest.raises(LeaseLost):
        load(source.pk)
    source.refresh_from_db()
    assert 0 < source.n_done == Battle.objects.count() < 300
    assert source.lease_token == "somebody else's"
    assert source.state == Import.State.LOADING
    assert not Event.objects.exists()


def test_an_import_that_somebody_is_at_is_left_alone(tmp_path):
    source = registered(_battles(tmp_path, 10), "chatbot-arena", make_arena())
    assert Import.objects.claim(source.pk, seconds=60)
    assert not load(source.pk)
    assert not Battle.objects.exists()


def test_two_loaders_at_once_bring_every_row_once(tmp_path, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 400), "chatbot-arena", arena)
    barrier, loaded = Barrier(2), []

    def run():
        barrier.wait()
        loaded.append(load(source.pk))
        connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded) == [False, True]
    assert n_rows(arena) == (400, 400, 400)
    assert Event.objects.count() == 1


def test_two_files_with_the_same_rows_at_once_bring_them_once(tmp_path, small_transactions):
    arena = make_arena()
    (tmp_path / "more").mkdir()
    path = _battles(tmp_path, 300)
    more = write(tmp_path / "more", path.read_text() + "x,y,tie,q9,v9\n")
    sources = [registered(each, "chatbot-arena", arena) for each in (path, more)]
    barrier = Barrier(2)

    def run(source):
        barrier.wait()
        load(source.pk)
        connection.close()

    threads = [Thread(target=run, args=[source]) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Import.objects.get(pk=source.pk).state for source in sources] == ["published", "published"]
    assert n_rows(arena) == (301, 301, 301)


def test_what_the_database_refuses_is_a_failed_import_that_can_be_tried_again(tmp_path, monkeypatch, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 100), "chatbot-arena", arena)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "insert", lambda *args: (_ for _ in ()).throw(DataError("value too long")))
        load(source.pk)
    source.refresh_from_db()
    assert source.state == Import.State.FAILED
    assert source.error.startswith("the database does not take a row of it")
    assert "value too long" not in source.error
    assert not load(source.pk)
    retry(source.pk)
    assert load(source.pk)
    assert n_rows(arena) == (100, 100, 100)


def test_a_file_that_changed_or_went_after_its_check_fails_with_the_reason(tmp_path):
    arena = make_arena()
    gone = registered(_battles(tmp_path, 10), "chatbot-arena", arena)
    receiving.path_of(gone).unlink()
    load(gone.pk)
    gone.refresh_from_db()
    assert gone.state == Import.State.FAILED
    assert "its file is not in" in gone.error
    changed = registered(_battles(tmp_path, 10, seed=2), "chatbot-arena", arena)
    receiving.path_of(changed).write_text(BATTLES + "x,y,nobody,q,v\n")
    load(changed.pk)
    changed.refresh_from_db()
    assert changed.state == Import.State.FAILED
    assert "battles.csv, line 2: winner is 'nobody'" in changed.error
    assert not Battle.objects.exists()


def test_an_import_whose_arena_is_removed_meanwhile_stops(tmp_path, monkeypatch, small_transactions):
    arena = make_arena()
    source = registered(_battles(tmp_path, 300), "chatbot-arena", arena)
    monkeypatch.setattr(bulk, "has_several_writers", lambda: False)  # with more, it is the removal that fails
    with pytest.raises(LeaseLost):
        load(source.pk, progress=lambda n_done: Arena.objects.exists() and curation.delete_arena(arena))
    assert not Battle.objects.exists()
    assert not Import.objects.exists()


def test_ten_attempts_that_were_cut_short_are_enough(tmp_path):
    source = registered(_battles(tmp_path, 10), "chatbot-arena", make_arena())
    Import.objects.filter(pk=source.pk).update(n_attempts=loader.MOST_ATTEMPTS)
    load(source.pk)
    source.refresh_from_db()
    assert source.state == Import.State.FAILED
    assert "gave up after 10 attempts" in source.error


def test_the_sweep_rings_for_imports_whose_lease_ran_out(tmp_path, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.load_import, "apply_async", lambda args, **options: rung.append(args[0]))
    arena = make_arena()
    left, held, done = (registered(_battles(tmp_path, 5, seed=seed), "chatbot-arena", arena) for seed in (1, 2, 3))
    Import.objects.filter(pk=held.pk).claim(held.pk, seconds=60)
    Import.objects.filter(pk=left.pk).update(state="loading", lease_until=timezone.now() - timedelta(seconds=1))
    load(done.pk)
    tasks.sweep_imports()
    assert rung == [left.pk]


def test_the_task_loads_and_a_second_delivery_does_nothing(tmp_path):
    arena = make_arena()
    source = registered(_battles(tmp_path, 10), "chatbot-arena", arena)
    tasks.load_import(source.pk)
    tasks.load_import(source.pk)
    assert n_rows(arena) == (10, 10, 10)


def test_a_file_goes_when_its_import_is_published_and_when_nobody_confirmed_it_for_a_day(tmp_path):
    arena = make_arena()
    imported(_battles(tmp_path, 10), "chatbot-arena", arena)
    waiting = registered(_battles(tmp_path, 10, seed=2), "chatbot-arena", arena)
    old, new = (receiving.keep("f", [content]).path for content in (b"old", b"new"))
    for path in (old, receiving.path_of(waiting)):
        os.utime(path, (0, 0))
    receiving.forget_old_files()
    assert set(receiving.upload_folder().iterdir()) == {new, receiving.path_of(waiting)}


def test_the_same_bytes_twice_are_two_copies_and_the_other_still_loads(tmp_path):
    path = _battles(tmp_path, 10)
    garden, meadow = make_arena("garden"), make_arena("meadow")
    kept, refused = (receiving.keep("f", [path.read_bytes()]) for _ in range(2))
    receiving.forget(refused.path.name)
    first = registered(path, "chatbot-arena", garden)
    arriving = receiving.own_copy(kept)  # not yet registered when the other import ends
    load(first.pk)
    receiving.forget(kept.path.name)
    second = receiving.register(
        arriving, meadow, kind="battles", format_name="chatbot-arena", report=ImportReport(first.n_rows, {}, [])
    )
    receiving.forget(arriving.path.name)
    load(second.pk)
    assert (n_rows(garden), n_rows(meadow)) == ((10, 10, 10), (10, 10, 10))
    assert list(receiving.upload_folder().iterdir()) == []


def test_a_file_that_comes_again_serves_an_import_whose_own_is_gone(tmp_path):
    path = _battles(tmp_path, 10)
    source = registered(path, "chatbot-arena", make_arena())
    receiving.path_of(source).unlink()
    again, idle = (receiving.keep("f", [path.read_bytes()]) for _ in range(2))
    for file in (again, idle):
        receiving.adopt(file, source)
        receiving.forget(file.path.name)
    assert (receiving.path_of(source), idle.path.exists()) == (again.path, False)


def test_sqlite_syncs_every_commit_again_after_the_load(tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL")
    imported(_battles(tmp_path, 10), "chatbot-arena", make_arena())
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (1000,)


def test_killed_with_kill_9_and_run_again_it_continues(tmp_path):
    path = _battles(tmp_path, 60_000)
    command = [sys.executable, "manage.py", "import_battles", str(path), "--format", "chatbot-arena", "--arena", "killed"]
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + 120
    while not (n_done := Import.objects.values_list("n_done", flat=True).first()):
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    source, arena = Import.objects.get(), Arena.objects.get(slug="killed")
    assert n_done <= source.n_done == Battle.objects.count() < 60_000
    assert n_rows(arena)[2] == 0
    assert not load(source.pk)  # the dead one's lease still stands
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = subprocess.run(command, cwd=ROOT, env=_environment(tmp_path), capture_output=True, text=True, timeout=200)
    assert again.returncode == 0, again.stderr
    assert "Imported: 60,000 of 60,000 rows were new." in again.stdout
    assert n_rows(arena) == (60_000, 60_000, 60_000)
    assert Event.objects.count() == 1


def _environment(folder):
    """Another process on this test's database and files."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    own = {"DATABASE_URL": url, "AGON_DATA_DIR": str(folder), "AGON_SECRET_KEY": settings.SECRET_KEY}
    return {**os.environ, **own}
