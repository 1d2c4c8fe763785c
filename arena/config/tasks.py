"""Chores of the whole house."""

import datetime

from celery import Task, shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from arena.models import AdminLink, IdempotentAnswer, RateWindow, WorkerSeen
from arena.webhooks import delivery_retries

DAY = datetime.timedelta(days=1)


@shared_task(bind=True)
def say_alive(self: Task) -> None:
    """A row that proves the whole chain: beat, broker, worker, database."""
    WorkerSeen.objects.update_or_create(name=self.request.hostname or "worker", defaults={"seen_at": timezone.now()})


@shared_task
def clean_up() -> None:
    """Take away what has run out: sessions, windows of rate limits, admin links, workers not seen for a day, answers
    that a program may have asked for again, messages of webhooks that were delivered or given up long ago."""
    yesterday = timezone.now() - DAY
    SessionStore.clear_expired()
    RateWindow.objects.filter(starts_at__lt=yesterday).delete()
    AdminLink.objects.filter(expires_at__lt=yesterday).delete()
    IdempotentAnswer.objects.filter(created_at__lt=yesterday).delete()
    WorkerSeen.objects.filter(seen_at__lt=yesterday).delete()
    delivery_retries.forget_old(timezone.now())
