"""A setting that cannot work is named at the start, with its value and what to write instead."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from arena.commands.arguments import port, whole_number
from arena.config.environment import Environment, WrongSettings, misspelt
from arena.config.errors import command_errors
from arena.config.serving.preparing import keep_private
from tests import machine

WRONG = {
    "AGON_ALLOWED_HOSTS=https://agon.test": "write agon.test, without scheme, port and path",
    "AGON_ALLOWED_HOSTS=agon.test:8000": "write agon.test, without scheme, port and path",
    "AGON_ALLOWED_HOSTS=localhost,agon.test/x": "write agon.test, without scheme, port and path",
    "AGON_ALLOWED_HOSTS=*.agon.test": "write .agon.test",
    "AGON_ALLOWED_HOSTS=::1": "write [::1]",
    "AGON_ALLOWED_HOSTS=a b": "separated by commas",
    "AGON_ALLOWED_HOSTS=,": "names no host",
    "AGON_TRUSTED_ORIGINS=agon.test": "https://agon.example",
    "AGON_TRUSTED_ORIGINS=https://agon.test/": "without a path",
    "AGON_TRUSTED_ORIGINS=https://agon.test:port": "https://agon.example",
    "AGON_ENDPOINTS_ALLOWED=http://127.0.0.1:8000": "no scheme and no path",
    "AGON_ENDPOINTS_ALLOWED=127.0.0.1": "is no host:port",
    "CELERY_BROKER_URL=http://u:secret@x": "redis:// or amqp://",
    "CELERY_BROKER_URL=redis://h:99999/0": "a number up to 65535",
    "CELERY_BROKER_URL=redis://h/agon": "the number of its database",
    "DATABASE_URL=mysql://u:secret@h/x": "sqlite:// or postgres://",
    "DATABASE_URL=postgres://u:secret@h:x/agon": "a number up to 65535",
    "DATABASE_URL=postgres://u:secret@h": "names no database",
    "DATABASE_URL=sqlite://agon.sqlite3": "names no file",
    "AGON_DATA_DIR=/etc/passwd": "must be a folder",
    "AGON_TIME_ZONE=Mars": "no such time zone",
    "AGON_LOG_LEVEL=loud": "DEBUG",
    "AGON_VOTES_PER_MINUTE=0": "greater than or equal to 1",
    "AGON_HTTPS=perhaps": "boolean",
    "AGON_HTTPS=true": "AGON_BEHIND_PROXY",
}


@pytest.mark.parametrize(("given", "words"), WRONG.items(), ids=list(WRONG))
def test_a_setting_that_cannot_work_is_named_with_its_value(monkeypatch, given, words):
    for field in Environment.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    name, _, value = given.partition("=")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as error:
        Environment(_env_file=None)
    said = command_errors.complaint_of(error.value)
    assert said.startswith(f"{name}=")
    assert words in said
    assert "secret" not in said
    assert "\n" not in said


GOOD = {
    "AGON_ALLOWED_HOSTS": ["*", ".agon.test", "agon_1.test,[::1],10.0.0.7"],
    "AGON_TRUSTED_ORIGINS": ["https://agon.test:8443,http://10.0.0.7", "https://*.agon.test"],
    "AGON_ENDPOINTS_ALLOWED": ["127.0.0.1:8000,[::1]:8000,vllm:80"],
    "CELERY_BROKER_URL": ["redis://:secret@h:6379/0", "redis://h", "rediss://h/1?ssl_cert_reqs=none", "amqp://u:p@h//"],
    "DATABASE_URL": ["postgres://u:p@h:5432/agon?sslmode=require", "sqlite:////tmp/x.sqlite3", "postgresql:///agon"],
    "AGON_LOG_LEVEL": ["debug", "WARNING"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_what_can_work_is_taken(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    Environment(_env_file=None)


def test_a_misspelt_name_is_named_with_the_nearest_right_one():
    names = [
        "AGON_ALOWED_HOSTS",
        "agon_https",
        "DATABSE_URL",
        "AGON_COLOUR",
        "AGON_KEY_OPENAI",
        "AGON_CI_REDIS",
        "PATH",
        "HOME",
    ]
    assert misspelt(names) == [
        "AGON_ALOWED_HOSTS: there is no such variable; did you mean AGON_ALLOWED_HOSTS?",
        "AGON_COLOUR: there is no such variable; .env.example lists them all",
        "DATABSE_URL: there is no such variable; did you mean DATABASE_URL?",
    ]
    assert command_errors.complaint_of(WrongSettings("AGON_X: no")) == "AGON_X: no"


def test_a_command_ends_with_2_and_one_sentence():
    result = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=machine.ROOT, env=os.environ | {"AGON_ALOWED_HOSTS": "x"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (
        2, "AGON_ALOWED_HOSTS: there is no such variable; did you mean AGON_ALLOWED_HOSTS?\n",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["99999", "-1", "x", "", "1.5"])
def test_no_port_is_refused(text):
    with pytest.raises(Exception, match=r"is not a port from 0 to 65535"):
        port(text)


def test_sizes_have_bounds():
    read = whole_number("a number of processes", 1, 64)
    assert (read("1"), read("64"), port("0")) == (1, 64, 0)
    with pytest.raises(Exception, match=r"'0' is not a number of processes from 1 to 64"):
        read("0")


def test_files_of_the_data_folder_are_for_their_owner(tmp_path):
    for name in ("agon.sqlite3", "secret_key", "tallies/1.npz", "uploads/ab", "static/site.css"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        path.chmod(0o644)
    tmp_path.chmod(0o755)
    keep_private(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {"agon.sqlite3": 0o600, "secret_key": 0o600, "1.npz": 0o600, "ab": 0o600, "site.css": 0o644}


def test_new_files_are_for_their_owner_whatever_the_folder_is(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    here = machine.Machine(tmp_path / "data")
    here.python(
        "from django.conf import settings\nfrom django.db import connection\n"
        "connection.cursor().execute('create table x (y)')\n"
        "(settings.DATA_DIR / 'tally').write_text('x')"
    )
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir() if path.is_file()}
    assert modes["agon.sqlite3"] == modes["tally"] == 0o600


@pytest.mark.parametrize("command", [["celery"], [sys.executable, "-m", "celery"]], ids=["celery", "python -m celery"])
def test_a_worker_that_is_started_by_itself_ends_with_one_sentence(command, tmp_path):
    wrong = machine.Machine(tmp_path, broker_url="http://x").env
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(
        [*command, "-A", "arena.config", "worker"], cwd=machine.ROOT, env=wrong | path, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("CELERY_BROKER_URL=http://x: must begin with redis:// or amqp://")
    assert len(ended.stderr.splitlines()) == 1
