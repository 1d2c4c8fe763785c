"""A badge: one model's places and rating on a board, as a picture to put beside its name."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from arena.wording import number
from ranking.models import Entry, Leaderboard
from ranking.views.embeds.public_boards import of_a_public_board

LONGEST = 40  # characters of a name
CHARACTER, WIDE_CHARACTER, MARGIN = 6.6, 12.5, 8  # pixels, at 11 px
_BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" viewBox="0 0 {width} 20" role="img" \
aria-label="{title}"><title>{title}</title><rect width="{width}" height="20" rx="3" fill="#3b4252"/>\
<path d="M{left} 0H{edge}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="#2f5da8"/>\
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">\
<text x="{x_name}" y="14" textLength="{n_name}" lengthAdjust="spacingAndGlyphs">{name}</text>\
<text x="{x_message}" y="14" textLength="{n_message}" lengthAdjust="spacingAndGlyphs">{message}</text></g></svg>
"""


@of_a_public_board
def badge(request: HttpRequest, board: Leaderboard) -> HttpResponse:
    asked = request.GET.get("model", "")
    snapshot = board.newest_snapshot()
    if snapshot is None or not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise Http404("name a model of this board: ?model=ID")
    entry = snapshot.entries.filter(competitor=int(asked), competitor__archived_at=None).select_related("competitor").first()
    if entry is None:
        raise Http404("this model is not on this board, or no longer")
    return HttpResponse(drawn(entry.competitor.name, _said(entry)), content_type="image/svg+xml; charset=utf-8")


def drawn(name: str, message: str) -> str:
    """
    The picture. Characters that hide, turn the text around or are not allowed in XML are left out of the name.

    Examples
    --------
    >>> "evil" in drawn('<script>evil("&")</script>', "#1"), "<script>" in drawn('<script>evil("&")</script>', "#1")
    (True, False)
    """
    name = "".join(sign for sign in name if sign.isprintable()) or "?"
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    n_name, n_message = _width(name), _width(message)
    left = n_name + 2 * MARGIN
    width = left + n_message + 2 * MARGIN
    return format_html(
        _BADGE, width=width, edge=width - 3, left=left, title=f"{name}: {message}", name=name, message=message,
        n_name=n_name, n_message=n_message, x_name=left / 2, x_message=left + n_message / 2 + MARGIN,
    )  # fmt: skip


def _width(text: str) -> int:
    """About as wide as the text is drawn; the renderer makes it fit."""
    return round(sum(WIDE_CHARACTER if sign > "\u2e7f" else CHARACTER for sign in text))


def _said(entry: Entry) -> str:
    """Its places, its rating and half its interval."""
    if not entry.is_rated or entry.rating is None:
        return _("not rated")
    rating = number(round(entry.rating))
    if entry.low is not None and entry.high is not None:
        rating = f"{rating} ±{number(round((entry.high - entry.low) / 2))}"
    if entry.rank_low is None or entry.rank_high is None:
        return rating
    places = f"#{entry.rank_low}" if entry.rank_low == entry.rank_high else f"#{entry.rank_low}–{entry.rank_high}"
    return f"{places} · {rating}"
