"""Differences of ratings between some models of a snapshot, with intervals that hold together.

A snapshot keeps no covariance, so its fit is made again: only where that is quick. It loads the library that fits: pages
import it where they use it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ranking import maths
from ranking.boards.many_competitors import is_of_many
from ranking.boards.methods import rate
from ranking.boards.publishing import definition_then, source_then
from ranking.maths.models.many_bradley_terry import ManyFit
from ranking.maths.uncertainty.elo_points import ELO_PER_LOGIT
from ranking.models import Snapshot

MOST_SECONDS, MOST_MODELS = 2.0, 300
"""Of the fit that made the snapshot: a page waits for no longer one."""


@dataclass(frozen=True, slots=True)
class RatingDifference:
    """How many points the first is ahead of the second; without limits where these cannot be given."""

    first: int
    second: int
    points: float
    low: float | None
    high: float | None

    @property
    def is_apart(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def differences_among(snapshot: Snapshot, competitors: tuple[int, ...]) -> list[RatingDifference]:
    """Of each pair of these competitors, in their order; empty where the method has none, or where it would take too long."""
    if len(competitors) < 2 or snapshot.fit_seconds > MOST_SECONDS:
        return []
    return _among(snapshot.key, competitors)


@lru_cache(maxsize=128)  # a snapshot does not change
def _among(key: str, competitors: tuple[int, ...]) -> list[RatingDifference]:
    snapshot = Snapshot.objects.select_related("leaderboard").get(key=key)
    definition, source = definition_then(snapshot), source_then(snapshot, from_rows=False)
    names = {pk: str(pk) for pk in source.evidence.competitors.tolist()}
    material = source.material(names, definition)
    if not isinstance(material, maths.Comparisons) or len(names) > MOST_MODELS or is_of_many(material, definition):
        return []
    rated = rate(material, definition).rated
    if isinstance(rated, ManyFit):
        return []
    among = [names[pk] for pk in competitors if names.get(pk) in rated.names]
    try:
        gaps = maths.simultaneous_differences(
            rated, among, cluster=definition.cluster, level=definition.level, rng=np.random.default_rng(definition.seed)
        )
    except ValueError:  # fewer than two are rated, or nothing tells how far ratings scatter
        return []
    points, low, high = (ELO_PER_LOGIT * values for values in (gaps.estimate, gaps.low, gaps.high))
    return [
        RatingDifference(int(among[i]), int(among[j]), float(points[i, j]), _finite(low[i, j]), _finite(high[i, j]))
        for i in range(len(among))
        for j in range(i + 1, len(among))
    ]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
