"""Which calls are sent next: claimed, allowed, paid for and recorded, inside the engine's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q

from arena.clock import to_come
from arena.leases import FREE
from arena.llm import pricing
from arena.models import Attempt, Call, Endpoint
from arena.runs import budget
from arena.runs.kinds import NOT_ASKED, Composed, FinishedCall, Held, ReplyResult, RunKind
from arena.runs.pacing import circuit_breaker, retry_policy
from arena.runs.sender_threads import Job, features_of, target_of


@dataclass(frozen=True, slots=True)
class SendableCall:
    """A call that may be sent if its address and its run allow it."""

    call: Call
    composed: Composed
    features: frozenset[str]
    bound: int

    @property
    def tokens(self) -> int:
        """Roughly what a provider counts against its limit: a token per four bytes, and the longest possible answer."""
        return pricing.tokens_in_bound(self.composed.request) // 4 + self.composed.request.max_tokens


def candidates(
    run_id: int, endpoint: Endpoint, n: int, *, left: int | None, now: datetime, is_trying: bool = False
) -> list[Call]:
    """The next calls of the run at this endpoint which no engine holds; locked, where the engine locks rows.

    The single call that tests whether the others may go on is one that was rarely sent: a call that always fails is no test.
    """
    free = Call.objects.waiting().filter(run_id=run_id, endpoint=endpoint, lease_token=FREE)
    due = free.exclude(to_come("not_before", now, at_most=retry_policy.LONGEST))
    if left is not None:
        due = due.filter(Q(bound=None) | Q(bound__lte=left))
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    order = ["n_sent", "place"] if is_trying else ["place"]
    return list(due.order_by(*order)[:n])


def composed(calls: Sequence[Call], kind: RunKind) -> Iterator[tuple[Call, Composed | ReplyResult | Held]]:
    pieces = kind.compose(calls) if calls else {}
    gone: Composed | ReplyResult | Held = ReplyResult("error", reason="what it was to ask about is no longer here")
    for call in calls:
        piece = pieces.get(call.pk, gone)
        if isinstance(piece, Composed) and call.max_tokens_factor > 1:
            request = replace(piece.request, max_tokens=piece.request.max_tokens * call.max_tokens_factor)
            piece = replace(piece, request=request)
        yield call, piece


def offer(call: Call, piece: Composed, endpoint: Endpoint) -> SendableCall:
    return SendableCall(call, piece, features_of(piece), budget.bound(piece.request, endpoint))


_ENDS = {"ok": Call.State.DONE, NOT_ASKED: Call.State.CANCELLED}


def decide(readings: Sequence[tuple[Call, ReplyResult]], kind: RunKind, *, now: datetime) -> None:
    """What needs no request: by a rule, from a cache, or because there is nothing to ask about."""
    alike: dict[tuple[str, str], list[int]] = {}
    for call, reading in readings:
        alike.setdefault((reading.outcome, reading.reason), []).append(call.pk)
    for (outcome, reason), ids in alike.items():
        state = _ENDS.get(outcome, Call.State.FAILED)
        free = Call.objects.waiting().filter(pk__in=ids, lease_token=FREE)
        if free.update(state=state, outcome=outcome, reason=reason, finished_at=now) != len(ids):
            raise RuntimeError("calls were taken by another engine")  # cannot be: the rows are locked
    if readings:
        kind.settle([FinishedCall(call, None, reading) for call, reading in readings])


def probing(offers: Sequence[SendableCall], endpoint: Endpoint, *, now: datetime) -> tuple[list[SendableCall], bool]:
    """All of them if the endpoint is known to accept them; otherwise one, if no other engine is trying.

    Where the endpoint has failed for long, and all that is left are calls that failed before, they go together: one after
    the other, each would wait for the longest rest six times.
    """
    if not any(circuit_breaker.needs_probe(endpoint, each.features) for each in offers):
        return list(offers), False
    if not circuit_breaker.take_probe(endpoint, now=now):
        return [], False
    endpoint.refresh_from_db()  # another engine's try may have ended a moment ago
    new = [each for each in offers if circuit_breaker.needs_probe(endpoint, each.features)]
    if new and circuit_breaker.is_closed(endpoint, now):
        go_together = circuit_breaker.has_failed_for_long(endpoint) and all(each.call.n_sent for each in new)
        return (new if go_together else new[:1]), True
    circuit_breaker.end_probe(endpoint)
    return ([], False) if new else (list(offers), False)


def remember_dear(offers: Sequence[SendableCall]) -> None:
    """Calls that cost more than what is left are not looked at again until there is more."""
    by_bound: dict[int, list[int]] = {}
    for each in offers:
        by_bound.setdefault(each.bound, []).append(each.call.pk)
    for amount, ids in by_bound.items():
        Call.objects.filter(pk__in=ids).update(bound=amount)


def open_attempts(
    offers: Sequence[SendableCall], endpoint: Endpoint, token: str, *, lease: timedelta, now: datetime, is_probe: bool
) -> list[Job]:
    """Claimed by a conditional UPDATE, each with its attempt; on disk before anything is sent."""
    ids = [each.call.pk for each in offers]
    free = Call.objects.waiting().filter(pk__in=ids, lease_token=FREE)
    claimed = free.update(lease_token=token, lease_until=now + lease, n_attempts=F("n_attempts") + 1, n_sent=F("n_sent") + 1)
    if claimed != len(ids):  # cannot be, since the rows are locked; and nothing has been sent yet
        raise RuntimeError(f"{len(ids) - claimed} of {len(ids)} calls were taken by another engine")
    attempts = Attempt.objects.bulk_create([_attempt(each, endpoint, now) for each in offers])
    target = target_of(endpoint, frozenset(settings.ENDPOINTS_ALLOWED))
    for each in offers:
        each.call.n_sent += 1
    return [
        Job(each.call, attempt, endpoint, each.composed, target, each.features, is_probe and n == 0)
        for n, (each, attempt) in enumerate(zip(offers, attempts, strict=True))
    ]


def _attempt(each: SendableCall, endpoint: Endpoint, now: datetime) -> Attempt:
    messages = [{"role": message.role, "content": message.content} for message in each.composed.request.messages]
    return Attempt(
        call=each.call, endpoint=endpoint, request=messages, fence=each.composed.fence, reserved=each.bound, sent_at=now
    )


def give_back(jobs: Sequence[Job], token: str) -> None:
    """Return unsent jobs as if they had never been claimed. Call inside a transaction."""
    if not jobs:
        return
    held = Call.objects.filter(pk__in=[job.call.pk for job in jobs], lease_token=token)
    held.update(lease_token=FREE, lease_until=None, n_sent=F("n_sent") - 1)
    unsent = Attempt.objects.filter(pk__in=[job.attempt.pk for job in jobs], state=Attempt.State.OPEN)
    released = sum(unsent.values_list("reserved", flat=True))
    unsent.delete()
    run = budget.locked(jobs[0].call.run_id)
    budget.settle(run, released=released, spent=0)
    for job in jobs:
        if job.is_probe:
            circuit_breaker.end_probe(job.endpoint)
