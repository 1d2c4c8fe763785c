"""Agon's own files of battles with their ids, as exports are: a row a battle, or a row a vote on it.

Prompts and answers are named, not included: import those first.
"""

from pathlib import Path
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.sides import must_differ
from arena.importing.formats.battles.vote_details import reasons_of, strength_of
from arena.importing.formats.format import Format
from arena.importing.formats.own_cells import FORMULA_SAFE, as_exported, with_lists
from arena.importing.formats.response_files import MOST_REPEATS
from arena.outcomes import Outcome, Side

WINNERS = {outcome.value: outcome for outcome in Outcome}
SIDES = {side.value: side.value for side in Side}
LONGEST_COMMENT = 500
LONGEST_REASON = 200
SET_ASIDE = "set aside"  # where the file says no more


class OwnBattles(Format[BattleRow]):
    name = "battles"
    title = gettext_lazy("Agon's own exports: battle, model_a, model_b, and winner where a row is a vote")
    shapes = ANY_SHAPE
    has_own_ids = True
    needs_own_ids = True
    needed = ("battle", "model_a", "model_b")
    read_together = frozenset({"model_a", "model_b", "winner", "strength"})
    signature = (*needed, "repeat_a", "repeat_b")
    read = frozenset(
        {
            *signature, "prompt_id", "created_at", "vote", "winner", "first_shown", "strength", "reasons", "voted_at", "voter",
            "dwell_ms", "comment", "is_counted", "set_aside_reason", FORMULA_SAFE,
        }
    )  # fmt: skip
    other_words = MappingProxyType(dict[str, tuple[str, ...]]())

    def __init__(self, path: Path) -> None:
        """The whole file need not be read first."""

    def row(self, line: int, row: Row) -> BattleRow:
        row = with_lists(as_exported(row), "reasons")
        names, repeats = (fields.name(row, "model_a"), fields.name(row, "model_b")), repeats_of(row)
        must_differ(*names)
        first = fields.choice(row, "first_shown", SIDES) if row.get("first_shown") else ""
        turned = first == Side.B
        if turned:
            names, repeats = names[::-1], repeats and repeats[::-1]
        key = fields.optional_identifier(row, "prompt_id")
        votes = (_vote(row, is_order_known=bool(first), turned=turned),) if "winner" in row else ()
        happened = fields.moment(row, "voted_at" if votes else "created_at")
        return BattleRow(
            line, _own_id(row), *names, PromptRow(line, key) if key else None, votes, happened=happened, repeats=repeats
        )


def _own_id(row: Row) -> str:
    """If a file does not say who voted, two votes on a battle count as two voters', each on a battle of its own."""
    battle = fields.identifier(row, "battle")
    if "winner" not in row or "voter" in row or row.get("vote") in {None, ""}:
        return battle
    return f"{battle}/{fields.identifier(row, 'vote')}"


def repeats_of(row: Row) -> tuple[int, int] | None:
    """Which answers of the two models met; None where the file does not say it of both."""
    a, b = (fields.whole_number(row, f"repeat_{side}", most=MOST_REPEATS) for side in ("a", "b"))
    return None if a is None or b is None else (a, b)


def _vote(row: Row, *, is_order_known: bool, turned: bool) -> VoteRow:
    outcome = fields.choice(row, "winner", WINNERS)
    return VoteRow(
        fields.optional_identifier(row, "voter"), outcome.swapped() if turned else outcome, _why_set_aside(row),
        is_order_known=is_order_known, reasons=reasons_of(row), comment=_short(row, "comment", LONGEST_COMMENT),
        strength=strength_of(row, outcome), dwell_ms=fields.whole_number(row, "dwell_ms"),
    )  # fmt: skip


def _why_set_aside(row: Row) -> str:
    if fields.truth(row, "is_counted", default=True):
        return ""
    return _short(row, "set_aside_reason", LONGEST_REASON) or SET_ASIDE


def _short(row: Row, column: str, most: int) -> str:
    text = fields.text(row, column, default="")
    if len(text) > most:
        raise RowProblem(column, text, _("at most %(most)d characters are allowed") % {"most": most})
    return text
