"""Endpoints, which superusers alone see and make, and runs, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from arena.admin_pages import CuratorAdmin, ReadOnlyAdmin
from arena.models import Call, Endpoint, Run


@admin.register(Endpoint)
class EndpointAdmin(CuratorAdmin):
    """It costs money and may be given a key: a matter of superusers. A key itself is never here, only its variable's name."""

    list_display = ["name", "wire", "model", "base_url", "key_name", "is_proven", "paused_because"]
    list_filter = ["wire", "is_proven"]
    search_fields = ["name", "model", "base_url"]
    fieldsets = [
        (None, {"fields": ["name", "wire", "base_url", "model", "key_name"]}),
        ("What it costs", {"fields": ["price_in", "price_out"]}),
        (
            "How fast it may be asked, where that is known",
            {"fields": ["requests_per_minute", "tokens_per_minute", "max_concurrency", "timeout_seconds"]},
        ),
        ("What was learnt; forgotten when it is edited", {"fields": ["refused_parameters", "is_proven", "paused_because"]}),
    ]
    readonly_fields = ["refused_parameters", "is_proven"]

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change and set(Endpoint.LEARNT_FROM) & set(form.changed_data):
            obj.forget()
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    counts = {"n_calls": (Call, "run")}
    list_display = ["number", "name", "arena", "kind", "state", "n_calls", "cap", "spent", "created_by", "created_at"]
    list_filter = ["kind", "state", "arena"]
    list_select_related = ["arena", "created_by"]
    search_fields = ["pk__exact", "name"]
    fields = [
        "arena", "kind", "name", "state", "paused_because", "cap", "spent", "reserved", "seed", "plan", "n_calls", "created_by",
        "created_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = ["n_calls"]

    @admin.display(description="number", ordering="pk")
    def number(self, run: Run) -> int:
        return run.pk

    @admin.display(description="calls", ordering="n_calls")
    def n_calls(self, run: Any) -> int:
        return int(run.n_calls)
