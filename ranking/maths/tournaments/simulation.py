"""Simulation: how well knock-outs and comparisons with an anchor find a known order, from as many matches."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.estimation.covariance import checked_level
from ranking.maths.estimation.existence import check_existence
from ranking.maths.models.bradley_terry import maximise
from ranking.maths.tournaments.replay import neighbours

LOWEST, HIGHEST = 1050.0, 1300.0
"""Elo points between which the models' strengths are drawn."""

NATURAL = np.log(10) / 400
"""Natural log-odds in an Elo point."""

SETTINGS = ((50, 0.7), (100, 0.8), (250, 0.8), (250, 0.7), (500, 1.0), (500, 0.7))
"""Prompts and precision that show where the two ways differ: weak judges and few prompts."""

PLAYERS_A_BLOCK = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RankCorrelations(HoldsArrays):
    """Spearman correlations with the true order, run by run; the methods of a run share its models.

    Parameters
    ----------
    n_models, n_prompts : int
    precision : float
    tournament : (R,) float64
        Knock-out on every prompt, Bradley-Terry on all matches.
    middle, strong : (R,) float64
        Everybody against a reference of 1175 or of 1300 Elo points on every prompt.

    Examples
    --------
    >>> simulated = simulate_rank_correlation(5, 10, precision=1.0, n_runs=3, rng=np.random.default_rng(1))
    >>> simulated.n_matches, simulated.n_matches_anchored, simulated.tournament.shape
    (40, 50, (3,))
    """

    n_models: int
    n_prompts: int
    precision: float
    tournament: Floats
    middle: Floats
    strong: Floats

    @property
    def n_matches(self) -> int:
        """Of a run's tournaments: X (n - 1).

        Examples
        --------
        >>> simulate_rank_correlation(5, 10, precision=1.0, n_runs=1, rng=np.random.default_rng(1)).n_matches
        40
        """
        return self.n_prompts * (self.n_models - 1)

    @property
    def n_matches_anchored(self) -> int:
        """Of a run against an outside anchor: X n.

        Examples
        --------
        >>> simulate_rank_correlation(5, 10, precision=1.0, n_runs=1, rng=np.random.default_rng(1)).n_matches_anchored
        50
        """
        return self.n_prompts * self.n_models


@dataclass(frozen=True, slots=True)
class MedianDifference:
    """Difference of two medians over paired runs, with a percentile interval from resampled runs.

    Examples
    --------
    >>> MedianDifference(estimate=0.1, low=0.05, high=0.15).low > 0
    True
    """

    estimate: float
    low: float
    high: float


def simulate_rank_correlation(
    n_models: int, n_prompts: int, *, precision: float, n_runs: int, rng: np.random.Generator
) -> RankCorrelations:
    """Rank models of known strength by tournaments, and by comparison with a middle and a strong anchor.

    In each run n strengths are drawn uniformly from 1050 to 1300 Elo points. The true outcome of a match is a
    Bradley-Terry draw, ``P(i beats j) = 1 / (1 + 10 ** ((R_j - R_i) / 400))``; the judge then flips it with
    chance ``1 - precision``.

    - Tournament: on each of X prompts a random knock-out (as in `single_elimination`), X (n - 1) matches; the
      order is that of Bradley-Terry ratings fitted to all of them. Where these have no finite maximum
      (somebody never lost, say) the strong components stand in their order, "won against" downwards, and
      the ratings order the members of each (see `check_existence`).
    - Anchored: everybody meets the outside reference on each prompt, X n matches. Bradley-Terry ratings from
      one opponent rise with the number of wins, so the order is that of the wins, equal ones sharing places;
      no win and no loss, infinite ratings, are its ends.

    Spearman's rho is Pearson's of the places, averaged over equals. A method that gives everybody the same
    place has no rho; it says nothing about the order, and is counted as 0.

    Parameters
    ----------
    n_models, n_prompts : int
        n >= 2 and X >= 1.
    precision : float
        From 0.5 (the judge tosses a coin) to 1.
    n_runs : int
        R; 400 runs of 20 models and 100 prompts take a second.
    rng : numpy.random.Generator

    Returns
    -------
    RankCorrelations

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    S. Son et al., "Arena-Lite: efficient and reliable large language model evaluation via tournament-based
    direct comparisons", EMNLP 2025, arXiv 2411.01281: the same question by another simulation (its judge
    misses the truth at a rate that knows nothing of the strengths).

    Examples
    --------
    >>> simulated = simulate_rank_correlation(20, 100, precision=0.8, n_runs=20, rng=np.random.default_rng(1))
    >>> bool(np.median(simulated.tournament) > np.median(simulated.middle))
    True
    """
    checked_rng(rng)
    _refuse_wrong_numbers(n_models, n_prompts, precision, n_runs)
    strength = rng.uniform(LOWEST, HIGHEST, size=(n_runs, n_models))
    truth = _places(strength)
    middle, strong = (
        _spearman(truth, _places(_wins_against(anchor, strength, n_prompts, precision, rng)))
        for anchor in ((LOWEST + HIGHEST) / 2, HIGHEST)
    )
    return RankCorrelations(
        n_models=n_models,
        n_prompts=n_prompts,
        precision=precision,
        tournament=_spearman(truth, _places(_order(_tournament_wins(strength, n_prompts, precision, rng)))),
        middle=middle,
        strong=strong,
    )


def median_difference(
    one: Floats, other: Floats, *, level: float = 0.95, n_resamples: int = 2_000, rng: np.random.Generator
) -> MedianDifference:
    """``median(one) - median(other)`` with a paired percentile bootstrap: runs are drawn, both values of each kept.

    Parameters
    ----------
    one, other : (R,) float64
        Two results of the same runs.
    level : float
        In (0, 1).
    n_resamples : int
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `level` is not allowed, or the two are not of one length, at least 2.

    References
    ----------
    B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 8 and 13.

    Examples
    --------
    >>> lead = median_difference(np.arange(9) + 0.5, np.arange(9.0), rng=np.random.default_rng(1))
    >>> lead
    MedianDifference(estimate=0.5, low=0.5, high=0.5)
    """
    if len(one) != len(other) or len(one) < 2:
        raise ValueError(f"{len(one)} and {len(other)} runs: two results of the same runs are needed, at least 2 of each")
    tail = (1 - checked_level(level)) / 2
    drawn = rng.integers(len(one), size=(n_resamples, len(one)))
    gaps = np.median(one[drawn], axis=1) - np.median(other[drawn], axis=1)
    low, high = np.quantile(gaps, [tail, 1 - tail])
    return MedianDifference(estimate=float(np.median(one) - np.median(other)), low=float(low), high=float(high))


def _refuse_wrong_numbers(n_models: int, n_prompts: int, precision: float, n_runs: int) -> None:
    for name, value, least in (("n_models", n_models, 2), ("n_prompts", n_prompts, 1), ("n_runs", n_runs, 1)):
        if value < least:
            raise ValueError(f"{name} is {value}: at least {least} is needed")
    if not 0.5 <= precision <= 1:
        raise ValueError(f"precision is {precision}: a judge is right with chance 0.5 to 1")


def _verdict_chance(gap: Floats, precision: float) -> Floats:
    """Chance that the judge prefers the side that is `gap` Elo points stronger."""
    chance = expit(NATURAL * gap)
    return np.asarray(precision * chance + (1 - precision) * (1 - chance), dtype=np.float64)


def _wins_against(anchor: float, strength: Floats, n_prompts: int, precision: float, rng: np.random.Generator) -> Floats:
    """How many of X matches with the anchor each wins: (R, n)."""
    return rng.binomial(n_prompts, _verdict_chance(strength - anchor, precision)).astype(np.float64)


def _tournament_wins(strength: Floats, n_prompts: int, precision: float, rng: np.random.Generator) -> Floats:
    """Times i beat j in X knock-outs: (R, n, n)."""
    n_runs, n = strength.shape
    block = max(1, PLAYERS_A_BLOCK // (n_prompts * n))
    parts = [strength[start : start + block] for start in range(0, n_runs, block)]
    return np.concatenate([_knock_outs(part, n_prompts, precision, rng) for part in parts])


def _knock_outs(strength: Floats, n_prompts: int, precision: float, rng: np.random.Generator) -> Floats:
    n_runs, n = strength.shape
    players: Ints = rng.permuted(np.tile(np.arange(n), (n_runs * n_prompts, 1)), axis=1)
    run = np.repeat(np.arange(n_runs), n_prompts)[:, None]
    wins = np.zeros(n_runs * n * n)
    while players.shape[1] > 1:
        left, right, bye = neighbours(players)
        left_wins = rng.random(left.shape) < _verdict_chance(strength[run, left] - strength[run, right], precision)
        winner, loser = np.where(left_wins, left, right), np.where(left_wins, right, left)
        wins += np.bincount(((run * n + winner) * n + loser).ravel(), minlength=len(wins))
        players = np.concatenate([bye, winner], axis=1)
    return wins.reshape(n_runs, n, n)


def _order(wins: Floats) -> Floats:
    """A score for each competitor, (R, n), that orders them as Bradley-Terry ratings do."""
    score = np.zeros(wins.shape[:2])
    for run, table in enumerate(wins):
        names = tuple(map(str, range(len(table))))
        components = check_existence(names, table).components
        for i, component in enumerate(components):
            members = np.array([int(name) for name in component])
            among = table[np.ix_(members, members)]
            ratings = maximise(among, max_steps=100, tolerance=1e-6).ratings if len(members) > 1 else np.zeros(1)
            # Squashed into (0, 1), so that a component stands wholly above the next.
            score[run, members] = expit(ratings) - i
    return score


def _places(score: Floats) -> Floats:
    """Average places, 1 = smallest score, within each row: (R, n)."""
    below = (score[:, None, :] < score[:, :, None]).sum(axis=2)
    level = (score[:, None, :] == score[:, :, None]).sum(axis=2)
    return np.asarray(below + (level + 1) / 2, dtype=np.float64)


def _spearman(one: Floats, other: Floats) -> Floats:
    """Pearson's correlation of the rows of two tables of places: (R,)."""
    x, y = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    length = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    known: Bools = length > 0
    rho = np.zeros(len(x))
    np.divide((x * y).sum(axis=1), length, out=rho, where=known)
    return rho
