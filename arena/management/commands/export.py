"""Writes one kind of an arena's rows into a file, or the whole arena into a zip."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from arena.bundles.progress import ProgressLine
from arena.bundles.writing import CannotExport, export_bundle, in_words
from arena.commands.import_command import AsWritten
from arena.exporting.access import Reader
from arena.exporting.forms import FORMS, MissingLibrary
from arena.exporting.registry import tables
from arena.exporting.tables import ExportTable, Row, WrongChoice, rows_for
from arena.models import Arena
from arena.wording import counted

TO_STDOUT = "-"


class Command(BaseCommand):
    help = (
        "Write one kind of an arena's rows (prompts, answers, battles, votes and others) into a file; or, with "
        "--all, the whole arena with its history into one zip, which import_archive can import on any site. "
        "The zip holds no accounts, tokens or keys; voters appear as numbers."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = AsWritten
        parser.epilog = _columns()
        parser.add_argument("what", nargs="?", choices=list(tables()), help="the kind of rows")
        parser.add_argument("--all", action="store_true", help="the whole arena as one zip; needs --to")
        parser.add_argument("--arena", required=True, metavar="SLUG", help="the arena's short name")
        parser.add_argument(
            "--format",
            choices=list(FORMS),
            default="jsonl",
            help="default: jsonl; excel is csv with a byte-order mark, by which Excel reads accents rightly",
        )
        parser.add_argument("--to", default=TO_STDOUT, metavar="FILE", help="default: -, the standard output")
        parser.add_argument(
            "--overwrite", action="store_true", help="replace an older file of this name, once the new one is whole"
        )
        for name in dict.fromkeys(option.name for table in tables().values() for option in table.options):
            takers = ", ".join(table.key for table in tables().values() if name in [option.name for option in table.options])
            parser.add_argument(f"--{name.replace('_', '-')}", dest=f"chosen_{name}", help=f"for {takers}; see below")

    def handle(self, *args: Any, **options: Any) -> None:
        arena = Arena.objects.filter(slug=options["arena"]).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"--arena {options['arena']}: no such arena. Available: {known}", returncode=2)
        if bool(options["what"]) == options["all"]:
            raise CommandError(f"choose what to export: --all, or one of {', '.join(tables())}", returncode=2)
        if options["all"]:
            self._whole(arena, options["to"])
        else:
            self._rows(arena, options)

    def _whole(self, arena: Arena, to: str) -> None:
        if to == TO_STDOUT:
            raise CommandError("--all needs a file: --to FILE.zip", returncode=2)
        progress = ProgressLine(self.stderr)
        try:
            manifest = export_bundle(arena, Path(to).absolute(), say=progress.say)
        except CannotExport as reason:
            raise CommandError(str(reason), returncode=2) from reason
        finally:
            progress.end()
        self.stdout.write(f"{to}: {Path(to).stat().st_size / 1e6:,.1f} MB; {in_words(manifest)}.")
        self.stdout.write(
            "It holds references, voters' comments and models' replies, which only curators may read. "
            "Import it elsewhere with: manage.py import_archive FILE"
        )

    def _rows(self, arena: Arena, options: dict[str, Any]) -> None:
        table, form, reader = tables()[options["what"]], FORMS[options["format"]], Reader.operator()
        written = {
            name.removeprefix("chosen_"): value for name, value in options.items() if name.startswith("chosen_") and value
        }
        rows = _RowCount()
        try:
            chosen = table.chosen(written)
            parts = form.parts(table.columns_for(reader), rows.of(rows_for(table, reader, arena, chosen)))
        except WrongChoice as wrong:
            raise CommandError(f"--{wrong.name.replace('_', '-')}: {wrong.description}", returncode=2) from None
        except MissingLibrary as reason:
            raise CommandError(f"--format {form.key}: {reason}", returncode=2) from None
        if options["to"] == TO_STDOUT:
            _write_out(parts)
        else:
            _write(Path(options["to"]), parts, overwrite=options["overwrite"])
            self.stdout.write(f"{options['to']}: {counted(rows.n, 'row', 'rows')}.")


class _RowCount:
    def __init__(self) -> None:
        self.n = 0

    def of(self, rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            self.n += 1
            yield row


def _write_out(parts: Iterable[bytes]) -> None:
    try:
        _all(parts, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(path: Path, parts: Iterable[bytes], *, overwrite: bool) -> None:
    """Write under a temporary name until the file is complete, so that no partial file can be mistaken for a whole one."""
    if path.exists() and not overwrite:
        raise CommandError(f"{path} already exists: choose another name, or add --overwrite", returncode=2)
    try:
        with NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                _all(parts, file)
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}", returncode=2) from None


def _all(parts: Iterable[bytes], file: BinaryIO | Any) -> None:
    for part in parts:
        file.write(part)


def _columns() -> str:
    """What each file holds, for --help."""
    return "\n".join(line for table in tables().values() for line in _described(table))


def _described(table: ExportTable) -> list[str]:
    names = ", ".join(column.name for column in table.columns)
    options = [
        f"    --{option.name.replace('_', '-')} {'|'.join(option.words) or 'NUMBER'}: {option.description}"
        for option in table.options
    ]
    return [f"  {table.key}: {table.description}", f"    columns: {names}", *options]
