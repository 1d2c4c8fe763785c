"""Prometheus: answers graded from 1 to 5, and pairs of which one is preferred, each with the feedback that says why."""

from collections.abc import Iterator
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.rows import JudgementRow, NamedAnswer


class PrometheusPairs(JudgementFormat):
    name = "prometheus-pairs"
    title = gettext_lazy("Prometheus' relative grading: orig_instruction, orig_response_A, orig_response_B, orig_preference")
    link = "https://huggingface.co/datasets/prometheus-eval/Preference-Collection"
    shapes = OF_OBJECTS
    needed = ("orig_instruction", "orig_response_A", "orig_response_B", "orig_preference")
    read = frozenset({*needed, "output", "orig_feedback", "judge"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        answers = tuple(NamedAnswer("", cells.text(row, f"orig_response_{side}")) for side in "AB")
        reply = feedback(row)
        side = {"A": "a", "B": "b"}.get(str(row.get("orig_preference")).strip().upper())
        if side is not None:
            judgement = sayings.of_side(cast(Any, side), "ab", label=str(row["orig_preference"]))
        elif "orig_preference" in row and sayings.is_error(row["orig_preference"]):
            judgement = sayings.silent()
        else:
            what = MISSING if "orig_preference" not in row else row["orig_preference"] or EMPTY
            raise RowProblem("orig_preference", what, _("allowed are %(values)s") % {"values": "A, B"})
        against = sayings.contradiction(judgement, reply, "pairwise")
        yield JudgementRow(
            line, "pairwise", answers, judgement, cells.question(line, row, "orig_instruction"), "ab", reply,
            cells.some_name(row, "judge"), contradicts=against,
        )  # fmt: skip


class PrometheusGrades(JudgementFormat):
    name = "prometheus"
    title = gettext_lazy("Prometheus' absolute grading: orig_instruction, orig_response, orig_score, output")
    link = "https://huggingface.co/datasets/prometheus-eval/Feedback-Collection"
    shapes = OF_OBJECTS
    needed = ("orig_instruction", "orig_response", "orig_score")
    read = frozenset({*needed, "output", "orig_feedback", "orig_criteria", "judge"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        reply = feedback(row)
        if "orig_score" in row and sayings.is_error(row["orig_score"]):
            judgement = sayings.silent()
        else:
            allowed = _("a grade from 1 to 5 is needed")
            grade = cells.number(row, "orig_score", allowed)
            if not 1 <= grade <= 5:
                raise RowProblem("orig_score", row["orig_score"], allowed)
            judgement = sayings.of_grade(grade)
        answer = NamedAnswer("", cells.text(row, "orig_response"))
        against = sayings.contradiction(judgement, reply, "rubric_5")
        yield JudgementRow(
            line, "rubric_5", (answer,), judgement, cells.question(line, row, "orig_instruction"), "ab", reply,
            cells.some_name(row, "judge"), pair=cells.text(row, "orig_criteria", default=""), contradicts=against,
        )  # fmt: skip


def feedback(row: Row) -> str:
    """What the judge wrote: the whole output, else the feedback alone."""
    column = "output" if row.get("output") else "orig_feedback"
    return cells.text(row, column, default="")
