"""The import that a file becomes which a command takes in: it is listed, set aside and restored as one from the page is."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from arena.importing.files.notes import FileNote
from arena.importing.files.problems import PlainWords
from arena.importing.files.reports import STORED_IN, ImportReport
from arena.importing.formats import stored_name
from arena.models import Arena, Import
from arena.webhooks.announcing import announce_import
from judges.importing.reading import ReadFile, problem_of


def source_of(path: Path, file: ReadFile[Any], arena: Arena, kind: Import.Kind, options: Mapping[str, Any]) -> Import:
    """The import of these bytes, read in this way; a new one where there is none. Call in the transaction that takes them in.

    Raises ImportProblems where it is set aside or not at its end: it is for its page to say what becomes of it.
    """
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    named = {"arena": arena, "kind": kind, "format": stored_name(file.format, options), "digest": digest}
    known = Import.objects.filter(**named).first()
    if known is None:
        return Import.objects.create(
            **named, filename=file.filename[:255], options=dict(options), state=Import.State.PUBLISHED,
            published_at=timezone.now(), n_rows=len(file.rows), n_done=len(file.rows),
        )  # fmt: skip
    if known.state != Import.State.PUBLISHED:
        is_so = PlainWords(_("here as import %(number)s, which is %(state)s") % {
            "number": known.pk, "state": known.get_state_display()
        })  # fmt: skip
        problem_of(file.filename, _("the file"), is_so, _("restore that one or try it again, on its page under Import"))
    return known


def taken_in(source: Import, n_added: int, counts: Mapping[str, int], notes: Sequence[FileNote]) -> None:
    """What came of it. One that was here before keeps its own report."""
    if source.report:
        return
    with override(STORED_IN):
        source.report = ImportReport(source.n_rows, dict(counts), list(notes)).as_json()
    source.n_added = n_added
    source.save(update_fields=["report", "n_added"])
    announce_import(source)


def new_things(n_new: Mapping[str, int]) -> dict[str, int]:
    """Counts of a report: what was made besides."""
    return {
        "new_prompts": n_new.get("prompt", 0), "new_responses": n_new.get("answer", 0),
        "new_competitors": n_new.get("competitor", 0),
    }  # fmt: skip
