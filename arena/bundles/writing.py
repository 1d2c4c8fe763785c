"""Rows -> lines -> a zip, in one look at the database. Memory holds the numbers of the rows, and a few hundred rows."""

import hashlib
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from django.db import connection, models, transaction
from django.utils import timezone
from numpy.typing import NDArray

from arena import VERSION
from arena.bundles.fields import as_json
from arena.bundles.kinds import BundleKind, all_kinds, members_by_model
from arena.bundles.manifest import FORMAT, MANIFEST, WHAT, BoardEntry, BundleManifest, MemberEntry
from arena.evidence.ledger import sequence
from arena.evidence.page_cache import few_pages_kept
from arena.models import Arena, Import
from arena.texts.json_lines import json_line
from arena.wording import counted

ROWS_AT_ONCE = 500
NOT_YET = np.iinfo(np.int64).max  # the position of an event that has none
LIKE_ALL = (1980, 1, 1, 0, 0, 0)

type Say = Callable[[str, int, int], None]
"""Told of a member, how many of its lines are done, and of how many."""


class CannotExport(Exception):
    """What stands in the way, and what to do about it. No file was made."""


def export_bundle(arena: Arena, target: Path, *, say: Say = lambda member, done, total: None) -> BundleManifest:
    """Write the arena under another name, then rename: a file of this name is whole, and its owner's only."""
    if not target.parent.is_dir():
        raise CannotExport(f"there is no folder {target.parent}: create it, then try again")
    if os.path.lexists(target):
        raise CannotExport(f"{target} exists already and was left as it is: choose another name")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            manifest = write_bundle(arena, file, say=say)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, target)
    except OSError as error:
        raise CannotExport(f"no file was made in {target.parent}: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def write_bundle(arena: Arena, file: IO[bytes], *, say: Say = lambda member, done, total: None) -> BundleManifest:
    """All of the arena as it stands in one moment. The file need not be one that can be gone back in."""
    if loading := Import.objects.filter(arena=arena).unfinished().order_by("pk").first():
        raise CannotExport(f"the import of {loading.filename} is under way: export when it has ended")
    sequence()
    kinds = all_kinds()
    with few_pages_kept(), _one_look(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as bundle:
        lines = Lines(arena.pk, kinds)
        members = {f"{kind.member}.jsonl": _write_member(bundle, kind, lines, say) for kind in kinds}
        manifest = BundleManifest(
            WHAT, FORMAT, VERSION, timezone.now().isoformat(), arena.slug, arena.name, members, list(_boards(arena.pk))
        )
        bundle.writestr(zipfile.ZipInfo(MANIFEST, LIKE_ALL), manifest.written(), zipfile.ZIP_DEFLATED)
    return manifest


@contextmanager
def _one_look() -> Iterator[None]:
    """Everything that is read is of one moment, and nobody waits for the reader."""
    if connection.in_atomic_block:  # somebody else's, who sees one moment already or need not
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:  # Django's own transactions are IMMEDIATE: they would keep every voter waiting
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


class Lines:
    """On which line each row of the arena stands, from 1."""

    def __init__(self, arena_id: int, kinds: Sequence[BundleKind]) -> None:
        self.ids: dict[str, NDArray[np.int64]] = {}  # in the order of the lines
        self._sorted: dict[str, NDArray[np.int64]] = {}
        self._line: dict[str, NDArray[np.int64]] = {}  # of each of the sorted
        self._order: dict[str, NDArray[np.int64]] = {}
        for kind in kinds:
            self._read(kind, arena_id)

    def _read(self, kind: BundleKind, arena_id: int) -> None:
        rows, name = kind.rows_of(arena_id), kind.meta.pk.attname
        if not kind.order:
            numbers = np.fromiter(rows.values_list(name, flat=True).iterator(), dtype=np.int64)
            numbers.sort()
            self.ids[kind.member] = self._sorted[kind.member] = numbers
            return
        placed = ((pk, NOT_YET if place is None else place) for pk, place in rows.values_list(name, kind.order).iterator())
        pairs: NDArray[np.int64] = np.fromiter(placed, dtype=np.dtype((np.int64, 2)))
        numbers, by = pairs.T
        order = np.lexsort((numbers, by))
        self.ids[kind.member], self._order[kind.member] = numbers[order], by[order]
        back = np.argsort(numbers[order])
        self._sorted[kind.member], self._line[kind.member] = numbers[order][back], back + 1

    def lines(self, member: str, numbers: Sequence[int | None]) -> list[int | None]:
        """Of many rows at once; None for none, and for rows that are not in the bundle."""
        known = self._sorted[member]
        asked = np.array([-1 if number is None else number for number in numbers], dtype=np.int64)
        if not len(known):
            return [None] * len(asked)
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        line = self._line[member][at] if member in self._line else at + 1
        return [one if is_there else None for one, is_there in zip(line.tolist(), (known[at] == asked).tolist(), strict=True)]

    def place(self, member: str, number: int) -> int:
        (line,) = self.lines(member, [number])
        if line is None:
            raise KeyError(f"{member} {number}")
        return line

    def last_before(self, member: str, number: int) -> int:
        return int(np.searchsorted(self._order.get(member, self._sorted[member]), number, side="right"))


def _write_member(bundle: zipfile.ZipFile, kind: BundleKind, lines: Lines, say: Say) -> MemberEntry:
    digest, n_bytes, total = hashlib.sha256(), 0, len(lines.ids[kind.member])
    info = zipfile.ZipInfo(f"{kind.member}.jsonl", LIKE_ALL)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    done = 0
    with bundle.open(info, "w", force_zip64=True) as member:
        for written in _written(kind, lines):
            content = "".join(written).encode()
            member.write(content)
            digest.update(content)
            n_bytes += len(content)
            done += len(written)
            say(kind.member, done, total)
    return MemberEntry(done, n_bytes, digest.hexdigest())


def _written(kind: BundleKind, lines: Lines) -> Iterator[list[str]]:
    """Lines of JSON, some hundred at once."""
    fields = [kind.meta.get_field(name) for name in kind.fields]
    pk, ids = kind.meta.pk.attname, lines.ids[kind.member]
    by_model, convert = members_by_model(), [as_json(field) for field in fields]
    for start in range(0, len(ids), ROWS_AT_ONCE):
        asked = ids[start : start + ROWS_AT_ONCE].tolist()
        rows_asked = kind.model._default_manager.filter(pk__in=asked).order_by()
        rows = {row[0]: row[1:] for row in rows_asked.values_list(pk, *(field.attname for field in fields))}
        columns = [
            lines.lines(by_model[field.related_model], values)
            if isinstance(field, models.ForeignKey)
            else [change(value) for value in values]
            for field, change, values in zip(fields, convert, zip(*(rows[one] for one in asked), strict=True), strict=True)
        ]
        yield [_line(kind, values, lines) for values in zip(*columns, strict=True)]


def _line(kind: BundleKind, row: tuple[Any, ...], lines: Lines) -> str:
    values = dict(zip(kind.fields, row, strict=True))
    kind.on_leaving(values)
    kind.rename(values, lines)
    return json_line(values, separators=(",", ":"), allow_nan=False)


def _boards(arena_id: int) -> Iterator[BoardEntry]:
    """Of each board with a snapshot. Boards are of a room above this one: its kinds are known by their members."""
    models_of = {kind.member: kind.model for kind in all_kinds()}
    if "snapshots" not in models_of:
        return
    for board in models_of["boards"]._default_manager.filter(arena=arena_id).order_by("pk"):
        newest = models_of["snapshots"]._default_manager.filter(leaderboard=board).order_by("-pk").first()
        if newest is not None:
            yield BoardEntry(board.slug, board.name, newest.key, newest.content_hash)  # type: ignore[attr-defined]


def in_words(manifest: BundleManifest) -> str:
    """What is in it, in a line."""
    counted_members = (("prompts", "prompt", "prompts"), ("battles", "battle", "battles"), ("votes", "vote", "votes"),
            ("games", "game of judges", "games of judges"), ("snapshots", "snapshot", "snapshots"))  # fmt: skip
    rows = {member.removesuffix(".jsonl"): entry.rows for member, entry in manifest.members.items()}
    return ", ".join(counted(rows.get(member, 0), one, many) for member, one, many in counted_members)
