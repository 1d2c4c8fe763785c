"""The arena room over REST: who meets whom, and what was said of it. Who may read what is asked of `arena.access`."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.generics import ListAPIView, RetrieveAPIView

from arena import access
from arena.api.filters import BattleFilters, CompetitorFilters, PromptFilters, ResponseFilters
from arena.api.reading import ReadView, arenas_asked_for
from arena.api.serializers import (
    ArenaSerializer,
    BattleSerializer,
    CompetitorSerializer,
    PromptSerializer,
    ResponseSerializer,
    outcomes_of,
)
from arena.models import Arena, Battle, Competitor, Prompt, PromptStatus, Response


def any_of[Row: Model](querysets: Sequence[QuerySet[Row]], nothing: QuerySet[Row]) -> QuerySet[Row]:
    return reduce(or_, querysets) if querysets else nothing


class Arenas(ReadView[Arena]):
    serializer_class = ArenaSerializer

    def get_queryset(self) -> QuerySet[Arena]:
        return access.arenas_for(self.request.user)


class ArenaList(Arenas, ListAPIView[Arena]):
    """Arenas whose board you may read or in which you may vote."""


class ArenaDetail(Arenas, RetrieveAPIView[Arena]):
    """One arena."""

    lookup_field = "slug"


class Competitors(ReadView[Competitor]):
    queryset = Competitor.objects.none()
    serializer_class = CompetitorSerializer

    def get_queryset(self) -> QuerySet[Competitor]:
        named = access.boards_for(self.request.user) | access.contents_for(self.request.user)
        return Competitor.objects.filter(arena__in=arenas_asked_for(self.request, named)).select_related("arena")


class CompetitorList(Competitors, ListAPIView[Competitor]):
    """The language models on the boards that you may read."""

    filterset_class = CompetitorFilters


class CompetitorDetail(Competitors, RetrieveAPIView[Competitor]):
    """One language model."""


class Prompts(ReadView[Prompt]):
    queryset = Prompt.objects.none()
    serializer_class = PromptSerializer

    def get_queryset(self) -> QuerySet[Prompt]:
        arenas = arenas_asked_for(self.request, access.contents_for(self.request.user))
        prompts = Prompt.objects.filter(arena__in=arenas).select_related("arena", "pool")
        return prompts if access.is_curator(self.request.user) else prompts.exclude(status=PromptStatus.DRAFT)


class PromptList(Prompts, ListAPIView[Prompt]):
    """Prompts, without their references and verifiers, which are never public."""

    filterset_class = PromptFilters


class PromptDetail(Prompts, RetrieveAPIView[Prompt]):
    """One prompt, without its reference and verifier, which are never public."""


class Responses(ReadView[Response]):
    queryset = Response.objects.none()
    serializer_class = ResponseSerializer

    def get_queryset(self) -> QuerySet[Response]:
        return self.in_arenas(arenas_asked_for(self.request, access.contents_for(self.request.user)))

    def in_arenas(self, arenas: QuerySet[Arena]) -> QuerySet[Response]:
        visible = [access.responses_for(self.request.user, arena, voter) for arena, voter in self.voters_in(arenas)]
        return any_of(visible, Response.objects.none()).select_related("competitor")


class ResponseList(Responses, ListAPIView[Response]):
    """Answers. Those on prompts that voters are comparing at this time are left out, so that nobody can look up who is who."""

    filterset_class = ResponseFilters


class ResponseDetail(Responses, RetrieveAPIView[Response]):
    """One answer."""

    def get_queryset(self) -> QuerySet[Response]:
        return self.in_arenas(
            Arena.objects.filter(pk__in=Response.objects.filter(pk=self.kwargs["pk"]).values("prompt__arena"))
        )


class Battles(ReadView[Battle]):
    queryset = Battle.objects.none()
    serializer_class = BattleSerializer

    def in_arenas(self, arenas: QuerySet[Arena]) -> QuerySet[Battle]:
        visible = [access.battles_for(self.request.user, arena, voter) for arena, voter in self.voters_in(arenas)]
        return any_of(visible, Battle.objects.none()).select_related("arena", "competitor_a", "competitor_b")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """With the outcomes of all rows that it will show, in one query."""
        serializer: Any = super().get_serializer(*args, **kwargs)
        shown = args[0] if args else []
        serializer.context["outcomes"] = outcomes_of([shown] if isinstance(shown, Battle) else shown)
        return serializer


class BattleList(Battles, ListAPIView[Battle]):
    """Battles and how people voted on them. A battle that is open to a voter is not here."""

    filterset_class = BattleFilters

    def get_queryset(self) -> QuerySet[Battle]:
        return self.in_arenas(arenas_asked_for(self.request, access.contents_for(self.request.user)))


class BattleDetail(Battles, RetrieveAPIView[Battle]):
    """One battle and how people voted on it. One that is open to a voter is not here."""

    def get_queryset(self) -> QuerySet[Battle]:
        asked_for = Battle.objects.filter(pk=self.kwargs["pk"])
        return self.in_arenas(Arena.objects.filter(pk__in=asked_for.values("arena")))
