"""Agon's own files of answers, as JSON lines (or a JSON array) and as CSV."""

from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.reading import Row, Shape
from arena.importing.files.rows import ResponseRow, without_thinking
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import IDS
from arena.models import FinishState

FINISHES = {state.value: state.value for state in (FinishState.STOP, FinishState.LENGTH, FinishState.FAILED)}
MOST_REPEATS = 32_767


class JsonResponses(Format[ResponseRow]):
    name = "jsonl"
    title: str | Promise = gettext_lazy("Agon's own, JSON lines: prompt, competitor, text")
    shapes = frozenset({Shape.JSON_LINES, Shape.JSON_ARRAY})
    needed: tuple[str, ...] = ("prompt", "competitor")
    one_of: tuple[str, ...] = ("text", "turns")
    read = frozenset(
        {"prompt", "competitor", "text", "turns", "finish", "tokens_in", "tokens_out", "latency_ms", "cost", "repeat"}
    )

    other_words = MappingProxyType({"prompt": IDS, "competitor": ("model",), "text": ("answer", "response")})

    def row(self, line: int, row: Row) -> ResponseRow:
        turns = fields.texts(row, "turns")
        # An empty answer is kept as a failed one; no answer at all is a mistake of the file.
        answer = fields.text(row, "text", default="\n\n".join(turns) if turns else None)
        return without_thinking(
            ResponseRow(
                line, fields.identifier(row, "prompt"), fields.name(row, "competitor"), answer, turns,
                fields.choice(row, "finish", FINISHES) if row.get("finish") else FinishState.STOP.value,
                fields.whole_number(row, "tokens_in"), fields.whole_number(row, "tokens_out"),
                fields.whole_number(row, "latency_ms"), fields.micro_dollars(row, "cost"),
                fields.whole_number(row, "repeat", most=MOST_REPEATS),
            )
        )  # fmt: skip


class CsvResponses(JsonResponses):
    name = "csv"
    title = gettext_lazy("Agon's own, CSV: prompt, competitor, text")
    shapes = frozenset({Shape.CSV})
    needed = ("prompt", "competitor", "text")
    one_of = ()
