"""Labels of single answers: right or wrong, or a grade. Agon's own, RewardBench 2, HelpSteer2, UltraFeedback."""

import re
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.conversations import from_json
from arena.importing.formats.prompt_files import language_of
from judges.importing.formats import cells
from judges.importing.formats.format import LabelFormat
from judges.importing.formats.labels.chosen import answer_to, are_messages
from judges.importing.formats.sayings import is_error
from judges.importing.rows import LabelledAnswer, LabelRow
from judges.verdicts.verdict import Side

RIGHT = MappingProxyType({"right": True, "correct": True, "true": True, "1": True, "yes": True, "pass": True})  # a label  # nosec B105
WRONG = MappingProxyType({"wrong": False, "incorrect": False, "false": False, "0": False, "no": False, "fail": False})
MOST_ANSWERS = 500
STRENGTHS = "-3, -2, -1, 0, 1, 2, 3"


class PlainAnswers(LabelFormat):
    name = "answers"
    title = gettext_lazy("Agon's own: prompt, answer, and is_right (true, false) or grade; competitor if there")
    shapes = ANY_SHAPE
    needed = ()
    read = frozenset(
        {"id", "prompt", "prompt_id", "answer", "is_right", "grade", "competitor", "origin", "reference", "language"}
    )
    other_words = MappingProxyType(
        {
            "prompt": ("question", "instruction", "input", "query"),
            "prompt_id": ("question_id",),
            "answer": ("response", "output", "completion"),
            "is_right": ("correct", "is_correct", "right", "label"),
            "grade": ("score", "rating"),
            "competitor": ("model", "generator"),
            "origin": ("source", "subset", "subject", "category"),
        }
    )

    @classmethod
    def recognised_by(cls, names: Any, rows: Any) -> tuple[str, ...]:
        labels = tuple(name for name in ("is_right", "grade") if name in names)
        asked = tuple(name for name in ("prompt", "prompt_id") if name in names)[:1]
        return (*asked, "answer", *labels) if asked and labels and "answer" in names else ()

    def row(self, line: int, row: Row) -> LabelRow:
        is_right, grade = whether_right(row), cells.number_or_none(row, "grade")
        if is_right is None and grade is None:
            raise RowProblem("is_right", EMPTY if "is_right" in row else MISSING, _("is_right or a grade is needed"))
        key, origin = fields.optional_identifier(row, "prompt_id"), cells.some_name(row, "origin")
        if key and not row.get("prompt"):
            asked = PromptRow(line, key)
        else:
            reference = cells.text(row, "reference", default="")
            asked = cells.question(line, row, "prompt", key=key, origin=origin)
            asked = asked._replace(reference=reference, language=language_of(row))
        if are_messages(row.get("answer")):
            asked, text = answer_to(asked, row, "answer")
            row = {**row, "answer": text}
        answer = LabelledAnswer(*cells.whose_answer(row, "answer", "competitor"), is_right, grade)
        return LabelRow(line, fields.optional_identifier(row, "id"), asked, (answer,), origin=origin)


def whether_right(row: Row) -> bool | None:
    """What the cell is_right says; None where it is empty."""
    value = fields.without_point(row.get("is_right"))
    if value is None or value == "":
        return None
    known = {**RIGHT, **WRONG}
    word = str(value).strip().casefold() if isinstance(value, bool | str | int) else ""
    if word not in known:
        raise RowProblem("is_right", value, _("allowed are %(values)s") % {"values": "true, false, right, wrong, 1, 0"})
    return known[word]


class RewardBench2(LabelFormat):
    """One prompt with the answers that are right and those that are wrong; so are RM-Bench's, which are three of each."""

    name = "reward-bench-2"
    title = gettext_lazy("RewardBench 2 and RM-Bench: prompt, chosen and rejected as lists; id, subset, models if there")
    link = "https://huggingface.co/datasets/allenai/reward-bench-2"
    shapes = OF_OBJECTS
    needed = ("prompt", "chosen", "rejected")
    read = frozenset({"prompt", "chosen", "rejected", "subset", "id", "models", "num_correct"})
    other_words = MappingProxyType({"subset": ("domain",)})

    @classmethod
    def recognised_by(cls, names: Any, rows: Any) -> tuple[str, ...]:
        """By lists of texts: pairs for DPO may have a list of messages for each."""
        are_lists = rows and all(isinstance(row.get("chosen"), list) and _are_texts(row["chosen"]) for row in rows)
        columns = super().recognised_by(names, rows) if are_lists else ()
        return (*columns, *(name for name in ("subset", "num_correct") if name in names)) if columns else ()

    def row(self, line: int, row: Row) -> LabelRow:
        origin = cells.some_name(row, "subset")
        chosen = [cells.text({"chosen": each}, "chosen") for each in cells.a_list(row, "chosen")]
        rejected = [cells.text({"rejected": each}, "rejected") for each in cells.a_list(row, "rejected")]
        n_said = fields.whole_number(row, "num_correct") if "num_correct" in row else len(chosen)
        if n_said != len(chosen):
            allowed = _("the list chosen has %(n)s answers") % {"n": len(chosen)}
            raise RowProblem("num_correct", row.get("num_correct", MISSING), allowed)
        names = _models(row, len(chosen) + len(rejected))
        rights = [True] * len(chosen) + [False] * len(rejected)
        answers = tuple(map(LabelledAnswer, names, chosen + rejected, rights))
        asked = cells.question(line, row, "prompt", origin=origin)
        return LabelRow(line, fields.optional_identifier(row, "id"), asked, answers, origin=origin)


def _are_texts(values: list[Any]) -> bool:
    return not any(isinstance(value, dict) for value in values)


def _models(row: Row, n: int) -> list[str]:
    """The answers' models, the chosen answer's first, if the file names as many; otherwise they are unknown."""
    value = row.get("models")
    if isinstance(value, list) and len(value) == n and all(isinstance(each, str) and each.strip() for each in value):
        return [fields.as_name("models", each) for each in value]
    return [""] * n


class HelpSteer2(LabelFormat):
    """Each answer with what people gave it; helpfulness is the grade."""

    name = "helpsteer2"
    title = gettext_lazy("HelpSteer2: prompt, response, helpfulness, correctness, coherence, complexity, verbosity")
    link = "https://huggingface.co/datasets/nvidia/HelpSteer2"
    shapes = OF_OBJECTS
    needed = ("prompt", "response", "helpfulness", "correctness")
    read = frozenset({"prompt", "response", "helpfulness"})
    grades_decide = True

    def row(self, line: int, row: Row) -> LabelRow:
        value = row.get("helpfulness")
        ratings = [_rating(each) for each in (value if isinstance(value, list) and value else [value])]
        answer = LabelledAnswer("", cells.text(row, "response"), grade=round(sum(ratings) / len(ratings), 6))
        return LabelRow(line, "", _steered(line, row), (answer,))

    def notes(self) -> list[FileNote]:
        return [
            note(
                gettext_lazy(
                    "The grade is the helpfulness, from 0 to 4, averaged over several raters; the other four scores "
                    "are not read."
                )
            )
        ]


def _rating(value: Any) -> float:
    allowed = _("a number from 0 to 4 is needed")
    grade = cells.number({"helpfulness": value} if value is not None else {}, "helpfulness", allowed)
    if not 0 <= grade <= 4:
        raise RowProblem("helpfulness", value, allowed)
    return grade


TURN = re.compile(r"(?m)^<extra_id_1>(User|Assistant)\n")


def _steered(line: int, row: Row) -> PromptRow:
    """The prompt; it includes earlier turns, which the source marks."""
    if isinstance(from_json(row.get("prompt")), list):
        return cells.question(line, row, "prompt")
    parts = TURN.split(cells.text(row, "prompt"))
    if len(parts) == 1:
        return cells.question(line, row, "prompt")
    roles = ["user", *(role.lower() for role in parts[1::2])]
    messages = [{"role": role, "content": text.strip("\n")} for role, text in zip(roles, parts[::2], strict=True)]
    return cells.question(line, {"prompt": messages}, "prompt")


class HelpSteer2Preference(LabelFormat):
    """So are HelpSteer3's, whose context is a list of messages."""

    name = "helpsteer2-preference"
    title = gettext_lazy(
        "preferences of HelpSteer2 and HelpSteer3: prompt, response_1, response_2, preference_strength; models if there"
    )
    link = "https://huggingface.co/datasets/nvidia/HelpSteer2/tree/main/preference"
    shapes = ANY_SHAPE
    needed = ("prompt", "response_1", "response_2", "preference_strength")
    read = frozenset({*needed, "chosen_model", "rejected_model", "system_prompt"})
    other_words = MappingProxyType(
        {
            "prompt": ("context",), "response_1": ("response1",), "response_2": ("response2",),
            "preference_strength": ("overall_preference",),
        }
    )  # fmt: skip

    def row(self, line: int, row: Row) -> LabelRow:
        allowed = _("allowed are %(values)s: below 0 the first is better, above it the second") % {"values": STRENGTHS}
        strength = cells.number(row, "preference_strength", allowed)
        if abs(strength) > 3:
            raise RowProblem("preference_strength", row["preference_strength"], allowed)
        side: Side = "tie" if strength == 0 else "a" if strength < 0 else "b"
        models = [cells.some_name(row, f"{which}_model") for which in ("chosen", "rejected")]
        names = ["", ""] if side == "tie" else models if side == "a" else models[::-1]
        answers = tuple(LabelledAnswer(name, cells.text(row, f"response_{n}")) for n, name in enumerate(names, start=1))
        asked = cells.with_system_prompt(_steered(line, row), row)
        return LabelRow(line, "", asked, answers, side, is_pair=True)


class UltraFeedback(LabelFormat):
    """One instruction with the answers of several models, each with GPT-4's grade."""

    name = "ultrafeedback"
    title = gettext_lazy("UltraFeedback: instruction, completions with model, response and score; source if there")
    link = "https://huggingface.co/datasets/openbmb/UltraFeedback"
    shapes = OF_OBJECTS
    needed = ("instruction", "completions")
    read = frozenset({*needed, "source"})
    grades_decide = True

    def row(self, line: int, row: Row) -> LabelRow:
        origin = cells.some_name(row, "source")
        given = [cells.an_object(each, "completions") for each in cells.a_list(row, "completions")[:MOST_ANSWERS]]
        answers = tuple(_completion(each) for each in given)
        return LabelRow(line, "", cells.question(line, row, "instruction", origin=origin), answers, origin=origin)

    def notes(self) -> list[FileNote]:
        return [note(_GRADED)]


_GRADED = gettext_lazy(
    "The grade of an answer is its fine-grained score, else its overall score: given by a model, not by a person."
)


def _completion(value: Row) -> LabelledAnswer:
    column = "overall_score" if is_error(value.get("fine-grained_score")) else "fine-grained_score"
    grade = None if is_error(value.get(column)) else cells.number(value, column)
    return LabelledAnswer(fields.name(value, "model"), cells.text(value, "response"), grade=grade)
