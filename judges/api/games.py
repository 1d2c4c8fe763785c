"""Games of judges over REST: a page at a time, one in full, or all of a filter as CSV."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponseBase
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.filters import by_arena, by_number, by_yes_or_no
from arena.api.long_tables import Table, WholeTable
from arena.api.paging import BIGGEST_ID, HIDDEN, Paging, WithHidden, whole_number
from arena.api.read_views import InArena, OneInArena, arenas_asked_for
from arena.api.schema import OTHER_RESPONSES
from arena.models import Arena, Voter
from arena.texts.csv_cells import csv_lines
from arena.visitors.voter_identity import voter_of
from judges.api.game_serializers import COLUMNS, GameInFullSerializer, GameSerializer, csv_rows
from judges.games.access import GameReader, games_in_play, readable_battles, walk
from judges.games.visible_games import VisibleGame, visible, visible_in_full
from judges.models import Game

GAMES_AT_ONCE = 1_000
FILENAME = "games.csv"


class GameFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    judge = by_number("Number of the judge's version.", field_name="judge_id")
    battle = by_number("Number of the battle.", field_name="battle_id")
    run = by_number("Number of the run, for curators; others find none.", method="of_run")
    state = ChoiceFilter(choices=Game.State.choices)
    order = ChoiceFilter(choices=Game.Order.choices)
    is_counted = by_yes_or_no("Whether no curator set it aside.", method="counted")
    is_tainted = by_yes_or_no("Whether something in the answers might speak to a judge.", method="tainted")

    class Meta:
        model = Game
        fields: list[str] = []

    def of_run(self, games: QuerySet[Game], name: str, value: int) -> QuerySet[Game]:
        return games.filter(run_id=value) if access.is_curator(self.request.user) else games.none()

    def counted(self, games: QuerySet[Game], name: str, value: str) -> QuerySet[Game]:
        return games.filter(is_counted=value == "true")

    def tainted(self, games: QuerySet[Game], name: str, value: str) -> QuerySet[Game]:
        return games.exclude(taints=[]) if value == "true" else games.filter(taints=[])


class GamesWithHidden(WithHidden):
    hidden_help = (
        "How many games of these arenas, or of this judge in them, whatever the other filters, are hidden for now, as a pair "
        "on their prompt is open to a voter."
    )


class Walked(GamesWithHidden):
    """Pages whose rows come from a function."""

    def __init__(self, walk: Callable[..., list[Game]], n_hidden: int) -> None:
        self.walk, self.n_hidden = walk, n_hidden

    def _first(self, queryset: QuerySet[Game], cursor: int | None, n_rows: int) -> list[Game]:
        return self.walk(queryset, behind=cursor or 0, most=n_rows)


class GameResource(InArena[Game]):
    queryset = Game.objects.none()
    serializer_class = GameSerializer  # type: ignore[assignment]  # of games as their reader may see them

    def of(self, arena: Arena, voter: Voter | None) -> QuerySet[Game]:
        readable = readable_battles(self.request.user, {arena: voter})
        return Game.objects.filter(Exists(readable.filter(pk=OuterRef("battle_id"))))


class GameList(GameResource, ListAPIView[Game]):
    """Games of judges on the battles that you may read. As CSV all of them come in one answer, not a page; with `limit` as
    many, with `cursor` those behind it. Games on battles that are open to a voter are not here: `hidden`, and the header
    `Agon-Hidden` of a CSV, say how many those are when the answer begins."""

    filterset_class = GameFilters
    pagination_class = GamesWithHidden
    renderer_classes = [JSONRenderer, WholeTable]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                HIDDEN, int, OpenApiParameter.HEADER, response=[200], description=f"As `hidden`. {GamesWithHidden.hidden_help}"
            )
        ],
        responses={
            (200, "application/json"): OpenApiResponse(GameSerializer(many=True), description="A page of games."),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="All games of the filter, a line a game."),
        }
        | OTHER_RESPONSES,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        self.filter_queryset(self.queryset)  # names wrong values also where there is no arena to look in
        self.arenas = list(arenas_asked_for(request, access.contents_for(request.user)))
        self.readers = {arena.pk: GameReader.of(request.user, arena) for arena in self.arenas}
        judge = whole_number(request, "judge", least=1, most=BIGGEST_ID)
        voters = self._voters()
        n_hidden = games_in_play(request.user, voters, judge=judge).count()
        answer = self._csv(request) if request.accepted_renderer.format == "csv" else self._page(request, voters, n_hidden)
        answer[HIDDEN] = str(n_hidden)
        return answer

    def _voters(self) -> dict[Arena, Voter | None]:
        return {arena: voter_of(self.request._request, arena, create=False) for arena in self.arenas}

    def _page(self, request: Request, voters: dict[Arena, Voter | None], n_hidden: int) -> Response:
        pages = Walked(partial(self._games, voters=voters), n_hidden)
        games = pages.paginate_queryset(self.filter_queryset(Game.objects.all()), request)
        rows: Any = visible(games, self.readers)
        return pages.get_paginated_response(GameSerializer(rows, many=True).data)

    def _games(self, games: QuerySet[Game], *, voters: dict[Arena, Voter | None], behind: int, most: int) -> list[Game]:
        return walk(games, readable_battles(self.request.user, voters), self.arenas, behind=behind, most=most)

    def _csv(self, request: Request) -> HttpResponseBase:
        limit = whole_number(request, "limit", least=1, most=Paging.most)
        cursor = whole_number(request, "cursor", least=1, most=BIGGEST_ID)
        if request.method == "HEAD":
            return Table(iter(()), FILENAME, has_place=False)
        Table.take_place()
        return Table(csv_lines(COLUMNS, csv_rows(islice(self._all(behind=cursor or 0), limit))), FILENAME, has_place=True)

    def _all(self, *, behind: int) -> Iterator[VisibleGame]:
        """Some at a time, each time asking anew who may read what: a ballot may be opened while a long table goes out."""
        asked_for = self.filter_queryset(Game.objects.all())
        while games := self._games(asked_for, voters=self._voters(), behind=behind, most=GAMES_AT_ONCE):
            yield from visible(games, self.readers)
            behind = games[-1].pk


class GameDetail(GameResource, OneInArena[Game]):
    """One game of a judge, with all that was asked and replied where you may read it."""

    arena_path = "battle__arena"
    serializer_class = GameInFullSerializer  # type: ignore[assignment]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        game = self.get_object()
        reader = GameReader.of(request.user, game.battle.arena)
        return Response(GameInFullSerializer(visible_in_full(game, reader)).data)
