"""Whether boards' evidence is still that of their newest snapshots; checked after an arena or a site has moved."""

from collections.abc import Iterator

from arena.models import Arena
from arena.wording import counted
from ranking.boards.publishing import is_evidence_of, source_then
from ranking.models import Leaderboard, Snapshot


def newest_boards(arena: Arena | None = None) -> Iterator[Snapshot]:
    """The newest snapshot of each board that has one, of an arena or of all."""
    boards = Leaderboard.objects.select_related("arena").order_by("pk")
    for board in boards if arena is None else boards.filter(arena=arena):
        if (newest := board.newest_snapshot()) is not None:
            yield newest


def stands(snapshot: Snapshot) -> bool:
    """Whether the evidence at its watermark is unchanged."""
    return is_evidence_of(snapshot, source_then(snapshot).evidence)


def differing(arena: Arena) -> tuple[int, list[str]]:
    """How many boards of the arena can be compared, and the slugs of those whose evidence is read differently here."""
    snapshots = [each for each in newest_boards(arena) if each.content_hash]  # older ones hold in their own site
    return len(snapshots), [snapshot.leaderboard.slug for snapshot in snapshots if not stands(snapshot)]


def about_arrived(arena: Arena, version: str) -> list[str]:
    """In sentences: each board's newest snapshot is what it was, by names and texts of its evidence, or is not."""
    n_boards, slugs = differing(arena)
    same = f"{counted(n_boards - len(slugs), 'board', 'boards')} with the evidence of the newest snapshot."
    return [same, about_differing(slugs, version)] if slugs else [same]


def about_differing(slugs: list[str], version: str) -> str:
    return (
        f"The arena is here, but the evidence of {', '.join(slugs)} is read differently: it was exported by another version of "
        f"Agon ({version}). Publish these boards again: manage.py publish_leaderboard SLUG"
    )
