"""Everything needed to reproduce a snapshot elsewhere: the comparisons behind it, and a program."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from arena import access
from arena.api.long_tables import Table, WholeTable
from arena.api.problems import MEDIA_TYPE, ProblemSerializer
from arena.api.read_views import ReadView
from arena.api.schema import OTHER_RESPONSES
from arena.visitors.voter_identity import voter_of
from ranking.api.views import etag_of, readable_snapshot
from ranking.boards.exports.rebuild_file import source_for
from ranking.models import Leaderboard, Snapshot


class NotNowError(APIException):
    status_code = 409


class PythonSource(BaseRenderer):
    """Declares a program as the answer; the view sends it itself."""

    media_type, format, charset = "text/x-python", "py", "utf-8"


def refuse_texts(request: Request, snapshot: Snapshot) -> None:
    """Rows that reveal the style of answers are for those who may read the answers: by its length alone a voter could
    recognise an answer.
    """
    arena = snapshot.leaderboard.arena
    if snapshot.method != Leaderboard.Method.STYLE or access.is_curator(request.user):
        return
    if not access.sees_content(request.user, arena):
        raise PermissionDenied("These rows reveal the style of answers, so they are for readers of this arena's answers.")
    if access.battles_in_play(request.user, arena, voter_of(request._request, arena, create=False)).exists():
        raise NotNowError("These rows reveal the style of answers, and a voter has a pair open: try again in an hour.")


class SnapshotComparisons(ReadView[Snapshot]):
    """The comparisons that a snapshot counts, to the last digit and in the order in which they were fitted, for `rebuild.py`
    beside it: a line each, or a line for all that are alike, with a weight. Prompts, battles and judges have numbers that mean
    nothing elsewhere; no voter is told. Rows of style-controlled boards are for those who may read the arena's answers."""

    renderer_classes = [WholeTable]

    @extend_schema(
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The comparisons."),
            (403, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description="The rows reveal texts that you may not read."),
            (409, MEDIA_TYPE): OpenApiResponse(
                ProblemSerializer, description="Not available now, or no longer; `detail` says why."
            ),
        }
        | OTHER_RESPONSES
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        snapshot = readable_snapshot(request, key)
        refuse_texts(request, snapshot)
        etag = etag_of(snapshot.leaderboard, snapshot, "comparisons")
        response: HttpResponseBase | None = get_conditional_response(request._request, etag=etag)
        response = response or self._table(request, snapshot)
        response["ETag"] = etag
        return response

    def _table(self, request: Request, snapshot: Snapshot) -> Table:
        filename = f"{snapshot.leaderboard.slug}-{snapshot.key}-comparisons.csv"
        if request.method == "HEAD":
            return Table(iter(()), filename, has_place=False)
        # Imported only here, so that other requests need not load the library.
        from ranking.boards.exports.snapshot_material import EvidenceGoneError, lines_of_snapshot

        Table.take_place()
        try:
            lines = lines_of_snapshot(snapshot)
        except BaseException as error:
            Table.places.release()
            if isinstance(error, EvidenceGoneError):
                raise NotNowError("The ledger no longer has the evidence of this snapshot.") from error
            raise
        return Table(lines, filename, has_place=True)


class SnapshotRebuild(ReadView[Snapshot]):
    """A program that makes a snapshot again: one file, this site's own source of the fit, that takes Python, numpy and scipy.
    It reads `comparisons.csv` and the JSON of the snapshot, saved as `board.json`, and prints the board."""

    renderer_classes = [PythonSource]

    @extend_schema(
        responses={(200, "text/x-python"): OpenApiResponse(OpenApiTypes.STR, description="The program.")} | OTHER_RESPONSES
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        snapshot = readable_snapshot(request, key)
        if snapshot.parameters.get("parts"):
            raise NotNowError("A board over several categories is made again on its own site alone: see verify_snapshot.")
        self.is_for_everybody = access.sees_board(AnonymousUser(), snapshot.leaderboard.arena) and request.user.is_anonymous
        response = HttpResponse(source_for(snapshot.key, snapshot.code_version), content_type="text/x-python; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="rebuild.py"'
        return response
