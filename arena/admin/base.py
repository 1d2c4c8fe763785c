"""Shared by the admin pages for curators: permissions, lists over millions of rows, actions that ask first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Count, JSONField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from arena import access
from arena.admin.json_fields import WrittenJSONField
from arena.models import Archivable
from arena.models.names import check_name
from arena.row_numbers import row_number

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    BasePaginator = Paginator[Any]
else:
    ModelAdmin, TabularInline, BasePaginator = admin.ModelAdmin, admin.TabularInline, Paginator

# Words of Django's own admin and of axes that their catalogues lack in a language of this site: ours say them.
LACKING = (
    gettext_noop("Run"),
    gettext_noop("- Select an option -"),
    gettext_noop("access attempts"),
    gettext_noop("access failures"),
    gettext_noop("access logs"),
)

MOST_COUNTED = 10_000
MOST_VALUES = 100


class CappedPaginator(BasePaginator):
    """A paginator that stops counting at a limit: counting a million rows would slow down every page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MOST_COUNTED + 1].count())

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


class CuratorAdmin(ModelAdmin):
    """Staff are curators and may curate everything. Rows are never deleted, but retired, closed or set aside."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    paginator = CappedPaginator
    formfield_overrides = {JSONField: {"form_class": WrittenJSONField}}
    fixed: Sequence[str] = ()  # fields that identify a row, and cannot be changed later
    counts: Mapping[str, tuple[type[Model], str]] = {}  # name -> which rows to count, and the field by which they point here

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(**{name: n_rows(model, field) for name, (model, field) in self.counts.items()})
        return counted

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise BadRequest(_("Filters must not contain NUL characters."))
        title = capfirst(self.opts.verbose_name_plural)  # a list is named by what is in it
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name in self.fixed if obj else ():
            # Disabled rather than left out, so that the form still checks the constraints on these fields.
            if name in form.base_fields:
                form.base_fields[name].disabled = True
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Refuse one-line texts that are invisible or could be mistaken for another name."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.Textarea | forms.PasswordInput):
            field.validators.append(check_name)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer no archived rows, except those that the row already refers to."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and issubclass(field.queryset.model, Archivable):
            number = str((request.resolver_match.kwargs if request.resolver_match else {}).get("object_id", ""))
            mine = self.model._default_manager.filter(pk=row_number(number))
            field.queryset = field.queryset.filter(Q(archived_at=None) | Q(pk__in=mine.values(db_field.attname)))
        return field

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else dict(super().get_prepopulated_fields(request, obj))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_curator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.is_curator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.is_curator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.is_curator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    # The history stores the name of the row, in one language for all curators.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        with translation.override(settings.LANGUAGE_CODE):
            return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        with translation.override(settings.LANGUAGE_CODE):
            return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        with translation.override(settings.LANGUAGE_CODE):
            return super().log_deletions(request, queryset)

    def ask(self, request: HttpRequest, rows: QuerySet[Any], form: forms.Form, *, title: str, button: str) -> TemplateResponse:
        """The page that asks before an action: what it will do to how many rows, and a form for what it needs."""
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": title,
            "button": button,
            "form": form,
            "n_rows": rows.count(),
            "rows": [self.row_text(row) for row in rows[:10]],
            "action": request.POST.get("action"),
            "select_across": request.POST.get("select_across", "0"),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        }
        return TemplateResponse(request, "admin/ask.html", context)

    def row_text(self, row: Any) -> str:
        """The name of a chosen row on the page that asks."""
        return str(row)

    def asked(self, request: HttpRequest, form: type[forms.Form]) -> forms.Form:
        """The form on the page that asks: empty at first, then with the data sent."""
        return form(request.POST if "apply" in request.POST else None)


class ReadOnlyAdmin(CuratorAdmin):
    """Rows that the arena writes; curators can read them, and change them only with actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Read-only rows that belong to the row shown."""

    template = "admin/rows.html"
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.is_curator(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=gettext_lazy("Readers are shown it, beside the battle."),
    )


class InArenaFilter(admin.RelatedFieldListFilter):
    """A filter by rows of an arena: two arenas may each have a "main"."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = field.remote_field.model._default_manager.select_related("arena").order_by("arena__name", "name", "pk")
        return [(row.pk, f"{row.arena}: {row}") for row in rows]


def values_filter(
    title: Any,
    parameter: str,
    values: Callable[[HttpRequest], Iterable[str]],
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]],
    shown: Callable[[str], str] = str,
) -> type[admin.SimpleListFilter]:
    """A filter by the values that occur in the rows, each named by `shown`; the empty value is called "none"."""

    class ValuesFilter(admin.SimpleListFilter):
        def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
            return [(value or "-", shown(value) if value else _("none")) for value in values(request)]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            return queryset if value is None else narrow(queryset, "" if value == "-" else value)

    ValuesFilter.title, ValuesFilter.parameter_name = title, parameter
    return ValuesFilter


def n_rows(model: type[Model], field: str) -> Coalesce:
    """The number of rows whose field points here, as a subquery: a join would multiply the other counts."""
    rows = model._default_manager.filter(**{field: OuterRef("pk")}).order_by().values(field)
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


def significant(value: float | None) -> str:
    """A number with three significant digits, in the reader's language."""
    return "-" if value is None else number_format(Decimal(f"{value:.3g}"))


def link(address: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)
