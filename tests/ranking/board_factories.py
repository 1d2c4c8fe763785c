"""Plain functions that make boards without fitting them."""

from itertools import count
from typing import Any

from django.utils import timezone

from arena.models import Arena, Competitor
from ranking.models import Entry, Leaderboard, Snapshot

_numbers = count(1)


def make_board(arena: Arena, slug: str = "", **fields: Any) -> Leaderboard:
    slug = slug or f"board-{next(_numbers)}"
    return Leaderboard.objects.create(arena=arena, slug=slug, **{"name": slug.title()} | fields)


def make_snapshot(board: Leaderboard, **fields: Any) -> Snapshot:
    known = {
        "method": board.method,
        "parameters": {"level": board.level, "category": board.category, "language": board.language},
        "seed": board.seed,
        "watermark": 12,
        "evidence_hash": "0" * 64,
        "code_version": "0.1.0+0123456789ab",
        "n_votes": 12,
        "n_voters": 4,
        "n_prompts": 3,
        "n_set_aside": 0,
        "notes": ["only 3 prompts: holds for these prompts"],
        "components": [],
        "fit_seconds": 0.01,
        "created_at": timezone.now(),
    }
    return Snapshot.objects.create(leaderboard=board, **known | fields)


def make_entry(snapshot: Snapshot, competitor: Competitor, rating: float | None = 1000.0, **fields: Any) -> Entry:
    """A line of the board; without a rating it has a reason instead of numbers."""
    counts: dict[str, Any] = {"n_votes": 8, "n_prompts": 3, "raw_win_rate": 0.5}
    if rating is None:
        known = counts | {"unrated_because": "no votes yet"}
    else:
        numbers = {"se": 10.0, "low": rating - 20, "high": rating + 20, "rank": 1, "rank_low": 1, "rank_high": 2}
        known = counts | numbers | {"win_rate": 0.5}
    return Entry.objects.create(snapshot=snapshot, competitor=competitor, rating=rating, **known | fields)
