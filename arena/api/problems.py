"""One shape for every error of the REST interface: RFC 9457, application/problem+json."""

from collections.abc import Mapping
from http import HTTPStatus
from inspect import unwrap
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error as server_error_page
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

MEDIA_TYPE = "application/problem+json"
API_ROOT = "/api/"


class RowProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """What is wrong with one of the rows that were sent."""

    row = serializers.IntegerField(min_value=1, help_text="Position of the row, counted from 1; for a file, its line.")
    what = serializers.CharField(help_text="The field, or what else of the row is wrong.")
    value = serializers.CharField(help_text="The value sent, shortened.")
    allowed = serializers.CharField(help_text="What is allowed instead.")
    n_alike = serializers.IntegerField(min_value=0, help_text="Later rows in which the same is wrong.")
    also_in = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="Positions of the first of those; for a file, their lines."
    )


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """What went wrong, after RFC 9457."""

    type = serializers.CharField(help_text="Always about:blank: the status says what kind of problem it is.")
    title = serializers.CharField(help_text="The name of the status.")
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField(help_text="What is wrong with this request, and what to do.")
    instance = serializers.CharField(help_text="The path that was asked for.")  # type: ignore[assignment]
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For wrong parameters: each with its messages.",
    )
    n_problems = serializers.IntegerField(required=False, min_value=1, help_text="For wrong rows: the number of problems.")
    rows = RowProblemSerializer(many=True, required=False, help_text="For wrong rows: the first problems.")


class ProblemRenderer(JSONRenderer):
    media_type = MEDIA_TYPE


def problem(status: int, detail: str, instance: str, errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    return body | ({"errors": errors} if errors else {})


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; unexpected errors go to `server_error`."""
    request = context["request"]
    if isinstance(exc, Http404):
        # Django's own messages differ between a missing row and a forbidden one, which readers must not be able to tell apart.
        exc = exceptions.NotFound()
    response = default_handler(exc, context)
    if response is None:
        return None
    detail, errors = _in_words(exc)
    if isinstance(exc, exceptions.UnsupportedMediaType):
        taken = " or ".join(str(parser.media_type) for parser in context["view"].parser_classes)
        detail = f"A body of this media type is not taken here: send {taken}, and say so in Content-Type."
    members: dict[str, Any] = getattr(exc, "members", {})
    response.data = _encodable(problem(response.status_code, detail, request.path, errors) | members)
    request.accepted_renderer, request.accepted_media_type = ProblemRenderer(), MEDIA_TYPE
    return response


def _encodable(part: Any) -> Any:
    """JSON may hold half of a pair of surrogates, in names as in values; no text of an answer may: it becomes its escape."""
    match part:
        case str():
            return part.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_encodable(name): _encodable(value) for name, value in part.items()}
        case list():
            return [_encodable(each) for each in part]
    return part


def _in_words(exc: Exception) -> tuple[str, dict[str, list[str]] | None]:
    if isinstance(exc, exceptions.ValidationError) and isinstance(exc.detail, dict):
        errors = {name: [str(message) for message in messages] for name, messages in exc.detail.items()}
        return f"Wrong parameters: {', '.join(sorted(errors))}.", errors
    if isinstance(exc, exceptions.NotAcceptable):
        return "None of the media types in Accept is available here: ask for application/json.", None
    detail = getattr(exc, "detail", None)
    if isinstance(detail, list):
        return " ".join(map(str, detail)), None
    return str(detail or exc) or str(exceptions.PermissionDenied.default_detail), None


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an unexpected error: a problem for programs, a page for people. It reads no database."""
    if not request.path.startswith(API_ROOT):
        page: HttpResponse = unwrap(server_error_page)(
            request
        )  # a decorated handler reads the form, which may have caused the error
        return page
    body = problem(500, "The server failed on this request; its log says why.", request.path)
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
