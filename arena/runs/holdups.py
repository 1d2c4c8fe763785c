"""What a run waits for: endpoints that do not answer, that asked to wait, or that may not be called; with reason and time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from arena.clock import is_to_come
from arena.leases import FREE
from arena.models import Allowance, Attempt, Call, Endpoint, Run
from arena.runs.pacing import adaptive_rate, allowances, circuit_breaker, retry_policy

LONG_WAIT = timedelta(seconds=adaptive_rate.LONG_BLOCK)  # a shorter one is part of the pace


@dataclass(frozen=True, slots=True)
class HoldUp:
    """An endpoint, what it does, the server's or our reason, and when it is tried next, where that is known.

    `can_be_tried` where a person may ask for the try now; `n_waiting` calls of the run wait for it, and each is given up when
    it has failed `most_attempts` times.
    """

    endpoint: str
    does: str
    reason: str = ""
    until: datetime | None = None
    can_be_tried: bool = False
    n_waiting: int = 0
    most_attempts: int = retry_policy.MOST_ATTEMPTS


def of(run: Run, *, now: datetime) -> list[HoldUp]:
    """By endpoint name; empty if all of them accept calls."""
    waiting = Call.objects.waiting().filter(run=run).order_by()
    endpoints = Endpoint.objects.filter(pk__in=waiting.values("endpoint")).order_by("name")
    held_up = [(endpoint, hold_up) for endpoint in endpoints if (hold_up := _of(endpoint, run, now)) is not None]
    return [replace(hold_up, n_waiting=waiting.filter(endpoint=endpoint).count()) for endpoint, hold_up in held_up]


def silent(run: Run, *, now: datetime) -> list[Endpoint]:
    """Endpoints of waiting calls whose last calls failed and that are not asked at the moment."""
    waiting = Call.objects.waiting().filter(run=run)
    failing = Endpoint.objects.callable().filter(pk__in=waiting.order_by().values("endpoint"), n_failures__gt=0)
    return [endpoint for endpoint in failing if endpoint.open_until is not None or _next_try(endpoint, run, now) is not None]


def _of(endpoint: Endpoint, run: Run, now: datetime) -> HoldUp | None:
    if endpoint.paused_because:
        return HoldUp(endpoint.name, _("is paused"), endpoint.paused_because)
    until = _next_try(endpoint, run, now) if endpoint.n_failures else None
    if endpoint.open_until is not None or until is not None:
        failed = Attempt.objects.filter(endpoint=endpoint, state=Attempt.State.FAILED).order_by("-pk").first()
        does = _("answers with errors") if failed is not None and failed.status else _("does not answer")
        return HoldUp(endpoint.name, does, failed.error if failed is not None else "", until, can_be_tried=True)
    base_url, key_name = allowances.address_of(endpoint)
    allowance = Allowance.objects.filter(base_url=base_url, key_name=key_name).first()
    blocked = allowance.blocked_until if allowance is not None else None
    longest = timedelta(seconds=adaptive_rate.LONGEST_NAMED_WAIT)
    if blocked is not None and is_to_come(blocked, now, at_most=longest) and blocked - now > LONG_WAIT:
        return HoldUp(endpoint.name, _("asked for a pause between calls"), until=blocked)
    return None


def _next_try(endpoint: Endpoint, run: Run, now: datetime) -> datetime | None:
    """When the circuit lets a call through, or else the first call is due; None if one may be sent now."""
    longest = timedelta(seconds=circuit_breaker.LONGEST_OPEN)
    if is_to_come(endpoint.open_until, now, at_most=longest):
        return endpoint.open_until
    times = Call.objects.waiting().filter(run=run, endpoint=endpoint, lease_token=FREE).values_list("not_before", flat=True)
    first = times.order_by("not_before").exclude(not_before=None).first()
    if times.filter(not_before=None).exists():
        return None
    return first if is_to_come(first, now, at_most=retry_policy.LONGEST) else None
