"""Read-only admin pages for runs."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.admin.base import ReadOnlyAdmin
from arena.models import Call, Run
from arena.runs.budget import dollars, spent_in_words


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    counts = {"n_calls": (Call, "run")}
    list_display = [
        "number",
        "name",
        "arena",
        "kind",
        "state",
        "n_calls",
        "shown_cap",
        "shown_spent",
        "created_by",
        "created_at",
    ]
    list_filter = ["kind", "state", "arena"]
    list_select_related = ["arena", "created_by"]
    search_fields = ["pk__exact", "name"]
    fields = [
        "arena", "kind", "name", "state", "paused_because", "shown_cap", "shown_spent", "shown_reserved", "seed", "plan",
        "n_calls", "created_by", "created_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = ["n_calls", "shown_cap", "shown_spent", "shown_reserved"]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, run: Run) -> int:
        return run.pk

    @admin.display(description=gettext_lazy("calls"), ordering="n_calls")
    def n_calls(self, run: Any) -> int:
        return int(run.n_calls)

    @admin.display(description=gettext_lazy("cap"), ordering="cap")
    def shown_cap(self, run: Run) -> str:
        return _("no cap") if run.cap is None else dollars(run.cap)

    @admin.display(description=gettext_lazy("spent"), ordering="spent")
    def shown_spent(self, run: Run) -> str:
        return spent_in_words(run.spent, run.bounded)

    @admin.display(description=gettext_lazy("held for calls under way"))
    def shown_reserved(self, run: Run) -> str:
        return dollars(run.reserved)
