"""A bundle that somebody uploads: kept, then checked and brought in by a worker, who says how far it is."""

import time
from contextlib import suppress
from functools import partial

from django.contrib.auth.models import User
from django.db import DatabaseError

from arena.bundles.arrivals import FOR_CURATORS, about_boards, about_contents, not_compared
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
    if upload.arena is not None:  # whoever brought it in was stopped before the end
        _end(upload, token, state=State.ARRIVED, n_done=upload.n_all, notes=[*upload.notes, not_compared(upload.arena)])
        return True
    if upload.n_attempts > MOST_ATTEMPTS:
        _end(
            upload, token, state=State.REFUSED, error=f"gave up after {MOST_ATTEMPTS} attempts that were cut short: see the log"
        )
        return True
    try:
        with heartbeat(ArchiveUpload.objects.all(), pk, token, seconds=LEASE_SECONDS):
            file = receiving.upload_folder() / upload.path
            arrived = import_bundle(
                file,
                slug=upload.slug,
                say=_Progress(upload, token).say,
                with_it=partial(_is_here, upload, token),
                for_curators_alone=True,
            )
            notes = [*about_contents(arrived), FOR_CURATORS, *about_boards(arrived)]
    except (BundleRefused, OSError) as reason:
        _end(upload, token, state=State.REFUSED, error=in_words(reason, upload=pk)[:5_000])
    except BaseException:
        with suppress(DatabaseError):  # whoever continues need not wait for the lease to run out
            ArchiveUpload.objects.held(pk, token).update(lease_until=None)
        raise
    else:
        with suppress(LeaseLost):  # it is here all the same, and whoever took over ends it
            _end(upload, token, state=State.ARRIVED, n_done=upload.n_all, notes=notes)
    return True


def _is_here(upload: ArchiveUpload, token: str, arrived: Arrived) -> None:
    """With the arena, so that nobody brings it in again; raises LeaseLost where another worker is at it."""
    if not ArchiveUpload.objects.held(upload.pk, token).update(
        arena=arrived.arena, notes=[*about_contents(arrived), FOR_CURATORS]
    ):
        raise LeaseLost(f"upload {upload.pk} was taken over by another worker")


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
