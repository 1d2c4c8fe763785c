"""Agon's own files of answers, as JSON lines (or a JSON array) and as CSV."""

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import Columns, folded
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS, Shape
from arena.importing.files.notes import FileNote
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, looks_like_id, without_thinking
from arena.importing.formats.format import Format
from arena.importing.formats.own_cells import MARKS, about_archived, as_exported, is_archived, with_lists
from arena.importing.formats.prompt_files import IDS
from arena.importing.formats.recognition import start_of
from arena.models import FinishState

FINISHES = {state.value: state.value for state in (FinishState.STOP, FinishState.LENGTH, FinishState.FAILED)}
MOST_REPEATS = 32_767
BESIDE = "the prompt's id"  # in words: no column has this name, and one of the words for it is read beside the prompt's text
TEXTS = ("question", "instruction", "query", "input")
"""Words for a column of what was asked; the column prompt may hold ids."""


class JsonResponses(Format[ResponseRow]):
    name = "jsonl"
    title: str | Promise = gettext_lazy("Agon's own, JSON lines: prompt, competitor, text")
    shapes = OF_OBJECTS
    needed: tuple[str, ...] = ("prompt", "competitor")
    one_of: tuple[str, ...] = ("text", "turns")
    has_rows_of_several = True  # or of none: what is archived is left out
    read = frozenset(
        {
            "prompt", BESIDE, "competitor", "text", "turns", "finish", "tokens_in", "tokens_out", "latency_ms", "cost",
            "repeat", *MARKS,
        }
    )  # fmt: skip

    other_words = MappingProxyType(
        {
            "prompt": (*TEXTS, *IDS),
            BESIDE: IDS,
            "competitor": ("model", "model_name"),
            "text": ("answer", "response", "output", "completion"),
        }
    )

    def __init__(self, path: Path) -> None:
        self._n_archived = 0
        self._are_texts = _has_texts(path, self.other_words)

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        if is_archived(row):
            self._n_archived += 1
        else:
            answer = self.row(line, row)
            is_new = answer.asked is not None and (self._are_texts or bool(answer.asked.key) or not looks_like_id(answer.asked))
            yield answer._replace(brings_prompt=is_new)

    def notes(self) -> list[FileNote]:
        return about_archived(self._n_archived)

    def row(self, line: int, row: Row) -> ResponseRow:
        row = self._as_own_row(row)
        turns = fields.texts(row, "turns")
        # An empty answer is kept as a failed one; no answer at all is a mistake of the file.
        answer = fields.text(row, "text", default="\n\n".join(turns) if turns else None)
        key, asked = self._prompt(line, row)
        return without_thinking(
            ResponseRow(
                line, key, fields.name(row, "competitor"), answer, turns,
                fields.choice(row, "finish", FINISHES) if row.get("finish") else FinishState.STOP.value,
                fields.whole_number(row, "tokens_in"), fields.whole_number(row, "tokens_out"),
                fields.whole_number(row, "latency_ms"), fields.micro_dollars(row, "cost"),
                fields.whole_number(row, "repeat", most=MOST_REPEATS), asked=asked,
            )
        )  # fmt: skip

    def _as_own_row(self, row: Row) -> Row:
        return as_exported(row)

    def _prompt(self, line: int, row: Row) -> tuple[str, PromptRow | None]:
        return _prompt(line, row)


class CsvResponses(JsonResponses):
    """Several turns are written as JSON."""

    name = "csv"
    title = gettext_lazy("Agon's own, CSV: prompt, competitor, text")
    shapes = frozenset({Shape.CSV})
    needed = ("prompt", "competitor", "text")
    one_of = ()

    def _as_own_row(self, row: Row) -> Row:
        return with_lists(as_exported(row), "turns")


class ResponsesByRow(CsvResponses):
    """For prompts that came without ids, from a file in which each row is one."""

    name = "by-row"
    title = gettext_lazy("Agon's own, by the prompt's row: prompt_row (from 1), competitor, text")
    shapes = ANY_SHAPE
    needed = ("prompt_row", "competitor", "text")
    read = frozenset({*needed, *JsonResponses.read - {"prompt", BESIDE}})
    other_words = MappingProxyType(
        {"prompt_row": ("prompt_index", "prompt_line", "row"), **{
            name: words for name, words in JsonResponses.other_words.items() if name in ("competitor", "text")
        }}
    )  # fmt: skip

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Where no column names the prompt otherwise."""
        return () if not names.isdisjoint({"prompt", *TEXTS, *IDS}) else super().recognised_by(names, rows)

    def _prompt(self, line: int, row: Row) -> tuple[str, PromptRow | None]:
        return "", None

    def row(self, line: int, row: Row) -> ResponseRow:
        number = fields.whole_number(row, "prompt_row")
        if not number:
            raise RowProblem("prompt_row", MISSING if number is None else number, _("a row number from 1 is needed"))
        return super().row(line, row)._replace(prompt_row=number)


def _has_texts(path: Path, words: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the column of the prompts is one that holds texts and no ids. Programs send rows without a file."""
    names = start_of(path).names if path.is_file() else ()
    renamed = Columns(("prompt",), ("prompt", BESIDE), words).renamed(names)
    return any(name == "prompt" and folded(column) in TEXTS for column, name in renamed.items())


def _prompt(line: int, row: Row) -> tuple[str, PromptRow | None]:
    """The prompt's id or its text: the arena decides which it is."""
    written = row.get("prompt")
    if not isinstance(written, str) or not written.strip():
        return fields.identifier(row, "prompt"), None
    text = fields.text(row, "prompt")
    own_id = fields.optional_identifier(row, BESIDE)
    if own_id:
        return own_id, PromptRow(line, own_id, (text,)) if text.strip() != own_id else None
    try:
        key = fields.as_name("prompt", text)
    except RowProblem:  # too long for an id, or with a line break: a text
        key = ""
    return key, PromptRow(line, "", (text,))
