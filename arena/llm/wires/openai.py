"""Chat completions, as the official `openai` client sends them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena.llm.wires.endings import ending_of, word_of
from arena.llm.wires.messages import Message, Request, Target, Usage
from arena.llm.wires.replies import (
    CALLED_A_TOOL,
    NoCompletion,
    WireReply,
    calls_tool,
    check_role,
    chosen,
    dig,
    is_thinking,
    refuses,
    text_at,
    text_of,
    thinking_of,
)
from arena.llm.wires.usage import usage_in

if TYPE_CHECKING:
    import httpx2
    import openai

PARAMETERS = ("max_completion_tokens", "max_tokens", "temperature", "seed", "response_format")
_KEPT_BACK = {"filtered", "refused", "length"}
_THINKING = ("reasoning_content", "reasoning", "thinking", "reasoning_details")


def client(base_url: str, http: "httpx2.Client", key: str) -> "openai.OpenAI":
    import openai  # here, because it takes a second

    # An empty organization is not None: the variables of the environment are not read.
    return openai.OpenAI(  # empty, so no secret  # nosec B106
        api_key=key, admin_api_key="", organization="", project="", webhook_secret="", base_url=base_url, http_client=http,
        max_retries=0, timeout=http.timeout,
    )  # fmt: skip


def load() -> None:
    """Import all of it: otherwise it imports parts at first use, in the middle of a call."""
    import openai.lib.streaming.chat
    import openai.resources.chat.completions  # noqa: F401


def errors() -> type[Exception]:
    import openai

    return openai.OpenAIError


def secret(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def arguments(target: Target, request: Request) -> dict[str, Any]:
    """The body to send, without what the endpoint is known to refuse."""
    limit = "max_completion_tokens" if "max_tokens" in target.refused else "max_tokens"
    wanted: dict[str, Any] = {limit: request.max_tokens, "temperature": request.temperature, "seed": request.seed}
    if request.schema is not None:
        wanted["response_format"] = _format(request.schema, target.refused)
    spoken = with_system_in_turn(request.messages) if "system" in target.refused else request.messages
    messages = [{"role": message.role, "content": message.content} for message in spoken]
    kept = {
        name: value for name, value in wanted.items() if value is not None and (name == limit or name not in target.refused)
    }
    return {"model": target.model, "messages": messages, **kept}


def with_system_in_turn(messages: Sequence[Message]) -> tuple[Message, ...]:
    """
    The system's text at the head of the first turn, for servers whose templates know no system.

    Examples
    --------
    >>> with_system_in_turn([Message("system", "Be short."), Message("user", "2+2?")])
    (Message(role='user', content='Be short.\\n\\n2+2?'),)
    """
    system = [message.content for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    if not system:
        return tuple(turns)
    if not turns or turns[0].role != "user":
        return (Message("user", "\n\n".join(system)), *turns)
    return (Message("user", "\n\n".join([*system, turns[0].content])), *turns[1:])


def send(sdk: "openai.OpenAI", arguments: Mapping[str, Any], headers: Mapping[str, str]) -> "httpx2.Response":
    return sdk.chat.completions.with_raw_response.create(**arguments, extra_headers=dict(headers)).http_response


def read(body: dict[str, object]) -> WireReply:
    choice = chosen(body)
    message, finish_reason = dig(choice, "message"), dig(choice, "finish_reason")
    text, usage = text_of(dig(message, "content")), usage_in(body)
    finish = "refused" if refuses(message) else ending_of(finish_reason)
    if not isinstance(message, dict):
        if text_at(body, "promptFeedback", "blockReason") or text_at(body, "prompt_feedback", "block_reason"):
            return _reply(body, None, "filtered", finish_reason, "", usage)
        raise NoCompletion("the body holds no message", usage)
    check_role(message, usage)
    if calls_tool(message):
        raise NoCompletion(CALLED_A_TOOL, usage)
    thinking = _thinking(message)
    if text is None and thinking:
        text = ""  # all of it was thinking
    if text is None and finish not in _KEPT_BACK:
        raise NoCompletion("the message has no content", usage)
    return _reply(body, text, finish, finish_reason, thinking, usage)


def _reply(body: object, text: str | None, finish: Any, finish_reason: object, thinking: str, usage: Usage | None) -> WireReply:
    return WireReply(
        text=text, finish=finish, word=word_of(finish_reason), thinking=thinking, model=text_at(body, "model"), usage=usage,
        request_id=text_at(body, "id"),
    )  # fmt: skip


def _thinking(message: object) -> str:
    """Parts that are no text, and the first of the fields in which servers repeat themselves."""
    content = dig(message, "content")
    parts = [part for part in content if is_thinking(part)] if isinstance(content, list) else []
    fields = (thinking_of(dig(message, name)) for name in _THINKING)
    return "\n".join(filter(None, (thinking_of(parts), next(filter(None, fields), ""))))


def _format(schema: Mapping[str, object], refused: frozenset[str]) -> dict[str, Any]:
    """JSON by the schema; any JSON where the endpoint takes no schema: the request describes the form in words."""
    if "json_schema" in refused:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)}}
