"""One allowance for all workers per address and key: it takes reports on replies, and grants what may be sent.

How fast that is, and what a refusal changes, is decided in `adaptive_rate`; here it is shared and stored.
"""

import random
from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.db.models import F

from arena.models import Allowance, Attempt, Endpoint
from arena.runs.pacing import adaptive_rate
from arena.runs.pacing.adaptive_rate import AttemptReport

TRIES = 20
_rng = random.SystemRandom()

type Address = tuple[str, str]  # base URL, key name


class AllowanceTaken(RuntimeError):
    """Other workers changed the allowance between every reading and writing of it."""


def address_of(endpoint: Endpoint) -> Address:
    return endpoint.base_url, endpoint.key_name


def exchange(
    endpoint: Endpoint, reports: Sequence[AttemptReport], tokens: Sequence[int], *, now: datetime
) -> tuple[int, Allowance]:
    """Report replies and take the allowance for calls of so many tokens each; returns for how many it sufficed.

    Written only if the version is unchanged, so two workers never take the same allowance.
    """
    limits = adaptive_rate.limits_of(endpoint)
    for _ in range(TRIES):
        allowance = _allowance(endpoint, now)
        adaptive_rate.learn(allowance, reports, limits, now=now, rng=_rng)
        n_open = _n_open(endpoint) if limits.max_concurrency is not None and tokens else 0
        granted = adaptive_rate.grant(allowance, tokens, limits, now=now, n_open=n_open)
        if _written(allowance):
            return granted, allowance
    raise AllowanceTaken(f"the allowance of {endpoint.base_url} was changed by others {TRIES} times in a row")


def most(allowance: Allowance, endpoint: Endpoint, wanted: int, *, now: datetime) -> int:
    """How many calls would be granted now, as far as is known; takes nothing."""
    seen = copy(allowance)
    return adaptive_rate.grant(seen, [0] * wanted, adaptive_rate.limits_of(endpoint), now=now)


def known(endpoint: Endpoint, *, now: datetime) -> Allowance:
    """As it stands, for a look; made where it is new."""
    base_url, key_name = address_of(endpoint)
    row = Allowance.objects.filter(base_url=base_url, key_name=key_name).first()
    return row or _new(endpoint, now)


def _allowance(endpoint: Endpoint, now: datetime) -> Allowance:
    base_url, key_name = address_of(endpoint)
    rows = Allowance.objects.select_for_update().filter(base_url=base_url, key_name=key_name)
    row = rows.first()
    if row is None:
        Allowance.objects.bulk_create([_new(endpoint, now)], ignore_conflicts=True)
        row = rows.get()
    return row


def _new(endpoint: Endpoint, now: datetime) -> Allowance:
    return adaptive_rate.new_allowance(*address_of(endpoint), adaptive_rate.limits_of(endpoint), now)


def _n_open(endpoint: Endpoint) -> int:
    base_url, key_name = address_of(endpoint)
    open_ones = Attempt.objects.filter(state=Attempt.State.OPEN)
    return open_ones.filter(endpoint__base_url=base_url, endpoint__key_name=key_name).count()


def _written(allowance: Allowance) -> bool:
    changes = {name: getattr(allowance, name) for name in _CHANGING}
    as_read = Allowance.objects.filter(pk=allowance.pk, version=allowance.version)
    return bool(as_read.update(version=F("version") + 1, **changes))


_CHANGING = (
    "per_minute", "ceiling", "requests", "tokens_per_minute", "tokens", "filled_at", "started_at", "grown_at", "passed",
    "blocked_until", "n_refused", "first_refused_at", "refused_at",
)  # fmt: skip
