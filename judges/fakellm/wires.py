"""Replies as OpenAI's chat completions and Anthropic's messages write them, good ones and the others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arena.llm.pricing import tokens_in_bound
from judges.fakellm.asked import ReceivedRequest
from judges.fakellm.script import Script

HUGE = 8 * 1024 * 1024
_HTML = "<!doctype html><html><body><h1>Sign in</h1></body></html>"
_REFUSAL = "I'm sorry, but I can't help with comparing these answers."
_STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What goes back over HTTP. `body` None: nothing ever; `cut` drops the connection, after so much of the body."""

    status: int = 200
    body: bytes | None = b""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_JSON))
    cut: float | None = None


def answered(script: Script, asked: ReceivedRequest, behaviour: str, text: str, *, number: int, key: str) -> HttpAnswer:
    """The reply to a request under a behaviour; `key` is what the request was signed with."""
    if (error := _ERRORS.get(behaviour)) is not None:
        return failed(asked.wire, *error)
    if behaviour in _WHOLE:
        return _WHOLE[behaviour]
    if behaviour == "echo_key":
        return replace(
            failed(asked.wire, 401, "authentication_error", f"Incorrect API key provided: {key}"),
            headers=_JSON | {"x-request-id": key},
        )
    if behaviour == "stream":
        return _streamed(asked, text)
    content, finish = _content(script, asked, behaviour, text)
    body = json.dumps(_body(script, asked, behaviour, content, finish, number), ensure_ascii=False).encode("utf-8", "replace")
    return HttpAnswer(body=body, cut=0.5 if behaviour == "drop_midway" else None)


def _streamed(asked: ReceivedRequest, text: str) -> HttpAnswer:
    """Events, although none were asked for."""
    half = len(text) // 2
    events: list[dict[str, object]] = []
    if asked.wire == "anthropic":
        start = {"id": "msg_fake", "model": asked.model, "usage": {"input_tokens": 3}}
        events.append({"type": "message_start", "message": start})
        parts = (text[:half], text[half:])
        events.extend({"type": "content_block_delta", "delta": {"type": "text_delta", "text": part}} for part in parts)
        events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}})
    else:
        chunks = [{"delta": {"content": part}, "finish_reason": None} for part in (text[:half], text[half:])]
        events = [
            {"id": "x", "model": asked.model, "choices": [each]} for each in (*chunks, {"delta": {}, "finish_reason": "stop"})
        ]
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode("utf-8", "replace")
    return HttpAnswer(body=body, headers={"content-type": "text/event-stream"})


def failed(wire: str, status: int, kind: str, message: str, parameter: str | None = None) -> HttpAnswer:
    """An error as the provider writes it."""
    if wire == "anthropic":
        body: dict[str, object] = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
    else:
        body = {"error": {"message": message, "type": kind, "param": parameter, "code": kind}}
    return HttpAnswer(status=status, body=json.dumps(body).encode())


def refused(wire: str, parameter: str) -> HttpAnswer:
    """A parameter that the endpoint does not take, or the role of the system, or a schema, or JSON at all."""
    if parameter == "system":
        return failed(wire, 400, "BadRequestError", "System role not supported")
    if parameter in _FORMS:
        message = f"Invalid value: '{parameter}'. Supported values are: {_FORMS[parameter]}."
        return failed(wire, 400, "invalid_value", message, "response_format.type")
    if wire == "anthropic":
        return failed(wire, 400, "invalid_request_error", f"{parameter}: Extra inputs are not permitted")
    return failed(
        wire, 400, "unsupported_parameter", f"Unsupported parameter: '{parameter}' is not supported with this model.", parameter
    )


_FORMS = {"json_schema": "'text' and 'json_object'", "json_object": "'text'"}
_ERRORS = {
    "policy": (400, "content_policy_violation", "Your request was rejected by our content policy."),
    "context_length": (400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
    "unauthorized": (401, "authentication_error", "Incorrect API key provided."),
    "no_such_model": (404, "model_not_found", "The model does not exist or you do not have access to it."),
    "rate_limit": (429, "rate_limit_error", "Rate limit reached."),
    "server_error": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "limit_in_200": (200, "rate_limit_exceeded", "Rate limit reached"),
    "key_as_400": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "no_credit": (429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."),
}
_WHOLE = {
    "html": HttpAnswer(body=_HTML.encode(), headers={"content-type": "text/html; charset=utf-8"}),
    "empty_body": HttpAnswer(body=b""),
    "wrong_json": HttpAnswer(body=b'{"choices": [{"mess'),
    "hang": HttpAnswer(body=None),
    "drop": HttpAnswer(cut=0.0),
    "huge": HttpAnswer(body=b" " * HUGE),
    "redirect": HttpAnswer(status=307, headers={"location": "http://169.254.169.254/latest"}),
}


def _content(script: Script, asked: ReceivedRequest, behaviour: str, text: str) -> tuple[str | None, str]:
    """Text and finish reason."""
    special: dict[str, tuple[str | None, str]] = {
        "null_filtered": (None, "content_filter"),
        "null_content": (None, "stop"),
        "tool_call": (None, "tool_calls"),
        "empty": ("", "stop"),
        "refusal": (_REFUSAL, "stop"),
        "bad_label": ("Both have merits.\n\n[[AB]]", "stop"),
        "two_labels": ("It is [[A]] or [[B]], one might say. I do not know.", "stop"),
    }
    if behaviour in special:
        return special[behaviour]
    if behaviour == "cut" or asked.max_tokens < script.truncate_below:
        return "Answer A explains the steps, while answer B merely asse", "length"
    return text, "stop"


def _body(
    script: Script, asked: ReceivedRequest, behaviour: str, content: str | None, finish: str, number: int
) -> dict[str, object]:
    given, returned = _tokens(script, asked, content)
    reason = script.finish if script.finish and behaviour == "good" else ""
    model = script.model or asked.model
    if asked.wire == "anthropic":
        body: dict[str, object] = {
            "id": f"msg_fake{number}", "type": "message", "role": "assistant", "model": model,
            "content": _blocks(script, content, finish), "stop_reason": reason or _STOPS[finish], "stop_sequence": None,
            "usage": {"input_tokens": given, "output_tokens": returned},
        }  # fmt: skip
    else:
        message = {"role": "assistant", "content": content, "refusal": None} | _tools(finish) | _thought(script, content)
        body = {
            "id": f"chatcmpl-fake{number}", "object": "chat.completion", "created": 0, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": reason or finish, "logprobs": None}],
            "usage": {"prompt_tokens": given, "completion_tokens": returned, "total_tokens": given + returned},
        }  # fmt: skip
    if behaviour == "no_usage":
        del body["usage"]
    if script.usage == "words":
        body["usage"] = "free of charge"
    return _broken(body) if behaviour == "broken_choice" else _without_reason(body, reason)


def _broken(body: dict[str, object]) -> dict[str, object]:
    """An error beside the half of a reply."""
    error = {"code": 502, "message": "the upstream broke off"}
    choices = body.get("choices")
    if not isinstance(choices, list):
        return body | {"type": "error", "error": error}
    return body | {"choices": [choice | {"finish_reason": "error", "error": error} for choice in choices]}


def _without_reason(body: dict[str, object], reason: str) -> dict[str, object]:
    """The body where no reason is to be given."""
    if reason not in {"null", "absent"}:
        return body
    choices = body.get("choices")
    for place in choices if isinstance(choices, list) else [body]:
        name = "finish_reason" if "finish_reason" in place else "stop_reason"
        place[name] = None
        if reason == "absent":
            del place[name]
    return body


def _thought(script: Script, content: str | None) -> dict[str, object]:
    """The message's content with what was thought, as the script has it."""
    if not script.thinking or content is None:
        return {}
    if script.thinking_as == "tags":
        return {"content": f"<think>\n{script.thinking}\n</think>\n\n{content}"}
    if script.thinking_as == "field":
        return {"reasoning_content": script.thinking}
    return {"content": [{"type": "thinking", "text": script.thinking}, {"type": "text", "text": content}]}


def _blocks(script: Script, content: str | None, finish: str) -> list[dict[str, object]] | None:
    if finish == "tool_calls":
        return [{"type": "tool_use", "id": "toolu_fake", "name": "search", "input": {}}]
    if content is None:
        return [] if finish == "content_filter" else None
    if script.thinking and script.thinking_as == "tags":
        content = f"<think>\n{script.thinking}\n</think>\n\n{content}"
    thought: list[dict[str, object]] = [{"type": "thinking", "thinking": script.thinking}] if script.thinking else []
    blocks = thought if script.thinking_as != "tags" else []
    return [*blocks, {"type": "text", "text": content}] if content else blocks


def _tools(finish: str) -> dict[str, object]:
    call = {"id": "call_fake", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    return {"tool_calls": [call]} if finish == "tool_calls" else {}


def _tokens(script: Script, asked: ReceivedRequest, content: str | None) -> tuple[int, int]:
    if not isinstance(script.usage, str):
        return script.usage
    if script.usage == "bound":
        return tokens_in_bound(asked.bound()), asked.max_tokens
    returned = len((content or "").encode("utf-8", "replace")) // 4 + 1
    return tokens_in_bound(asked.bound()) // 4 + 1, min(returned, asked.max_tokens) if asked.max_tokens else returned
