"""Recovery from a dead engine: its attempts are lost, with the money reserved for them; its calls are free again."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from arena import leases
from arena.clock import to_come
from arena.leases import FREE
from arena.models import Attempt, Call, Endpoint, Run
from arena.runs import budget
from arena.runs.pacing import retry_policy

AT_ONCE = 500


def free_the_lost(run_id: int | None = None, *, now: datetime | None = None) -> int:
    """Returns how many calls were freed."""
    now = now or timezone.now()
    _shorten(now)
    held = Call.objects.exclude(lease_token=FREE).filter(lease_until__lt=now)
    runs = held.filter(run_id=run_id) if run_id is not None else held
    return sum(_free(each, now) for each in sorted(set(runs.values_list("run_id", flat=True))))


def _shorten(now: datetime) -> None:
    """A lease from when the clock was ahead runs out after a lease's time: its engine may live, and its calls are paid for."""
    ahead = Call.objects.exclude(lease_token=FREE).filter(lease_until__gt=now + leases.LONGEST)
    ahead.update(lease_until=now + leases.LONGEST)


@transaction.atomic
def _free(run_id: int, now: datetime) -> int:
    held = Call.objects.exclude(lease_token=FREE).filter(lease_until__lt=now, run_id=run_id)
    if connection.features.has_select_for_update_skip_locked:
        held = held.select_for_update(skip_locked=True)
    calls = list(held.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    attempts = list(Attempt.objects.filter(call__in=calls, state=Attempt.State.OPEN))
    for attempt in attempts:
        attempt.state, attempt.cost, attempt.finished_at = Attempt.State.LOST, attempt.reserved, now
        attempt.error = "lost: its worker ended before the reply was stored; counted as if it had cost all that was held"
    Attempt.objects.bulk_update(attempts, ["state", "cost", "finished_at", "error"], batch_size=100)
    Call.objects.filter(pk__in=calls).update(lease_token=FREE, lease_until=None)
    run = budget.locked(run_id)  # before the endpoints, as when calls are claimed
    Endpoint.objects.filter(pk__in={each.endpoint_id for each in attempts}).exclude(probe_until=None).update(probe_until=None)
    if run.state == Run.State.CANCELLED:
        Call.objects.waiting().filter(pk__in=calls).update(state=Call.State.CANCELLED, finished_at=now)
    lost = sum(attempt.reserved for attempt in attempts)
    budget.settle(run, released=lost, spent=lost, bounded=lost)
    return len(calls)


def due_runs(*, now: datetime | None = None) -> list[int]:
    """Running runs with a call that could be sent now, or with none that ever could, which need to be closed."""
    now = now or timezone.now()
    waiting = Call.objects.waiting().filter(run=OuterRef("pk"))
    callable_ones = waiting.filter(endpoint__paused_because="")
    due = callable_ones.filter(lease_token=FREE).exclude(to_come("not_before", now, at_most=retry_policy.LONGEST))
    alive = waiting.filter(~Q(lease_token=FREE) | Q(endpoint__paused_because=""))
    return list(Run.objects.going().filter(Exists(due) | ~Exists(alive)).order_by("pk").values_list("pk", flat=True))
