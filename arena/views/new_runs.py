"""Pages that start a run, for curators: what it would come to first, then the start. Nothing dearer than told is started."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import Arena, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.run_kinds import answer_plans
from arena.run_kinds.answer_plans import AnswerDraft
from arena.runs.planning import CannotPlan, Draft, PlanStale
from arena.tasks import work_on_run
from arena.views.context import arena_or_404, page_context
from arena.views.private_pages import only_curators
from arena.views.run_forms import AnswersForm, PromptsForm
from arena.wording import sentence

SECONDS_TO_CONFIRM = 3600
HAS_RISEN = "The estimate has risen since you confirmed it. Nothing was started; review the new estimate."
HAS_EXPIRED = "This estimate has expired. Please estimate again."
CENT = DOLLAR // 100


class Starts[D: Draft](Protocol):
    """Writes a plan down."""

    def __call__(self, draft: D, *, cap: int | None, created_by: User | None) -> Run: ...


@dataclass(frozen=True)
class NewRun[F: PromptsForm, D: Draft]:
    """Such a page, for one kind of run."""

    template: str
    form: Callable[..., F]
    drafted: Callable[[Arena, F], D]  # raises CannotPlan
    start: Starts[D]  # raises PlanStale

    def answer(self, request: HttpRequest) -> HttpResponse:
        only_curators(request, "runs")
        slug = request.GET.get("arena", "")
        if not slug:
            arenas = access.arenas_for(request.user).order_by("name")
            return render(request, self.template, page_context(request, "runs", arenas=arenas))
        arena = arena_or_404(request, slug)
        if request.method != "POST":
            return self._page(request, arena, self.form(arena=arena))
        if "confirm" in request.POST:
            return self._start(request, arena)
        form = self.form(request.POST, arena=arena)
        return self._announce(request, arena, form) if form.is_valid() else self._page(request, arena, form, status=422)

    def _announce(self, request: HttpRequest, arena: Arena, form: F) -> HttpResponse:
        """The dry run: what it comes to. Nothing is sent, and nothing is kept."""
        try:
            draft = self.drafted(arena, form)
        except CannotPlan as reason:
            form.add_error(None, sentence(reason))
            return self._page(request, arena, form, status=422)
        at_most = -(-draft.estimate.cost // CENT) * CENT
        return self._page(
            request, arena, form, draft=draft, at_most=at_most, forecast=draft.forecast(),
            confirmation=self._confirmation(request, arena, form, draft),
        )  # fmt: skip

    def _confirmation(self, request: HttpRequest, arena: Arena, form: F, draft: D) -> str:
        """What was chosen and what it came to, signed."""
        told = {"n_calls": draft.estimate.n_calls, "cost": draft.estimate.cost}
        said = {"said": form.said(), "told": told, "arena": arena.pk, "user": request.user.pk}
        return signing.dumps(said, salt=self.template, compress=True)

    def _start(self, request: HttpRequest, arena: Arena) -> HttpResponse:
        try:
            signed = signing.loads(request.POST["confirm"], salt=self.template, max_age=SECONDS_TO_CONFIRM)
        except signing.BadSignature:
            signed = None
        if signed is None or (signed["arena"], signed["user"]) != (arena.pk, request.user.pk):
            messages.error(request, HAS_EXPIRED)
            return self._page(request, arena, self.form(arena=arena), status=422)
        form = self.form(signed["said"], arena=arena)
        if not form.is_valid():
            return self._page(request, arena, form, status=422)
        try:
            draft = self.drafted(arena, form)
            if draft.estimate.n_calls > signed["told"]["n_calls"] or draft.estimate.cost > signed["told"]["cost"]:
                messages.error(
                    request, "The estimate has risen since you confirmed it. Nothing was started; review the new estimate."
                )
                return self._announce(request, arena, form)
            return self._started(request, draft, form)
        except (CannotPlan, PlanStale) as reason:
            form.add_error(None, sentence(reason))
            return self._page(request, arena, form, status=409)

    def _started(self, request: HttpRequest, draft: D, form: F) -> HttpResponse:
        if not draft.n_wanted:
            messages.info(request, "Nothing was started: all of it is here, or under way.")
            return redirect("runs")
        run = self.start(draft, cap=form.cap_in_micros(), created_by=request.user if isinstance(request.user, User) else None)
        work_on_run.delay(run.pk)
        return redirect("run", run.pk)

    def _page(self, request: HttpRequest, arena: Arena, form: F, *, status: int = 200, **more: Any) -> HttpResponse:
        more |= {"form": form, "has_endpoints": Endpoint.objects.exists()}
        return render(request, self.template, page_context(request, "runs", arena, **more), status=status)


def _drafted(arena: Arena, form: AnswersForm) -> AnswerDraft:
    return answer_plans.drafted(arena, form.wish())


ANSWERS = NewRun("arena/new_answers.html", AnswersForm, _drafted, answer_plans.start)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_answers(request: HttpRequest) -> HttpResponse:
    """Competitors' answers to an arena's prompts."""
    return ANSWERS.answer(request)
