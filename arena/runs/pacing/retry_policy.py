"""What happens to a call after a reply: it is finished, or waits to be retried. A retry is a state of the row."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.messages import Completion
from arena.runs.kinds import ReplyResult
from arena.runs.pacing.lone_failures import fails_alone
from arena.runs.sender_threads import FinishedJob

MOST_ATTEMPTS = 6
MOST_REFUSALS = 60  # for speed alone: counted apart
MOST_REFUSALS_ALONE = 20  # while other calls get through
LONGEST_REFUSAL_WAIT = 60.0  # where the server names no longer one
FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
LONGEST_NAMED_WAIT = 3_600.0
LONGEST = timedelta(seconds=1.25 * LONGEST_NAMED_WAIT)  # of all waits between two tries
_rng = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class NextStep:
    """Finished if the reply was read; otherwise waiting, not to be sent again before some time."""

    reading: ReplyResult | None = None
    not_before: datetime | None = None
    is_refusal: bool = False
    is_cut: bool = False
    reason: str = ""


def step_after(reply: FinishedJob, *, now: datetime) -> NextStep:
    if isinstance(reply.result, Completion):
        return _after_completion(reply)
    return _after_failure(reply, reply.result, now)


def _after_completion(reply: FinishedJob) -> NextStep:
    reading = reply.reading or ReplyResult("error", reason="the reply was not read")
    if reading.outcome == "truncated" and reply.job.call.max_tokens_factor == 1:
        return NextStep(is_cut=True, reason="cut at the token limit; asked once more with twice the limit")
    return NextStep(reading)


def _after_failure(reply: FinishedJob, error: LLMError, now: datetime) -> NextStep:
    if error.refused_parameter:
        if error.lesson in reply.job.target.refused:
            return NextStep(ReplyResult("error", reason=error.reason))  # it was left out, and is refused all the same
        return NextStep(reason=error.reason)
    if error.cause == Cause.RATE_LIMIT and error.kind == Kind.TEMPORARY:
        return _after_refusal(reply, error, now)
    if error.kind == Kind.TEMPORARY:
        return _after_temporary(reply, error, now)
    if error.kind == Kind.ENDPOINT:
        return NextStep(reason=error.reason)  # the endpoint is paused; the call keeps its place
    return NextStep(ReplyResult("filtered" if error.cause == Cause.POLICY else "error", reason=error.reason))


def _after_refusal(reply: FinishedJob, error: LLMError, now: datetime) -> NextStep:
    """The server's rate limit refused it: pacing slows the other calls, and a call refused again lets them go first."""
    n_refusals = reply.job.call.n_refusals
    if n_refusals >= MOST_REFUSALS:
        return NextStep(ReplyResult("error", reason=f"given up after {n_refusals} refusals: {error.reason}"))
    if n_refusals >= MOST_REFUSALS_ALONE and fails_alone(reply):
        reason = f"given up after {n_refusals} refusals while other calls got through"
        return NextStep(ReplyResult("error", reason=f"{reason}: {error.reason}"))
    named = min(error.retry_after or 0.0, LONGEST_NAMED_WAIT) * _rng.uniform(1, 1.25)
    growing = min(2.0**n_refusals, LONGEST_REFUSAL_WAIT) * _rng.uniform(0.5, 1) if n_refusals else 0.0
    return NextStep(not_before=now + timedelta(seconds=max(named, growing)), is_refusal=True, reason=error.reason)


def _after_temporary(reply: FinishedJob, error: LLMError, now: datetime) -> NextStep:
    n_tried = reply.job.call.n_sent - reply.job.call.n_refusals
    if n_tried >= MOST_ATTEMPTS:
        return NextStep(ReplyResult("error", reason=f"given up after {n_tried} attempts: {error.reason}"))
    wait = _rng.uniform(0, min(FIRST_WAIT * 2.0 ** (n_tried - 1), LONGEST_WAIT))
    named = min(error.retry_after or 0.0, LONGEST_NAMED_WAIT)
    return NextStep(not_before=now + timedelta(seconds=max(wait, named)), reason=error.reason)
