"""The battles of a pair, and the most noteworthy among them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from arena import access
from arena.evidence.days import Days
from arena.models import Arena, Battle, Vote
from arena.views.battles import VoteCounts, tallies
from arena.visitors import voter_identity
from judges.models import Game
from ranking.boards.asked.filters_in_words import filters_of
from ranking.filters import Filters
from ranking.models import Leaderboard

PER_PAGE = 25
NO_FILTERS = Filters()
MOST_PROMPTS = 20_000  # in one question to the database
FILTERS = {
    "": pgettext_lazy("battles", "All"), "upset": _("Upsets"), "people": _("People disagree"), "judges": _("Judges disagree"),
}  # fmt: skip

SIDE = Case(
    When(Q(winner="first", order="ab") | Q(winner="second", order="ba"), then=Value("a")),
    When(Q(winner="first", order="ba") | Q(winner="second", order="ab"), then=Value("b")),
    default=F("winner"),
    output_field=CharField(),
)
"""What a verdict means for the battle: a, b, tie or both_bad."""


@dataclass(frozen=True, slots=True)
class PairBattle:
    """One battle, seen from the first of the pair: people's votes and judges' verdicts for it, for neither, for the other."""

    battle: Battle
    people: tuple[int, int, int]
    judges: tuple[int, int, int]
    n_set_aside: int


def pair_battles(
    request: HttpRequest, arena: Arena, board: Leaderboard | None, pair: tuple[int, int], favourite: int | None
) -> dict[str, Any]:
    """A page of those that this reader may see now; `favourite` is whom the ratings expect to win."""
    only = request.GET.get("only", "")
    only = only if only in FILTERS else ""
    voter = voter_identity.voter_of(request, arena, create=False)
    low, high = sorted(pair)
    battles = access.battles_for(request.user, arena, voter).filter(competitor_a=low, competitor_b=high)
    battles = _filtered(of_board(battles, board), only, is_first=None if favourite is None else favourite == low)
    before = _number(request.GET.get("before", ""))
    asked = battles.filter(pk__lt=before) if before else battles
    page = list(asked.select_related("prompt").defer("prompt__html", "prompt__reference").order_by("-pk")[: PER_PAGE + 1])
    rows = _rows(page[:PER_PAGE], is_turned=pair[0] != low)
    kept = request.GET.copy()
    for name in ("only", "before"):
        kept.pop(name, None)
    return {
        "battles": rows,
        "has_categories": any(row.battle.prompt and row.battle.prompt.category for row in rows),
        "only": only,
        "filters": [(name, words) for name, words in FILTERS.items() if name != "upset" or favourite is not None],
        "kept": kept.urlencode(),
        "older": rows[-1].battle.pk if len(page) > PER_PAGE else None,
        "is_first_page": not before,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def of_board(battles: QuerySet[Battle], board: Leaderboard | None) -> QuerySet[Battle]:
    """Those on prompts that the board's filters choose, with votes of its days and voters."""
    filters = filters_of(board) if board is not None else NO_FILTERS
    if board is None or not filters:
        return battles
    below = (Q(prompt__category=path) | Q(prompt__category__startswith=f"{path}/") for path in filters.categories)
    battles = battles.filter(reduce(or_, below)) if filters.categories else battles
    battles = battles.filter(prompt__language__in=filters.languages) if filters.languages else battles
    if filters.reads_prompts and (newest := board.newest_snapshot()) is not None:
        battles = battles.filter(prompt__in=newest.parameters.get("prompts", [])[:MOST_PROMPTS])
    votes: dict[str, Any] = dict(Days(filters.since, filters.until).bounds("voted_at"))
    if filters.voters:
        votes |= {"voter__kind__in": filters.voters}
    of_people = board.sources != Leaderboard.Sources.JUDGES
    return battles.filter(Exists(Vote.objects.filter(battle=OuterRef("pk"), **votes))) if votes and of_people else battles


def _filtered(battles: QuerySet[Battle], only: str, *, is_first: bool | None) -> QuerySet[Battle]:
    votes = Vote.objects.counted().filter(battle=OuterRef("pk")).order_by().values("battle")
    if only == "upset" and is_first is not None:
        better, worse = ("a", "b") if is_first else ("b", "a")
        ahead = Count("pk", filter=Q(outcome=worse)) - Count("pk", filter=Q(outcome=better))
        return battles.alias(ahead=Subquery(votes.annotate(n=ahead).values("n"))).filter(ahead__gt=0)
    if only == "people":
        kinds = votes.annotate(n=Count("outcome", distinct=True)).values("n")
        return battles.alias(kinds=Subquery(kinds)).filter(kinds__gt=1)
    if only == "judges":
        games = Game.objects.counted().exclude(winner="").filter(battle=OuterRef("pk")).order_by().values("battle")
        return battles.alias(kinds=Subquery(games.annotate(n=Count(SIDE, distinct=True)).values("n"))).filter(kinds__gt=1)
    return battles


def _rows(battles: Sequence[Battle], *, is_turned: bool) -> list[PairBattle]:
    """With votes and verdicts, in a query each."""
    people, judges = tallies(battles), _verdicts(battles)
    return [
        PairBattle(
            battle,
            _turned(_three(people[battle.pk]), is_turned=is_turned),
            _turned(_of_judges(judges[battle.pk]), is_turned=is_turned),
            people[battle.pk].n_set_aside,
        )
        for battle in battles
    ]


def _verdicts(battles: Sequence[Battle]) -> dict[int, Counter[str]]:
    games = Game.objects.counted().exclude(winner="").filter(battle__in=[battle.pk for battle in battles]).order_by()
    by_battle: dict[int, Counter[str]] = defaultdict(Counter)
    for battle, side, n in games.annotate(side=SIDE).values_list("battle", "side").annotate(n=Count("pk")):
        by_battle[battle][side] += n
    return by_battle


def _three(tally: VoteCounts) -> tuple[int, int, int]:
    return tally.a, tally.tie + tally.both_bad, tally.b


def _of_judges(sides: Counter[str]) -> tuple[int, int, int]:
    return sides["a"], sides["tie"] + sides["both_bad"], sides["b"]


def _turned(three: tuple[int, int, int], *, is_turned: bool) -> tuple[int, int, int]:
    a, neither, b = three
    return (b, neither, a) if is_turned else three
