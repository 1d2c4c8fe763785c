"""A limit that nobody told is found, by a clock of the test's own: many servers, no waiting."""

import random
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest

from arena.runs.pacing import adaptive_rate

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TICK, LATENCY, WINDOW, MOST_UNDER_WAY = 0.05, 0.05, 60.0, 160


def ask(n_calls: int, *, a_minute: int, seed: int) -> tuple[float, int]:
    """Seconds until a server with a sliding window has answered all of them, and how many it refused on the way."""
    rng, limits, clock = random.Random(seed), adaptive_rate.RateLimits(), 0.0
    allowance = adaptive_rate.new_allowance("http://model", "", limits, BEGIN)
    window, under_way = deque[float](), deque[tuple[float, datetime, bool]]()
    n_waiting, n_done, n_refused = n_calls, 0, 0
    while n_done < n_calls:
        now, reports = BEGIN + timedelta(seconds=clock), []
        while under_way and under_way[0][0] <= clock:
            _, sent_at, is_answered = under_way.popleft()
            reports.append(
                adaptive_rate.AttemptReport(sent_at, is_refused=not is_answered, retry_after=None if is_answered else 1.0)
            )
            n_done, n_refused, n_waiting = n_done + is_answered, n_refused + (not is_answered), n_waiting + (not is_answered)
        adaptive_rate.learn(allowance, reports, limits, now=now, rng=rng)
        wanted = [0] * min(n_waiting, MOST_UNDER_WAY - len(under_way))
        for _ in range(adaptive_rate.grant(allowance, wanted, limits, now=now)):
            while window and window[0] <= clock - WINDOW:
                window.popleft()
            is_answered = len(window) < a_minute
            if is_answered:
                window.append(clock)
            under_way.append((clock + LATENCY, now, is_answered))
            n_waiting -= 1
        clock += TICK
    return clock, n_refused


@pytest.mark.parametrize("a_minute", [60, 300, 1_000])
def test_two_minutes_worth_of_calls_take_two_minutes_and_few_are_refused(a_minute):
    for seed in range(5):
        seconds, n_refused = ask(2 * a_minute, a_minute=a_minute, seed=seed)
        assert seconds < 128, seed
        assert n_refused <= max(0.05 * 2 * a_minute, 16), seed
