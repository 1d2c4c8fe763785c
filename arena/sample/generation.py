"""Answers the sample prompts with the offline model, seeded, so that the same versions give the same texts again."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

from arena.llm.local import start_server
from arena.sample.content import LocalModelSettings, SampleCompetitor, SamplePrompt, SampleResponse

CONTEXT_TOKENS = 2048

type Message = dict[str, str]


@dataclass(frozen=True)
class LocalCompletion:
    text: str
    finish: str
    tokens_in: int
    tokens_out: int
    latency_ms: int


class LocalModel(Protocol):
    def complete(self, messages: Sequence[Message], settings: LocalModelSettings) -> LocalCompletion: ...


class SmolLM2:
    """SmolLM2-135M-Instruct inside this process, on one thread: a second one only makes it slower."""

    def __init__(self) -> None:
        self._server = start_server(context_tokens=CONTEXT_TOKENS)

    def complete(self, messages: Sequence[Message], settings: LocalModelSettings) -> LocalCompletion:
        reply = self._server.handle_chat_completions(_request(messages, settings))
        if "choices" not in reply:
            raise RuntimeError(f"the offline model gave no answer but {reply!r}")
        return _read_reply(reply)


def build_messages(prompt: SamplePrompt, settings: LocalModelSettings, earlier: Sequence[str] = ()) -> list[Message]:
    """One system message (the competitor's, then the prompt's own), the competitor's example if any, and the questions
    up to the one after the earlier answers, with those between them.
    """
    texts = [settings.system_prompt[prompt.language], prompt.system_prompt]
    system = "\n\n".join(text for text in texts if text)
    turns = [*settings.example.get(prompt.language, ())]
    for question, reply in zip(prompt.turns, earlier, strict=False):
        turns += [question, reply]
    turns.append(prompt.turns[len(earlier)])
    roles = cycle(("user", "assistant"))
    return [
        {"role": "system", "content": system},
        *({"role": role, "content": turn} for role, turn in zip(roles, turns, strict=False)),
    ]


def answer(model: LocalModel, competitor: SampleCompetitor, prompt: SamplePrompt) -> SampleResponse:
    """The competitor's answers turn by turn, untouched; raises ValueError for one that is not generated."""
    if competitor.settings is None:
        raise ValueError(f"the answers of {competitor.name!r} are written; choose a competitor with settings")
    completions: list[LocalCompletion] = []
    for _ in prompt.turns:
        earlier = [completion.text for completion in completions]
        completions.append(model.complete(build_messages(prompt, competitor.settings, earlier), competitor.settings))
    return SampleResponse(
        prompt=prompt.id,
        competitor=competitor.name,
        turns=tuple(completion.text for completion in completions),
        finish=completions[-1].finish,
        tokens_in=sum(completion.tokens_in for completion in completions),
        tokens_out=sum(completion.tokens_out for completion in completions),
        latency_ms=sum(completion.latency_ms for completion in completions),
    )


def answer_all(
    model: LocalModel,
    competitor: SampleCompetitor,
    *,
    prompts: Sequence[SamplePrompt],
    path: Path,
    known: Sequence[SampleResponse] = (),
) -> Iterator[SampleResponse]:
    """Answers what ``known`` leaves open; yields each answer when it is in the file, so that a stop loses one."""
    responses = {response.prompt: response for response in known}
    for prompt in prompts:
        if prompt.id in responses:
            continue
        responses[prompt.id] = answer(model, competitor, prompt)
        write_responses(path, [responses[each.id] for each in prompts if each.id in responses])
        yield responses[prompt.id]


def write_responses(path: Path, responses: Sequence[SampleResponse]) -> None:
    """Replaces the file in one step; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(_without_none(asdict(response)), ensure_ascii=False) for response in responses]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.replace(temporary, path)


def _request(messages: Sequence[Message], settings: LocalModelSettings) -> dict[str, Any]:
    return {
        "messages": list(messages),
        "max_tokens": settings.max_tokens,
        "temperature": settings.temperature,
        "top_k": settings.top_k,
        "top_p": settings.top_p,
        "min_p": settings.min_p,
        "repeat_penalty": settings.repeat_penalty,
        "seed": settings.seed,
        "cache_prompt": False,  # a reused prefix changes the rounding, and with it now and then a word
    }


def _read_reply(reply: dict[str, Any]) -> LocalCompletion:
    choice, usage, timings = reply["choices"][0], reply["usage"], reply["timings"]
    return LocalCompletion(
        text=choice["message"]["content"],
        finish=choice["finish_reason"],
        tokens_in=usage["prompt_tokens"],
        tokens_out=usage["completion_tokens"],
        latency_ms=round(timings["prompt_ms"] + timings["predicted_ms"]),
    )


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
