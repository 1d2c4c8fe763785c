"""Messages, as the official `anthropic` client sends them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arena.llm.messages import Finish, Request, Target, Usage
from arena.llm.replies import NoCompletion, Reply, dig, text_at, tokens

if TYPE_CHECKING:
    import anthropic
    import httpx2

PARAMETERS = ("max_tokens", "temperature", "output_config")
_FINISHES: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}


def client(base_url: str, http: "httpx2.Client", key: str) -> "anthropic.Anthropic":
    import anthropic  # here, because it takes seconds

    root = base_url.rstrip("/").removesuffix("/v1")  # the client adds it
    # Traces hold requests and replies, and the environment could turn them on.
    return anthropic.Anthropic(
        api_key=key, webhook_key="", base_url=root, http_client=http, max_retries=0, timeout=http.timeout, open_telemetry=False
    )


def errors() -> type[Exception]:
    import anthropic

    return anthropic.AnthropicError


def secret(key: str) -> dict[str, str]:
    return {"x-api-key": key} if key else {}


def arguments(target: Target, request: Request) -> dict[str, Any]:
    """What is sent, without what the endpoint is known to refuse. This wire knows no seed."""
    system = "\n\n".join(message.content for message in request.messages if message.role == "system")
    turns = [{"role": m.role, "content": m.content} for m in request.messages if m.role != "system"]
    wanted: dict[str, Any] = {"temperature": request.temperature}
    if request.schema is not None:
        wanted["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
    kept = {name: value for name, value in wanted.items() if value is not None and name not in target.refused}
    said = {"system": system} if system else {}
    return {"model": target.model, "max_tokens": request.max_tokens, **said, "messages": turns, **kept}


def send(sdk: "anthropic.Anthropic", arguments: Mapping[str, Any], headers: Mapping[str, str]) -> "httpx2.Response":
    # The client has no name for the temperature any more, but models and servers that take it are still about.
    # The deadline is given a call, or the client would refuse a large max_tokens without streaming.
    named = {name: value for name, value in arguments.items() if name != "temperature"}
    body = {name: value for name, value in arguments.items() if name == "temperature"}
    create = sdk.messages.with_raw_response.create
    raw = create(**named, extra_headers=dict(headers), extra_body=body, timeout=sdk.timeout)
    return raw.http_response


def read(body: dict[str, object]) -> Reply:
    usage, content = usage_in(body), body.get("content")
    said = text_at(body, "stop_reason")
    finish = _FINISHES.get(said, "other")
    if not isinstance(content, list):
        raise NoCompletion("the message has no content", usage)
    text = "".join(text_at(block, "text") for block in content if dig(block, "type") == "text")
    if not text and (said == "tool_use" or any(dig(block, "type") == "tool_use" for block in content)):
        raise NoCompletion("the model called a tool, though none was offered", usage)
    kept_back = finish == "refused" and not text
    return Reply(
        text=None if kept_back else text,
        finish=finish,
        model=text_at(body, "model"),
        usage=usage,
        request_id=text_at(body, "id"),
    )


def usage_in(body: object) -> Usage | None:
    given, returned = tokens(dig(body, "usage", "input_tokens")), tokens(dig(body, "usage", "output_tokens"))
    if given is None or returned is None:
        return None
    cached = (dig(body, "usage", f"cache_{what}_input_tokens") for what in ("creation", "read"))
    return Usage(given + sum(tokens(count) or 0 for count in cached), returned)
