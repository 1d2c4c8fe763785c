"""Judges to define, verdicts to look at, to set aside and to restore, gold sets and checklists."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from arena.admin_pages import CuratorAdmin, ReadOnlyAdmin, ReadOnlyInline, ReasonForm, curator_of, link
from arena.models import Attempt
from arena.rendering import visible_controls
from judges.cards import called_judge, check_card, new_version
from judges.competitor_admin import JudgedCompetitorAdmin
from judges.curating import restore_games, set_aside_games
from judges.models import Checklist, Game, GameChange, GoldItem, GoldSet, Judge
from judges.protocols import PROTOCOLS

if TYPE_CHECKING:
    JudgeForm = forms.ModelForm[Judge]
    CriteriaForm = forms.ModelForm[Checklist]
else:
    JudgeForm = CriteriaForm = forms.ModelForm

__all__ = ["JudgedCompetitorAdmin"]

PARTS = ("endpoint", "protocol", "template", "parameters")


class CardForm(JudgeForm):
    """What a judge that is asked consists of; the template may be left empty for the protocol's own."""

    protocol = forms.ChoiceField(choices=[(key, protocol.title) for key, protocol in PROTOCOLS.items()])

    class Meta:
        model = Judge
        fields = ["name", *PARTS, "family"]

    def clean(self) -> dict[str, Any]:
        card: dict[str, Any] = super().clean() or self.cleaned_data
        if not card.get("endpoint"):
            raise ValidationError({"endpoint": "Choose where it is asked; superusers make endpoints."})
        if not self.errors:
            self._check(card)
        return card

    def _check(self, card: dict[str, Any]) -> None:
        if "protocol" in self.changed_data and "template" not in self.changed_data:
            card["template"] = ""  # another protocol's template would not fit
        try:
            check_card(**{part: card[part] for part in PARTS})
        except (ValueError, TypeError) as error:
            raise ValidationError(str(error)) from error
        if self.instance._state.adding and Judge.objects.filter(name=card["name"]).exists():
            raise ValidationError({"name": "A judge of this name is here: edit it, or choose another name."})


@admin.register(Judge)
class JudgeAdmin(CuratorAdmin):
    """Saving never changes a card: it makes a new version, and the old one keeps its games."""

    form = CardForm
    counts = {"n_games": (Game, "judge")}
    list_display = ["name", "version", "is_current", "kind", "protocol", "model", "endpoint", "n_games", "created_at"]
    list_filter = ["kind", "protocol", ("superseded_by", admin.EmptyFieldListFilter)]
    list_select_related = ["endpoint"]
    search_fields = ["name", "model"]
    fixed = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "family"]}),
        ("Its card: a change makes a new version", {"fields": ["endpoint", "protocol", "template", "parameters"]}),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Programs, imported judges and old versions are to look at."""
        is_fixed = obj is not None and (not obj.is_called or obj.superseded_by_id is not None)
        return not is_fixed and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Judge, form: Any, change: bool) -> None:
        card = {part: form.cleaned_data[part] for part in PARTS}
        if change:
            saved = new_version(Judge.objects.get(pk=obj.pk), **card, family=form.cleaned_data["family"])
        else:
            said = {part: card[part] for part in ("template", "parameters")}
            saved = called_judge(card["endpoint"], card["protocol"], name=obj.name, **said)
        # The page goes on with the version that stands now.
        obj.pk = saved.pk
        obj._state.adding = False
        obj.refresh_from_db()
        self.message_user(request, f"{saved} says so now" + (f", as version {saved.version}." if saved.version > 1 else "."))

    @admin.display(description="current", boolean=True)
    def is_current(self, judge: Judge) -> bool:
        return judge.superseded_by_id is None

    @admin.display(description="games", ordering="n_games")
    def n_games(self, judge: Any) -> SafeString:
        return link(f"{reverse('admin:judges_game_changelist')}?judge__id__exact={judge.pk}", judge.n_games)


class ChangeInline(ReadOnlyInline):
    model = GameChange
    verbose_name_plural = "how it was set aside and restored"
    fields = ("event", "is_counted")
    readonly_fields = fields


@admin.register(Game)
class GameAdmin(ReadOnlyAdmin):
    list_display = ["number", "judge", "battle", "order", "repeat", "state", "winner", "label", "is_tainted", "is_counted"]
    list_filter = ["state", "winner", "order", "is_counted", ("judge", admin.RelatedOnlyFieldListFilter), "battle__arena"]
    list_select_related = ["judge", "battle"]
    search_fields = ["pk__exact", "battle__pk__exact", "run__pk__exact"]
    search_help_text = "Number of the game, of its battle or of its run."
    ordering = ["-pk"]
    inlines = [ChangeInline]
    actions = ["set_aside", "restore"]
    fields = [
        "judge", "battle", "order", "repeat", "state", "winner", "strength", "score_first", "score_second", "label", "reason",
        "reference_given", "taints", "is_counted", "set_aside_reason", "run", "copied_from", "cost", "decided_at", "attempts",
        "reply",
    ]  # fmt: skip
    readonly_fields = ["attempts"]

    @admin.display(description="number", ordering="pk")
    def number(self, game: Game) -> int:
        return game.pk

    @admin.display(description="tainted", boolean=True)
    def is_tainted(self, game: Game) -> bool:
        return bool(game.taints)

    @admin.display(description="what was asked and what came back")
    def attempts(self, game: Game) -> SafeString:
        source = game.copied_from or game
        if source.call is None:
            return format_html("{}", "It was not asked.")
        rows = [
            [each.sent_at, each.get_state_display(), *map(visible_controls, _said(each))] for each in source.call.attempts.all()
        ]
        shown = "<p>{} {} {} {}</p><details><summary>request</summary><pre>{}</pre></details><pre>{}</pre>"
        return format_html_join("", shown, rows)

    @admin.action(description="Set aside ...", permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Game]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title="Set verdicts aside", button="Set aside")
        n_games = set_aside_games(queryset, form.cleaned_data["reason"], curator_of(request))
        self.message_user(request, f"{n_games} verdicts set aside; boards follow in a moment.")
        return None

    @admin.action(description="Restore", permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Game]) -> None:
        n_games = restore_games(queryset, curator_of(request))
        self.message_user(request, f"{n_games} verdicts restored; boards follow in a moment.")


def _said(attempt: Attempt) -> tuple[str, ...]:
    return attempt.model, attempt.error, _asked(attempt.request), attempt.text or attempt.reply


def _asked(messages: Any) -> str:
    return "\n\n".join(f"{message.get('role')}:\n{message.get('content')}" for message in messages)


@admin.register(GoldSet)
class GoldSetAdmin(CuratorAdmin):
    counts = {"n_items": (GoldItem, "gold_set")}
    list_display = ["name", "arena", "n_items", "created_at"]
    list_filter = ["arena"]
    list_select_related = ["arena"]
    fixed = ["arena"]
    fields = ["arena", "name", "origin"]

    @admin.display(description="labels", ordering="n_items")
    def n_items(self, gold: Any) -> int:
        return int(gold.n_items)


class ChecklistForm(CriteriaForm):
    class Meta:
        model = Checklist
        fields = ["prompt", "criteria"]

    def clean_criteria(self) -> list[dict[str, Any]]:
        return checked_criteria(self.cleaned_data["criteria"])


def checked_criteria(rows: Any) -> list[dict[str, Any]]:
    """Objects with a text and a weight; ValidationError names what is wrong."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= 20:
        raise ValidationError(
            'A list of 1 to 20 objects is needed, such as [{"text": "Does it name the capital?", "weight": 1}].'
        )
    checked = []
    for row in rows:
        text, weight = (row.get("text"), row.get("weight", 1)) if isinstance(row, dict) else ("", 0)
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            weight = 0
        if not isinstance(text, str) or not text.strip() or not 0 < weight <= 100:
            raise ValidationError(f"{row!r}: a text that is not empty and a weight above 0, at most 100, are needed.")
        checked.append({"text": text.strip(), "weight": weight})
    return checked


@admin.register(Checklist)
class ChecklistAdmin(CuratorAdmin):
    form = ChecklistForm
    list_display = ["prompt", "n_criteria", "author", "changed_at"]
    list_filter = ["prompt__arena", ("written_by", admin.EmptyFieldListFilter)]
    list_select_related = ["prompt", "written_by", "call__endpoint"]
    raw_id_fields = ["prompt"]
    search_fields = ["prompt__key"]
    fixed = ["prompt"]
    fields = ["prompt", "criteria", "author", "asked_in"]
    readonly_fields = ["author", "asked_in"]

    def save_model(self, request: HttpRequest, obj: Checklist, form: Any, change: bool) -> None:
        if form.changed_data:  # whoever only looked at it has not written it
            obj.written_by = curator_of(request)
        super().save_model(request, obj, form, change)

    @admin.display(description="criteria")
    def n_criteria(self, checklist: Checklist) -> int:
        return len(checklist.criteria)

    @admin.display(description="written by", ordering="written_by__username", empty_value="nobody yet")
    def author(self, checklist: Checklist) -> str | None:
        """Who wrote or edited it last."""
        if checklist.written_by is not None:
            return checklist.written_by.get_username()
        if checklist.call is not None:
            return f"a model ({checklist.call.endpoint.model})"
        return "somebody whose account is gone" if checklist.pk else None

    @admin.display(description="first written in", empty_value="no call: a person wrote it")
    def asked_in(self, checklist: Checklist) -> SafeString | None:
        call = checklist.call
        if call is None:
            return None
        return format_html('<a href="{}">run {}</a>, call {}', reverse("run", args=[call.run_id]), call.run_id, call.pk)
