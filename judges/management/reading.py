"""How the commands read a file of judgements or labels: columns that are named, and rows that are left out."""

from collections.abc import Mapping
from typing import Any

from arena.commands.import_command import mapped_columns
from arena.importing.checks.whole_file import check_leaving_out
from arena.importing.formats import MAPPED
from arena.models import Arena
from judges.importing.formats import EARLIER_NAMES


def reading_options(options: dict[str, Any], kind: str, more: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The options by which the file is read, and sentences on the rows that are left out, where that was asked for.

    `more` are the kind's own. Raises ImportProblems and OSError.
    """
    columns = mapped_columns(options, kind)
    chosen: dict[str, Any] = {**more, **columns} | ({"ignore_ids": True} if options["ignore_ids"] else {})
    if not options["leave_out_bad_rows"]:
        return chosen, []
    format_name = MAPPED if columns else EARLIER_NAMES.get(options["format"], options["format"])
    arena = Arena.objects.filter(slug=options["arena"]).first()
    report, read_by = check_leaving_out(
        options["file"], kind=kind, format_name=format_name, filename=options["file"].name, arena=arena, options=chosen,
        slug=options["arena"],
    )  # fmt: skip
    return read_by, report.about_left_out()
