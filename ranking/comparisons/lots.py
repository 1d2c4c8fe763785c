"""Lots: which of the judged battles are also shown to voters, each with a known chance.

A battle draws its lot once, when a board of people and judges is first fitted after it was judged, whatever was said of it.
Voters are served drawn battles in the order of lot / chance (`arena.pairing.matchmaking`), so that at every moment those
served so far are a random part of all, each with a chance in proportion to the one it is stored with (sequential Poisson
sampling with permanent random numbers: E. Ohlsson, "Sequential Poisson sampling", Journal of Official Statistics 14(2), 1998).

All are the battles that voters can be asked about. One with an empty or undelivered answer, or with two answers that are the
same, is decided by a rule and never served: with a lot it would stand among those judged and could never be among those
voted on, so what judges are found to be worth would be off by all that the rule says. It draws no lot, and where lots
are what judges are measured by, verdicts on it are left out on both sides of the difference; votes on it count as any others.
"""

import secrets
from dataclasses import dataclass
from random import Random

import numpy as np
from django.db import transaction
from django.db.models import Max
from numpy.typing import NDArray

from arena.evidence.vote_tally import Ints
from arena.models import Arena, Battle, Lot
from judges.models import Game
from ranking.comparisons.game_history import counting_judges

Floats = NDArray[np.float64]
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Lots:
    """Battles in rising order with the chance and the place that each drew, all (n,); `last` is the newest lot's number."""

    battle: Ints
    chance: Floats
    place: Floats
    last: int

    def of(self, battles: Ints) -> tuple[Floats, Floats]:
        """Chance and place of these battles, NaN where one drew no lot."""
        at = np.searchsorted(self.battle, battles)
        known = np.isin(battles, self.battle)
        lots = np.full((2, len(battles)), np.nan)
        lots[:, known] = self.chance[at[known]], self.place[at[known]]
        return lots[0], lots[1]


def lots_of(arena_id: int, *, up_to: int | None = None, every: bool = False) -> Lots:
    """All lots of an arena, or those drawn up to one.

    Those that older versions drew on battles that are never served are left out, unless it is to be `every` lot.
    """
    lots = Lot.objects.filter(arena_id=arena_id)
    if up_to is not None:
        lots = lots.filter(pk__lte=up_to)
    last: int = lots.aggregate(last=Max("pk"))["last"] or 0
    if not every:
        lots = lots.filter(battle__in=Battle.objects.comparable().filter(arena_id=arena_id))
    rows = list(lots.filter(pk__lte=last).order_by("battle_id").values_list("battle_id", "chance", "place"))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Lots(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], last)


def draw_lots(arena_id: int, *, rng: Random | None = None) -> int:
    """Give a lot to every battle that has a finished game, can be served, and has none yet; returns how many drew one.

    One at a time in an arena: so lots up to a number are the same for whoever reads them later.
    """
    games = Game.objects.over().filter(counting_judges(), battle__arena_id=arena_id).values("battle")
    servable = Battle.objects.comparable().with_standing_answers()
    battles = servable.filter(pk__in=games, lot=None).order_by("pk").values_list("pk", flat=True)
    if not battles.exists():  # mostly; SQLite's only writer does not look for them while voters wait
        return 0
    rng = rng or Random(secrets.randbits(64))  # noqa: S311  # a lot, no secret  # nosec B311
    with transaction.atomic():
        arena = Arena.objects.select_for_update(no_key=True).get(pk=arena_id)
        if not arena.asked_share:
            return 0
        lots = [
            Lot(arena=arena, battle_id=pk, chance=arena.asked_share, place=rng.random() / arena.asked_share)
            for pk in battles.all()
        ]
        Lot.objects.bulk_create(lots, batch_size=AT_ONCE)
    return len(lots)
