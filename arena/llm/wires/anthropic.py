"""Messages, as the official `anthropic` client sends them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arena.llm.wires.endings import ending_of, word_of
from arena.llm.wires.messages import Request, Target
from arena.llm.wires.openai import with_system_in_turn
from arena.llm.wires.replies import (
    CALLED_A_TOOL,
    NoCompletion,
    WireReply,
    check_role,
    dig,
    is_thinking,
    refuses,
    text_at,
    text_of,
    thinking_of,
)
from arena.llm.wires.usage import usage_in

if TYPE_CHECKING:
    import anthropic
    import httpx2

PARAMETERS = ("max_tokens", "temperature", "output_config")


def client(base_url: str, http: "httpx2.Client", key: str) -> "anthropic.Anthropic":
    import anthropic  # here, because it takes seconds

    root = base_url.rstrip("/").removesuffix("/v1")  # the client adds it
    # Traces hold requests and replies, and the environment could turn them on.
    return anthropic.Anthropic(
        api_key=key, webhook_key="", base_url=root, http_client=http, max_retries=0, timeout=http.timeout, open_telemetry=False
    )


def load() -> None:
    """Import all of it: otherwise it imports parts at first use, in the middle of a call."""
    import anthropic.resources.messages  # noqa: F401


def errors() -> type[Exception]:
    import anthropic

    return anthropic.AnthropicError


def secret(key: str) -> dict[str, str]:
    return {"x-api-key": key} if key else {}


def arguments(target: Target, request: Request) -> dict[str, Any]:
    """The body to send, without what the endpoint is known to refuse. This wire has no seed."""
    spoken = with_system_in_turn(request.messages) if "system" in target.refused else request.messages
    system = "\n\n".join(message.content for message in spoken if message.role == "system")
    turns = [{"role": m.role, "content": m.content} for m in spoken if m.role != "system"]
    wanted: dict[str, Any] = {"temperature": request.temperature}
    if request.schema is not None:
        wanted["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
    kept = {name: value for name, value in wanted.items() if value is not None and name not in target.refused}
    with_system = {"system": system} if system else {}
    return {"model": target.model, "max_tokens": request.max_tokens, **with_system, "messages": turns, **kept}


def send(sdk: "anthropic.Anthropic", arguments: Mapping[str, Any], headers: Mapping[str, str]) -> "httpx2.Response":
    # The client no longer has a temperature argument, but some models and servers still take it.
    # The deadline is passed per call, or the client would refuse a large max_tokens without streaming.
    named = {name: value for name, value in arguments.items() if name != "temperature"}
    body = {name: value for name, value in arguments.items() if name == "temperature"}
    create = sdk.messages.with_raw_response.create
    raw = create(**named, extra_headers=dict(headers), extra_body=body, timeout=sdk.timeout)
    return raw.http_response


def read(body: dict[str, object]) -> WireReply:
    usage, content, stop_reason = usage_in(body), dig(body, "content"), dig(body, "stop_reason")
    finish = "refused" if refuses(body) else ending_of(stop_reason)
    if not isinstance(content, list):
        raise NoCompletion("the message has no content", usage)
    text = text_of([block for block in content if isinstance(block, dict) and block.get("type") == "text"]) or ""
    check_role(body, usage)
    if (not text and finish == "tool") or any(dig(block, "type") == "tool_use" for block in content):
        raise NoCompletion(CALLED_A_TOOL, usage)
    kept_back = finish == "refused" and not text
    return WireReply(
        text=None if kept_back else text, finish=finish, word=word_of(stop_reason),
        thinking=thinking_of([block for block in content if is_thinking(block)]), model=text_at(body, "model"), usage=usage,
        request_id=text_at(body, "id"),
    )  # fmt: skip
