"""Admin pages for verdicts (viewed, set aside, restored), gold sets and checklists."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from arena.access import curator_of
from arena.admin.base import CuratorAdmin, InArenaFilter, ReadOnlyAdmin, ReadOnlyInline, ReasonForm
from arena.models import Attempt
from arena.runs.budget import dollars
from arena.texts.rendering import visible_controls
from arena.wording import number
from judges.admin.cards import JudgeAdmin
from judges.admin.competitors import JudgedCompetitorAdmin
from judges.admin.criteria_rows import CriteriaRows
from judges.admin.set_aside_messages import restored_message, set_aside_message
from judges.games.curation import contradicting, count_answers, count_labels, restore_games, set_aside_games
from judges.judge_choices import choose_judge
from judges.models import Checklist, Game, GameChange, GoldAnswer, GoldItem, GoldSet, JudgeChoice
from judges.models.games import IS_MARKED
from judges.runs.earlier_checklists import EDITED, resting_on

if TYPE_CHECKING:
    CriteriaForm = forms.ModelForm[Checklist]
else:
    CriteriaForm = forms.ModelForm

__all__ = ["JudgeAdmin", "JudgedCompetitorAdmin"]


@admin.register(JudgeChoice)
class JudgeChoiceAdmin(CuratorAdmin):
    """Curators' choices about judges. A stored choice is never changed: a new decision is a newer row."""

    list_display = ["judge", "arena", "says", "reason", "by", "at"]
    list_filter = ["arena", "says"]
    list_select_related = ["judge", "arena", "event__actor"]
    search_fields = ["judge__name", "reason"]
    fields = ["arena", "judge", "says", "reason"]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Every choice but "retired": a judge is retired in all arenas at once, on its own page."""
        if db_field.name == "says":
            kwargs["choices"] = [each for each in JudgeChoice.Says.choices if each[0] != JudgeChoice.Says.RETIRED]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: JudgeChoice, form: Any, change: bool) -> None:
        made = choose_judge(obj.arena, obj.judge, obj.says, obj.reason, curator_of(request))
        obj.pk, obj.event, obj.reason = made.pk, made.event, made.reason
        obj._state.adding = False
        self.message_user(
            request,
            _("%(choice)s. Boards of %(arena)s follow in a moment, and show the reason.")
            % {"choice": made, "arena": obj.arena},
        )

    def response_add(self, request: HttpRequest, obj: JudgeChoice, post_url_continue: str | None = None) -> HttpResponse:
        """Without Django's own message: `save_model` has shown one."""
        return self.response_post_save_add(request, obj)

    @admin.display(description=gettext_lazy("by"))
    def by(self, choice: JudgeChoice) -> Any:
        return choice.event.actor or _("somebody whose account is gone")

    @admin.display(description=gettext_lazy("at"), ordering="event__created_at")
    def at(self, choice: JudgeChoice) -> Any:
        return choice.event.created_at


class MarkedFilter(admin.SimpleListFilter):
    """Games on answers that seem to speak to their judge."""

    title = gettext_lazy("an answer speaks to the judge")
    parameter_name = "marked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("It seems to")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(IS_MARKED if self.value() == "yes" else ~IS_MARKED)


class ChangeInline(ReadOnlyInline):
    model = GameChange
    verbose_name_plural = gettext_lazy("how it was set aside and restored")
    fields = ("event", "is_counted")
    readonly_fields = fields


@admin.register(Game)
class GameAdmin(ReadOnlyAdmin):
    list_display = ["number", "judge", "battle", "order", "repeat", "state", "winner", "label", "is_tainted", "is_counted"]
    list_filter = [
        "state", "winner", "order", "is_counted", MarkedFilter, ("judge", admin.RelatedOnlyFieldListFilter), "battle__arena",
    ]  # fmt: skip
    list_select_related = ["judge", "battle"]
    search_fields = ["pk__exact", "battle__pk__exact", "run__pk__exact"]
    search_help_text = gettext_lazy("Number of the game, of its battle or of its run.")
    ordering = ["-pk"]
    inlines = [ChangeInline]
    actions = ["set_aside", "restore"]
    fields = [
        "judge", "battle", "order", "repeat", "state", "winner", "strength", "score_first", "score_second", "label", "reason",
        "criteria", "reference_given", "taints", "is_counted", "set_aside_reason", "run", "copied_from", "shown_cost",
        "decided_at", "attempts", "reply",
    ]  # fmt: skip
    readonly_fields = ["attempts", "shown_cost"]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, game: Game) -> int:
        return game.pk

    @admin.display(description=gettext_lazy("cost"))
    def shown_cost(self, game: Game) -> str:
        return dollars(game.cost)

    @admin.display(description=gettext_lazy("tainted"), boolean=True)
    def is_tainted(self, game: Game) -> bool:
        return bool(game.taints)

    @admin.display(description=gettext_lazy("what was asked and what came back"))
    def attempts(self, game: Game) -> SafeString:
        source = game.copied_from or game
        if source.call is None:
            return format_html("{}", _("It was not asked."))
        rows = [
            [each.sent_at, each.get_state_display(), *map(visible_controls, _said(each))] for each in source.call.attempts.all()
        ]
        asked = _("request")
        shown = f"<p>{{}} {{}} {{}} {{}}</p><details><summary>{asked}</summary><pre>{{}}</pre></details><pre>{{}}</pre>"
        return format_html_join("", shown, rows)

    @admin.action(description=gettext_lazy("Set aside ..."), permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Game]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("Set verdicts aside"), button=pgettext("verb", "Set aside"))
        n_games = set_aside_games(queryset, form.cleaned_data["reason"], curator_of(request))
        self.message_user(request, set_aside_message(n_games))
        return None

    @admin.action(description=gettext_lazy("Restore"), permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Game]) -> None:
        n_games = restore_games(queryset, curator_of(request))
        self.message_user(request, restored_message(n_games))


def _said(attempt: Attempt) -> tuple[str, ...]:
    return attempt.model, attempt.error, _asked(attempt.request), attempt.text or attempt.reply


def _asked(messages: Any) -> str:
    return "\n\n".join(f"{message.get('role')}:\n{message.get('content')}" for message in messages)


class ContradictedFilter(admin.SimpleListFilter):
    title = gettext_lazy("contradiction")
    parameter_name = "contradiction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Labels that contradict another of their battle"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[GoldItem]) -> QuerySet[GoldItem]:
        return queryset.filter(pk__in=contradicting().values("pk")) if self.value() else queryset


@admin.register(GoldSet)
class GoldSetAdmin(CuratorAdmin):
    counts = {"n_items": (GoldItem, "gold_set")}
    list_display = ["name", "arena", "n_items", "created_at"]
    list_filter = ["arena"]
    list_select_related = ["arena"]
    fixed = ["arena"]
    fields = ["arena", "name", "origin"]

    @admin.display(description=gettext_lazy("labels"), ordering="n_items")
    def n_items(self, gold: Any) -> int:
        return int(gold.n_items)


class GoldLabelAdmin(CuratorAdmin):
    """Labels as imported. A wrong one is set aside, not deleted."""

    search_fields = ["note"]
    actions = ["set_labels_aside", "restore_labels"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=gettext_lazy("Set the chosen labels aside"))
    def set_labels_aside(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._count(request, queryset, is_counted=False)

    @admin.action(description=gettext_lazy("Count the chosen labels again"))
    def restore_labels(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._count(request, queryset, is_counted=True)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self._count(request, self.model._default_manager.filter(pk=obj.pk), is_counted=obj.is_counted)

    def _count(self, request: HttpRequest, labels: QuerySet[Any], *, is_counted: bool) -> None:
        count = count_answers if self.model is GoldAnswer else count_labels
        n_labels = count(labels, is_counted, curator_of(request))
        if is_counted:
            message = ngettext(
                "%(n)s label restored; figures follow in a moment.",
                "%(n)s labels restored; figures follow in a moment.",
                n_labels,
            )
        else:
            message = ngettext(
                "%(n)s label set aside; figures follow in a moment.",
                "%(n)s labels set aside; figures follow in a moment.",
                n_labels,
            )
        self.message_user(request, message % {"n": number(n_labels)})


@admin.register(GoldAnswer)
class GoldAnswerAdmin(GoldLabelAdmin):
    """Labels of single answers."""

    list_display = ["response", "is_right", "grade", "gold_set", "note", "is_counted"]
    list_filter = [("gold_set", InArenaFilter), "is_right", "is_counted"]
    list_select_related = ["gold_set", "response__competitor", "response__prompt"]
    raw_id_fields = ["response"]
    fixed = ["gold_set", "response", "is_right", "grade", "note"]
    fields = [*fixed, "is_counted"]


@admin.register(GoldItem)
class GoldItemAdmin(GoldLabelAdmin):
    """Labels of pairs. If two contradict each other, neither counts."""

    list_display = ["battle", "label", "gold_set", "note", "is_counted"]
    list_filter = [("gold_set", InArenaFilter), "label", "is_counted", ContradictedFilter]
    list_select_related = ["gold_set", "battle"]
    raw_id_fields = ["battle"]
    fixed = ["gold_set", "battle", "label", "order", "note"]
    fields = [*fixed, "is_counted"]


class ChecklistForm(CriteriaForm):
    """The form for the criteria, and for what happens to scores based on the earlier ones."""

    earlier = forms.ChoiceField(
        label=gettext_lazy("Scores on the earlier list"),
        required=False,
        choices=[
            ("keep", gettext_lazy("keep them: boards say that they are mixed")),
            ("again", gettext_lazy("set them aside and ask again, at its cost")),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Required where the criteria are changed and scores are based on the earlier ones."),
    )

    class Meta:
        model = Checklist
        fields = ["prompt", "criteria"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "criteria" in self.fields:
            self.fields["criteria"].widget, self.fields["criteria"].help_text = CriteriaRows(), ""

    def clean_criteria(self) -> list[dict[str, Any]]:
        return checked_criteria(self.cleaned_data["criteria"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and "criteria" in self.changed_data and "criteria" in data and not data.get("earlier"):
            n_scores = resting_on(self.instance.prompt, data["criteria"]).count()
            if n_scores:
                message = ngettext(
                    "%(n)s score is based on the earlier list: ask again or keep?",
                    "%(n)s scores are based on the earlier list: ask again or keep?",
                    n_scores,
                )
                self.add_error("earlier", message % {"n": number(n_scores)})
        return data


def checked_criteria(rows: Any) -> list[dict[str, Any]]:
    """Check that the criteria are objects with a text and a weight; the ValidationError names each fault."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= 20:
        raise ValidationError(
            _("A list of 1 to 20 objects is needed, such as %(example)s.")
            % {"example": '[{"text": "Does it name the capital?", "weight": 1}]'}
        )
    checked = []
    for row in rows:
        text, weight = (row.get("text"), row.get("weight", 1)) if isinstance(row, dict) else ("", 0)
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            weight = 0
        if not isinstance(text, str) or not text.strip() or not 0 < weight <= 100:
            raise ValidationError(
                _("%(row)s: give a non-empty text and a weight above 0 and at most 100.") % {"row": repr(row)}
            )
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
    readonly_fields = ["author", "asked_in"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("prompt", "criteria", *(("earlier",) if obj else ()), "author", "asked_in")

    def save_model(self, request: HttpRequest, obj: Checklist, form: Any, change: bool) -> None:
        if "criteria" in form.changed_data:  # opening the page without a change makes nobody its author
            obj.written_by = curator_of(request)
        super().save_model(request, obj, form, change)
        if change and "criteria" in form.changed_data:
            self._settle(request, obj, is_again=form.cleaned_data.get("earlier") == "again")

    def _settle(self, request: HttpRequest, obj: Checklist, *, is_again: bool) -> None:
        games = resting_on(obj.prompt, obj.criteria)
        if is_again:
            n_games = set_aside_games(games, EDITED, curator_of(request), to_ask_again=True)
            message = ngettext(
                "%(n)s score set aside: the next run of their judge asks for it again.",
                "%(n)s scores set aside: the next run of their judge asks for them again.",
                n_games,
            )
            self.message_user(request, message % {"n": number(n_games)})
        elif n_games := games.count():
            message = ngettext(
                "%(n)s score on the earlier list counts as before; boards say that they are mixed.",
                "%(n)s scores on the earlier list count as before; boards say that they are mixed.",
                n_games,
            )
            self.message_user(request, message % {"n": number(n_games)})

    @admin.display(description=gettext_lazy("criteria"))
    def n_criteria(self, checklist: Checklist) -> int:
        return len(checklist.criteria)

    @admin.display(description=gettext_lazy("written by"), ordering="written_by__username")
    def author(self, checklist: Checklist) -> str:
        """Who wrote or edited it last."""
        if checklist.written_by is not None:
            return checklist.written_by.get_username()
        if checklist.call is not None:
            return _("a model (%(model)s)") % {"model": checklist.call.endpoint.model}
        return _("somebody whose account is gone") if checklist.pk else _("nobody yet")

    @admin.display(description=gettext_lazy("first written in"))
    def asked_in(self, checklist: Checklist) -> str:
        call = checklist.call
        if call is None:
            return _("no call: a person wrote it")
        run = format_html('<a href="{}">{}</a>', reverse("run", args=[call.run_id]), _("run %(run)s") % {"run": call.run_id})
        return format_html(_("{run}, call {call}"), run=run, call=call.pk)
