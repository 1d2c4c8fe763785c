"""What can be done with boards by POST."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import CuratorsOnly, CuratorsWrite, WithinScope
from arena.api.read_views import ReadView
from arena.api.schema import OTHER_RESPONSES
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Writes, arena_to_write, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.evidence import ledger
from arena.models import TokenScope
from ranking.api.board_fields import BOARD_FIELDS
from ranking.api.serializers import LeaderboardSerializer
from ranking.definitions import check_alone, checked_category, checked_jury, checked_language, save_board
from ranking.models import Leaderboard

MOST_DIGITS = 18


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
    """How far the fit that was asked of a worker is."""

    slug = serializers.CharField(help_text="Slug of the leaderboard.")
    to = serializers.IntegerField(min_value=0, help_text="The ledger's position up to which it is fitted.")
    state = serializers.ChoiceField(
        choices=["waiting", "stands", "failed"],
        help_text="`stands`: `snapshot` counts everything up to there. `failed`: `error` says why, and it is not fitted.",
    )
    snapshot = serializers.CharField(
        allow_null=True, help_text="Key of the newest snapshot once the board stands: the earlier one if nothing has changed."
    )
    error = serializers.CharField(help_text="Why it could not be fitted; otherwise empty.")


class BoardPublishing(Writes, ReadView[Leaderboard]):
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = Leaderboard.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    def known_parameters(self) -> frozenset[str]:
        return super().known_parameters() | {"to"}

    @extend_schema(
        operation_id="leaderboards_publish_retrieve",
        parameters=[
            OpenApiParameter(
                "to", {"type": "integer", "minimum": 0}, description="A position of the ledger; its end where it is left out."
            )
        ],
        responses={200: PublishingSerializer} | OTHER_RESPONSES,
        description="Whether a leaderboard counts everything up to a position of the ledger, for curators. Publishing gives "
        "this address.",
    )
    def get(self, request: Request, slug: str) -> Response:
        board = get_object_or_404(self._readable(request), slug=slug)
        return Response(_how_far(board, _position(request, board)))

    @described(
        None,
        PublishingSerializer,
        status=202,
        description=(
            "Have a leaderboard fitted to all evidence up to now, live or not; a worker does it. The address in Location says "
            "when it stands. An arena's own boards are made first where no worker has made them yet. Where nothing has changed "
            "the newest snapshot stays. Scope `admin`, for curators."
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        checked_object(request.data, {})
        board = self._readable(request).filter(slug=slug).first() or self._made(request, slug)
        ledger.number_events()
        return self.done(request, lambda: _rung(board))

    def _readable(self, request: Request) -> QuerySet[Leaderboard]:
        return Leaderboard.objects.filter(arena__in=access.boards_for(request.user))

    def _made(self, request: Request, slug: str) -> Leaderboard:
        """The board of an arena of which no worker has made the boards yet."""
        from ranking.boards.default_boards import ensure_boards  # with the fitting library, as below

        for arena in access.boards_for(request.user).filter(archived_at=None).exclude(leaderboards__is_default=True):
            if slug == arena.slug or slug.startswith(f"{arena.slug}-"):
                ensure_boards(arena)
        return get_object_or_404(self._readable(request), slug=slug)


def _position(request: Request, board: Leaderboard) -> int:
    written = request.query_params.get("to")
    if written is None:
        ledger.number_events()
        return ledger.head(board.arena_id)
    if not (written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS):
        raise ValidationError({"to": ["A position of the ledger is needed: a whole number."]})
    return int(written)


def _how_far(board: Leaderboard, to: int) -> dict[str, Any]:
    newest, has_read = board.newest_snapshot(), board.read_to >= to
    error = board.error if has_read else ""
    state = "failed" if error else "stands" if has_read and newest else "waiting"
    snapshot = newest.key if newest and state == "stands" else None
    return {"slug": board.slug, "to": to, "state": state, "snapshot": snapshot, "error": error}


def _ring(board: Leaderboard) -> None:
    from ranking.tasks import refit_board  # brings the fitting library with it, which no request waits for

    transaction.on_commit(lambda: refit_board.delay(board.pk))


def _rung(board: Leaderboard) -> Answer:
    _ring(board)
    to = ledger.head(board.arena_id)
    address = f"{reverse('api-leaderboard-publish', args=[board.slug])}?to={to}"
    return Answer(_how_far(board, to), status=202, location=address)
