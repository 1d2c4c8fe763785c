"""A file of corrections that is given again corrects once more where its answers were corrected otherwise meanwhile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.importing.checks.responses import is_about_corrections
from arena.importing.checks.whole_file import check
from arena.importing.files.problems import ImportProblems
from arena.importing.files.receiving import DONE, known_import
from arena.importing.formats import stored_name
from arena.models import Arena, Import


def known_or_again(
    path: Path, options: Mapping[str, Any], *, arena: Arena | None, kind: str, layout: str, format_name: str, digest: str
) -> tuple[Import | None, dict[str, Any]]:
    """The import that this file became when it came in before, and the options to read it with.

    A file of corrections becomes another import where its answers were corrected otherwise meanwhile. Its options have a number
    then, so that it is found again while it is loaded. `format_name` is the one that was chosen, `layout` the one that it has.
    """
    is_chosen = bool(format_name or options.get("replace"))

    def known_as(by: Mapping[str, Any]) -> Import | None:
        name = stored_name(layout, by)
        return known_import(arena, kind=kind, format_name=name, digest=digest, is_chosen=is_chosen)

    known, unchanged = known_as(options), dict(options)
    if known is None or known.state != Import.State.PUBLISHED or not options.get("replace"):
        return known, unchanged
    if not _corrects(path, known, format_name, unchanged):
        return known, unchanged
    earlier = Import.objects.filter(arena=arena, kind=kind, digest=digest, state__in=DONE)
    again = unchanged | {"again": earlier.count() + 1}
    return known_as(again), again


def _corrects(path: Path, known: Import, format_name: str, options: Mapping[str, Any]) -> bool:
    left_out = {"leave_out": known.options["leave_out"]} if "leave_out" in known.options else {}
    try:
        report = check(
            path, kind=known.kind, format_name=format_name, filename=known.filename, arena=known.arena,
            options={**options, **left_out},
        )  # fmt: skip
    except ImportProblems:  # it does not fit the arena any more: it is here, as it was
        return False
    return any(map(is_about_corrections, report.findings))
