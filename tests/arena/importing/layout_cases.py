"""Files in the layouts that others publish, made by hand: what must come of each, and usual defects of it."""

from typing import NamedTuple

from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, VoteRow
from arena.outcomes import Outcome

A, B, TIE, BAD = Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD
MISSING = "missing"  # of a defect: the column is taken out


class Case(NamedTuple):
    """`rows` are all that the file gives; a defect is a change of the last row, and what is said of it."""

    file: str
    format: str
    rows: list[BattleRow | PromptRow | ResponseRow]
    defects: list[tuple[dict[str, object], str]]

    @property
    def kind(self) -> str:
        return self.file.split("-")[0]


def prompt(line, key, *turns, **more):
    return PromptRow(line, key, turns, **more)


def battle(line, own_id, first, second, asked, votes, answers=None, **more):
    """`votes` are pairs of voter and outcome."""
    return BattleRow(line, own_id, first, second, asked, tuple(VoteRow(*vote) for vote in votes), answers, **more)


def answer(line, key, model, text, *turns, asked=None, brings=False, **more):
    row = ResponseRow(line, key, model, text, turns, **more)
    return row._replace(asked=asked, brings_prompt=brings)


def brought(line, key, model, text, question, *turns):
    return answer(line, key, model, text, *turns, asked=prompt(line, key, *question), brings=True)


NAME_IS_NEEDED, TEXT_IS_NEEDED = "a name is needed", "a text is needed"
