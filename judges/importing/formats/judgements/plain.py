"""Agon's own files of judgements: two answers compared, or one answer graded."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, lazy_lines_of, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.battles.pairs import outcome_of
from arena.importing.formats.prompt_files import IDS, category_path, language_of
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.rows import Judgement, JudgementRow, NamedAnswer
from judges.verdicts.verdict import Order, Side

ANSWERS, COMPETITORS, SCORES = ("answer_a", "answer_b"), ("competitor_a", "competitor_b"), ("score_a", "score_b")
STRONG = {"a>>b", "b>>a", "a<<b"}
ORDERS: dict[str, Order] = {
    "": "ab", "ab": "ab", "a first": "ab", "a_first": "ab", "original": "ab", "ba": "ba", "b first": "ba", "b_first": "ba",
    "swapped": "ba",
}  # fmt: skip
SCALES = {"rubric_5": (1, 5), "mt_single": (1, 10)}
ASKED = MappingProxyType(
    {
        "prompt": ("question", "instruction", "input", "query"),
        "prompt_id": IDS,
        "reply": ("judgment", "judgement", "raw_reply", "raw_completion", "completion", "reason", "explanation", "feedback"),
        "judge": ("judge_name", "judge_id", "evaluator"),
        "judge_model": ("model_string",),
        "cost": ("cost_usd", "price", "price_per_example"),
        "repeat": ("sample", "trial"),
    }
)
COMMON = {"prompt_id", "prompt", "system_prompt", "category", "language", "reply", "judge", "judge_model", "cost", "repeat"}


class _Common(NamedTuple):
    """Columns that rows of both kinds have."""

    prompt: PromptRow
    reply: str
    judge: str
    model: str
    cost: int
    repeat: int


def common(line: int, row: Row) -> _Common:
    key = fields.optional_identifier(row, "prompt_id")
    if row.get("prompt"):
        category = category_path(fields.text(row, "category", default=""))
        asked = cells.question(line, row, "prompt", key=key)._replace(language=language_of(row))
        asked = asked._replace(
            category=category, system_prompt=asked.system_prompt or cells.text(row, "system_prompt", default="")
        )
    elif key:
        asked = PromptRow(line, key)
    else:
        raise RowProblem("prompt", EMPTY if "prompt" in row else MISSING, _("the prompt's text or its prompt_id is needed"))
    judge, model = fields.optional_identifier(row, "judge"), cells.some_name(row, "judge_model")
    cost, repeat = fields.micro_dollars(row, "cost") or 0, fields.whole_number(row, "repeat", most=10_000) or 0
    return _Common(asked, cells.text(row, "reply", default=""), judge or model, model, cost, repeat)


class PlainPairs(JudgementFormat):
    name = "pairs"
    title = gettext_lazy("Agon's own: prompt, two answers or competitors, and label, probability or scores of the two")
    shapes = ANY_SHAPE
    needed = ()
    read = frozenset({*COMMON, *ANSWERS, *COMPETITORS, *SCORES, "order", "label", "probability"})
    asked_for = ("order",)
    other_words = MappingProxyType(
        {
            **ASKED,
            "judge_model": ("model_string", "model"),
            "answer_a": ("response_a", "output_a", "answer_1", "response_1", "response1"),
            "answer_b": ("response_b", "output_b", "answer_2", "response_2", "response2"),
            "competitor_a": ("model_a", "generator_a"),
            "competitor_b": ("model_b", "generator_b"),
            "label": ("verdict", "winner", "decision", "preferred"),
            "probability": ("p_a", "prob_a", "probability_a"),
        }
    )

    def __init__(self, path: Path) -> None:
        self._unknown: dict[str, list[int]] = {}
        self._n_without_order = self._n_rows = 0

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Two sides, a verdict on them, and what only judgements have."""
        is_judged = names & {"order", "probability", "reply", "judge", "cost", *SCORES}
        return cls.may_be(names, rows) if is_judged else ()

    @classmethod
    def may_be(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Two sides and a verdict on them."""
        sides = next((pair for pair in (ANSWERS, COMPETITORS) if names >= set(pair)), ())
        verdicts = next((each for each in (("label",), ("probability",), SCORES) if names >= set(each)), ())
        asked = tuple(name for name in ("prompt", "prompt_id") if name in names)[:1]
        return (*asked, *sides, *verdicts) if sides and verdicts and asked else ()

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        known = common(line, row)
        answers = self._answers(cells.without_empty_answers(row, ANSWERS, COMPETITORS))
        order = self._order(row)
        judgement = self._judgement(line, row, answers, order, known.reply)
        protocol = "judgelm" if _has_scores(row) else "pairwise"
        against = sayings.contradiction(judgement, known.reply, protocol)
        self._n_rows += 1
        yield JudgementRow(
            line, protocol, answers, judgement, known.prompt, order, known.reply, known.judge, known.model, known.cost,
            known.repeat, contradicts=against,
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        notes = [note(_ORDER, n=self._n_without_order)] if self._n_without_order else []
        for label, lines in list(self._unknown.items())[:5]:
            notes.append(note(_UNKNOWN, n=len(lines), label=label[:40], lines=lazy_lines_of(lines), known=", ".join(_SHOWN)))
        return notes

    def _answers(self, row: Row) -> tuple[NamedAnswer, NamedAnswer]:
        names = [cells.some_name(row, column) for column in COMPETITORS]
        texts = [cells.answer(row, column) if row.get(column) is not None else None for column in ANSWERS]
        for name, text, column in zip(names, texts, ANSWERS, strict=True):
            if text is None and not name:
                allowed = _("two answers or the names of two competitors are needed")
                raise RowProblem(column, EMPTY if column in row else MISSING, allowed)
        if names[0] and names[0] == names[1]:
            raise RowProblem("competitor_b", names[1], _("two different competitors are needed, and competitor_a is the same"))
        return NamedAnswer(names[0], texts[0]), NamedAnswer(names[1], texts[1])

    def _order(self, row: Row) -> Order:
        if not row.get("order"):
            self._n_without_order += not self.options.get("order")
            return cast(Order, self.options.get("order") or "ab")
        return fields.folded_choice(row, "order", {name: ORDERS[name] for name in ("ab", "ba")}, ORDERS)

    def _judgement(self, line: int, row: Row, answers: Sequence[NamedAnswer], order: Order, reply: str) -> Judgement:
        if "label" in row and row.get("label") not in (None, ""):
            return self._by_label(line, row, answers, order)
        if (share := cells.number_or_none(row, "probability")) is not None:
            if not 0 <= share <= 1:
                allowed = _("the probability that answer a is better is needed, from 0 to 1")
                raise RowProblem("probability", row["probability"], allowed)
            return sayings.of_scores(share, 1 - share, order, f"{share:g}")
        if _has_scores(row):
            scores = [row.get(column) for column in SCORES]
            if any(map(sayings.is_error, scores)):
                return sayings.failed()
            return sayings.of_scores(cells.number(row, "score_a"), cells.number(row, "score_b"), order)
        if not {"label", "probability", "reply", *SCORES} & row.keys():
            raise RowProblem("label", MISSING, _("a label, a probability, scores or a reply is needed"))
        return sayings.of_reply(reply, "pairwise") if reply else sayings.silent()

    def _by_label(self, line: int, row: Row, answers: Sequence[NamedAnswer], order: Order) -> Judgement:
        value: Any = fields.without_point(row["label"])
        if sayings.is_error(value):
            return sayings.failed()
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RowProblem("label", value, _("allowed are %(values)s") % {"values": ", ".join(_SHOWN)})
        word = str(value).strip().strip("[]").casefold()
        sides = list(zip(answers, ("a", "b"), strict=True))
        named = {name.casefold(): side for (name, _text), side in sides if name}
        written = {text.strip().casefold(): side for (_name, text), side in sides if text}  # perhaps a name alone
        side = cast(Side | None, named.get(word) or _side(word) or written.get(word))
        if side is None:
            if len(self._unknown) < fields.MOST_REMEMBERED:
                self._unknown.setdefault(str(value), []).append(line)
            return sayings.unreadable(str(value))
        return sayings.of_side(side, order, strength=2 if word in STRONG else 1, label=str(value))


def _side(word: str) -> str:
    outcome = outcome_of(word)
    return outcome.value if outcome else ""


def _has_scores(row: Row) -> bool:
    return all(column in row for column in SCORES) and row.get(SCORES[0]) not in (None, "")


_SHOWN = ("a", "b", "tie", "both_bad", "a>>b", "a>b", "a=b", "b>a", "b>>a")
_ORDER = ngettext_lazy(
    "%(n)s judgement without an order: answer_a is taken as the one that was shown first.",
    "%(n)s judgements without an order: answer_a is taken as the one that was shown first.",
    "n",
)
_UNKNOWN = ngettext_lazy(
    "%(n)s judgement has the unknown label %(label)s (%(lines)s) and becomes a game without a verdict. Known labels "
    "are %(known)s, and the names of the two competitors.",
    "%(n)s judgements have the unknown label %(label)s (%(lines)s) and become games without a verdict. Known labels "
    "are %(known)s, and the names of the two competitors.",
    "n",
)


class PlainGrades(JudgementFormat):
    name = "grades"
    title = gettext_lazy("Agon's own: prompt, answer or competitor, and the score that a judge gave it")
    shapes = ANY_SHAPE
    needed = ()
    read = frozenset({*COMMON, "answer", "competitor", "score"})
    asked_for = ("scale",)
    other_words = MappingProxyType(
        {
            **ASKED,
            "answer": ("response", "output", "completion"),
            "competitor": ("model", "generator", "answered_by"),
            "score": ("grade", "rating"),
        }
    )

    def __init__(self, path: Path) -> None:
        self._grades: Counter[float] = Counter()

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        graded = tuple(name for name in ("answer", "competitor") if name in names)[:1]
        asked = tuple(name for name in ("prompt", "prompt_id") if name in names)[:1]
        is_pair = names & {*ANSWERS, *COMPETITORS}
        return (*asked, *graded, "score") if graded and asked and "score" in names and not is_pair else ()

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        known = common(line, row)
        name = cells.some_name(row, "competitor")
        text = cells.answer(row, "answer") if row.get("answer") is not None else None
        if text is None and not name:
            allowed = _("the answer that was graded, or its competitor, is needed")
            raise RowProblem("answer", EMPTY if "answer" in row else MISSING, allowed)
        judgement = self._judgement(row, known.reply)
        against = sayings.contradiction(judgement, known.reply, self.protocol)
        yield JudgementRow(
            line, self.protocol, (NamedAnswer(name, text),), judgement, known.prompt, "ab", known.reply, known.judge,
            known.model, known.cost, known.repeat, contradicts=against,
        )  # fmt: skip

    @property
    def protocol(self) -> str:
        return "rubric_5" if self.options.get("scale") == "1-5" else "mt_single"

    def _judgement(self, row: Row, reply: str) -> Judgement:
        low, high = SCALES[self.protocol]
        value = row.get("score")
        if value is None or value == "":
            if "score" not in row and "reply" not in row:
                raise RowProblem("score", MISSING, _("a score or a reply is needed"))
            return sayings.of_reply(reply, self.protocol) if reply else sayings.silent()
        if sayings.is_error(value):
            return sayings.failed()
        allowed = _(
            "a number from %(low)s to %(high)s is needed; the range is set by scale (--scale 1-5; over REST, beside rows)"
        )
        grade = cells.number(row, "score", allowed % {"low": low, "high": high})
        if not low <= grade <= high:
            raise RowProblem("score", value, allowed % {"low": low, "high": high})
        self._grades[grade] += 1
        return sayings.of_grade(grade)

    def notes(self) -> list[FileNote]:
        low, high = SCALES[self.protocol]
        notes = [note(_SCALE, low=low, high=high)]
        if self.protocol == "mt_single" and self._grades and max(self._grades) <= 5:
            notes.append(note(_FIVE))
        return notes


_SCALE = gettext_lazy("The grades are read as points from %(low)s to %(high)s.")
_FIVE = gettext_lazy("No grade is above 5: if the scale ends there, give it (--scale 1-5; over REST, scale beside rows).")
