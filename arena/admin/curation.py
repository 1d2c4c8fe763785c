"""Curation: arenas, pools, prompts and competitors can be edited; evidence can be viewed, set aside and restored."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, F, Model, Q, QuerySet, Window
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from arena.access import curator_of
from arena.admin.answers import ResponseAdmin
from arena.admin.archiving import ArchivingAdmin
from arena.admin.ballots import BallotAdmin
from arena.admin.base import (
    MOST_VALUES,
    CuratorAdmin,
    InArenaFilter,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    link,
    significant,
    values_filter,
)
from arena.admin.endpoints import EndpointAdmin
from arena.admin.prices import CompetitorForm
from arena.admin.prompt_forms import FilingForm, PromptForm, TaggingForm
from arena.admin.runs import RunAdmin
from arena.admin.status_actions import COMPETITOR_ACTIONS, POOL_ACTIONS, PROMPT_ACTIONS
from arena.evidence.curation import NotPublished, file_prompt, restore_import, restore_votes, set_aside_import, set_aside_votes
from arena.models import (
    Arena,
    Battle,
    Competitor,
    CompetitorStatus,
    Event,
    Import,
    Prompt,
    PromptPool,
    Response,
    Vote,
)
from arena.outcomes import Outcome
from arena.texts.languages import language_shown
from arena.texts.near_duplicates import near_duplicates
from arena.texts.rendering import rendered
from arena.wording import counted, number

__all__ = ["BallotAdmin", "EndpointAdmin", "ResponseAdmin", "RunAdmin"]

WHY_FIXED = gettext_lazy(
    "The words are fixed: answers were given to them. To ask otherwise, retire this prompt and add another."
)
MOST_COMPARED = 50  # prompts at once, each with all of its arena


@admin.register(Arena)
class ArenaAdmin(ArchivingAdmin):
    counts = {"n_prompts": (Prompt, "arena"), "n_competitors": (Competitor, "arena")}
    list_display = ["name", "slug", "board_visibility", "content_visibility", "voting", "n_prompts", "n_competitors"]
    list_filter = ["board_visibility", "content_visibility", "voting"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fixed = ["slug"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "description"]}),
        (gettext_lazy("Who sees what"), {"fields": ["board_visibility", "content_visibility"]}),
        (gettext_lazy("Voting"), {"fields": ["voting", "guidelines", "asked_share"]}),
        (gettext_lazy("Notice"), {"fields": ["notice"]}),
    ]

    @admin.display(description=gettext_lazy("prompts"), ordering="n_prompts")
    def n_prompts(self, arena: Any) -> int:
        return int(arena.n_prompts)

    @admin.display(description=gettext_lazy("models"), ordering="n_competitors")
    def n_competitors(self, arena: Any) -> int:
        return int(arena.n_competitors)


@admin.register(PromptPool)
class PromptPoolAdmin(CuratorAdmin):
    counts = {"n_prompts": (Prompt, "pool")}
    list_display = ["name", "arena", "is_active", "n_prompts"]
    list_filter = ["arena", "is_active"]
    list_select_related = ["arena"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fixed = ["arena", "slug"]
    actions = POOL_ACTIONS

    @admin.display(description=gettext_lazy("prompts"), ordering="n_prompts")
    def n_prompts(self, pool: Any) -> SafeString:
        return link(f"{reverse('admin:arena_prompt_changelist')}?pool__id__exact={pool.pk}", pool.n_prompts)


def prompts_in_view(request: HttpRequest) -> QuerySet[Prompt]:
    """The choices in the arena that the list is filtered by, or all choices."""
    arena = request.GET.get("arena__id__exact", "")
    return Prompt.objects.filter(arena=int(arena)) if arena.isdecimal() and len(arena) < 10 else Prompt.objects.all()


def categories(request: HttpRequest) -> Iterable[str]:
    return prompts_in_view(request).order_by("category").values_list("category", flat=True).distinct()[:MOST_VALUES]


def languages(request: HttpRequest) -> Iterable[str]:
    return prompts_in_view(request).order_by("language").values_list("language", flat=True).distinct()[:MOST_VALUES]


def tags(request: HttpRequest) -> Iterable[str]:
    lists = prompts_in_view(request).exclude(tags=[]).order_by().values_list("tags", flat=True).distinct()[: 20 * MOST_VALUES]
    return sorted({str(tag) for row in lists for tag in row})[:MOST_VALUES]


def in_json(field: str, text: str, *, whole: bool) -> Q:
    """Match all or part of a string in a JSON column, in which letters beyond ASCII may be escaped or not."""
    condition = Q()
    for ascii_only in (True, False):
        spelling = json.dumps(text, ensure_ascii=ascii_only)
        condition |= Q(**{f"{field}__icontains": spelling if whole else spelling[1:-1]})
    return condition


def tagged(prompts: QuerySet[Prompt], tag: str) -> QuerySet[Prompt]:
    return prompts.filter(in_json("tags", tag, whole=True))


class DuplicateFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("same text"), "duplicate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("more than once in its arena"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> QuerySet[Prompt]:
        if self.value() != "yes":
            return queryset
        n_alike = Window(Count("pk"), partition_by=["arena", "content_hash"])
        alike = Prompt.objects.order_by().annotate(n_alike=n_alike).filter(n_alike__gt=1)
        return queryset.filter(pk__in=alike.values("pk")).order_by("content_hash", "pk")


@admin.register(Prompt)
class PromptAdmin(ArchivingAdmin):
    form = PromptForm
    counts = {"n_answers": (Response, "prompt")}
    list_display = ["title", "key", "pool", "category", "shown_language", "shown_tags", "status", "n_answers"]
    list_filter = [
        "arena",
        "status",
        ("pool", InArenaFilter),
        values_filter(gettext_lazy("category"), "category", categories, lambda prompts, value: prompts.filter(category=value)),
        values_filter(
            gettext_lazy("language"),
            "language",
            languages,
            lambda prompts, value: prompts.filter(language=value),
            language_shown,
        ),
        DuplicateFilter,
        values_filter(
            gettext_lazy("tag"), "tag", tags, lambda prompts, value: prompts.filter(in_json("tags", value, whole=True))
        ),
    ]
    list_select_related = ["pool"]
    search_fields = ["key"]  # and the turns, see get_search_results
    search_help_text = gettext_lazy("Words of the prompt, or its key.")
    fixed = ["arena", "key"]
    actions = [*PROMPT_ACTIONS, "tag", "file_elsewhere", "list_near_duplicates"]

    @admin.display(description=gettext_lazy("title"))
    def title(self, prompt: Prompt) -> str:
        return prompt.title

    @admin.display(description=gettext_lazy("text"))
    def text(self, prompt: Prompt) -> str:
        return prompt.text

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        for word in search_term.split():
            queryset = queryset.filter(Q(key__icontains=word) | in_json("turns", word, whole=False))
        return queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        words = ["text", "system_prompt"] if self.is_answered(obj) else ["turns", "system_prompt"]
        return [
            (None, {"fields": ["arena", "pool", "key", "status"]}),
            (_("What is asked"), {"fields": words, "description": WHY_FIXED if self.is_answered(obj) else ""}),
            (_("Where it is filed"), {"fields": ["category", "language", "tags"]}),
            (_("For checking answers, never public"), {"fields": ["reference", "verifier"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """The text cannot be changed, since answers were given to it."""
        return ["text", "turns", "system_prompt"] if self.is_answered(obj) else []

    def is_answered(self, prompt: Any) -> bool:
        return prompt is not None and (prompt.responses.exists() or prompt.battles.exists())

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "pool" and field:
            field.queryset = PromptPool.objects.select_related("arena")
            field.label_from_instance = lambda pool: f"{pool.arena}: {pool}"
        return field

    def save_model(self, request: HttpRequest, obj: Prompt, form: Any, change: bool) -> None:
        """Category and language decide on which boards votes count, so a change of them is an event in the ledger."""
        obj.content_hash = Prompt.hash_of(obj.turns, obj.system_prompt)
        category, language = obj.category, obj.language
        if change:
            obj.category, obj.language = Prompt.objects.values_list("category", "language").get(pk=obj.pk)
        with transaction.atomic():
            super().save_model(request, rendered(obj), form, change)
            file_prompt(obj, category=category, language=language, actor=curator_of(request))

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def shown_language(self, prompt: Prompt) -> str:
        return language_shown(prompt.language)

    @admin.display(description=gettext_lazy("tags"))
    def shown_tags(self, prompt: Prompt) -> str:
        return ", ".join(map(str, prompt.tags))

    @admin.display(description=gettext_lazy("answers"), ordering="n_answers")
    def n_answers(self, prompt: Any) -> int:
        return int(prompt.n_answers)

    @admin.action(description=gettext_lazy("Tag ..."))
    def tag(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        form = self.asked(request, TaggingForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("Tag prompts"), button=pgettext("verb", "Tag"))
        prompts = list(queryset)
        for prompt in prompts:
            kept = [tag for tag in prompt.tags if tag not in form.cleaned_data["remove"]]
            prompt.tags = list(dict.fromkeys([*kept, *form.cleaned_data["add"]]))
        Prompt.objects.bulk_update(prompts, ["tags"], batch_size=500)
        message = ngettext("%(n)s prompt tagged.", "%(n)s prompts tagged.", len(prompts))
        self.message_user(request, message % {"n": number(len(prompts))})
        return None

    @admin.action(description=gettext_lazy("File under another category or language ..."))
    def file_elsewhere(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        form = self.asked(request, FilingForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("File prompts elsewhere"), button=pgettext("verb", "File"))
        category, language = form.cleaned_data["category"], form.cleaned_data["language"]
        with transaction.atomic():
            filed = [
                file_prompt(
                    prompt,
                    category=category or prompt.category,
                    language=language or prompt.language,
                    actor=curator_of(request),
                )
                for prompt in list(queryset)
            ]
        message = ngettext(
            "%(n)s of %(prompts)s is filed elsewhere now; boards follow in a moment.",
            "%(n)s of %(prompts)s are filed elsewhere now; boards follow in a moment.",
            sum(filed),
        )
        self.message_user(request, message % {"n": sum(filed), "prompts": counted(len(filed), "prompt", "prompts")})
        return None

    @admin.action(description=gettext_lazy("List near-duplicates"))
    def list_near_duplicates(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        prompts = list(queryset[: MOST_COMPARED + 1])
        if len(prompts) > MOST_COMPARED:
            message = _("Choose at most %(most)d prompts to compare with all others.") % {"most": MOST_COMPARED}
            self.message_user(request, message, messages.ERROR)
            return None
        among = Prompt.objects.filter(arena__in={prompt.arena_id for prompt in prompts}).defer("html", "reference")
        pairs = [pair for pair in near_duplicates(prompts, list(among)) if pair.prompt.arena_id == pair.other.arena_id]
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Near-duplicates"),
            "pairs": pairs,
            "n_compared": len(prompts),
        }
        return TemplateResponse(request, "admin/near_duplicates.html", context)


@admin.register(Competitor)
class CompetitorAdmin(ArchivingAdmin):
    form = CompetitorForm
    counts = {"n_answers": (Response, "competitor")}
    list_display = ["name", "arena", "organisation", "status", "released_on", "n_answers"]
    list_filter = ["arena", "status"]
    list_select_related = ["arena"]
    search_fields = ["name", "organisation"]
    fixed = ["arena"]
    actions = COMPETITOR_ACTIONS
    fieldsets = [
        (None, {"fields": ["arena", "name", "organisation", "licence", "released_on", "status", "description"]}),
        (gettext_lazy("Prices, in dollars per million tokens"), {"fields": ["price_in", "price_out"]}),
        (gettext_lazy("Where its answers are generated, never public"), {"fields": ["endpoint"]}),
    ]

    @admin.display(description=gettext_lazy("answers"), ordering="n_answers")
    def n_answers(self, competitor: Any) -> int:
        return int(competitor.n_answers)

    def view_on_site(self, competitor: Competitor) -> str | None:
        is_named = competitor.status != CompetitorStatus.UNNAMED
        return reverse("competitor", args=[competitor.arena.slug, competitor.pk]) if is_named else None


@admin.register(Battle)
class BattleAdmin(ReadOnlyAdmin):
    counts = {"n_votes": (Vote, "battle")}
    list_display = ["number", "arena", "competitor_a", "competitor_b", "prompt", "n_votes", "source", "created_at"]
    list_filter = ["arena"]
    list_select_related = ["arena", "competitor_a", "competitor_b", "prompt", "source"]
    search_fields = ["pk__exact"]
    search_help_text = gettext_lazy("Number of the battle, name of a model or key of the prompt, whole.")
    fields = [
        "arena", "prompt", "competitor_a", "competitor_b", "response_a", "response_b", "source", "shown_propensity",
        "created_at", "n_votes",
    ]  # fmt: skip
    readonly_fields = ["n_votes", "shown_propensity"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Search by row numbers looked up first: matching names with a pattern would read every battle."""
        term = search_term.strip()
        if not term:
            return queryset, False
        named = list(Competitor.objects.filter(name__iexact=term).values_list("pk", flat=True))
        prompts = list(Prompt.objects.filter(key=term).values_list("pk", flat=True))
        condition = Q(competitor_a__in=named) | Q(competitor_b__in=named) | Q(prompt__in=prompts)
        return queryset.filter(condition | Q(pk=number_in(term))), False

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, battle: Battle) -> int:
        return battle.pk

    @admin.display(description=gettext_lazy("votes"))
    def n_votes(self, battle: Any) -> SafeString:
        return link(f"{reverse('admin:arena_vote_changelist')}?battle={battle.pk}", battle.n_votes)

    @admin.display(description=gettext_lazy("propensity"))
    def shown_propensity(self, battle: Battle) -> str:
        return significant(battle.propensity)

    def view_on_site(self, battle: Battle) -> str:
        return reverse("battle", args=[battle.arena.slug, battle.pk])


def number_in(term: str) -> int | None:
    return int(term) if term.isdecimal() and len(term) < 19 else None


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = gettext_lazy("history")
    fields = ("created_at", "kind", "before", "after", "reason", "actor", "position")
    readonly_fields = fields


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    list_display = ["number", "pair", "outcome", "is_counted", "set_aside_reason", "voter", "source", "voted_at"]
    list_filter = ["is_counted", "outcome", "voter__kind", ("battle__arena", admin.RelatedFieldListFilter)]
    list_select_related = ["battle__competitor_a", "battle__competitor_b", "voter", "source"]
    search_fields = ["pk__exact", "battle__pk__exact", "voter__pk__exact"]
    search_help_text = gettext_lazy("Number of the vote, of its battle or of its voter.")
    ordering = ["-pk"]
    inlines = [EventInline]
    actions = ["set_aside", "restore"]

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, vote: Vote) -> int:
        return vote.pk

    @admin.display(description=gettext_lazy("battle"))
    def pair(self, vote: Vote) -> SafeString:
        battle = vote.battle
        address = reverse("admin:arena_battle_change", args=[battle.pk])
        return format_html("{} {} – {}", link(address, battle.pk), battle.competitor_a, battle.competitor_b)

    def row_text(self, row: Vote) -> str:
        values = {
            "vote": row.pk,
            "outcome": Outcome(row.outcome).label,
            "a": row.battle.competitor_a,
            "b": row.battle.competitor_b,
        }
        return _("Vote %(vote)d: %(outcome)s, %(a)s against %(b)s") % values

    @admin.action(description=gettext_lazy("Set aside ..."), permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Vote]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("Set votes aside"), button=pgettext("verb", "Set aside"))
        n_votes = set_aside_votes(queryset, form.cleaned_data["reason"], curator_of(request))
        message = ngettext(
            "%(n)s vote set aside; boards follow in a moment.", "%(n)s votes set aside; boards follow in a moment.", n_votes
        )
        self.message_user(request, message % {"n": number(n_votes)})
        return None

    @admin.action(description=gettext_lazy("Restore"), permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Vote]) -> None:
        n_votes = restore_votes(queryset, curator_of(request))
        message = ngettext(
            "%(n)s vote restored; boards follow in a moment.", "%(n)s votes restored; boards follow in a moment.", n_votes
        ) % {"n": number(n_votes)}
        withdrawn = _("Votes withdrawn by their voters were not restored.")
        self.message_user(request, f"{message} {withdrawn}")


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ["filename", "arena", "kind", "format", "state", "n_rows", "n_added", "created_by", "created_at"]
    list_filter = ["state", "kind", "arena"]
    list_select_related = ["arena", "created_by"]
    search_fields = ["filename"]
    fields = [
        "arena", "kind", "format", "filename", "digest", "state", "n_rows", "n_done", "n_added", "shown_report", "error",
        "created_by", "created_at", "published_at",
    ]  # fmt: skip
    readonly_fields = ["shown_report"]
    inlines = [EventInline]
    actions = ["set_aside", "restore"]

    @admin.display(description=gettext_lazy("how it was read"))
    def shown_report(self, source: Import) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(source.report, indent=2, ensure_ascii=False))

    @admin.action(description=gettext_lazy("Set aside ..."), permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Import]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title=_("Set imports aside"), button=pgettext("verb", "Set aside"))
        for source in queryset:
            self._tell(request, source, lambda row: set_aside_import(row, form.cleaned_data["reason"], curator_of(request)))
        return None

    @admin.action(description=gettext_lazy("Restore"), permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        for source in queryset:
            self._tell(request, source, lambda row: restore_import(row, curator_of(request)))

    def _tell(self, request: HttpRequest, source: Import, act: Any) -> None:
        try:
            moved = act(source)
        except NotPublished as reason:
            self.message_user(request, str(reason), messages.ERROR)
        else:
            message = (
                _("%(file)s is %(state)s now; boards follow in a moment.") if moved else _("%(file)s is %(state)s already.")
            )
            self.message_user(request, message % {"file": source.filename, "state": source.get_state_display()})


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ["shown_position", "kind", "arena", "before", "after", "reason", "actor", "created_at"]
    list_filter = ["kind", "arena"]
    list_select_related = ["arena", "actor"]
    search_fields = ["position__exact", "vote__pk__exact"]
    search_help_text = gettext_lazy("Position, or number of the vote.")
    ordering = ["-pk"]

    @admin.display(description=gettext_lazy("position"), ordering=F("position").desc(nulls_first=True))
    def shown_position(self, event: Event) -> str:
        return _("not placed yet") if event.position is None else str(event.position)
