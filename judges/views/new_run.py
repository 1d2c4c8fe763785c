"""A new run of judging in the browser: what it would come to first, then the start, or a pilot. For curators."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import Arena, Run
from arena.models.endpoints import DOLLAR
from arena.runs.planning import CannotPlan, PlanStale
from arena.tasks import work_on_run
from arena.views.context import arena_or_404, page_context
from arena.views.new_runs import CENT, HAS_EXPIRED, SECONDS_TO_CONFIRM
from arena.views.private_pages import only_curators
from arena.wording import sentence
from judges.runs.battle_selection import unused_battles_dropped
from judges.runs.forecasting import outlook, pilot_of
from judges.runs.plan_request import MOST_GAMES, chosen_judges, drafted, estimated
from judges.runs.planning import CardOutdated, JudgingDraft, start
from judges.views.run_forms import JudgeRunForm

SIGNED_AS = "a run that was counted"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_run(request: HttpRequest) -> HttpResponse:
    only_curators(request, "runs")
    slug = request.GET.get("arena", "")
    if not slug:
        arenas = access.arenas_for(request.user).order_by("name")
        return render(request, "judges/new_run.html", page_context(request, "runs", arenas=arenas))
    arena = arena_or_404(request, slug)
    if request.method != "POST":
        return _page(request, arena, JudgeRunForm(arena=arena, initial=_like(request, arena)))
    if "confirm" in request.POST:
        return _start(request, arena)
    form = JudgeRunForm(request.POST, arena=arena)
    return _announce(request, arena, form) if form.is_valid() else _page(request, arena, form, status=422)


def _like(request: HttpRequest, arena: Arena) -> dict[str, Any]:
    """What was chosen for an earlier run, if one is named; a pilot's spending is taken off the cap."""
    number = request.GET.get("like", "")
    if not number:
        return {}
    run = get_object_or_404(Run, arena=arena, kind=Run.Kind.JUDGE, pk=number if number.isdecimal() and len(number) < 19 else 0)
    said = dict(run.plan.get("said", {}))
    if said.get("cap") and "pilot" in run.plan:
        said["cap"] = max(Decimal(said["cap"]) - Decimal(run.spent) / DOLLAR, Decimal(0))
    return said


def _announce(request: HttpRequest, arena: Arena, form: JudgeRunForm) -> HttpResponse:
    """The dry run: what it comes to. Nothing is sent, and nothing is kept."""
    try:
        draft = estimated(arena, form.cleaned_data["judges"], form.wish())
    except (CannotPlan, CardOutdated) as reason:
        form.add_error(None, sentence(reason))
        return _page(request, arena, form, status=422)
    pilot = pilot_of(draft)
    told: dict[str, Any] = {
        "draft": draft, "at_most": -(-draft.counts.cost // CENT) * CENT, "outlook": outlook(draft),
        "pilot": pilot if len(pilot.games) < len(draft.to_ask) else None,
    }  # fmt: skip
    return _page(request, arena, form, confirmation=_confirmation(request, arena, form, draft), **told)


def _confirmation(request: HttpRequest, arena: Arena, form: JudgeRunForm, draft: JudgingDraft) -> str:
    """What was chosen and what it came to, signed: nothing dearer is started by it."""
    told = {"n_calls": draft.counts.n_calls, "cost": draft.counts.cost}
    return signing.dumps({"said": form.said(), "told": told, "arena": arena.pk, "user": request.user.pk}, salt=SIGNED_AS)


def _start(request: HttpRequest, arena: Arena) -> HttpResponse:
    try:
        signed = signing.loads(request.POST["confirm"], salt=SIGNED_AS, max_age=SECONDS_TO_CONFIRM)
    except signing.BadSignature:
        signed = None
    if signed is None or (signed["arena"], signed["user"]) != (arena.pk, request.user.pk):
        messages.error(request, HAS_EXPIRED)
        return _page(request, arena, JudgeRunForm(arena=arena), status=422)
    form = JudgeRunForm(signed["said"], arena=arena)
    if not form.is_valid():
        return _page(request, arena, form, status=422)
    with unused_battles_dropped(arena) as now:
        return _start_as_told(request, arena, form, signed["told"], now)


def _start_as_told(
    request: HttpRequest, arena: Arena, form: JudgeRunForm, told: Mapping[str, int], now: datetime
) -> HttpResponse:
    try:
        judges = chosen_judges(form.cleaned_data["judges"])
        draft = drafted(arena, judges, form.wish(), most_games=MOST_GAMES, now=now)
        if draft.counts.n_calls > told["n_calls"] or draft.counts.cost > told["cost"]:
            messages.error(
                request, "The estimate has risen since you confirmed it. Nothing was started; review the new estimate."
            )
            return _announce(request, arena, form)
        return _started(request, pilot_of(draft) if "pilot" in request.POST else draft, form)
    except (CannotPlan, CardOutdated, PlanStale) as reason:
        form.add_error(None, sentence(reason))
        return _page(request, arena, form, status=409)


def _started(request: HttpRequest, draft: JudgingDraft, form: JudgeRunForm) -> HttpResponse:
    if not draft.is_something_left:
        messages.info(request, "Nothing was started: all these games have their verdict, or are under way.")
        return redirect("runs")
    draft.plan["said"] = form.said()
    run = start(draft, cap=form.cap_in_micros(), created_by=request.user if isinstance(request.user, User) else None)
    if run.state == Run.State.RUNNING:
        work_on_run.delay(run.pk)
    return redirect("run", run.pk)


def _page(request: HttpRequest, arena: Arena, form: JudgeRunForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = page_context(request, "runs", arena, form=form, **more)
    return render(request, "judges/new_run.html", context, status=status)
