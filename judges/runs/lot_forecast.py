"""Before a tournament: how many of its matches a lot will decide, by battles that the same judges have judged before."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arena.models import Arena
from judges.models import Game, Judge
from judges.runs.brackets import UNDECIDED, results_of

FEWEST_JUDGED = 10
"""Battles that all of the judges have judged in both orders, needed for a forecast."""

type ShareInterval = Callable[[float, float], tuple[float, float]]
"""Of a share: hits and trials -> its limits."""
MOST_GAMES_READ = 2_000  # of each judge, the newest


@dataclass(frozen=True, slots=True)
class LotForecast:
    """Matches by lot: of `n_undecided` in `n_judged` battles the rule of a match found no winner."""

    n_matches: int
    n_judged: int
    n_undecided: int
    low: int
    high: int

    @property
    def share(self) -> float:
        return self.n_undecided / self.n_judged

    @property
    def percent(self) -> float:
        return 100 * self.share

    @property
    def n_lots(self) -> int:
        return round(self.share * self.n_matches)


def forecast_lots(arena: Arena, judges: Sequence[Judge], n_matches: int, *, interval: ShareInterval) -> LotForecast | None:
    """None where too few battles were judged by all of them.

    The share of undecided battles among those judged before, with its interval. Who meets in later rounds has won before,
    so such matches may be closer than those: the page says so.
    """
    judged = _judged_by_all(arena, judges)
    if len(judged) < FEWEST_JUDGED:
        return None
    n_undecided = results_of(judged, judges).count(UNDECIDED)
    low, high = interval(n_undecided, len(judged))
    return LotForecast(n_matches, len(judged), n_undecided, round(low * n_matches), round(high * n_matches))


def _judged_by_all(arena: Arena, judges: Sequence[Judge]) -> list[int]:
    """Battles on which each of the judges has a game that is over in either order."""
    common: set[int] | None = None
    for judge in judges:
        orders: dict[int, set[str]] = defaultdict(set)
        games = Game.objects.over().filter(judge=judge, battle__arena=arena).order_by("-pk")
        for battle, order in games.values_list("battle", "order")[:MOST_GAMES_READ]:
            orders[battle].add(order)
        both = {battle for battle, seen in orders.items() if len(seen) > 1}
        common = both if common is None else common & both
    return sorted(common or ())
