"""What can be done with boards by POST."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import CuratorsOnly, CuratorsWrite, WithinScope
from arena.api.read_views import ReadView
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Writes, arena_to_write, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.models import TokenScope
from ranking.api.board_fields import BOARD_FIELDS
from ranking.api.serializers import LeaderboardSerializer
from ranking.definitions import check_alone, checked_category, checked_jury, checked_language, save_board
from ranking.models import Leaderboard


class BoardDefinitions(Writes):
    """POST beside the list of boards."""

    permission_classes = [WithinScope, CuratorsWrite]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    @described(
        object_schema(BOARD_FIELDS),
        LeaderboardSerializer,
        description=(
            "Define a leaderboard: what counts, and how it is fitted. A worker fits it at once. Two boards of an arena "
            "differ in their definition. Scope `admin`, for curators."
        ),
    )
    def post(self, request: Request) -> Response:
        wanted_fields = checked_object(request.data, BOARD_FIELDS)
        board = Leaderboard(arena=arena_to_write(request, wanted_fields.pop("arena")))

        def work() -> Answer:
            _write(board, wanted_fields)
            _ring(board)
            return Answer(board_as_listed(board), location=reverse("api-leaderboard", args=[board.slug]))

        return self.done(request, work)


def change_board(board: Leaderboard, wanted_fields: dict[str, Any]) -> None:
    """Raises Django's ValidationError, or AlreadyHere."""
    if _write(board, wanted_fields):
        _ring(board)


def _write(board: Leaderboard, wanted_fields: dict[str, Any]) -> bool:
    """Checked as the admin's form checks it; whether it has to be fitted."""
    before = Leaderboard.objects.filter(pk=board.pk).first() or Leaderboard()
    try:
        _say(board, wanted_fields, before)
        board.clean_fields()
        board.clean()
    except InvalidModel as wrong:
        raise ValidationError(wrong.message_dict) from None
    if twin := Leaderboard.objects.filter(slug=board.slug).exclude(pk=board.pk).first():
        raise AlreadyHere(f"There is a leaderboard {twin.slug!r} here already.")
    try:
        check_alone(board)
    except InvalidModel as wrong:
        raise AlreadyHere(" ".join(wrong.messages)) from None
    changed = [name for name in wanted_fields if getattr(board, name) != getattr(before, name)]
    return save_board(board, changed)


def _say(board: Leaderboard, wanted_fields: dict[str, Any], before: Leaderboard) -> None:
    for name, value in wanted_fields.items():
        try:
            setattr(board, name, _stored(board, name, value, before))
        except InvalidModel as wrong:
            raise InvalidModel({name: wrong.messages}) from None


def _stored(board: Leaderboard, name: str, value: Any, before: Leaderboard) -> Any:
    match name:
        case "jury":
            return checked_jury(map(int, value))
        case "covariates":
            return " ".join(value)
        case "category":
            return checked_category(board.arena, value, before=before.category)
        case "language":
            return checked_language(board.arena, value, before=before.language)
    return value


def board_as_listed(board: Leaderboard) -> dict[str, Any]:
    """As the list of boards gives it."""
    newest: Any = board.newest_snapshot()
    row: Any = board
    row.snapshot, row.updated = (newest.key, newest.created_at) if newest else (None, None)
    return dict(LeaderboardSerializer(row).data)


class PublishingSerializer(serializers.Serializer[Any]):
    """What was asked of a worker."""

    slug = serializers.CharField(help_text="Slug of the leaderboard.")
    snapshot = serializers.CharField(
        allow_null=True, help_text="Key of the newest snapshot so far; a new one follows if the board changes."
    )


class BoardPublishing(Writes, ReadView[Leaderboard]):
    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = Leaderboard.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    @described(
        None,
        PublishingSerializer,
        status=202,
        description=(
            "Have a leaderboard fitted to all evidence up to now, live or not; a worker does it. Where nothing has changed the "
            "newest snapshot stays. Scope `admin`, for curators."
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        board = get_object_or_404(Leaderboard.objects.filter(arena__in=access.boards_for(request.user)), slug=slug)
        checked_object(request.data, {})
        return self.done(request, lambda: _rung(board))


def _ring(board: Leaderboard) -> None:
    from ranking.tasks import refit_board  # brings the fitting library with it, which no request waits for

    transaction.on_commit(lambda: refit_board.delay(board.pk))


def _rung(board: Leaderboard) -> Answer:
    _ring(board)
    newest = board.newest_snapshot()
    body = {"slug": board.slug, "snapshot": newest.key if newest else None}
    return Answer(body, status=202, location=reverse("api-leaderboard", args=[board.slug]))
