"""Files whose columns somebody has named: each row is put into Agon's own columns, and read as Agon's own files are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import folded
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem, shown
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, without_thinking
from arena.importing.formats.battles.pairs import OwnPairs, folded_word
from arena.importing.formats.benchmarks.harnesses import competitor_option
from arena.importing.formats.column_map import ColumnMap
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import JsonPrompts
from arena.seen_names import name_fault

NAME = "mapped"
TITLE = gettext_lazy("columns named by hand: --map prompt=question and so on")


_LEFT_OUT = ngettext_lazy(
    "%(n)s row is left out because of its value (%(values)s), as was asked.",
    "%(n)s rows are left out because of their values (%(values)s), as was asked.",
    "n",
)


class MappedColumns[T](Format[T]):
    """Never recognised: only where somebody has named the columns."""

    name = NAME
    title = TITLE
    shapes = ANY_SHAPE
    needed = ()
    read = frozenset()
    has_rows_of_several = True
    is_by_hand = True

    @classmethod
    def recognised_by(cls, names: Any, rows: Any) -> tuple[str, ...]:
        return ()

    @classmethod
    def columns(cls) -> str:
        return str(cls.title)

    def take(self, options: Mapping[str, Any]) -> None:
        super().take(options)
        self.column_map = ColumnMap.of(options)
        self.read = frozenset(self.column_map.columns.values())
        self._folded: dict[str, str] = {}
        self._words_left_out = frozenset(map(folded_word, self.column_map.left_out))
        self._n_left_out = 0

    def wants(self, cells: Mapping[str, Any], field: str) -> bool:
        """Whether the row comes in: somebody may have said of the value in this field that its rows are left out."""
        is_left_out = bool(self._words_left_out) and folded_word(cells.get(field)) in self._words_left_out
        self._n_left_out += is_left_out
        return not is_left_out

    def about_left_out(self) -> list[FileNote]:
        named = ", ".join(sorted(map(shown, self.column_map.left_out)))
        return [note(_LEFT_OUT, n=self._n_left_out, values=named)] if self._n_left_out else []

    def renamed(self, row: Row) -> dict[str, Any]:
        """The cells by our names; columns are found whatever their case, where they are not there as written."""
        cells: dict[str, Any] = {}
        for name, column in self.column_map.columns.items():
            if column not in row:
                column = self._other_spelling(row, column)
            if column in row:
                cells[name] = row[column]
        return cells

    def _other_spelling(self, row: Row, column: str) -> str:
        if self._folded.get(column) not in row:
            plain = folded(column)
            self._folded[column] = next((name for name in row if folded(name) == plain), column)
            self.read |= {self._folded[column]}
        if self._folded[column] not in row and self._is_needed(column):
            raise RowProblem(_("the column %(column)s") % {"column": column}, MISSING, _("it is named as one to be read"))
        return self._folded[column]

    def _is_needed(self, column: str) -> bool:
        """JSON rows may leave out what can be left out."""
        names = ("prompt", "winner", "label", "answer_a", "answer_b", "text")
        return any(self.column_map.columns.get(name) == column for name in names)


class MappedBattles(MappedColumns[BattleRow]):
    prompts_by_id_or_text = True

    def __init__(self, path: Path) -> None:
        self._pairs = OwnPairs(path)

    def take(self, options: Mapping[str, Any]) -> None:
        """Without names of models the two columns are the competitors."""
        super().take(options)
        sides = [self.column_map.columns.get(name, "") for name in ("answer_a", "answer_b")]
        are_names = all(side.strip() and not name_fault(side) and len(side) <= fields.LONGEST_NAME for side in sides)
        models = options.get("models") or (sides if are_names else None)
        self._pairs.take({**options, "models": models, "values": self.column_map.meanings})

    def rows(self, line: int, row: Row) -> Iterator[BattleRow]:
        cells = self.renamed(row)
        if self.wants(cells, "winner"):
            yield self._pairs.row(line, cells)

    @property
    def unnamed(self) -> tuple[str, str] | None:
        return self._pairs.unnamed

    def notes(self) -> list[FileNote]:
        return [*self._pairs.notes(), *self.about_left_out()]


class MappedPrompts(MappedColumns[PromptRow]):
    def __init__(self, path: Path) -> None:
        self._prompts = JsonPrompts(path)

    def rows(self, line: int, row: Row) -> Iterator[PromptRow]:
        yield self._prompts.row(line, self.renamed(row))

    def notes(self) -> list[FileNote]:
        return self._prompts.notes()


class MappedResponses(MappedColumns[ResponseRow]):
    """One answer a row, with its model; or a column for each model. The prompt's text makes the prompt where it is new."""

    n_missing: ClassVar[Any] = ngettext_lazy("%(n)s empty cell: no answer.", "%(n)s empty cells: no answers.", "n")

    def __init__(self, path: Path) -> None:
        self._n_missing = 0

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        cells = self.renamed(row)
        key, asked = fields.optional_identifier(cells, "prompt_id"), self._asked(line, cells)
        number = fields.whole_number(cells, "prompt_row")
        if not key and asked is None and number is None:
            raise RowProblem("prompt", EMPTY if "prompt" in cells else MISSING, _("a non-empty text is needed"))
        if "text" in self.column_map.columns:
            model = (
                fields.name(cells, "competitor") if "competitor" in self.column_map.columns else competitor_option(self.options)
            )
            yield _answer(line, key, model, fields.text(cells, "text"), asked, number)
        for model, column in self.column_map.answers.items():
            text = cells.get(f"answer:{model}")
            if text is None or text == "":
                self._n_missing += 1
                continue
            yield _answer(line, key, model.strip(), fields.text({column: text}, column), asked, number)

    def _asked(self, line: int, cells: Row) -> PromptRow | None:
        text = fields.text(cells, "prompt", default="")
        if not text.strip():
            return None
        key = fields.optional_identifier(cells, "prompt_id")
        return PromptRow(line, key, (text,), fields.text(cells, "system_prompt", default=""))

    def notes(self) -> list[FileNote]:
        return [note(self.n_missing, n=self._n_missing)] if self._n_missing else []


def _answer(line: int, key: str, model: str, text: str, asked: PromptRow | None, number: int | None) -> ResponseRow:
    brings_prompt = asked is not None and number is None
    return without_thinking(
        ResponseRow(line, key, model, text, asked=asked, prompt_row=number, brings_prompt=brings_prompt)
    )  # fmt: skip
