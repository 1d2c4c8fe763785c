"""PATCH: some fields of something that is here, where a page can change them. With If-Match, only of what was read."""

from collections.abc import Callable
from hashlib import md5
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db.models import Model
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.callers.scopes import CuratorsWrite, WithinScope
from arena.api.problems import MEDIA_TYPE, ProblemSerializer
from arena.api.schema import WRITING_RESPONSES
from arena.api.writing.base import KEY_PARAMETER, Describes, Writes, checked_object
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.importing.sent_fields import SentFields
from arena.models import TokenScope

LONGEST_MATCH = 200
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$', "maxLength": LONGEST_MATCH},
    OpenApiParameter.HEADER,
    description="The ETag with which it was read: where it has changed since then, nothing is written and the answer is 412.",
)


class HasChanged(APIException):
    status_code = 412
    default_detail = "It has changed since it was read with this ETag: read it again before you change it."


class Changes(Writes):
    """A view of one row that takes PATCH beside GET."""

    http_method_names = ["get", "head", "patch"]
    permission_classes = [WithinScope, CuratorsWrite]
    scopes: ClassVar[dict[str, str]] = {"PATCH": TokenScope.ADMIN.value}

    def changed(self, request: Request, columns: SentFields, change: Callable[[Any, dict[str, Any]], object]) -> Response:
        """`change` writes what was said into the row; it may raise Django's ValidationError."""
        values = checked_object(request.data, columns)
        view: Any = self  # a view of one row, too
        row: Model = view.get_object()

        def work() -> Answer:
            locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
            self.check_match(request, view.get_serializer(view.get_object()))
            try:
                change(locked, values)
            except InvalidModel as wrong:
                raise ValidationError(wrong.message_dict) from None
            return Answer(dict(view.get_serializer(view.get_object()).data), status=200)

        return self.done(request, work)

    def done(self, request: Request, work: Callable[[], Answer]) -> Response:
        _wanted(request)  # before the key: a request that is sent again is looked at as the first one was
        return super().done(request, work)

    def check_match(self, request: Request, shown: Any) -> None:
        """By the ETag that reading it gives: the hash of the body, weak where it was sent compressed."""
        wanted = _wanted(request)
        if wanted in (None, ["*"]):
            return
        from rest_framework.renderers import JSONRenderer

        body = JSONRenderer().render(shown.data)
        if f'"{md5(body, usedforsecurity=False).hexdigest()}"' not in (wanted or ()):
            raise HasChanged


def _wanted(request: Request) -> list[str] | None:
    """The ETags of If-Match; None without it. What cannot be read is refused: it must not let anything pass."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    wanted = [each.removeprefix("W/") for each in parse_etags(header)]
    if not wanted or len(header) > LONGEST_MATCH:
        raise ValidationError({"If-Match": ["Send an ETag as it was given, in its quotation marks, or *."]})
    return wanted


def changes(columns: SentFields, answer: Any, description: str) -> Describes:
    """Of `patch`."""
    refused = OpenApiResponse(ProblemSerializer, description="It has changed since it was read.")
    decorator: Any = extend_schema(
        request={"application/json": object_schema(columns)},
        responses={(200, "application/json"): answer} | WRITING_RESPONSES | {(412, MEDIA_TYPE): refused},
        parameters=[KEY_PARAMETER, IF_MATCH],
        description=description,
    )
    described_so: Describes = decorator
    return described_so
