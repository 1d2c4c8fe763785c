"""Pages that start a run, for curators: first the estimate, then the start. Nothing that costs more than the estimate is
started.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import Arena, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.run_kinds import answer_plans
from arena.run_kinds.answer_plans import AnswerDraft
from arena.runs import confirmations
from arena.runs.confirmations import NotConfirmed
from arena.runs.planning import CannotPlan, Draft, PlanStale, Starts
from arena.tasks import work_on_run
from arena.views.context import arena_or_404, page_context
from arena.views.private_pages import only_curators
from arena.views.starting.run_forms import ESTIMATE, AnswersForm, RunForm
from arena.views.starting.run_steps import afresh, next_step, step_to_show, steps_context
from arena.wording import sentence

HAS_RISEN = gettext_lazy("The estimate has risen since you confirmed it. Nothing was started; review the new estimate.")
TOO_FEW_TO_TRY = gettext_lazy("Too few calls are left to try some of them first. Nothing was started; review the new estimate.")
HAS_EXPIRED = gettext_lazy("This estimate has expired. Please estimate again.")
CENT = DOLLAR // 100


@dataclass(frozen=True)
class NewRun[F: RunForm, D: Draft[Any]]:
    """Such a page, for one kind of run."""

    template: str
    form: type[F]  # made with an arena
    drafted: Callable[[Arena, F], D]  # raises CannotPlan
    start: Starts[D]  # raises PlanStale
    is_pilot_offered: bool = False
    needs_endpoint: bool = True

    def initial(self, request: HttpRequest, arena: Arena) -> dict[str, Any]:
        """The form's initial values."""
        return {}

    @contextmanager
    def to_start(self, arena: Arena, form: F) -> Iterator[D]:
        """Draw the plan up again; what was made for it is removed if it is not started."""
        yield self.drafted(arena, form)

    def begin(self, draft: D, form: F, created_by: User | None) -> Run:
        return self.start(draft, cap=form.cap_in_micros(), created_by=created_by)

    def told(self, arena: Arena, draft: D) -> dict[str, Any]:
        """What the page with the estimate says beside calls and cost."""
        return {}

    def answer(self, request: HttpRequest) -> HttpResponse:
        only_curators(request, "runs")
        slug = request.GET.get("arena", "")
        if not slug:
            arenas = access.listed_arenas_for(request.user).order_by("name")
            return render(request, self.template, page_context(request, "runs", arenas=arenas))
        arena = arena_or_404(request, slug)
        if request.method != "POST":
            return self._page(request, arena, self._form(arena, initial=self.initial(request, arena)))
        return self._start(request, arena) if "confirm" in request.POST else self._next(request, arena)

    def _form(self, arena: Arena, data: Mapping[str, Any] | None = None, **options: Any) -> F:
        make: Callable[..., F] = self.form
        return make(data, arena=arena, **options)

    def _next(self, request: HttpRequest, arena: Arena) -> HttpResponse:
        """A step leads to the next or the one before; the last one, and a whole form, to the estimate."""
        step = request.POST.get("step", "")
        form = self._form(arena, self.form.completed(request.POST) if step else request.POST)
        to = next_step(form, step, is_back=request.POST.get("go") == "back")
        if to == ESTIMATE:
            return self._announce(request, arena, form) if form.is_valid() else self._page(request, arena, form, status=422)
        if to == step:
            return self._page(request, arena, form, status=422, step=step)
        return self._page(request, arena, afresh(form, arena), step=to)

    def _announce(self, request: HttpRequest, arena: Arena, form: F) -> HttpResponse:
        """The dry run: an estimate. Nothing is sent and nothing is kept."""
        try:
            draft = self.drafted(arena, form)
        except CannotPlan as reason:
            form.add_error(None, sentence(reason))
            return self._page(request, arena, form, status=422)
        at_most = -(-draft.estimate.cost // CENT) * CENT
        return self._page(
            request, arena, form, **self.told(arena, draft), draft=draft, at_most=at_most, outlook=draft.outlook(),
            pilot=draft.pilot() if self.is_pilot_offered else None,
            confirmation=confirmations.signed(arena, cast(User, request.user), self.template, form.as_sent(), draft),
        )  # fmt: skip

    def _start(self, request: HttpRequest, arena: Arena) -> HttpResponse:
        try:
            confirmed = confirmations.read(request.POST["confirm"], cast(User, request.user))
        except NotConfirmed:
            confirmed = None
        if confirmed is None or (confirmed.arena, confirmed.kind) != (arena.pk, self.template):
            messages.error(request, HAS_EXPIRED)
            return self._page(request, arena, self._form(arena), status=422)
        form = self._form(arena, confirmed.choices)
        if not form.is_valid():
            return self._page(request, arena, form, status=422)
        try:
            with self.to_start(arena, form) as draft:
                if not confirmed.covers(draft):
                    messages.error(request, HAS_RISEN)
                    return self._announce(request, arena, form)
                if self.is_pilot_offered and "pilot" in request.POST and draft.is_something_left:
                    pilot = draft.pilot()
                    if pilot is None:
                        messages.error(request, TOO_FEW_TO_TRY)
                        return self._announce(request, arena, form)
                    draft = pilot
                return self._started(request, draft, form)
        except (CannotPlan, PlanStale) as reason:
            form.add_error(None, sentence(reason))
            return self._page(request, arena, form, status=409)

    def _started(self, request: HttpRequest, draft: D, form: F) -> HttpResponse:
        if not draft.is_something_left:
            messages.info(request, _("Nothing was started: everything is stored already or under way."))
            return redirect("runs")
        run = self.begin(draft, form, cast(User, request.user))
        if run.state == Run.State.RUNNING:
            work_on_run.delay(run.pk)
        return redirect("run", run.pk)

    def shown(self, form: F, step: str) -> dict[str, Any]:
        """What the page of a step has beside its fields."""
        return {}

    def _page(self, request: HttpRequest, arena: Arena, form: F, *, status: int = 200, **more: Any) -> HttpResponse:
        step = ESTIMATE if "draft" in more else more.pop("step", None) or step_to_show(form)
        more |= self.shown(form, step) | steps_context(form, step)
        more |= {"form": form, "can_ask": not self.needs_endpoint or Endpoint.objects.in_use().exists()}
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
