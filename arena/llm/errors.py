"""Why a call gave no completion, and for whom that is final."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from arena.llm.messages import RateHeaders, Usage


class Kind(StrEnum):
    """Whom a failure is final for: nobody, the one game, or all that is asked of the endpoint."""

    TEMPORARY = "temporary"
    GAME = "game"
    ENDPOINT = "endpoint"


class Cause(StrEnum):
    RATE_LIMIT = "rate_limit"
    SERVER = "server"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"
    POLICY = "policy"
    CONTEXT_LENGTH = "context_length"
    NO_COMPLETION = "no_completion"  # a success in HTTP, but not a reply of a model
    BAD_REQUEST = "bad_request"
    KEY = "key"
    MODEL = "model"
    CREDIT = "credit"
    PARAMETER = "parameter"
    ADDRESS = "address"


@dataclass(eq=False)
class LLMError(Exception):
    """A call that gave no completion. `reason` is for people; no field holds a key."""

    reason: str
    kind: Kind = field(kw_only=True)
    cause: Cause = field(kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)  # seconds
    refused_parameter: str | None = field(default=None, kw_only=True)  # its name on the wire
    raw: str = field(default="", kw_only=True)
    usage: Usage | None = field(default=None, kw_only=True)  # of a reply that was paid for all the same
    was_sent: bool = field(default=True, kw_only=True)  # False: certainly nothing reached the server
    rate: RateHeaders = field(default_factory=RateHeaders, kw_only=True)
    request_id: str = field(default="", kw_only=True)
    latency_ms: int = field(default=0, kw_only=True)
    parameters: Mapping[str, object] = field(default_factory=dict, kw_only=True)

    def __str__(self) -> str:
        return self.reason


def never_sent(reason: str, *, cause: Cause) -> LLMError:
    """A call that the endpoint's own settings forbid."""
    return LLMError(reason, kind=Kind.ENDPOINT, cause=cause, was_sent=False)
