"""What a curator wants judged, in the words of a form -> a draft with its calls and cost, or a run."""

from dataclasses import dataclass
from typing import Literal

from django.db import transaction

from arena.models import Arena, Competitor
from judges.cards import CardTaken, refreshed
from judges.models import Judge
from judges.offline import OFFLINE_JUDGES
from judges.offline_games import offline_judge
from judges.ordering import Orders
from judges.pairings import all_pairs, standing_battles
from judges.planning import Draft, draw_up

MOST_BATTLES = 2_000
MOST_REPEATS = 20
MOST_GAMES = 10_000  # counted while somebody waits, and while nobody else can write

type Plan = Literal["standing", "all", "baseline"]


class CannotPlan(ValueError):
    """There is nothing to judge so, or nobody who could; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`judges` are keys of `judge_choices`."""

    judges: tuple[str, ...]
    plan: Plan
    baseline: int | None
    n_battles: int
    orders: Orders
    repeats: int
    seed: int


def judge_choices() -> list[tuple[str, str]]:
    """Key and name of every judge that can be asked now: the newest cards, and programs that have no card yet."""
    cards = list(Judge.objects.current().exclude(kind=Judge.Kind.IMPORTED).select_related("endpoint"))
    carded = {card.protocol for card in cards if card.kind == Judge.Kind.OFFLINE}
    programs = [(f"offline:{name}", f"{name}: {line}") for name, (_, line) in OFFLINE_JUDGES.items() if name not in carded]
    return [*((f"card:{card.pk}", _said_of(card)) for card in cards), *programs]


def _said_of(card: Judge) -> str:
    if card.endpoint is None:
        return f"{card}: {OFFLINE_JUDGES[card.protocol][1]}" if card.protocol in OFFLINE_JUDGES else str(card)
    paused = f", paused: {card.endpoint.paused_because}" if card.endpoint.paused_because else ""
    return f"{card}: asks {card.model} by {card.protocol}{paused}"


def drafted(arena: Arena, wish: Wish) -> Draft:
    """The plan, not started. It makes cards and battles that are not here yet."""
    judges = {judge.pk: judge for judge in map(_judge, wish.judges)}
    battles = _battles(arena, wish)
    return draw_up(arena, list(judges.values()), battles, orders=wish.orders, repeats=wish.repeats, seed=wish.seed)


def estimated(arena: Arena, wish: Wish) -> Draft:
    """The same plan, to be looked at: nothing that was made for it is kept."""
    with transaction.atomic():
        draft = drafted(arena, wish)
        transaction.set_rollback(True)
    return draft


def _judge(key: str) -> Judge:
    kind, _, name = key.partition(":")
    if kind == "offline":
        return offline_judge(name)
    try:
        return refreshed(Judge.objects.current().select_related("endpoint").get(pk=int(name)))
    except CardTaken as reason:
        raise CannotPlan(str(reason)) from reason


def _battles(arena: Arena, wish: Wish) -> list[int]:
    if wish.plan == "standing":
        found = standing_battles(arena, most=wish.n_battles, seed=wish.seed)
    else:
        baseline = None if wish.baseline is None else Competitor.objects.get(arena=arena, pk=wish.baseline)
        found = all_pairs(arena, baseline=baseline, most=wish.n_battles, seed=wish.seed)
    if not found:
        raise CannotPlan("no prompt has two answers that fit: import or generate answers first, or choose another plan")
    return found
