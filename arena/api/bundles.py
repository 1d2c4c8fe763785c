"""REST view that sends a whole arena as one file."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from arena import access
from arena.api.long_tables import LongFile
from arena.api.problems import MEDIA_TYPE, ProblemSerializer
from arena.api.read_views import ReadView
from arena.api.schema import OTHER_RESPONSES
from arena.bundles import downloads
from arena.bundles.writing import CannotExport
from arena.exporting.access import Reader
from arena.models import Arena
from arena.wording import sentence

ZIP = "application/zip"


class ArenaBusy(APIException):
    status_code = 409


class Zip(BaseRenderer):
    """Declares the zip media type; the view streams the bytes itself."""

    media_type, format, charset, render_style = ZIP, "zip", None, "binary"


class WholeArena(ReadView[Arena]):
    """A whole arena with its history in one zip: what `manage.py export --all` writes and `import_archive` reads."""

    queryset = Arena.objects.none()
    renderer_classes = (Zip,)

    @extend_schema(
        operation_id="arena_archive_read",
        responses={
            (200, ZIP): OpenApiResponse(OpenApiTypes.BINARY, description="The zip."),
            (409, MEDIA_TYPE): OpenApiResponse(
                ProblemSerializer, description="An import is under way: wait until it has ended."
            ),
        }
        | OTHER_RESPONSES,
        description="A whole arena with its history in one zip, for curators: what `manage.py export --all` writes and "
        "`import_archive` reads. It holds no accounts, tokens or keys. 409 while an import is under way.",
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        arena = get_object_or_404(access.arenas_for(request.user), slug=slug)
        reader = Reader.of(request._request, request.user)
        if reason := downloads.refusal(reader, arena):
            raise (PermissionDenied if request.user.is_authenticated else NotAuthenticated)(sentence(reason))
        if request.method == "HEAD":
            return LongFile(iter(()), f"{arena.slug}.zip", ZIP, has_place=False)
        LongFile.take_place()
        try:
            file = downloads.packed(arena)
        except CannotExport as reason:
            LongFile.places.release()
            raise ArenaBusy(sentence(reason)) from None
        except BaseException:
            LongFile.places.release()
            raise
        answer: Any = LongFile(downloads.blocks(file), f"{arena.slug}.zip", ZIP, has_place=True)
        answer["Content-Length"] = downloads.size_of(file)
        return answer  # type: ignore[no-any-return]
