"""Judges beside people: the ratings of an arena's judges' board on the scale of its board of people."""

from collections.abc import Sequence

from ranking.models import Entry, Leaderboard, Snapshot


def judges_board(boards: Sequence[Leaderboard], shown: Leaderboard) -> Leaderboard | None:
    """The first judges' board over the same prompts with a snapshot, of `boards_of`; none beside any but people's,
    nor beside one over several categories."""
    is_parted = "over=" in shown.filters or "borrow=" in shown.filters
    if is_parted or shown.sources != Leaderboard.Sources.PEOPLE:
        return None
    same = (
        board
        for board in boards
        if board.sources == Leaderboard.Sources.JUDGES
        and (board.category, board.language) == (shown.category, shown.language)
        and board.newest is not None  # type: ignore[attr-defined]
    )
    return next(same, None)


def ghosts_of(board: Leaderboard | None, entries: Sequence[Entry]) -> dict[int, float]:
    """By competitor, its rating by judges, moved so that both boards have one mean over the models that are on both.

    Each board has its own mean of 1000, over the models that it rates. Empty where fewer than two are on both.
    """
    newest: Snapshot | None = board.newest_snapshot() if board else None
    if newest is None:
        return {}
    rated = newest.entries.exclude(rating=None).values_list("competitor_id", "rating")
    judged = {pk: rating for pk, rating in rated if rating is not None}
    mine = {
        entry.competitor_id: entry.rating for entry in entries if entry.rating is not None and entry.competitor_id in judged
    }
    if len(mine) < 2:
        return {}
    shift = sum(rating - judged[pk] for pk, rating in mine.items()) / len(mine)
    return {pk: judged[pk] + shift for pk in mine}
