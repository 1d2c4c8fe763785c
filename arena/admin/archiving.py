"""Shared by the admin lists of rows that can be archived: a filter that shows those in use first, and two actions."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from arena.access import curator_of
from arena.admin.base import CuratorAdmin
from arena.archiving.putting_away import LONGEST_REASON, archive, bring_back
from arena.archiving.refusals import archived_message
from arena.wording import number, sentence


class ArchivedListFilter(admin.SimpleListFilter):
    """A filter by archived or not; by default it shows the rows in use."""

    title, parameter_name = gettext_lazy("archived"), "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("only", _("Archived")), ("all", _("Both"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        shown = super().choices(changelist)
        yield {**next(shown), "display": _("In use")}
        yield from shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "only")


class ArchivingForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"size": 60}),
        help_text=gettext_lazy("Shown to anyone who looks for it."),
    )  # fmt: skip


class ArchivingAdmin(CuratorAdmin):
    """Archived rows are read-only; they must be brought back before they can be changed."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [ArchivedListFilter, *super().get_list_filter(request)]

    def get_actions(self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request, action_location=action_location)
        if action_location != ActionLocation.CHANGE_LIST:
            return actions
        mine = {
            "archive": (_archive, "archive", gettext_lazy("Archive ...")),
            "bring_back": (_bring_back, "bring_back", gettext_lazy("Bring back")),
        }
        return actions | mine

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not getattr(obj, "is_archived", False) and super().has_change_permission(request, obj)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id) if request.method == "GET" else None
        if row is not None and self.has_view_permission(request, row):
            messages.info(request, _way(row))
        return super().change_view(request, object_id, *args, **kwargs)


def _way(row: Any) -> str:
    """A link to the page that archives the row or brings it back."""
    address = reverse("archive", args=[row._meta.model_name, row.pk])
    if row.is_archived:
        return format_html('{} <a href="{}">{}</a>', sentence(archived_message(row)), address, _("Bring it back"))
    return format_html('<a href="{}">{}</a>', address, _("Archive it"))


def _archive(model_admin: CuratorAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
    form = model_admin.asked(request, ArchivingForm)
    if not form.is_valid():
        return model_admin.ask(request, queryset, form, title=_("Archive"), button=_("Archive"))
    try:
        n = archive(_rows(queryset), form.cleaned_data["reason"], curator_of(request))
    except ValueError as reason:
        model_admin.message_user(request, sentence(reason), messages.ERROR)
        return None
    message = ngettext("%(n)s archived.", "%(n)s archived.", n) % {"n": number(n)}
    undo = format_html('{} <a href="?archived=only">{}</a>', message, _("Archived ones can be brought back."))
    model_admin.message_user(request, undo)
    return None


def _bring_back(model_admin: CuratorAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    try:
        n = bring_back(_rows(queryset), curator_of(request))
    except ValueError as reason:
        model_admin.message_user(request, sentence(reason), messages.ERROR)
        return
    message = ngettext("%(n)s brought back.", "%(n)s brought back.", n)
    model_admin.message_user(request, message % {"n": number(n)})


def _rows(queryset: QuerySet[Any]) -> list[Any]:
    """The rows without the counts that a list shows."""
    model: type[Model] = queryset.model
    return list(model._default_manager.filter(pk__in=list(queryset.values_list("pk", flat=True))))
