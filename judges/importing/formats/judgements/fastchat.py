"""FastChat's judgements of MT-bench: of single answers, and of pairs in both orders. The answers are those of the arena."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.rows import Judgement, JudgementRow, NamedAnswer
from judges.verdicts.verdict import Order, Side

LINK = "https://github.com/lm-sys/FastChat/tree/main/fastchat/llm_judge"
SIDES: dict[str, Side] = {"model_1": "a", "model_2": "b", "tie": "tie"}
GAMES: tuple[tuple[str, Order], ...] = (("g1", "ab"), ("g2", "ba"))  # the second with the answers exchanged


def judge_of(row: Row) -> str:
    """The model of `["gpt-4", "pair-v2"]`: its templates for math and for second turns are one judge."""
    value: Any = row.get("judge")
    if isinstance(value, list) and value:
        value = value[0]
    return fields.name({"judge": value} if "judge" in row else {}, "judge")


def _turn(row: Row) -> int:
    turn = fields.whole_number(row, "turn")
    if turn not in {None, 1, 2}:
        raise RowProblem("turn", row.get("turn"), _("allowed are %(values)s") % {"values": "1, 2"})
    return 1 if turn == 1 else 0


class SingleJudgements(JudgementFormat):
    name = "fastchat-single"
    title = gettext_lazy("FastChat's single judgements: question_id, model, judge, judgment, score, turn")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("question_id", "model", "judge", "judgment", "score")
    read = frozenset({*needed, "turn"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        yield _single(line, row, "model", "judgment", "score")

    def notes(self) -> list[FileNote]:
        return [note(_TURNS)]


def _single(line: int, row: Row, model: str, judgment: str, score: str) -> JudgementRow:
    """A judgement of one answer, given the columns of its model, the reply and the grade."""
    judge, reply = judge_of(row), cells.text(row, judgment)
    judgement = _graded(row, score, reply)
    return JudgementRow(
        line, "mt_single", (NamedAnswer(fields.name(row, model)),), judgement,
        PromptRow(line, fields.identifier(row, "question_id")), "ab", reply, f"{judge}, single answers"[:120], judge,
        turn=_turn(row), contradicts=sayings.contradiction(judgement, reply, "mt_single", pick="first"),
    )  # fmt: skip


def _graded(row: Row, column: str, reply: str) -> Judgement:
    if column in row and sayings.is_error(row[column]):
        return sayings.failed() if sayings.is_error(reply) else sayings.unreadable("-1")
    allowed = _("a number from 1 to 10 is needed, or -1 where there was none")
    grade = cells.number(row, column, allowed)
    if not 1 <= grade <= 10:
        raise RowProblem(column, row[column], allowed)
    return sayings.of_grade(grade)


class PairJudgements(JudgementFormat):
    name = "fastchat-pair"
    title = gettext_lazy("FastChat's judgements of pairs: question_id, model_1, model_2, g1_winner, g2_winner, judge")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("question_id", "model_1", "model_2", "g1_winner", "g2_winner", "judge")
    read = frozenset({*needed, "g1_judgment", "g2_judgment", "m1_score", "m2_score", "turn"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        if "m1_score" in row:  # of a judge of single answers: its reply on each, and the winner by those in both orders
            for n in (1, 2):
                yield _single(line, row, f"model_{n}", f"g{n}_judgment", f"m{n}_score")
            return
        judge = judge_of(row)
        names = fields.name(row, "model_1"), fields.name(row, "model_2")
        if names[0] == names[1]:
            raise RowProblem("model_2", names[1], _("two different competitors are needed, and model_1 is the same"))
        asked, turn = PromptRow(line, fields.identifier(row, "question_id")), _turn(row)
        for game, order in GAMES:
            reply = cells.text(row, f"{game}_judgment", default="")
            judgement = _compared(row, f"{game}_winner", order)
            against = sayings.contradiction(judgement, reply, "mt_pair", pick="first")
            yield JudgementRow(
                line, "mt_pair", (NamedAnswer(names[0]), NamedAnswer(names[1])), judgement, asked, order, reply, judge, judge,
                turn=turn, contradicts=against,
            )  # fmt: skip

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("g1 showed model_1 first, g2 model_2.")), note(_TURNS)]


def _compared(row: Row, column: str, order: Order) -> Judgement:
    value = row.get(column)
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word == "error":
        return sayings.unreadable(word)
    if not isinstance(value, str) or word not in SIDES:
        allowed = _("allowed are %(values)s") % {"values": ", ".join([*SIDES, "error"])}
        raise RowProblem(column, MISSING if column not in row else value, allowed)
    return sayings.of_side(SIDES[word], order, label=value)


_TURNS = gettext_lazy("Judgements of the first turn are about that turn alone; all others are about the whole conversation.")
