"""What a board says, in one or two sentences that need no statistics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import Competitor
from arena.wording import figure, number
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_parts.neighbours import Neighbour
from ranking.views.board_table import CERTAIN, by_place, in_a_row, tied_leaders
from ranking.views.counted_words import counted_on


@dataclass(frozen=True, slots=True)
class Summary:
    """`sentences` in order; `is_tied`: nobody is surely first."""

    sentences: list[SafeString]
    is_tied: bool = False


def summary_of(shown: Snapshot, entries: Sequence[Entry], neighbours: Sequence[Neighbour]) -> Summary:
    """Of all models of the snapshot, whatever the table shows of them."""
    rated = sorted((entry for entry in entries if entry.is_rated), key=by_place)
    if not rated:
        return Summary([])
    placed, tied = [entry for entry in rated if entry.has_place], tied_leaders(rated)
    if not placed:
        return Summary([_without_places(rated)])
    if len(placed) == 1:
        return Summary([_alone(placed[0])])
    sentences = [*_on_the_first(shown, placed, tied), *_on_the_order(shown, neighbours)]
    return Summary(sentences, is_tied=bool(tied))


def _bold(competitor: Competitor) -> SafeString:
    return format_html("<b><bdi>{}</bdi></b>", competitor.name)


def _without_places(rated: Sequence[Entry]) -> SafeString:
    if len(rated) == 1:
        text = _("Only {model} has a rating: a place needs another one to compare it with.")
        return format_html(text, model=_bold(rated[0].competitor))
    return format_html(
        _("{model} has the highest rating. How sure that is cannot be said, because no interval can be given."),
        model=_bold(rated[0].competitor),
    )


def _alone(entry: Entry) -> SafeString:
    return format_html(
        _("Only {model} has a place: too little is known of the others to rank them."), model=_bold(entry.competitor)
    )


def _on_the_first(shown: Snapshot, placed: Sequence[Entry], tied: Sequence[Competitor]) -> Iterator[SafeString]:
    leader, certainty = placed[0], shown.parameters.get("level", 0.95)
    level = figure(f"{100 * certainty:g}")
    if tied and (leader.p_best or 0.0) >= certainty:
        yield _nearly_settled(leader, [each for each in tied if each.pk != leader.competitor_id])
        return
    if tied:
        yield _tie(shown, tied)
    worst, values = leader.rank_high or len(placed), {"model": _bold(leader.competitor), "level": level}
    if worst == 1:
        # xgettext:no-python-format
        yield format_html(_("With {level} % certainty {model} is first."), **values)
    elif worst < len(placed):
        # xgettext:no-python-format
        text = _("With {level} % certainty {model} is among the first {worst} of {n}.")
        yield format_html(text, **values, worst=number(worst), n=number(len(placed)))
    if tied:
        yield from _likeliest(placed)


def _nearly_settled(leader: Entry, others: Sequence[Competitor]) -> SafeString:
    """For one whose chance of being first is high, though the ranges of all models at once leave place 1 to others, too."""
    if (leader.p_best or 0.0) > 1 - CERTAIN:
        text = _(
            "<b>Nearly settled:</b> {model} is first with a chance above 99 %. The ranges, which must be right for "
            "all models at once and are wider for it, still leave place 1 open to {others}."
        )
    else:
        text = _(
            "<b>Nearly settled:</b> {model} is first with a chance of {percent} %. The ranges, which must be right "
            "for all models at once and are wider for it, still leave place 1 open to {others}."
        )
    named = mark_safe(in_a_row(others))  # noqa: S308  # made of escaped names  # nosec B308, B703
    return format_html(text, model=_bold(leader.competitor), percent=round(100 * (leader.p_best or 0.0)), others=named)


def _likeliest(placed: Sequence[Entry]) -> Iterator[SafeString]:
    likeliest = max(placed, key=lambda entry: entry.p_best or 0.0)
    chance = likeliest.p_best
    if chance is None:
        return
    if chance > 1 - CERTAIN:
        text = _("{model} is likeliest to be first, with a chance above 99 %.")
    else:
        text = _("{model} is likeliest to be first, with a chance of {percent} %.")
    yield format_html(text, model=_bold(likeliest.competitor), percent=round(100 * chance))


def _tie(shown: Snapshot, tied: Sequence[Competitor]) -> SafeString:
    """A sentence for each kind of evidence, because languages inflect nouns and verbs together."""
    counted = counted_on(shown)
    if counted == Leaderboard.Sources.JUDGES:
        text = _("<b>Tied for place 1:</b> the verdicts so far cannot tell {tied} apart.")
    elif counted == Leaderboard.Sources.BOTH:
        text = _("<b>Tied for place 1:</b> the votes and verdicts so far cannot tell {tied} apart.")
    else:
        text = _("<b>Tied for place 1:</b> the votes so far cannot tell {tied} apart.")
    return format_html(text, tied=mark_safe(in_a_row(tied)))  # noqa: S308  # made of escaped names  # nosec B308, B703


def _on_the_order(shown: Snapshot, neighbours: Sequence[Neighbour]) -> Iterator[SafeString]:
    """On the first two, where it is known how few results hold them in their order."""
    first = next(iter(neighbours), None)
    if first is None or first.n_to_swap is None:
        return
    names = {"first": _bold(first.above), "second": _bold(first.below)}
    if first.n_to_swap == 0:
        yield format_html(_("{first} and {second} have the same rating."), **names)
        return
    n, total = round(first.n_to_swap), shown.n_votes
    text = _without(counted_on(shown), n, total) % {**names, "n": number(n), "total": number(total)}
    sentence = mark_safe(text)  # noqa: S308  # made of escaped names  # nosec B308, B703
    if first.address:
        sentence = format_html('{} <a href="{}">{}</a>', sentence, first.address, _("Which"))
    yield sentence


def _without(counted: str, n: int, total: int) -> str:
    """A sentence for each kind of evidence, as in `_tie`; the number and its noun agree in `total`."""
    if counted == Leaderboard.Sources.PEOPLE:
        if n == 1:
            return ngettext(
                "%(first)s and %(second)s would swap places if the only vote were missing.",
                "%(first)s and %(second)s would swap places if one of the %(total)s votes were missing.",
                total,
            )
        return ngettext(
            "%(first)s and %(second)s would swap places if %(n)s of the %(total)s vote were missing.",
            "%(first)s and %(second)s would swap places if %(n)s of the %(total)s votes were missing.",
            total,
        )
    if counted == Leaderboard.Sources.JUDGES:
        if n == 1:
            return ngettext(
                "%(first)s and %(second)s would swap places if the only verdict were missing.",
                "%(first)s and %(second)s would swap places if one of the %(total)s verdicts were missing.",
                total,
            )
        return ngettext(
            "%(first)s and %(second)s would swap places if %(n)s of the %(total)s verdict were missing.",
            "%(first)s and %(second)s would swap places if %(n)s of the %(total)s verdicts were missing.",
            total,
        )
    if n == 1:
        return ngettext(
            "%(first)s and %(second)s would swap places if the only vote or verdict were missing.",
            "%(first)s and %(second)s would swap places if one of the %(total)s votes and verdicts were missing.",
            total,
        )
    return ngettext(
        "%(first)s and %(second)s would swap places if %(n)s of the %(total)s vote or verdict were missing.",
        "%(first)s and %(second)s would swap places if %(n)s of the %(total)s votes and verdicts were missing.",
        total,
    )
