"""Leaderboards and snapshots over REST."""

from hashlib import sha256

from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.filters import by_arena, by_text
from arena.api.paging import NewestFirst
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.schema import OTHER_RESPONSES
from arena.api.writing.changes import Changes, changes
from arena.models import Competitor
from ranking.api.board_fields import CHANGED_FIELDS
from ranking.api.board_writes import BoardDefinitions, change_board
from ranking.api.csv_renderer import BoardCSVRenderer
from ranking.api.serializers import Board, BoardSerializer, DefinitionSerializer, LeaderboardSerializer, SnapshotSerializer
from ranking.boards.asked.board_access import boards_for, snapshots_for
from ranking.boards.snapshots.snapshot_keys import AmbiguousKey, snapshot_called
from ranking.boards.snapshots.snapshot_retention import keep
from ranking.models import Leaderboard, Snapshot


class LeaderboardFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    category = by_text(200, "Boards of just this category; empty ones count all.")
    language = by_text(16, "Boards of just this language.")
    method = ChoiceFilter(choices=Leaderboard.Method.choices)

    class Meta:
        model = Leaderboard
        fields: list[str] = []


class LeaderboardList(BoardDefinitions, ReadView[Leaderboard], ListAPIView[Leaderboard]):
    """The leaderboards that you may read, each with the key of its newest snapshot."""

    queryset = Leaderboard.objects.none()
    serializer_class = LeaderboardSerializer
    filterset_class = LeaderboardFilters

    def get_queryset(self) -> QuerySet[Leaderboard]:
        newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by("-pk")
        boards = Leaderboard.objects.named().filter(
            arena__in=arenas_asked_for(self.request, access.boards_for(self.request.user))
        )
        return boards.select_related("arena").annotate(
            snapshot=Subquery(newest.values("key")[:1]), updated=Subquery(newest.values("created_at")[:1])
        )


class LeaderboardDefinition(ReadView[Leaderboard], Changes, RetrieveAPIView[Leaderboard]):
    """What a leaderboard is defined as now, whatever its newest snapshot says."""

    http_method_names = ["get", "head", "patch"]
    queryset = Leaderboard.objects.none()
    serializer_class = DefinitionSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Leaderboard]:
        return boards_for(self.request.user).select_related("arena")

    @changes(
        CHANGED_FIELDS,
        DefinitionSerializer,
        "Change the definition of a leaderboard: what is left out stays. If the definition differs then, a worker fits it at "
        "once. Scope `admin`, for curators.",
    )
    def patch(self, request: Request, slug: str) -> Response:
        return self.changed(request, CHANGED_FIELDS, change_board)


class BoardView(ReadView[Leaderboard]):
    renderer_classes = [JSONRenderer, BoardCSVRenderer]
    serializer_class = BoardSerializer  # type: ignore[assignment]  # a Board is a leaderboard with a snapshot

    def readable(self) -> QuerySet[Leaderboard]:
        return boards_for(self.request.user).select_related("arena")

    def show(self, leaderboard: Leaderboard, snapshot: Snapshot | None) -> HttpResponseBase:
        """The board, or 304 before a single entry is read."""
        self.is_for_everybody = access.sees_board(AnonymousUser(), leaderboard.arena) and self.request.user.is_anonymous
        etag = etag_of(leaderboard, snapshot, str(self.request.accepted_renderer.format))
        response: HttpResponseBase | None = get_conditional_response(self.request._request, etag=etag)
        if response is None:
            board = BoardSerializer(Board.of(leaderboard, snapshot), context=self.get_renderer_context())
            response = Response(board.data)
            if self.request.accepted_renderer.format == "csv":
                name = f"{leaderboard.slug}-{snapshot.key if snapshot else 'empty'}.csv"
                response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["ETag"] = etag
        return response


def etag_of(leaderboard: Leaderboard, snapshot: Snapshot | None, format: str) -> str:
    """A snapshot never changes, but names do: of the board, of the arena and of the competitors."""
    names = Competitor.objects.filter(arena=leaderboard.arena_id).order_by("pk").values_list("pk", "name")
    parts = (format, snapshot and snapshot.key, leaderboard.slug, leaderboard.name, leaderboard.arena.slug, list(names))
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


answers = extend_schema(
    responses={
        (200, "application/json"): OpenApiResponse(BoardSerializer, description="The board."),
        (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The board's entries, a line a competitor."),
    }
    | OTHER_RESPONSES
)


class LeaderboardDetail(BoardView):
    """A leaderboard as its newest snapshot shows it. Before the first snapshot every fitted value is null and `entries` is
    empty. Poll it with If-None-Match: as long as nothing has changed, the answer is a cheap 304.
    """

    @answers
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        leaderboard = get_object_or_404(self.readable(), slug=slug)
        return self.show(leaderboard, leaderboard.newest_snapshot())


class LeaderboardSnapshots(ReadView[Snapshot], ListAPIView[Snapshot]):
    """The snapshots of a leaderboard, newest first."""

    queryset = Snapshot.objects.none()
    serializer_class = SnapshotSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Snapshot]:
        return get_object_or_404(boards_for(self.request.user), slug=self.kwargs["slug"]).snapshots.all()


def readable_snapshot(request: Request, key: str) -> Snapshot:
    """A snapshot that this visitor may read; reading it keeps it permanently."""
    snapshots = snapshots_for(request.user)
    try:
        snapshot = snapshot_called(key, snapshots.select_related("leaderboard__arena"))
    except AmbiguousKey as reason:
        raise NotFound(str(reason)) from reason
    if snapshot is None:
        raise NotFound
    if request.method == "GET":
        keep(snapshot, request._request, reason="exported over REST")
    return snapshot


class SnapshotDetail(BoardView):
    """A leaderboard as one snapshot shows it. The key may be cut to its first 8 or more characters. A snapshot
    that was read here once is kept for good. Of boards that readers asked for, a limited number is kept for those who read
    without an account."""

    @answers
    def get(self, request: Request, key: str) -> HttpResponseBase:
        snapshot = readable_snapshot(request, key)
        return self.show(snapshot.leaderboard, snapshot)
