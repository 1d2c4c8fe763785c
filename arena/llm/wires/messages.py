"""A request to a language model, and its reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "filtered", "refused", "tool", "paused", "error", "unsaid", "unknown"]
"""How a reply ended; `arena.llm.wires.endings` has the table."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. With a schema the reply is asked for as JSON, its fields in the schema's order."""

    messages: tuple[Message, ...]
    max_tokens: int  # thinking included
    temperature: float | None = None
    seed: int | None = None
    schema: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; cached input counts as input, thinking as output."""

    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The provider's limits in a reply; None where it gives none. Resets are seconds from the reply."""

    requests_limit: int | None = None
    requests_remaining: int | None = None
    requests_reset: float | None = None
    tokens_limit: int | None = None
    tokens_remaining: int | None = None
    tokens_reset: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply that was delivered, whatever its text. `text` is None where the provider kept it back; no thinking is in it."""

    text: str | None
    finish: Finish
    model: str  # as returned
    usage: Usage | None
    raw: str  # the body as received, keys taken out
    request_id: str  # the provider's
    latency_ms: int
    rate: RateHeaders = field(default_factory=RateHeaders)
    parameters: Mapping[str, object] = field(default_factory=dict)  # as sent
    word: str = ""  # the provider's own for how it ended
    thinking: str = ""  # what was thought before the answer: kept apart, and never part of it
    doubt: str = ""  # why its count of tokens was not believed; `usage` is None then


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `refused` names what the endpoint is known to refuse, so it is not sent.

    These are parameters by their name on the wire; `json_schema`, of the forms of a `response_format`; and `system`, the role.
    """

    wire: Literal["openai", "anthropic"]
    base_url: str
    model: str
    key_name: str = ""  # AGON_KEY_...; empty: no key is sent
    timeout: float = 120.0  # seconds for the whole call
    refused: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()  # host:port that may be private or without TLS
