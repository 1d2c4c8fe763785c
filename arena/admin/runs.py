"""Runs, to look at."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from arena.admin.base import ReadOnlyAdmin
from arena.models import Call, Run


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

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, run: Run) -> int:
        return run.pk

    @admin.display(description=gettext_lazy("calls"), ordering="n_calls")
    def n_calls(self, run: Any) -> int:
        return int(run.n_calls)
