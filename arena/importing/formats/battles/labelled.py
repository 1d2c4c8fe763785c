"""Records of labelling tools that show two answers side by side: what those of Argilla and of Label Studio share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import Columns
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem, some_names
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.pairs import WORDS, OwnPairs
from arena.importing.formats.battles.sides import ANSWERS, MODELS, OwnIds, UnnamedSides, must_differ
from arena.importing.formats.format import Format
from arena.outcomes import Outcome

_MORE_OF_SIDES = {
    "answer_a": ("response-1", "left", "answer-1", "generation-1", "text1", "text-1", "left_response", "response-a"),
    "answer_b": ("response-2", "right", "answer-2", "generation-2", "text2", "text-2", "right_response", "response-b"),
}
WORDS_OF_SIDES = MappingProxyType(
    {name: (*OwnPairs.other_words[name], *_MORE_OF_SIDES.get(name, ())) for name in ("prompt", *ANSWERS, *MODELS)}
)
"""What tools call the prompt, the answers and their models."""


class LabelledPairs(Format[BattleRow]):
    """A pair of answers with the labels of one or more people."""

    has_own_ids = True

    def __init__(self, path: Path) -> None:
        self._columns = Columns(("prompt", *ANSWERS), ("prompt", *ANSWERS, *MODELS), WORDS_OF_SIDES)
        self._unnamed, self._ids = UnnamedSides(), OwnIds()
        self._n_unlabelled = self._n_without_prompt = 0

    def take(self, options: Mapping[str, Any]) -> None:
        super().take(options)
        self._unnamed.take(options)

    @property
    def unnamed(self) -> tuple[str, str] | None:
        """The names of models where the file gives none."""
        return self._unnamed.used

    def battle(self, line: int, own_id: str, record: Any, models: Any, votes: Sequence[VoteRow], where: str) -> BattleRow:
        """`record` holds the prompt and the answers, `models` perhaps the names; `where` is the record's column."""
        if not isinstance(record, dict):
            raise RowProblem(where, record, _("an object with the prompt and two answers is needed"))
        cells = self._named({**(models if isinstance(models, dict) else {}), **record})
        answers = fields.text(cells, "answer_a"), fields.text(cells, "answer_b")
        asked = self._asked(line, cells)
        first, second = self._models(cells)
        self._n_unlabelled += not votes
        return BattleRow(line, own_id, first, second, asked, tuple(votes), answers if asked else None)

    def _named(self, cells: dict[str, Any]) -> dict[str, Any]:
        renamed = self._columns.renamed(cells)
        return {renamed.get(name, name): value for name, value in cells.items()}

    def _models(self, cells: dict[str, Any]) -> tuple[str, str]:
        if not cells.get("model_a"):
            return self._unnamed.names()
        first, second = fields.name(cells, "model_a"), fields.name(cells, "model_b")
        must_differ(first, second)
        return first, second

    def _asked(self, line: int, cells: dict[str, Any]) -> PromptRow | None:
        """Where a task shows two texts and no other one, nothing was asked."""
        if "prompt" not in cells:
            if texts := [name for name, value in cells.items() if name not in {*ANSWERS, *MODELS} and _is_text(value)]:
                allowed = _("the prompt may be one of the fields %(names)s: rename it to prompt")
                raise RowProblem("prompt", MISSING, allowed % {"names": some_names(texts)})
            self._n_without_prompt += 1
            return None
        prompt = fields.text(cells, "prompt")
        if not prompt.strip():
            raise RowProblem("prompt", prompt or EMPTY, _("a non-empty text is needed"))
        return PromptRow(line, "", (prompt,))

    def notes(self) -> list[FileNote]:
        unlabelled = [note(_UNLABELLED, n=self._n_unlabelled)] if self._n_unlabelled else []
        without = [note(_WITHOUT_PROMPT, n=self._n_without_prompt)] if self._n_without_prompt else []
        return [*unlabelled, *without, *self._unnamed.notes()]


SEVERAL_WORDS = 3


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) >= SEVERAL_WORDS


_UNLABELLED = ngettext_lazy(
    "%(n)s pair that nobody labelled: a battle without a vote.",
    "%(n)s pairs that nobody labelled: battles without a vote.",
    "n",
)
_WITHOUT_PROMPT = ngettext_lazy(
    "%(n)s pair without a prompt: a battle that counts, without its texts, because answers are kept with their prompt.",
    "%(n)s pairs without a prompt: battles that count, without their texts, because answers are kept with their prompt.",
    "n",
)

_MORE_WORDS = {
    f"{word}-{sign}": outcome
    for word in ("response", "answer", "generation", "text")
    for sign, outcome in (("1", Outcome.A), ("2", Outcome.B), ("a", Outcome.A), ("b", Outcome.B))
}
KNOWN = {**WORDS, **_MORE_WORDS, "text1": Outcome.A, "text2": Outcome.B, "text_a": Outcome.A, "text_b": Outcome.B}
_WITH_BLANKS = {word.replace("-", " "): outcome for word, outcome in _MORE_WORDS.items()}  # as labels of a form are written


def outcome_of(value: Any, column: str) -> Outcome:
    """A side, or a ranking of both. Raises RowProblem."""
    ranked = _ranking(value)
    if ranked is not None:
        return ranked
    value = fields.without_point(value)
    return fields.folded_choice({column: str(value) if type(value) is int else value}, column, KNOWN, _WITH_BLANKS)


def names_side(value: Any) -> bool:
    return _side(value) is not None or _ranking(value) is not None


def most_telling(columns: Mapping[str, Sequence[Any]]) -> str:
    """Of columns with their values: the one that names a side most often; empty where none does in half of them."""
    shares = {name: sum(map(names_side, values)) / len(values) for name, values in columns.items() if values}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] >= 0.5 else ""


def _side(value: Any) -> Outcome | None:
    value = fields.without_point(value)
    word = value.strip().casefold() if isinstance(value, str) else str(value) if type(value) is int else ""
    return KNOWN.get(word) or _WITH_BLANKS.get(word)


def _ranking(value: Any) -> Outcome | None:
    """Of the two sides: names with ranks, of which equal ones are a tie, or the names alone, the best one first.

    None where the value is no such ranking.
    """
    if isinstance(value, dict) and isinstance(value.get("value"), list) and isinstance(value.get("rank"), list):
        value = [{"value": name, "rank": rank} for name, rank in zip(value["value"], value["rank"], strict=False)]
    if not isinstance(value, list):
        return None
    ranks: dict[Outcome, Any] = {}
    for place, each in enumerate(value):
        name, rank = (each.get("value"), each.get("rank")) if isinstance(each, dict) else (each, place)
        side = _side(name)
        if side not in {Outcome.A, Outcome.B} or side in ranks or type(rank) not in {int, float}:
            return None
        ranks[side] = rank
    if len(ranks) != 2:
        return None
    first, second = ranks[Outcome.A], ranks[Outcome.B]
    return Outcome.TIE if first == second else Outcome.A if first < second else Outcome.B
