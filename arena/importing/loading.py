"""Pass 2: rows into the database, 5,000 at most a transaction; published in one.

The row of the import says how many rows of the file are done, and is written in the same transaction as they are: a run
that is killed continues where it stopped, and one that lost its lease writes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any, Protocol

from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from arena.importing import bulk, receiving
from arena.importing.ahead import read_ahead
from arena.importing.answers import ResponseLoader
from arena.importing.battles import BattleLoader
from arena.importing.chunks import TypedFile, chunks
from arena.importing.formats import formats_of
from arena.importing.problems import ImportProblems, RowProblem
from arena.importing.prompts import PromptLoader
from arena.leases import LeaseLost, heartbeat
from arena.ledger import record_import
from arena.models import Arena, Event, Import, PromptPool

LEASE_SECONDS = 30
MOST_ATTEMPTS = 10

type Progress = Callable[[int], None]


class Loader(Protocol):
    def skip(self, rows: Any) -> None: ...

    def add(self, rows: Any) -> int: ...


def load(pk: int, *, progress: Progress | None = None) -> bool:
    """Continue the import to its end; False where it is finished or somebody else is at it."""
    token = Import.objects.unfinished().claim(pk, seconds=LEASE_SECONDS)
    if token is None:
        return False
    source = Import.objects.select_related("arena").get(pk=pk)
    if source.n_attempts > MOST_ATTEMPTS:
        _fail(source, token, f"gave up after {MOST_ATTEMPTS} attempts that were cut short: see the log, then try again")
        return True
    try:
        with heartbeat(Import.objects.all(), pk, token, seconds=LEASE_SECONDS):
            _load(source, token, progress or (lambda n_done: None))
    except BaseException:
        # Whoever continues, perhaps this process after Ctrl-C, need not wait for the lease to run out.
        with suppress(DatabaseError):
            Import.objects.filter(pk=pk, lease_token=token).update(lease_until=None)
        raise
    return True


def retry(pk: int) -> None:
    """A failed import may be tried again: what it has done stays done."""
    Import.objects.filter(pk=pk, state=Import.State.FAILED).update(state=Import.State.WAITING, error="", n_attempts=0)


def _load(source: Import, token: str, progress: Progress) -> None:
    try:
        with bulk.large_load() as committed:
            for n_done in _add_rows(source, token):
                committed()
                progress(n_done)
        _publish(source, token)
        receiving.forget(source.digest)
    except (ImportProblems, RowProblem, OSError, IntegrityError, DataError) as error:
        _fail(source, token, str(error))


def _add_rows(source: Import, token: str) -> Iterator[int]:
    """A transaction a step; yields how many rows of the file are done."""
    loader = _loader(source)
    file: TypedFile[Any] = TypedFile(
        receiving.path_of(source), formats_of(source.kind)[source.format], filename=source.filename
    )
    n_read = 0
    # SQLite has one writer at a time: while rows are read, voters have their turn. PostgreSQL can be fed without a pause.
    in_chunks = read_ahead(chunks(file)) if connection.vendor == "postgresql" else chunks(file)
    with closing(in_chunks):
        for rows in in_chunks:
            # Pass 1 found the file right: what is wrong now was changed meanwhile.
            file.problems.stop_if_any()
            n_old = min(len(rows), max(0, source.n_done - n_read))
            if n_old:
                loader.skip(rows[:n_old])
            if n_old < len(rows):
                _add_chunk(source, token, loader, rows[n_old:])
            n_read += len(rows)
            yield n_read
    file.problems.stop_if_any()


def _add_chunk(source: Import, token: str, loader: Loader, rows: list[Any]) -> None:
    with transaction.atomic():
        # Two imports into one arena stand in line; voters do not.
        if not Arena.objects.select_for_update(no_key=True).filter(pk=source.arena_id).exists():
            raise LeaseLost(f"the arena of import {source.pk} was removed")
        n_added = loader.add(rows)
        changes = {"n_done": F("n_done") + len(rows), "n_added": F("n_added") + n_added, "state": Import.State.LOADING}
        if not Import.objects.filter(pk=source.pk, lease_token=token).update(**changes):
            raise LeaseLost(f"import {source.pk} was taken over by another worker")


def _publish(source: Import, token: str) -> None:
    with transaction.atomic():
        Import.objects.finish(source.pk, token, state=Import.State.PUBLISHED, published_at=timezone.now())
        source.state = Import.State.PUBLISHED
        if source.kind == Import.Kind.BATTLES:  # the other kinds bring no evidence
            record_import(Event.Kind.IMPORT_PUBLISHED, source, before=Import.State.LOADING)


def _fail(source: Import, token: str, error: str) -> None:
    Import.objects.finish(source.pk, token, state=Import.State.FAILED, error=error[:5_000])


def _loader(source: Import) -> Loader:
    if source.kind == Import.Kind.RESPONSES:
        return ResponseLoader(source)
    name = source.options.get("pool") or source.format
    pool, _ = PromptPool.objects.get_or_create(arena=source.arena, slug=name, defaults={"name": name})
    return PromptLoader(source, pool) if source.kind == Import.Kind.PROMPTS else BattleLoader(source, pool)
