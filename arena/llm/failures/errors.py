"""Why a call gave no completion, and what the failure is final for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from arena.llm.wires.messages import RateHeaders, Usage


class Kind(StrEnum):
    """What a failure is final for: nothing, this one call, or all calls to the endpoint."""

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
    NO_COMPLETION = "no_completion"  # JSON with an HTTP success status, but not a model's reply
    NO_MODEL = "no_model"  # an HTTP success from something that is not a model's server: a web page, or nothing
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
    lesson: str = field(default="", kw_only=True)  # what to leave out from now on: the parameter, or one form of it
    raw: str = field(default="", kw_only=True)
    usage: Usage | None = field(default=None, kw_only=True)  # of a reply that was paid for all the same
    doubt: str = field(default="", kw_only=True)  # why its count of tokens was not believed; `usage` is None then
    was_sent: bool = field(default=True, kw_only=True)  # False: certainly nothing reached the server
    was_refused: bool = field(default=False, kw_only=True)  # the server refused to reply: it costs nothing
    rate: RateHeaders = field(default_factory=RateHeaders, kw_only=True)
    request_id: str = field(default="", kw_only=True)
    latency_ms: int = field(default=0, kw_only=True)
    parameters: Mapping[str, object] = field(default_factory=dict, kw_only=True)

    def __str__(self) -> str:
        return self.reason


def never_sent(reason: str, *, cause: Cause) -> LLMError:
    """A call that the endpoint's own settings forbid."""
    return LLMError(reason, kind=Kind.ENDPOINT, cause=cause, was_sent=False)
