"""What is to be said of an arena that came in."""

from django.conf import settings
from django.utils.module_loading import import_string

from arena.bundles.loading import Arrived
from arena.bundles.writing import in_words
from arena.wording import counted

SHARED = {"judges": ("judge", "judges"), "endpoints": ("endpoint", "endpoints")}


def sentences_about(arrived: Arrived) -> list[str]:
    """What it holds, what it shares with this site, and whether its boards are what they were."""
    return [
        f"{arrived.arena.name} was imported as {arrived.arena.slug}: {in_words(arrived.manifest)}.", *about_shared(arrived),
        *import_string(settings.BOARDS_OF_ARRIVED)(arrived.arena, arrived.manifest.agon),
    ]  # fmt: skip


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
