"""Celery: its broker and its schedule. The work is stored in rows, so a lost message loses nothing.

A worker on any machine: `celery -A arena.config.celery worker`; on one of them with `-B`, so that one beat rings.
"""

import contextlib
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from celery.platforms import SecurityWarning
from celery.schedules import crontab
from django.conf import settings
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from structlog import get_logger

from arena.config.errors import command_errors
from arena.config.serving.parent_watch import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
warnings.simplefilter("ignore", SecurityWarning)  # root in a container is usual, and JSON carries no code
TRANSPORT_ALIASES["folder"] = "arena.config.worker.folder_broker:Transport"

BEAT_SECONDS = 15  # how often a worker writes that it is there
BEAT_CHECK_SECONDS = 2

if "celery" in Path(sys.argv[0]).parts[-2:]:  # a worker that is started by itself: wrong settings end it with one sentence
    command_errors.run(lambda: settings.CELERY_BROKER_URL)

log = get_logger(__name__)


class Doorbell(DjangoTask):  # type: ignore[misc]
    """A task whose message may be lost: the sweep finds the row, so no page breaks when the broker is away."""

    abstract = True

    def apply_async(self, *args: Any, **options: Any) -> Any:
        try:
            return super().apply_async(*args, **options)
        except OperationalError as error:
            log.warning("bell not rung: the sweep will find the work", task=self.name, error=str(error))
            return None


def bell(task: str, seconds: float, *, at: crontab | None = None) -> dict[str, Any]:
    """A message that expires when the next one is due: a worker that comes back does not find a thousand of them."""
    return {"task": task, "schedule": at or seconds, "options": {"expires": max(seconds, 5)}}


app = Celery("agon", task_cls=Doorbell)
app.set_default()  # threads other than the importing one find this app, too
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # what a message may be
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A message is given back only when its work is done; a killed worker's message rings again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_pool="threads",
    worker_concurrency=4,
    # a page waits for a missing broker for seconds, not for minutes; once again, since a restarted broker needs a new call
    broker_connection_timeout=3,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
    # The lease of work, not the broker, shows whether it goes on.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # one log: Django's
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    beat_schedule={
        "refit boards that are due": bell("ranking.tasks.ring_due_boards", 1),
        "audit judges whose evidence moved": bell("judges.tasks.ring_due_audits", 5),
        "look for constant answers": bell("judges.tasks.look_for_constant_answers", 60),
        "ring for imports that lie still": bell("arena.tasks.sweep_imports", 15),
        "go on with runs": bell("arena.tasks.sweep_runs", 5),
        "send word to webhooks": bell("arena.tasks.sweep_deliveries", 5),
        "thin out snapshots": bell("ranking.tasks.thin_snapshots", 600, at=crontab(minute="*/10")),
        "throw away boards that nobody uses": bell("ranking.tasks.throw_away_unused_boards", 600, at=crontab(minute="5-59/10")),
        "say that a worker is there": bell("arena.config.tasks.say_alive", BEAT_SECONDS),
        "clean up": bell("arena.config.tasks.clean_up", 3600, at=crontab(minute="17")),
    },
    # Kept in memory: the file of Celery's own scheduler is a database that can fail to open, and the rare bells go by the
    # clock, so that restarts do not put them off.
    beat_scheduler="arena.config.worker.beat:PresentScheduler",
)
app.autodiscover_tasks(["arena", "arena.config", "judges", "ranking"])


_is_told_to_stop = threading.Event()


def keep_the_log(**_: object) -> None:
    """With a receiver here, Celery leaves the log as Django set it up."""


def leave_no_orphan(**_: object) -> None:
    die_with_parent()


def start_at_once(**_: object) -> None:
    """Report that the worker is alive, through the broker as always, and look for work left over while no worker ran."""
    for task in ("arena.config.tasks.say_alive", "arena.tasks.sweep_imports", "arena.tasks.sweep_runs"):
        app.send_task(task, expires=BEAT_SECONDS)


def watch_the_beat(sender: Any, **_: object) -> None:
    """A worker whose beat has died ends, so that its supervisor starts both again: nothing else would notice."""
    beat = sender.controller.beat
    if beat is not None:
        sender.timer.call_repeatedly(BEAT_CHECK_SECONDS, _end_without, (beat,))


def watch_memory(**_: object) -> None:
    from arena.config.worker import memory

    memory.watch()


def say_goodbye(sender: Any, **_: object) -> None:
    """Forget a worker that has been stopped, so that no page waits for it."""
    from django.db import DatabaseError

    from arena.models import WorkerSeen

    with contextlib.suppress(DatabaseError):
        WorkerSeen.objects.filter(name=str(sender.hostname)).delete()


def end_slices(**_: object) -> None:
    """A worker that is asked to stop sends nothing more, and stores what is under way."""
    from arena.runs import worker_slices

    _is_told_to_stop.set()
    worker_slices.stop_all()


def _end_without(beat: Any) -> None:
    """A worker that stops ends its beat first, and may then still wait for its tasks: that is no death."""
    if not _is_told_to_stop.is_set() and not beat.is_alive():
        log.error("the beat has died: this worker ends")
        os.kill(os.getpid(), signal.SIGTERM)


signals.setup_logging.connect(keep_the_log)
signals.celeryd_init.connect(leave_no_orphan)
signals.beat_embedded_init.connect(leave_no_orphan)
signals.worker_ready.connect(start_at_once)
signals.worker_ready.connect(watch_the_beat)
signals.worker_ready.connect(watch_memory)
signals.worker_shutting_down.connect(end_slices)
signals.worker_shutdown.connect(say_goodbye)
