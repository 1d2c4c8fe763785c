"""What an endpoint's replies reveal: that it works, what it refuses, that it is down, or that it must not be used."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from arena.clock import is_to_come, to_come
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.messages import Completion
from arena.models import Endpoint
from arena.runs.pacing.lone_failures import fails_alone
from arena.runs.sender_threads import FinishedJob

MOST_FAILURES = 8  # in a row; one more opens the circuit
FIRST_OPEN, LONGEST_OPEN = 2.0, 300.0
LONG_OPEN = 30.0
PROBE_MARGIN = timedelta(seconds=15)
_rng = random.SystemRandom()


def learn(replies: Sequence[FinishedJob], *, now: datetime) -> Endpoint | None:
    """Update one endpoint if its replies changed what is known about it. Call inside a transaction."""
    if not any(is_news(reply) for reply in replies):
        return None
    row = Endpoint.objects.select_for_update().get(pk=replies[0].job.endpoint.pk)
    for reply in replies:
        if isinstance(reply.result, Completion):
            _answered(row, reply)
        else:
            _failed(row, reply, reply.result, now)
    row.save(update_fields=_LEARNT)
    return row


def take_probe(endpoint: Endpoint, *, now: datetime) -> bool:
    """Whether this worker may send the one call that tries the endpoint out."""
    longest = longest_probe(endpoint)
    free = Endpoint.objects.callable().filter(pk=endpoint.pk).exclude(to_come("probe_until", now, at_most=longest))
    return bool(free.update(probe_until=now + longest))


def longest_probe(endpoint: Endpoint) -> timedelta:
    return timedelta(seconds=endpoint.timeout_seconds) + PROBE_MARGIN


def end_probe(endpoint: Endpoint) -> None:
    """Without a lesson: the call was not sent after all."""
    Endpoint.objects.filter(pk=endpoint.pk).update(probe_until=None)
    endpoint.probe_until = None


def is_closed(endpoint: Endpoint, now: datetime) -> bool:
    """Whether calls may go through: all of them, or the one that tries."""
    is_open = is_to_come(endpoint.open_until, now, at_most=timedelta(seconds=LONGEST_OPEN))
    return not endpoint.paused_because and not is_open


def needs_probe(endpoint: Endpoint, features: frozenset[str]) -> bool:
    return not endpoint.is_proven or endpoint.open_until is not None or not features <= set(endpoint.proven_with)


def has_failed_for_long(endpoint: Endpoint) -> bool:
    """Whether it answered once, and now fails at one try after another, with rests that have become long."""
    return endpoint.is_proven and endpoint.open_until is not None and _longest_rest(endpoint) > LONG_OPEN


def is_news(reply: FinishedJob) -> bool:
    endpoint = reply.job.endpoint
    if reply.job.is_probe or isinstance(reply.result, LLMError):
        return not (isinstance(reply.result, LLMError) and reply.result.cause == Cause.RATE_LIMIT and not reply.job.is_probe)
    return endpoint.n_failures > 0 or endpoint.open_until is not None


def _answered(row: Endpoint, reply: FinishedJob) -> None:
    row.n_failures, row.open_until, row.is_proven = 0, None, True
    row.proven_with = sorted({*row.proven_with, *reply.job.features})
    _probe_is_over(row, reply)


def _failed(row: Endpoint, reply: FinishedJob, error: LLMError, now: datetime) -> None:
    _probe_is_over(row, reply)
    if error.refused_parameter:
        row.refused_parameters = sorted({*row.refused_parameters, error.lesson or error.refused_parameter})
    elif error.cause == Cause.RATE_LIMIT and error.kind == Kind.TEMPORARY:
        return  # the limiter's business
    elif error.kind == Kind.ENDPOINT:
        row.paused_because, row.is_pause_learnt = error.reason, True
    elif error.kind == Kind.TEMPORARY:
        _broke(row, reply, now)
    elif error.status is not None:
        row.n_failures, row.open_until = 0, None  # a refusal for what was asked: the server is up


def _broke(row: Endpoint, reply: FinishedJob, now: datetime) -> None:
    """Half open and failed again: open twice as long. Calls that were under way when it opened are no new evidence."""
    if (row.open_until is not None and not reply.job.is_probe) or fails_alone(reply):
        return
    row.n_failures += 1
    if row.n_failures >= MOST_FAILURES:
        row.open_until = now + timedelta(seconds=_longest_rest(row) * _rng.uniform(0.5, 1))


def _longest_rest(endpoint: Endpoint) -> float:
    return min(FIRST_OPEN * 2.0 ** min(endpoint.n_failures - MOST_FAILURES, 20), LONGEST_OPEN)


def _probe_is_over(row: Endpoint, reply: FinishedJob) -> None:
    if reply.job.is_probe:
        row.probe_until = None


_LEARNT = [
    "refused_parameters", "is_proven", "proven_with", "paused_because", "is_pause_learnt", "n_failures", "open_until",
    "probe_until",
]  # fmt: skip
