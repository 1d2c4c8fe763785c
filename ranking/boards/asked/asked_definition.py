"""The definition of a board that a reader asks for: that of a named board, with other filters, a jury, or style levelled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from judges.models import Judge
from ranking.filters import Filters, WrongFilter
from ranking.models import COVARIATES, DEFINING, Leaderboard, written_jury

MOST_JUDGES = 20
STYLE = {
    "method": Leaderboard.Method.STYLE,
    "covariates": "length headers lists bold",
    "intervals": Leaderboard.IntervalMethod.BOOTSTRAP,
}
"""How an arena's own board levels style."""

SHARES = (Leaderboard.Combiner.MEAN, Leaderboard.Combiner.ARENA_HARD_WEIGHTED)
"""Rules that make shares of a win."""


def definition_like(
    like: Leaderboard, filters: Filters, *, jury: str = "", combiner: str = "", covariates: str = ""
) -> dict[str, Any]:
    """The fields that define the board, in one spelling; a jury, a combiner and covariates take the place of the board's own.

    Raises
    ------
    WrongFilter
        Such a board cannot be fitted. The message says why.
    """
    fields = {name: getattr(like, name) for name in DEFINING}
    of_people = like.sources == Leaderboard.Sources.PEOPLE
    if jury and of_people:
        raise WrongFilter("judge", _("People’s votes have no judges: choose a board of verdicts first."))
    if filters.voters and like.sources == Leaderboard.Sources.JUDGES:
        raise WrongFilter("voters", _("Verdicts have no voters: choose a board of votes first."))
    if like.is_by_prediction and (filters.since or filters.until or filters.voters):
        message = _(
            "A prediction-powered board takes all days and voters: verdicts narrow its intervals only where the battles with "
            "votes are a random part of all."
        )
        raise WrongFilter("since", message)
    if filters.is_parted:
        _check_parted(like, filters)
    if filters.voters:
        fields["counts_external"], filters = _one_spelling(filters, counts_external=like.counts_external)
    narrowed = {"category": filters.category, "language": filters.language, "filters": filters.rest}
    chosen = {"jury": jury, "combiner": combiner, "covariates": covariates}
    _check_fitting(like, chosen)
    return fields | narrowed | {name: value for name, value in chosen.items() if value}


def _check_fitting(like: Leaderboard, chosen: Mapping[str, str]) -> None:
    if chosen["combiner"] and like.sources == Leaderboard.Sources.PEOPLE:
        raise WrongFilter("combiner", _("People’s votes are not combined: choose a board of verdicts first."))
    if like.method == Leaderboard.Method.ELO and chosen["combiner"] in SHARES:
        raise WrongFilter("combiner", _("Elo updates by whole comparisons, and this rule gives shares: choose another."))
    if chosen["covariates"] and like.method != Leaderboard.Method.STYLE:
        raise WrongFilter("covariates", _("Covariates are levelled where style is: switch that on first."))


def combiner_of(value: str) -> str:
    """Raises WrongFilter."""
    if value and value not in Leaderboard.Combiner.values:
        message = _("No rule for verdicts is called “%(value)s”: there are %(names)s.")
        raise WrongFilter("combiner", message % {"value": value[:80], "names": ", ".join(Leaderboard.Combiner.values)})
    return value


def covariates_of(values: Sequence[str]) -> str:
    """In the order of `COVARIATES`, whatever the address has. Raises WrongFilter."""
    written = {name.strip() for value in values for name in value.replace(",", " ").split() if name.strip()}
    if unknown := sorted(written - set(COVARIATES)):
        message = _("No covariate is called “%(value)s”: there are %(names)s.")
        raise WrongFilter("covariates", message % {"value": unknown[0][:80], "names": ", ".join(COVARIATES)})
    return " ".join(name for name in COVARIATES if name in written)


def _check_parted(like: Leaderboard, filters: Filters) -> None:
    if like.is_by_prediction:
        message = _("A prediction-powered board is fitted to all categories at once: choose another method to weigh them.")
        raise WrongFilter("over" if filters.over else "borrow", message)
    if filters.borrow and like.method != Leaderboard.Method.BRADLEY_TERRY:
        raise WrongFilter("borrow", _("Strength is borrowed between Bradley–Terry ratings: choose that method."))


def quickly_fitted(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The same with intervals that need no resampling, where the method has them: whoever asks is waiting."""
    if definition["method"] == Leaderboard.Method.ELO:
        return dict(definition)
    return {**definition, "intervals": Leaderboard.IntervalMethod.SANDWICH}


def _one_spelling(filters: Filters, *, counts_external: bool) -> tuple[bool, Filters]:
    """Everybody but external voters is a setting of its own; otherwise the groups say who counts."""
    groups = tuple(one for one in filters.voters if counts_external or one != "external")
    if not groups:
        raise WrongFilter("voters", _("Votes of programs do not count on this board: choose another group of voters."))
    if groups == ("account", "anonymous", "imported"):
        return False, replace(filters, voters=())
    return True, replace(filters, voters=groups)


def jury_of(values: Sequence[str]) -> str:
    """As a board keeps it, "" for all. Raises WrongFilter."""
    written = [value for value in values if value]
    if not written:
        return ""
    if len(written) > MOST_JUDGES or not all(value.isascii() and value.isdecimal() and len(value) < 10 for value in written):
        raise WrongFilter("judge", _("“%(value)s” is no judge’s number.") % {"value": " ".join(written)[:80]})
    wanted = set(map(int, written))
    if unknown := sorted(wanted - set(Judge.objects.filter(pk__in=wanted).values_list("pk", flat=True))):
        raise WrongFilter("judge", _("There is no judge with the number %(number)s here.") % {"number": unknown[0]})
    return written_jury(wanted)


def styled(boards: Sequence[Leaderboard], like: Leaderboard) -> Leaderboard:
    """The board whose method levels style, for one like this: the arena's first, or one that could be. Raises WrongFilter."""
    if like.method == Leaderboard.Method.STYLE:
        return like
    levelled = [
        board
        for board in boards
        if board.method == Leaderboard.Method.STYLE and board.sources == like.sources and not is_narrowed(board)
    ]
    if levelled:
        return levelled[0]
    fields = {name: getattr(like, name) for name in ("arena", *DEFINING, "level", "seed")}
    return Leaderboard(**fields | STYLE)


def is_narrowed(board: Leaderboard) -> bool:
    """To some prompts, days or voters."""
    return bool(board.category or board.language or board.filters)


def is_of(board: Leaderboard, definition: Mapping[str, Any]) -> bool:
    return all(getattr(board, name) == value for name, value in definition.items())
