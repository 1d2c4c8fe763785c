"""What other sites may show: boards that everybody may read, without cookies, forms or scripts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.csp import CSP
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from arena.models import Visibility
from ranking.models import Leaderboard

SECONDS_KEPT = 300
FRAMED_ANYWHERE: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": ["*"],
}
type BoardView = Callable[..., HttpResponse]


def of_a_public_board(view: BoardView) -> Callable[..., HttpResponse]:
    """A view of a board, given by its slug. Every other board is not found, also for those who may read it elsewhere."""

    @wraps(view)
    @require_safe
    def guarded(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        board = Leaderboard.objects.select_related("arena").filter(slug=slug, is_live=True).first()
        if board is None or board.arena.board_visibility != Visibility.PUBLIC:
            raise Http404("no such board that everybody may read")
        with override(language := _language_of(request)):
            response = view(request, board, **kwargs)
        response["Content-Language"] = language
        patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
        return response

    return guarded


def _language_of(request: HttpRequest) -> str:
    """That of the address, for the page around it; not the reader's, or what is kept for all would depend on who came first."""
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def framed_anywhere(view: BoardView) -> Any:
    """May stand in a frame of any site. What the view refuses may not: an error page is an ordinary page."""
    return xframe_options_exempt(csp_override(FRAMED_ANYWHERE)(view))
