"""A file arrives: each upload is a copy of its own, named by its SHA-256 and a mark, until an import owns it or it goes.

No two requests share a copy, so whoever forgets one takes it from nobody: the same bytes may arrive twice at once.
"""

import codecs
import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import transaction

from arena.archiving.refusals import must_be_in_use
from arena.importing.files.reports import ImportReport
from arena.models import ArchiveUpload, Arena, Import
from arena.seen_names import name_fault

BLOCK = 1024 * 1024
SECONDS_KEPT = 24 * 3600
DONE = (Import.State.PUBLISHED, Import.State.SET_ASIDE)


class FileGone(FileNotFoundError):
    """The file of an import is not where it was kept; the message says so."""


@dataclass(frozen=True)
class KeptFile:
    filename: str
    path: Path
    digest: str
    n_bytes: int


def keep_path(path: Path, encoding: str = "") -> KeptFile:
    """Rewritten in UTF-8 where an encoding is told. Raises OSError, or UnicodeError where the file is not in that."""
    must_be_regular(path)
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK), b"")
        return keep(path.name, in_utf8(blocks, encoding) if encoding else blocks)


def in_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Raises UnicodeError where they are not in that encoding."""
    return (text.encode() for text in codecs.iterdecode(blocks, encoding))


def must_be_regular(path: Path) -> None:
    """Raises OSError for a device or a pipe, which may never end. A folder is refused by the system in its own words."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "not a regular file; write its output into a file and import that", str(path))


def keep(filename: str, blocks: Iterable[bytes]) -> KeptFile:
    """Streams the blocks to the upload folder; the finished file appears there at once and whole."""
    folder = upload_folder()
    digest, n_bytes = hashlib.sha256(), 0
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".arriving-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for block in blocks:
                digest.update(block)
                n_bytes += len(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        path = _new_path(digest.hexdigest())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return KeptFile(short_filename(filename), path, digest.hexdigest(), n_bytes)


def _new_path(digest: str) -> Path:
    return upload_folder() / f"{digest}-{secrets.token_hex(8)}"


def own_copy(file: KeptFile) -> KeptFile:
    """The same bytes under another name, which nobody else deletes. Raises FileNotFoundError."""
    path = _new_path(file.digest)
    try:
        os.link(file.path, path)
    except FileNotFoundError:
        raise
    except OSError:  # not every file system has links
        shutil.copyfile(file.path, path)
    return replace(file, path=path)


def upload_folder() -> Path:
    folder = Path(settings.UPLOAD_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def short_filename(filename: str) -> str:
    """As a browser or a shell named it: no folders, nothing that does not print, at most 100 characters."""
    name = "".join(each for each in filename.replace("\\", "/").rsplit("/", 1)[-1] if each.isprintable())
    return name if len(name) <= 100 else f"{name[:60]}...{name[-37:]}"


def known_import(arena: Arena | None, *, kind: str, format_name: str, digest: str, is_chosen: bool = True) -> Import | None:
    """The import of the same file, where there was one.

    A format that nobody chose is no other reading of a file that is in: an older version may have read it by another one.
    """
    same = Import.objects.filter(arena=arena, kind=kind, digest=digest)
    earlier = same.filter(format=format_name).first() if arena else None
    if earlier is None and arena and not is_chosen:
        return same.filter(state__in=[Import.State.PUBLISHED, Import.State.SET_ASIDE]).first()
    return earlier


def register(file: KeptFile, arena: Arena, *, kind: str, format_name: str, report: ImportReport, **fields: object) -> Import:
    """The row that a loader will claim. Two requests at once get the same row."""
    same = {"arena": arena, "kind": kind, "format": format_name, "digest": file.digest}
    known_by = {"filename": file.filename, "path": file.path.name}
    results = {"n_rows": report.n_rows, "report": report.as_json()}
    with transaction.atomic():
        source, _ = Import.objects.get_or_create(**same, defaults={**known_by, **results, **fields})
    return source


def arena_for(slug: str, name: str) -> tuple[Arena, bool]:
    """The arena of this short name, and whether it was made: its board is public, its prompts and answers are for curators.

    A name that people could not read, such as that of a file, gives way to the short one.

    Raises ArchivedThing.
    """
    arena, is_new = Arena.objects.get_or_create(slug=slug, defaults={"name": slug if name_fault(name) else name[:120] or slug})
    must_be_in_use(arena)
    return arena, is_new


def path_of(source: Import) -> Path:
    """Kept by name, because the data folder may move. Raises OSError if it is missing."""
    path = upload_folder() / source.path
    if not path.is_file():
        raise FileGone(f"its file is not in {path.parent}: upload it again, or share this folder between the machines")
    return path


@contextlib.contextmanager
def forgotten_on_failure(file: KeptFile) -> Iterator[None]:
    """A file that is refused is not kept."""
    try:
        yield
    except BaseException:
        forget(file.path.name)
        raise


def adopt(file: KeptFile, source: Import) -> None:
    """A file that came again serves the import that still has to read it, where that one's own is gone."""
    if not (upload_folder() / source.path).is_file():
        to_read = Import.objects.filter(pk=source.pk, path=source.path).exclude(state__in=DONE)
        if to_read.update(path=file.path.name):
            source.path = file.path.name


def forget(name: str) -> None:
    """Delete the copy of this name, unless an import still has to read it."""
    is_read = Import.objects.filter(path=name).exclude(state__in=DONE).exists()
    if not is_read and not ArchiveUpload.objects.unfinished().filter(path=name).exists():
        (upload_folder() / name).unlink(missing_ok=True)


def forget_old_files() -> None:
    """Files that were checked and then not imported."""
    yesterday = time.time() - SECONDS_KEPT
    for path in upload_folder().iterdir():
        with contextlib.suppress(FileNotFoundError):  # another worker sweeps, too
            if path.stat().st_mtime < yesterday and path.name.startswith("."):
                path.unlink()
            elif path.stat().st_mtime < yesterday:
                forget(path.name)


def where_broken(error: UnicodeError) -> str:
    """The bytes that are of another encoding, for the end of a sentence; empty where they are not known."""
    if not isinstance(error, UnicodeDecodeError):
        return ""
    return f": it has the bytes {error.object[error.start : error.end][:8].hex(' ')}"
