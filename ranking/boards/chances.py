"""Chances that can be read off what a board's newest snapshot keeps: ratings, standard errors, and weights of pairs.

(Pages read it, so no library that fits is loaded here.)
"""

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ranking.boards.pairs.pair_rows import read_pair_list, table_of
from ranking.models import Entry, Leaderboard, PairTable, Snapshot
from ranking.scale import ELO_PER_LOGIT

N_DRAWS = 40_000
FURTHEST = 5.0  # standard errors: who is further behind than both together is first in no draw
WIDEST = 1.32  # an interval, as a multiple of the normal one at the 95 % level: five degrees of freedom

Floats = NDArray[np.float64]


def chances_of_first(snapshot: Snapshot) -> dict[int, float]:
    """By competitor, the chance that it is the best of those with a place; they add up to 1.

    The share of `N_DRAWS` draws of all ratings (error of drawing: at most 0.0025), as `ranking.maths.p_best` draws them. The
    snapshot keeps no covariances, but a pair weighs ``p (1 - p) d``, with d the variance of its difference by the model: this
    gives the correlations, and the stored standard errors give the variances. Empty where that is not kept (another method
    than Bradley-Terry, more than 500 models, not the newest snapshot), and where few prompts carry a rating, whose
    distribution then has no normal shape.

    References
    ----------
    H. Goldstein, D. J. Spiegelhalter, "League tables and their limitations", JRSS A 159(3), 1996, section 3.
    """
    return dict(_chances(snapshot.key))


@lru_cache(maxsize=128)
def _chances(key: str) -> tuple[tuple[int, float], ...]:
    """A snapshot never changes, so each process draws once for each."""
    shown = Snapshot.objects.get(key=key)
    table = PairTable.objects.filter(snapshot=shown).first()
    entries = list(shown.entries.filter(rating__isnull=False))
    level = shown.parameters.get("level", 0.95)
    if shown.method != Leaderboard.Method.BRADLEY_TERRY or table is None or len(entries) < 2 or _is_few(entries, level):
        return ()
    known = read_pair_list(table)
    place = {pk: i for i, pk in enumerate(table.competitor_ids)}
    if len(known.others) or not all(entry.competitor_id in place for entry in entries):
        return ()
    at = np.array([place[entry.competitor_id] for entry in entries])
    covariance = _covariance(entries, table_of(known, len(place))[np.ix_(at, at)])
    return () if covariance is None else tuple(_drawn(entries, covariance, np.random.default_rng(shown.seed)))


def _is_few(entries: Sequence[Entry], level: float) -> bool:
    """Whether an interval is so much wider than a normal one that few effective prompts stand behind it, or is none."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return any(
        entry.low is None or entry.high is None or not entry.se or (entry.high - entry.low) / 2 > WIDEST * z * entry.se
        for entry in entries
    )


def _covariance(entries: Sequence[Entry], weights: Floats) -> Floats | None:
    """(m, m) of the ratings in points: correlations by the weights of pairs, variances as stored.

    None where the weights are those of no covariance, such as one weight for all pairs whatever their ratings.
    """
    ratings = np.array([entry.rating for entry in entries], dtype=np.float64)
    chance = 1 / (1 + np.exp(np.subtract.outer(ratings, ratings) / ELO_PER_LOGIT))
    differences = weights / (chance * (1 - chance))
    means = differences.mean(axis=0)
    shape = -(differences - means[:, None] - means + means.mean()) / 2
    own = np.diag(shape)
    if not (np.isfinite(own).all() and (own > 0).all()):
        return None
    stretch = np.array([entry.se for entry in entries], dtype=np.float64) / np.sqrt(own)
    return np.asarray(shape * np.outer(stretch, stretch), dtype=np.float64)


def _drawn(entries: Sequence[Entry], covariance: Floats, rng: np.random.Generator) -> list[tuple[int, float]]:
    ratings, se = np.array([entry.rating for entry in entries], dtype=np.float64), np.sqrt(np.diag(covariance))
    able = np.flatnonzero(ratings + FURTHEST * se >= (ratings - FURTHEST * se).max())
    values, vectors = np.linalg.eigh(covariance[np.ix_(able, able)])
    factor = (vectors * np.sqrt(np.maximum(values, 0.0))).astype(np.float32)
    draws = factor @ rng.standard_normal((len(able), N_DRAWS), dtype=np.float32) + ratings[able, None].astype(np.float32)
    shares = np.zeros(len(entries))
    shares[able] = np.bincount(draws.argmax(axis=0), minlength=len(able)) / N_DRAWS
    return [(entry.competitor_id, float(share)) for entry, share in zip(entries, shares, strict=True)]


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
