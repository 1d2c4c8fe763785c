"""One file that holds a whole site: database and uploads. Made while the site runs; restored completely or not at all.

The secret key is included only on request: with both, one could sign in as anyone. A mark of the key is always included, so
that restoring can say whether sessions stay valid.

The file is a tar.gz: `manifest.json` last, with a SHA-256 of every other member and the migrations that the database had.
"""

import hashlib
import hmac
import io
import json
import os
import secrets
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from arena import VERSION
from arena.operations.database_dumps import DATABASES, DumpFailed

FORMAT = 1
MANIFEST = "manifest.json"
UPLOADS = "uploads"
SECRET = "secret_key"  # noqa: S105  # the name of a file  # nosec B105


class BackupError(Exception):
    """What is wrong and what to do about it. The previous state is unchanged."""


class WrongPlace(BackupError):
    """The file cannot be written there; nothing was tried."""


@dataclass(frozen=True)
class Manifest:
    engine: str  # sqlite or postgresql
    made_at: str
    version: str
    migrations: list[str]  # app.name
    sha256: dict[str, str]  # member -> digest
    format: int = FORMAT
    key_mark: str = ""
    """Of the secret key in use; empty in backups of older versions."""

    @property
    def has_key(self) -> bool:
        return SECRET in self.sha256

    @property
    def is_of_this_key(self) -> bool:
        """Whether this site signs with the key that was in use when it was made."""
        return bool(self.key_mark) and hmac.compare_digest(self.key_mark, _mark(self.key_mark.partition("$")[0]))


_MANIFEST = TypeAdapter(Manifest)


# --- making one ------------------------------------------------------------------------------------------------------


def make_backup(target: Path, *, overwrite: bool = False, with_secret_key: bool = False) -> Manifest:
    """Write the backup under another name, then rename it, so a file of this name is complete. An older one is replaced only
    on request.
    """
    if not target.parent.is_dir():
        raise WrongPlace(f"there is no folder {target.parent}: create it, then try again")
    if target.is_dir():
        raise WrongPlace(f"{target} is a folder: name a file in it, such as {target / 'agon-backup.tar.gz'}")
    _check_free(target, overwrite=overwrite)
    if not os.access(target.parent, os.W_OK):
        raise WrongPlace(f"nothing may be written into the folder {target.parent}: choose another, or change its mode")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".agon-backup-") as folder:
            manifest = _write(unfinished, Path(folder), with_secret_key=with_secret_key)
        _check_free(target, overwrite=overwrite)  # writing may have taken minutes
        os.replace(unfinished, target)
    except OSError as error:
        raise BackupError(f"no backup was made in {target.parent}: {error.strerror or error}") from error
    except DumpFailed as error:
        raise BackupError(f"no backup was made: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _check_free(target: Path, *, overwrite: bool) -> None:
    if target.exists() and not target.is_file():
        raise WrongPlace(f"{target} is no plain file: choose another name")
    if os.path.lexists(target) and not overwrite:
        raise WrongPlace(f"{target} exists already and was left as it is: choose another name, or replace it with --overwrite")


def _write(path: Path, folder: Path, *, with_secret_key: bool) -> Manifest:
    engine = DATABASES[connection.vendor]
    migrations = sorted(f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations)
    dump = folder / engine.member
    engine.dump(dump)  # the database first: an upload that it names is in the folder by then
    digests: dict[str, str] = {}
    with _private(path) as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=5) as tar:
        digests[engine.member] = _add(tar, engine.member, dump)
        for member, source in _files(with_secret_key=with_secret_key):
            with suppress(FileNotFoundError):  # an upload that nothing needs any more may go in this moment
                digests[member] = _add(tar, member, source)
        mark = _mark(secrets.token_hex(8))
        manifest = Manifest(connection.vendor, timezone.now().isoformat(), VERSION, migrations, digests, key_mark=mark)
        _add_bytes(tar, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner only, on the disk when it is closed."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _mark(salt: str) -> str:
    """Slow to compute, so that the key cannot be guessed from it."""
    digest = hashlib.scrypt(settings.SECRET_KEY.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16)
    return f"{salt}${digest.hex()}"


def _files(*, with_secret_key: bool) -> Iterator[tuple[str, Path]]:
    uploads = Path(settings.UPLOAD_FOLDER)
    for path in sorted(uploads.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):  # those are still arriving
            yield str(PurePosixPath(UPLOADS, path.relative_to(uploads).as_posix())), path
    key = Path(settings.DATA_DIR) / SECRET
    if with_secret_key and key.exists():
        yield SECRET, key


def _add(tar: tarfile.TarFile, member: str, path: Path) -> str:
    """The digest is of the very bytes that went in."""
    with open(path, "rb") as file:
        info = tar.gettarinfo(arcname=member, fileobj=file)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        reader = _Digesting(file)
        tar.addfile(info, reader)
    return reader.digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, member: str, content: bytes) -> None:
    info = tarfile.TarInfo(member)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


@dataclass
class _Digesting(io.RawIOBase):
    file: IO[bytes]
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def read(self, size: int = -1) -> bytes:
        content = self.file.read(size)
        self.digest.update(content)
        return content


# --- restoring one -------------------------------------------------------------------------------------------------


def restore_backup(source: Path, *, say: Callable[[str], None] = lambda line: None) -> Manifest:
    """Unpack beside the data, verify, and only then put in place what was unpacked."""
    data = Path(settings.DATA_DIR)
    try:
        with TemporaryDirectory(dir=data, prefix=".restoring-") as name:
            folder = Path(name)
            manifest = _unpack(source, folder)
            say(f"The backup of {manifest.made_at[:19]} is whole: {len(manifest.sha256)} files.")
            uploads, key = Path(settings.UPLOAD_FOLDER), data / SECRET
            with _in_place(folder / UPLOADS, uploads), _in_place(folder / SECRET, key):
                DATABASES[manifest.engine].load(folder / DATABASES[manifest.engine].member)
    except (OSError, DumpFailed, EOFError, tarfile.TarError, zlib.error) as error:
        raise BackupError(f"nothing was restored: {error}") from error
    return manifest


def _unpack(source: Path, folder: Path) -> Manifest:
    with tarfile.open(source, "r:gz") as tar:
        for member in tar:
            if not member.isreg():
                raise BackupError(f"{member.name!r} in the backup is no plain file: Agon did not make it")
            tar.extract(member, folder, filter="data")  # the filter refuses paths that lead out
    (folder / UPLOADS).mkdir(exist_ok=True)
    manifest = _read_manifest(folder / MANIFEST)
    _check_engine(manifest)
    _check_schema(manifest)
    _check_digests(manifest, folder)
    return manifest


def _read_manifest(path: Path) -> Manifest:
    try:
        manifest = _MANIFEST.validate_json(path.read_bytes(), strict=True)
    except FileNotFoundError as error:
        raise BackupError("this file is not a backup of Agon, or it was cut off: it has no manifest") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        place = f"in its manifest {field}" if field else "its manifest"
        raise BackupError(f"this file is not a backup of Agon, or it was changed: {place}: {first['msg']}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"the backup has format {manifest.format}, this Agon reads {FORMAT}: use the Agon that made it")
    return manifest


def _check_engine(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        here, there = connection.vendor, manifest.engine
        raise BackupError(
            f"the backup is of {there}, this site is on {here}: restore it with DATABASE_URL set to a database of {there} "
            "(left out it is a file of SQLite), and then move it: manage.py move_site --to the address of this site's database"
        )


def _check_schema(manifest: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        raise BackupError(f"the backup is of a newer Agon ({manifest.version}; it has {newer[0]}): update the program first")


def _check_digests(manifest: Manifest, folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    if DATABASES[manifest.engine].member not in manifest.sha256:
        raise BackupError("this file is not a backup of Agon, or it was changed: its manifest names no database")
    for member in sorted(files ^ set(manifest.sha256)):
        raise BackupError(f"the backup is damaged: {member} is {'not in the manifest' if member in files else 'missing'}")
    for member, digest in manifest.sha256.items():
        with open(folder / member, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise BackupError(f"the backup is damaged: {member} has another checksum than the manifest says")


@contextmanager
def _in_place(new: Path, place: Path) -> Iterator[None]:
    """Renames on one disk, which need no room; undone where the body fails. What stood there goes with the folder."""
    if not new.exists():
        yield
        return
    before = new.with_name(f"{new.name}.before")
    if place.exists():
        os.rename(place, before)
    os.rename(new, place)
    try:
        yield
    except BaseException:
        os.rename(place, new)
        if before.exists():
            os.rename(before, place)
        raise
