"""Curation: arenas, pools, prompts and competitors to edit; evidence to look at, to set aside and to restore."""

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

from arena.admin.base import (
    MOST_VALUES,
    CuratorAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    curator_of,
    link,
    moving,
    values_filter,
)
from arena.admin.endpoints import EndpointAdmin
from arena.admin.prompt_forms import FilingForm, PromptForm, TaggingForm
from arena.admin.runs import RunAdmin
from arena.evidence.curation import NotPublished, file_prompt, restore_import, restore_votes, set_aside_import, set_aside_votes
from arena.models import (
    Arena,
    Aside,
    Ballot,
    Battle,
    Competitor,
    CompetitorStatus,
    Event,
    Import,
    Prompt,
    PromptPool,
    PromptStatus,
    Response,
    Vote,
)
from arena.outcomes import Outcome
from arena.texts.near_duplicates import near_duplicates
from arena.texts.rendering import rendered, visible_controls
from arena.wording import agreeing, counted

__all__ = ["EndpointAdmin", "RunAdmin"]

WHY_FIXED = "The words are fixed: answers were given to them. To ask otherwise, retire this prompt and add another."
MOST_COMPARED = 50  # prompts at once, each with all of its arena


@admin.register(Arena)
class ArenaAdmin(CuratorAdmin):
    counts = {"n_prompts": (Prompt, "arena"), "n_competitors": (Competitor, "arena")}
    list_display = ["name", "slug", "board_visibility", "content_visibility", "voting", "n_prompts", "n_competitors"]
    list_filter = ["board_visibility", "content_visibility", "voting"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fixed = ["slug"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "description"]}),
        ("Who sees what", {"fields": ["board_visibility", "content_visibility"]}),
        ("Voting", {"fields": ["voting", "guidelines", "asked_share"]}),
        ("Notice", {"fields": ["notice"]}),
    ]

    @admin.display(description="prompts", ordering="n_prompts")
    def n_prompts(self, arena: Any) -> int:
        return int(arena.n_prompts)

    @admin.display(description="competitors", ordering="n_competitors")
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
    actions = [
        moving("is_active", True, description="Serve their prompts to voters", done="served to voters"),
        moving("is_active", False, description="Serve their prompts no longer", done="served no longer"),
    ]

    @admin.display(description="prompts", ordering="n_prompts")
    def n_prompts(self, pool: Any) -> SafeString:
        return link(f"{reverse('admin:arena_prompt_changelist')}?pool__id__exact={pool.pk}", pool.n_prompts)


def prompts_in_view(request: HttpRequest) -> QuerySet[Prompt]:
    """Those of the arena that the list is narrowed to, or all."""
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
    """A whole string or a part of one inside a JSON column: letters beyond ASCII stand there as escapes or as they are."""
    found = Q()
    for ascii_only in (True, False):
        spelling = json.dumps(text, ensure_ascii=ascii_only)
        found |= Q(**{f"{field}__icontains": spelling if whole else spelling[1:-1]})
    return found


class DuplicateFilter(admin.SimpleListFilter):
    title, parameter_name = "same text", "duplicate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "more than once in its arena")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> QuerySet[Prompt]:
        if self.value() != "yes":
            return queryset
        n_alike = Window(Count("pk"), partition_by=["arena", "content_hash"])
        alike = Prompt.objects.order_by().annotate(n_alike=n_alike).filter(n_alike__gt=1)
        return queryset.filter(pk__in=alike.values("pk")).order_by("content_hash", "pk")


@admin.register(Prompt)
class PromptAdmin(CuratorAdmin):
    form = PromptForm
    counts = {"n_answers": (Response, "prompt")}
    list_display = ["title", "key", "pool", "category", "language", "shown_tags", "status", "n_answers"]
    list_filter = [
        "arena",
        "status",
        "pool",
        values_filter("category", "category", categories, lambda prompts, value: prompts.filter(category=value)),
        values_filter("language", "language", languages, lambda prompts, value: prompts.filter(language=value)),
        DuplicateFilter,
        values_filter("tag", "tag", tags, lambda prompts, value: prompts.filter(in_json("tags", value, whole=True))),
    ]
    list_select_related = ["pool"]
    search_fields = ["key"]  # and the turns, see get_search_results
    search_help_text = "Words of the prompt, or its key."
    fixed = ["arena", "key"]
    actions = [
        moving("status", PromptStatus.ACTIVE.value, description="Activate", done="activated"),
        moving("status", PromptStatus.RETIRED.value, description="Retire", done="retired"),
        moving("status", PromptStatus.DRAFT.value, description="Make drafts", done="made drafts"),
        "tag",
        "file_elsewhere",
        "list_near_duplicates",
    ]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        for word in search_term.split():
            queryset = queryset.filter(Q(key__icontains=word) | in_json("turns", word, whole=False))
        return queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        words = ["text", "system_prompt"] if self.is_answered(obj) else ["turns", "system_prompt"]
        return [
            (None, {"fields": ["arena", "pool", "key", "status"]}),
            ("What is asked", {"fields": words, "description": WHY_FIXED if self.is_answered(obj) else ""}),
            ("Where it is filed", {"fields": ["category", "language", "tags"]}),
            ("For checking answers, never public", {"fields": ["reference", "verifier"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Answers were given to these words: they stay."""
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
        """Category and language decide on which boards votes count: their change is an event in the ledger."""
        obj.content_hash = Prompt.hash_of(obj.turns, obj.system_prompt)
        category, language = obj.category, obj.language
        if change:
            obj.category, obj.language = Prompt.objects.values_list("category", "language").get(pk=obj.pk)
        with transaction.atomic():
            super().save_model(request, rendered(obj), form, change)
            file_prompt(obj, category=category, language=language, actor=curator_of(request))

    @admin.display(description="tags")
    def shown_tags(self, prompt: Prompt) -> str:
        return ", ".join(map(str, prompt.tags))

    @admin.display(description="answers", ordering="n_answers")
    def n_answers(self, prompt: Any) -> int:
        return int(prompt.n_answers)

    @admin.action(description="Tag ...")
    def tag(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        form = self.asked(request, TaggingForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title="Tag prompts", button="Tag")
        prompts = list(queryset)
        for prompt in prompts:
            kept = [tag for tag in prompt.tags if tag not in form.cleaned_data["remove"]]
            prompt.tags = list(dict.fromkeys([*kept, *form.cleaned_data["add"]]))
        Prompt.objects.bulk_update(prompts, ["tags"], batch_size=500)
        self.message_user(request, f"{counted(len(prompts), 'prompt', 'prompts')} tagged.")
        return None

    @admin.action(description="File under another category or language ...")
    def file_elsewhere(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        form = self.asked(request, FilingForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title="File prompts elsewhere", button="File")
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
        self.message_user(
            request,
            f"{sum(filed)} of {counted(len(filed), 'prompt', 'prompts')} {agreeing(sum(filed), 'is', 'are')} filed "
            "elsewhere now; boards follow in a moment.",
        )
        return None

    @admin.action(description="List near-duplicates")
    def list_near_duplicates(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> TemplateResponse | None:
        prompts = list(queryset[: MOST_COMPARED + 1])
        if len(prompts) > MOST_COMPARED:
            self.message_user(request, f"Choose at most {MOST_COMPARED} prompts to compare with all others.", messages.ERROR)
            return None
        among = Prompt.objects.filter(arena__in={prompt.arena_id for prompt in prompts}).defer("html", "reference")
        pairs = [pair for pair in near_duplicates(prompts, list(among)) if pair.prompt.arena_id == pair.other.arena_id]
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": "Near-duplicates",
            "pairs": pairs,
            "n_compared": len(prompts),
        }
        return TemplateResponse(request, "admin/near_duplicates.html", context)


@admin.register(Competitor)
class CompetitorAdmin(CuratorAdmin):
    counts = {"n_answers": (Response, "competitor")}
    list_display = ["name", "arena", "organisation", "status", "released_on", "n_answers"]
    list_filter = ["arena", "status"]
    list_select_related = ["arena"]
    search_fields = ["name", "organisation"]
    fixed = ["arena"]
    actions = [
        moving("status", CompetitorStatus.ACTIVE.value, description="Activate", done="activated"),
        moving("status", CompetitorStatus.PROVISIONAL.value, description="Make provisional", done="made provisional"),
        moving("status", CompetitorStatus.RETIRED.value, description="Retire", done="retired"),
    ]
    fieldsets = [
        (None, {"fields": ["arena", "name", "organisation", "licence", "released_on", "status", "description"]}),
        ("Prices, in micro-dollars per million tokens", {"fields": ["price_in", "price_out"]}),
        ("Where its answers are generated, never public", {"fields": ["endpoint"]}),
    ]

    @admin.display(description="answers", ordering="n_answers")
    def n_answers(self, competitor: Any) -> int:
        return int(competitor.n_answers)

    def view_on_site(self, competitor: Competitor) -> str | None:
        is_named = competitor.status != CompetitorStatus.UNNAMED
        return reverse("competitor", args=[competitor.arena.slug, competitor.pk]) if is_named else None


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = ["number", "competitor", "prompt", "repeat", "finish", "n_characters", "tokens_out", "latency_ms"]
    list_filter = ["prompt__arena", "finish"]
    list_select_related = ["competitor", "prompt"]
    search_fields = ["pk__exact", "prompt__key__exact", "competitor__name__exact"]
    search_help_text = "Number, key of the prompt or name of the competitor, whole."
    exclude = ["html", "rendered_by"]
    readonly_fields = ["ending", "thinking"]

    @admin.display(description="number", ordering="pk")
    def number(self, response: Response) -> int:
        return response.pk

    @admin.display(description="how it ended")
    def ending(self, response: Response) -> str:
        return _beside(response).ending or response.get_finish_display()

    @admin.display(description="thought before it")
    def thinking(self, response: Response) -> str:
        return visible_controls(_beside(response).thinking) or "-"


def _beside(response: Response) -> Aside:
    return Aside.objects.filter(pk=response.pk).first() or Aside()


@admin.register(Battle)
class BattleAdmin(ReadOnlyAdmin):
    counts = {"n_votes": (Vote, "battle")}
    list_display = ["number", "arena", "competitor_a", "competitor_b", "prompt", "n_votes", "source", "created_at"]
    list_filter = ["arena"]
    list_select_related = ["arena", "competitor_a", "competitor_b", "prompt", "source"]
    search_fields = ["pk__exact"]
    search_help_text = "Number of the battle, name of a competitor or key of the prompt, whole."
    fields = [
        "arena", "prompt", "competitor_a", "competitor_b", "response_a", "response_b", "source", "propensity", "created_at",
        "n_votes",
    ]  # fmt: skip
    readonly_fields = ["n_votes"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By numbers found first: a pattern over names would read every battle there is."""
        term = search_term.strip()
        if not term:
            return queryset, False
        named = list(Competitor.objects.filter(name__iexact=term).values_list("pk", flat=True))
        asked = list(Prompt.objects.filter(key=term).values_list("pk", flat=True))
        found = Q(competitor_a__in=named) | Q(competitor_b__in=named) | Q(prompt__in=asked)
        return queryset.filter(found | Q(pk=number_in(term))), False

    @admin.display(description="number", ordering="pk")
    def number(self, battle: Battle) -> int:
        return battle.pk

    @admin.display(description="votes")
    def n_votes(self, battle: Any) -> SafeString:
        return link(f"{reverse('admin:arena_vote_changelist')}?battle={battle.pk}", battle.n_votes)

    def view_on_site(self, battle: Battle) -> str:
        return reverse("battle", args=[battle.arena.slug, battle.pk])


def number_in(term: str) -> int | None:
    return int(term) if term.isdecimal() and len(term) < 19 else None


class EventInline(ReadOnlyInline):
    model = Event
    verbose_name_plural = "history"
    fields = ("created_at", "kind", "before", "after", "reason", "actor", "position")
    readonly_fields = fields


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    list_display = ["number", "pair", "outcome", "is_counted", "set_aside_reason", "voter", "source", "voted_at"]
    list_filter = ["is_counted", "outcome", "voter__kind", ("battle__arena", admin.RelatedFieldListFilter)]
    list_select_related = ["battle__competitor_a", "battle__competitor_b", "voter", "source"]
    search_fields = ["pk__exact", "battle__pk__exact", "voter__pk__exact"]
    search_help_text = "Number of the vote, of its battle or of its voter."
    ordering = ["-pk"]
    inlines = [EventInline]
    actions = ["set_aside", "restore"]

    @admin.display(description="number", ordering="pk")
    def number(self, vote: Vote) -> int:
        return vote.pk

    @admin.display(description="battle")
    def pair(self, vote: Vote) -> SafeString:
        battle = vote.battle
        address = reverse("admin:arena_battle_change", args=[battle.pk])
        return format_html("{} {} – {}", link(address, battle.pk), battle.competitor_a, battle.competitor_b)

    def told(self, row: Vote) -> str:
        return f"Vote {row.pk}: {Outcome(row.outcome).label}, {row.battle.competitor_a} against {row.battle.competitor_b}"

    @admin.action(description="Set aside ...", permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Vote]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title="Set votes aside", button="Set aside")
        n_votes = set_aside_votes(queryset, form.cleaned_data["reason"], curator_of(request))
        self.message_user(request, f"{counted(n_votes, 'vote', 'votes')} set aside; boards follow in a moment.")
        return None

    @admin.action(description="Restore", permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Vote]) -> None:
        n_votes = restore_votes(queryset, curator_of(request))
        self.message_user(
            request,
            f"{counted(n_votes, 'vote', 'votes')} restored; boards follow in a moment. "
            "Votes withdrawn by their voters were not restored.",
        )


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

    @admin.display(description="how it was read")
    def shown_report(self, source: Import) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(source.report, indent=2, ensure_ascii=False))

    @admin.action(description="Set aside ...", permissions=["view"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Import]) -> TemplateResponse | None:
        form = self.asked(request, ReasonForm)
        if not form.is_valid():
            return self.ask(request, queryset, form, title="Set imports aside", button="Set aside")
        for source in queryset:
            self._tell(request, source, lambda row: set_aside_import(row, form.cleaned_data["reason"], curator_of(request)))
        return None

    @admin.action(description="Restore", permissions=["view"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        for source in queryset:
            self._tell(request, source, lambda row: restore_import(row, curator_of(request)))

    def _tell(self, request: HttpRequest, source: Import, act: Any) -> None:
        try:
            moved = act(source)
        except NotPublished as reason:
            self.message_user(request, str(reason), messages.ERROR)
        else:
            now = f"is {source.get_state_display()}"
            self.message_user(request, f"{source.filename} {now}{' now; boards follow in a moment' if moved else ' already'}.")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ["shown_position", "kind", "arena", "before", "after", "reason", "actor", "created_at"]
    list_filter = ["kind", "arena"]
    list_select_related = ["arena", "actor"]
    search_fields = ["position__exact", "vote__pk__exact"]
    search_help_text = "Position, or number of the vote."
    ordering = ["-pk"]

    @admin.display(description="position", ordering=F("position").desc(nulls_first=True))
    def shown_position(self, event: Event) -> str:
        return "not placed yet" if event.position is None else str(event.position)


@admin.register(Ballot)
class BallotAdmin(ReadOnlyAdmin):
    """What voters were served, and what they reported."""

    list_display = ["number", "battle", "state", "note", "voter", "served_at"]
    list_filter = ["state"]
    list_select_related = ["battle", "voter"]
    search_fields = ["battle__pk__exact", "voter__pk__exact"]
    search_help_text = "Number of the battle or of the voter."
    fields = ["battle", "voter", "state", "note", "first_shown", "policy", "propensity", "served_at", "shown_at"]
    ordering = ["-pk"]

    @admin.display(description="number", ordering="pk")
    def number(self, ballot: Ballot) -> int:
        return ballot.pk
