"""Price and speed: ratings against what models cost and how fast they answer, and those that nothing beats in both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena.models import Arena, CompetitorStatus
from arena.templatetags.money import dollars
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from arena.wording import figure
from ranking.boards.prices.frontier import frontier
from ranking.boards.prices.speeds import tokens_a_second
from ranking.models import Entry
from ranking.views.board_chosen import chosen_board
from ranking.views.board_table import in_a_row
from ranking.views.reports.scatter import Dot, Scale, Scatter, scatter

WIDE, NARROW = (760, 380), (360, 320)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """One model in use that is rated and has a price or a known speed; prices are dollars a million tokens."""

    number: int
    entry: Entry
    price: float | None
    speed: float | None  # tokens a second
    is_best_for_price: bool
    is_best_for_speed: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture for wide screens and one for phones."""

    wide: Scatter
    narrow: Scatter

    @property
    def sizes(self) -> list[tuple[str, Scatter]]:
        return [("large", self.wide), ("little", self.narrow)]


@require_safe
@of_the_board
def price(request: HttpRequest, arena: Arena) -> HttpResponse:
    shown = chosen_board(request, arena)
    rated = [entry for entry in shown.entries if entry.is_rated and _is_offered(entry)]
    speeds = tokens_a_second([entry.competitor_id for entry in rated])
    known = [entry for entry in rated if entry.competitor.price_out is not None or entry.competitor_id in speeds]
    licence, organisation = (request.GET.get(name, "").strip()[:120] for name in ("licence", "organisation"))
    chosen = [
        entry for entry in known
        if licence in ("", entry.competitor.licence) and organisation in ("", entry.competitor.organisation)
    ]  # fmt: skip
    context = shown.context() | {
        "licence": licence, "organisation": organisation,
        "licences": _choices([entry.competitor.licence for entry in known]),
        "organisations": _choices([entry.competitor.organisation for entry in known]),
        "n_known": len(known), "n_unknown": len(rated) - len(known), "n_rated": len(rated),
    }  # fmt: skip
    if chosen:
        context |= _compared(chosen, speeds)
    return private(render(request, "ranking/reports/price.html", page_context(request, "leaderboard", arena, **context)))


def _is_offered(entry: Entry) -> bool:
    return not entry.competitor.is_archived and entry.competitor.status != CompetitorStatus.RETIRED


def _choices(texts: Sequence[str]) -> list[str]:
    """Each once; none where there is nothing to choose between."""
    different = sorted({text for text in texts if text}, key=str.casefold)
    return different if len(set(texts)) > 1 else []


def _compared(chosen: Sequence[Entry], speeds: Mapping[int, float]) -> dict[str, Any]:
    models = _models(sorted(chosen, key=lambda entry: (-(entry.rating or 0.0), entry.pk)), speeds)
    priced = [model for model in models if model.price is not None]
    timed = [model for model in models if model.speed is not None]
    return {
        "models": models,
        "n_priced": len(priced),
        "n_timed": len(timed),
        "has_input": any(model.entry.competitor.price_in is not None for model in models),
        "price_sentences": _on_price(priced),
        "speed_sentences": _on_speed(timed),
        "prices": _drawn(
            [_dot(model, model.price or 0.0, is_best=model.is_best_for_price) for model in priced], is_log=True, unit="$"
        ),
        "speeds": _drawn([_dot(model, model.speed or 0.0, is_best=model.is_best_for_speed) for model in timed], is_log=False),
    }


def _models(entries: Sequence[Entry], speeds: Mapping[int, float]) -> list[ComparedModel]:
    prices = {
        entry.competitor_id: entry.competitor.price_out / MILLION for entry in entries if entry.competitor.price_out is not None
    }
    for_price = _unbeaten(entries, prices)
    for_speed = _unbeaten(entries, {model: -speed for model, speed in speeds.items()})
    return [
        ComparedModel(
            i + 1, entry, prices.get(entry.competitor_id), speeds.get(entry.competitor_id),
            entry.competitor_id in for_price, entry.competitor_id in for_speed,
        )
        for i, entry in enumerate(entries)
    ]  # fmt: skip


def _unbeaten(entries: Sequence[Entry], costs: Mapping[int, float]) -> set[int]:
    """Models that nothing beats both in rating and in a cost, among two or more whose cost is known."""
    known = [entry for entry in entries if entry.competitor_id in costs]
    if len(known) < 2:
        return set()
    best = frontier([(costs[entry.competitor_id], entry.rating or 0.0) for entry in known])
    return {known[place].competitor_id for place in best}


def _dot(model: ComparedModel, x: float, *, is_best: bool) -> Dot:
    entry = model.entry
    return Dot(model.number, entry.competitor.name, x, entry.rating or 0.0, entry.low, entry.high, is_best)


def _drawn(dots: Sequence[Dot], *, is_log: bool, unit: str = "") -> Drawn | None:
    if not dots:
        return None
    values = [dot.x for dot in dots]
    scale = Scale.log(values) if is_log else Scale.linear(values)
    wide, narrow = (
        scatter(dots, scale, width=width, height=height, has_names=has_names, write=lambda value: figure(f"{unit}{value:g}"))
        for (width, height), has_names in ((WIDE, True), (NARROW, False))
    )
    return Drawn(wide, narrow)


# --- in words ----------------------------------------------------------------------------------------------------------


def _on_price(priced: Sequence[ComparedModel]) -> list[SafeString]:
    """What nothing beats, and the cheapest of those that may be the best."""
    best = sorted((model for model in priced if model.is_best_for_price), key=lambda model: model.price or 0.0)
    if not priced:
        return []
    if len(priced) == 1:
        return [format_html(_("Only {model} has a price here, so there is nothing to compare it with."), model=_named(priced))]
    if len(best) == 1:
        return [format_html(_("Nothing here is better or cheaper than {model}."), model=_named(best))]
    sentences = [format_html(_("Nothing here is both better and cheaper than {models}."), models=_named(best))]
    leaders = sorted((model for model in priced if model.entry.rank_low == 1), key=lambda model: (model.price, model.number))
    if len(leaders) > 1:
        text = _("Of those that may be first on the board, {model} is the cheapest, at {price} per million tokens of output.")
        cheapest = leaders[0]
        cost = dollars(cheapest.entry.competitor.price_out)
        sentences.append(format_html(text, model=_named([cheapest]), price=cost))
    return sentences


def _on_speed(timed: Sequence[ComparedModel]) -> list[SafeString]:
    best = sorted((model for model in timed if model.is_best_for_speed), key=lambda model: -(model.speed or 0.0))
    if len(timed) < 2:
        return []
    if len(best) == 1:
        return [format_html(_("Nothing here is better or faster than {model}."), model=_named(best))]
    return [format_html(_("Nothing here is both better and faster than {models}."), models=_named(best))]


def _named(models: Sequence[ComparedModel]) -> SafeString:
    return mark_safe(in_a_row([model.entry.competitor for model in models]))  # noqa: S308  # made of escaped names  # nosec B308, B703
