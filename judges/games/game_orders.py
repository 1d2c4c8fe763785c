"""Chooses the order of each game: both orders, or one of them, each for half of the battles."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, islice
from random import Random
from typing import Literal

from judges.verdicts.verdict import Order

type Orders = Literal["both", "one"]
type Pair = tuple[int, int]  # competitors a and b
type Place = tuple[int, int]  # battle and repeat
OTHER: dict[Order, Order] = {"ab": "ba", "ba": "ab"}


@dataclass(frozen=True, slots=True)
class PlannedGame:
    """One planned game: a battle, an order and a repeat."""

    battle_id: int
    order: Order
    repeat: int


def planned_games(
    pairs: Mapping[int, Pair],
    *,
    orders: Orders,
    repeats: int,
    rng: Random,
    standing: Iterable[PlannedGame] = (),
    replaced: Collection[Place] = frozenset(),
) -> list[PlannedGame]:
    """The games of one judge on these battles (`pairs`: the pair of each).

    Where one order is asked for, every pair has its two orders equally often, to within one, the games that stand included;
    a battle that stands in one order for a repeat stays so. Repeats of a battle alternate. A repeat that is `replaced` counts
    for none: the next number takes its place, in both orders.
    """
    if orders not in ("both", "one") or repeats < 1:
        raise ValueError(f"orders are {orders!r} and repeats {repeats}; allowed are both and one, and 1 or more repeats")
    numbers = {battle: _numbers(battle, repeats, replaced) for battle in pairs}
    if orders == "both":
        return [PlannedGame(battle, order, repeat) for battle in pairs for repeat in numbers[battle] for order in OTHER]
    kept = {(slot.battle_id, slot.repeat): slot.order for slot in standing}
    by_pair: dict[Pair, list[int]] = defaultdict(list)
    for battle, pair in pairs.items():
        by_pair[pair].append(battle)
    return [slot for battles in by_pair.values() for slot in _of_one_pair(battles, numbers, kept, rng)]


def _numbers(battle: int, repeats: int, replaced: Collection[Place]) -> list[int]:
    return list(islice((number for number in count() if (battle, number) not in replaced), repeats))


def _of_one_pair(
    battles: list[int], numbers: Mapping[int, list[int]], kept: Mapping[Place, Order], rng: Random
) -> list[PlannedGame]:
    drawn = rng.sample(battles, len(battles))
    places = [(battle, repeat) for battle in drawn for repeat in numbers[battle]]
    counts = Counter(kept[place] for place in places if place in kept)
    order: Order = rng.choice(("ab", "ba"))
    chosen: dict[Place, Order] = {}
    for place in places:
        if place not in kept:
            # The rarer order; if both are equally frequent, the one that was not last.
            order = OTHER[order] if counts["ab"] == counts["ba"] else min(OTHER, key=lambda each: counts[each])
            counts[order] += 1
        chosen[place] = kept.get(place, order)
    return [PlannedGame(battle, chosen[battle, repeat], repeat) for battle in battles for repeat in numbers[battle]]
