"""Answers that rows of Agon's own layouts give by their competitor's name alone -> what the arena has of that competitor.

A name stands for the stored answer where there is exactly one; else the row is refused. A text that some answer to the prompt
has is that answer, even where it is a name, too: models are asked what they are called.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import NamedTuple

from django.utils.translation import gettext as _

from arena.importing.files.problems import Problems, RowProblem
from arena.importing.files.rows import PromptRow
from arena.importing.formats.mapped import NAME as MAPPED
from arena.importing.loading.named_prompts import named_prompts
from arena.importing.loading.prompts import PromptLookup
from arena.models import Arena, Response
from judges.importing.rows import JudgementRow, LabelledAnswer, LabelRow, NamedAnswer

OWN_LAYOUTS = frozenset({"pairs", "grades", "answers", MAPPED})
LONGEST_NAME, ROWS_A_QUERY = 200, 500


class _Column(NamedTuple):
    """What the row calls the answer, and its competitor."""

    text: str
    name: str


ALONE = (_Column("answer", "competitor"),)
SIDES = (_Column("answer_a", "competitor_a"), _Column("answer_b", "competitor_b"))


class _AnswersHere:
    """What the arena has of some prompts: whose answers, and their texts."""

    def __init__(self, arena: Arena, prompts: Iterable[PromptRow]) -> None:
        self._lookup = PromptLookup(arena.pk)
        rows = list(prompts)
        self._known = self._lookup.look_up([*rows, *(_by_text(row) for row in rows if row.turns)])
        self._names: dict[tuple[int, str], int] = defaultdict(int)
        self._texts: set[tuple[int, str]] = set()
        for some in batched(sorted({pk for row in rows if (pk := self.prompt(row)) is not None}), ROWS_A_QUERY):
            here = Response.objects.filter(prompt__in=some).order_by()
            for prompt, name, text in here.values_list("prompt_id", "competitor__name", "text").iterator(chunk_size=500):
                self._names[prompt, name] += 1
                if len(text) <= LONGEST_NAME:
                    self._texts.add((prompt, text))

    def prompt(self, row: PromptRow) -> int | None:
        one = self._known.get(self._lookup.identity(row))
        if one is None and row.turns:
            one = self._known.get(self._lookup.identity(_by_text(row)))
        return one.pk if one else None

    def n_of(self, row: PromptRow, name: str) -> int:
        return self._names.get((self.prompt(row) or 0, name), 0)

    def has_text(self, row: PromptRow, text: str) -> bool:
        return (self.prompt(row) or 0, text) in self._texts


def with_stored_answers[T: (JudgementRow, LabelRow)](arena: Arena, rows: Sequence[T], *, filename: str) -> list[T]:
    """The same rows; a prompt whose text is the id of one of the arena's is that one, and an answer that is given by a name has
    that competitor and no text, as the arena has it.

    Raises ImportProblems, with each row whose name stands for no answer of the arena, or for several.
    """
    prompts = named_prompts(PromptLookup(arena.pk), [row.prompt for row in rows])
    rows = [row._replace(prompt=prompt) for row, prompt in zip(rows, prompts, strict=True) if prompt is not None]
    names = set(arena.competitors.values_list("name", flat=True))
    names |= {answer.competitor for row in rows for answer in row.answers if answer.competitor}
    named = [row for row in rows if any(_name(answer, names) for answer in row.answers)]
    if not named:
        return list(rows)
    stored, problems = _AnswersHere(arena, (row.prompt for row in named)), Problems(filename)
    lines = {id(row) for row in named}
    changed = []
    for row in rows:
        answers = row.answers
        if id(row) in lines:
            try:
                answers = _resolved(row.prompt, row.answers, stored, names)
            except RowProblem as problem:
                problems.add_row(row.line, problem)
        changed.append(row._replace(answers=answers))
    problems.stop_if_any()
    return changed


def _resolved[A: (NamedAnswer, LabelledAnswer)](
    prompt: PromptRow, answers: tuple[A, ...], stored: _AnswersHere, names: set[str]
) -> tuple[A, ...]:
    """Raises RowProblem."""
    if stored.prompt(prompt) is None and not prompt.turns:
        return answers  # such a row is left out, whatever it names
    resolved: list[A] = []
    for column, answer in zip(ALONE if len(answers) == 1 else SIDES, answers, strict=True):
        name = _name(answer, names)
        if name and not (answer.text is not None and stored.has_text(prompt, answer.text)):
            _must_be_one(prompt, column.name if answer.text is None else column.text, name, stored)
            if any(other.competitor == name for other in resolved):
                raise RowProblem(column.text, name, _("two different competitors are needed, and answer_a is of the same one"))
            answer = answer._replace(competitor=name, text=None)
        resolved.append(answer)
    return tuple(resolved)


def _name(answer: NamedAnswer | LabelledAnswer, names: set[str]) -> str:
    """The competitor's name, where it stands alone; empty where the row has the answer's text."""
    if answer.text is None:
        return answer.competitor
    text = answer.text.strip()
    return text if text in names and answer.competitor in {"", text} else ""


def _must_be_one(prompt: PromptRow, column: str, name: str, stored: _AnswersHere) -> None:
    n = stored.n_of(prompt, name)
    if n == 0:
        allowed = _("this competitor has no answer to the prompt: import its answer first, or give the answer's text")
        raise RowProblem(column, name, allowed)
    if n > 1:
        allowed = _("this competitor has %(n)s answers to the prompt: give the text of the one that is meant")
        raise RowProblem(column, name, allowed % {"n": n})


def _by_text(row: PromptRow) -> PromptRow:
    return row._replace(key="")
