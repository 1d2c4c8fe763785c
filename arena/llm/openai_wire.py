"""Chat completions, as the official `openai` client sends them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arena.llm.messages import Finish, Request, Target, Usage
from arena.llm.replies import NoCompletion, Reply, dig, text_at, tokens

if TYPE_CHECKING:
    import httpx2
    import openai

PARAMETERS = ("max_completion_tokens", "max_tokens", "temperature", "seed", "response_format")
_FINISHES: dict[str, Finish] = {"stop": "stop", "length": "length", "content_filter": "filtered"}


def client(base_url: str, http: "httpx2.Client", key: str) -> "openai.OpenAI":
    import openai  # here, because it takes a second

    # An empty organization is not None: the variables of the environment are not read.
    return openai.OpenAI(  # nosec B106
        api_key=key, admin_api_key="", organization="", project="", webhook_secret="", base_url=base_url, http_client=http,
        max_retries=0, timeout=http.timeout,
    )  # fmt: skip


def errors() -> type[Exception]:
    import openai

    return openai.OpenAIError


def secret(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def arguments(target: Target, request: Request) -> dict[str, Any]:
    """What is sent, without what the endpoint is known to refuse."""
    limit = "max_completion_tokens" if "max_tokens" in target.refused else "max_tokens"
    wanted: dict[str, Any] = {limit: request.max_tokens, "temperature": request.temperature, "seed": request.seed}
    if request.schema is not None:
        named = {"name": "reply", "strict": True, "schema": dict(request.schema)}
        wanted["response_format"] = {"type": "json_schema", "json_schema": named}
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    kept = {
        name: value for name, value in wanted.items() if value is not None and (name == limit or name not in target.refused)
    }
    return {"model": target.model, "messages": messages, **kept}


def send(sdk: "openai.OpenAI", arguments: Mapping[str, Any], headers: Mapping[str, str]) -> "httpx2.Response":
    return sdk.chat.completions.with_raw_response.create(**arguments, extra_headers=dict(headers)).http_response


def read(body: dict[str, object]) -> Reply:
    usage, message = usage_in(body), dig(body, "choices", 0, "message")
    said = text_at(body, "choices", 0, "finish_reason")
    finish = "refused" if text_at(message, "refusal") else _FINISHES.get(said, "other")
    text = _text(dig(message, "content"))
    if not isinstance(message, dict):
        raise NoCompletion("the body holds no message", usage)
    if text is None and dig(message, "tool_calls"):
        raise NoCompletion("the model called a tool, though none was offered", usage)
    if text is None and finish not in {"filtered", "refused", "length"}:
        raise NoCompletion("the message has no content", usage)
    return Reply(text=text, finish=finish, model=text_at(body, "model"), usage=usage, request_id=text_at(body, "id"))


def usage_in(body: object) -> Usage | None:
    given, returned = tokens(dig(body, "usage", "prompt_tokens")), tokens(dig(body, "usage", "completion_tokens"))
    if given is None or returned is None:
        return None
    total = tokens(dig(body, "usage", "total_tokens")) or 0  # some servers leave thinking out of the completion's count
    return Usage(given, max(returned, total - given))


def _text(content: object) -> str | None:
    """Some servers send a list of parts."""
    if isinstance(content, list):
        return "".join(text_at(part, "text") for part in content) if content else None
    return content if isinstance(content, str) else None
