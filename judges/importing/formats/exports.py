"""Agon's own exports of games and of gold labels: a row a game, and a row a label of a battle.

Battles, their prompts and their answers are named, not included: import those first.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.battles.own_battles import SET_ASIDE, repeats_of
from arena.importing.formats.own_cells import FORMULA_SAFE, as_exported
from arena.outcomes import Outcome
from judges.importing.formats import cells
from judges.importing.formats.format import JudgementFormat, LabelFormat
from judges.importing.rows import (
    ExportedGame,
    ExportedLabel,
    Judgement,
    JudgementRow,
    LabelledAnswer,
    LabelRow,
    NamedAnswer,
    NamedBattle,
)
from judges.models import Judge
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict, Winner

BATTLE = ("battle", "model_a", "model_b", "repeat_a", "repeat_b")
ORDERS: dict[str, Order] = {"ab": "ab", "ba": "ba"}
SIDES = {outcome.value: cast(Side, outcome.value) for outcome in Outcome}
STATES = {state.value: state for state in GameState}
KINDS = {kind: kind for kind in Judge.Kind.values}
HEXADECIMAL = set("0123456789abcdef")
IDENTITY, MOST_VERSIONS, LONGEST_REASON, LONGEST_NOTE = 64, 1_000_000, 200, 200
MOST_REPEATS = 10_000


class ExportedGames(JudgementFormat):
    name = "games"
    title = gettext_lazy("Agon's own export of games: battle, model_a, model_b, judge, judge_identity, order, state, winner")
    shapes = ANY_SHAPE
    found_by = "exports"
    needed = ("game", *BATTLE, "judge", "judge_identity", "order", "state", "winner")
    read = frozenset(
        {
            *needed, "prompt_id", "judge_version", "judge_kind", "judge_model", "judge_family", "protocol", "repeat",
            "strength", "score_a", "score_b", "label", "reason", "taints", "is_counted", "set_aside_reason",
            "reference_given", "model", "cost", "reply", "decided_at", FORMULA_SAFE,
        }
    )  # fmt: skip

    def __init__(self, path: Path) -> None:
        self._n_unfinished = 0

    def rows(self, line: int, row: Row) -> Iterator[JudgementRow]:
        row = as_exported(row)
        if not row.get("state"):
            self._n_unfinished += 1
            return
        battle = _battle(row)
        order = fields.choice(row, "order", ORDERS)
        judgement = _judgement(row, order)
        yield JudgementRow(
            line, fields.name(row, "protocol") if row.get("protocol") else "pairwise",
            (NamedAnswer(battle.names[0]), NamedAnswer(battle.names[1])), judgement, PromptRow(line, battle.prompt), order,
            cells.text(row, "reply", default=""), fields.name(row, "judge"), cells.some_name(row, "judge_model"),
            fields.micro_dollars(row, "cost") or 0, fields.whole_number(row, "repeat", most=MOST_REPEATS) or 0,
            pair=battle.key, exported=_exported(row, battle),
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        return [note(_UNFINISHED, n=self._n_unfinished)] if self._n_unfinished else []


_UNFINISHED = ngettext_lazy("%(n)s game that was not over yet: left out.", "%(n)s games that were not over yet: left out.", "n")


def _battle(row: Row) -> NamedBattle:
    names = fields.name(row, "model_a"), fields.name(row, "model_b")
    if names[0] == names[1]:
        raise RowProblem("model_b", names[1], _("a battle needs two different models, and model_a is the same"))
    return NamedBattle(fields.identifier(row, "battle"), fields.optional_identifier(row, "prompt_id"), names, repeats_of(row))


def _judgement(row: Row, order: Order) -> Judgement:
    state = fields.choice(row, "state", STATES)
    label, reason = cells.text(row, "label", default="")[:200], cells.text(row, "reason", default="")
    return Judgement(state, _verdict(row, order) if state.has_verdict else None, label, reason)


def _verdict(row: Row, order: Order) -> Verdict | float:
    """Sides as the file has them -> slots; a number where one answer was graded alone."""
    points = cells.number_or_none(row, "score_a"), cells.number_or_none(row, "score_b")
    first, second = points if order == "ab" else points[::-1]
    if row.get("winner"):
        side = fields.choice(row, "winner", SIDES)
        slots: dict[Side, Winner] = {"a": "first", "b": "second"} if order == "ab" else {"a": "second", "b": "first"}
        winner = slots.get(side) or cast(Winner, side)
        is_strong = side in ("a", "b") and fields.whole_number(row, "strength", most=2) == 2
        return Verdict(winner, 2 if is_strong else 1, None if first is None or second is None else (first, second))
    if first is None:
        missing = EMPTY if "winner" in row else MISSING
        raise RowProblem("winner", missing, _("where the state is ok or rule, a winner or the points of an answer are needed"))
    return first


def _exported(row: Row, battle: NamedBattle) -> ExportedGame:
    identity = fields.text(row, "judge_identity").strip().lower()
    if len(identity) != IDENTITY or not set(identity) <= HEXADECIMAL:
        raise RowProblem("judge_identity", row["judge_identity"], _("64 hexadecimal digits are needed"))
    counts = fields.truth(row, "is_counted", default=True)
    return ExportedGame(
        battle, identity, fields.whole_number(row, "judge_version", most=MOST_VERSIONS) or 1,
        fields.choice(row, "judge_kind", KINDS) if row.get("judge_kind") else Judge.Kind.IMPORTED.value,
        cells.some_name(row, "judge_family"), fields.truth(row, "reference_given", default=False),
        "" if counts else (cells.text(row, "set_aside_reason", default="") or SET_ASIDE)[:LONGEST_REASON],
    )  # fmt: skip


class ExportedLabels(LabelFormat):
    name = "gold-labels"
    title = gettext_lazy("Agon's own export of gold labels: gold_set, battle, model_a, model_b, label")
    shapes = ANY_SHAPE
    needed = ("gold_set", *BATTLE, "label")
    read = frozenset({*needed, "prompt_id", "order", "note", "is_counted", "origin", FORMULA_SAFE})

    def row(self, line: int, row: Row) -> LabelRow:
        row = as_exported(row)
        battle = _battle(row)
        order = fields.choice(row, "order", ORDERS) if row.get("order") else "ab"
        exported = ExportedLabel(
            battle, fields.name(row, "gold_set"), cells.text(row, "origin", default=""), order,
            fields.truth(row, "is_counted", default=True),
        )  # fmt: skip
        return LabelRow(
            line, cells.text(row, "note", default="")[:LONGEST_NOTE], PromptRow(line, battle.prompt),
            tuple(LabelledAnswer(name, "") for name in battle.names), fields.choice(row, "label", SIDES), is_pair=True,
            exported=exported,
        )  # fmt: skip
