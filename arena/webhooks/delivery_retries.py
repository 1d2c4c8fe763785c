"""Which messages are due, and what becomes of each: delivered, put off for longer each time, given up in the end."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import override

from arena.clock import to_come
from arena.leases import LeaseLost
from arena.llm.addresses import Resolve, resolve_host
from arena.models import Delivery, Webhook
from arena.webhooks.sending import GONE, SECONDS, AttemptResult, attempt

WAITS = tuple(timedelta(seconds=each) for each in (10, 60, 300, 1800, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600))
MOST_SENT = len(WAITS) + 1
LEASE_SECONDS = 3 * SECONDS
MOST_AT_ONCE = 8  # of all webhooks; of one there is one at a time
SENDING_SECONDS = 20.0  # then the next ring goes on
KEPT = timedelta(days=30)

State = Delivery.State


def due(now: datetime) -> list[int]:
    """Messages to send now: the oldest of each webhook that is not being sent to, as many as there is room for."""
    busy = list(Delivery.objects.under_way(now).values_list("webhook", flat=True))
    free = Delivery.objects.waiting().filter(webhook__is_active=True).exclude(webhook__in=busy)
    free = free.exclude(to_come("not_before", now, at_most=WAITS[-1]))
    oldest = free.order_by().values("webhook").annotate(first=Min("pk")).order_by("first")
    return list(oldest.values_list("first", flat=True)[: max(MOST_AT_ONCE - len(busy), 0)])


def deliver(pk: int, *, resolve: Resolve = resolve_host) -> Delivery | None:
    """Send one message once; the row as it stands then, or None where it is over or somebody else is at it."""
    token = Delivery.objects.waiting().claim(pk, seconds=LEASE_SECONDS)
    if token is None:
        return None
    delivery = Delivery.objects.select_related("webhook").get(pk=pk)
    now = timezone.now()
    with override(settings.LANGUAGE_CODE):  # reasons are stored
        result = attempt(delivery, timestamp=int(now.timestamp()), resolve=resolve)
    try:
        Delivery.objects.finish(pk, token, **_changes(delivery, result, timezone.now()))
    except LeaseLost:
        return None
    if result.status == GONE:  # after Standard Webhooks; an address that was changed meanwhile is another one
        Webhook.objects.filter(pk=delivery.webhook_id, address=delivery.webhook.address).update(is_active=False)
    delivery.refresh_from_db()
    return delivery


def switched_itself_off(webhook: Webhook) -> bool:
    """Whether it is off because its server answered last that it is gone."""
    if webhook.is_active:
        return False
    sent = webhook.deliveries.filter(n_sent__gt=0).order_by("-pk")
    return sent.values_list("status", flat=True).first() == GONE


def send_due(*, seconds: float = SENDING_SECONDS) -> Iterator[Delivery]:
    """Send what is due, each webhook in a lane of its own, until nothing is or the time is over; what was sent."""
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="webhook") as pool:
        going: set[Future[Delivery | None]] = set()
        taken: set[int] = set()  # sent in this call, or left to another worker: no second time before the next ring
        while True:
            if time.monotonic() < end:
                fresh = [pk for pk in due(timezone.now()) if pk not in taken][: MOST_AT_ONCE - len(going)]
                taken.update(fresh)
                going |= {pool.submit(_delivered_in_a_thread, pk) for pk in fresh}
            if not going:
                return
            done, going = wait(going, return_when=FIRST_COMPLETED)
            yield from (sent for each in done if (sent := each.result()) is not None)


def _delivered_in_a_thread(pk: int) -> Delivery | None:
    try:
        return deliver(pk)
    finally:
        connection.close()


def _changes(delivery: Delivery, result: AttemptResult, now: datetime) -> Mapping[str, Any]:
    n_sent = delivery.n_sent + 1
    values = {"n_sent": n_sent, "status": result.status, "error": result.error[:500]}
    if not result.error:
        return {**values, "state": State.DELIVERED, "finished_at": now, "not_before": None}
    if result.is_final or n_sent >= MOST_SENT:
        return {**values, "state": State.GIVEN_UP, "finished_at": now, "not_before": None}
    return {**values, "not_before": now + WAITS[n_sent - 1]}


def forget_old(now: datetime) -> None:
    """Messages that are over."""
    Delivery.objects.filter(finished_at__lt=now - KEPT).delete()
