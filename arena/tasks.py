"""Doorbells of the arena room: the work is a row, a message only says that it is there."""

import structlog
from celery import shared_task

from arena.importing import receiving
from arena.importing.loading import load
from arena.leases import LeaseLost
from arena.models import Import

log = structlog.get_logger(__name__)


@shared_task(name="arena.tasks.load_import", ignore_result=True)
def load_import(pk: int) -> None:
    """Load one import to its end; whoever is already at it does the work."""
    try:
        if load(pk):
            log.info("import loaded", source=pk)
    except LeaseLost as reason:
        log.info("import left to another worker", source=pk, reason=str(reason))


@shared_task(name="arena.tasks.sweep_imports", ignore_result=True)
def sweep_imports() -> None:
    """Ring again for imports that nobody is at: their message was lost, or their worker was killed."""
    for pk in Import.objects.unfinished().claimable().values_list("pk", flat=True):
        load_import.apply_async([pk], expires=15)
    receiving.forget_old_files()
