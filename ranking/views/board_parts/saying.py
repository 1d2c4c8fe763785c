"""All that a board says beside its table: a context for its page."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from arena.models import Arena
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_parts.by_category import parts_of
from ranking.views.board_parts.earlier import Earlier
from ranking.views.board_parts.neighbours import neighbours_on, with_prices
from ranking.views.board_parts.notices import notices_of
from ranking.views.board_parts.set_aside import reasons_of
from ranking.views.board_parts.summary import summary_of

STYLE = Leaderboard.Method.STYLE


def said_of(
    shown: Snapshot, stored: Sequence[Entry], arena: Arena, earlier: Earlier, *, is_live: bool, shows_all: bool
) -> dict[str, Any]:
    """The summary, notices by weight, the figures of the fit, how firm the order is, and what was set aside."""
    firmness = neighbours_on(shown, stored, arena, is_live=is_live, shows_all=shows_all)
    loud, figures = notices_of(shown)
    return {
        "summary": summary_of(shown, stored, firmness.neighbours),
        "notices": loud,
        "figures": figures,
        "firmness": with_prices(firmness, shown, earlier) if is_live else firmness,
        "reasons_aside": reasons_of(shown),
        "style_sentence": _on_style(shown),
        **parts_of(shown, stored),
    }


def _on_style(shown: Snapshot) -> str:
    """What a board that levels style means by a rating."""
    if shown.method != STYLE or shown.tells_of("no_texts"):
        return ""
    return _(
        "Style is levelled on this board: a rating says how often a model would win if both answers looked alike in the "
        "features named below the table."
    )
