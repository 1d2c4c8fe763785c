"""A new run of judging in the browser: first the estimate, then the start, or a pilot. For curators."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena.models import Arena, Run
from arena.models.endpoints import DOLLAR
from arena.pairing.sampled_pairs import shown_sampling
from arena.views.starting.new_runs import NewRun
from judges.models import Judge
from judges.runs.battle_selection import unused_battles_dropped
from judges.runs.lot_forecast import FEWEST_JUDGED, forecast_lots
from judges.runs.plan_request import MOST_GAMES, chosen_judges, drafted, estimated
from judges.runs.planning import JudgingDraft, start
from judges.views.explained_choices import explained
from judges.views.run_forms import JudgeRunForm


class NewJudging(NewRun[JudgeRunForm, JudgingDraft]):
    """It may begin like an earlier run, and makes the battles that are not here yet."""

    def initial(self, request: HttpRequest, arena: Arena) -> dict[str, Any]:
        """What was chosen for an earlier run, if one is named; a pilot's spending is taken off the cap."""
        number = request.GET.get("like", "")
        if not number:
            return {}
        pk = number if number.isdecimal() and len(number) < 19 else 0
        run = get_object_or_404(Run, arena=arena, kind=Run.Kind.JUDGE, pk=pk)
        choices = dict(run.plan.get("said", {}))
        if choices.get("cap") and "pilot" in run.plan:
            choices["cap"] = max(Decimal(choices["cap"]) - Decimal(run.spent) / DOLLAR, Decimal(0))
        return choices

    @contextmanager
    def to_start(self, arena: Arena, form: JudgeRunForm) -> Iterator[JudgingDraft]:
        with unused_battles_dropped(arena) as now:
            judges = chosen_judges(form.cleaned_data["judges"])
            yield drafted(arena, judges, form.wish(), most_games=MOST_GAMES, now=now)

    def shown(self, form: JudgeRunForm, step: str) -> dict[str, Any]:
        """Judges and plans each with a sentence; a tournament asks for prompts in place of battles."""
        if form.plan_now == "tournament":
            form.fields["battles"].label = _("How many prompts, at most")
            form.fields["battles"].help_text = _("Where there are more they are drawn by the seed.")
        return {"choices": explained(form, step)}

    def told(self, arena: Arena, draft: JudgingDraft) -> dict[str, Any]:
        """Of a tournament: how many matches a lot will decide. Of pairs drawn by their gain: which, and with what chance."""
        if "tournament" not in draft.plan:
            return {"sampling": shown_sampling(arena, draft.plan)}
        from judges.audits.figures.figure import wilson  # with scipy, which no other page waits for

        judges = list(Judge.objects.filter(identity__in=draft.plan["judges"]))
        n_matches = draft.plan["n_battles"]
        lots = forecast_lots(arena, judges, n_matches, interval=wilson) if len(judges) == len(draft.plan["judges"]) else None
        return {"lots": lots, "n_judges": len(draft.plan["judges"]), "fewest_judged": FEWEST_JUDGED}

    def begin(self, draft: JudgingDraft, form: JudgeRunForm, created_by: User | None) -> Run:
        draft.plan["said"] = form.as_sent()
        return super().begin(draft, form, created_by)


def _estimated(arena: Arena, form: JudgeRunForm) -> JudgingDraft:
    return estimated(arena, form.cleaned_data["judges"], form.wish())


JUDGING = NewJudging("judges/new_run.html", JudgeRunForm, _estimated, start, is_pilot_offered=True, needs_endpoint=False)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_run(request: HttpRequest) -> HttpResponse:
    """Judges compare an arena's battles."""
    return JUDGING.answer(request)
