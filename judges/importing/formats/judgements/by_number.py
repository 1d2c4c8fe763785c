"""Judgements that name their pair only by its number in a test set: PandaLM and Auto-J. Import the test set first."""

from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.seen_names import made_storable
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.formats.labels.pairs import AUTO_J_LABELS
from judges.importing.rows import Judgement, JudgementRow, NamedAnswer
from judges.protocols.pandalm import PANDALM
from judges.verdicts.verdict import Order

RESULT, SHOWN_FIRST = "_result", gettext_lazy("response1 is taken as the answer shown first.")
BOTH = (NamedAnswer(), NamedAnswer())


class PandaLmResults(JudgementFormat):
    """idx, and `<judge>_result` (1, 2, Tie or 0), `_reason`, `_reference`: response1 of the test set was shown first."""

    name = "pandalm"
    title = gettext_lazy("PandaLM's results: idx, and JUDGE_result, JUDGE_reason, JUDGE_reference of each judge")
    link = "https://github.com/WeOpenML/PandaLM"
    shapes = OF_OBJECTS
    needed = ("idx",)
    read = frozenset(needed)
    reads_all_columns = True
    found_by = "pandalm"

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        results = tuple(name for name in names if name.endswith(RESULT))
        return ("idx", *results) if "idx" in names and len(results) == 1 else ()

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        pair = fields.identifier(row, "idx")
        judge = next((name.removesuffix(RESULT) for name in row if name.endswith(RESULT)), "")
        if not judge:
            raise RowProblem("<judge>_result", MISSING, _("a field such as pandalm_result is needed"))
        value = fields.without_point(row[f"{judge}{RESULT}"])
        if not isinstance(value, str | int | None) or isinstance(value, bool):
            raise RowProblem(f"{judge}{RESULT}", value, _("allowed are %(values)s") % {"values": "1, 2, Tie, 0"})
        label = str(made_storable("" if value is None else value))
        label = "Tie" if label.strip() == "0" else label
        rest = [cells.text(row, f"{judge}_{part}", default="") for part in ("reason", "reference")]
        reply = "\n\n".join([label, *filter(None, rest)])
        yield JudgementRow(line, PANDALM.key, BOTH, _read(label), reply=reply, judge=fields.as_name("judge", judge), pair=pair)

    def notes(self) -> list[FileNote]:
        return [note(SHOWN_FIRST)]


def _read(label: str) -> Judgement:
    parsed = PANDALM.read(label, pick="first")
    if parsed.label is None:
        return Judgement(parsed.state, reason=parsed.reason)
    return Judgement(parsed.state, PANDALM.verdict(parsed.label), parsed.label, "", parsed.start, parsed.end)


ASKED_OR_ANSWERED = {
    "prompt", "question", "instruction", "input", "query", "messages", "prompt_id", "question_id", "id", "idx", "key", "uid",
    "model", "competitor", "generator", "answer", "response", "turns", "text",
}  # fmt: skip
"""Columns of files whose output is an answer to something, and no judgement by line."""


class AutoJOutputs(JudgementFormat):
    """One object a pair of the test set, in its order: `{"output": 0}`, 1 or 2 for a tie."""

    name = "auto-j"
    title = gettext_lazy("Auto-J's outputs: output is 0, 1 or 2, a line for each line of its test set")
    link = "https://github.com/GAIR-NLP/auto-j/tree/main/codes/leaderboard"
    shapes = OF_OBJECTS
    needed = ("output",)
    read = frozenset({*needed, "cost", "meta", "finish_reason"})
    found_by = "auto-j"
    asked_for = ("order",)

    def __init__(self, path: Path) -> None:
        self._n_rows = 0

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """Not by texts: so its files of critiques look, which are about single answers. Nor where a row says what was asked."""
        are_labels = all(sayings.is_error(row.get("output")) or _written(row["output"]) in AUTO_J_LABELS for row in rows)
        folded = {name.strip().casefold() for name in names}
        return ("output",) if "output" in names and are_labels and folded.isdisjoint(ASKED_OR_ANSWERED) else ()

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        self._n_rows += 1
        order = cast(Order, self.options.get("order") or "ab")
        judgement, reply = self._judgement(row, order)
        cost = fields.micro_dollars(row, "cost") or 0
        yield JudgementRow(line, "pairwise", BOTH, judgement, order=order, reply=reply, pair=str(self._n_rows), cost=cost)

    def _judgement(self, row: Row, order: Order) -> tuple[Judgement, str]:
        value: Any = fields.without_point(row.get("output"))
        if isinstance(value, str) and not sayings.is_error(value) and value.strip() not in AUTO_J_LABELS:
            return sayings.of_reply(made_storable(value), "pairwise", pick="last"), made_storable(value)
        if "output" in row and sayings.is_error(value):
            return sayings.failed(), ""
        side = AUTO_J_LABELS.get(str(value).strip()) if isinstance(value, int | str) and not isinstance(value, bool) else None
        if side is None:
            what = MISSING if "output" not in row else value
            raise RowProblem("output", what, _("allowed are 0 (the first is better), 1 and 2 (a tie)"))
        # A file on the exchanged answers numbers them as the judge was shown them.
        return sayings.of_side(side, "ab", label=str(value)), ""

    def notes(self) -> list[FileNote]:
        return [note(_BY_LINE)] if self.options.get("order") else [note(_BY_LINE), note(_ORDER)]


def _written(output: Any) -> str:
    return str(fields.without_point(output)).strip()


_BY_LINE = gettext_lazy("Each line is about the pair of the same line of Auto-J's test set, which is a gold set of the arena.")
_ORDER = gettext_lazy("The answers are taken as shown in the order of the test set; --order ba says that they were exchanged.")
