"""Pages of runs: progress, rate, money, states; pause, resume, cancel, a new cap, retry of failed calls."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx import http as htmx

from arena.models import Attempt, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.pairing.sampled_pairs import shown_sampling
from arena.runs import budget, control
from arena.runs.control import NotPossible
from arena.runs.kinds import kind_of
from arena.runs.run_parts import call_parts, money_parts
from arena.tasks import work_on_run
from arena.views.context import page_context
from arena.views.private_pages import etag_of, only_curators, private
from arena.views.starting.run_forms import CapForm
from arena.wording import number, sentence

MOST_LISTED = 50
MOST_FAILURES = 20


@login_required
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    only_curators(request, "runs")
    newest = Run.objects.select_related("arena", "created_by")[:MOST_LISTED]
    rows = [(run, figures, call_parts(figures)) for run, figures in ((run, control.progress(run)) for run in newest)]
    return private(render(request, "arena/runs.html", page_context(request, "runs", rows=rows, n_most=MOST_LISTED)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: HttpRequest, pk: int) -> HttpResponse:
    only_curators(request, "runs")
    shown = get_object_or_404(Run.objects.select_related("arena", "created_by"), pk=pk)
    if request.method == "POST":
        _act(request, shown)
        return redirect("run", pk)
    figures = control.progress(shown)
    context: dict[str, Any] = {"run": shown, "figures": figures, "endpoints": _endpoints(shown), "now": timezone.now()}
    context |= {"call_parts": call_parts(figures), "money_parts": money_parts(figures)}
    context["is_over_budget"] = budget.is_pausing(shown)
    kind = kind_of(shown.kind)
    context |= {"n_without_call": kind.without_call(shown), "undecided": kind.undecided(shown)}
    context["n_undecided"] = sum(context["undecided"].values())
    if not request.headers.get("HX-Request"):
        return private(_whole(request, context))
    if request.GET.get("seen", shown.state) != shown.state:  # other actions are possible now, so the whole page is replaced
        return private(htmx.reselect(htmx.reswap(htmx.retarget(_whole(request, context), "#main"), "outerHTML"), "#main"))
    return private(_fragment(request, context))


def _whole(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    shown = context["run"]
    return render(request, "arena/run.html", page_context(request, "runs", shown.arena, **context, **_details(shown)))


def _fragment(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The part that changes while one watches; empty if the browser already shows it."""
    parts = [render_to_string(f"arena/run.html#{part}", context | {"is_poll": True}) for part in ("progress", "endpoints")]
    content = "".join(parts)
    etag = etag_of(content)
    response = get_conditional_response(request, etag=etag) or HttpResponse(content)
    response["ETag"] = etag
    return response


def _act(request: HttpRequest, shown: Run) -> None:
    try:
        message = _done(request, shown, request.POST.get("act", ""))
    except NotPossible as reason:
        messages.error(request, sentence(reason))
        return
    if message:
        messages.success(request, message)
    work_on_run.delay(shown.pk)


def _done(request: HttpRequest, shown: Run, act: str) -> str:
    """What was done, for people; empty for an unknown act."""
    if act == "pause":
        control.pause(shown)
        return _("Paused: nothing more is sent; replies that are under way come in and count.")
    if act == "resume":
        control.resume(shown)
        return ""  # the page says that it runs, or why it is paused
    if act == "cancel":
        control.cancel(shown)
        return _("Cancelled: what came back so far counts, nothing more is sent.")
    if act == "again":
        n = control.again(shown)
        message = ngettext("%(n)s failed call will be retried.", "%(n)s failed calls will be retried.", n)
        return message % {"n": number(n)}
    if act == "try":
        return _tried(control.try_now(shown))
    if act == "cap":
        return _new_cap(request, shown)
    return ""


def _tried(n_endpoints: int) -> str:
    if not n_endpoints:
        return _("No endpoint is resting, so there is nothing to hurry.")
    return ngettext(
        "The endpoint is being tried with one call.", "%(n)d endpoints are being tried with one call each.", n_endpoints
    ) % {"n": n_endpoints}


def _new_cap(request: HttpRequest, shown: Run) -> str:
    form = CapForm(request.POST)
    if not form.is_valid():
        raise NotPossible(_("a cap is an amount in dollars, such as 2.50; leave it empty for none"))
    dollars = form.cleaned_data["cap"]
    was_pausing = budget.is_pausing(shown)
    control.raise_cap(shown, None if dollars is None else int(dollars * DOLLAR))
    if dollars is None:
        return (
            _("The cap is removed, and the run goes on: calls cost money again.") if was_pausing else _("The cap is removed.")
        )
    goes_on = _("The cap is %(cap)s now, and the run goes on: calls cost money again.")
    message = goes_on if was_pausing else _("The cap is %(cap)s now.")
    return message % {"cap": budget.dollars(int(dollars * DOLLAR))}


def _details(shown: Run) -> dict[str, Any]:
    return {
        "reasons": control.reasons(shown),
        "doubtful": control.doubtful(shown),
        "failures": _failures(shown),
        "sampling": shown_sampling(shown.arena, shown.plan),
        "results": kind_of(shown.kind).results(shown) if shown.state != Run.State.RUNNING else [],
    }


def _failures(shown: Run) -> list[dict[str, Any]]:
    """Requests without a usable answer, grouped by kind, the newest group first."""
    failed = Attempt.objects.filter(call__run=shown, state__in=[Attempt.State.FAILED, Attempt.State.LOST, Attempt.State.LATE])
    alike = failed.order_by().values("endpoint__name", "state", "status", "error").annotate(
        n=Count("pk"), newest=Max("sent_at"), paid=Sum("cost"), bounds=Count("pk", filter=Q(cost__gt=0, tokens_in=None))
    )  # fmt: skip
    words = dict(Attempt.State.choices)
    return [row | {"what": words[row["state"]]} for row in alike.order_by("-newest")[:MOST_FAILURES]]


def _endpoints(shown: Run) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(pk__in=shown.calls.order_by().values("endpoint"))
