"""Smaller things of running a site."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from arena.models import WorkerSeen
from arena.operations import running
from tests import machine


def test_names_are_read_and_written_whatever_the_locale_is(tmp_path):
    here = machine.migrated_machine(tmp_path)
    result = subprocess.run(
        [sys.executable, "manage.py", "remove_arena", "Ünïcode", "--yes"], cwd=machine.ROOT, capture_output=True, check=False,
        env=here.env | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""},
    )  # fmt: skip
    assert result.returncode == 2
    assert "no arena 'Ünïcode'" in result.stderr.decode()
    assert "Traceback" not in result.stderr.decode()


@pytest.mark.django_db
def test_a_backup_to_a_place_that_cannot_be_says_so(tmp_path):
    for target, words in [(tmp_path / "not-here" / "a.tar.gz", "there is no folder"), (tmp_path, "is a folder: name a file")]:
        with pytest.raises(CommandError, match=words) as refusal:
            call_command("backup", str(target))
        assert refusal.value.returncode == 2
        assert ".agon-backup" not in str(refusal.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.django_db
@pytest.mark.skipif(not machine.POSTGRES, reason="a file is held by the lock of its folder")
def test_a_site_that_runs_on_the_same_database_is_not_restored_over(monkeypatch):
    WorkerSeen.objects.create(name="worker@elsewhere", seen_at=timezone.now())
    assert "a worker was seen on this database" in running.why_running()


@pytest.mark.django_db
def test_without_a_site_on_the_database_a_restore_may_go():
    assert connection.vendor == "postgresql" or running.why_running() == ""


def test_each_database_has_a_queue_of_its_own(tmp_path):
    code = "from arena.config import celery_app; print(celery_app.conf.task_default_queue)"
    queues = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        queues.add(machine.Machine(tmp_path / name, broker_url="redis://127.0.0.1:1/0").python(code))
    assert len(queues) == 2
    assert settings.CELERY_TASK_DEFAULT_QUEUE.startswith("agon-")


@pytest.mark.parametrize("worker", [False, True])
def test_a_unit_of_systemd_names_this_folder_this_python_and_the_data(worker, capsys):
    call_command("systemd_unit", user="agon", worker=worker)
    unit = capsys.readouterr().out
    said = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert (said["User"], said["WorkingDirectory"]) == ("agon", str(settings.BASE_DIR))
    assert said["ReadWritePaths"] == str(settings.DATA_DIR)
    program, *rest = said["ExecStart"].split()
    assert os.access(program, os.X_OK)
    assert rest[:2] == (["-m", "celery"] if worker else ["manage.py", "serve"])
