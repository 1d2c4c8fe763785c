"""Stores replies: attempts, calls, endpoints and results, inside the engine's transaction."""

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.endings import LONGEST_WORD
from arena.llm.wires.messages import Completion, RateHeaders, Usage
from arena.models import Attempt, Call, Endpoint, Run
from arena.runs import budget
from arena.runs.kinds import FinishedCall, RunKind
from arena.runs.pacing import circuit_breaker
from arena.runs.pacing.adaptive_rate import AttemptReport
from arena.runs.pacing.retry_policy import NextStep, step_after
from arena.runs.sender_threads import FinishedJob

MOST_TOKENS = 2**31 - 1


@dataclass(slots=True)
class Stored:
    """What the rest of the transaction must know: money, limits, endpoints that changed."""

    released: int = 0
    spent: int = 0
    bounded: int = 0  # of what is spent: known as a bound alone
    reports: dict[int, list[AttemptReport]] = field(default_factory=dict)  # by endpoint id
    endpoints: list[Endpoint] = field(default_factory=list)


def store(replies: Sequence[FinishedJob], token: str, kind: RunKind, run: Run, *, now: datetime) -> Stored:
    """Store each reply once: on a call that this engine still holds, or as a late one that is only paid."""
    stored = Stored()
    if not replies:
        return stored
    held = _held(replies, token)
    in_time = [reply for reply in replies if reply.job.attempt.pk in held]
    late = [reply for reply in replies if reply.job.attempt.pk not in held]
    steps = [step_after(reply, now=now) for reply in in_time]
    moved = [_moved(reply, step, run) for reply, step in zip(in_time, steps, strict=True)]
    _write_attempts(in_time, late)
    _write_calls(moved, token)
    decided = [
        FinishedCall(call, reply.job.attempt, step.reading)
        for call, reply, step in zip(moved, in_time, steps, strict=True)
        if step.reading is not None
    ]
    if decided:
        kind.settle(decided)
    _add_money(stored, in_time, late)
    _add_lessons(stored, replies, run, now)
    return stored


def _held(replies: Sequence[FinishedJob], token: str) -> set[int]:
    """Ids of the attempts whose call this engine still holds for them; those rows are locked."""
    open_ones = Attempt.objects.filter(pk__in=[reply.job.attempt.pk for reply in replies], state=Attempt.State.OPEN)
    rows = ("self", "call") if connection.features.has_select_for_update_of else ()
    held = open_ones.filter(call__lease_token=token).select_related("call").only("id", "call__id").select_for_update(of=rows)
    return {attempt.pk for attempt in held.order_by("call_id")}


def _write_attempts(in_time: Sequence[FinishedJob], late: Sequence[FinishedJob]) -> None:
    rows = []
    for replies, state in ((in_time, None), (late, Attempt.State.LATE)):
        for reply in replies:
            attempt = _filled(reply)
            attempt.state = state or attempt.state
            rows.append((*(_column(getattr(attempt, name)) for name in _ATTEMPT), attempt.pk))
    changes = ", ".join(f"{name} = %s" for name in _ATTEMPT)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE arena_attempt SET {changes} WHERE id = %s", rows)  # noqa: S608  # our own column names  # nosec B608


def _filled(reply: FinishedJob) -> Attempt:
    attempt, result = reply.job.attempt, reply.result
    attempt.cost = budget.cost_of(result, reply.job.endpoint, reserved=attempt.reserved)
    attempt.reply, attempt.request_id = result.raw, result.request_id[:120]
    attempt.parameters, attempt.latency_ms = dict(result.parameters), result.latency_ms
    attempt.tokens_in, attempt.tokens_out = _tokens(result.usage)
    attempt.finished_at = reply.finished_at
    if isinstance(result, Completion):
        attempt.state, attempt.text, attempt.finish = Attempt.State.OK, result.text, result.finish
        attempt.model, attempt.thinking, attempt.word = result.model[:200], result.thinking, result.word[:LONGEST_WORD]
        attempt.error = _doubted(result.doubt)
    else:
        attempt.state, attempt.status = Attempt.State.FAILED, result.status
        attempt.error = "; ".join(filter(None, (result.reason, _doubted(result.doubt))))
    return attempt


def _doubted(doubt: str) -> str:
    return f"{doubt}: what was held for it is booked" if doubt else ""


def _tokens(usage: Usage | None) -> tuple[int | None, int | None]:
    if usage is None:
        return None, None
    return min(max(usage.tokens_in, 0), MOST_TOKENS), min(max(usage.tokens_out, 0), MOST_TOKENS)


def _write_calls(calls: Sequence[Call], token: str) -> None:
    rows = [(*(_column(getattr(call, name)) for name in _CALL), call.pk, token) for call in calls]
    changes = ", ".join(f"{name} = %s" for name in _CALL)
    statement = f"UPDATE arena_call SET {changes} WHERE id = %s AND lease_token = %s"  # noqa: S608  # our own column names  # nosec B608
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _moved(reply: FinishedJob, step: NextStep, run: Run) -> Call:
    """A copy: where the transaction fails, the same reply is stored again."""
    call, when = copy(reply.job.call), reply.finished_at
    call.lease_token, call.lease_until = "", None
    call.n_refusals += step.is_refusal
    call.max_tokens_factor *= 2 if step.is_cut else 1
    call.reason, call.not_before = step.reason, step.not_before
    if step.reading is not None:
        call.outcome, call.reason = step.reading.outcome, step.reading.reason
        call.state = Call.State.DONE if step.reading.outcome == "ok" else Call.State.FAILED
        call.finished_at = when
    elif run.state == Run.State.CANCELLED:
        call.state, call.finished_at = Call.State.CANCELLED, when
    return call


def _column(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return json.dumps(value) if isinstance(value, dict) else value


def _add_money(stored: Stored, in_time: Sequence[FinishedJob], late: Sequence[FinishedJob]) -> None:
    for reply in in_time:
        stored.released += reply.job.attempt.reserved
        stored.spent += reply.job.attempt.cost
        stored.bounded += _bounded(reply)
    for reply in late:  # what was held for it was spent, as a bound, when it was given up
        stored.spent += reply.job.attempt.cost - reply.job.attempt.reserved
        stored.bounded += _bounded(reply) - reply.job.attempt.reserved


def _bounded(reply: FinishedJob) -> int:
    return reply.job.attempt.cost if budget.is_bound(reply.result, reply.job.attempt.cost) else 0


def _add_lessons(stored: Stored, replies: Sequence[FinishedJob], run: Run, now: datetime) -> None:
    if any(circuit_breaker.is_news(reply) for reply in replies):
        budget.locked(run.pk)  # before the endpoints, as when calls are claimed: no two engines wait for each other
    by_endpoint: dict[int, list[FinishedJob]] = {}
    for reply in replies:
        by_endpoint.setdefault(reply.job.endpoint.pk, []).append(reply)
    for pk, some in sorted(by_endpoint.items()):
        stored.reports[pk] = [report for reply in some if (report := _report(reply))]
        changed = circuit_breaker.learn(some, now=now)
        if changed is not None:
            stored.endpoints.append(changed)


def _report(reply: FinishedJob) -> AttemptReport | None:
    """A broken call is no evidence about limits."""
    result, sent_at = reply.result, reply.job.attempt.sent_at
    if isinstance(result, LLMError):
        if result.cause == Cause.RATE_LIMIT and result.kind == Kind.TEMPORARY:
            n_before = reply.job.call.n_refusals
            return AttemptReport(sent_at, is_refused=True, retry_after=result.retry_after, rate=result.rate, n_before=n_before)
        return AttemptReport(sent_at, is_refused=False, rate=result.rate) if result.status and result.status < 500 else None
    return AttemptReport(sent_at, is_refused=False, rate=result.rate or RateHeaders())


_ATTEMPT = (
    "state", "reply", "text", "thinking", "finish", "word", "error", "status", "model", "parameters", "request_id", "cost",
    "tokens_in", "tokens_out", "latency_ms", "finished_at",
)  # fmt: skip
_CALL = (
    "state", "outcome", "reason", "not_before", "max_tokens_factor", "n_refusals", "finished_at", "lease_token", "lease_until",
)  # fmt: skip
