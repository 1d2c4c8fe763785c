"""A bundle that somebody uploads: kept, then checked and brought in by a worker, who says how far it is."""

import time
from contextlib import suppress

from django.contrib.auth.models import User
from django.db import DatabaseError

from arena.bundles.arrivals import sentences_about
from arena.bundles.loading import Arrived, free_slug, import_bundle
from arena.bundles.manifest import BundleRefused
from arena.bundles.reading import open_bundle
from arena.importing.files import receiving
from arena.importing.files.receiving import KeptFile
from arena.importing.loading.failures import in_words
from arena.leases import LeaseLost, heartbeat
from arena.models import ArchiveUpload

LEASE_SECONDS = 30
MOST_ATTEMPTS = 3
REPORTED_EVERY_SECONDS = 1.0

State = ArchiveUpload.State


def register(file: KeptFile, slug: str, *, by: User | None) -> ArchiveUpload:
    """Its manifest and the name it is to have are looked at now; the rest by a worker. Raises BundleRefused."""
    bundle = open_bundle(file.path)
    with bundle.file:
        wanted = free_slug(slug or bundle.manifest.slug)
    return ArchiveUpload.objects.create(
        filename=file.filename, path=file.path.name, digest=file.digest, slug=wanted, created_by=by,
        n_all=sum(member.rows for member in bundle.manifest.members.values()),
    )  # fmt: skip


def bring_in(pk: int) -> bool:
    """To its end; False where it is over, or somebody else is at it."""
    token = ArchiveUpload.objects.unfinished().claim(pk, seconds=LEASE_SECONDS)
    if token is None:
        return False
    upload = ArchiveUpload.objects.get(pk=pk)
    if upload.n_attempts > MOST_ATTEMPTS:
        _end(
            upload, token, state=State.REFUSED, error=f"gave up after {MOST_ATTEMPTS} attempts that were cut short: see the log"
        )
        return True
    try:
        with heartbeat(ArchiveUpload.objects.all(), pk, token, seconds=LEASE_SECONDS):
            arrived = import_bundle(receiving.upload_folder() / upload.path, slug=upload.slug, say=_Progress(upload, token).say)
    except (BundleRefused, OSError) as reason:
        _end(upload, token, state=State.REFUSED, error=in_words(reason, upload=pk)[:5_000])
    except BaseException:
        with suppress(DatabaseError):  # whoever continues need not wait for the lease to run out
            ArchiveUpload.objects.held(pk, token).update(lease_until=None)
        raise
    else:
        _came_in(upload, token, arrived)
    return True


def _came_in(upload: ArchiveUpload, token: str, arrived: Arrived) -> None:
    with suppress(LeaseLost):  # it is here all the same
        _end(upload, token, state=State.ARRIVED, arena=arrived.arena, n_done=upload.n_all, notes=sentences_about(arrived))


def _end(upload: ArchiveUpload, token: str, **changes: object) -> None:
    ArchiveUpload.objects.finish(upload.pk, token, **changes)
    (receiving.upload_folder() / upload.path).unlink(missing_ok=True)


class _Progress:
    """How many lines are checked. Loading is one transaction, of which nobody sees anything before its end."""

    def __init__(self, upload: ArchiveUpload, token: str) -> None:
        self._row = ArchiveUpload.objects.held(upload.pk, token)
        self._lines: dict[str, int] = {}
        self._reported_at = time.monotonic()

    def say(self, step: str, member: str, done: int, total: int) -> None:
        if step != "check":
            return
        self._lines[member] = done
        now = time.monotonic()
        if now >= self._reported_at + REPORTED_EVERY_SECONDS:
            self._reported_at = now
            self._row.all().update(n_done=sum(self._lines.values()), state=State.CHECKING)
