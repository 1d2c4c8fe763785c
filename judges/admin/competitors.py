"""The arena's admin page of competitors, with actions on the verdicts of judges.

The arena knows nothing of judges, so its page is registered again here with two more actions.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from arena.access import curator_of
from arena.admin.base import ReasonForm
from arena.admin.curation import CompetitorAdmin
from arena.models import Competitor
from arena.wording import counted, number
from judges.admin.set_aside_messages import restored_message, set_aside_message
from judges.games.curation import restore_games, set_aside_games
from judges.models import Game

admin.site.unregister(Competitor)


class ConstantFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("constant answers"), "constant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("answers many prompts alike"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Competitor]) -> QuerySet[Competitor]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(constant_answers__isnull=False).exclude(constant_answers__found=[])


@admin.register(Competitor)
class JudgedCompetitorAdmin(CompetitorAdmin):
    list_display = [*CompetitorAdmin.list_display, "alike"]
    list_filter = [*CompetitorAdmin.list_filter, ConstantFilter]
    list_select_related = ["arena", "constant_answers"]
    actions: Any = [*CompetitorAdmin.actions, "set_verdicts_aside", "restore_verdicts"]

    @admin.display(description=gettext_lazy("answered alike"))
    def alike(self, competitor: Any) -> str:
        """The number of prompts that it answers with the same text."""
        constants = competitor.constant_answers.found if hasattr(competitor, "constant_answers") else []
        return counted(max(one["n_prompts"] for one in constants), "prompt", "prompts") if constants else ""

    @admin.action(description=gettext_lazy("Set aside verdicts of judges on it ..."), permissions=["view"])
    def set_verdicts_aside(self, request: HttpRequest, queryset: QuerySet[Competitor]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            title = _("Set aside verdicts of judges")
            return self.ask(request, queryset, form, title=title, button=pgettext("verb", "Set aside"))
        n_games = set_aside_games(_verdicts_on(queryset), form.cleaned_data["reason"], curator_of(request))
        self.message_user(request, set_aside_message(n_games))
        return None

    @admin.action(description=gettext_lazy("Restore verdicts of judges on it ..."), permissions=["view"])
    def restore_verdicts(self, request: HttpRequest, queryset: QuerySet[Competitor]) -> TemplateResponse | None:
        games = _verdicts_on(queryset).filter(is_counted=False)
        form = self.asked(request, _restoring(games))
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("Restore verdicts of judges"), button=_("Restore"))
        n_games = restore_games(games.filter(set_aside_reason__in=form.cleaned_data["reasons"]), curator_of(request))
        self.message_user(request, restored_message(n_games))
        return None


def _verdicts_on(competitors: QuerySet[Competitor]) -> QuerySet[Game]:
    chosen = list(competitors.values_list("pk", flat=True))
    return Game.objects.decided().filter(Q(battle__competitor_a__in=chosen) | Q(battle__competitor_b__in=chosen))


def _set_aside_because(reason: str, n: int) -> str:
    text = ngettext("%(reason)s: %(n)s verdict", "%(reason)s: %(n)s verdicts", n)
    return text % {"reason": reason, "n": number(n)}


def _restoring(games: QuerySet[Game]) -> type[forms.Form]:
    """A form that chooses the reasons that no longer hold, as verdicts may have been set aside for several."""
    counts = games.order_by("set_aside_reason").values_list("set_aside_reason").annotate(Count("pk"))
    choices = [(reason, _set_aside_because(reason, n)) for reason, n in counts]

    class RestoringForm(forms.Form):
        reasons = forms.MultipleChoiceField(
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            label=gettext_lazy("Set aside because"),
            help_text="" if choices else gettext_lazy("None of the verdicts on them is set aside."),
        )

    return RestoringForm
