"""Files in which a row holds a prompt and the answers of several models: in a list, in an object, or in a column a model."""

from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import INPUT, folded
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import IDS

PROMPT_WORDS = ("question", "instruction", "input", "query")
NO_MODELS = {  # columns that nobody would take for models
    "prompt", "id", *PROMPT_WORDS, *IDS, "system_prompt", "system", "reference", "category", "subcategory", "language", "tags",
    "split", "subset", "source", "dataset", "difficulty", "verifier", "status", "topic", "domain", "notes", "comment", "index",
    "idx", "", "unnamed: 0", INPUT,
}  # fmt: skip
VERDICTS = {
    "winner", "better", "preferred", "preference", "label", "choice", "chosen", "rejected", "verdict", "vote", "model",
}  # fmt: skip
NAMES_OF_MODELS = {"model", "competitor", "generator", "model_name", "model_id"}
"""Columns of files in which a row is one answer."""
_FOLDED_NO_MODELS, _OF_OTHERS = frozenset(map(folded, NO_MODELS)), frozenset(map(folded, VERDICTS | NAMES_OF_MODELS))
MOST_ANSWERS = 1_000
MOST_NAMED = 20


class SeveralAnswers(Format[ResponseRow]):
    name = "several-answers"
    title = gettext_lazy("a prompt and its answers in one row: prompt, answers (a list of model and text, or model: text)")
    link = "https://huggingface.co/datasets/openbmb/UltraFeedback"
    shapes = OF_OBJECTS
    needed = ("prompt", "answers")
    read = frozenset({*needed, "id", "system_prompt", "models"})
    other_words = MappingProxyType(
        {"prompt": PROMPT_WORDS, "answers": ("responses", "completions", "outputs", "generations"), "id": IDS}
    )
    has_rows_of_several = True

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        asked = _asked(line, row)
        for model, text in _answers(row):
            yield _answer(line, asked, model, text)


class Wide(Format[ResponseRow]):
    name = "wide"
    title = gettext_lazy("a table with a column for each model: prompt, and the models' names as columns")
    shapes = ANY_SHAPE
    needed = ("prompt",)
    is_guess = True
    has_rows_of_several = True
    read = frozenset({"prompt", "id", "system_prompt"})
    other_words = MappingProxyType({"prompt": PROMPT_WORDS, "id": IDS})

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """At least two text columns that can be models, and none that says which is better, or whose answer a row has."""
        models = _models(names)
        texts = all(isinstance(row.get(model), str | None) for row in rows for model in models)
        is_table = "prompt" in names and len(models) > 1 and texts and _OF_OTHERS.isdisjoint(map(folded, names))
        return ("prompt", *sorted(models)) if is_table else ()

    def __init__(self, path: Path) -> None:
        self._models: dict[str, None] = {}
        self._n_missing = 0

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        asked = _asked(line, row)
        models = _models(row)
        if not models:
            raise RowProblem(_("the number of models"), 0, _("a column for each model is needed, beside the prompt"))
        self._models |= dict.fromkeys(models)
        self.read |= self._models.keys()
        for column in models:
            if row.get(column) is None or row[column] == "":
                self._n_missing += 1
                continue
            yield _answer(line, asked, fields.as_name(_("the name of a column"), column), fields.text(row, column))

    def notes(self) -> list[FileNote]:
        named, n_more = ", ".join([*self._models][:MOST_NAMED]), len(self._models) - MOST_NAMED
        notes = [note(_MODELS, names=named) if n_more <= 0 else note(_MORE_MODELS, n=n_more, names=named)]
        return [*notes, note(_MISSING, n=self._n_missing)] if self._n_missing else notes


_MODELS = gettext_lazy("Each of these columns is a model: %(names)s.")
_MORE_MODELS = ngettext_lazy(
    "Each of these columns is a model: %(names)s, and %(n)s more.",
    "Each of these columns is a model: %(names)s, and %(n)s more.",
    "n",
)
_MISSING = ngettext_lazy("%(n)s empty cell: no answer.", "%(n)s empty cells: no answers.", "n")


def _models(names: Any) -> list[str]:
    return [name for name in names if folded(name) not in _FOLDED_NO_MODELS]


def _asked(line: int, row: Row) -> PromptRow:
    text = fields.text(row, "prompt")
    if not text.strip():
        raise RowProblem("prompt", text, _("a non-empty text is needed"))
    return PromptRow(line, fields.optional_identifier(row, "id"), (text,), fields.text(row, "system_prompt", default=""))


def _answer(line: int, asked: PromptRow, model: str, text: str) -> ResponseRow:
    return without_thinking(ResponseRow(line, asked.key, model, text, asked=asked, brings_prompt=True))


def _answers(row: Row) -> Iterator[tuple[str, str]]:
    """Models with their texts."""
    answers = row.get("answers")
    needed = _("an object of model: text is needed, or a list of objects with model and text, or of texts beside models")
    if isinstance(answers, dict):
        pairs: list[tuple[Any, Any]] = list(answers.items())
    elif isinstance(answers, list) and all(isinstance(each, dict) for each in answers):
        pairs = [(_first(each, _NAMES), _first(each, _TEXTS)) for each in answers]
    elif isinstance(answers, list) and isinstance(row.get("models"), list) and len(row["models"]) == len(answers):
        pairs = list(zip(row["models"], answers, strict=True))
    else:
        raise RowProblem("answers", answers, needed)
    if not 0 < len(pairs) <= MOST_ANSWERS:
        raise RowProblem(_("the number of answers"), len(pairs), _("1 to %(most)d are allowed") % {"most": MOST_ANSWERS})
    for model, text in pairs:
        yield fields.name({"model": model}, "model"), fields.text({"answers": text}, "answers")


_NAMES = ("model", "competitor", "generator", "model_name", "name")
_TEXTS = ("text", "answer", "response", "output", "content", "completion")


def _first(cells: dict[str, Any], names: Sequence[str]) -> Any:
    return next((cells[name] for name in names if name in cells), None)
