from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.llm.rate_headers import LONGEST_WAIT, rate_headers, retry_after
from arena.llm.wires.messages import RateHeaders

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "300", "retry-after": "2"}, 0.3),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "99999999"}, LONGEST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1m2.5s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-11-22T12:00:07Z"}, 7.0),
    ],
)
def test_how_long_a_server_asks_to_wait(headers, seconds):
    assert retry_after(headers, now=NOW) == pytest.approx(seconds)


def test_limits_of_both_providers_are_read():
    openai = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499", "x-ratelimit-limit-tokens": "30000"}
    anthropic = {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-tokens-remaining": "79000"}
    assert rate_headers(openai, now=NOW) == RateHeaders(requests_limit=500, requests_remaining=499, tokens_limit=30000)
    assert rate_headers(anthropic, now=NOW) == RateHeaders(requests_limit=50, tokens_remaining=79000)


@given(st.text(max_size=80))
def test_no_header_is_too_odd(said):
    wait = retry_after({"retry-after": said, "retry-after-ms": said, "x-ratelimit-reset-requests": said}, now=NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT
