"""What can be done with boards by POST."""

from typing import Any, ClassVar

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.read_views import ReadView
from arena.api.scopes import CuratorsOnly, WithinScope
from arena.api.writing.base import Writes, described, told_object
from arena.api.writing.idempotency import Answer
from arena.models import TokenScope
from ranking.models import Leaderboard


class PublishingSerializer(serializers.Serializer[Any]):
    """What was asked of a worker."""

    slug = serializers.CharField(help_text="Slug of the leaderboard.")
    snapshot = serializers.CharField(
        allow_null=True, help_text="Key of the newest snapshot by now: there is another one when the board has changed."
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
        told_object(request.data, {})
        return self.done(request, lambda: _rung(board))


def _rung(board: Leaderboard) -> Answer:
    from ranking.tasks import refit_board  # brings the fitting library with it, which no request waits for

    transaction.on_commit(lambda: refit_board.delay(board.pk))
    newest = board.newest_snapshot()
    body = {"slug": board.slug, "snapshot": newest.key if newest else None}
    return Answer(body, status=202, location=reverse("api-leaderboard", args=[board.slug]))
