"""Files of judgements and labels in the layouts that others publish, made by hand: what must come of each, usual defects."""

from typing import NamedTuple

from arena.importing.files.rows import PromptRow
from judges.importing.rows import JudgementRow, LabelledAnswer, LabelRow, NamedAnswer
from judges.verdicts.verdict import Verdict

MISSING = "missing"  # of a defect: the column is taken out
FIRST, SECOND, TIE = Verdict("first"), Verdict("second"), Verdict("tie")


class Case(NamedTuple):
    """`rows` are all that the file gives; a defect is a change of the last row, and what is said of it."""

    file: str
    format: str
    rows: list[tuple[object, ...]]
    defects: list[tuple[dict[str, object], str]]
    n_rows: int = 2

    @property
    def kind(self) -> str:
        return self.file.split("-")[0]


def gist(row: JudgementRow | LabelRow) -> tuple[object, ...]:
    """What matters of a row, in a line: who said what of what."""
    asked = row.prompt.key or " / ".join(row.prompt.turns)
    answers = tuple(_answer(each) for each in row.answers)
    if isinstance(row, LabelRow):
        return (row.key, asked, answers, row.label, row.origin)
    verdict = row.judgement.verdict if row.judgement.verdict is not None else row.judgement.state.value
    return (asked or row.pair, answers, row.order, verdict, row.judge, row.contradicts)


def _answer(each: NamedAnswer | LabelledAnswer) -> object:
    if isinstance(each, NamedAnswer):
        return (each.competitor, each.text) if each.text is not None else each.competitor
    known = tuple(value for value in (each.is_right, each.grade) if value is not None)
    return (each.competitor, each.text, *known)


def scored(first: float, second: float) -> Verdict:
    return Verdict("first" if first > second else "second" if second > first else "tie", scores=(first, second))


LAKE, RIVER = "Name a lake.", "Name a river."
COMO, RHINE = ("", "Como."), ("", "Rhine.")
NAMED = ("one", "Como."), ("two", "Rhine.")

__all__ = [
    "COMO", "FIRST", "LAKE", "MISSING", "NAMED", "RHINE", "RIVER", "SECOND", "TIE", "Case", "PromptRow", "gist", "scored",
]  # fmt: skip
