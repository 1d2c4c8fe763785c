"""Limits and waiting times in the headers of a reply."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from arena.llm.wires.messages import RateHeaders

LONGEST_WAIT = 3600.0  # a server that asks for more gets a call an hour
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
# "try again in 7m12.5s", "retry after 24 seconds", "Please retry in 34.07s"
_IN_WORDS = re.compile(
    r"(?:try|retry)(?: again)? (?:in|after) (\d{1,9}(?:\.\d{1,9})?(ms|s|m|h|d)?(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))*)", re.I
)
_AN_EPOCH, _IN_MILLISECONDS = 1e9, 1e11
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def rate_headers(headers: Mapping[str, str], *, now: datetime) -> RateHeaders:
    """OpenAI's `x-ratelimit-limit-requests` and Anthropic's `anthropic-ratelimit-requests-limit`, with their kin."""

    def header(what: str, unit: str) -> str:
        return headers.get(f"x-ratelimit-{what}-{unit}") or headers.get(f"anthropic-ratelimit-{unit}-{what}") or ""

    return RateHeaders(
        requests_limit=_count(header("limit", "requests")), requests_remaining=_count(header("remaining", "requests")),
        requests_reset=_wait(header("reset", "requests"), now), tokens_limit=_count(header("limit", "tokens")),
        tokens_remaining=_count(header("remaining", "tokens")), tokens_reset=_wait(header("reset", "tokens"), now),
    )  # fmt: skip


def retry_after(headers: Mapping[str, str], *, now: datetime, message: str = "") -> float | None:
    """Seconds to wait: from a header or the server's message, else until the limit that is used up is reset."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    wait = _wait(headers.get("retry-after", ""), now)
    if wait is not None:
        return wait
    if (match := _IN_WORDS.search(message)) is not None:
        return _wait("".join(match[1].split()), now) if match[2] else _bounded(float(match[1]))
    if (reset := _wait(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or "", now)) is not None:
        return reset
    rate = rate_headers(headers, now=now)
    used_up = [(rate.requests_remaining, rate.requests_reset), (rate.tokens_remaining, rate.tokens_reset)]
    return max((reset for remaining, reset in used_up if remaining == 0 and reset is not None), default=None)


def _wait(text: str, now: datetime) -> float | None:
    """Seconds from `12`, `1m30.5s`, `20ms`, an ISO time, an HTTP date, or seconds or milliseconds since 1970."""
    text = text.strip()[:64]
    if (number := _number(text)) is not None:
        if number >= _AN_EPOCH:  # a moment, not a wait
            number = number / (1000 if number >= _IN_MILLISECONDS else 1) - now.timestamp()
        return _bounded(number)
    if text and not _PART.sub("", text):
        return _bounded(sum(float(part[1]) * _SECONDS[part[2]] for part in _PART.finditer(text)))
    moment = _moment(text)
    return None if moment is None else _bounded((moment - now).total_seconds())


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):  # the library's own reading of dates is not strict
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,15}(\.\d{1,9})?\s*", text, re.ASCII) else None


def _count(text: str) -> int | None:
    number = _number(text)
    return None if number is None else math.floor(number)


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT)
