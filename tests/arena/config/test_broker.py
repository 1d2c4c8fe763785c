"""The broker in a folder: nothing is lost, nothing comes twice, whatever happens to its files."""

import json
import multiprocessing
import shutil
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab
from kombu import Connection, Queue

from arena.config import celery_app
from arena.config.celery import Doorbell
from arena.config.worker.folder_broker import KEPT_UNREADABLE

QUEUE = "work"
N_MESSAGES = 2_000


def _connect(folder):
    return Connection("folder://", transport_options={"folder": str(folder)})


def _put(folder, *bodies, **headers):
    with _connect(folder) as broker, broker.SimpleQueue(QUEUE) as queue:
        for body in bodies:
            queue.put(body, headers=headers)


def _get_all(folder, timeout=0.3):
    """The bodies that come until nothing comes any more."""
    bodies = []
    with _connect(folder) as broker, broker.SimpleQueue(QUEUE) as queue:
        while True:
            try:
                message = queue.get(timeout=timeout)
            except queue.Empty:
                return bodies
            message.ack()
            bodies.append(message.payload)


def _produce(folder, numbers):
    _put(folder, *numbers)


def _consume(folder, results):
    results.put(_get_all(folder, timeout=3))


def test_two_producers_and_live_consumers_lose_nothing_and_get_nothing_twice(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    consumers = [spawn.Process(target=_consume, args=[tmp_path, results]) for _ in range(2)]
    halves = [list(range(0, N_MESSAGES, 2)), list(range(1, N_MESSAGES, 2))]
    producers = [spawn.Process(target=_produce, args=[tmp_path, half]) for half in halves]
    for process in [*consumers, *producers]:
        process.start()
    bodies = [body for _ in consumers for body in results.get(timeout=60)]
    for process in [*consumers, *producers]:
        process.join(30)
    bodies += _get_all(tmp_path)  # what came after a consumer had gone home
    assert Counter(bodies) == Counter(range(N_MESSAGES))


def test_messages_come_in_the_order_in_which_they_were_sent(tmp_path):
    _put(tmp_path, *range(50))
    assert _get_all(tmp_path) == list(range(50))


def test_a_message_that_was_not_acknowledged_comes_again(tmp_path):
    _put(tmp_path, "work")
    with _connect(tmp_path) as broker:
        broker.SimpleQueue(QUEUE).get(timeout=1)  # the connection closes without an answer
    assert _get_all(tmp_path) == ["work"]


def test_the_folder_may_go_while_everybody_is_connected(tmp_path):
    folder = tmp_path / "broker"
    with _connect(folder) as broker, broker.SimpleQueue(QUEUE) as queue:
        queue.put("lost with the folder")
        shutil.rmtree(folder)
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.2)
        queue.put("after")
        assert queue.get(timeout=1).payload == "after"


def test_files_may_go_one_by_one(tmp_path):
    _put(tmp_path, *range(10))
    with _connect(tmp_path) as broker, broker.SimpleQueue(QUEUE) as queue:
        assert queue.get(timeout=1).payload == 0  # the rest is listed now
        for file in (tmp_path / QUEUE).iterdir():
            file.unlink()
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.2)


@pytest.mark.parametrize("content", [b"", b'{"body": "aGFs', b"[]", b"null", b"\xff\xfe", b'{"properties": {}}'])
def test_a_file_that_is_no_message_is_set_aside_and_the_next_one_is_read(tmp_path, content):
    (tmp_path / QUEUE).mkdir()
    (tmp_path / QUEUE / "0-half.msg").write_bytes(content)
    _put(tmp_path, "whole")
    assert _get_all(tmp_path) == ["whole"]
    assert [file.read_bytes() for file in (tmp_path / ".unreadable").iterdir()] == [content]


def test_files_set_aside_do_not_fill_the_disk(tmp_path):
    (tmp_path / QUEUE).mkdir()
    for number in range(KEPT_UNREADABLE + 20):
        (tmp_path / QUEUE / f"{number:04}-bad.msg").write_bytes(b"bad")
    _get_all(tmp_path, timeout=0.1)
    kept = sorted(file.name for file in (tmp_path / ".unreadable").iterdir())
    assert (len(kept), kept[-1]) == (KEPT_UNREADABLE, f"{KEPT_UNREADABLE + 19:04}-bad.msg")


def test_what_was_taken_leaves_no_file(tmp_path):
    _put(tmp_path, *range(20))
    _get_all(tmp_path)
    assert list((tmp_path / QUEUE).iterdir()) == []


def test_a_bell_whose_time_is_over_is_not_delivered(tmp_path):
    _put(tmp_path, "stale", expires=(datetime.now(UTC) - timedelta(seconds=9)).isoformat())
    _put(tmp_path, "fresh", expires=(datetime.now(UTC) + timedelta(seconds=9)).isoformat())
    assert _get_all(tmp_path) == ["fresh"]


def test_bells_do_not_pile_up_while_no_worker_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.config.worker.folder_broker.SWEEP_SECONDS", 0)
    over = (datetime.now(UTC) - timedelta(seconds=9)).isoformat()
    _put(tmp_path, *range(100), expires=over)
    assert len(list((tmp_path / QUEUE).iterdir())) <= 1


def test_half_a_file_of_a_killed_producer_goes_after_an_hour(tmp_path, monkeypatch):
    (tmp_path / QUEUE).mkdir()
    (tmp_path / QUEUE / ".1-abc-0.msg").write_bytes(b"half")
    _put(tmp_path, "now")
    assert (tmp_path / QUEUE / ".1-abc-0.msg").exists()
    monkeypatch.setattr("arena.config.worker.folder_broker.HALF_WRITTEN_SECONDS", -1)
    _put(tmp_path, "an hour later")
    assert not (tmp_path / QUEUE / ".1-abc-0.msg").exists()


@pytest.mark.parametrize("name", ["../escape", "a/b", ".unreadable", ""])
def test_a_queue_does_not_lead_out_of_the_folder(tmp_path, name):
    with _connect(tmp_path) as broker, pytest.raises(ValueError, match="names a folder"):
        broker.default_channel._put(name, {})


def test_messages_are_for_their_owner_only(tmp_path):
    folder = tmp_path / "broker"
    _put(folder, "secret")
    (file,) = (folder / QUEUE).iterdir()
    assert (folder.stat().st_mode & 0o077, file.stat().st_mode & 0o077) == (0, 0)


def test_every_message_of_the_beat_runs_out_soon():
    for entry in celery_app.conf.beat_schedule.values():
        seconds = 3600 if isinstance(entry["schedule"], crontab) else entry["schedule"]
        assert 0 < entry["options"]["expires"] <= max(5, seconds)


def test_a_page_does_not_break_when_the_bell_cannot_ring(caplog, monkeypatch):
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery itself reads it, too

    def work():
        raise AssertionError("only rung for")

    app = celery_app.__class__("elsewhere", broker="redis://127.0.0.1:1/0", task_cls=Doorbell, set_as_current=False)
    app.conf.update(task_publish_retry=False, broker_transport_options={"socket_connect_timeout": 1})
    task = app.task(name="elsewhere.work")(work)
    assert task.delay() is None
    assert "bell not rung" in caplog.text


def test_any_thread_finds_this_app():
    """A thread that finds no app would make one of its own, with a broker of its own."""
    from celery import current_app

    found = []
    thread = threading.Thread(target=lambda: found.append(current_app.main))
    thread.start()
    thread.join()
    assert found == ["agon"]


def test_a_message_names_its_row_and_holds_no_evidence(tmp_path):
    """What a task's message looks like on disk: JSON, nothing pickled."""
    with _connect(tmp_path) as broker:
        queue = Queue("celery", routing_key="celery")
        producer = celery_app.amqp.Producer(broker.channel(), auto_declare=False)
        celery_app.send_task("arena.tasks.load", [7], producer=producer, queue=queue)
    (file,) = (tmp_path / "celery").iterdir()
    message = json.loads(file.read_bytes())
    assert (message["content-type"], message["headers"]["argsrepr"]) == ("application/json", "[7]")
