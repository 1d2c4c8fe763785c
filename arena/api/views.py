"""The arena over REST: competitors, prompts, answers, battles. `arena.access` decides who may read what."""

from typing import Any

from django.db.models import F, QuerySet
from rest_framework.generics import ListAPIView, RetrieveAPIView

from arena import access
from arena.api.filters import ArenaFilters, BattleFilters, CompetitorFilters, PromptFilters, ResponseFilters
from arena.api.paging import WithHidden
from arena.api.read_views import InArena, ListWithHidden, OneInArena, ReadView, arenas_asked_for
from arena.api.serializers import (
    ArenaSerializer,
    BattleSerializer,
    CompetitorSerializer,
    PromptSerializer,
    ResponseSerializer,
    outcomes_of,
)
from arena.api.writing.arenas import ArenaWrites
from arena.api.writing.row_changes import ArenaChanges, CompetitorChanges
from arena.api.writing.rows import CompetitorRows, PromptRows, ResponseRows
from arena.api.writing.votes import BattleRows, VoteRows
from arena.models import Arena, Battle, Competitor, Prompt, PromptStatus, Response, Vote, Voter


class Arenas(ReadView[Arena]):
    serializer_class = ArenaSerializer

    def get_queryset(self) -> QuerySet[Arena]:
        return access.arenas_for(self.request.user)


class ArenaList(ArenaWrites, Arenas, ListAPIView[Arena]):
    """Arenas whose board you may read or in which you may vote."""

    filterset_class = ArenaFilters


class ArenaDetail(ArenaChanges, Arenas, RetrieveAPIView[Arena]):
    """One arena."""

    lookup_field = "slug"


class CompetitorResource(ReadView[Competitor]):
    queryset = Competitor.objects.none()
    serializer_class = CompetitorSerializer

    def get_queryset(self) -> QuerySet[Competitor]:
        named = access.boards_for(self.request.user) | access.contents_for(self.request.user)
        return Competitor.objects.named().filter(arena__in=arenas_asked_for(self.request, named)).select_related("arena")


class CompetitorList(CompetitorRows, CompetitorResource, ListAPIView[Competitor]):
    """The language models on the boards that you may read."""

    filterset_class = CompetitorFilters


class CompetitorDetail(CompetitorChanges, CompetitorResource, RetrieveAPIView[Competitor]):
    """One language model."""


class PromptResource(ReadView[Prompt]):
    queryset = Prompt.objects.none()
    serializer_class = PromptSerializer

    def get_queryset(self) -> QuerySet[Prompt]:
        arenas = arenas_asked_for(self.request, access.contents_for(self.request.user))
        prompts = Prompt.objects.filter(arena__in=arenas).select_related("arena", "pool")
        return prompts if access.is_curator(self.request.user) else prompts.exclude(status=PromptStatus.DRAFT)


class PromptList(PromptRows, PromptResource, ListAPIView[Prompt]):
    """Prompts, without their references and verifiers, which are never public."""

    filterset_class = PromptFilters


class PromptDetail(PromptResource, RetrieveAPIView[Prompt]):
    """One prompt, without its reference and verifier, which are never public."""


class Responses(InArena[Response]):
    queryset = Response.objects.none()
    serializer_class = ResponseSerializer
    arena_path = "prompt__arena"

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
        return (
            access.responses_for(self.request.user, arena, voter)
            .annotate(prompt_key=F("prompt__key"))
            .prefetch_related("competitor")
        )


class AnswersWithHidden(WithHidden):
    hidden_help = (
        "How many answers of these arenas, whatever the other filters, are hidden for now, as a pair on their prompt is open "
        "to a voter."
    )


class ResponseList(ResponseRows, Responses, ListWithHidden[Response]):
    """Answers. Those on prompts that voters are comparing at this time are left out, so that nobody can look up who is who;
    `hidden` says how many those are."""

    filterset_class = ResponseFilters
    pagination_class = AnswersWithHidden

    def hidden(self, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
        return access.responses_in_play(self.request.user, arena, voter)


class ResponseDetail(Responses, OneInArena[Response]):
    """One answer."""


class Battles(InArena[Battle]):
    queryset = Battle.objects.none()
    serializer_class = BattleSerializer

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[Battle]:
        battles = access.battles_for(self.request.user, arena, voter)
        return battles.select_related("arena", "competitor_a", "competitor_b").annotate(
            prompt_key=F("prompt__key"),
            corrected_a=F("response_a__superseded_by"),
            corrected_b=F("response_b__superseded_by"),
        )

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Add the outcomes of all rows on the page, in one query."""
        serializer: Any = super().get_serializer(*args, **kwargs)
        shown = args[0] if args else []
        serializer.context["outcomes"] = outcomes_of([shown] if isinstance(shown, Battle) else shown)
        return serializer


class BattleList(BattleRows, Battles, ListWithHidden[Battle]):
    """Battles and how people voted on them. A battle that is open to a voter is not here; `hidden` says how many those are."""

    filterset_class = BattleFilters

    def hidden(self, arena: Arena, voter: Voter | None) -> QuerySet[Battle]:
        return access.battles_in_play(self.request.user, arena, voter)


class BattleDetail(Battles, OneInArena[Battle]):
    """One battle and how people voted on it. One that is open to a voter is not here."""


class VoteList(VoteRows, ReadView[Vote]):
    """Accepts votes; their counts are shown with each battle."""

    http_method_names = ["post"]
    queryset = Vote.objects.none()
