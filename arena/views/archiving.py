"""Pages that put one thing away, bring it back, or correct an answer. For curators; endpoints are for superusers."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from arena.access import curator_of
from arena.archiving.putting_away import LONGEST_REASON, archive, bring_back, runs_asking
from arena.importing.corrections import correct_answer
from arena.models import Archivable, Arena, Battle, Endpoint, Response
from arena.views.context import page_context
from arena.views.private_pages import only_curators, private
from arena.wording import sentence

LONGEST_TURN = 1_000_000


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=LONGEST_REASON, help_text=gettext_lazy("Shown to anyone who looks for it.")
    )


class CorrectionForm(forms.Form):
    """The new text of the answer, turn by turn, and the reason for the correction."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=LONGEST_REASON,
        help_text=gettext_lazy("Shown beside battles that were judged on the earlier text."),
    )  # fmt: skip

    def __init__(self, *args: Any, turns: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turns = [f"turn_{number}" for number in range(len(turns))]
        for number, (name, text) in enumerate(zip(self.turns, turns, strict=True), start=1):
            label = _("The right answer") if len(turns) == 1 else _("The right answer to turn %(n)d") % {"n": number}
            self.fields[name] = forms.CharField(
                label=label, initial=text, strip=False, max_length=LONGEST_TURN, widget=forms.Textarea(attrs={"rows": 16})
            )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Archive what is in use, bring back what is archived."""
    row = _row(request, kind, pk)
    form = WhyForm(request.POST if request.method == "POST" and not row.is_archived else None)
    if request.method == "POST" and (row.is_archived or form.is_valid()):
        try:
            _move(request, row, form)
        except ValueError as reason:
            messages.error(request, sentence(reason))
        return redirect(_onward(request, row))
    runs = [] if row.is_archived else runs_asking([row])
    context = page_context(
        request, "archive", row if isinstance(row, Arena) else None, row=row, kind=kind, form=form, runs=runs[:5],
        verbose=row._meta.verbose_name, onward=_onward(request, row),
    )  # fmt: skip
    return private(render(request, "arena/archive.html", context, status=422 if form.errors else 200))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an answer. Battles that were judged keep the text that they had."""
    only_curators(request, "answers")
    answer = get_object_or_404(Response.objects.select_related("prompt__arena", "competitor"), pk=pk)
    turns = [str(turn) for turn in answer.turns] or [answer.text]
    form = CorrectionForm(request.POST or None, turns=turns)
    if form.is_valid():
        corrected = [form.cleaned_data[name].replace("\r\n", "\n") for name in form.turns]
        try:
            new = correct_answer(answer, corrected, form.cleaned_data["reason"], curator_of(request))
        except ValueError as reason:
            form.add_error(None, sentence(reason))
        else:
            message = _(
                "Corrected: answer %(new)s is used from now on; battles on answer %(old)s keep the text that was judged."
            )
            messages.success(request, message % {"new": new.pk, "old": answer.pk})
            return redirect(_onward(request, answer))
    n_battles = sum(Battle.objects.filter(**{side: answer}).count() for side in ("response_a", "response_b"))
    context = page_context(
        request, "correct", answer.prompt.arena, answer=answer, form=form, n_battles=n_battles, onward=_onward(request, answer)
    )
    return private(render(request, "arena/correct.html", context, status=422 if form.errors else 200))


def _row(request: HttpRequest, kind: str, pk: int) -> Archivable:
    """Any model that can be archived, in any app: found in the registry, not imported."""
    kinds = {model._meta.model_name: model for model in apps.get_models() if issubclass(model, Archivable)}
    only_curators(request, "archiving")
    if kind not in kinds:
        raise Http404(f"nothing of the kind {kind!r} is archived")
    if kinds[kind] is Endpoint and not request.user.is_superuser:
        raise PermissionDenied(_("endpoints are for superusers"))
    row: Archivable = get_object_or_404(kinds[kind]._default_manager.all(), pk=pk)
    return row


def _move(request: HttpRequest, row: Archivable, form: WhyForm) -> None:
    if row.is_archived:
        bring_back([row], curator_of(request))
        messages.success(request, _("%(name)s is in use again.") % {"name": row})
    else:
        archive([row], form.cleaned_data["reason"], curator_of(request))
        messages.success(request, _("%(name)s is archived. “Bring it back” puts it into use again.") % {"name": row})


def _onward(request: HttpRequest, row: Archivable) -> str:
    """The page the visitor came from, else the row's own page."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    if asked and url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure()):
        return asked
    if isinstance(row, Arena):
        return row.get_absolute_url()
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return reverse("arenas")
