"""Plain functions that make boards without fitting them."""

from itertools import combinations, count
from typing import Any

import numpy as np
from django.utils import timezone

from arena.models import Arena, Competitor
from judges.models import Judge, JudgeAudit
from ranking.boards.pairs.listed_pairs import PairList
from ranking.boards.pairs.pair_rows import write_pair_list
from ranking.maths.notes import Note, code_of
from ranking.models import Entry, Leaderboard, Snapshot

_numbers = count(1)


def make_board(arena: Arena, slug: str = "", **fields: Any) -> Leaderboard:
    slug = slug or f"board-{next(_numbers)}"
    return Leaderboard.objects.create(arena=arena, slug=slug, **{"name": slug.title()} | fields)


def make_snapshot(board: Leaderboard, **fields: Any) -> Snapshot:
    known: dict[str, Any] = {
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
        "notes": [Note("only 3 prompts, so results may differ with other prompts", "few_clusters")],
        "components": [],
        "fit_seconds": 0.01,
        "created_at": timezone.now(),
    }
    written = known | fields
    codes = [code_of(note) for note in written["notes"]]
    return Snapshot.objects.create(leaderboard=board, note_codes=codes, **written)


def make_entry(snapshot: Snapshot, competitor: Competitor, rating: float | None = 1000.0, **fields: Any) -> Entry:
    """A line of the board; without a rating it has a reason instead of numbers."""
    counts: dict[str, Any] = {"n_votes": 8, "n_prompts": 3, "raw_win_rate": 0.5}
    if rating is None:
        known = counts | {"unrated_because": "no votes yet"}
    else:
        numbers = {"se": 10.0, "low": rating - 20, "high": rating + 20, "rank": 1, "rank_low": 1, "rank_high": 2}
        known = counts | numbers | {"win_rate": 0.5}
    return Entry.objects.create(snapshot=snapshot, competitor=competitor, rating=rating, **known | fields)


def make_pairs_met(
    snapshot: Snapshot, models: list[Competitor], records: dict[tuple[int, int], tuple[int, int, int, int]]
) -> None:
    """What the fit knows of pairs, by their places in `models`: wins of the one, of the other, ties, both bad."""
    pairs, record = (np.array(each, dtype=np.int32) for each in (list(records), list(records.values())))
    weights, others = np.full(len(pairs), 1 / len(pairs), dtype=np.float32), np.zeros((0, 2), dtype=np.float32)
    write_pair_list(snapshot.leaderboard, snapshot, PairList(pairs, record, weights, others), [model.pk for model in models])


def make_board_of_many(n: int) -> tuple[Arena, list[Competitor]]:
    """An arena's own board of n models, each of which met each."""
    arena = Arena.objects.create(slug="many", name="Many")
    models = Competitor.objects.bulk_create(Competitor(arena=arena, name=f"model {k:03}") for k in range(n))
    snapshot = make_snapshot(make_board(arena, "many", is_default=True))
    known = {"se": 10, "win_rate": 0.5, "raw_win_rate": 0.5, "n_votes": 90, "n_prompts": 9, "rank_low": 1, "rank_high": n}
    ratings = [(model, 1300.0 - 2 * k, k + 1) for k, model in enumerate(models)]
    Entry.objects.bulk_create(
        Entry(snapshot=snapshot, competitor=model, rating=rating, low=rating - 20, high=rating + 20, rank=rank, **known)
        for model, rating, rank in ratings
    )
    make_pairs_met(snapshot, models, dict.fromkeys(combinations(range(n), 2), (3, 2, 1, 0)))
    return arena, models


def make_figure(name: str, value: float | None, **fields: Any) -> dict[str, Any]:
    known = {"n": 40, "unit": "battles", "formula": "agreeing / all", "method": "Wilson", "note": "", "is_unbounded": False}
    ends = {"low": None, "high": None} if value is None else {"low": value - 0.1, "high": value + 0.1}
    return known | {"name": name, "value": value, "se": None, "p": None} | ends | fields


def make_judge_audit(arena: Arena, name: str = "", **fields: Any) -> JudgeAudit:
    """What a judge is worth, as if it had been audited."""
    judge, _ = Judge.objects.get_or_create(
        name=name or f"judge {next(_numbers)}", kind="offline", protocol=f"p{next(_numbers)}"
    )
    agreement = make_figure("agreement with people", 0.8, sets=["agrees", "differs"])
    moments = {"first": "2026-05-03T10:00:00+00:00", "last": "2026-05-04T10:00:00+00:00"}
    line = {"competitor": "Kestrel", "rank": 1, "rating": 1010.0, "low": 990.0, "high": 1030.0}
    ends = [{"competitor": "Kestrel", "n_games": 80, "counts": {"rule": 79, "error": 1}}]
    known = {
        "rule": "consistent_only",
        "n_games": 80,
        "cost": 1_250_000,
        "made_at": timezone.now(),
        "figures": {"people": [agreement, make_figure("kappa", None, note="too few")]},
        "battle_sets": {
            "agrees": {"words": "same outcome as people", "n": 32, "battles": [2, 1]},
            "differs": {"words": "another outcome than people", "n": 8, "battles": [3]},
        },
        "boards": [
            {"rule": "games", "n_decided": 40, "n_undecided": 0, "tau": 1.0, "reason": "", "standings": [line], "unrated": {}},
            {
                "rule": "mean",
                "n_decided": 0,
                "n_undecided": 40,
                "tau": None,
                "reason": "nothing is decided: no games",
                "standings": [],
                "unrated": {"Kestrel": "won all"},
            },
        ],
        "answered": {
            "replies": [{"model": "m-1", "parameters": {"max_tokens": 64}, "n_games": 80, **moments}],
            "refused": ["temperature"],
        },
        "coverage": {"overall": make_figure("coverage", 0.9875, n=80, unit="games"), "badge": "", "by_competitor": ends},
    }
    return JudgeAudit.objects.create(judge=judge, arena=arena, **known | fields)
