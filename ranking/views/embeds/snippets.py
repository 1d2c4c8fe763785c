"""What to copy so that another site shows a board, with a look at what it will show."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from arena.models import Arena, Visibility
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from ranking.models import Leaderboard
from ranking.views.embeds.board import THEMES, board_address, rated_entries, top_of

ROW, REST = 33, 132  # pixels


_OWN_FRAMES: dict[str, Any] = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}


@csp_override(_OWN_FRAMES)
@require_safe
@of_the_board
def embed(request: HttpRequest, arena: Arena) -> HttpResponse:
    board = _board(arena, request.GET.get("board", ""))
    context = {"board": board, "is_public": arena.board_visibility == Visibility.PUBLIC, "address": board_address(board)}
    return private(
        render(
            request,
            "ranking/embeds/embed.html",
            page_context(request, "leaderboard", arena, **context, **_snippets(request, board)),
        )
    )


def _board(arena: Arena, slug: str) -> Leaderboard:
    boards = Leaderboard.objects.select_related("arena").filter(arena=arena, is_live=True)
    named = boards.filter(slug=slug.replace("\0", "")) if slug else boards.order_by("-is_default", "pk")
    board = named.first()
    if board is None:
        raise Http404("this arena has no such board")
    return board


def _snippets(request: HttpRequest, board: Leaderboard) -> dict[str, object]:
    theme, top = request.GET.get("theme", ""), top_of(request)
    theme = theme if theme in THEMES else ""
    snapshot = board.newest_snapshot()
    rated = rated_entries(snapshot) if snapshot else []
    asked = request.GET.get("model", "")
    chosen = next((entry.competitor for entry in rated if str(entry.competitor_id) == asked), None)
    chosen = chosen or (rated[0].competitor if rated else None)
    language: dict[str, str | int] = {} if get_language() == settings.LANGUAGE_CODE else {"lang": get_language()}
    query = {"top": top, **({"theme": theme} if theme else {}), **language}
    frame = f"{reverse('embedded-board', args=[board.slug])}?{urlencode(query)}"
    height = ROW * min(top, max(len(rated), 1)) + REST
    shown: dict[str, object] = {"theme": theme, "top": top, "frame": frame, "height": height, "rated": rated, "chosen": chosen}
    shown["frame_code"] = format_html(
        '<iframe src="{}" title="{}" width="100%" height="{}" loading="lazy" style="border:0"></iframe>',
        request.build_absolute_uri(frame), board.name or board.arena.name, height,
    )  # fmt: skip
    if chosen is not None:
        badge = f"{reverse('board-badge', args=[board.slug])}?{urlencode({'model': chosen.pk, **language})}"
        to_model = request.build_absolute_uri(reverse("competitor", args=[board.arena.slug, chosen.pk]))
        picture = request.build_absolute_uri(badge)
        description = _("%(model)s on %(board)s") % {"model": chosen.name, "board": board.name or board.arena.name}
        shown |= {
            "badge": badge,
            "badge_code": format_html('<a href="{}"><img src="{}" alt="{}" height="20"></a>', to_model, picture, description),
            "badge_markdown": f"[![{_plain(description)}]({picture})]({to_model})",
        }
    return shown


def _plain(text: str) -> str:
    """Without what would end or begin something in Markdown."""
    return " ".join("".join(sign for sign in text if sign.isprintable() and sign not in "[]()<>`\\!").split())
