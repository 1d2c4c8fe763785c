"""The REST interface, put together from the rooms' own parts, with its schema and its documentation."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, include, path, re_path, resolve, reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.documentation import DocumentedEndpoint, endpoints_of
from arena.api.read_views import UnknownPath
from arena.views.context import page_context
from arena.webhooks.explaining import explanation
from ranking.models import Leaderboard


@cache
def endpoints() -> list[DocumentedEndpoint]:
    """The schema is the same for all readers for as long as the process lives."""
    with translation.override(settings.LANGUAGE_CODE):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return endpoints_of(schema)


def documentation(request: HttpRequest) -> HttpResponse:
    """A page of the site rather than a viewer: it works without JavaScript and under the strict policy."""
    board = (
        Leaderboard.objects.named()
        .filter(arena__in=access.boards_for(request.user).in_use())
        .order_by("-is_default", "pk")
        .first()
    )
    snapshot = board.newest_snapshot() if board else None
    examples = {
        "slug": board.slug if board else "my-arena",
        "key": snapshot.key if snapshot else "0123456789abcdef",
        "id": "1",
    }
    root = request.build_absolute_uri(reverse("api-docs"))
    shown = [(endpoint, request.build_absolute_uri(endpoint.path.format_map(examples))) for endpoint in endpoints()]
    return render(request, "rest/documentation.html", page_context(request, "api", shown=shown, root=root, **explanation()))


class SchemaView(SpectacularAPIView):
    """There is one version, in one language; the library would put whatever version is asked for into a header."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        for name in ("version", "lang"):
            if name in request.query_params:
                raise ValidationError({name: ["There is one schema: leave this parameter out."]})
        with translation.override(settings.LANGUAGE_CODE):  # what it makes is plain text, also of lazy labels
            response: Response = self._get_schema_response(request)  # type: ignore[no-untyped-call]
        return response


@csrf_exempt
def unknown(request: HttpRequest, path: str) -> HttpResponseBase:
    """An address without its last slash is sent on to the one with it; all others are a problem."""
    if request.method in {"GET", "HEAD"} and _is_known(f"{request.path_info}/"):
        return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
    response: HttpResponseBase = UnknownPath.as_view()(request)
    return response


def _is_known(path: str) -> bool:
    try:
        return resolve(path).func is not unknown
    except Resolver404:
        return False


urlpatterns = [
    path("", documentation, name="api-docs"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("", include("ranking.api.urls")),
    path("", include("judges.api.urls")),
    path("", include("arena.api.urls")),
    re_path(r"^(?P<path>(?s:.*))\Z", unknown),  # also with a line break in it
]
