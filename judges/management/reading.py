"""How the commands read a file of judgements or labels: its encoding, columns that are named, and rows that are left out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arena.commands.import_command import kept_file, mapped_columns, must_be_text_encoding, unmapped_columns
from arena.importing.checks.whole_file import check, check_leaving_out
from arena.importing.files import receiving
from arena.importing.formats import MAPPED
from arena.models import Arena
from judges.importing.formats import EARLIER_NAMES


@contextmanager
def in_utf8(options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The options, with the file in UTF-8; its name stays in `filename`."""
    name = options["file"].name
    must_be_text_encoding(options["encoding"])
    if not options["encoding"]:
        yield options | {"filename": name}
        return
    kept = kept_file(options)
    try:
        yield options | {"file": kept.path, "filename": name}
    finally:
        receiving.forget(kept.path.name)


def reading_options(options: dict[str, Any], kind: str, more: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The options by which the file is read, and sentences on the rows that are left out, where that was asked for.

    `more` are the kind's own. Raises ImportProblems and OSError.
    """
    columns = mapped_columns(options, kind)
    warnings = [f"Warning: {each}" for each in unmapped_columns(options, kind, columns)]
    chosen: dict[str, Any] = {**more, **columns} | ({"ignore_ids": True} if options["ignore_ids"] else {})
    if options["strict"]:
        chosen["strict"] = True
    elif not options["leave_out_bad_rows"]:
        return chosen, warnings
    whole = {
        "kind": kind, "format_name": MAPPED if columns else EARLIER_NAMES.get(options["format"], options["format"]),
        "filename": options["filename"], "arena": Arena.objects.filter(slug=options["arena"]).first(), "options": chosen,
        "slug": options["arena"],
    }  # fmt: skip
    if options["leave_out_bad_rows"]:
        report, read_by = check_leaving_out(options["file"], **whole)
        return read_by, [*warnings, *report.about_left_out()]
    check(options["file"], **whole)
    return chosen, warnings
