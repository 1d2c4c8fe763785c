"""Runs of judging, over REST."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.read_views import ApiView
from arena.api.schema import OTHER_RESPONSES
from arena.api.writing.runs import Plannable, drafts_view, unknown
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Arena, Competitor, Run
from arena.runs.planning import CannotPlan
from judges.models import Game, Judge, JudgeAudit
from judges.runs.battle_selection import unused_battles_dropped
from judges.runs.plan_request import (
    MOST_BATTLES,
    MOST_GAMES,
    MOST_REPEATS,
    PLANS,
    JudgingRequest,
    chosen_judges,
    drafted,
    estimated,
    is_program,
    judge_choices,
    too_many,
)
from judges.runs.planning import JudgingDraft, start
from judges.runs.scope import Scope, check_competitors

N_BATTLES = 200

JUDGING_FIELDS: SentFields = {
    "judges": SentField(
        FieldKind.TEXTS, "Keys of judges: card:NUMBER of its version, or offline:NAME of a program.", is_needed=True, most=100
    ),
    "plan": SentField(
        FieldKind.CHOICE, "Which battles; standing, those that are here, where it is left out.", choices=PLANS, is_usual=True
    ),
    "baseline": SentField(FieldKind.TEXT, "For the plan baseline: name of the competitor that all others meet.", most=200),
    "battles": SentField(FieldKind.NUMBERS, "For the plan given: numbers of battles.", most=MOST_BATTLES),
    "pool": SentField(FieldKind.TEXT, "Slug of a pool; prompts of all where it is left out.", most=50),
    "competitors": SentField(FieldKind.TEXTS, "Names of those who meet; all where it is left out.", most=300),
    "most": SentField(
        FieldKind.NUMBER, f"At most how many battles, or prompts of a tournament; {N_BATTLES} where it is left out.",
        least=1, most=MOST_BATTLES,
    ),
    "orders": SentField(FieldKind.CHOICE, "both where it is left out: each battle twice.", choices=("both", "one")),
    "repeats": SentField(FieldKind.NUMBER, "1 where it is left out.", least=1, most=MOST_REPEATS),
    "seed": SentField(FieldKind.NUMBER, "Seed of the draw; 1 where it is left out.", most=2**31 - 1),
    "again": SentField(FieldKind.TRUTH, "Ask, and pay, once more where a reply decided nothing before."),
}  # fmt: skip


class JudgeKeySerializer(serializers.Serializer[Any]):
    """A judge that can be asked now."""

    key = serializers.CharField(help_text="What drafts take.")
    name = serializers.CharField(help_text="The judge in words: what it asks, how, and why it cannot be called at present.")


class JudgeKeys(ApiView):
    """The judges that can be asked now, by the keys that drafts of runs take, for curators."""

    http_method_names = ["get", "head"]
    permission_classes = [WithinScope, CuratorsOnly]

    @extend_schema(operation_id="judges_keys_list", responses={200: JudgeKeySerializer(many=True)} | OTHER_RESPONSES)
    def get(self, request: Request) -> Response:
        hidden = _of_other_arenas(request) if access.is_kept_within(request.user) else frozenset()
        return Response([{"key": key, "name": str(name)} for key, name in judge_choices() if key not in hidden])


def _of_other_arenas(request: Request) -> frozenset[str]:
    """Keys of judges that were asked, and in none of the arenas for which the caller's token was made."""
    arenas = access.boards_for(request.user)
    audits, games = JudgeAudit.objects.filter(judge=OuterRef("pk")), Game.objects.filter(judge=OuterRef("pk"))
    here = Exists(audits.filter(arena__in=arenas)) | Exists(games.filter(battle__arena__in=arenas))
    elsewhere = Judge.objects.filter(Exists(audits) | Exists(games)).exclude(here)
    return frozenset(f"card:{pk}" for pk in elsewhere.values_list("pk", flat=True))


JudgingDrafts = drafts_view(
    Run.Kind.JUDGE,
    JUDGING_FIELDS,
    "Estimate a run in which judges compare an arena's answers; a game that has its verdict is not played again. "
    "Scope `runs:write`, for curators.",
)


def _estimated(arena: Arena, body: Mapping[str, Any]) -> JudgingDraft:
    return estimated(arena, _keys(body), _wish(arena, body))


@contextmanager
def _to_start(arena: Arena, body: Mapping[str, Any]) -> Iterator[JudgingDraft]:
    with unused_battles_dropped(arena) as now:
        yield drafted(arena, chosen_judges(_keys(body)), _wish(arena, body), most_games=MOST_GAMES, now=now)


def _start(draft: JudgingDraft, cap: int, user: User) -> Run:
    return start(draft, cap=cap, created_by=user)


def _keys(body: Mapping[str, Any]) -> list[str]:
    keys, known = list(dict.fromkeys(body["judges"])), [key for key, _name in judge_choices()]
    if absent := [key for key in keys if key not in known and not is_program(key)]:
        message = _("there is no judge %(keys)s here. Available: %(known)s")
        raise CannotPlan(message % {"keys": ", ".join(absent)[:200], "known": ", ".join(known)})
    if not keys:
        raise CannotPlan(_("choose at least one judge"))
    return keys


def _wish(arena: Arena, body: Mapping[str, Any]) -> JudgingRequest:
    plan, repeats, orders = body.get("plan", "standing"), int(body.get("repeats", 1)), body.get("orders", "both")
    most, numbers = int(body.get("most", N_BATTLES)), tuple(int(each) for each in body.get("battles", ()))
    if (plan == "baseline") != ("baseline" in body):
        raise CannotPlan(_("the plan baseline needs the competitor that all others meet, and no other plan takes one"))
    if (plan == "given") != bool(numbers):
        raise CannotPlan(_("the plan given needs the numbers of battles, and no other plan takes them"))
    baseline = _named(arena, [body["baseline"]])[0] if plan == "baseline" else None
    competitors = _named(arena, body.get("competitors", ()))
    check_competitors(competitors, baseline)
    n_battles = {"given": len(numbers), "tournament": 0}.get(plan, most)
    if (n := len(body["judges"]) * n_battles * (2 if orders == "both" else 1) * repeats) > MOST_GAMES:
        raise CannotPlan(too_many(n))
    return JudgingRequest(
        plan=plan, scope=Scope(_pool(arena, body), frozenset(each.pk for each in competitors)), baseline=baseline,
        numbers=numbers, most=most, orders=orders, repeats=repeats, seed=int(body.get("seed", 1)),
        again=body.get("again", False),
    )  # fmt: skip


def _named(arena: Arena, names: Any) -> list[Competitor]:
    known = {each.name: each for each in arena.competitors.named().filter(name__in=names)}
    if absent := [name for name in names if name not in known]:
        raise unknown(_("competitor"), ", ".join(absent)[:200])
    return [known[name] for name in dict.fromkeys(names)]


def _pool(arena: Arena, body: Mapping[str, Any]) -> int | None:
    if "pool" not in body:
        return None
    pool = arena.pools.filter(slug=body["pool"]).values_list("pk", flat=True).first()
    if pool is None:
        raise unknown(_("pool"), body["pool"])
    return pool


JUDGING = Plannable(_estimated, _to_start, _start)
