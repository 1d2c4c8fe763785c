"""A whole arena as a file for whoever asks a server for it: who may have it, how much it is, and its bytes."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from arena import access
from arena.bundles.writing import write_bundle
from arena.exporting.access import Reader
from arena.exporting.tables import MOST_COUNTED
from arena.importing.files.receiving import upload_folder
from arena.models import Arena, Battle, Import, Prompt, Response, Vote

BLOCK = 256 * 1024


def refusal(reader: Reader, arena: Arena) -> str:
    """Why this reader may not have all of the arena, as the command has it; empty where nothing stands in the way."""
    if not reader.is_curator or not access.sees_content(reader.visitor, arena):
        return _("a whole arena is for curators: it holds references, comments of voters and replies of models")
    if access.battles_in_play(reader.visitor, arena, reader.voter_in(arena)).exists():
        return _("you have a pair open, and this would reveal its names: vote on it first")
    return ""


def obstacle(arena: Arena) -> str:
    """What has to end first; empty: nothing."""
    loading = Import.objects.filter(arena=arena).unfinished().order_by("pk").first()
    return _("the import of %(file)s is under way: export when it has ended") % {"file": loading.filename} if loading else ""


def n_of_each(arena: Arena) -> dict[str, int]:
    """Prompts, answers, battles and votes, each counted to `MOST_COUNTED` and one more."""
    rows: dict[str, QuerySet[Any]] = {
        "prompts": Prompt.objects.filter(arena=arena), "answers": Response.objects.filter(prompt__arena=arena),
        "battles": Battle.objects.filter(arena=arena), "votes": Vote.objects.filter(battle__arena=arena),
    }  # fmt: skip
    return {name: each.order_by()[: MOST_COUNTED + 1].count() for name, each in rows.items()}


def packed(arena: Arena) -> IO[bytes]:
    """The whole file, on the disk under no name: it goes with whoever closes it. Raises CannotExport."""
    file = tempfile.TemporaryFile(dir=upload_folder())  # noqa: SIM115  # whoever takes it closes it
    try:
        write_bundle(arena, file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def size_of(file: IO[bytes]) -> int:
    n_bytes = file.seek(0, 2)
    file.seek(0)
    return n_bytes


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block
