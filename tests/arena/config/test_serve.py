"""`manage.py serve`: one command, one log, nothing left behind."""

import contextlib
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error

import pytest

from arena.config.serving.preparing import collect_statics
from arena.config.serving.supervisor import CannotServe, Child, PrefixedLog, Site, folder_held, listen, running_url, url_of
from tests import machine

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with machine.new_machine(tmp_path_factory.mktemp("serve")) as here:
        yield here


@needs_proc
def test_the_site_is_up_and_its_children_come_back_and_nothing_stays_behind(here):
    """One start for all of it: a start takes seconds."""
    here.settings["AGON_LOG_LEVEL"] = "DEBUG"
    with machine.running_site(here) as site:
        assert "Sample arena" in site.get()
        _says_where_it_is_and_how_to_get_in(site)
        _logs_no_secret_of_a_link(site)
        _is_reachable_from_this_machine_only(site)
        _refuses_a_second_site_on_the_same_folder(here, site)
        _answers_while_others_send_half_a_request(site)
        _has_a_worker(site)
        _starts_a_killed_worker_again(site)
        _starts_a_killed_beat_again(site)
        _keeps_readers_waiting_rather_than_refusing_them(site)
        _stops_cleanly(site)


def _says_where_it_is_and_how_to_get_in(site):
    assert f"Agon is running: {site.url}" in site.text
    assert f"{site.url}enter/" in site.text
    assert "/enter/" not in "".join(site.log), "the log must not hold the link"


def _logs_no_secret_of_a_link(site):
    """Neither the web server's line for each request, switched on for this test, nor Django's."""
    with pytest.raises(urllib.error.HTTPError, match="410"):
        site.get("enter/s3cret/")
    machine.wait_for(lambda: sum("/enter/[secret]/" in line for line in site.log) == 2, seconds=5)
    assert "s3cret" not in "".join(site.log)


def _is_reachable_from_this_machine_only(site):
    port = int(site.url.rstrip("/").rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.settimeout(2)
        assert other.connect_ex((_outer_address(), port)) != 0


def _outer_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
            address = probe.getsockname()[0]
        except OSError:
            address = "127.0.0.2"
    return "127.0.0.2" if address.startswith("127.") else address


def _refuses_a_second_site_on_the_same_folder(here, site):
    second = here.manage("serve", "--port", "0", check=False)
    assert second.returncode == 2
    assert f"a site already runs on {here.folder}: process {site.process.pid}, {site.url}" in second.stderr


def _answers_while_others_send_half_a_request(site):
    """More of them than threads."""
    address = site.url.removeprefix("http://").rstrip("/").split(":")
    with contextlib.ExitStack() as stack:
        for start in [
            b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
            b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
        ] * 9:
            half = stack.enter_context(socket.create_connection((address[0], int(address[1]))))
            half.sendall(start)
        began = time.monotonic()
        assert site.get("login/", timeout=20)
        assert time.monotonic() - began < 4


def _has_a_worker(site):
    machine.wait_for(lambda: "worker: ok" in _readiness(site), seconds=30)


def _readiness(site):
    try:
        return site.get("readyz")
    except OSError as error:
        return str(error)


def _starts_a_killed_worker_again(site):
    beats = site.processes("celery")
    dead = site.kill_worker()
    machine.wait_for(lambda: not any(machine.is_alive(pid) for pid in beats), seconds=5)  # its beat, too
    machine.wait_for(lambda: any(pid != dead for pid in site.processes("celery")), seconds=10)
    assert any("worker | ended (killed by SIGKILL)" in line for line in site.log)


def _starts_a_killed_beat_again(site):
    machine.wait_for(lambda: len(site.processes("celery")) == 2, seconds=20)
    _, beat = site.processes("celery")
    os.kill(beat, signal.SIGKILL)
    machine.wait_for(lambda: len(site.processes("celery")) == 2 and beat not in site.processes("celery"), seconds=30)
    assert any("the beat has died" in line for line in site.log)


def _keeps_readers_waiting_rather_than_refusing_them(site):
    for pid in site.processes("web_server"):
        os.kill(pid, signal.SIGKILL)
    assert site.get("healthz", timeout=60) == "ok\n"


def _stops_cleanly(site):
    family, n_lines = machine.descendants(site.process.pid), len(site.log)
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(30) == 0
    assert not any("level='error'" in line for line in site.log[n_lines:])
    assert not [pid for pid in family if machine.is_alive(pid)]
    assert any("serve  | stopped" in line for line in site.log)


WATCHING = """
import signal
from types import SimpleNamespace
from celery import signals
from arena.config import celery
dead, told = SimpleNamespace(is_alive=lambda: False), []
signal.signal(signal.SIGTERM, lambda *_: told.append("ends"))
if {is_stopping}:
    signals.worker_shutting_down.send(sender=None, sig="SIGTERM", how="Warm", exitcode=0)
celery._end_without(dead)
print(told)
"""


@pytest.mark.parametrize(("is_stopping", "told"), [(False, "['ends']"), (True, "[]")])
def test_a_worker_that_was_told_to_stop_does_not_mourn_its_beat(here, is_stopping, told):
    """It ends the beat first, and then waits for its tasks."""
    assert told in here.python(WATCHING.format(is_stopping=is_stopping))


@needs_proc
def test_no_child_outlives_a_serve_that_was_killed(here):
    with machine.running_site(here, "--host", "0.0.0.0") as site:
        assert "Reachable from other machines. Answers to localhost, 127.0.0.1, [::1]" in site.text
        machine.wait_for(lambda: len(site.processes("celery")) > 1, seconds=30)  # worker and beat
        family = machine.descendants(site.process.pid)
        assert len(family) >= 3
        site.process.kill()
        machine.wait_for(lambda: not any(machine.is_alive(pid) for pid in family), seconds=5)
        # A process that was being started at that moment had the folder's lock for an instant longer.
        machine.wait_for(lambda: running_url(here.folder) is None, seconds=5)


def test_a_port_in_use_is_said_clearly(here):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = here.manage("serve", "--port", str(port), check=False)
    assert result.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use): choose another with --port" in result.stderr


def test_a_host_that_is_not_here_is_said_clearly():
    with pytest.raises(CannotServe, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_the_address_to_open_is_one_that_a_browser_can_open():
    with listen("0.0.0.0", 0) as everywhere:
        assert url_of(everywhere).startswith("http://127.0.0.1:")


def test_a_folder_is_free_again_when_its_site_has_gone(tmp_path):
    assert running_url(tmp_path) is None
    with folder_held(tmp_path, "http://127.0.0.1:1/"):
        assert running_url(tmp_path) == "http://127.0.0.1:1/"
        with pytest.raises(CannotServe, match="a site already runs"), folder_held(tmp_path, "http://127.0.0.1:2/"):
            pass
    assert running_url(tmp_path) is None


def _child(code):
    return Child("child", [sys.executable, "-c", code])


def test_pauses_between_failures_grow_and_end_with_a_sound_run():
    child = _child("")
    child.started_at = time.monotonic()
    pauses = [child._pause() for _ in range(8)]
    assert pauses[:3] == [0.5, 1, 2]
    assert max(pauses) == 30
    child.started_at = time.monotonic() - 61
    assert child._pause() == 0.5


def test_lines_of_children_stand_under_their_names(settings):
    out = io.StringIO()
    log, child = PrefixedLog(out), _child("print('one'); print('two \\xff')")
    child.start(log)
    child.process.wait(20)
    machine.wait_for(lambda: out.getvalue().count("\n") == 2, seconds=5)
    assert out.getvalue().splitlines() == ["child  | one", "child  | two ÿ"]


def test_a_program_that_never_starts_ends_the_attempt(settings):
    log = PrefixedLog(io.StringIO())
    child = _child("raise SystemExit(3)")
    site = Site([child], log, is_up=threading.Event())
    with pytest.raises(CannotServe, match="child does not start"):
        site.run(on_ready=lambda: None)
    assert "ended (exit code 3); starting again in 0.5 s" in log.out.getvalue()


def test_statics_are_collected_once_and_again_when_a_source_changed(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    from django.contrib.staticfiles import finders

    finders.get_finder.cache_clear()
    try:
        assert [collect_statics(), collect_statics()] == [True, False]
        (source / "site.css").write_text("a { color: red }")
        assert [collect_statics(), collect_statics()] == [True, False]
    finally:
        finders.get_finder.cache_clear()


@pytest.mark.skipif(not machine.POSTGRES, reason="SQLite's own file is brought up to date by itself")
def test_tables_on_a_server_are_not_changed_without_being_asked(tmp_path):
    with machine.empty_machine(tmp_path) as empty:
        result = empty.manage("serve", "--port", "0", check=False)
    assert result.returncode == 2
    assert "migrations are not applied: run `manage.py migrate`, then start again" in result.stderr


def test_an_old_program_does_not_serve_a_newer_database(here, tmp_path):
    with machine.new_machine(tmp_path) as newer:
        newer.python(
            "from django.db.migrations.recorder import MigrationRecorder\n"
            "MigrationRecorder.Migration.objects.create(app='arena', name='9999_x')"
        )
        result = newer.manage("serve", "--port", "0", check=False)
    assert result.returncode == 2
    assert "newer Agon (it has arena.9999_x)" in result.stderr


def test_the_kernel_answers_before_the_web_is_up():
    """What serve relies on while a web process restarts: a call to a listening socket waits."""
    with listen("127.0.0.1", 0) as listener:
        connection = http.client.HTTPConnection(*listener.getsockname()[:2], timeout=1)
        connection.connect()
        connection.close()


def test_other_commands_are_not_watched():
    """Only what serve started dies with its parent."""
    code = "import arena.config.serving.parent_watch as lifeline; lifeline.die_with_parent(); print('alive')"
    result = subprocess.run([sys.executable, "-c", code], cwd=machine.ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "alive\n"


def test_a_broker_that_does_not_answer_at_the_start_is_said_in_one_sentence(here, tmp_path):
    free = machine.free_port()
    wrong = machine.Machine(here.folder, here.database_url, f"redis://:s3cret@127.0.0.1:{free}/0")
    result = wrong.manage("serve", "--port", "0", check=False)
    assert result.returncode == 2
    (said,) = result.stderr.splitlines()
    assert f"CELERY_BROKER_URL=redis://***@127.0.0.1:{free}/0: the broker does not answer (" in said
    assert "Connection refused" in said
    assert "s3cret" not in said + result.stdout


def test_a_broker_whose_library_cannot_be_loaded_is_said_in_one_sentence(here, tmp_path):
    (tmp_path / "redis.py").write_text("raise ImportError(\"No module named 'packaging'\")")
    wrong = machine.Machine(here.folder, here.database_url, "redis://127.0.0.1:6399/0", {"PYTHONPATH": str(tmp_path)})
    result = wrong.manage("serve", "--port", "0", check=False)
    assert result.returncode == 2
    (said,) = result.stderr.splitlines()
    assert "CELERY_BROKER_URL=redis://127.0.0.1:6399/0: its library cannot be loaded (" in said
