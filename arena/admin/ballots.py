"""The pairs that voters were shown. Flagged pairs are listed until a curator has handled them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from arena.access import curator_of
from arena.admin.base import ReadOnlyAdmin, link, significant
from arena.evidence import flags
from arena.models import Ballot
from arena.wording import number


class FlagFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("flagged pairs"), "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", _("to be handled")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ballot]) -> QuerySet[Ballot]:
        narrowed = {"open": flags.waiting, "handled": flags.handled}.get(self.value() or "")
        return narrowed(queryset) if narrowed else queryset


@admin.register(Ballot)
class BallotAdmin(ReadOnlyAdmin):
    list_display = ["number", "to_battle", "state", "note", "to_prompt", "voter", "handled", "served_at"]
    list_filter = [FlagFilter, "state"]
    list_select_related = ["battle__arena", "battle__prompt", "voter", "handled_by"]
    search_fields = ["battle__pk__exact", "voter__pk__exact"]
    search_help_text = gettext_lazy("Number of the battle or of the voter.")
    fields = [
        "to_battle", "to_prompt", "to_competitors", "voter", "state", "note", "handled", "first_shown", "policy",
        "shown_propensity", "served_at", "shown_at",
    ]  # fmt: skip
    readonly_fields = ["to_battle", "to_prompt", "to_competitors", "handled", "shown_propensity"]
    ordering = ["-pk"]
    actions = ["mark_as_handled", "mark_as_open"]
    change_form_template = "admin/ballot.html"

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, ballot: Ballot) -> int:
        return ballot.pk

    @admin.display(description=gettext_lazy("battle"), ordering="battle")
    def to_battle(self, ballot: Ballot) -> SafeString:
        return link(reverse("battle", args=[ballot.battle.arena.slug, ballot.battle_id]), ballot.battle)

    @admin.display(description=gettext_lazy("prompt"))
    def to_prompt(self, ballot: Ballot) -> SafeString | str:
        prompt = ballot.battle.prompt
        if prompt is None:
            return "-"
        address = reverse("admin:arena_prompt_change", args=[prompt.pk])
        return format_html("{} ({})", link(address, prompt.key), prompt.get_status_display())

    @admin.display(description=gettext_lazy("models"))
    def to_competitors(self, ballot: Ballot) -> SafeString:
        sides = (ballot.battle.competitor_a, ballot.battle.competitor_b)
        links = [link(reverse("admin:arena_competitor_change", args=[side.pk]), side) for side in sides]
        return format_html("{} – {}", *links)

    @admin.display(description=gettext_lazy("handled"), ordering="handled_at")
    def handled(self, ballot: Ballot) -> str:
        if ballot.handled_at is None:
            return "-"
        name, time = ballot.handled_by or _("an account that is gone"), localize(localtime(ballot.handled_at))
        return _("by %(name)s, %(time)s") % {"name": name, "time": time}

    @admin.display(description=gettext_lazy("propensity"))
    def shown_propensity(self, ballot: Ballot) -> str:
        return significant(ballot.propensity)

    @admin.action(description=gettext_lazy("Mark flagged pairs as handled"), permissions=["view"])
    def mark_as_handled(self, request: HttpRequest, queryset: QuerySet[Ballot]) -> None:
        n_marked = flags.handle(queryset, curator_of(request))
        message = ngettext("%(n)s flagged pair marked as handled.", "%(n)s flagged pairs marked as handled.", n_marked)
        self.message_user(request, message % {"n": number(n_marked)})

    @admin.action(description=gettext_lazy("Mark flagged pairs as not handled"), permissions=["view"])
    def mark_as_open(self, request: HttpRequest, queryset: QuerySet[Ballot]) -> None:
        n_marked = flags.reopen(queryset)
        message = ngettext("%(n)s flagged pair is open again.", "%(n)s flagged pairs are open again.", n_marked)
        self.message_user(request, message % {"n": number(n_marked)})
