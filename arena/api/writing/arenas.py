"""An arena by POST."""

from typing import ClassVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db import IntegrityError, transaction
from django.urls import reverse
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.serializers import ArenaSerializer
from arena.api.writing.base import Writes, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.archiving.refusals import archived_message
from arena.importing.sent_fields import ARENA_FIELDS
from arena.models import Arena, TokenScope
from arena.wording import sentence


class AlreadyHere(APIException):
    status_code = 409


class ArenaWrites(Writes):
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    @described(
        object_schema(ARENA_FIELDS),
        ArenaSerializer,
        description="Make an arena. Scope `admin`, for curators; a token for some arenas may not.",
    )
    def post(self, request: Request) -> Response:
        if access.is_kept_within(request.user):
            raise PermissionDenied("This token is limited to some arenas: it cannot make new ones.")
        arena = Arena(**checked_object(request.data, ARENA_FIELDS))
        try:
            arena.clean_fields()
        except InvalidModel as wrong:
            raise ValidationError(wrong.message_dict) from None
        return self.done(request, lambda: _made(arena))


def _made(arena: Arena) -> Answer:
    try:
        with transaction.atomic():
            arena.save()
    except IntegrityError:
        here = Arena.objects.archived().filter(slug=arena.slug).first()
        if here is not None:
            raise AlreadyHere(sentence(archived_message(here))) from None
        raise AlreadyHere(f"There is an arena {arena.slug!r} here already.") from None
    return Answer(dict(ArenaSerializer(arena).data), location=reverse("api-arena", args=[arena.slug]))
