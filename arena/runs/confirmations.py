"""An estimate that was shown to a user, signed: the run that it starts costs no more than the user saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core import signing

from arena.models import Arena
from arena.runs.planning import Draft, Estimate

SECONDS_TO_CONFIRM = 3600


class NotConfirmed(ValueError):
    """The text was signed for another user, is too old, or was changed."""


@dataclass(frozen=True)
class Confirmation:
    """The choices, as JSON values, and their estimated cost."""

    arena: int
    kind: str
    choices: Mapping[str, Any]
    estimate: Estimate

    def covers(self, draft: Draft[Any]) -> bool:
        """Whether the plan, drawn up once more, costs no more than the estimate that was shown."""
        return draft.estimate.n_calls <= self.estimate.n_calls and draft.estimate.cost <= self.estimate.cost


def signed(arena: Arena, user: User, kind: str, choices: Mapping[str, Any], draft: Draft[Any]) -> str:
    """A text that the same user sends back within the hour to start the run; nothing is stored."""
    estimate = {"n_calls": draft.estimate.n_calls, "cost": draft.estimate.cost}
    parts = {"choices": dict(choices), "estimate": estimate, "arena": arena.pk, "user": user.pk, "kind": kind}
    return signing.dumps(parts, salt="arena.runs.confirmations", compress=True)


def read(text: str, user: User) -> Confirmation:
    """Raises NotConfirmed."""
    try:
        parts = signing.loads(text, salt="arena.runs.confirmations", max_age=SECONDS_TO_CONFIRM)
    except signing.BadSignature:
        raise NotConfirmed from None
    if parts["user"] != user.pk:
        raise NotConfirmed
    return Confirmation(parts["arena"], parts["kind"], parts["choices"], Estimate(**parts["estimate"]))
