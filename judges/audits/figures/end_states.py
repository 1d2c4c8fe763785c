"""How games ended, by competitor: rates of every end state, and whether coverage is enough and the same for all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2_contingency

from judges.audits.figures.figure import Figure, Label, Notes, say, share
from judges.audits.figures.inputs import AuditGame
from judges.verdicts.game_states import GameState

MIN_COVERAGE = 0.95
ALPHA = 0.01
SMALL_CELL = 5

COVERAGE, DIFFERING = Label.of("coverage"), Label.of("differing_coverage")


@dataclass(frozen=True, slots=True)
class CompetitorStates:
    """How the games of one competitor ended."""

    competitor: str
    n_games: int
    counts: Mapping[GameState, int]
    coverage: Figure

    def rate(self, state: GameState) -> float:
        """Share of its games that ended so."""
        return self.counts.get(state, 0) / self.n_games


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of a judge's games.

    Parameters
    ----------
    overall : Figure
    differing : Figure
        `Figure.p` under .01: some competitors' games fail more often.
    by_competitor : tuple of CompetitorStates
    warnings : tuple of Note
        Why a board from these games carries a warning.
    """

    overall: Figure
    differing: Figure
    by_competitor: tuple[CompetitorStates, ...]
    warnings: Notes

    @property
    def badge(self) -> str:
        """The warnings in English."""
        return "; ".join(self.warnings)


def coverage(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Coverage:
    """Rates of every end state by competitor, with what a board has to warn of.

    Examples
    --------
    >>> games = [AuditGame(str(n), str(n), "x", "y", "ab", 0, None, GameState.REFUSED) for n in range(4)]
    >>> found = coverage(games, rng=np.random.default_rng(1))
    >>> found.badge, found.by_competitor[0].rate(GameState.REFUSED)
    ('coverage is 0 %, under 95 %', 1.0)
    """
    overall = _coverage_of(games, rng=rng)
    names = sorted({game.a for game in games} | {game.b for game in games})
    by_competitor = tuple(_states_of(name, [game for game in games if name in (game.a, game.b)], rng=rng) for name in names)
    differing = _differing(by_competitor, n=len(games))
    return Coverage(overall, differing, by_competitor, _warnings(overall, differing))


def _coverage_of(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Figure:
    return share(COVERAGE, [game.state.has_verdict for game in games], [game.prompt for game in games], rng=rng)


def _states_of(name: str, games: Sequence[AuditGame], *, rng: np.random.Generator) -> CompetitorStates:
    return CompetitorStates(name, len(games), Counter(game.state for game in games), _coverage_of(games, rng=rng))


def _differing(competitors: Sequence[CompetitorStates], *, n: int) -> Figure:
    covered = [sum(k for state, k in each.counts.items() if state.has_verdict) for each in competitors]
    table = np.array([(k, each.n_games - k) for k, each in zip(covered, competitors, strict=True)], dtype=np.int64).reshape(
        -1, 2
    )
    if len(table) < 2 or not table.sum(axis=0).all():
        return DIFFERING.refused(say("coverage_alike"), n=n)
    test = chi2_contingency(table, correction=False)
    small = (say("small_counts", n=SMALL_CELL),) if test.expected_freq.min() < SMALL_CELL else ()
    notes = (say("counted_for_both"), *small)
    return replace(DIFFERING.plain(float(test.statistic), n, notes=notes), p=float(test.pvalue))


def _warnings(overall: Figure, differing: Figure) -> Notes:
    is_low = overall.value is not None and overall.value < MIN_COVERAGE
    differs = differing.p is not None and differing.p < ALPHA
    low = say("low_coverage", percent=100 * (overall.value or 0), least=100 * MIN_COVERAGE)
    return (*((low,) if is_low else ()), *((say("coverage_differs"),) if differs else ()))
