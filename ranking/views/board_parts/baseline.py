"""A board against one of its models: the share that each other won, as published boards with a baseline print it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arena.models import Competitor
from ranking.models import Entry, Snapshot


@dataclass(frozen=True, slots=True)
class AgainstOne:
    """Shares in per cent; without an interval it is the baseline itself."""

    competitor: Competitor
    share: float
    low: float | None = None
    high: float | None = None
    n: float = 0.0
    n_prompts: int = 0


def asked_baseline(asked: str, entries: Sequence[Entry]) -> Competitor | None:
    """The model of the address, if it is on the board."""
    known = {str(entry.competitor_id): entry.competitor for entry in entries}
    return known.get(asked)


def against(shown: Snapshot, baseline: Competitor, entries: Sequence[Entry]) -> dict[str, Any]:
    """Every model that met the baseline, the best first, with the baseline at one half; and how many did not meet it."""
    from ranking.boards.pairs.against_one import shares_against  # scipy: a second that other pages need not wait for

    shares = shares_against(shown.key, baseline.pk)
    lines = [AgainstOne(baseline, 50.0)]
    for entry in entries:
        if share_of_it := shares.get(entry.competitor_id):
            share, n, n_prompts = share_of_it
            lines.append(AgainstOne(entry.competitor, 100 * share.share, 100 * share.low, 100 * share.high, n, n_prompts))
    return {
        "baseline": baseline,
        "lines": sorted(lines, key=lambda line: (-line.share, line.competitor.name)),
        "n_apart": len(entries) - len(lines),
    }
