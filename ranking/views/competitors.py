"""One model: four numbers, its rating over time, on other boards and against others, and what is known beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Competitor
from arena.row_numbers import row_number
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from arena.visitors import voter_identity
from judges.safeguards.constant_answer_flags import flags_of
from ranking.boards.asked.board_choice import board_with_evidence, boards_of
from ranking.boards.chances import win_rate_limits
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_table import by_place
from ranking.views.competitor_parts.history import history_of
from ranking.views.competitor_parts.opponents import Opponent, best_and_worst, opponents_of
from ranking.views.competitor_parts.other_boards import entries_on, other_boards
from ranking.views.competitor_parts.reasons import reasons_for
from ranking.views.competitor_parts.speed import speed_of
from ranking.views.competitor_parts.surprises import Surprise, rarest, surprises_of
from ranking.views.counted_words import counted_on, words_for


@require_safe
@of_the_board
def competitor(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    shown = get_object_or_404(Competitor.objects.named(), arena=arena, pk=pk)
    if (rival := row_number(request.GET.get("with", ""))) is not None:
        return redirect(_pair_address(arena, pk, rival))
    boards = boards_of(arena)
    board = board_with_evidence(boards)
    newest = board.newest_snapshot() if board else None
    context = {
        "competitor": shown,
        "board": board,
        "snapshot": newest,
        "alike": flags_of(arena.pk).get(pk, []),
        "speed": speed_of(shown),
        **_on_its_board(request, arena, board, newest, pk),
    }
    lines = entries_on([other for other in boards if board is None or other.pk != board.pk], pk)
    context["others"] = other_boards(lines, context["entry"])
    context["missing"] = " ".join(_missing(context, sees_content=access.sees_content(request.user, arena)))
    return private(render(request, "ranking/competitor.html", page_context(request, "competitor", arena, **context)))


def _on_its_board(
    request: HttpRequest, arena: Arena, board: Leaderboard | None, newest: Snapshot | None, pk: int
) -> dict[str, Any]:
    """The model's figures on the board that the arena opens on."""
    if board is None or newest is None:
        return {"entry": None}
    entries = {entry.competitor_id: entry for entry in newest.entries.all()}
    names = dict(Competitor.objects.filter(arena=arena).order_by().values_list("pk", "name"))
    mine, everybody = entries.get(pk), list(entries.values())
    opponents = opponents_of(board, entries, names, mine) if mine else []
    is_of_people = counted_on(newest) == Leaderboard.Sources.PEOPLE
    is_whole = "opponents" in request.GET
    level = newest.parameters.get("level", board.level)
    return {
        "entry": mine,
        "level": level,
        "n_placed": sum(entry.has_place for entry in everybody),
        "chance_of_first": mine.p_best if mine else None,
        "win_limits": _win_limits(mine, everybody),
        "history": history_of(board, pk),
        "evidence": words_for(counted_on(newest)),
        "n_opponents": len(opponents),
        "opponents": [(opponent, _pair_address(arena, pk, opponent.entry.competitor_id))
                      for opponent in (opponents if is_whole else best_and_worst(opponents))],
        "shows_all": is_whole,
        "is_of_people": is_of_people,
        "reasons": reasons_for(pk) if is_of_people else None,
        "surprises": _surprises(request, arena, pk, opponents) if is_of_people else [],
        "rivals": _rivals(pk, everybody, names),
    }  # fmt: skip


def _missing(context: dict[str, Any], *, sees_content: bool) -> Iterator[str]:
    """A sentence for each part that has no data yet."""
    if not (context["entry"] and context["entry"].is_rated):
        return
    if not (context["history"] and context["history"].drawing):
        yield _("Its rating over time is drawn from the second snapshot on.")
    if not context["others"].groups:
        yield _("It is on no other board.")
    if context["is_of_people"] and not context["reasons"]:
        yield _("Too few votes came with a reason to compare them.")
    if context["is_of_people"] and sees_content and not context["surprises"]:
        yield _("No vote went against what the ratings expect.")
    speed, shown = context["speed"], context["competitor"]
    if speed.seconds is None and shown.price_out is None:
        yield _("Neither speed nor price is known.")


def _win_limits(mine: Entry | None, everybody: list[Entry]) -> dict[str, float] | None:
    """The limits of the model's win rate, in per cent."""
    limits = win_rate_limits(mine, everybody) if mine else None
    return None if limits is None else {"low": 100 * limits[0], "high": 100 * limits[1]}


def _surprises(request: HttpRequest, arena: Arena, pk: int, opponents: list[Opponent]) -> list[Surprise]:
    if not access.sees_content(request.user, arena):
        return []
    voter = voter_identity.voter_of(request, arena, create=False)
    return surprises_of(pk, rarest(opponents), access.battles_for(request.user, arena, voter))


@dataclass(frozen=True, slots=True)
class Rival:
    pk: int
    name: str


def _rivals(pk: int, everybody: list[Entry], names: dict[int, str]) -> list[Rival]:
    """The models that it can be compared with."""
    others = sorted((entry for entry in everybody if entry.competitor_id != pk and entry.is_rated), key=by_place)
    return [Rival(entry.competitor_id, names[entry.competitor_id]) for entry in others]


def _pair_address(arena: Arena, a: int, b: int) -> str:
    return reverse("pair", args=[arena.slug, a, b])
