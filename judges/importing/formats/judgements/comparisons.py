"""Judgements that include the prompt and both answers: JudgeBench, LLMBar, AlpacaEval, JudgeLM."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.formats.conversations import from_json
from arena.seen_names import made_storable
from judges.games.game_orders import OTHER
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.formats.labels.pairs import JUDGEBENCH_LABELS, LLMBAR_LABELS, chosen_side
from judges.importing.rows import Judgement, JudgementRow, NamedAnswer
from judges.verdicts.verdict import Order, Verdict

ORDERS: tuple[Order, Order] = ("ab", "ba")


class JudgeBench(JudgementFormat):
    """Each line holds question, both responses, the label, and a judgement in each order, the second with them exchanged.

    A judge is a model with one of the source's ways of asking, which many models share: it is named by both.
    """

    name = "judgebench"
    title = gettext_lazy("JudgeBench: pair_id, question, response_A, response_B, label, judgments")
    link = "https://github.com/ScalerLab/JudgeBench"
    shapes = OF_OBJECTS
    needed = ("pair_id", "question", "response_A", "response_B", "judgments")
    read = frozenset({*needed, "label", "source", "response_model", "judge_name"})

    def __init__(self, path: Path) -> None:
        self._judge_model = ""

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        model = cells.some_name(row, "response_model")
        answers = tuple(NamedAnswer(model, cells.text(row, column)) for column in ("response_A", "response_B"))
        origin = cells.some_name(row, "source")
        asked = cells.question(line, row, "question", origin=origin)
        label = chosen_side(row, "label", JUDGEBENCH_LABELS) if "label" in row else None
        given = cells.a_list(row, "judgments")
        if len(given) > len(ORDERS):
            results = _("a list of 1 or 2 judgements is needed, the second with the answers exchanged")
            raise RowProblem("judgments", given, results)
        pair, games = fields.identifier(row, "pair_id"), [_game(value) for value in given]
        # A game whose call failed is null; a file holds the judgements of one model.
        self._judge_model = next((game.model for game in games if game.model), self._judge_model)
        judge = _judge(self._judge_model, cells.some_name(row, "judge_name"))
        for game, order in zip(games, ORDERS, strict=False):
            yield JudgementRow(
                line, "arena_hard", answers, game.judgement, asked, order, game.reply, judge, self._judge_model, pair=pair,
                label=label, origin=origin, contradicts=game.against,
            )  # fmt: skip


class _Game(NamedTuple):
    judgement: Judgement
    reply: str = ""
    model: str = ""
    against: str = ""


def _judge(model: str, asked_as: str) -> str:
    return ", ".join(dict.fromkeys(filter(None, (model, asked_as))))[: fields.LONGEST_NAME]


def _game(value: Any) -> _Game:
    """The decision is the source's own reading of the reply, which is kept. Reward models have scores instead."""
    if value is None:
        return _Game(sayings.failed())
    game = cells.an_object(value, "judgments")
    decision, judgment = game.get("decision"), game.get("judgment")
    inner: Row = judgment if isinstance(judgment, dict) else {"response": judgment}
    reply, model = cells.text(inner, "response", default=""), cells.some_name(inner, "judge_model")
    if not decision or not isinstance(decision, str):
        return _Game(sayings.silent(), reply, model)
    decided = sayings.of_reply(f"[[{made_storable(decision)}]]", "arena_hard")._replace(start=None, end=None)
    scores = inner.get("scores")
    if isinstance(scores, list) and len(scores) == 2 and not reply:
        first, second = (cells.number({"scores": each}, "scores") for each in scores)
        # In the order in which they were shown, as the decision is.
        rated = sayings.of_scores(first, second, "ab", decision)
        return _Game(rated if _is_same_winner(rated, decided) else decided, f"{first:g} {second:g}", model)
    return _Game(decided, reply, model, sayings.contradiction(decided, reply, "arena_hard", pick="last"))


def _is_same_winner(one: Judgement, other: Judgement) -> bool:
    both = one.verdict, other.verdict
    return all(isinstance(each, Verdict) for each in both) and both[0].winner == both[1].winner  # type: ignore[union-attr]


class LlmBar(JudgementFormat):
    """An evaluator's result: the winner is named by the file's own numbers, whichever output was shown first."""

    name = "llmbar"
    title = gettext_lazy("LLMBar's results: input, output_1, output_2, label, results")
    link = "https://github.com/princeton-nlp/LLMBar"
    shapes = OF_OBJECTS
    needed = ("input", "output_1", "output_2", "results")
    read = frozenset({*needed, "label"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        answers = NamedAnswer("", cells.text(row, "output_1")), NamedAnswer("", cells.text(row, "output_2"))
        asked = cells.question(line, row, "input")
        label = chosen_side(row, "label", LLMBAR_LABELS) if "label" in row else None
        results = cells.a_list(row, "results")
        # Before it compares, an evaluator may write what to look at, or an answer of its own: [text, finish reason].
        before = [_text_of(each) for each in results if isinstance(each, list)]
        rounds = [cells.an_object(each, "results") for each in results if not isinstance(each, list)]
        for name, order in (("swap = False", "ab"), ("swap = True", "ba")):
            # If an evaluator was asked in several rounds, the last one decides, and all replies are kept.
            games = [cells.an_object(each[name], name) for each in rounds if name in each]
            if games:
                judgement = _won(games[-1], cast(Order, order))
                reply = "\n\n".join(
                    filter(None, [*before, *(_text_of(game.get("completion")) for game in games), _ratings(rounds[-1])])
                )
                yield JudgementRow(line, "pairwise", answers, judgement, asked, cast(Order, order), reply, label=label)

    def notes(self) -> list[FileNote]:
        return [
            note(gettext_lazy("A winner is named by the number of the output, whichever of them was shown first.")),
            note(gettext_lazy("For equal outputs that were rated separately, the file names the one shown second.")),
        ]


RATINGS = ("score_1", "score_2")


def _ratings(results: Row) -> str:
    return "\n".join(f"{column}: {_text_of(results[column])}" for column in RATINGS if column in results)


def _won(game: Row, order: Order) -> Judgement:
    winner = fields.without_point(game.get("winner"))
    side = LLMBAR_LABELS.get(str(winner)) if isinstance(winner, str | int) and not isinstance(winner, bool) else None
    if side is not None:
        return sayings.of_side(side, order, label=str(winner))
    return sayings.silent() if sayings.is_error(winner) else sayings.unreadable(str(made_storable(winner)))


def _text_of(completion: Any) -> str:
    """Of `[text, finish reason]`, or a text."""
    completion = completion[0] if isinstance(completion, list) and completion else completion
    return fields.text({"completion": made_storable(completion)}, "completion", default="")


class AlpacaJudgements(JudgementFormat):
    name = "alpaca-annotations"
    title = gettext_lazy("AlpacaEval's annotations: instruction, output_1, generator_1, output_2, generator_2, preference")
    link = "https://github.com/tatsu-lab/alpaca_eval"
    shapes = ANY_SHAPE
    needed = ("instruction", "output_1", "generator_1", "output_2", "generator_2", "preference")
    read = frozenset({*needed, "input", "dataset", "annotator", "raw_completion", "price_per_example"})

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        names = fields.name(row, "generator_1"), fields.name(row, "generator_2")
        if names[0] == names[1]:
            raise RowProblem("generator_2", names[1], _("two different competitors are needed, and generator_1 is the same"))
        answers = NamedAnswer(names[0], cells.text(row, "output_1")), NamedAnswer(names[1], cells.text(row, "output_2"))
        origin = cells.some_name(row, "dataset")
        asked = cells.question(line, row, "instruction", more="input", origin=origin)
        yield JudgementRow(
            line, "pairwise", answers, _preferred(row), asked, "ab", _raw(row), cells.some_name(row, "annotator"),
            cost=fields.micro_dollars(row, "price_per_example") or 0, origin=origin,
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        return [note(_PREFERENCE), note(_SHOWN)]


def _preferred(row: Row) -> Judgement:
    value = row.get("preference")
    if "preference" in row and sayings.is_error(value):
        return sayings.silent()
    allowed = _("a number from 1 (the first is better) to 2 is needed, or 0 for a tie")
    preference = cells.number(row, "preference", allowed)
    if preference != 0 and not 1 <= preference <= 2:
        raise RowProblem("preference", value, allowed)
    if preference == 0:
        return sayings.of_side("tie", "ab", label="0")
    return sayings.of_scores(2 - preference, preference - 1, "ab", f"{preference:g}")


_PREFERENCE = gettext_lazy("preference: below 1.5 the first output is better, above it the second; 1.5 and 0 are ties.")
_SHOWN = gettext_lazy("The file does not say which output was shown first: output_1 is taken as the first.")


def _raw(row: Row) -> str:
    """A text, or the provider's whole reply, of which the text is kept."""
    value: Any = from_json(row.get("raw_completion"))
    if isinstance(value, dict):
        message = value.get("message")
        value = value.get("text") or (message.get("content") if isinstance(message, dict) else "")
    return str(made_storable(value)) if isinstance(value, str) else ""


class JudgeLm(JudgementFormat):
    name = "judgelm"
    title = gettext_lazy("JudgeLM's predictions: question_body, answer1_body, answer2_body, pred_text")
    link = "https://github.com/baaivision/JudgeLM"
    shapes = OF_OBJECTS
    needed = ("question_body", "answer1_body", "answer2_body", "pred_text")
    read = frozenset({*needed, "answer1_model_id", "answer2_model_id", "pred_model_id"})
    asked_for = ("order",)

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        # Run with its answers reversed, the source writes the bodies as it showed them, and the names as they were.
        is_turned = self.options.get("order") == "ba"
        names = [cells.some_name(row, f"answer{n}_model_id") for n in ((2, 1) if is_turned else (1, 2))]
        texts = [cells.text(row, f"answer{n}_body") for n in (1, 2)]
        answers = [NamedAnswer(name, text) for name, text in zip(names, texts, strict=True)]
        if names[0] and names[0] == names[1]:
            answers = [each._replace(competitor="") for each in answers]
        reply = cells.text(row, "pred_text")
        judgement = sayings.of_reply(reply, "judgelm", pick="first")
        asked, judge = cells.question(line, row, "question_body"), cells.some_name(row, "pred_model_id")
        pair = tuple(reversed(answers)) if is_turned else tuple(answers)
        order = OTHER["ab"] if is_turned else "ab"
        yield JudgementRow(line, "judgelm", pair, judgement, asked, order, reply, judge, judge)

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("The two numbers at the beginning of a prediction are the scores of the answers as shown."))]
