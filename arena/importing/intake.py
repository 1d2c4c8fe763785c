"""A file to import: received -> checked -> started. The same for pages and programs.

`check_file` reads the whole file and writes nothing; what it gives can be kept (`as_json`), and comes back to `start`, which
makes the arena where it is new and the row that a worker loads: whoever calls it rings for one (`arena.tasks.load_import`), and
the sweep does in any case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.archiving.refusals import must_be_in_use
from arena.importing.checks.corrected_since import known_or_again
from arena.importing.checks.newcomers import TooManyCompetitors, n_to_allow
from arena.importing.checks.whole_file import check, check_leaving_out
from arena.importing.files import receiving
from arena.importing.files.notes import note
from arena.importing.files.problems import ImportProblems, Problems, RowFault
from arena.importing.files.reading import read_rows
from arena.importing.files.receiving import KeptFile
from arena.importing.files.reports import ImportReport
from arena.importing.formats import (
    MAPPED,
    OWN,
    NotRecognised,
    columns_of,
    kind_and_format,
    reading_format,
    stored_name,
)
from arena.importing.formats.column_map import ColumnMap, columns_digest, remembered
from arena.importing.formats.guessing import guessed
from arena.importing.formats.recognition import start_of
from arena.importing.formats.votes_or_labels import must_be_told_apart
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Arena, Import

LONGEST_SLUG, LONGEST_NAME = 50, 120


class UnknownKind(ValueError):
    """The columns do not tell what the file holds, and nobody said it; `columns` are the file's own, for a sentence."""

    def __init__(self, columns: str) -> None:
        super().__init__(columns)
        self.columns = columns


@dataclass(frozen=True)
class FileRequest:
    """The user's choices for a file; what is empty is recognised or has its default."""

    slug: str  # of the arena
    name: str = ""  # of the arena, where it is new
    kind: str = ""
    format: str = ""
    pool: str = ""  # of prompts
    competitor: str = ""  # of answers whose file names no model
    models: tuple[str, str] | None = None  # whose answers the two columns of a file of battles are
    voters: str = ""  # of battles: "judges" or "people"; asked where a name looks like a model's
    columns: ColumnMap | None = None
    is_strict: bool = False  # refuse a file in which something looks wrong
    remembers: int | None = None  # number of the user whose earlier imports tell what columns hold
    is_replacing: bool = False  # answers that are here with another text are corrected by the file
    ignores_ids: bool = False  # prompts and battles are known by what they say
    leaves_out: bool = False  # rows in which something is wrong stay away; the report names them
    more: Mapping[str, str] = field(default_factory=dict)  # options of other apps' kinds

    def options(self, kind: str) -> dict[str, Any]:
        """Options that reading the file needs."""
        options: dict[str, Any] = {}
        if kind == Import.Kind.PROMPTS:
            options["pool"] = self.pool or "main"
        if kind == Import.Kind.RESPONSES and self.competitor:
            options["competitor"] = self.competitor
        if kind == Import.Kind.RESPONSES and self.is_replacing:
            options["replace"] = True
        if is_of_room(kind):
            options |= {name: self.more[name] for name in kind_of(kind).options if self.more.get(name)}
        if kind == Import.Kind.BATTLES and self.models:
            options["models"] = list(self.models)
        if kind == Import.Kind.BATTLES and self.voters:
            options["voters"] = self.voters
        if self.ignores_ids:
            options["ignore_ids"] = True
        return options | (self.columns.as_options if self.columns else {}) | ({"strict": True} if self.is_strict else {})


class KeptReport(ImportReport):
    """One out of `as_json`: its notes say already what is left out."""

    def about_left_out(self) -> list[str]:
        return []


@dataclass(frozen=True)
class CheckedFile:
    """A file that can be imported. If it was imported before, `known` is that import and nothing was checked."""

    file: KeptFile
    slug: str
    name: str
    kind: str
    format: str
    options: Mapping[str, Any]
    report: ImportReport
    known: Import | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Any]:
        kept = kept_as_json(self.file)
        where = {"slug": self.slug, "name": self.name, "kind": self.kind, "format": self.format, "options": dict(self.options)}
        results = {"n_rows": self.report.n_rows, **self.report.as_json(), "unnamed": self.report.unnamed}
        return {**where, **kept, **results}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "CheckedFile":
        """What `as_json` gave. Raises FileNotFoundError where the file was swept away meanwhile."""
        file = kept_file(stored)
        left_out = [RowFault(*fault) for fault in stored.get("left_out", [])]
        unnamed = stored["unnamed"] and tuple(stored["unnamed"])
        report = KeptReport(stored["n_rows"], stored["counts"], stored["notes"], left_out=left_out, unnamed=unnamed)
        return cls(file, stored["slug"], stored["name"], stored["kind"], stored["format"], stored["options"], report)

    def with_models(self, first: str, second: str) -> "CheckedFile":
        """Checked again with the names of the models whose answers the two columns hold. Raises ImportProblems."""
        if (first, second) == self.report.unnamed:
            return self
        columns = ColumnMap.of(self.options) if self.options.get("map") else None
        name = "" if columns else self.format
        strict = bool(self.options.get("strict"))
        request = FileRequest(
            self.slug, self.name, self.kind, name, models=(first, second), voters=self.options.get("voters", ""),
            columns=columns, is_strict=strict, leaves_out=bool(self.options.get("leave_out")),
            ignores_ids=bool(self.options.get("ignore_ids")),
        )  # fmt: skip
        return check_file(self.file, request)


def kept_as_json(file: KeptFile) -> dict[str, Any]:
    """What `kept_file` reads."""
    return {"filename": file.filename, "path": file.path.name, "digest": file.digest, "n_bytes": file.n_bytes}


def kept_file(stored: Mapping[str, Any]) -> KeptFile:
    """A waiting file, from the output of `kept_as_json`. Raises FileNotFoundError."""
    path = receiving.upload_folder() / stored["path"]
    if not path.is_file():
        raise FileNotFoundError(str(path))
    return KeptFile(stored["filename"], path, stored["digest"], stored["n_bytes"])


def check_file(file: KeptFile, request: FileRequest) -> CheckedFile:
    """Read it whole. Raises ImportProblems (NotRecognised: its columns have to be named; VotesOrLabels: its kind has to be
    chosen), UnknownKind and ArchivedThing.

    A file that comes with columns that were named before is read in the same way, unless something else is asked for.
    """
    names = start_of(file.path).names
    request, earlier_filename = as_before(request, file)
    kind = request.kind or _kind(file)
    chosen = MAPPED if request.columns else request.format
    arena = Arena.objects.filter(slug=request.slug).first()
    if arena is not None:
        must_be_in_use(arena)
    layout = reading_format(kind, chosen, file.path).format
    known, options = known_or_again(
        file.path, request.options(kind), arena=arena, kind=kind, layout=layout, format_name=chosen, digest=file.digest
    )
    read_by = stored_name(layout, options)
    if known is not None:
        report = ImportReport(known.n_rows, known.report.get("counts", {}))
    else:
        report, options = _report(file, kind, chosen, arena, request, options)
        if earlier_filename:
            report = replace(report, findings=[note(_AS_BEFORE, filename=earlier_filename), *report.findings])
    if request.columns:
        options["columns"] = columns_digest(names)
    return CheckedFile(file, request.slug, request.name, kind, report.format or read_by, options, report, known)


def _report(
    file: KeptFile, kind: str, chosen: str, arena: Arena | None, request: FileRequest, options: dict[str, Any]
) -> tuple[ImportReport, dict[str, Any]]:
    """And the options that say what is left out."""
    asked: dict[str, Any] = {"kind": kind, "format_name": chosen, "filename": file.filename, "arena": arena}
    asked |= {"options": options, "slug": request.slug}
    if request.leaves_out:
        return check_leaving_out(file.path, **asked)
    return check(file.path, **asked), options


def n_to_leave_out(file: KeptFile, request: FileRequest) -> int:
    """How many rows to leave out so that a refused file could be imported; 0 if that does not help."""
    try:
        return len(check_file(file, replace(request, leaves_out=True)).report.left_out)
    except ImportProblems:
        return 0


_AS_BEFORE = gettext_lazy("Its columns are those of %(filename)s, and are read as they were named for that file.")


def as_before(request: FileRequest, file: KeptFile) -> tuple[FileRequest, str]:
    """With the map by which the user's last file with these columns was read, and that file's name.

    A known layout comes first.
    """
    names = start_of(file.path).names
    if request.remembers is None or request.columns is not None or request.format or not names:
        return request, ""
    layout = _known_layout(file.path)
    if layout is not None and request.kind in {"", layout[0]}:
        return request, ""
    before = remembered(request.kind, names, by=request.remembers)
    if before is None:
        return request, ""
    columns, kind, filename = before
    return replace(request, columns=columns, kind=kind), filename


def _known_layout(path: Path) -> tuple[str, str] | None:
    """None also for what Agon would read as prompts alone, while more of its columns speak of votes on two answers."""
    known = kind_and_format(path)
    if known is None or known[0] != Import.Kind.PROMPTS or known[1] not in OWN:
        return known
    return None if guessed(start_of(path))[0] == Import.Kind.BATTLES else known


def _kind(file: KeptFile) -> str:
    """Raises ImportProblems where the first row cannot be read: no kind would help."""
    recognised = _known_layout(file.path)
    if recognised is None:
        columns = columns_of(file.path)
        if not columns:
            problems = Problems(file.filename)
            if next(read_rows(file.path, problems=problems), None) is None and not problems.n_all:
                problems.add(1, _("the number of rows"), 0, _("there is nothing to import: is this the right file?"))
            problems.stop_if_any()
        raise UnknownKind(columns)
    must_be_told_apart(file.path, file.filename)
    return recognised[0]


def start(checked: CheckedFile, *, by: User | None, n_allowed: int = 0) -> Import:
    """The import's row, to be loaded. Raises TooManyCompetitors where more than `n_allowed` new ones need a yes."""
    n_new = n_to_allow(checked.report.counts.get("new_competitors", 0))
    if n_new > n_allowed:
        text = _("%(n)s new models have to be confirmed")
        raise TooManyCompetitors(text % {"n": n_new})
    arena, _is_new = receiving.arena_for(checked.slug, checked.name)
    return receiving.register(
        checked.file, arena, kind=checked.kind, format_name=checked.format, report=checked.report,
        options=dict(checked.options), created_by=by,
    )  # fmt: skip


def free_name(filename: str) -> tuple[str, str]:
    """A name for a new arena, taken from a file's, and a short name that no arena has."""
    stem = filename.split(".", 1)[0].replace("_", " ").strip()[: LONGEST_NAME - 10]
    name = stem if slugify(stem) else _("Imported")
    taken = set(Arena.objects.filter(slug__startswith=slugify(name)[:40]).values_list("slug", flat=True))
    numbered = (name if n == 1 else f"{name} {n}" for n in range(1, len(taken) + 2))
    return next((each, slug) for each in numbered if (slug := _slug(each)) not in taken)


def _slug(name: str) -> str:
    """Short, with its number at the end."""
    head, _space, number = slugify(name).rpartition("-")
    whole = slugify(name)
    return whole if len(whole) <= LONGEST_SLUG or not head else f"{head[: LONGEST_SLUG - len(number) - 1]}-{number}"


__all__ = [
    "CheckedFile",
    "FileRequest",
    "NotRecognised",
    "UnknownKind",
    "check_file",
    "free_name",
    "kept_as_json",
    "kept_file",
    "start",
]
