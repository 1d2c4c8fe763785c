"""Answers as rows. A failed call left an error text or nothing: its row says that it failed, and has no text."""

from collections.abc import Iterator

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from arena import access
from arena.exporting.access import Reader
from arena.exporting.names import competitor_names
from arena.exporting.tables import ARCHIVED, ARCHIVED_AT, Chosen, ExportTable, FileColumn, Holds, Row, counted, dollars, walk
from arena.models import Arena, FinishState, Prompt, Response
from arena.models.responses import NO_TEXT

PROMPTS_AT_ONCE = 100
ANSWERS_AT_ONCE = 200
COLUMNS = (
    FileColumn("prompt", Holds.TEXT, gettext_lazy("The id of the prompt.")),
    FileColumn("competitor", Holds.TEXT, gettext_lazy("The model that answers.")),
    FileColumn("repeat", Holds.INTEGER, gettext_lazy("0; higher if the model answered more than once.")),
    FileColumn("text", Holds.TEXT, gettext_lazy("The answer; of several turns all of them, a blank line between.")),
    FileColumn("turns", Holds.TEXTS, gettext_lazy("The answers turn by turn, where there are several.")),
    FileColumn("finish", Holds.TEXT, gettext_lazy("stop, length where it was cut at the token limit, or failed.")),
    FileColumn("tokens_in", Holds.INTEGER, gettext_lazy("Tokens of what was asked.")),
    FileColumn("tokens_out", Holds.INTEGER, gettext_lazy("Tokens of the answer.")),
    FileColumn("latency_ms", Holds.INTEGER, gettext_lazy("Milliseconds until it was there.")),
    FileColumn("cost", Holds.NUMBER, gettext_lazy("Dollars.")),
    FileColumn("licence", Holds.TEXT, gettext_lazy("Of the model, where it was given.")),
    ARCHIVED_AT,
    FileColumn("superseded", Holds.TRUTH, gettext_lazy("Whether another answer has corrected it, and stands in its place.")),
)


class AnswerTable(ExportTable):
    key = "answers"
    title = gettext_lazy("Answers")
    description = gettext_lazy(
        "What the models answered. Failed answers have no text; answers that voters compare now are left out."
    )
    columns = COLUMNS
    options = (ARCHIVED,)
    goes_in_as = "import_responses"

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(_in_use(_ended(reader, arena)))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        answers = access.ended_responses_in_play(reader.visitor, arena, reader.voter_in(arena))
        return (answers if chosen["archived"] == "all" else _in_use(answers)).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        names, licences = competitor_names(arena), dict(arena.competitors.values_list("pk", "licence"))
        for prompts in walk(lambda: Prompt.objects.filter(arena=arena).only("key"), PROMPTS_AT_ONCE):
            keys = {prompt.pk: prompt.key for prompt in prompts}
            answers = _ended(reader, arena).filter(prompt__in=keys).defer("html")
            if chosen["archived"] != "all":
                answers = _in_use(answers)
            answers = answers.order_by("prompt", "competitor", "repeat", "pk")
            for answer in answers.iterator(ANSWERS_AT_ONCE):
                yield answer_row(
                    answer, keys[answer.prompt_id], names.get(answer.competitor_id, ""), licences.get(answer.competitor_id, "")
                )


def readable_answers(reader: Reader, arena: Arena) -> "QuerySet[Response]":
    """Each with `since`: when it, its prompt or its model was archived; null for one in use."""
    return _ended(reader, arena).delivered().with_text()  # type: ignore[attr-defined,no-any-return]


def _ended(reader: Reader, arena: Arena) -> "QuerySet[Response]":
    """Those that failed or are empty, too: a battle may be on them."""
    since = Coalesce(F("archived_at"), F("prompt__archived_at"), F("competitor__archived_at"))
    return access.ended_responses_for(reader.visitor, arena, reader.voter_in(arena)).annotate(since=since)


def _in_use(answers: "QuerySet[Response]") -> "QuerySet[Response]":
    return answers.filter(archived_at=None, prompt__archived_at=None, competitor__archived_at=None)


def answer_row(answer: Response, prompt: str, competitor: str, licence: str) -> Row:
    has_failed = answer.finish == FinishState.FAILED or answer.content_hash == NO_TEXT
    return {
        "prompt": prompt, "competitor": competitor, "repeat": answer.repeat,
        "text": "" if has_failed else answer.text, "turns": [] if has_failed else answer.turns,
        "finish": FinishState.FAILED.value if has_failed else answer.finish,
        "tokens_in": answer.tokens_in, "tokens_out": answer.tokens_out,
        "latency_ms": answer.latency_ms, "cost": dollars(answer.cost), "licence": licence or None,
        "archived_at": vars(answer)["since"], "superseded": answer.superseded_by_id is not None,
    }  # fmt: skip
