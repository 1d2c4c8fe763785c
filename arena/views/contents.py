"""All prompts, answers and models of an arena, for curators: searched, filtered, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Competitor, Prompt, PromptPool, Response
from arena.views.context import arena_or_404, page_context
from arena.views.private_pages import only_curators, private
from arena.visitors import voter_identity

PER_PAGE = 50
KINDS = {"prompts": gettext_lazy("Prompts"), "answers": gettext_lazy("Answers"), "models": gettext_lazy("Models")}


class ContentsFilter(forms.Form):
    what = forms.ChoiceField(choices=list(KINDS.items()), required=False, widget=forms.HiddenInput)
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=200)
    pool = forms.ModelChoiceField(
        PromptPool.objects.none(), label=gettext_lazy("Pool"), required=False, to_field_name="slug",
        empty_label=pgettext_lazy("pools", "All"),
    )  # fmt: skip
    model = forms.ModelChoiceField(
        Competitor.objects.none(), label=gettext_lazy("Model"), required=False, empty_label=pgettext_lazy("models", "All")
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False,
        choices=[
            ("", gettext_lazy("In use")), ("archived", gettext_lazy("Archived")),
            ("all", pgettext_lazy("in use or archived", "All")),
        ],
    )  # fmt: skip
    prompt = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    answer = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    before = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, arena: Arena) -> None:
        super().__init__(data)
        self.fields["pool"].queryset = arena.pools.order_by("slug")  # type: ignore[attr-defined]
        self.fields["model"].queryset = arena.competitors.order_by("name")  # type: ignore[attr-defined]

    @property
    def kind(self) -> str:
        return self.cleaned_data.get("what") or "prompts"

    def shown(self) -> list[Any]:
        """The fields that this list is filtered by."""
        names = {"prompts": ["q", "pool", "state"], "answers": ["q", "model", "state"], "models": ["q", "state"]}
        return [self[name] for name in names[self.kind]]


@dataclass(frozen=True, slots=True)
class ShownResponse:
    """An answer, with the one it corrects and the one that corrected it."""

    answer: Response
    corrects: int | None

    @property
    def corrected_by(self) -> int | None:
        return self.answer.superseded_by_id


@never_cache
@require_safe
@login_required
def contents(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first. Answers to prompts on which the reader has a pair open are left out until the vote."""
    only_curators(request, "contents")
    arena = arena_or_404(request, slug)
    form = ContentsFilter(request.GET, arena=arena)
    is_known = form.is_valid()
    if not is_known:
        form = ContentsFilter(QueryDict(), arena=arena)
        form.is_valid()
    hidden = access.hidden_prompts(request.user, arena, voter_identity.voter_of(request, arena, create=False))
    matching: QuerySet[Any] = _WAYS[form.kind](arena, form, hidden)
    before = form.cleaned_data["before"]
    rows = list((matching.filter(pk__lt=before) if before else matching).order_by("-pk")[: PER_PAGE + 1])
    older = request.GET.copy()
    older["before"] = str(rows[PER_PAGE - 1].pk) if len(rows) > PER_PAGE else ""
    shown = rows[:PER_PAGE]
    context = page_context(
        request, "contents", arena, form=form, kind=form.kind, kinds=KINDS.items(), is_known=is_known, n_hidden=hidden.count(),
        rows=_with_corrections(shown) if form.kind == "answers" else shown, is_whole=bool(form.cleaned_data["answer"]),
        older=f"?{older.urlencode()}" if older["before"] else "", is_filtered=any(map(form.cleaned_data.get, _FILTERS)),
    )  # fmt: skip
    return private(render(request, "arena/contents.html", context, status=200 if is_known else 400))


_FILTERS = ("q", "pool", "model", "state", "prompt", "answer", "before")


def _by_state(rows: QuerySet[Any], form: ContentsFilter) -> QuerySet[Any]:
    state = form.cleaned_data["state"]
    return rows if state == "all" else rows.filter(archived_at__isnull=state != "archived")


def _prompts(arena: Arena, form: ContentsFilter, hidden: QuerySet[Prompt]) -> QuerySet[Prompt]:
    """Prompts say nothing about who answers them."""
    rows = _by_state(Prompt.objects.filter(arena=arena).select_related("pool").defer("html"), form)
    if text := form.cleaned_data["q"]:
        rows = rows.filter(Q(key__icontains=text) | Q(turns__icontains=text) | Q(category__icontains=text))
    if pool := form.cleaned_data["pool"]:
        rows = rows.filter(pool=pool)
    return rows


def _answers(arena: Arena, form: ContentsFilter, hidden: QuerySet[Prompt]) -> QuerySet[Response]:
    rows = Response.objects.filter(prompt__arena=arena).exclude(prompt__in=hidden)
    rows = rows.select_related("prompt", "competitor").defer("html", "prompt__html", "prompt__reference")
    if answer := form.cleaned_data["answer"]:
        return rows.filter(Q(pk=answer) | Q(superseded_by=answer) | Q(supersedes=answer)).distinct()
    if prompt := form.cleaned_data["prompt"]:
        rows = rows.filter(prompt=prompt)
    if text := form.cleaned_data["q"]:
        rows = rows.filter(text__icontains=text)
    if model := form.cleaned_data["model"]:
        rows = rows.filter(competitor=model)
    return _by_state(rows, form)


def _models(arena: Arena, form: ContentsFilter, hidden: QuerySet[Prompt]) -> QuerySet[Competitor]:
    rows = _by_state(arena.competitors.all(), form)
    if text := form.cleaned_data["q"]:
        rows = rows.filter(Q(name__icontains=text) | Q(organisation__icontains=text))
    return rows


_WAYS: dict[str, Any] = {"prompts": _prompts, "answers": _answers, "models": _models}


def _with_corrections(answers: Sequence[Response]) -> list[ShownResponse]:
    older = Response.objects.filter(superseded_by__in=[each.pk for each in answers]).values_list("superseded_by", "pk")
    corrects = dict(older)
    return [ShownResponse(each, corrects.get(each.pk)) for each in answers]
