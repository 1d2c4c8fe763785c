"""Labels of two answers: which one is better. Agon's own, and those of JudgeBench, PandaLM, LLMBar and Auto-J."""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.battles.pairs import outcome_of, rule_for_winners, side_of
from arena.importing.formats.prompt_files import language_of
from judges.importing.formats import cells
from judges.importing.formats.format import LabelFormat
from judges.importing.rows import LabelledAnswer, LabelRow
from judges.verdicts.verdict import Side

JUDGEBENCH_LABELS: Mapping[str, Side] = {"A>B": "a", "B>A": "b", "A=B": "tie", "B=A": "tie"}
PLAIN_LABELS: Mapping[str, Side] = {"a": "a", "b": "b", "tie": "tie", "both_bad": "both_bad"}
PANDALM_LABELS: Mapping[str, Side] = {"0": "tie", "1": "a", "2": "b"}
LLMBAR_LABELS: Mapping[str, Side] = {"1": "a", "2": "b"}
AUTO_J_LABELS: Mapping[str, Side] = {"0": "a", "1": "b", "2": "tie"}
ANSWERS, COMPETITORS = ("answer_a", "answer_b"), ("competitor_a", "competitor_b")
ANNOTATORS = ("annotator1", "annotator2", "annotator3")


def chosen_side(row: Row, column: str, allowed: Mapping[str, Side]) -> Side:
    """A label, whatever its case; in CSV numbers are texts. Raises RowProblem: it is never guessed."""
    value: Any = fields.without_point(row.get(column))
    folded = {word.casefold(): side for word, side in allowed.items()}
    if isinstance(value, str | int) and not isinstance(value, bool) and (word := str(value).strip().casefold()) in folded:
        return folded[word]
    choices = _("allowed are %(values)s") % {"values": ", ".join(allowed)}
    raise RowProblem(column, MISSING if column not in row else value, choices)


def _said_side(row: Row) -> Side:
    """One of the usual words, or the name of one of the two models; a number is never guessed. Raises RowProblem."""
    value = row.get("label")
    is_number = isinstance(value, str) and fields.without_point(value).strip().isdecimal()
    word = value.strip() if isinstance(value, str) and not is_number else ""
    first, second = (name if isinstance(name := row.get(column), str) else "" for column in ("competitor_a", "competitor_b"))
    if outcome := word and (side_of(word, first, second) or outcome_of(word)):
        return cast(Side, outcome.value)
    raise RowProblem("label", MISSING if "label" not in row else value, rule_for_winners(PLAIN_LABELS))


class PlainLabels(LabelFormat):
    name = "pairs"
    title = gettext_lazy("Agon's own: prompt, answer_a, answer_b, label (a, b, tie, both_bad)")
    shapes = ANY_SHAPE
    needed = ("label",)
    one_of = ("prompt", "prompt_id")
    read = frozenset(
        {
            *needed,
            *one_of,
            "answer_a",
            "answer_b",
            "id",
            "origin",
            "reference",
            "competitor_a",
            "competitor_b",
            "language",
            "system_prompt",
        }
    )
    other_words = MappingProxyType(
        {
            "prompt": ("question", "instruction", "input", "query"),
            "prompt_id": ("question_id",),
            "answer_a": ("response_a", "output_a", "answer_1", "response_1", "response1"),
            "answer_b": ("response_b", "output_b", "answer_2", "response_2", "response2"),
            "label": ("better", "preferred", "gold", "winner"),
            "competitor_a": ("model_a",),
            "competitor_b": ("model_b",),
            "origin": ("source", "subset", "subject", "category"),
        }
    )

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """By two answers: rows with two names and a label are more likely votes, and are read where this format is chosen."""
        asked = tuple(name for name in cls.one_of if name in names)[:1]
        return (*ANSWERS, "label", *asked) if asked and names >= {*ANSWERS, "label"} else ()

    @classmethod
    def may_be(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """By two names, too."""
        asked = tuple(name for name in cls.one_of if name in names)[:1]
        sides = next((pair for pair in (ANSWERS, COMPETITORS) if names >= set(pair)), ())
        return (*sides, "label", *asked) if asked and sides and "label" in names else ()

    def row(self, line: int, row: Row) -> LabelRow:
        row = cells.without_empty_answers(row, ANSWERS, COMPETITORS)
        origin = cells.some_name(row, "origin")
        sides = tuple(LabelledAnswer(*cells.whose_answer(row, f"answer_{side}", f"competitor_{side}")) for side in "ab")
        label = _said_side(row)
        key = fields.optional_identifier(row, "id")
        return LabelRow(line, key, self._asked(line, row, origin), sides, label, is_pair=True, origin=origin)

    def _asked(self, line: int, row: Row, origin: str) -> PromptRow:
        key = fields.optional_identifier(row, "prompt_id")
        if key and not row.get("prompt"):
            return PromptRow(line, key)
        reference = cells.text(row, "reference", default="")
        asked = cells.question(line, row, "prompt", key=key, origin=origin)
        return cells.with_system_prompt(asked._replace(reference=reference, language=language_of(row)), row)


class JudgeBenchLabels(LabelFormat):
    """JudgeBench: S. Tan et al., "JudgeBench: a benchmark for evaluating LLM-based judges", 2024."""

    name = "judgebench"
    title = gettext_lazy("JudgeBench: pair_id, question, response_A, response_B, label; source, response_model if there")
    link = "https://github.com/ScalerLab/JudgeBench"
    shapes = ANY_SHAPE
    needed = ("pair_id", "question", "response_A", "response_B", "label")
    read = frozenset({*needed, "source", "response_model"})

    def row(self, line: int, row: Row) -> LabelRow:
        origin, model = cells.some_name(row, "source"), cells.some_name(row, "response_model")
        sides = tuple(LabelledAnswer(model, cells.text(row, f"response_{side}")) for side in "AB")
        label = chosen_side(row, "label", JUDGEBENCH_LABELS)
        asked = cells.question(line, row, "question", origin=origin)
        return LabelRow(line, fields.identifier(row, "pair_id"), asked, sides, label, is_pair=True, origin=origin)


class PandaLmLabels(LabelFormat):
    """What more than half of three annotators say (Y. Wang et al., "PandaLM", 2023)."""

    name = "pandalm"
    title = gettext_lazy("PandaLM's test set: cmp_key, instruction, response1, response2, annotator1 to annotator3")
    link = "https://github.com/WeOpenML/PandaLM"
    shapes = OF_OBJECTS
    needed = ("cmp_key", "instruction", "response1", "response2", *ANNOTATORS)
    read = frozenset({*needed, "idx", "input", "motivation_app"})

    def row(self, line: int, row: Row) -> LabelRow:
        choices = [chosen_side(row, annotator, PANDALM_LABELS) for annotator in ANNOTATORS]
        majority = next((side for side in dict.fromkeys(choices) if 2 * choices.count(side) > len(choices)), None)
        names = fields.name(row, "cmp_key").split("_")
        # Names may contain _ themselves, so they are not guessed.
        first, second = names if len(names) == 2 else ("", "")
        if first and first == second:
            raise RowProblem("cmp_key", row["cmp_key"], _("model1_model2 has to name two different models"))
        origin = cells.some_name(row, "motivation_app")
        asked = cells.question(line, row, "instruction", more="input", origin=origin)
        sides = LabelledAnswer(first, cells.answer(row, "response1")), LabelledAnswer(second, cells.answer(row, "response2"))
        return LabelRow(line, fields.optional_identifier(row, "idx"), asked, sides, majority, is_pair=True, origin=origin)


class LlmBarLabels(LabelFormat):
    name = "llmbar"
    title = gettext_lazy("LLMBar: input, output_1, output_2, label (1 or 2)")
    link = "https://github.com/princeton-nlp/LLMBar"
    shapes = OF_OBJECTS
    needed = ("input", "output_1", "output_2", "label")
    read = frozenset(needed)

    def row(self, line: int, row: Row) -> LabelRow:
        sides = tuple(LabelledAnswer("", cells.text(row, f"output_{n}")) for n in (1, 2))
        label = chosen_side(row, "label", LLMBAR_LABELS)
        return LabelRow(line, "", cells.question(line, row, "input"), sides, label, is_pair=True)


class AutoJLabels(LabelFormat):
    """Pairs are identified by line, as in the outputs of judges."""

    name = "auto-j"
    title = gettext_lazy("Auto-J's test set: scenario, prompt, response 1, response 2, label (0, 1, 2 for a tie)")
    link = "https://github.com/GAIR-NLP/auto-j"
    shapes = OF_OBJECTS
    needed = ("prompt", "response 1", "response 2", "label")
    read = frozenset({*needed, "scenario"})

    def __init__(self, path: Path) -> None:
        self._n_rows = 0

    def row(self, line: int, row: Row) -> LabelRow:
        self._n_rows += 1
        origin = cells.some_name(row, "scenario")
        sides = tuple(LabelledAnswer("", cells.text(row, f"response {n}")) for n in (1, 2))
        label = chosen_side(row, "label", AUTO_J_LABELS)
        return LabelRow(line, str(self._n_rows), cells.question(line, row, "prompt", origin=origin), sides, label, True, origin)
