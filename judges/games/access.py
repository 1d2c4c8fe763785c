"""Access to games: who may read which, and how much of each. Used by the battle page and by REST.

An attempt's other data (errors, the body as received) are for curators only: `visible_games`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Min, OuterRef, QuerySet, Subquery

from arena import access
from arena.access import Visitor
from arena.models import Arena, Battle, Run, Visibility, Voter
from judges.models import Game
from judges.protocols.checklist import CHECKLIST

# Reasons derived from the reply alone. Reasons of failures may name an address, so they are for curators.
TOLD_TO_ALL = frozenset({Game.State.AMBIGUOUS.value, Game.State.UNPARSABLE.value, Game.State.TRUNCATED.value})
MOST_AT_ONCE = 8_000


@dataclass(frozen=True, slots=True)
class GameReader:
    """A visitor who may read an arena's battles, and how much of their games."""

    is_curator: bool
    is_open: bool  # may also read requests and replies, except those that contained a reference

    @classmethod
    def of(cls, visitor: Visitor, arena: Arena) -> "GameReader":
        is_curator = access.is_curator(visitor)
        return cls(is_curator, is_curator or arena.content_visibility == Visibility.PUBLIC)

    def reads_in_full(self, game: Game) -> bool:
        """Whether request and reply are shown. A reference answer is never public."""
        return self.is_open and (self.is_curator or not holds_reference(game))

    def is_told_why(self, game: Game) -> bool:
        return self.is_curator or game.has_verdict or (game.state in TOLD_TO_ALL and not holds_reference(game))


def holds_reference(game: Game) -> bool:
    """Criteria count as a reference: the model that wrote them was shown it, and they repeat its content."""
    return game.reference_given or game.judge.protocol == CHECKLIST.key


def readable_battles(visitor: Visitor, voters: Mapping[Arena, Voter | None]) -> QuerySet[Battle]:
    """Battles of these arenas whose games this visitor may read: none on prompts that voters are comparing now."""
    nothing = Battle.objects.none()
    return reduce(or_, (access.battles_for(visitor, arena, voter) for arena, voter in voters.items()), nothing)


def games_in_play(visitor: Visitor, voters: Mapping[Arena, Voter | None], *, judge: int | None = None) -> QuerySet[Game]:
    """Games that this visitor may read once no ballot is open on their prompts.

    How many they are may be told for an arena, and for one judge in it, since the judge's page says how many games it played;
    under another filter the number would tell who stands on an open ballot.
    """
    nothing = Battle.objects.none()
    hidden = reduce(or_, (access.battles_in_play(visitor, arena, voter) for arena, voter in voters.items()), nothing)
    games = Game.objects.filter(battle__in=hidden.values("pk"))
    return games if judge is None else games.filter(judge=judge)


def walk(games: QuerySet[Game], readable: QuerySet[Battle], arenas: Iterable[Arena], *, behind: int, most: int) -> list[Game]:
    """The first of these arenas' games behind a number, in the order of their numbers, on battles that may be read.

    Some at a time, and more where few of them may be read: a page costs what its rows cost. A single query that also looks
    at battles has its planner guess how many it must look at, and it may guess that to collect them all is shorter.
    """
    runs = list(Run.objects.filter(arena__in=arenas).values_list("pk", flat=True))
    walked: list[Game] = []
    at_once = most
    while len(walked) < most and (first := _first_behind(behind, runs)):
        some = list(games.filter(pk__gte=first).defer("reply").order_by("pk")[:at_once])
        battles = set(readable.filter(pk__in={game.battle_id for game in some}).values_list("pk", flat=True))
        walked += [game for game in some if game.battle_id in battles]
        if len(some) < at_once:
            break
        behind, at_once = some[-1].pk, min(at_once * 4, MOST_AT_ONCE)
    return walked[:most]


def _first_behind(behind: int, runs: list[int]) -> int | None:
    """The next game of these runs, or one without a run; games of other arenas are skipped."""
    rows = Game.objects.filter(pk__gt=behind).order_by("pk").values("pk")
    first_of_run = Subquery(rows.filter(run=OuterRef("pk"))[:1])
    of_runs = Run.objects.filter(pk__in=runs).annotate(first=first_of_run).aggregate(Min("first"))["first__min"]
    taken_in = rows.filter(run=None).values_list("pk", flat=True).first()
    return min((pk for pk in (of_runs, taken_in) if pk is not None), default=None)
