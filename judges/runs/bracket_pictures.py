"""The picture of a knock-out, a row for each competitor: its line goes on to the right until it loses.

Whoever loses to somebody stands next to them, so lines never cross. Each row is drawn by itself, as high as its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from arena.models import Competitor
from judges.runs.brackets import BracketMatch

STEP = 28  # from round to round, and the height of a row
MIDDLE = STEP // 2


@dataclass(frozen=True, slots=True)
class BracketStroke:
    """An upright line through a row, where somebody lost: at `x`, from `top` to `foot`."""

    x: int
    top: int
    foot: int


@dataclass(frozen=True, slots=True)
class BracketMark:
    """The place at which a match was won."""

    x: int
    is_by_lot: bool


@dataclass(slots=True)
class BracketRow:
    """One competitor: how far its line goes, the matches that it won, and the lines of others that pass through its row."""

    competitor: Competitor | None
    until: int
    lost_in: int | None  # the round; None for the champion, and for whoever is still in it
    is_champion: bool
    marks: list[BracketMark] = field(default_factory=list)
    strokes: list[BracketStroke] = field(default_factory=list)


def rows_of(
    entrants: Sequence[int], played: Sequence[BracketMatch], n_rounds: int, known: Mapping[int, Competitor]
) -> tuple[list[BracketRow], int]:
    """The rows from top to foot, and the width of the picture."""
    lost_to: dict[int, BracketMatch] = {match.loser: match for match in played}
    beaten: dict[int, list[BracketMatch]] = defaultdict(list)
    for match in played:
        beaten[match.winner].append(match)
    order = [pk for root in entrants if root not in lost_to for pk in _below(root, beaten)]
    width, place = STEP * n_rounds + STEP, {pk: row for row, pk in enumerate(order)}
    rows = []
    for pk in order:
        lost_in = lost_to[pk].round if pk in lost_to else None
        is_champion = lost_in is None and len(played) == len(entrants) - 1
        last = max((match.round for match in beaten[pk]), default=0)
        until = width if is_champion else STEP * (lost_in if lost_in is not None else last) + (0 if lost_in else MIDDLE)
        marks = [BracketMark(STEP * match.round, match.is_by_lot) for match in beaten[pk]]
        rows.append(BracketRow(known.get(pk), until, lost_in, is_champion, marks))
    for match in played:
        _join(rows, place[match.winner], place[match.loser], STEP * match.round)
    return rows, width


def _below(root: int, beaten: Mapping[int, Iterable[BracketMatch]]) -> list[int]:
    """Whoever stands in the tree of a winner, the winner first: those beaten first stand nearest to it."""
    order, ahead = [], [root]
    while ahead:
        pk = ahead.pop()
        order.append(pk)
        ahead += [match.loser for match in sorted(beaten.get(pk, ()), key=lambda match: -match.round)]
    return order


def _join(rows: Sequence[BracketRow], winner: int, loser: int, x: int) -> None:
    first, last = min(winner, loser), max(winner, loser)
    for row in range(first, last + 1):
        top, foot = MIDDLE if row == first else 0, MIDDLE if row == last else STEP
        rows[row].strokes.append(BracketStroke(x, top, foot))
