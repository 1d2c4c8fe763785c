"""Question sets with right answers: IFEval's constraints, choices as in MMLU and ARC, GSM8K's numbers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.conversations import as_json, from_json
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import IDS, category_path, checked_verifier
from arena.texts.verifiers import MAX_PATTERN

LETTERS = tuple("ABCDEFGHIJ")


class IfEval(Format[PromptRow]):
    name = "ifeval"
    title = gettext_lazy("IFEval: key, prompt, instruction_id_list, kwargs")
    link = "https://github.com/google-research/google-research/tree/master/instruction_following_eval"
    shapes = OF_OBJECTS
    needed = ("key", "prompt", "instruction_id_list", "kwargs")
    read = frozenset(needed)

    def __init__(self, path: Path) -> None:
        self._n_unchecked = 0
        self._without: Counter[str] = Counter()  # prompts by constraints that no verifier checks

    def row(self, line: int, row: Row) -> PromptRow:
        text = fields.text(row, "prompt")
        if not text.strip():
            raise RowProblem("prompt", text, _("a non-empty text is needed"))
        names, values = fields.texts(row, "instruction_id_list"), row.get("kwargs")
        fits = isinstance(values, list) and len(values) == len(names) and all(isinstance(each, dict | None) for each in values)
        if not names or not fits:
            raise RowProblem("kwargs", values, _("a list of objects is needed, one for each of instruction_id_list"))
        verifier = constraints_of(names, [each or {} for each in values or []])
        self._n_unchecked += verifier is None
        if verifier is None:
            alone = [
                name for name, value in zip(names, values or [], strict=True) if not constraints_of((name,), [value or {}])
            ]
            self._without.update(set(alone))
        checked = None if verifier is None else checked_verifier(verifier)
        return PromptRow(line, fields.identifier(row, "key"), (text,), tags=tuple(dict.fromkeys(names)), verifier=checked)

    def notes(self) -> list[FileNote]:
        if not self._n_unchecked:
            return []
        named = ", ".join(f"{name} ({n})" for name, n in sorted(self._without.items()))
        return [note(_UNCHECKED, n=self._n_unchecked), *([note(_WITHOUT, names=named)] if named else [])]


_WITHOUT = gettext_lazy("Constraints without a verifier, each with its number of prompts: %(names)s.")


_UNCHECKED = ngettext_lazy(
    "%(n)s prompt with a constraint that no verifier here checks exactly: without a verifier, its constraints are tags.",
    "%(n)s prompts with constraints that no verifier here checks exactly: without a verifier, their constraints are tags.",
    "n",
)


def constraints_of(names: tuple[str, ...], values: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The verifier that passes exactly if all these constraints hold; None if there is none."""
    if names == ("keywords:forbidden_words",):
        return _without_words(values[0])
    constraints: dict[str, Any] = {"kind": "constraint"}
    for name, value in zip(names, values, strict=True):
        one = _CONSTRAINTS[name](value) if name in _CONSTRAINTS else None
        if not one or any(None in (each if isinstance(each, list) else [each]) for each in one.values()):
            return None
        for key, limit in one.items():
            if key in constraints and not isinstance(limit, list):
                return None
            constraints[key] = [*constraints.get(key, []), *limit] if isinstance(limit, list) else limit
    return constraints


def _n_words(value: Mapping[str, Any]) -> dict[str, Any] | None:
    n = value.get("num_words")
    if isinstance(n, float) and n.is_integer():  # a table of numbers and blanks has no integers
        n = int(n)
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        return None
    limits = {"at least": {"min_words": n}, "less than": {"max_words": max(0, n - 1)}}
    return limits.get(str(value.get("relation")))


def _without_words(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """As whole words; a list would match parts of words, too."""
    words = value.get("forbidden_words")
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        return None
    pattern = rf"(?is)\A(?!.*\b(?:{'|'.join(map(re.escape, words))})\b)"
    return {"kind": "regex", "pattern": pattern} if len(pattern) <= MAX_PATTERN else None


_CONSTRAINTS: dict[str, Any] = {
    "keywords:existence": lambda value: {"must_include": value.get("keywords")},
    "length_constraints:number_words": _n_words,
    "change_case:english_lowercase": lambda value: {"all_lowercase": True},
    "change_case:english_capital": lambda value: {"all_uppercase": True},
    "startend:end_checker": lambda value: {"ends_with": value.get("end_phrase")},
    "startend:quotation": lambda value: {"starts_with": '"', "ends_with": '"'},
    "punctuation:no_comma": lambda value: {"must_not_include": [","]},
}


class MultipleChoice(Format[PromptRow]):
    name = "multiple-choice"
    title = gettext_lazy("choices as in MMLU and ARC: question, choices, answer")
    link = "https://huggingface.co/datasets/cais/mmlu"
    shapes = ANY_SHAPE
    needed: tuple[str, ...] = ("question", "choices", "answer")
    read = frozenset({*needed, "subject", "id"})
    read_together = frozenset({"choices", "answer"})
    other_words = MappingProxyType(
        {
            "question": ("question_stem", "input"),
            "answer": ("answerkey", "answer_key", "target"),
            "id": (*IDS, "qid"),
            "choices": ("options",),
            "subject": ("category",),
        }
    )

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """In ARC's own files a question is an object that holds its choices."""
        if "choices" not in names and {"question", "answer"} <= names and any(_with_stem(row) is not row for row in rows):
            return ("question", "answer")
        return super().recognised_by(names, rows)

    def row(self, line: int, row: Row) -> PromptRow:
        row = _with_stem(row)
        question = fields.text(row, "question").strip()
        if not question:
            raise RowProblem("question", question, _("a non-empty text is needed"))
        labels, texts = self.choices(row)
        at = _right(row, labels, texts)
        listed = "\n".join(f"{letter}. {text}" for letter, text in zip(ascii_uppercase, texts, strict=False))
        category = category_path(fields.text(row, "subject", default="").replace("/", "-"))
        return PromptRow(
            line, fields.optional_identifier(row, "id"), (f"{question}\n\n{listed}",),
            reference=f"{ascii_uppercase[at]}. {texts[at]}", category=category,
            verifier={"kind": "mcq", "answer": ascii_uppercase[at]},
        )  # fmt: skip

    def choices(self, row: Row) -> tuple[list[str], list[str]]:
        """Their own labels, and their texts."""
        return _choices(row)

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("The choices stand below the question with letters; the right letter is the verifier."))]


class ChoiceColumns(MultipleChoice):
    """A column a choice, as in MMLU's own files, which have no header (`files.headers`), and in CMMLU and C-Eval."""

    name = "choice-columns"
    title = gettext_lazy("choices in columns, as in MMLU's CSV files: question, A, B, C, D, answer")
    needed = ("question", "A", "B", "answer")
    signature = (*needed, "C")
    read = frozenset({"question", *LETTERS, "answer", "subject", "id"})
    read_together = frozenset({*LETTERS, "answer"})
    other_words = MappingProxyType({name: words for name, words in MultipleChoice.other_words.items() if name != "choices"})

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        return (*cls.signature,) if names >= set(cls.signature) else ()

    def choices(self, row: Row) -> tuple[list[str], list[str]]:
        there = [letter for letter in LETTERS if row.get(letter) not in (None, "")]
        if there != [*LETTERS[: len(there)]] or len(there) < 2:
            gap = next(letter for letter in LETTERS if letter not in there)
            raise RowProblem(gap, EMPTY, _("the choices A, B and so on are needed, without a gap"))
        texts = [str(row[letter]) if type(row[letter]) is int else fields.text(row, letter) for letter in there]
        return there, texts


def _with_stem(row: Row) -> Row:
    """A question as an object, with its choices beside it; other rows stay as they are."""
    question = row.get("question")
    if not isinstance(question, dict) or "stem" not in question or "choices" not in question:
        return row
    return {**row, "question": question["stem"], "choices": question["choices"]}


def _choices(row: Row) -> tuple[list[str], list[str]]:
    choices = from_json(row.get("choices"))
    if isinstance(choices, list) and choices and all(isinstance(each, dict) for each in choices):
        choices = {name: [each.get(name) for each in choices] for name in ("text", "label")}
    texts = choices.get("text") if isinstance(choices, dict) else choices
    if not isinstance(texts, list) or not 2 <= len(texts) <= len(ascii_uppercase):
        raise RowProblem("choices", row.get("choices"), as_json(row.get("choices"), _("a list of 2 to 26 texts is needed")))
    cells = [fields.text({"choices": str(text) if type(text) is int else text}, "choices") for text in texts]
    labels = choices.get("label") if isinstance(choices, dict) else None
    if not isinstance(labels, list) or len(labels) != len(cells):
        labels = list(ascii_uppercase[: len(cells)])
    return [str(label) for label in labels], cells


def _right(row: Row, labels: list[str], texts: list[str]) -> int:
    """The place of the right choice: by a label, a text, or a number from 0."""
    answer = row.get("answer")
    given = answer if isinstance(answer, str) else fields.without_point(answer)
    written = str(given) if type(given) is int else given.strip() if isinstance(given, str) else ""
    if written.upper() in labels:
        return labels.index(written.upper())
    if written in texts and texts.count(written) == 1:
        return texts.index(written)
    written = str(fields.without_point(written))
    if written.isdecimal() and len(written) < 3 and int(written) < len(texts):
        return int(written)
    allowed = _("the letter, the number from 0 or the text of one of the %(n)d choices is needed") % {"n": len(texts)}
    raise RowProblem("answer", MISSING if "answer" not in row else answer, allowed)


_FINAL = re.compile(r"####\s*\$?\s*(-?\d[\d,]*(?:\.\d+)?)\s*\Z")


class Gsm8k(Format[PromptRow]):
    """The worked solution is the reference; its last line, #### and a number, is what an answer has to end in."""

    name = "gsm8k"
    title = gettext_lazy("GSM8K: question, and answer, which ends in #### and the number")
    link = "https://huggingface.co/datasets/openai/gsm8k"
    shapes = ANY_SHAPE
    needed = ("question", "answer")
    read = frozenset({*needed, "id"})
    other_words = MappingProxyType({"id": IDS})

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """By what ends each answer: other files have such columns, too."""
        answers = [row.get("answer") for row in rows]
        is_worked = any(isinstance(each, str) and _FINAL.search(each) for each in answers)
        return super().recognised_by(names, rows) if is_worked else ()

    def row(self, line: int, row: Row) -> PromptRow:
        question, answer = fields.text(row, "question"), fields.text(row, "answer")
        if not question.strip():
            raise RowProblem("question", question, _("a non-empty text is needed"))
        final = _FINAL.search(answer)
        if final is None:
            raise RowProblem("answer", answer[-40:], _("a text that ends in #### and a number is needed"))
        value = float(final[1].replace(",", ""))
        verifier = checked_verifier({"kind": "numeric", "value": int(value) if value.is_integer() else value})
        return PromptRow(line, fields.optional_identifier(row, "id"), (question,), reference=answer, verifier=verifier)

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("The number after #### is the verifier: the last number of an answer has to be the same."))]
