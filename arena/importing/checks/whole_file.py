"""Pass 1: the whole file is read and checked; nothing is written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from django.utils.translation import gettext_lazy

from arena.importing.checks.battles import check_battles
from arena.importing.checks.contradictions import Statements
from arena.importing.checks.plausibility import Plausibility, refuse
from arena.importing.checks.prompts import PromptsSeen
from arena.importing.checks.responses import ResponsesSeen
from arena.importing.chunks import TypedFile, chunks
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MOST_LEFT_OUT, ImportProblems, Problems, RowFault
from arena.importing.files.reports import ImportReport
from arena.importing.files.rows import PromptRow, ResponseRow
from arena.importing.formats import OWN, Format, format_of, reading_format, stored_name
from arena.importing.formats.guessing import texts_among
from arena.importing.formats.recognition import start_of
from arena.importing.formats.votes_or_labels import other_kinds
from arena.importing.kinds import FileToRead, kind_of
from arena.models import Arena, Import


def check(
    path: Path, *, kind: str, format_name: str, filename: str, arena: Arena | None,
    options: Mapping[str, Any] | None = None, slug: str = "",
) -> ImportReport:  # fmt: skip
    """The report names the format that the file has; it is recognised where `format_name` is empty.

    `slug` is the arena's, which need not exist yet. Raises ImportProblems, which name the file, the line, the value and
    what is allowed.
    """
    read_by, notes, doubts = reading_format(kind, format_name, path)
    match Import.Kind(kind):
        case Import.Kind.BATTLES:
            report = check_battles(path, stored_name(read_by, options or {}), filename, arena, options)
        case Import.Kind.PROMPTS:
            prompts = cast("type[Format[PromptRow]]", format_of(kind, read_by))
            file_of_prompts = partial(TypedFile, path, prompts, filename=filename, options=options)
            report = _check_rows(file_of_prompts, lambda problems: PromptsSeen(arena, problems), Plausibility(arena))
            if read_by in OWN and (texts := texts_among(start_of(path), report.ignored)):
                doubts = [*doubts, note(_TEXTS_NOT_READ, columns=", ".join(texts))]
        case Import.Kind.RESPONSES:
            responses = cast("type[Format[ResponseRow]]", format_of(kind, read_by))
            file = partial(TypedFile, path, responses, filename=filename, options=options)
            replaces = bool((options or {}).get("replace"))
            report = _check_rows(file, lambda problems: ResponsesSeen(arena, problems, replaces=replaces), Plausibility(arena))
        case Import.Kind.JUDGEMENTS | Import.Kind.LABELS:
            stored = stored_name(read_by, options or {})
            report = kind_of(kind).check(FileToRead(path, filename, stored, options or {}), arena, slug)
    if options and options.get("strict"):
        refuse(report.odd, Problems(filename))
    others = [] if format_name else other_kinds(path, kind)
    return replace(
        report, format=stored_name(read_by, options or {}), findings=[*notes, *report.findings, *others],
        amiss=[*doubts, *report.amiss],
    )  # fmt: skip


_TEXTS_NOT_READ = gettext_lazy(
    "Only the prompts are read. If the columns %(columns)s are answers of models, say that the file holds answers."
)


def check_leaving_out(
    path: Path, *, kind: str, format_name: str, filename: str, arena: Arena | None, options: Mapping[str, Any], slug: str = ""
) -> tuple[ImportReport, dict[str, Any]]:
    """As `check`, without the rows in which something is wrong; returns also the options with which the others are read.

    Rows whose fault shows only after that are left out, too. Raises ImportProblems where no row is to blame.
    """
    faults: dict[int, RowFault] = {}
    while True:
        chosen = {**options, "leave_out": sorted(faults)} if faults else dict(options)
        try:
            report = check(
                path, kind=kind, format_name=format_name, filename=filename, arena=arena, options=chosen, slug=slug
            )  # fmt: skip
        except ImportProblems as problems:
            new = problems.faults.keys() - faults.keys()
            if not new or len(faults) + len(new) > MOST_LEFT_OUT:
                raise
            faults |= {line: problems.faults[line] for line in new}
        else:
            return replace(report, left_out=[faults[line] for line in sorted(faults)]), chosen


class RowsSeen[T: (PromptRow, ResponseRow)](Protocol):
    """Collects what a file says, row by row; problems of single rows are reported on the way."""

    statements: Statements
    rule: Any  # of the statements: what has one text, and which line has another

    def add(self, rows: list[T]) -> None: ...

    def finish(self) -> None: ...

    def named(self, row: T) -> tuple[str, Any]:
        """What the row's statement is about, and its value."""

    def counts(self) -> dict[str, int]: ...

    def notes(self) -> list[FileNote]: ...

    def warnings(self) -> list[FileNote]: ...


def _check_rows[T: (PromptRow, ResponseRow)](
    opened: Callable[[], TypedFile[T]], seen_by: Callable[[Problems], RowsSeen[T]], odd: Plausibility
) -> ImportReport:
    file = opened()
    seen = seen_by(file.problems)
    for chunk in chunks(file):
        seen.add(chunk)
        odd.see(chunk)
    seen.finish()
    _name_contradictions(seen, opened(), file.problems)
    file.problems.stop_if_any()
    notes = seen.notes() + file.notes()
    return ImportReport(file.n_rows, seen.counts(), notes, file.ignored, seen.warnings(), odd=odd.oddities())


def _name_contradictions[T: (PromptRow, ResponseRow)](seen: RowsSeen[T], again: TypedFile[T], problems: Problems) -> None:
    """Only hashes were kept, so the values are read again."""
    contradictions = list(seen.statements.contradictions())[:MOST_LEFT_OUT]
    wanted = {number for each in contradictions for number in each}
    rows = {number: row for number, row in enumerate(again) if number in wanted} if contradictions else {}
    for each in contradictions:
        row, earlier = rows[each.row], rows[each.earlier]
        problems.add(row.line, *seen.named(row), str(seen.rule) % {"line": earlier.line}, is_row=True)
