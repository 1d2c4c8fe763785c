"""Who reads which games of judges, and how much of each. The page of a battle and REST both ask here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import BigIntegerField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from arena import access
from arena.access import Visitor
from arena.models import Arena, Battle, Run, Visibility, Voter
from judges.models import Game

# Reasons that are made of the reply alone. Those of failures may name an address, and are for curators.
TOLD_TO_ALL = frozenset({Game.State.AMBIGUOUS.value, Game.State.UNPARSABLE.value, Game.State.TRUNCATED.value})
FEW = 2_000  # so many rows are sorted in no time


@dataclass(frozen=True, slots=True)
class GameReader:
    """A visitor who may read an arena's battles, before the games on them."""

    is_curator: bool
    is_open: bool  # what was asked and replied may be read too, apart from what held a reference

    @classmethod
    def of(cls, visitor: Visitor, arena: Arena) -> "GameReader":
        is_curator = access.is_curator(visitor)
        return cls(is_curator, is_curator or arena.content_visibility == Visibility.PUBLIC)

    def reads_in_full(self, game: Game) -> bool:
        """Whether what was asked and replied is shown. A reference answer is never public."""
        return self.is_open and (self.is_curator or not game.reference_given)

    def is_told_why(self, game: Game) -> bool:
        return self.is_curator or game.has_verdict or (game.state in TOLD_TO_ALL and not game.reference_given)


def games_for(visitor: Visitor, voters: Mapping[Arena, Voter | None]) -> QuerySet[Game]:
    """Games on the battles that this visitor may read in these arenas: none on prompts that voters are comparing now.

    Made for pages in the order of their numbers. With many games the table is walked in that order and each row asked for
    its battle, so that a page costs what its rows cost; a plan that collects all games of an arena to sort them does not.
    """
    if not voters:
        return Game.objects.none()
    readable = reduce(or_, (access.battles_for(visitor, arena, voter) for arena, voter in voters.items()))
    if _are_few(Battle.objects.filter(arena__in=voters)):
        return Game.objects.filter(battle__in=readable)
    # Most games of other arenas are told by their run, without a look at their battle.
    runs = Run.objects.filter(arena__in=voters, kind=Run.Kind.JUDGE).values_list("pk", flat=True)
    here = Q(run=None) | Q(walked_run__in=list(runs)) if runs else Q(run=None)
    games = Game.objects.alias(walked_run=_unindexed("run_id")).filter(here)
    return games.filter(Exists(readable.filter(pk=OuterRef("battle_id"))))


def narrowed(games: QuerySet[Game], name: str, number: int) -> QuerySet[Game]:
    """Those of one judge or run: by its index where they are few, else as they come."""
    if _are_few(Game.objects.filter(**{name: number})):
        return games.filter(**{name: number})
    return games.alias(**{f"narrowed_{name}": _unindexed(f"{name}_id")}).filter(**{f"narrowed_{name}": number})


def _are_few(rows: QuerySet[Battle] | QuerySet[Game]) -> bool:
    return rows.order_by().values("pk")[: FEW + 1].count() <= FEW


def _unindexed(column: str) -> ExpressionWrapper:
    """The column as a number that no index holds: with its index at hand a planner prefers to collect and to sort."""
    return ExpressionWrapper(F(column) + 0, output_field=BigIntegerField())
