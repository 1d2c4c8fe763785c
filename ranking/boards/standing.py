"""Whether boards still stand on the evidence that their newest snapshots saw: asked after an arena or a site has moved."""

from collections.abc import Iterator

from arena.models import Arena
from ranking.boards.publishing import is_evidence_of, source_then
from ranking.models import Leaderboard, Snapshot


def newest_boards(arena: Arena | None = None) -> Iterator[Snapshot]:
    """The newest snapshot of each board that has one, of an arena or of all."""
    boards = Leaderboard.objects.select_related("arena").order_by("pk")
    for board in boards if arena is None else boards.filter(arena=arena):
        if (newest := board.newest_snapshot()) is not None:
            yield newest


def stands(snapshot: Snapshot) -> bool:
    """Whether what stood at its watermark is its evidence still."""
    return is_evidence_of(snapshot, source_then(snapshot).evidence)
