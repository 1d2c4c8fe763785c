"""What a reply's headers say about limits and waiting."""

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

    def said(what: str, unit: str) -> str:
        return headers.get(f"x-ratelimit-{what}-{unit}") or headers.get(f"anthropic-ratelimit-{unit}-{what}") or ""

    return RateHeaders(
        requests_limit=_count(said("limit", "requests")), requests_remaining=_count(said("remaining", "requests")),
        requests_reset=_wait(said("reset", "requests"), now), tokens_limit=_count(said("limit", "tokens")),
        tokens_remaining=_count(said("remaining", "tokens")), tokens_reset=_wait(said("reset", "tokens"), now),
    )  # fmt: skip


def retry_after(headers: Mapping[str, str], *, now: datetime, said: str = "") -> float | None:
    """Seconds to wait: as the server says in a header or in words, else until the limit that is used up is reset."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    wait = _wait(headers.get("retry-after", ""), now)
    if wait is not None:
        return wait
    if (found := _IN_WORDS.search(said)) is not None:
        return _wait("".join(found[1].split()), now) if found[2] else _bounded(float(found[1]))
    if (reset := _wait(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or "", now)) is not None:
        return reset
    rate = rate_headers(headers, now=now)
    used_up = [(rate.requests_remaining, rate.requests_reset), (rate.tokens_remaining, rate.tokens_reset)]
    return max((reset for remaining, reset in used_up if remaining == 0 and reset is not None), default=None)


def _wait(said: str, now: datetime) -> float | None:
    """Seconds from `12`, `1m30.5s`, `20ms`, an ISO time, an HTTP date, or seconds or milliseconds since 1970."""
    said = said.strip()[:64]
    if (number := _number(said)) is not None:
        if number >= _AN_EPOCH:  # a moment, not a wait
            number = number / (1000 if number >= _IN_MILLISECONDS else 1) - now.timestamp()
        return _bounded(number)
    if said and not _PART.sub("", said):
        return _bounded(sum(float(part[1]) * _SECONDS[part[2]] for part in _PART.finditer(said)))
    moment = _moment(said)
    return None if moment is None else _bounded((moment - now).total_seconds())


def _moment(said: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(said)
        except (ValueError, TypeError, IndexError, OverflowError):  # the library's own reading of dates is not strict
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _number(said: str) -> float | None:
    return float(said) if re.fullmatch(r"\s*\d{1,15}(\.\d{1,9})?\s*", said, re.ASCII) else None


def _count(said: str) -> int | None:
    number = _number(said)
    return None if number is None else math.floor(number)


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT)
