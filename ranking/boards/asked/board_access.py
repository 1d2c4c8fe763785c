"""Which boards a visitor may read. Boards that a reader asked for may tell of tags, pools and groups of voters: those who may
not read the arena's contents do not learn from them either. What a curator keeps under a name is for all readers of boards."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from arena import access
from arena.access import Visitor
from arena.models import Arena
from ranking.filters import Filters
from ranking.models import Leaderboard, Snapshot

OF_CONTENTS = Q(filters__contains="tag=") | Q(filters__contains="pool=") | Q(filters__contains="voters=")
"""Values are percent-encoded: only names end in an equals sign."""


def boards_for(visitor: Visitor) -> QuerySet[Leaderboard]:
    """Boards that this visitor may read, asked ones among them."""
    everybody = Leaderboard.objects.filter(arena=OuterRef("arena"), is_asked=False, counts_external=False)
    of_voters = Q(counts_external=False) & ~Exists(everybody)  # a group of voters, spelt as a setting
    secret = Q(OF_CONTENTS | of_voters, is_asked=True) & ~Q(arena__in=access.contents_for(visitor).values("pk"))
    return Leaderboard.objects.filter(arena__in=access.boards_for(visitor)).exclude(secret)


def snapshots_for(visitor: Visitor) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(leaderboard__in=boards_for(visitor).values("pk"))


def may_filter(visitor: Visitor, arena: Arena, filters: Filters) -> bool:
    return not filters.is_of_contents or access.sees_content(visitor, arena)
