"""Base of the import commands: check the file, load it with a progress bar, and report the result."""

import gc
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, DjangoHelpFormatter
from django.core.validators import validate_slug
from django.db import OperationalError
from django.urls import reverse
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena.archiving.refusals import archived_message
from arena.importing.checks.corrected_since import known_or_again
from arena.importing.checks.newcomers import TooManyCompetitors, add_allowance, must_be_allowed
from arena.importing.checks.whole_file import check, check_leaving_out
from arena.importing.files import fields, receiving
from arena.importing.files.looks import Shape
from arena.importing.files.problems import ImportProblems, RowProblem, shown, some_names
from arena.importing.files.reports import ImportReport
from arena.importing.formats import MAPPED, AnyFormat, NotRecognised, formats_of, reading_format, stored_name
from arena.importing.formats.column_map import (
    LEAVE_OUT,
    OUTCOMES,
    ColumnMap,
    ColumnMapError,
    column_map,
    columns_digest,
    value_field_of,
)
from arena.importing.formats.guessing import guessed
from arena.importing.formats.recognition import FileStart, start_of
from arena.importing.formats.votes_or_labels import must_be_told_apart
from arena.importing.loading.late_answers import came_of_it
from arena.importing.loading.loader import load, retry
from arena.leases import LeaseLost
from arena.models import Arena, Import
from arena.prerequisites import next_step
from arena.wording import agreeing, counted

State = Import.State


class AsWritten(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Help formatter that keeps the line breaks in the list of columns."""


class ImportCommand(BaseCommand):
    """Exits with status 2 and one line for each problem when the file or an option is wrong."""

    kind: Import.Kind
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        formats = ", ".join(formats_of(self.kind))
        parser.add_argument("file", type=Path)
        parser.formatter_class = AsWritten
        parser.epilog = self._columns()
        parser.add_argument(
            "--format", default="", help=f"one of: {formats}. Default: recognised from the columns, and reported"
        )
        parser.add_argument("--arena", required=True, metavar="SLUG", help="the arena's short name")
        parser.add_argument("--name", help="name of the arena, if it is new")
        add_reading(parser)
        add_allowance(parser)
        parser.add_argument("--check", action="store_true", help="only say what the file holds; write nothing")

    def _columns(self) -> str:
        """The columns that each format reads, for --help."""
        lines = [f"  {name}: {_described(each)}" for name, each in formats_of(self.kind).items()]
        rules = (
            "The case and order of columns do not matter; CSV cells may be separated by commas, semicolons, tabs or vertical "
            "bars. A file may be CSV, JSON lines, a JSON array or Parquet, and compressed with gzip or zstd."
        )
        return "\n".join(["columns, by format:", *lines, "", rules])

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(stderr=True)
        # A million rows make millions of small tuples without cycles: frequent garbage collection would only cost time.
        gc.set_threshold(20_000)
        columns = mapped_columns(options, self.kind)
        for warning in unmapped_columns(options, self.kind, columns):
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))
        chosen = self.options_of(options) | columns | ({"strict": True} if options["strict"] else {})
        chosen |= {"ignore_ids": True} if options["ignore_ids"] else {}
        format_name = MAPPED if columns else self._format(options["format"])
        arena = self._arena(options["arena"])
        must_be_text_encoding(options["encoding"])
        if not options["check"]:
            self._import(options, format_name, arena, chosen)
            return
        if options["encoding"]:
            file = kept_file(options)
            with receiving.forgotten_on_failure(file):
                self._say(self._checked(file, format_name, arena, chosen, options)[0])
            receiving.forget(file.path.name)
        else:
            file = receiving.KeptFile(options["file"].name, options["file"], "", 0)
            self._say(self._checked(file, format_name, arena, chosen, options)[0])
        self.stdout.write("Nothing was written: this was the check only.")

    def two_names(self, names: list[str]) -> list[str]:
        """The two names as they are stored. Refuses invalid names and two equal ones."""
        try:
            first, second = (fields.as_name("--models", name) for name in names)
        except RowProblem as problem:
            refuse(str(problem))
        if first == second:
            refuse(f"--models {first} {second}: two different names are needed")
        return [first, second]

    def _import(self, options: dict[str, Any], format_name: str, arena: Arena | None, chosen: dict[str, Any]) -> None:
        file = kept_file(options)
        with receiving.forgotten_on_failure(file):
            layout = self._read_by(format_name, file)
            source, chosen = known_or_again(
                file.path, chosen, arena=arena, kind=self.kind, layout=layout, format_name=format_name, digest=file.digest
            )
        read_by = stored_name(layout, chosen)
        if MAPPED in read_by.split("-"):
            chosen = {**chosen, "columns": columns_digest(start_of(file.path).names)}
        if source is None:
            with receiving.forgotten_on_failure(file):
                report, chosen = self._checked(file, format_name, arena, chosen, options)
                self._say(report)
                self.must_be_meant(report, options)
                self._must_be_allowed(report, options["allow_competitors"])
                arena = arena or self._make_arena(options)
                source = receiving.register(file, arena, kind=self.kind, format_name=read_by, report=report, options=chosen)
        else:
            receiving.adopt(file, source)
        receiving.forget(file.path.name)  # unless the import reads this very copy
        if source.state in {State.PUBLISHED, State.SET_ASIDE}:
            self._say_known(source)
            return
        self._load(source)

    def _must_be_allowed(self, report: ImportReport, most: int) -> None:
        try:
            must_be_allowed(report.n_to_allow, most)
        except TooManyCompetitors as reason:
            refuse(str(reason))

    def must_be_meant(self, report: ImportReport, options: dict[str, Any]) -> None:
        """Ask a person at a terminal to confirm; in a script, the warnings printed above have to do."""
        if (
            report.warnings
            and sys.stdin.isatty()
            and input("Import it all the same? [y/N] ").strip().lower() not in {"y", "yes"}
        ):
            refuse("nothing was written")

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options that the second pass needs besides the file."""
        return {}

    def _read_by(self, format_name: str, file: receiving.KeptFile) -> str:
        try:
            return reading_format(self.kind, format_name, file.path).format
        except ImportProblems as problems:
            raise _not_imported(file.filename, problems) from None

    def _format(self, name: str) -> str:
        known = formats_of(self.kind)
        if name and name not in known:
            refuse(f"--format {name}: no such format of {self.kind}. Available: {', '.join(known)}")
        return name

    def _arena(self, slug: str) -> Arena | None:
        arena = Arena.objects.filter(slug=slug).first()
        if arena is not None and arena.is_archived:
            refuse(f"--arena {slug}: {archived_message(arena)}")
        try:
            validate_slug(slug)
        except ValidationError:
            refuse(f"--arena {slug}: letters, digits, - and _ are allowed")
        return arena

    def _make_arena(self, options: dict[str, Any]) -> Arena:
        arena, is_new = receiving.arena_for(options["arena"], options.get("name") or "")
        if is_new:
            self.stdout.write(
                f"The arena {arena.slug!r} is new: its board is public, its prompts and answers are for curators."
            )
        return arena

    def _checked(
        self, file: receiving.KeptFile, format_name: str, arena: Arena | None, chosen: dict[str, Any], options: dict[str, Any]
    ) -> tuple[ImportReport, dict[str, Any]]:
        """The report of the check, and the options to load the file with."""
        asked: dict[str, Any] = {"kind": self.kind, "format_name": format_name, "filename": file.filename, "arena": arena}
        try:
            receiving.must_be_regular(file.path)
            if self.kind == Import.Kind.BATTLES and not format_name:
                must_be_told_apart(file.path, file.filename)
            with self.console.status(f"Checking {file.filename}"):
                if options["leave_out_bad_rows"]:
                    return check_leaving_out(file.path, options=chosen, **asked)
                return check(file.path, options=chosen, **asked), chosen
        except ImportProblems as problems:
            raise _not_imported(file.filename, problems) from None
        except OSError as error:
            refuse(f"{file.path}: {error.strerror or error}")

    def _say(self, report: ImportReport) -> None:
        head, *sayings = report.lines()
        self.stdout.write(head)
        for line in sayings:
            self.stdout.write(self.style.WARNING(f"Warning: {line}") if line in report.alerts else line)

    def _say_known(self, source: Import) -> None:
        if source.state == State.PUBLISHED:
            when = f"{source.published_at:%Y-%m-%d %H:%M} UTC" if source.published_at else "earlier"
            self.stdout.write(
                f"This file was already imported on {when} ({counted(source.n_rows, 'row', 'rows')}): nothing was added."
            )
        else:
            page = reverse("import", args=[source.pk])
            self.stdout.write(f"This file was imported before and is set aside: nothing was added. Restore it at {page}")

    def _load(self, source: Import) -> None:
        if source.state == State.FAILED:
            retry(source.pk)
        try:
            self._load_to_the_end(source)
        except (LeaseLost, OperationalError) as error:
            refuse(f"interrupted: {error}\nRun the same command again: it continues where it stopped.")
        source.refresh_from_db()
        if source.state == State.FAILED:
            refuse(f"{source.filename}: {source.error}\nCorrect the cause and run the same command again: it continues.")
        n_known = source.n_rows - source.n_added
        known = f"; {n_known:,} {agreeing(n_known, 'was', 'were')} here already" if n_known else ""
        self.stdout.write(
            self.style.SUCCESS(
                f"Imported: {source.n_added:,} of {counted(source.n_rows, 'row', 'rows')} "
                f"{agreeing(source.n_added, 'was', 'were')} new{known}."
            )
        )
        for line in [*self._came_of_it(source), *self.where_next(source)]:
            self.stdout.write(line)

    def _load_to_the_end(self, source: Import) -> None:
        columns = (TextColumn("Loading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task("", total=source.n_rows)
            while not load(source.pk, progress=lambda n_done: bar.update(task, completed=n_done)):
                source.refresh_from_db()
                if source.state not in {State.WAITING, State.LOADING}:
                    return
                # A worker is loading it, or was killed a moment ago: its lease ends in less than a minute.
                bar.update(task, completed=source.n_done)
                time.sleep(1)

    def _came_of_it(self, source: Import) -> list[str]:
        """What only the load could find out, and the next step for this arena."""
        n_given, step = source.report.get("n_given_answers", 0), next_step(source.arena)
        return [*([came_of_it(n_given)] if n_given else []), *([step.sentence] if step else [])]

    def where_next(self, source: Import) -> list[str]:
        return [f"Its page: {reverse('import', args=[source.pk])}"]


def _not_imported(filename: str, problems: ImportProblems) -> CommandError:
    return CommandError(f"{filename} was not imported.\n{with_cure(problems, problems.of(filename))}", returncode=2)


def with_cure(reason: Exception, text: object) -> str:
    """The text on why a file was refused, and how its columns can be named here where no format fits them."""
    if not isinstance(reason, NotRecognised):
        return str(text)
    return f"{text}\nOr say what its columns hold: --map FIELD=COLUMN for each; --help names the fields."


def kept_file(options: dict[str, Any]) -> receiving.KeptFile:
    """A copy, in UTF-8."""
    try:
        return receiving.keep_path(options["file"], options["encoding"])
    except UnicodeError as error:
        refuse(f"{options['file']}: not {options['encoding']}{receiving.where_broken(error)}")
    except OSError as error:
        refuse(f"{options['file']}: {error.strerror or error}")


def must_be_text_encoding(name: str) -> None:
    try:
        "a".encode(name or "utf-8")
    except (LookupError, UnicodeError):
        refuse(f"--encoding {name}: no such encoding of texts; windows-1251, gbk, shift_jis and many more are known")


def add_reading(parser: ArgumentParser) -> None:
    """Add the arguments that say how a file is read: its columns, and the rows to leave out."""
    parser.add_argument(
        "--map", action="append", default=[], metavar="FIELD=COLUMN",
        help="read COLUMN of the file as FIELD, such as prompt=question; repeat for each field. For answers also "
        "answer:MODEL=COLUMN, a column with the answers of one model. The import page shows these flags",
    )  # fmt: skip
    parser.add_argument(
        "--value", action="append", default=[], metavar="VALUE=MEANING",
        help=f"what a value in the column mapped to the winner means: {', '.join(OUTCOMES)}, or {LEAVE_OUT} (rows with it "
        "are left out)",
    )  # fmt: skip
    parser.add_argument(
        "--ignore-ids", action="store_true",
        help="for files in which one id stands for different texts: identify prompts by text and battles by content",
    )  # fmt: skip
    parser.add_argument(
        "--leave-out-bad-rows", action="store_true",
        help="import the file without its faulty rows, which are listed",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="refuse a file that causes warnings")
    parser.add_argument(
        "--encoding",
        default="",
        metavar="NAME",
        help="encoding of a file that is not UTF-8, such as windows-1251, gbk or shift_jis",
    )


def mapped_columns(options: dict[str, Any], kind: str) -> dict[str, Any]:
    """The import options that --map and --value give; empty without --map."""
    if not options["map"]:
        if options["value"] and (field := value_field_of(kind)):
            refuse(f"--value says what the cells of the column {field} mean: name it, --map {field}=COLUMN")
        return {}
    try:
        mapped = column_map(options["map"], options["value"]).checked(kind)
    except ColumnMapError as error:
        refuse(f"--map: {error}")
    if start := _start(options):
        _must_have(start, mapped)
    return mapped.as_options


def unmapped_columns(options: dict[str, Any], kind: str, columns: dict[str, Any]) -> list[str]:
    """One warning for each column that looks like a field and is left out of --map: with a map nothing else is read."""
    if not columns or not (start := _start(options)):
        return []
    named = {column.strip().casefold() for column in columns["map"].values()}
    return [
        f"the column {shown(column)} is not read. It looks like {field}: add --map {field}={column}"
        for field, column in guessed(start, kind)[1].columns.items()
        if field not in columns["map"] and column.strip().casefold() not in named
    ]


def _start(options: dict[str, Any]) -> FileStart | None:
    """None for a file that is not read as it is: what is wrong with it is reported by the check."""
    if options["encoding"] or not options["file"].is_file():
        return None
    try:
        return start_of(options["file"])
    except (ImportProblems, OSError):
        return None


def _must_have(start: FileStart, mapped: ColumnMap) -> None:
    """Rows of JSON may leave a column out; a table has one header."""
    there = {name.strip().casefold() for name in start.names}
    missing = [column for column in mapped.columns.values() if column.strip().casefold() not in there]
    if missing and start.shape in {Shape.CSV, Shape.PARQUET}:
        refuse(f"--map: the file has no column {some_names(missing)}; it has {some_names(start.names)}")


def _described(each: type[AnyFormat]) -> str:
    return f"{each.columns()}; see {each.link}" if each.link else each.columns()


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=2)
