"""A run in which a model writes checklists, started in the browser."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena.models import Arena
from arena.views.starting.new_runs import NewRun
from arena.views.starting.run_forms import WHICH, WHO, EndpointField, FormStep, PromptsForm
from judges.runs import checklist_writing
from judges.runs.checklist_writing import ChecklistDraft, ChecklistRequest, ChecklistSettings


class ChecklistsForm(PromptsForm):
    """The form of a new run: the endpoint, the prompts and the cap."""

    endpoint = EndpointField(label=gettext_lazy("Who writes them"))
    which = gettext_lazy("The first ones that have none.")

    field_order = ["endpoint", "pools", "prompts", "max_tokens", "seed", "cap"]

    def steps(self) -> list[FormStep]:
        return [
            FormStep(WHO, gettext_lazy("Model"), ["endpoint", "max_tokens"]),
            FormStep(WHICH, gettext_lazy("Prompts"), self.of_prompts()),
            *super().steps(),
        ]

    def wish(self) -> ChecklistRequest:
        data = self.cleaned_data
        settings = ChecklistSettings(data["max_tokens"])
        return ChecklistRequest(data["endpoint"], settings, tuple(data.get("pools", ())), data["prompts"], data["seed"])


def _drafted(arena: Arena, form: ChecklistsForm) -> ChecklistDraft:
    return checklist_writing.drafted(arena, form.wish())


CHECKLISTS = NewRun("judges/new_checklists.html", ChecklistsForm, _drafted, checklist_writing.start)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_checklists(request: HttpRequest) -> HttpResponse:
    """Checklists for an arena's prompts that have none."""
    return CHECKLISTS.answer(request)
