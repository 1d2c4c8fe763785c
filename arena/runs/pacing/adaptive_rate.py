"""How fast an address may be called, learnt from its replies. Changes an Allowance in memory; `allowances` writes it.

Unknown limits are approached from below: two calls a second, twice as many after every second in which all got through.
A refusal says that too much was sent but not by how much, and the wait that it names may be wrong. So single calls are tried,
after doubling waits, until one gets through; what got through in that whole time, waits included, is the rate.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from arena.clock import SLACK, is_to_come
from arena.llm.wires.messages import RateHeaders
from arena.models import Allowance, Endpoint

FIRST = 120.0  # a minute, where nothing is known
SLOWEST = 2.0
UNSURE, FEW = 30.0, 10  # a rate that was seen in fewer calls than these is not believed to be so low
CREEP, LEAST_CREEP = 0.005, 1.0  # a second, of the rate and in calls a minute, near where it was refused
FAST = 480.0  # above it the rate grows more slowly: what is under way when the limit comes is refused with it
MARGIN = 0.97  # a limit is not used to its last call: two clocks disagree
SHARE = 0.95  # of what got through
BURST_SECONDS = 0.5
LONGEST_WAIT = 6.0  # seconds between tries, where the server names no longer one
LONGEST_NAMED_WAIT = 3_600.0
LONG_BLOCK = 5.0
EPISODE = 20.0
STUBBORN, BETWEEN = 2, 10  # a call refused so often before, with so many others let through since any was refused
AGAIN = 0.75  # of the rate, when it was refused again soon
MEMORY = 130  # seconds
REST = 60.0
PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits in the endpoint's settings; None: unknown."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """The evidence of one finished attempt on its address's limits."""

    sent_at: datetime
    is_refused: bool
    retry_after: float | None = None
    rate: RateHeaders = field(default_factory=RateHeaders)
    n_before: int = 0  # how often the same call was refused before


def limits_of(endpoint: Endpoint) -> RateLimits:
    return RateLimits(endpoint.requests_per_minute, endpoint.tokens_per_minute, endpoint.max_concurrency)


def new_allowance(base_url: str, key_name: str, limits: RateLimits, now: datetime) -> Allowance:
    per_minute = limits.requests_per_minute * MARGIN if limits.requests_per_minute else FIRST
    return Allowance(
        base_url=base_url, key_name=key_name, per_minute=per_minute, requests=1.0,
        tokens_per_minute=limits.tokens_per_minute, tokens=limits.tokens_per_minute,
        filled_at=now, started_at=now, grown_at=now,
    )  # fmt: skip


def learn(
    allowance: Allowance, reports: Sequence[AttemptReport], limits: RateLimits, *, now: datetime, rng: random.Random
) -> None:
    _set_right(allowance, now)
    for report in reports:
        if report.is_refused:
            _refused(allowance, report, now, rng)
        else:
            _passed(allowance, report, now)
        _read_headers(allowance, report, limits, now)
    _grow(allowance, limits, now)


def grant(allowance: Allowance, tokens: Sequence[int], limits: RateLimits, *, now: datetime, n_open: int = 0) -> int:
    """Take the allowance for the first calls of so many tokens each; returns for how many it suffices."""
    _set_right(allowance, now)
    _fill(allowance, limits, now)
    if not tokens or is_to_come(allowance.blocked_until, now, at_most=timedelta(seconds=LONGEST_NAMED_WAIT)):
        return 0
    if allowance.n_refused:  # one call tries whether the others may go on
        allowance.blocked_until = now + timedelta(seconds=PROBE_SECONDS)
        return 1
    most = int(allowance.requests)
    if limits.max_concurrency is not None:
        most = min(most, limits.max_concurrency - n_open)
    granted = _within_tokens(allowance, tokens[: max(most, 0)])
    allowance.requests -= granted
    return granted


def _set_right(allowance: Allowance, now: datetime) -> None:
    """Reset past times that lie ahead: they were stored while the clock was wrong, and would stop the filling until then."""
    latest = now + SLACK
    for name in ("filled_at", "started_at", "grown_at"):
        if getattr(allowance, name) > latest:
            setattr(allowance, name, now)
    for name in ("refused_at", "first_refused_at"):
        refused_at = getattr(allowance, name)
        if refused_at is not None and refused_at > latest:
            setattr(allowance, name, now - timedelta(seconds=EPISODE))
    latest_second = latest.timestamp()
    allowance.passed = [pair for pair in allowance.passed if pair[0] <= latest_second]


def _within_tokens(allowance: Allowance, tokens: Sequence[int]) -> int:
    if allowance.tokens is None or allowance.tokens_per_minute is None:
        return len(tokens)
    for n, amount in enumerate(tokens):
        # A call larger than the whole bucket is sent when the bucket is full; otherwise it never would be.
        if min(amount, allowance.tokens_per_minute) > allowance.tokens:
            return n
        allowance.tokens -= amount
    return len(tokens)


def _fill(allowance: Allowance, limits: RateLimits, now: datetime) -> None:
    seconds = max((now - allowance.filled_at).total_seconds(), 0.0)
    if seconds > REST:
        allowance.started_at = now
    a_second = _rate(allowance, limits) / 60
    allowance.requests = min(allowance.requests + a_second * seconds, max(a_second * BURST_SECONDS, 1.0))
    limit = limits.tokens_per_minute or allowance.tokens_per_minute
    allowance.tokens_per_minute = limit
    if limit is not None:
        held = limit if allowance.tokens is None else allowance.tokens
        allowance.tokens = min(held + limit / 60 * seconds, limit)
    allowance.filled_at = max(allowance.filled_at, now)


def _rate(allowance: Allowance, limits: RateLimits) -> float:
    known = limits.requests_per_minute
    return min(allowance.per_minute, known * MARGIN) if known else allowance.per_minute


def _refused(allowance: Allowance, report: AttemptReport, now: datetime, rng: random.Random) -> None:
    if allowance.refused_at is not None and report.sent_at <= allowance.refused_at:
        return  # it was under way when the limit was met: the same event
    if _is_stubborn(allowance, report):
        allowance.refused_at = now
        return
    # Refused again soon after one got through: the same episode. Calls that passed in between prove little.
    is_new = allowance.refused_at is None or (now - allowance.refused_at).total_seconds() > EPISODE
    if not allowance.n_refused and (is_new or allowance.first_refused_at is None):
        allowance.first_refused_at = now
    elif (
        not allowance.n_refused and report.n_before < STUBBORN
    ):  # a call that is refused whatever the speed slows others only once
        allowance.per_minute = max(allowance.per_minute * AGAIN, SLOWEST)
    wait = min(2.0**allowance.n_refused, LONGEST_WAIT) * rng.uniform(0.5, 1)
    named = min(report.retry_after or 0.0, LONGEST_NAMED_WAIT)
    allowance.n_refused += 1
    allowance.refused_at = now
    allowance.blocked_until = now + timedelta(seconds=max(wait, named))
    allowance.requests = 0.0


def _is_stubborn(allowance: Allowance, report: AttemptReport) -> bool:
    """Whether a call is refused again and again while others get through: then it is no evidence about the rate."""
    if report.n_before < STUBBORN or allowance.n_refused or allowance.refused_at is None:
        return False
    return _n_passed(allowance, allowance.refused_at) >= BETWEEN


def _passed(allowance: Allowance, report: AttemptReport, now: datetime) -> None:
    second = int(now.timestamp())
    passed = [pair for pair in allowance.passed if pair[0] > second - MEMORY]
    if passed and passed[-1][0] == second:
        passed[-1] = [second, passed[-1][1] + 1]
    else:
        passed.append([second, 1])
    allowance.passed = passed
    if allowance.n_refused and allowance.refused_at and report.sent_at > allowance.refused_at:
        _recover(allowance, now)


def _recover(allowance: Allowance, now: datetime) -> None:
    """The server's limit is what got through from some time before the first refusal until now."""
    refused_at = allowance.first_refused_at or now
    block = (now - refused_at).total_seconds()
    window = min(max(4 * block, 2.0), 60.0)
    since = max(allowance.started_at, refused_at - timedelta(seconds=window))
    seconds = max((now - since).total_seconds(), 1.0)
    n_passed = _n_passed(allowance, since)
    mean = 60 * n_passed / seconds
    least = UNSURE if n_passed < FEW else SLOWEST
    allowance.per_minute = min(max(SHARE * mean, least), allowance.per_minute)
    # After a short block the limit is one of the last seconds; after a long one, of the whole minute.
    allowance.ceiling = max(mean if block > LONG_BLOCK else 60 * n_passed / max(seconds - block, 1.0), SLOWEST)
    allowance.n_refused, allowance.blocked_until = 0, None
    allowance.grown_at = now


def _n_passed(allowance: Allowance, since: datetime) -> int:
    first = int(since.timestamp())
    return sum(n for second, n in allowance.passed if second >= first)


def _grow(allowance: Allowance, limits: RateLimits, now: datetime) -> None:
    """Raise the rate after each second in which the whole allowance was used and got through."""
    seconds = (now - allowance.grown_at).total_seconds()
    a_second = _rate(allowance, limits) / 60
    if seconds < max(1.0, 2 / a_second):
        return
    used = _n_passed(allowance, allowance.grown_at) >= 0.5 * a_second * min(seconds, max(2.0, 2 / a_second))
    allowance.grown_at = now
    if not used or allowance.n_refused:
        return
    allowance.per_minute = _grown(allowance, seconds)
    if limits.requests_per_minute:
        allowance.per_minute = min(allowance.per_minute, limits.requests_per_minute * MARGIN)


def _grown(allowance: Allowance, seconds: float) -> float:
    rate = allowance.per_minute
    if allowance.ceiling is None:
        return rate * (2.0 if rate < FAST else 1.2)
    if rate < 0.9 * allowance.ceiling:
        return rate * 1.1
    return rate + max(CREEP * rate, LEAST_CREEP) * min(seconds, 10.0)


def _read_headers(allowance: Allowance, report: AttemptReport, limits: RateLimits, now: datetime) -> None:
    rate = report.rate
    if rate.requests_limit and not limits.requests_per_minute and not allowance.n_refused and allowance.refused_at is None:
        allowance.per_minute = max(rate.requests_limit * MARGIN, SLOWEST)
        allowance.ceiling = float(rate.requests_limit)
    if rate.requests_remaining == 0 and rate.requests_reset:
        until = now + timedelta(seconds=min(rate.requests_reset, REST))
        allowance.blocked_until = max(allowance.blocked_until or until, until)
    if rate.tokens_limit and not limits.tokens_per_minute:
        allowance.tokens_per_minute = float(rate.tokens_limit)
    if rate.tokens_remaining is not None and allowance.tokens_per_minute:
        held = allowance.tokens_per_minute if allowance.tokens is None else allowance.tokens
        allowance.tokens = min(held, float(rate.tokens_remaining))
