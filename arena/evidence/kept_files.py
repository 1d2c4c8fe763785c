"""Arrays read from an arena's ledger, cached beside the database in files that can be rebuilt at any time.

A file is replaced whole, by whichever process was last, and only its owner can read it. It is sealed with a digest of all that
it holds, of its arena and of what its numbers mean: one that is damaged, exchanged, or of another version is ignored. The
checksums of a zip are no such seal: where an array's header is damaged, numpy reads less, and nothing is checked.
"""

import hashlib
import os
import stat
import tempfile
import time
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

type Arrays = Mapping[str, NDArray[Any]]

SEAL = "seal"
ABANDONED = 3_600  # seconds: nobody writes for an hour


def kept_file(arena_id: int, kind: str = "") -> Path:
    """The file of one arena: of its votes, or of what another app caches."""
    return _folder() / (f"{arena_id}-{kind}.npz" if kind else f"{arena_id}.npz")


def keep_arrays(arena_id: int, form: int, arrays: Arrays, *, kind: str = "") -> None:
    """Write the arrays, completely or not at all."""
    path = kept_file(arena_id, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    seal = np.frombuffer(_seal(arena_id, form, arrays), dtype=np.uint8)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays, **{SEAL: seal})
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def kept_arrays(arena_id: int, form: int, *, kind: str = "") -> dict[str, NDArray[Any]] | None:
    """What was cached for this arena in this form; None if nothing was, or if the file is not as written."""
    path = kept_file(arena_id, kind)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None  # a pipe would be waited for
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        seal = arrays.pop(SEAL).tobytes()
    # Not named one by one: damage to a zip or to an array's header raises a dozen kinds of error.
    except Exception:
        return None
    return arrays if seal == _seal(arena_id, form, arrays) else None


def forget(arena_id: int) -> None:
    """Delete all files of an arena, also those that are being written."""
    for pattern in (f"{arena_id}.*", f"{arena_id}-*", f".{arena_id}.*", f".{arena_id}-*"):
        for path in _folder().glob(pattern):
            path.unlink(missing_ok=True)


def form_of(version: int, *kinds: Iterable[str]) -> int:
    """Marks what a file's numbers mean: it changes with the version, and with the places of members in these kinds."""
    return zlib.crc32(repr((version, *map(list, kinds))).encode())


def _seal(arena_id: int, form: int, arrays: Arrays) -> bytes:
    digest = hashlib.sha256(repr((arena_id, form)).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        digest.update(array.view(np.uint8).data if array.size else b"")
    return digest.digest()


def _sweep(path: Path) -> None:
    """Delete what killed writers left behind."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "tallies"
