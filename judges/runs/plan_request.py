"""A judging request, in the words of a form or of a command -> a draft with its calls and cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from django.db import transaction
from django.utils.translation import gettext as _

from arena.archiving.plans import must_be_plannable
from arena.models import Arena, Competitor
from arena.pairing.sampled_pairs import as_plan
from arena.prerequisites import n_answered_without_text, why_nothing_to_judge
from arena.runs.endpoint_checks import held_up_by
from arena.runs.planning import CannotPlan
from arena.wording import number
from judges.cards import CardTaken, refreshed
from judges.games.game_orders import Orders
from judges.games.offline_games import offline_judge
from judges.games.offline_judges import OFFLINE_JUDGES
from judges.models import Judge
from judges.runs.battle_selection import ActiveDraw, active_pairs, all_pairs, answers_of, given_battles, standing_battles
from judges.runs.brackets import Entrants, entrants_of
from judges.runs.planning import JudgingDraft, draw_up
from judges.runs.scope import EVERYTHING, Scope
from judges.runs.tournaments import N_ORDERS, draw_up_tournament

MOST_BATTLES = 2_000
MOST_REPEATS = 20
MOST_GAMES = 10_000  # counted while a page waits, and while no other process can write

type Plan = Literal["standing", "all", "baseline", "active", "tournament", "given"]
PLANS: tuple[Plan, ...] = get_args(Plan.__value__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingRequest:
    """`most` battles, or prompts of a tournament, drawn by the seed; `numbers` are those of given battles."""

    plan: Plan
    scope: Scope = EVERYTHING
    baseline: Competitor | None = None
    numbers: tuple[int, ...] = ()
    most: int | None = None
    orders: Orders = "both"
    repeats: int = 1
    seed: int = 1
    again: bool = False  # also what a reply left undecided before


def judge_choices() -> list[tuple[str, str]]:
    """Key and name of every judge that can be asked now: the newest cards, and programs that have no card yet."""
    cards = list(Judge.objects.in_use().current().exclude(kind=Judge.Kind.IMPORTED).select_related("endpoint"))
    carded = set(Judge.objects.filter(kind=Judge.Kind.OFFLINE).values_list("protocol", flat=True))
    programs = [
        (f"offline:{name}", f"{name}: {_(line)}") for name, (_play, line) in OFFLINE_JUDGES.items() if name not in carded
    ]
    return [*((f"card:{card.pk}", _choice_text(card)) for card in cards), *programs]


def is_program(key: str) -> bool:
    """Whether it names a program, as `chosen_judges` takes it even where the program has got a card since."""
    return key in {f"offline:{name}" for name in OFFLINE_JUDGES}


def _choice_text(card: Judge) -> str:
    if card.endpoint is None:
        return f"{card}: {_(OFFLINE_JUDGES[card.protocol][1])}" if card.protocol in OFFLINE_JUDGES else str(card)
    reason = held_up_by(card.endpoint)
    if reason and not card.endpoint.paused_because:
        template = _(
            "%(judge)s: asks %(model)s by %(protocol)s, through endpoint %(endpoint)s, which cannot be called: %(reason)s"
        )
    elif reason:
        template = _("%(judge)s: asks %(model)s by %(protocol)s, through endpoint %(endpoint)s, paused: %(reason)s")
    else:
        template = _("%(judge)s: asks %(model)s by %(protocol)s, through endpoint %(endpoint)s")
    return template % {
        "judge": card,
        "model": card.model,
        "protocol": card.protocol,
        "endpoint": card.endpoint.name,
        "reason": reason,
    }


def chosen_judges(keys: Sequence[str]) -> list[Judge]:
    """The judges behind keys of `judge_choices`; it makes cards and versions that are not here yet."""
    return list({judge.pk: judge for judge in map(_judge, keys)}.values())


def _judge(key: str) -> Judge:
    kind, name = key.split(":", 1)
    if kind == "offline":
        return offline_judge(name)
    judge = Judge.objects.select_related("endpoint").get(pk=int(name))
    passed = {judge.pk}
    while (newer := judge.superseded_by) is not None and newer.pk not in passed:  # by a start that came before
        passed.add(newer.pk)
        judge = newer
    try:
        return refreshed(judge)
    except CardTaken as reason:
        raise CannotPlan(str(reason)) from reason


def drafted(
    arena: Arena, judges: Sequence[Judge], wish: JudgingRequest, *, most_games: int | None = None, now: datetime | None = None
) -> JudgingDraft:
    """The plan, not started. It makes battles that are not here yet, at the moment `now`."""
    must_be_plannable(arena, *judges, *(judge.endpoint for judge in judges), wish.baseline)
    if wish.plan == "tournament":
        return _tournament(arena, judges, wish, most_games=most_games, now=now)
    active = _drawn_by_gain(arena, wish, now) if wish.plan == "active" else None
    battles = active.battles if active else _battles(arena, wish, now)
    if not battles:
        raise CannotPlan(_nothing(arena, wish))
    how = {"repeats": wish.repeats, "seed": wish.seed, "again": wish.again}
    draft = draw_up(arena, judges, battles, orders=wish.orders, **how)  # type: ignore[arg-type]
    if active:
        draft.plan["sampling"] = as_plan(active.pairs, active.n_pairs)
    return draft


def estimated(arena: Arena, keys: Sequence[str], wish: JudgingRequest) -> JudgingDraft:
    """The same plan, to be looked at: nothing that was made for it is kept."""
    with transaction.atomic():
        draft = drafted(arena, chosen_judges(keys), wish, most_games=MOST_GAMES)
        transaction.set_rollback(True)
    return draft


def _drawn_by_gain(arena: Arena, wish: JudgingRequest, now: datetime | None) -> ActiveDraw:
    if wish.most is None:
        raise CannotPlan(_("active pairing never ends by itself: give the number of battles"))
    return active_pairs(arena, wish.scope, most=wish.most, seed=wish.seed, now=now)


def _battles(arena: Arena, wish: JudgingRequest, now: datetime | None) -> list[int]:
    if wish.plan == "given":
        return given_battles(arena, wish.numbers, wish.scope)
    if wish.plan == "standing":
        return standing_battles(arena, wish.scope, most=wish.most, seed=wish.seed)
    return all_pairs(arena, wish.scope, baseline=wish.baseline, most=wish.most, seed=wish.seed, now=now)


def _tournament(
    arena: Arena, judges: Sequence[Judge], wish: JudgingRequest, *, most_games: int | None, now: datetime | None
) -> JudgingDraft:
    if wish.orders != "both":
        raise CannotPlan(_("a tournament needs both orders: one order cannot decide a match"))
    entrants = entrants_of(arena, wish.scope, most=wish.most, seed=wish.seed)
    if not entrants:
        raise CannotPlan(_nothing(arena, wish))
    n_games = _n_matches(entrants) * N_ORDERS * wish.repeats * len(judges)
    if most_games is not None and n_games > most_games:
        raise CannotPlan(too_many(n_games))
    return draw_up_tournament(arena, judges, entrants, repeats=wish.repeats, seed=wish.seed, now=now)


def _n_matches(entrants: Entrants) -> int:
    return sum(len(answers) - 1 for answers in entrants.values())


def too_many(n_games: int) -> str:
    message = _("that is up to %(n)s games, and %(most)s are counted here at once: choose fewer, or use manage.py judge")
    return message % {"n": number(n_games), "most": number(MOST_GAMES)}


def _nothing(arena: Arena, wish: JudgingRequest) -> str:
    if wish.plan == "active" and answers_of(arena, wish.scope):
        return _("every pair of answers has been judged, or there is none: choose another plan")
    if wish.scope.is_narrow:
        template = _("no prompt has two answers of this pool and these models: %(why)s")
    else:
        template = _("no prompt has two answers that fit: %(why)s")
    import_first = _("import or generate answers first, or choose another plan")
    why = why_nothing_to_judge(arena)
    if n_answered_without_text(arena):
        return template % {"why": why}
    why = why or (_("choose more of them") if wish.scope.is_narrow else "")
    return template % {"why": f"{why}; {import_first}" if why else import_first}
