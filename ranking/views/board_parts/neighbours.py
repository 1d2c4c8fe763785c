"""How firm the order is: what holds each model above the next, and what it would take to tell the two apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from arena.models import Arena, Competitor
from judges.models import JudgeAudit
from ranking.models import Entry, Leaderboard, NeighbourTable, Snapshot
from ranking.views.board_parts.earlier import Earlier
from ranking.views.counted_words import counted_on

LISTED = (Leaderboard.Sources.PEOPLE, Leaderboard.Sources.JUDGES)
"""Of these the results without which two neighbours would swap have a page."""

MOST_SHOWN = 10
COUNTLESS = 1_000_000
"""More results than anybody would collect: it is said that they are more than so many."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Two models of which one stands right above the other. `address` lists the results without which they would swap."""

    above: Competitor
    below: Competitor
    n_to_swap: float | None
    is_verified: bool
    n_more: float | None
    is_lasting: bool
    address: str = ""
    micro_dollars: int | None = None
    days: int | None = None

    @property
    def is_apart(self) -> bool:
        return self.n_more == 0

    @property
    def is_countless(self) -> bool:
        """Whether so many results would be needed that nobody collects them."""
        return self.n_more is None or self.n_more > COUNTLESS


@dataclass(frozen=True, slots=True)
class Firmness:
    """The pairs of a board, the best first; `n_all` is how many there are, whatever is shown of them."""

    neighbours: list[Neighbour]
    n_all: int
    has_swaps: bool
    judge: str = ""  # whose mean price is taken, "" = no judge here costs anything
    n_days: int = 0  # over which the rate of voting was taken, 0 = not known


def neighbours_on(shown: Snapshot, entries: Sequence[Entry], arena: Arena, *, is_live: bool, shows_all: bool) -> Firmness:
    """The pairs that the snapshot keeps, the first of them or all."""
    table: NeighbourTable | None = getattr(shown, "neighbours", None)
    named = {entry.competitor_id: entry.competitor for entry in entries}
    rows = [row for row in table.rows if row["above"] in named and row["below"] in named] if table else []
    lists_votes = is_live and counted_on(shown) in LISTED
    listed = [
        _neighbour(row, named, _address(arena, shown, row) if lists_votes and row["parts"] else "")
        for row in (rows if shows_all else rows[:MOST_SHOWN])
    ]
    return Firmness(listed, len(rows), has_swaps=any(each.n_to_swap is not None for each in listed))


def _neighbour(row: Mapping[str, Any], named: Mapping[int, Competitor], address: str) -> Neighbour:
    numbers = {name: row[name] for name in ("n_to_swap", "is_verified", "n_more", "is_lasting")}
    return Neighbour(named[row["above"]], named[row["below"]], **numbers, address=address)


def _address(arena: Arena, shown: Snapshot, row: Mapping[str, Any]) -> str:
    path = reverse("swap", args=[arena.slug, row["above"], row["below"]])
    return f"{path}?{urlencode({'board': shown.leaderboard.slug})}"


def with_prices(firmness: Firmness, shown: Snapshot, earlier: Earlier) -> Firmness:
    """With what the missing results would cost and take, as things are now."""
    if not any(each.n_more and not each.is_countless for each in firmness.neighbours):
        return firmness
    judge, price = _cheapest(shown.leaderboard.arena_id)
    rate, n_days = earlier.rate(shown)
    priced = [_priced(each, price, rate) for each in firmness.neighbours]
    return replace(firmness, neighbours=priced, judge=judge, n_days=n_days)


def _priced(each: Neighbour, price: float, rate: float) -> Neighbour:
    if not each.n_more or each.is_countless:
        return each
    return replace(
        each,
        micro_dollars=round(price * each.n_more) if price else None,
        days=max(round(each.n_more / rate), 1) if rate else None,
    )


def _cheapest(arena_id: int) -> tuple[str, float]:
    """The judge whose games here cost least on average, of those that cost anything, and that price in micro-dollars."""
    audits = JudgeAudit.objects.filter(arena=arena_id, cost__gt=0, n_games__gt=0, is_usable=True).select_related("judge")
    prices = [(audit.cost / audit.n_games, str(audit.judge)) for audit in audits.only("cost", "n_games", "judge")]
    price, judge = min(prices, default=(0.0, ""))
    return judge, price
