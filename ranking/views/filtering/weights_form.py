"""Weighing categories: a form of one number for each, and the address of the board that it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from arena.models import Arena
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from ranking.boards.asked.board_choice import FILTERING, boards_of, chosen
from ranking.boards.asked.filter_options import Options, options_of
from ranking.filters import Filters
from ranking.models import Leaderboard
from ranking.weighing import MOST_CATEGORIES, PARTLY, WAYS, WrongWeights, written_weights

PREFIX = "weight:"
IN_WORDS = {
    "mean-rating": gettext_lazy("Ratings: by how much a model is ahead in each category counts."),
    "mean-win-rate": gettext_lazy("The share of other models that it stands above in each category."),
    "borda": gettext_lazy("Points for places: one for each model below it in a category, times the weight."),
    "borda-two-level": gettext_lazy("The same, with places in a category made from places in its subcategories."),
}


@dataclass(frozen=True, slots=True)
class WeighedCategory:
    name: str  # of the field
    category: str
    weight: str
    n_prompts: int


@dataclass(frozen=True, slots=True)
class WeightsForm:
    """`kept` are the other parameters of the address."""

    categories: list[WeighedCategory]
    ways: list[tuple[str, str, str, bool]]  # value, name, what it does, whether it is chosen
    partly: bool
    is_chosen: bool
    kept: list[tuple[str, str]]


def weights_form(options: Options, like: Leaderboard, filters: Filters, board: Sequence[tuple[str, str]]) -> WeightsForm | None:
    """None where there is nothing to weigh: fewer than two categories, or a board that is fitted to all at once."""
    categories = _offered(options, filters)
    if len(categories) < 2 or like.is_by_prediction:
        return None
    rest = replace(filters, categories=(), over="", by="", missing="", borrow="")
    return WeightsForm(
        categories=[
            WeighedCategory(
                f"{PREFIX}{each}", each, f"{filters.weights.get(each, 0 if filters.over else 1):g}", options.categories[each]
            )
            for each in categories
        ],
        ways=[(way, str(name), str(IN_WORDS[way]), way == filters.way) for way, name in WAYS.items()],
        partly=filters.missing == PARTLY,
        is_chosen=bool(filters.over),
        kept=[*board, *rest.pairs],
    )


def _offered(options: Options, filters: Filters) -> list[str]:
    """Those that are weighed, and topmost others with enough prompts beside them."""
    top = [each for each, n in options.categories.most_common() if "/" not in each and n >= options.least]
    apart = [each for each in top if not any(one == each or one.startswith(f"{each}/") for one in filters.weights)]
    return sorted([*filters.weights, *apart[: MOST_CATEGORIES - len(filters.weights)]])


@require_safe
@of_the_board
def weigh(request: HttpRequest, arena: Arena) -> HttpResponse:
    """The form alone; with weights, the way to their board."""
    wrong = ""
    if any(name.startswith(PREFIX) for name in request.GET):
        try:
            over = written_weights([f"{quote(name, safe='/ ')}:{number}" for name, number in _weights(request.GET)])
        except WrongWeights as reason:
            wrong = str(reason)
        else:
            if over:
                return HttpResponseRedirect(_address(arena, request.GET, over))
            wrong = _("All weights are 0: give at least one category a weight.")
    choice = chosen(request, arena, boards_of(arena))
    options = options_of(arena)
    board = [("board", value) for value in request.GET.getlist("board") if value]
    form = weights_form(options, choice.like, choice.filters, board) if choice.like is not None else None
    context = page_context(request, "leaderboard", arena, weights=form, wrong=wrong, least=options.least)
    return private(render(request, "ranking/weigh.html", context))


def _weights(query: QueryDict) -> list[tuple[str, str]]:
    """Categories and numbers of the form; an empty field is no weight."""
    written = [(name, query.get(name, "")) for name in query if name.startswith(PREFIX)]
    return [(name.removeprefix(PREFIX), number.strip() or "0") for name, number in written]


def _address(arena: Arena, query: QueryDict, over: str) -> str:
    kept = [(name, value) for name in ("board", *FILTERING) for value in query.getlist(name) if value]
    pairs = [(name, value) for name, value in kept if name not in ("over", "category", "borrow")]
    pairs = [pair for pair in pairs if pair != ("by", "mean-rating")]
    return f"{arena.get_absolute_url()}?{urlencode([*pairs, ('over', over)], safe=':,/')}"
