"""Pass 2: rows into the database, 5,000 at most a transaction; published in one.

The row of the import says how many rows of the file are done, and is written in the same transaction as they are: a run
that is killed continues where it stopped, and one that lost its lease writes nothing.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from functools import partial
from typing import Any, NamedTuple, Protocol

from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import override

from arena.archiving.imported_rows import bring_back
from arena.evidence.curation import count_games_of_import, lock_imports
from arena.evidence.ledger import record_import
from arena.importing import voters_that_judge
from arena.importing.chunks import TypedFile, chunks
from arena.importing.files import receiving
from arena.importing.files.fields import whole_text
from arena.importing.files.problems import ImportProblems, Problems, RowProblem
from arena.importing.files.reading import read_rows
from arena.importing.files.reports import STORED_IN, numbered
from arena.importing.formats import format_of
from arena.importing.kinds import FileToRead, is_of_room, kind_of
from arena.importing.loading import bulk
from arena.importing.loading.battles import BattleLoader
from arena.importing.loading.failures import CutShort, in_words
from arena.importing.loading.late_answers import came_of_it, give_answers
from arena.importing.loading.load_scheduling import in_turns, read_ahead, side_by_side
from arena.importing.loading.named_prompts import may_name_prompts
from arena.importing.loading.prompts import PromptLoader
from arena.importing.loading.responses import POOL, ResponseLoader
from arena.importing.loading.room_steps import StepByStep
from arena.importing.loading.row_keys import neighbours_together
from arena.leases import LeaseLost, heartbeat
from arena.models import Event, Import, PromptPool
from arena.seen_names import made_storable
from arena.webhooks.announcing import announce_import

LEASE_SECONDS = 30
MOST_ATTEMPTS = 10
N_WRITERS = 2
LARGE = 100_000  # rows
BROKEN_OFF = "its load failed"  # in the report of such an import, and the reason for which what it brought does not count
LONGEST_ROW = 2_000  # characters of one that is left out

type Progress = Callable[[int], None]


class Loader(Protocol):
    """What a kind of file does with a chunk of its rows, in three stages."""

    @property
    def takes_any_order(self) -> bool: ...

    def prepare(self, rows: Any) -> Any:
        """Without the database; for all rows in the order of the file, those that are done too."""

    def resolve(self, prepared: Any) -> Any:
        """What the rows name gets its ids, and is made where it is new: rows that mean nothing by themselves."""

    def add(self, resolved: Any) -> int:
        """In a transaction with the count of rows done; how many of the rows were new."""


class LoadStep(NamedTuple):
    """What one transaction adds."""

    n_read: int  # rows of the file up to its end
    n_new: int  # of them those that no earlier run has added
    resolved: Any


def load(pk: int, *, progress: Progress | None = None) -> bool:
    """Continue the import to its end; False if it is finished or another worker is at it."""
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
        # The next worker, perhaps this process after Ctrl-C, need not wait for the lease to expire.
        with suppress(DatabaseError):
            Import.objects.filter(pk=pk, lease_token=token).update(lease_until=None)
        raise
    return True


def retry(pk: int) -> None:
    """A failed import may be tried again: what it has done stays done."""
    Import.objects.filter(pk=pk, state=Import.State.FAILED).update(state=Import.State.WAITING, error="", n_attempts=0)


def _load(source: Import, token: str, progress: Progress) -> None:
    try:
        if is_of_room(source.kind):
            _load_of_room(source, token, progress)
        else:
            with bulk.large_load(source.arena_id) as committed:
                for n_done in _add_rows(source, token):
                    committed()
                    progress(n_done)
        _all_is_in(source)
        _keep_left_out(source)
        _add_note(source, give_answers(source))
        _publish(source, token)
        receiving.forget(source.path)
    except (ImportProblems, RowProblem, OSError, IntegrityError, DataError) as error:
        _fail(source, token, in_words(error, source=source.pk))


def _load_of_room(source: Import, token: str, progress: Progress) -> None:
    """A file of another room's kind. What comes in counts at once."""
    mine = Import.objects.filter(pk=source.pk, lease_token=token)
    if not mine.update(state=Import.State.LOADING):
        raise LeaseLost(f"import {source.pk} was taken over by another worker, or its arena was removed")
    _count_again(source)
    file = FileToRead(receiving.path_of(source), source.filename, source.format, source.options)
    with bulk.large_load(source.arena_id) as committed:

        def done(n_done: int) -> None:
            committed()
            progress(n_done)

        taken = kind_of(source.kind).load(source, file, StepByStep(source, token, done))
    if not mine.update(n_done=F("n_rows")):
        raise LeaseLost(f"import {source.pk} was taken over by another worker, or its arena was removed")
    if source.n_attempts > 1:  # what is new is told by what the check found
        return
    with override(STORED_IN):
        known = source.report.get("notes", [])
        new = [words for each in taken.notes if (words := made_storable(str(each))) not in known]
    source.report = {**source.report, "notes": [*known, *new]}


def _add_rows(source: Import, token: str) -> Iterator[int]:
    """Read, write; yields how many rows of the file are done."""
    loader = _loader(source)
    with closing(read_ahead(_steps(source, loader))) as steps:
        for step in _written(steps, source, token, loader):
            yield step.n_read


def _written(steps: Iterable[LoadStep], source: Import, token: str, loader: Loader) -> Iterator[LoadStep]:
    write = partial(_add_step, source, token, loader)
    if loader.takes_any_order and bulk.has_several_writers():
        yield from side_by_side(steps, write, n_writers=N_WRITERS)
        return
    for step in in_turns(steps) if connection.vendor == "sqlite" else steps:
        write(step, None)
        yield step


def _steps(source: Import, loader: Loader) -> Generator[LoadStep]:
    file: TypedFile[Any] = TypedFile(
        receiving.path_of(source), format_of(source.kind, source.format), filename=source.filename, options=source.options
    )
    # Small files keep their order: people look at them.
    in_order = neighbours_together(file) if loader.takes_any_order and source.n_rows >= LARGE else file
    n_read = 0
    for rows in chunks(in_order):
        # Pass 1 found no problem, so anything wrong now was changed meanwhile.
        file.problems.stop_if_any()
        n_old = min(len(rows), max(0, source.n_done - n_read))
        n_read += len(rows)
        loader.prepare(rows[:n_old])
        if n_old < len(rows):
            yield LoadStep(n_read, len(rows) - n_old, loader.resolve(loader.prepare(rows[n_old:])))
    file.problems.stop_if_any()


def _add_step(source: Import, token: str, loader: Loader, step: LoadStep, before: Future[None] | None) -> None:
    """One transaction. `before` is the step before it, where that one is still being written."""
    with transaction.atomic():
        n_added = loader.add(step.resolved)
        if before is not None:
            bulk.check_references()
            before.result()
        changes = {"n_done": F("n_done") + step.n_new, "n_added": F("n_added") + n_added, "state": Import.State.LOADING}
        if not Import.objects.filter(pk=source.pk, lease_token=token).update(**changes):
            raise LeaseLost(f"import {source.pk} was taken over by another worker, or its arena was removed")


def _all_is_in(source: Import) -> None:
    source.refresh_from_db(fields=["n_done"])
    if source.n_done != source.n_rows:
        raise CutShort(
            f"{numbered(source.n_done, 'rows')} came in, and the check had found {source.n_rows:,}: upload the file again"
        )


def _keep_left_out(source: Import) -> None:
    """Store the rows that were left out, with the reasons, because the file itself is deleted."""
    wanted = set(source.options.get("leave_out", []))
    if not wanted:
        return
    rows: dict[int, str] = {}
    for line, raw in read_rows(receiving.path_of(source), problems=Problems(source.filename)):
        if line in wanted and line not in rows:
            rows[line] = whole_text(json.dumps(raw, ensure_ascii=False, default=str)[:LONGEST_ROW])
            if len(rows) == len(wanted):
                break
    source.report = {**source.report, "rows_left_out": rows}


def _add_note(source: Import, n_given: int) -> None:
    if n_given:
        notes = [*source.report.get("notes", []), came_of_it(n_given)]
        source.report = {**source.report, "notes": notes, "n_given_answers": n_given}


def _publish(source: Import, token: str) -> None:
    with transaction.atomic():
        lock_imports(source.arena_id)
        changes = {"state": Import.State.PUBLISHED, "published_at": timezone.now(), "report": source.report}
        Import.objects.finish(source.pk, token, **changes)
        source.state = Import.State.PUBLISHED
        bring_back(source, None, is_strict=False)  # rows of it that another import had, and that went with that one
        if source.kind == Import.Kind.BATTLES:  # the other kinds bring no evidence
            voters_that_judge.take_verdicts(source)
            record_import(Event.Kind.IMPORT_PUBLISHED, source, before=Import.State.LOADING)
        announce_import(source)


def _fail(source: Import, token: str, error: str) -> None:
    with transaction.atomic():
        Import.objects.finish(source.pk, token, state=Import.State.FAILED, error=made_storable(error[:5_000]))
        if is_of_room(source.kind):
            count_games_of_import(source, is_counted=False, reason=BROKEN_OFF, actor=None)
            source.refresh_from_db(fields=["report"])
            Import.objects.filter(pk=source.pk).update(report={**source.report, BROKEN_OFF: True})
        announce_import(source)


def _count_again(source: Import) -> None:
    """What a load that failed had brought before it is tried again."""
    if BROKEN_OFF in source.report:
        with transaction.atomic():
            count_games_of_import(source, is_counted=True, reason="", actor=None)
            source.refresh_from_db(fields=["report"])
            source.report = {name: value for name, value in source.report.items() if name != BROKEN_OFF}
            source.save(update_fields=["report"])


def _loader(source: Import) -> Loader:
    if source.kind == Import.Kind.RESPONSES:
        return ResponseLoader(source)
    format_class = format_of(source.kind, source.format)
    has_own_ids = format_class.has_own_ids and (format_class.needs_own_ids or not source.options.get("ignore_ids"))
    name = source.options.get("pool") or (POOL if format_class.is_by_hand else format_class.name)
    pool, _ = PromptPool.objects.get_or_create(arena=source.arena, slug=name, defaults={"name": name})
    if source.kind == Import.Kind.PROMPTS:
        return PromptLoader(source, pool)
    finds_ids = may_name_prompts(format_class, source.options)
    return BattleLoader(source, pool, has_own_ids, finds_ids=finds_ids, judges=voters_that_judge.judges_of(source))
