"""A file of judgements or labels -> typed rows and notes. Nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.importing.checks.garbled import GarbledTexts
from arena.importing.checks.plausibility import Plausibility, refuse
from arena.importing.chunks import TypedFile
from arena.importing.files.notes import FileNote, Oddity
from arena.importing.files.problems import Problems
from arena.importing.formats.format import Format
from arena.importing.formats.votes_or_labels import other_kinds
from arena.models import Import
from judges.importing.formats import JUDGEMENT_FORMATS, LABEL_FORMATS, format_of
from judges.importing.formats.mapped import MappedJudgements, MappedLabels
from judges.importing.rows import JudgementRow, LabelRow


@dataclass(frozen=True, slots=True)
class ReadFile[T]:
    """All rows of a file: such files have thousands of rows, not millions."""

    filename: str
    format: str
    rows: list[T]
    notes: list[FileNote]
    ignored: list[str]  # columns that are not read
    odd: list[Oddity] = field(default_factory=list)  # what looks wrong, and may be so


def read_judgements(
    path: Path, *, filename: str = "", chosen: str = "", options: Mapping[str, Any] | None = None
) -> ReadFile[JudgementRow]:
    """Raises ImportProblems, by line, and OSError."""
    if options and options.get("map"):
        return _with_oddities(read_by(MappedJudgements, path, filename or path.name, options))
    return _read(path, JUDGEMENT_FORMATS, filename or path.name, chosen, options)


def read_labels(
    path: Path, *, filename: str = "", chosen: str = "", options: Mapping[str, Any] | None = None
) -> ReadFile[LabelRow]:
    """Raises ImportProblems, by line, and OSError."""
    if options and options.get("map"):
        return _with_oddities(read_by(MappedLabels, path, filename or path.name, options))
    return _read(path, LABEL_FORMATS, filename or path.name, chosen, options)


def read_by[T](format_class: type[Format[T]], path: Path, filename: str, options: Mapping[str, Any]) -> ReadFile[T]:
    """By a format that is known. Raises ImportProblems, by line, and OSError."""
    file: TypedFile[T] = TypedFile(path, format_class, filename=filename, options=options)
    rows = list(file)
    file.problems.stop_if_any()
    return ReadFile(filename, format_class.name, rows, file.notes(), file.ignored, _oddities(rows))


def _oddities(rows: Iterable[Any]) -> list[Oddity]:
    garbled, odd = GarbledTexts(), Plausibility(None)
    for row in rows:
        odd.see_answers(row.line, [(each.competitor, each.text) for each in row.answers])
        answers = [text for each in row.answers for text in (each.competitor, each.text) if text]
        garbled.see(row.line, [*row.prompt.turns, *answers, getattr(row, "reply", "")])
    return [*odd.oddities(), *garbled.oddities()]


def must_look_right(file: ReadFile[Any], options: Mapping[str, Any] | None, *, what: str = "") -> None:
    """Raises ImportProblems where something looks wrong and the import is to be `strict`. `what`: how a row is called."""
    if options and options.get("strict"):
        refuse(file.odd, Problems(file.filename), what=what)


def _read[T](
    path: Path, known: Mapping[str, type[Format[T]]], filename: str, chosen: str, options: Mapping[str, Any] | None
) -> ReadFile[T]:
    recognised = format_of(path, known, chosen, filename=filename)
    file = read_by(known[recognised.format], path, filename, options or {})
    file.notes[:0] = recognised.notes
    if not chosen:
        kind = Import.Kind.JUDGEMENTS if known is JUDGEMENT_FORMATS else Import.Kind.LABELS
        file.notes.extend(other_kinds(path, kind))
    return _with_oddities(file)


def _with_oddities[T](file: ReadFile[T]) -> ReadFile[T]:
    """For whoever shows the notes alone."""
    file.notes.extend(each.note for each in file.odd)
    return file


def problem_of(filename: str, what: str, value: Any, allowed: str, *, line: int = 1) -> None:
    """Raises ImportProblems with this one."""
    problems = Problems(filename)
    problems.add(line, what, value, allowed)
    problems.stop_if_any()
