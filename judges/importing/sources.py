"""The import that a file becomes which a command takes in: it is listed, set aside and restored as one from the page is."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from arena.importing.files.notes import FileNote
from arena.importing.files.problems import PlainWords
from arena.importing.files.receiving import keep_path, register
from arena.importing.files.reports import STORED_IN, ImportReport
from arena.importing.formats import stored_name
from arena.importing.loading.loader import load, retry
from arena.models import Arena, Import
from judges.importing.reading import ReadFile, problem_of


def source_of(path: Path, file: ReadFile[Any], arena: Arena | None, kind: Import.Kind, options: Mapping[str, Any]) -> Import:
    """The import of these bytes, read in this way; not stored yet where there is none."""
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    named = {"kind": kind, "format": stored_name(file.format, options), "digest": digest}
    known = Import.objects.filter(**named, arena=arena).first() if arena else None
    return known or Import(**named, arena=arena, filename=file.filename[:255], options=dict(options), n_rows=len(file.rows))


def load_checked(path: Path, source: Import, counts: Mapping[str, int], notes: Sequence[FileNote]) -> None:
    """Store the import where it is new, and load it step by step to its end.

    Raises ImportProblems where it is set aside, where somebody is at it, or where the load fails.
    """
    if source.pk is None:
        with override(STORED_IN):
            report = ImportReport(source.n_rows, dict(counts), list(notes))
            source = register(
                replace(keep_path(path), filename=source.filename), source.arena, kind=source.kind, format_name=source.format,
                report=report, options=source.options,
            )  # fmt: skip
    if source.state == Import.State.FAILED:
        retry(source.pk)
    is_ours = source.state != Import.State.SET_ASIDE and load(source.pk)
    source.refresh_from_db()
    if source.state == Import.State.FAILED:
        problem_of(source.filename, _("the file"), PlainWords(_("not loaded to its end")), source.error)
    if not is_ours:
        is_so = PlainWords(_("here as import %(number)s, which is %(state)s") % {
            "number": source.pk, "state": source.get_state_display()
        })  # fmt: skip
        problem_of(source.filename, _("the file"), is_so, _("restore that one or wait for it, on its page under Import"))


def new_things(n_new: Mapping[str, int]) -> dict[str, int]:
    """Counts of a report: what was made besides."""
    return {
        "new_prompts": n_new.get("prompt", 0), "new_responses": n_new.get("answer", 0),
        "new_competitors": n_new.get("competitor", 0),
    }  # fmt: skip
