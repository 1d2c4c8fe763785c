"""An estimate that was told to somebody, signed: what is started by it is no dearer than was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core import signing

from arena.models import Arena
from arena.runs.planning import Draft, Estimate

SECONDS_TO_CONFIRM = 3600


class NotConfirmed(ValueError):
    """What was signed is another's, another arena's, or too old."""


@dataclass(frozen=True)
class Confirmation:
    """What was chosen, in words that fit into JSON, and what it came to."""

    arena: int
    kind: str
    said: Mapping[str, Any]
    told: Estimate

    def covers(self, draft: Draft[Any]) -> bool:
        """Whether the plan, drawn up once more, costs no more than was told."""
        return draft.estimate.n_calls <= self.told.n_calls and draft.estimate.cost <= self.told.cost


def signed(arena: Arena, user: User, kind: str, said: Mapping[str, Any], draft: Draft[Any]) -> str:
    """To be sent back by the same user within the hour; nothing is kept of it here."""
    told = {"n_calls": draft.estimate.n_calls, "cost": draft.estimate.cost}
    parts = {"said": dict(said), "told": told, "arena": arena.pk, "user": user.pk, "kind": kind}
    return signing.dumps(parts, salt="arena.runs.confirmations", compress=True)


def read(text: str, user: User) -> Confirmation:
    """Raises NotConfirmed."""
    try:
        parts = signing.loads(text, salt="arena.runs.confirmations", max_age=SECONDS_TO_CONFIRM)
    except signing.BadSignature:
        raise NotConfirmed from None
    if parts["user"] != user.pk:
        raise NotConfirmed
    told = Estimate(n_calls=parts["told"]["n_calls"], cost=parts["told"]["cost"])
    return Confirmation(parts["arena"], parts["kind"], parts["said"], told)
