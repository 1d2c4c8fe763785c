"""Unrequested event streams, put together into the body that they stand for."""

import json
from collections.abc import Iterator

from arena.llm.wires.replies import calls_tool, chosen, dig, text_at

_FIELDS = ("data:", "event:", "id:", "retry:", ":")


def streamed(body: str) -> str | None:
    """
    The body that a stream of events stands for, as JSON; None if it is not a stream.

    Examples
    --------
    >>> streamed('data: {"choices":[{"delta":{"content":"4"}, "finish_reason": "stop"}]}\\n\\ndata: [DONE]')
    '{"choices": [{"finish_reason": "stop", "message": {"content": "4"}}]}'
    >>> streamed('{"choices": []}') is None
    True
    """
    if not body.lstrip().startswith(_FIELDS):
        return None
    events = list(_events(body))
    if not events:
        return None
    for event in events:
        if event.get("error") or event.get("type") == "error":
            return json.dumps(event)
    return json.dumps(_message(events) if any(event.get("type") == "message_start" for event in events) else _choice(events))


def _events(body: str) -> Iterator[dict[str, object]]:
    for line in body.splitlines():
        name, _, data = line.partition(":")
        if name.strip() != "data":
            continue
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _choice(events: list[dict[str, object]]) -> dict[str, object]:
    """Chunks of a chat completion. Without its last chunk the stream has no finish reason."""
    texts: dict[str, list[str]] = {}
    whole: dict[str, object] = {}
    finish: object = None
    role, calls = "", False
    for event in events:
        whole |= {name: event[name] for name in ("id", "model", "usage") if event.get(name)}
        choice = chosen(event)
        if dig(choice, "index") not in {None, 0}:  # one was asked for, and this is another
            continue
        delta = dig(choice, "delta")
        calls |= calls_tool(delta)
        role = text_at(delta, "role") or role
        for name in ("content", "refusal", "reasoning_content", "reasoning"):
            if text := text_at(delta, name):
                texts.setdefault(name, []).append(text)
        finish = dig(choice, "finish_reason") or finish
    message: dict[str, object] = {name: "".join(parts) for name, parts in texts.items()}
    message |= ({"role": role} if role else {}) | ({"tool_calls": [True]} if calls else {})
    return whole | {"choices": [{"finish_reason": finish, "message": message}]}


def _message(events: list[dict[str, object]]) -> dict[str, object]:
    """Events of an Anthropic message."""
    texts: dict[str, list[str]] = {"text": [], "thinking": []}
    whole: dict[str, object] = {}
    usage: dict[str, object] = {}
    tools: list[dict[str, object]] = []
    for event in events:
        start, delta = dig(event, "message"), dig(event, "delta")
        if isinstance(start, dict):
            whole |= {name: start[name] for name in ("id", "model", "role") if name in start}
        for place in (dig(start, "usage"), event.get("usage")):
            usage |= place if isinstance(place, dict) else {}
        if text_at(event, "content_block", "type") == "tool_use":
            tools.append({"type": "tool_use"})
        for name in texts:
            texts[name].append(text_at(delta, name) or text_at(event, "content_block", name))
        if isinstance(delta, dict) and delta.get("stop_reason"):
            whole["stop_reason"] = delta["stop_reason"]
    blocks: list[dict[str, object]] = [{"type": name, name: "".join(parts)} for name, parts in texts.items() if any(parts)]
    return whole | {"content": blocks + tools, "usage": usage}
