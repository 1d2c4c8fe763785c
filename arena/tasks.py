"""Celery tasks of the arena app. Work is stored in rows; a message only wakes a worker."""

import structlog
from celery import shared_task
from django.db import transaction

from arena.bundles import uploads
from arena.importing.files import receiving
from arena.importing.loading.loader import load
from arena.leases import LeaseLost
from arena.models import ArchiveUpload, Delivery, Import, Response, Run
from arena.runs import recovery, worker_slices
from arena.texts.rendering import refresh
from arena.webhooks import delivery_retries

RENDERED_AT_ONCE = 100

log = structlog.get_logger(__name__)


@shared_task(name="arena.tasks.load_import", ignore_result=True)
def load_import(pk: int) -> None:
    """Load one import to its end; whoever is already at it does the work."""
    try:
        if load(pk):
            log.info("import loaded", source=pk)
    except LeaseLost as reason:
        log.info("import left to another worker", source=pk, reason=str(reason))


@shared_task(name="arena.tasks.load_bundle", ignore_result=True)
def load_bundle(pk: int) -> None:
    """Bring one uploaded bundle in; whoever is already at it does the work."""
    try:
        if uploads.bring_in(pk):
            log.info("bundle looked through", upload=pk)
    except LeaseLost as reason:
        log.info("bundle left to another worker", upload=pk, reason=str(reason))


@shared_task(name="arena.tasks.sweep_imports", ignore_result=True)
def sweep_imports() -> None:
    """Ring again for imports that nobody is at: their message was lost, or their worker was killed."""
    for pk in Import.objects.unfinished().claimable().values_list("pk", flat=True):
        load_import.apply_async([pk], expires=15)
    for pk in ArchiveUpload.objects.unfinished().claimable().values_list("pk", flat=True):
        load_bundle.apply_async([pk], expires=15)
    receiving.forget_old_files()


@shared_task(name="arena.tasks.render_waiting", ignore_result=True)
def render_waiting() -> None:
    """Answers that came by thousands at once; who reads one earlier has it rendered for himself."""
    while rows := list(Response.objects.filter(rendered_by="").order_by("pk")[:RENDERED_AT_ONCE]):
        with transaction.atomic():  # few: votes are taken in between
            refresh(rows)


@shared_task(name="arena.tasks.work_on_run", ignore_result=True)
def work_on_run(pk: int) -> None:
    """A slice of a run; the bell rings again for what is left."""
    if worker_slices.work_on(pk) and Run.objects.going().filter(pk=pk).exists():
        work_on_run.apply_async([pk], expires=60)


@shared_task(name="arena.tasks.sweep_runs", ignore_result=True)
def sweep_runs() -> None:
    """Free what dead workers held, and ring for the runs that have calls to send."""
    recovery.free_the_lost()
    for pk in recovery.due_runs():
        work_on_run.apply_async([pk], expires=15)


@shared_task(name="arena.tasks.send_delivery", ignore_result=True)
def send_delivery(pk: int) -> None:
    """Send one message of a webhook once; the sweep rings again where it was not taken."""
    sent = delivery_retries.deliver(pk)
    if sent is not None:
        _log_sent(sent)


def _log_sent(sent: Delivery) -> None:
    if sent.error:
        which = {"delivery": sent.pk, "webhook": sent.webhook_id, "state": sent.state, "reason": sent.error}
        log.info("message to a webhook not taken", **which)


@shared_task(name="arena.tasks.sweep_deliveries", ignore_result=True)
def sweep_deliveries() -> None:
    """Send the messages that are due. A second ring meanwhile sends what nobody is at."""
    for sent in delivery_retries.send_due():
        _log_sent(sent)
