"""A careless user reads one line that names what is wrong; a traceback is for faults of ours."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from arena.config.errors.command_errors import complaint_of
from tests import machine
from tests.factories import make_arena


def _environment(tmp_path, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AGON_", "DATABASE_URL", "CELERY_"))}
    return kept | {"AGON_DATA_DIR": str(tmp_path / "data")} | more


def _manage(tmp_path, *arguments, **more):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=machine.ROOT, env=_environment(tmp_path, **more), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def _nowhere(tmp_path):
    (tmp_path / "file").write_text("")
    return str(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("command", "name", "value", "said"),
    [
        ("check", "AGON_VOTES_PER_MINUTE", "many", "AGON_VOTES_PER_MINUTE=many: Input should be a valid integer"),
        ("check", "AGON_TIME_ZONE", "Berlin", "AGON_TIME_ZONE=Berlin: no such time zone"),
        (
            "check",
            "DATABASE_URL",
            "mongo://u:geheim@h/d",
            "DATABASE_URL=mongo://***@h/d: must begin with sqlite:// or postgres://",
        ),
        ("migrate", "DATABASE_URL", "postgres://u:geheim@127.0.0.1:1/d", "The database does not work: "),
        ("enter_link", "DATABASE_URL", "", "run `manage.py migrate` first"),
        ("check", "AGON_DATA_DIR", _nowhere, "AGON_DATA_DIR"),
    ],
)
def test_what_is_wrong_with_the_machine_is_one_line(tmp_path, command, name, value, said):
    value = value(tmp_path) if callable(value) else value
    result = _manage(tmp_path, command, **{name: value})
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    assert "geheim" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("arguments", "more"), [(["--traceback"], {}), ([], {"AGON_DEBUG": "1"})])
def test_a_traceback_is_for_those_who_ask(tmp_path, arguments, more):
    result = _manage(tmp_path, "check", *arguments, AGON_TIME_ZONE="Berlin", **more)
    assert "Traceback" in result.stderr
    assert result.returncode == 1


def test_a_reader_that_has_gone_is_one_line(tmp_path):
    command = f"{sys.executable} manage.py diffsettings --all | true; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", command], cwd=machine.ROOT, env=_environment(tmp_path), capture_output=True, text=True
    )
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "Whoever read the output has gone" in result.stderr


def test_an_interruption_is_one_line(tmp_path):
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", "import time; print('begun', flush=True); time.sleep(60)"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        # A shell's background job, as this test may be in, hands on that it ignores Ctrl-C.
        command, cwd=machine.ROOT, env=_environment(tmp_path), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **pipes,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "Interrupted.\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("connection refused\n  is it running?"), "The database does not work: connection refused is it"),
        (DatabaseError("file is not a database"), "The database does not work: file is not a database."),
        (ProgrammingError('relation "arena_arena" does not exist'), "run `manage.py migrate` first"),
        (ImproperlyConfigured("no driver"), "no driver"),
        (OSError(28, "No space left on device", "/x"), "/x: No space left on device"),
        (EOFError(), "give --yes"),
    ],
)
def test_complaints_say_what_to_do(error, said):
    assert said in complaint_of(error)


@pytest.mark.parametrize("error", [KeyError("x"), IntegrityError("x"), ProgrammingError("syntax error"), ValueError("x")])
def test_a_fault_of_ours_keeps_its_traceback(error):
    assert complaint_of(error) is None


@pytest.mark.django_db
def test_an_arena_is_not_removed_without_a_terminal_to_ask(monkeypatch):
    arena = make_arena()
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(CommandError, match="use --yes") as refused:
            call_command("remove_arena", arena.slug)
    assert refused.value.returncode == 2
    arena.refresh_from_db()
