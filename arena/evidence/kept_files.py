"""Where what is read of an arena's ledger is kept beside the database: files that can be made again at any time."""

import zlib
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def kept_file(arena_id: int, kind: str = "") -> Path:
    """The file of one arena, of its votes or of what a room above keeps."""
    return _folder() / (f"{arena_id}-{kind}.npz" if kind else f"{arena_id}.npz")


def forget(arena_id: int) -> None:
    """Away with all files of an arena, also with those that are being written."""
    for pattern in (f"{arena_id}.*", f"{arena_id}-*", f".{arena_id}-*"):
        for path in _folder().glob(pattern):
            path.unlink(missing_ok=True)


def form_of(version: int, *kinds: Iterable[str]) -> int:
    """Marks what a file's numbers mean: it changes with the version, and with the places of members in these kinds."""
    return zlib.crc32(repr((version, *map(list, kinds))).encode())


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "tallies"
