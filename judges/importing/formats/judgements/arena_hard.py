"""Arena-Hard's judgements: question_id or uid, model, and two games; in the first one the baseline is answer A.

The last label of a reply counts, as its source has it. Prompts and answers are those of the arena.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.seen_names import made_storable
from judges.importing.formats import cells, sayings
from judges.importing.formats.format import JudgementFormat
from judges.importing.rows import Judgement, JudgementRow, NamedAnswer
from judges.verdicts.verdict import Order

PROTOCOL = "arena_hard"
ORDERS: tuple[Order, Order] = ("ab", "ba")


class ArenaHardJudgements(JudgementFormat):
    name = "arena-hard"
    title = gettext_lazy("Arena-Hard: question_id or uid, model, games; baseline and judge if there")
    link = "https://github.com/lmarena/arena-hard-auto"
    shapes = OF_OBJECTS
    needed = ("question_id", "model", "games")
    read = frozenset({*needed, "judge", "baseline"})
    other_words = MappingProxyType({"question_id": ("uid",), "baseline": ("baseline_model",)})
    asked_for = ("baseline",)

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        asked = PromptRow(line, fields.identifier(row, "question_id"))
        model, judge = fields.name(row, "model"), fields.optional_identifier(row, "judge")
        against = self._baseline(row)
        if against == model:
            raise RowProblem("model", model, _("it is the baseline itself, and no model meets itself"))
        games = cells.a_list(row, "games")
        if len(games) != len(ORDERS):
            raise RowProblem("games", games, _("a list of 2 games is needed, the second with the answers exchanged"))
        for game, order in zip(games, ORDERS, strict=True):
            judgement, reply, differs = (sayings.failed(), "", "") if game is None else _read(cells.an_object(game, "games"))
            yield JudgementRow(
                line, PROTOCOL, (NamedAnswer(against), NamedAnswer(model)), judgement, asked, order, reply, judge, judge,
                contradicts=differs,
            )  # fmt: skip

    def _baseline(self, row: Row) -> str:
        if row.get("baseline"):
            return fields.name(row, "baseline")
        baseline = self.options.get("baseline")
        if not baseline:
            allowed = _("the competitor that was answer A in every first game is needed: in the row, or as --baseline NAME")
            raise RowProblem("baseline", MISSING, allowed)
        return str(baseline)

    def notes(self) -> list[FileNote]:
        return [note(_FIRST)]


_FIRST = gettext_lazy("In the first game of a row the baseline was shown first; the last label of a reply counts.")


def _read(game: Row) -> tuple[Judgement, str, str]:
    """The judgement, the reply, and what the source read in it if that differs.

    If the reply has no label that is read here, such as [A>B], the source's reading counts. If the source read none, there is
    none: its first version took a reply with two different labels for no verdict.
    """
    reply, score = _judgement(game.get("judgment")), game.get("score")
    label = str(made_storable(score)) if score and isinstance(score, str) else ""
    theirs = sayings.of_reply(f"[[{label}]]", PROTOCOL)._replace(start=None, end=None) if label else sayings.silent()
    if not reply or ("score" in game and score is None):
        return theirs, reply or (f"[[{label}]]" if label else ""), ""
    judgement = sayings.of_reply(reply, PROTOCOL, pick="last")
    if judgement.verdict is None and theirs.verdict is not None:
        return theirs, reply, ""
    differs = theirs.verdict is not None and theirs.verdict != judgement.verdict
    return judgement, reply, label if differs else ""


def _judgement(value: Any) -> str:
    """A text, or an object that holds it as `answer`."""
    if isinstance(value, dict):
        value = value.get("answer")
    return fields.text({"judgment": made_storable(value)}, "judgment", default="")
