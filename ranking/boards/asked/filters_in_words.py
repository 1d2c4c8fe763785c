"""Filters as people read them: titles of boards, and one chip a value."""

import math
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from arena.templatetags.dates import when
from arena.texts.languages import language_shown
from arena.wording import figure, number
from judges.models import Judge
from ranking.filters import SEVERAL, Filters
from ranking.models import Leaderboard
from ranking.weighing import WAYS

GROUPS = {
    "account": gettext_lazy("signed-in voters"), "anonymous": gettext_lazy("voters without an account"),
    "external": gettext_lazy("voters of programs"), "imported": gettext_lazy("imported voters"),
}  # fmt: skip
WITHOUT_PROGRAMS = gettext_lazy("without votes of programs")


def filters_of(board: Leaderboard) -> Filters:
    return Filters.of_board(board.category, board.language, board.filters)


def value_in_words(filters: Filters, name: str, value: str, *, pools: Mapping[str, str] | None = None) -> str:
    """One value of one filter; `pools`: their names, by their slugs."""
    match name:
        case "language":
            return language_shown(value)
        case "tag":
            return _("tag %(tag)s") % {"tag": value}
        case "pool":
            return _("pool %(pool)s") % {"pool": (pools or {}).get(value, value)}
        case "min_chars":
            return _at_least(filters.min_chars or 0)
        case "max_chars":
            return _at_most(filters.max_chars or 0)
        case "turns":
            return turns_in_words(value)
        case "since":
            return _("since %(day)s") % {"day": when(filters.since, "j F Y")}
        case "until":
            return _("until %(day)s") % {"day": when(filters.until, "j F Y")}
        case "voters":
            return str(GROUPS[value])
        case "over":
            return weights_in_words(filters.weights)
        case "by":
            return _("by %(way)s") % {"way": WAYS[value]}
        case "missing":
            return _("models missing in a category count by the others")
        case "borrow":
            return _("with strength borrowed from all categories")
    return value


def _at_least(n: int) -> str:
    return ngettext("prompts of %(n)s character and more", "prompts of %(n)s characters and more", n) % {"n": number(n)}


def _at_most(n: int) -> str:
    return ngettext("prompts of at most %(n)s character", "prompts of at most %(n)s characters", n) % {"n": number(n)}


def weights_in_words(weights: Mapping[str, float]) -> str:
    """The share of each category, the largest first; with so many decimals that none of them reads as 0 %."""
    total = sum(weights.values())
    percents = {category: 100 * weight / total for category, weight in weights.items()}
    n_decimals = max(0, math.ceil(-math.log10(min(percents.values()))))
    named = (
        _("%(category)s %(percent)s %%") % {"category": category, "percent": figure(f"{percents[category]:.{n_decimals}f}")}
        for category in sorted(percents, key=lambda each: (-percents[each], each))
    )
    return " + ".join(named)


def turns_in_words(turns: str) -> str:
    if turns == SEVERAL:
        return _("several turns")
    n = int(turns)
    return ngettext("%(n)s turn", "%(n)s turns", n) % {"n": number(n)}


def in_words(filters: Filters, *, pools: Mapping[str, str] | None = None) -> str:
    """All values, one after another."""
    return ", ".join(value_in_words(filters, name, value, pools=pools) for name, value in filters.pairs)


def title_of(board: Leaderboard) -> str:
    """The name of a board that a reader asked for: its arena, what is special in how it is fitted, and its filters."""
    parts = [] if board.is_plain else [board.method_name]
    if board.jury:
        parts.append(", ".join(map(str, Judge.objects.filter(pk__in=board.jurors).order_by("pk"))))
    if not board.counts_external:
        parts.append(str(WITHOUT_PROGRAMS))
    parts.append(in_words(filters_of(board)))
    return f"{board.arena.name}: {', '.join(filter(None, parts)) or board.method_name}"
