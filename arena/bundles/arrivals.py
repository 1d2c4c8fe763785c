"""What is to be said of an arena that came in."""

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from arena.bundles.loading import Arrived
from arena.bundles.writing import in_words
from arena.models import Arena
from arena.wording import counted

log = structlog.get_logger(__name__)

SHARED = {"judges": ("judge", "judges"), "endpoints": ("endpoint", "endpoints")}
FOR_CURATORS = "Curators alone see it, and voting is closed: open it in its settings when you have looked at it."


def about_contents(arrived: Arrived) -> list[str]:
    """What it holds, and what it shares with this site."""
    contents = f"{arrived.arena.name} was imported as {arrived.arena.slug}: {in_words(arrived.manifest)}."
    return [contents, *about_shared(arrived)]


def about_boards(arrived: Arrived) -> list[str]:
    """Whether its boards are what they were. The arena is here by now: what cannot be compared does not change that."""
    try:
        sentences: list[str] = import_string(settings.BOARDS_OF_ARRIVED)(arrived.arena, arrived.manifest.agon)
    except Exception:
        log.exception("boards of an arena that came in are not compared", arena=arrived.arena.slug)
        return [not_compared(arrived.arena)]
    return sentences


def not_compared(arena: Arena) -> str:
    command = f"manage.py publish_leaderboard {arena.slug}"
    return f"Its boards could not be compared with their snapshots: publish them again ({command})."


def about_shared(arrived: Arrived) -> list[str]:
    sentences = []
    for member, (one, many) in SHARED.items():
        reused, added = arrived.reused.get(member, []), arrived.added.get(member, [])
        if reused:
            sentences.append(f"Already here, and used: {counted(len(reused), one, many)} ({', '.join(reused)}).")
        if added:
            sentences.append(f"New here: {counted(len(added), one, many)} ({', '.join(added)}).")
    if arrived.added.get("endpoints"):
        sentences.append("New endpoints have no key and are paused: look at their addresses in the admin, and name keys.")
    return sentences
