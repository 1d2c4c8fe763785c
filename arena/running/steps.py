"""What happens to a call after a reply: it is over, or waits for another try. A retry is a state of the row."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena.llm.errors import Cause, Kind, LLMError
from arena.llm.messages import Completion
from arena.running.kinds import Reading
from arena.running.sending import Reply

MOST_ATTEMPTS = 6
MOST_REFUSALS = 60  # for speed alone: counted apart
FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
LONGEST_NAMED_WAIT = 3_600.0
_rng = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Step:
    """Over where there is a reading; otherwise waiting, to be sent again not before some time."""

    reading: Reading | None = None
    not_before: datetime | None = None
    is_refusal: bool = False
    is_cut: bool = False
    reason: str = ""


def step_after(reply: Reply, *, now: datetime) -> Step:
    if isinstance(reply.result, Completion):
        return _after_completion(reply)
    return _after_failure(reply, reply.result, now)


def _after_completion(reply: Reply) -> Step:
    reading = reply.reading or Reading("error", reason="the reply was not read")
    if reading.outcome == "truncated" and reply.job.call.max_tokens_factor == 1:
        return Step(is_cut=True, reason="cut at the token limit; asked once more with twice the limit")
    return Step(reading)


def _after_failure(reply: Reply, error: LLMError, now: datetime) -> Step:
    call = reply.job.call
    if error.refused_parameter:
        if error.refused_parameter in reply.job.target.refused:
            return Step(Reading("error", reason=error.reason))  # it was left out, and is refused all the same
        return Step(reason=error.reason)
    if error.cause == Cause.RATE_LIMIT and error.kind == Kind.TEMPORARY:
        if call.n_refusals >= MOST_REFUSALS:
            return Step(Reading("error", reason=f"given up after {call.n_refusals} refusals: {error.reason}"))
        wait = min(error.retry_after or 0.0, LONGEST_NAMED_WAIT) * _rng.uniform(1, 1.25)
        return Step(not_before=now + timedelta(seconds=wait), is_refusal=True, reason=error.reason)
    if error.kind == Kind.TEMPORARY:
        return _after_temporary(reply, error, now)
    if error.kind == Kind.ENDPOINT:
        return Step(reason=error.reason)  # the endpoint is paused; the call keeps its place
    return Step(Reading("filtered" if error.cause == Cause.POLICY else "error", reason=error.reason))


def _after_temporary(reply: Reply, error: LLMError, now: datetime) -> Step:
    n_tried = reply.job.call.n_sent - reply.job.call.n_refusals
    if n_tried >= MOST_ATTEMPTS:
        return Step(Reading("error", reason=f"given up after {n_tried} attempts: {error.reason}"))
    wait = _rng.uniform(0, min(FIRST_WAIT * 2.0 ** (n_tried - 1), LONGEST_WAIT))
    named = min(error.retry_after or 0.0, LONGEST_NAMED_WAIT)
    return Step(not_before=now + timedelta(seconds=max(wait, named)), reason=error.reason)
