"""Prompts as rows. Those known only by id are left out: a file of prompts has texts."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from arena.exporting.access import Reader
from arena.exporting.tables import ARCHIVED, ARCHIVED_AT, Chosen, ExportTable, FileColumn, Holds, Row, all_of, counted, walk
from arena.models import Arena, Prompt, PromptStatus

AT_ONCE = 200
COLUMNS = (
    FileColumn("id", Holds.TEXT, gettext_lazy("Its id in the arena; answers, battles and votes name it by this.")),
    FileColumn("turns", Holds.TEXTS, gettext_lazy("What the user says, turn by turn.")),
    FileColumn("system_prompt", Holds.TEXT, gettext_lazy("The system prompt that the models are given.")),
    FileColumn("category", Holds.TEXT, gettext_lazy("A path such as coding/python.")),
    FileColumn("language", Holds.TEXT, gettext_lazy("A code such as en.")),
    FileColumn("tags", Holds.TEXTS, gettext_lazy("Words that it was filed under.")),
    FileColumn("status", Holds.TEXT, gettext_lazy("active or retired; for curators also draft.")),
    FileColumn("pool", Holds.TEXT, gettext_lazy("The short name of its pool.")),
    FileColumn("reference", Holds.TEXT, gettext_lazy("A right answer."), for_curators=True),
    FileColumn("verifier", Holds.OBJECT, gettext_lazy("A check that a program makes of an answer."), for_curators=True),
    ARCHIVED_AT,
)


class PromptTable(ExportTable):
    key = "prompts"
    title = gettext_lazy("Prompts")
    description = gettext_lazy("What the models are asked: all turns, and how it is filed.")
    columns = COLUMNS
    options = (ARCHIVED,)
    goes_in_as = "import_prompts"

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(readable_prompts(reader, arena).filter(archived_at=None))

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        def readable() -> QuerySet[Prompt]:
            prompts = readable_prompts(reader, arena).select_related("pool").defer("html")
            return prompts if chosen["archived"] == "all" else prompts.filter(archived_at=None)

        return map(prompt_row, all_of(walk(readable, AT_ONCE)))


def readable_prompts(reader: Reader, arena: Arena) -> "QuerySet[Prompt]":
    """With a text, and no drafts but for curators."""
    prompts = Prompt.objects.filter(arena=arena).exclude(content_hash="")
    return prompts if reader.is_curator else prompts.exclude(status=PromptStatus.DRAFT)


def prompt_row(prompt: Prompt) -> Row:
    return {
        "id": prompt.key, "turns": prompt.turns, "system_prompt": prompt.system_prompt or None,
        "category": prompt.category or None, "language": prompt.language or None, "tags": prompt.tags, "status": prompt.status,
        "pool": prompt.pool.slug, "reference": prompt.reference or None, "verifier": prompt.verifier,
        "archived_at": prompt.archived_at,
    }  # fmt: skip
