"""Judgements and gold labels by POST: rows in Agon's own layouts, read and stored like a file of such rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.filters import SLUG_SCHEMA
from arena.api.writing.base import RowsOfArena, WrongRows, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.imports import CannotTake
from arena.api.writing.row_schemas import rows_schema
from arena.api.writing.rows import STRICT
from arena.importing import rows_by_program
from arena.importing.checks.newcomers import TooManyCompetitors
from arena.importing.files.problems import ImportProblems, RowProblem
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.wording import sentence
from judges.importing.loading.judgements import JudgementChoices
from judges.importing.taking_in import Home, take_judgements, take_labels

LONGEST_NAME = 120
SCALES = ("1-5", "1-10")


def _text(description: str, most: int = 0) -> SentField:
    return SentField(FieldKind.TEXT, description, most=most)


PROMPT: SentFields = {
    "prompt": _text("The prompt's text; or its prompt_id."),
    "prompt_id": _text("The prompt's id, as it was imported.", 200),
    "system_prompt": _text("What came before the prompt."),
    "language": _text("Of the prompt: a code or an English name.", 40),
}
SIDES: SentFields = {
    "answer_a": _text("Its text; or the competitor's name alone (here or below), if it has one answer to the prompt."),
    "answer_b": _text("As answer_a."),
    "competitor_a": _text("Who gave answer_a.", 200),
    "competitor_b": _text("Who gave answer_b.", 200),
    "model_a": _text("The same as competitor_a, as files of battles call it.", 200),
    "model_b": _text("The same as competitor_b.", 200),
}
ONE_ANSWER: SentFields = {
    "answer": _text("Its text; or the competitor's name alone (here or below), if it has one answer to the prompt."),
    "competitor": _text("Who gave it.", 200),
    "model": _text("The same as competitor.", 200),
}
SAME = {"model_a": "competitor_a", "model_b": "competitor_b", "model": "competitor"}
PAIR_LABELS: SentFields = {
    **PROMPT, **SIDES,
    "label": SentField(FieldKind.CHOICE, "Which answer is better.", is_needed=True, choices=("a", "b", "tie", "both_bad")),
}  # fmt: skip
ANSWER_LABELS: SentFields = {
    **PROMPT, **ONE_ANSWER,
    "is_right": SentField(FieldKind.TRUTH, "Whether the answer is right; or a grade."),
    "grade": SentField(FieldKind.AMOUNT, "Its grade.", most=1_000_000),
}  # fmt: skip
JUDGED: SentFields = {
    "judge": _text("Who judged: one judge for each name.", LONGEST_NAME),
    "judge_model": _text("The model that judged.", 200),
    "reply": _text("What it wrote."),
    "cost": SentField(FieldKind.AMOUNT, "What the judgement cost, in dollars.", most=1_000),
    "repeat": SentField(FieldKind.NUMBER, "Which of several judgements of the same answers in the same order.", most=10_000),
}
JUDGED_PAIRS: SentFields = {
    **PROMPT, **SIDES, **JUDGED,
    "order": SentField(FieldKind.CHOICE, "Which answer was shown first; ab where it is left out.", choices=("ab", "ba")),
    "label": _text("a, b, tie, both_bad, a>>b and so on, or a competitor's name.", 200),
    "probability": SentField(FieldKind.AMOUNT, "That answer_a is better.", most=1),
    "score_a": SentField(FieldKind.AMOUNT, "What it gave answer_a.", most=1_000_000),
    "score_b": SentField(FieldKind.AMOUNT, "What it gave answer_b.", most=1_000_000),
}  # fmt: skip
JUDGED_ANSWERS: SentFields = {
    **PROMPT, **ONE_ANSWER, **JUDGED, "score": SentField(FieldKind.AMOUNT, "What it gave the answer.", most=1_000_000),
}  # fmt: skip


class LabelsTakenSerializer(serializers.Serializer[Any]):
    """The result of storing labels."""

    arena = serializers.CharField(help_text="Slug of the arena.")
    gold_set = serializers.CharField(help_text="Name of the set that has them: an older one with the same labels serves, too.")
    n_rows = serializers.IntegerField(min_value=1, help_text="Rows that were sent.")
    n_labels = serializers.IntegerField(min_value=0, help_text="Labels of pairs that the set has now.")
    n_battles = serializers.IntegerField(min_value=0, help_text="Battles that the rows are about.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is worth knowing about how they were read.")


class JudgementsTakenSerializer(serializers.Serializer[Any]):
    """The result of storing judgements."""

    arena = serializers.CharField(help_text="Slug of the arena.")
    judges = serializers.ListField(child=serializers.IntegerField(min_value=1), help_text="Numbers of the judges.")
    n_rows = serializers.IntegerField(min_value=1, help_text="Rows that were sent.")
    n_games = serializers.IntegerField(min_value=0, help_text="Games that the rows are.")
    n_added = serializers.IntegerField(min_value=0, help_text="Games that were new; the others were here already.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is worth knowing about how they were read.")


class RowsLikeAFile(RowsOfArena[dict[str, Any]]):
    """Base of the views whose rows are stored by the function that imports files."""

    may_name: ClassVar[tuple[str, ...]] = ("name",)
    may_say: ClassVar[tuple[str, ...]] = ("strict",)
    layout: ClassVar[str]
    columns: ClassVar[SentFields]

    def rows_of(self, raw: Sequence[Any]) -> list[dict[str, Any]]:
        return rows_by_program.read(raw, self.columns, lambda _line, row: _by_one_name(row))

    def stored(self, home: Home, path: Path, body: Mapping[str, Any]) -> dict[str, Any]:
        """Store the rows of this file and return the result. Raises ImportProblems and TooManyCompetitors."""
        raise NotImplementedError

    def taken(self, request: Request) -> Response:
        body: Any = request.data
        arena, raw = self._envelope(request, body)
        try:
            rows = self.rows_of(raw)
        except ImportProblems as problems:
            raise WrongRows(problems, is_by_itself=True) from None

        def work() -> Answer:
            with _as_file(rows) as path:
                try:
                    result = self.stored(Home(arena.slug), path, body)
                except TooManyCompetitors as reason:
                    raise CannotTake(sentence(reason)) from None
            return Answer({"arena": arena.slug, "n_rows": len(rows), **result})

        return self.done(request, work)


def _by_one_name(row: dict[str, Any]) -> dict[str, Any]:
    for name, other in SAME.items():
        if row.keys() >= {name, other}:
            raise RowProblem(name, row[name], _("%(other)s says the same: send one of the two") % {"other": other})
    return {SAME.get(name, name): value for name, value in row.items()}


@contextmanager
def _as_file(rows: Sequence[dict[str, Any]]) -> Iterator[Path]:
    """Write one row per line, so that line numbers are row numbers."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        yield path


def _named(description: str) -> dict[str, Any]:
    return SLUG_SCHEMA | {"description": description, "nullable": True}


GOLD_SET = _named("Of the gold set; gold where it is left out.")
JUDGE = _named("The judge whose judgements these are; else each row names its judge.")

SCALE = {
    "type": "string", "nullable": True, "enum": [*SCALES, None], "description": "Range of the scores; else 1-10.",
}  # fmt: skip


def _strictly(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"strict": True} if body.get("strict") else {}


class LabelRows(RowsLikeAFile):
    def stored(self, home: Home, path: Path, body: Mapping[str, Any]) -> dict[str, Any]:
        labelled = take_labels(
            path, home, chosen=self.layout, name=body.get("name") or "gold", place="row", options=_strictly(body)
        )
        return {
            "gold_set": labelled.loaded.gold.name, "n_labels": labelled.n_labels, "n_battles": labelled.n_battles,
            "notes": rows_by_program.in_words((*labelled.notes, *labelled.loaded.notes(), *labelled.loaded.warnings())),
        }  # fmt: skip


class PairLabelRows(LabelRows):
    layout, columns = "pairs", PAIR_LABELS

    @described(
        rows_schema(PAIR_LABELS, name=GOLD_SET, strict=STRICT), LabelsTakenSerializer,
        description="Label which answers are known to be better; judges are measured by these labels. Scope `evidence:write`.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.taken(request)


class AnswerLabelRows(LabelRows):
    layout, columns = "answers", ANSWER_LABELS

    @described(
        rows_schema(ANSWER_LABELS, name=GOLD_SET, strict=STRICT), LabelsTakenSerializer,
        description="Label which answers are right, or give their grades. Scope `evidence:write`.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.taken(request)


class JudgementRows(RowsLikeAFile):
    def stored(self, home: Home, path: Path, body: Mapping[str, Any]) -> dict[str, Any]:
        options = _strictly(body) | ({"scale": body["scale"]} if body.get("scale") else {})
        _arena, taken = take_judgements(
            path, home, filename="judgements", chosen=self.layout, options=options,
            choices=JudgementChoices(judge=body.get("name") or "", must_agree=True, are_sent=True),
        )  # fmt: skip
        return {
            "judges": [judge.pk for judge in taken.judges], "n_games": taken.n_games, "n_added": taken.n_added,
            "notes": rows_by_program.in_words((*taken.notes, *taken.warnings)),
        }  # fmt: skip


class JudgedPairRows(JudgementRows):
    layout, columns = "pairs", JUDGED_PAIRS

    @described(
        rows_schema(JUDGED_PAIRS, name=JUDGE, strict=STRICT), JudgementsTakenSerializer,
        description="Import verdicts of judges elsewhere on two answers, as games. Scope `evidence:write`.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.taken(request)


class JudgedAnswerRows(JudgementRows):
    may_choose = {"scale": SCALES}

    layout, columns = "grades", JUDGED_ANSWERS

    @described(
        rows_schema(JUDGED_ANSWERS, name=JUDGE, scale=SCALE, strict=STRICT), JudgementsTakenSerializer,
        description="Import scores that judges elsewhere gave to single answers. Scope `evidence:write`.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.taken(request)
