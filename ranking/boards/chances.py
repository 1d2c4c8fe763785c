"""Chances that can be read off what a board's newest snapshot keeps.

(Pages read it, so no library that fits is loaded here.)
"""

from collections.abc import Sequence

import numpy as np

from ranking.models import Entry
from ranking.scale import ELO_PER_LOGIT


def win_rate_limits(entry: Entry, others: Sequence[Entry]) -> tuple[float, float] | None:
    """The mean chance against the others at both ends of a rating's interval, the others held where they are.

    None without an interval, and where the method's chances are not those of Bradley-Terry.
    """
    ratings = [other.rating for other in others if other.rating is not None and other.competitor_id != entry.competitor_id]
    if entry.low is None or entry.high is None or entry.rating is None or entry.win_rate is None or not ratings:
        return None
    ends = np.array([entry.low, entry.rating, entry.high])
    low, middle, high = (1 / (1 + np.exp((np.array(ratings)[:, None] - ends) / ELO_PER_LOGIT))).mean(axis=0).tolist()
    return (low, high) if abs(middle - entry.win_rate) < 0.001 else None
