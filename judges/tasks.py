"""Celery tasks of the judges app. Work is stored in rows; a message only wakes a worker."""

from threading import Lock

import structlog
from celery import shared_task

from arena.leases import LeaseLost
from arena.models import Arena
from judges.audits.refresh import audit_judge, due_audits, expect
from judges.models import Judge
from judges.safeguards import constant_answer_flags

log = structlog.get_logger(__name__)
_one_audit = Lock()  # a process makes one at a time: its other threads refit boards and answer the beat


@shared_task(name="judges.tasks.look_for_constant_answers", ignore_result=True)
def look_for_constant_answers() -> None:
    """Competitors with new answers are looked at again."""
    constant_answer_flags.sweep()


@shared_task(name="judges.tasks.ring_due_audits", ignore_result=True)
def ring_due_audits() -> None:
    """Wake a worker for every judge whose games or battles have changed since its audit."""
    due = due_audits()
    expect(due)
    for judge_id, arena_id in due:
        refresh_audit.apply_async([judge_id, arena_id], expires=30)


@shared_task(name="judges.tasks.refresh_audit", ignore_result=True)
def refresh_audit(judge_id: int, arena_id: int) -> None:
    """Audit one judge in one arena, unless another worker is at it or this process is busy with another audit: the beat will
    ask again.
    """
    if not _one_audit.acquire(blocking=False):
        return
    try:
        audit_judge(Judge.objects.get(pk=judge_id), Arena.objects.get(pk=arena_id))
    except LeaseLost as reason:
        log.info("audit left to another worker", judge=judge_id, arena=arena_id, reason=str(reason))
    finally:
        _one_audit.release()
