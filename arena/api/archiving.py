"""Archive and bring back by POST: rows leave lists, forms and the defaults of boards, and never the evidence."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response as Reply

from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.read_views import OneInArena
from arena.api.serializers import ArenaSerializer, CompetitorSerializer, PromptSerializer, ResponseSerializer
from arena.api.views import Arenas, CompetitorResource, PromptResource, Responses
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Describes, Writes, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.archiving.putting_away import LONGEST_REASON, NeededByRun, PlaceTaken, archive, bring_back, reason_of
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Archivable, Response, TokenScope
from arena.wording import sentence

ARCHIVE_FIELDS: SentFields = {
    "reason": SentField(FieldKind.TEXT, "Shown to whoever looks for it.", is_needed=True, most=LONGEST_REASON),
}
WHO = "Scope `admin`, for curators."


class ArchivingAct(Writes):
    """POST on one row of a model that can be archived. Where it is so already, nothing happens."""

    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    def archived(self, request: Request) -> Reply:
        try:
            reason = reason_of(checked_object(request.data, ARCHIVE_FIELDS)["reason"])
        except ValueError as missing:
            raise ValidationError({"reason": [sentence(missing)]}) from None
        return self._acted(request, lambda row: archive([row], reason, _user(request)))

    def brought_back(self, request: Request) -> Reply:
        checked_object(request.data, {})
        return self._acted(request, lambda row: bring_back([row], _user(request)))

    def _acted(self, request: Request, act: Callable[[Archivable], int]) -> Reply:
        view: Any = self  # of one row, too
        row: Archivable = view.get_object()

        def work() -> Answer:
            try:
                act(row)
            except (NeededByRun, PlaceTaken) as reason:
                raise AlreadyHere(sentence(reason)) from None
            return Answer(dict(view.get_serializer(view.get_object()).data), status=200)

        return self.done(request, work)


def _user(request: Request) -> Any:
    """The calling curator: nobody else gets this far."""
    return request.user


def archives(answer: Any, description: str) -> Describes:
    """Of `post` of `ArchivingAct`."""
    return described(
        object_schema(ARCHIVE_FIELDS), answer, status=200, description=f"{description} Scope `admin`, for curators."
    )


def brings_back(answer: Any, description: str) -> Describes:
    """Of `post` of `ArchivingAct`."""
    return described(None, answer, status=200, description=f"{description} {WHO}")


class ArenaPutAway(ArchivingAct, Arenas):
    lookup_field = "slug"

    @archives(ArenaSerializer, "Archive an arena: nothing is voted, asked or imported there, and its boards stay.")
    def post(self, request: Request, slug: str) -> Reply:
        return self.archived(request)


class ArenaBringBack(ArchivingAct, Arenas):
    lookup_field = "slug"

    @brings_back(ArenaSerializer, "Bring an archived arena back.")
    def post(self, request: Request, slug: str) -> Reply:
        return self.brought_back(request)


class CompetitorArchive(ArchivingAct, CompetitorResource):
    @archives(CompetitorSerializer, "Archive a competitor: it is no longer served or asked, and its battles stay.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.archived(request)


class CompetitorBringBack(ArchivingAct, CompetitorResource):
    @brings_back(CompetitorSerializer, "Bring an archived competitor back.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.brought_back(request)


class PromptArchive(ArchivingAct, PromptResource):
    @archives(PromptSerializer, "Archive a prompt: it is no longer served or asked, and its battles stay.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.archived(request)


class PromptBringBack(ArchivingAct, PromptResource):
    @brings_back(PromptSerializer, "Bring an archived prompt back.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.brought_back(request)


class ResponseArchive(ArchivingAct, Responses, OneInArena[Response]):
    @archives(ResponseSerializer, "Archive an answer: it is no longer served, and its battles stay.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.archived(request)


class ResponseBringBack(ArchivingAct, Responses, OneInArena[Response]):
    @brings_back(ResponseSerializer, "Bring an archived answer back. One that was corrected takes its correction's place.")
    def post(self, request: Request, pk: int) -> Reply:
        return self.brought_back(request)
