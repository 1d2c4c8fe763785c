"""A site in one file, and back: whole or not at all."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.db import connection

from arena.config.serving.supervisor import folder_held
from arena.operations import database_dumps
from arena.operations.backups import BackupError, make_backup, restore_backup
from arena.operations.database_dumps import DATABASES
from tests import machine
from tests.machine import POSTGRES

on_sqlite = pytest.mark.skipif(POSTGRES, reason="of a database that is a file")
on_postgres = pytest.mark.skipif(not POSTGRES, reason="of PostgreSQL's client tools")
VOTES = "SELECT count(*) FROM arena_vote"


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A machine with a site on it; every test leaves it as it was."""
    with machine.new_machine(tmp_path_factory.mktemp("backup")) as here:
        (here.folder / "uploads").mkdir(exist_ok=True)
        (here.folder / "uploads" / "battles.csv").write_text("model_a,model_b,winner\n")
        yield here


@pytest.fixture(scope="module")
def backup(here, tmp_path_factory):
    file = tmp_path_factory.mktemp("file") / "agon.tar.gz"
    here.manage("backup", str(file), "--with-secret-key")
    return file


def _spoil(here):
    rows = "Game.objects.all().delete(); Event.objects.all().delete(); Vote.objects.all().delete()"
    here.python(f"from arena.models import *; from judges.models import *; {rows}")
    (here.folder / "uploads" / "battles.csv").write_text("spoilt")
    (here.folder / "secret_key").write_text("spoilt")


# --- commands on a machine of their own ------------------------------------------------------------------------------


def test_what_was_backed_up_comes_back(here, backup):
    votes, secret = here.value(VOTES), (here.folder / "secret_key").read_text()
    _spoil(here)
    assert here.value(VOTES) == 0
    here.manage("restore", str(backup), "--yes")
    assert here.value(VOTES) == votes > 500
    assert (here.folder / "secret_key").read_text() == secret
    assert (here.folder / "uploads" / "battles.csv").read_text() == "model_a,model_b,winner\n"
    assert here.manage("migrate", "--check").returncode == 0


def test_a_backup_has_no_secret_key_unless_asked_and_restoring_says_what_follows(here, tmp_path):
    file, secret = tmp_path / "agon.tar.gz", (here.folder / "secret_key").read_text()
    told = here.manage("backup", str(file)).stdout
    assert f"but not the secret key. Keep a copy of {here.folder / 'secret_key'} elsewhere" in told
    with tarfile.open(file) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar if member.isreg()}
    assert "secret_key" not in content
    assert not any(secret.encode() in each for each in content.values())
    assert "This site has the same secret key" in here.manage("restore", str(file), "--yes").stdout
    with machine.empty_machine(tmp_path) as other:
        said = other.manage("restore", str(file)).stdout
        assert "The backup has no secret key, and this site has a different one: people must sign in again" in said
        assert (other.folder / "secret_key").read_text() != secret
        assert other.value(VOTES) == here.value(VOTES)


def test_a_backup_moves_to_an_empty_machine_without_a_question(here, backup, tmp_path):
    with machine.empty_machine(tmp_path) as other:
        other.manage("restore", str(backup))
        assert other.value(VOTES) == here.value(VOTES)


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(backup):
    assert backup.stat().st_mode & 0o077 == 0
    assert list(backup.parent.iterdir()) == [backup]


def test_an_existing_site_is_not_overwritten_unless_told(here, backup):
    result = here.manage("restore", str(backup), check=False)
    assert result.returncode == 2
    assert "pass --yes" in result.stderr


def test_a_running_site_is_not_restored_over(here, backup):
    with folder_held(here.folder, "http://here/"):
        result = here.manage("restore", str(backup), "--yes", check=False)
    assert result.returncode == 2
    assert "a site already runs" in result.stderr


def test_a_full_disk_leaves_the_old_state(here, backup):
    """No file may grow beyond 200 KB: as on a full disk, a write fails in the middle."""

    def fill():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    before = here.value(VOTES), (here.folder / "secret_key").read_text()
    assert here.manage("restore", str(backup), "--yes", check=False, before=fill).returncode == 1
    assert before == (here.value(VOTES), (here.folder / "secret_key").read_text())
    assert here.manage("backup", str(backup), "--overwrite", check=False, before=fill).returncode == 1
    with tarfile.open(backup) as older:
        assert older.getmember("manifest.json")
    assert list(backup.parent.iterdir()) == [backup]


GROWING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("CREATE TABLE IF NOT EXISTS one (n)")
connection.execute("CREATE TABLE IF NOT EXISTS other (n)")
print("begun", flush=True)
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO one VALUES (1)")
    connection.execute("INSERT INTO other VALUES (1)")
    connection.execute("COMMIT")
"""


@on_sqlite
def test_a_backup_made_while_votes_are_cast_is_one_moment(here, tmp_path):
    """Two tables grow together: no copy has one row without the other."""
    voting = here.popen("-c", GROWING, str(here.folder / "agon.sqlite3"), stdout=subprocess.PIPE, text=True)
    try:
        assert voting.stdout.readline() == "begun\n"
        here.manage("backup", str(tmp_path / "live.tar.gz"))
    finally:
        voting.kill()
        voting.communicate()
    with machine.empty_machine(tmp_path) as other:
        other.manage("restore", str(tmp_path / "live.tar.gz"))
        assert other.value("SELECT count(*) FROM one") == other.value("SELECT count(*) FROM other") > 0


@on_sqlite
def test_a_database_that_cannot_be_read_is_replaced_when_told(here, backup):
    (here.folder / "agon.sqlite3").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    assert here.manage("restore", str(backup), check=False).returncode == 2
    here.manage("restore", str(backup), "--yes")
    assert here.value(VOTES) > 500


def test_an_older_backup_is_overwritten_only_if_told(here, tmp_path):
    file = tmp_path / "agon.tar.gz"
    file.write_text("the only backup of last year")
    result = here.manage("backup", str(file), check=False)
    assert result.returncode == 2
    assert f"{file} exists already and was left as it is" in result.stderr
    assert "--overwrite" in result.stderr
    assert file.read_text() == "the only backup of last year"
    assert list(tmp_path.iterdir()) == [file]
    here.manage("backup", str(file), "--overwrite")
    with tarfile.open(file) as newer:
        assert newer.getmember("manifest.json")
    assert list(tmp_path.iterdir()) == [file]


# --- what is refused, before anything is touched ---------------------------------------------------------------------


@pytest.fixture
def file(transactional_db, settings, tmp_path):
    """A backup of the test's own database, an upload and a key."""
    settings.UPLOAD_FOLDER.mkdir()
    (settings.UPLOAD_FOLDER / "battles.csv").write_text("as it was")
    (settings.UPLOAD_FOLDER / ".arriving-1").write_text("half an upload")
    (settings.DATA_DIR / "secret_key").write_text("as it was")
    make_backup(tmp_path / "agon.tar.gz", with_secret_key=True)
    return tmp_path / "agon.tar.gz"


def _rewrite(file, change):
    """The backup with its members changed: name -> bytes."""
    with tarfile.open(file) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    change(members)
    with tarfile.open(file, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _change_manifest(**changes):
    def change(members):
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()

    return change


def _is_refused(file, reason):
    folder = file.parent
    (folder / "secret_key").write_text("as it is")
    (folder / "uploads" / "battles.csv").write_text("as it is")
    with pytest.raises(BackupError, match=reason):
        restore_backup(file)
    assert (folder / "secret_key").read_text() == "as it is"
    assert (folder / "uploads" / "battles.csv").read_text() == "as it is"
    assert {path.name for path in folder.iterdir()} <= {"secret_key", "uploads", file.name}


def test_a_file_that_came_meanwhile_is_left(file, monkeypatch):
    """Writing takes its time: somebody else may have been quicker with the same name."""
    other = file.with_name("other.tar.gz")
    dump = type(DATABASES[connection.vendor]).dump

    def slow(self, path):
        dump(self, path)
        other.write_text("quicker")

    monkeypatch.setattr(type(DATABASES[connection.vendor]), "dump", slow)
    with pytest.raises(BackupError, match="exists already"):
        make_backup(other)
    assert other.read_text() == "quicker"


def test_what_is_no_plain_file_is_never_replaced(file):
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    with pytest.raises(BackupError, match="is no plain file"):
        make_backup(pipe, overwrite=True)
    assert pipe.is_fifo()


def test_uploads_that_are_still_arriving_are_left_out(file):
    with tarfile.open(file) as tar:
        assert sorted(tar.getnames())[1:] == ["manifest.json", "secret_key", "uploads/battles.csv"]


def test_a_newer_schema_is_refused(file):
    _rewrite(file, _change_manifest(migrations=["arena.9999_x"]))
    _is_refused(file, r"the backup is of a newer Agon \(.*; it has arena.9999_x\): update the program")


def test_a_backup_of_another_engine_is_refused(file):
    _rewrite(file, _change_manifest(engine="oracle"))
    _is_refused(file, f"the backup is of oracle, this site is on {connection.vendor}")


def test_a_backup_of_another_format_is_refused(file):
    _rewrite(file, _change_manifest(format=2))
    _is_refused(file, "the backup has format 2, this Agon reads 1")


def test_a_changed_byte_is_found(file):
    _rewrite(file, lambda members: members.update(secret_key=b"as it waS"))
    _is_refused(file, "secret_key has another checksum than the manifest says")


def test_a_missing_member_is_found(file):
    _rewrite(file, lambda members: members.pop("uploads/battles.csv"))
    _is_refused(file, "uploads/battles.csv is missing")


def test_a_stranger_member_is_found(file):
    _rewrite(file, lambda members: members.update({"uploads/extra": b"?"}))
    _is_refused(file, "uploads/extra is not in the manifest")


def test_a_manifest_alone_wipes_nothing(file):
    def only_manifest(members):
        _change_manifest(sha256={})(members)
        for name in set(members) - {"manifest.json"}:
            del members[name]

    _rewrite(file, only_manifest)
    _is_refused(file, "its manifest names no database")


def test_a_manifest_that_names_a_database_that_is_not_there_is_refused(file):
    _rewrite(file, lambda members: members.pop(DATABASES[connection.vendor].member))
    _is_refused(file, f"{DATABASES[connection.vendor].member} is missing")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sha256": 5}, "sha256: Input should be"),
        ({"sha256": {"secret_key": 5}}, "sha256.secret_key: Input should be"),
        ({"migrations": 5}, "migrations: Input should be"),
        ({"migrations": [["arena"]]}, "migrations.0: Input should be"),
        ({"engine": ["sqlite"]}, "engine: Input should be"),
        ({"made_at": None}, "made_at: Input should be"),
        ({"format": "1"}, "format: Input should be"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_and_its_field_named(file, changes, field):
    _rewrite(file, _change_manifest(**changes))
    _is_refused(file, f"in its manifest {field}")


@pytest.mark.parametrize("manifest", [b"", b"[]", b"5", b"\xff", b"[" * 200_000, b'{"sha256":' * 200_000, b"{}"])
def test_a_manifest_that_is_none_is_refused(file, manifest):
    _rewrite(file, lambda members: members.update({"manifest.json": manifest}))
    _is_refused(file, "this file is not a backup of Agon")


@pytest.mark.parametrize("name", ["../escape", "uploads/../../escape", "/tmp/agon-escape/escape"])
def test_a_path_that_leads_out_is_refused(file, name):
    _rewrite(file, lambda members: members.update({name: b"!"}))
    _is_refused(file, "would be extracted|is not in the manifest")
    assert not list(file.parent.parent.rglob("escape"))
    assert not Path("/tmp/agon-escape").exists()


def test_a_link_is_refused(file):
    with tarfile.open(file, "w:gz") as tar:
        link = tarfile.TarInfo("uploads")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    _is_refused(file, "is no plain file")


def test_a_file_that_was_cut_off_is_refused(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    _is_refused(file, "nothing was restored")


def test_a_file_that_is_no_backup_is_refused(file):
    file.write_text("hello")
    _is_refused(file, "nothing was restored")


def test_a_database_that_does_not_load_leaves_uploads_and_key(file, monkeypatch):
    def fail(self, path):
        raise database_dumps.DumpFailed("no room")

    monkeypatch.setattr(type(DATABASES[connection.vendor]), "load", fail)
    _is_refused(file, "nothing was restored: no room")


# --- PostgreSQL's tools ----------------------------------------------------------------------------------------------


@on_postgres
def test_missing_client_tools_are_named(here, tmp_path):
    command = [sys.executable, "manage.py", "backup", str(tmp_path / "x.tar.gz")]
    result = subprocess.run(command, cwd=machine.ROOT, env=here.env | {"PATH": "/nowhere"}, capture_output=True, text=True)
    assert result.returncode == 1
    assert "pg_dump is not installed: install PostgreSQL's client tools" in result.stderr


@on_postgres
@pytest.mark.django_db
def test_client_tools_older_than_the_server_are_named(monkeypatch):
    monkeypatch.setattr(database_dumps.PostgreSQL, "_run", lambda *args, **kwargs: "pg_dump (PostgreSQL) 9.6.1")
    with pytest.raises(database_dumps.DumpFailed, match=r"pg_dump is of PostgreSQL 9, the server of \d+: install"):
        database_dumps.PostgreSQL()._check_version()


@on_postgres
@pytest.mark.django_db
def test_the_password_is_not_among_the_arguments(settings):
    environment = database_dumps.PostgreSQL()._environment()
    assert "PGPASSWORD" in environment or not settings.DATABASES["default"]["PASSWORD"]
