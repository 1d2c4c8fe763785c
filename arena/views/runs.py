"""Paid work as its people see it: progress, rate, money, states; pause, resume, cancel, a new cap, failed calls again."""

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from arena import access
from arena.models import Attempt, Call, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.running import budget, controlling
from arena.running.controlling import NotPossible, Progress
from arena.tasks import work_on_run
from arena.views.context import page_context
from arena.views.run_forms import CapForm

MOST_LISTED = 50
MOST_FAILURES = 20
MOST_REASONS = 10


@login_required
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    _only_curators(request)
    rows = [(run, controlling.progress(run)) for run in Run.objects.select_related("arena", "created_by")[:MOST_LISTED]]
    return _private(render(request, "arena/runs.html", page_context(request, "runs", rows=rows, n_most=MOST_LISTED)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: HttpRequest, pk: int) -> HttpResponse:
    _only_curators(request)
    shown = get_object_or_404(Run.objects.select_related("arena", "created_by"), pk=pk)
    if request.method == "POST":
        _act(request, shown)
        return redirect("run", pk)
    figures = controlling.progress(shown)
    etag = _etag(shown, figures)
    context = page_context(request, "runs", shown.arena, run=shown, figures=figures, etag=etag, **_details(shown))
    if not request.headers.get("HX-Request"):
        return _private(render(request, "arena/run.html", context))
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return _private(unchanged)
    response = render(request, "arena/run.html#progress", context)
    response["ETag"] = etag
    return _private(response)


def _act(request: HttpRequest, shown: Run) -> None:
    try:
        told = _done(request, shown, request.POST.get("act", ""))
    except NotPossible as reason:
        messages.error(request, f"{reason}.")
        return
    if told:
        messages.success(request, told)
    work_on_run.delay(shown.pk)


def _done(request: HttpRequest, shown: Run, act: str) -> str:
    """What was done, for people; nothing for an act that is none."""
    if act == "pause":
        controlling.pause(shown)
        return "Paused: nothing more is sent; replies that are under way come in and count."
    if act == "resume":
        controlling.resume(shown)
        return "Resumed."
    if act == "cancel":
        controlling.cancel(shown)
        return "Cancelled: what came back so far counts, nothing more is sent."
    if act == "again":
        return f"{controlling.again(shown):,} failed calls are asked again."
    if act == "cap":
        return _new_cap(request, shown)
    return ""


def _new_cap(request: HttpRequest, shown: Run) -> str:
    form = CapForm(request.POST)
    if not form.is_valid():
        raise NotPossible("a cap is an amount in dollars, such as 2.50; leave it empty for none")
    dollars = form.cleaned_data["cap"]
    controlling.raise_cap(shown, None if dollars is None else int(dollars * DOLLAR))
    return "The cap is gone." if dollars is None else f"The cap is {budget.dollars(int(dollars * DOLLAR))} now."


def _details(shown: Run) -> dict[str, Any]:
    failures = Attempt.objects.filter(call__run=shown, state__in=[Attempt.State.FAILED, Attempt.State.LOST, Attempt.State.LATE])
    failed = shown.calls.filter(state=Call.State.FAILED).exclude(reason="").order_by()
    return {
        "endpoints": _endpoints(shown),
        "reasons": failed.values("outcome", "reason").annotate(n=Count("pk")).order_by("-n", "reason")[:MOST_REASONS],
        "failures": failures.select_related("endpoint").order_by("-pk")[:MOST_FAILURES],
        "cap_form": CapForm(),
    }


def _endpoints(shown: Run) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(pk__in=shown.calls.order_by().values("endpoint"))


def _etag(shown: Run, figures: Progress) -> str:
    parts = [shown.pk, shown.state, shown.paused_because, figures.n_over, figures.n_under_way, figures.spent, figures.reserved]
    return f'"{sha256("|".join(map(str, parts)).encode()).hexdigest()[:24]}"'


def _private(response: HttpResponse) -> HttpResponse:
    response["Vary"] = "HX-Request, Cookie"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _only_curators(request: HttpRequest) -> None:
    if not access.is_curator(request.user):
        raise PermissionDenied("runs are for curators: ask whoever runs this site to make you one")
