"""What a request asks, the same for both wires: its texts, its slots, and keys that leave the fence out."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.llm.wires.messages import Message, Request
from judges.safeguards.delimiters import read_back

_ANNOUNCED = re.compile(r"\b[0-9a-f]{16,64}\b")
LABEL = re.compile(r"\[\[[^\[\]\n]{1,24}\]\]")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request, taken apart."""

    wire: str
    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    schema: Mapping[str, Any] | None
    parameters: frozenset[str]  # names on the wire
    seed: object
    fence: str  # empty where none is announced
    slots: Mapping[str, str]

    @property
    def text(self) -> str:
        return "\n".join(message.content for message in self.messages)

    def answers(self) -> list[str]:
        """Texts of the answers in the order of their slots, the turns of one joined."""
        joined: dict[str, list[str]] = {}
        for name, text in sorted(self.slots.items()):
            if name.startswith("answer"):
                joined.setdefault(name.split(" ")[0], []).append(text)
        return ["\n".join(texts) for _, texts in sorted(joined.items())]

    def content_key(self) -> str:
        return content_key(self.slots or {"text": self.text})

    def bound(self) -> Request:
        return Request(self.messages, self.max_tokens, schema=self.schema)

    @property
    def instructions(self) -> str:
        """The messages without what stands between the announced fences."""
        block = rf"<<<{self.fence} begin ([^>\n]*)>>>\n.*?\n<<<{self.fence} end \1>>>"
        return re.sub(block, " ", self.text, flags=re.DOTALL) if self.fence else self.text

    def last_label(self, *, outside_fence: bool, ignore: tuple[str, ...] = ()) -> str:
        """The last label in the messages, once the operator's own words that are to be ignored are cut out."""
        text = self.instructions if outside_fence else self.text
        for words in ignore:
            text = text.replace(words, " ")
        return next(reversed(LABEL.findall(text)), "")


def content_key(slots: Mapping[str, str]) -> str:
    """
    What a stored reply is found by: the texts between the fences, by the names of their slots.

    Examples
    --------
    >>> content_key({"answer_1": "x", "answer_2": "y"}) == content_key({"answer_2": "y", "answer_1": "x"})
    True
    """
    written = json.dumps(dict(slots), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def asked_on_openai(body: Mapping[str, Any]) -> ReceivedRequest:
    messages = tuple(Message(turn["role"], _plain(turn["content"])) for turn in body["messages"])
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    return _asked("openai", body, messages, limit, schema)


def asked_on_anthropic(body: Mapping[str, Any]) -> ReceivedRequest:
    system = (Message("system", _plain(body["system"])),) if body.get("system") else ()
    messages = system + tuple(Message(turn["role"], _plain(turn["content"])) for turn in body["messages"])
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    return _asked("anthropic", body, messages, body["max_tokens"], schema)


def _asked(
    wire: str, body: Mapping[str, Any], messages: tuple[Message, ...], max_tokens: int, schema: Mapping[str, Any] | None
) -> ReceivedRequest:
    system = "\n".join(message.content for message in messages if message.role == "system")
    announcing = system or messages[0].content  # a server without a system role has it in the first turn
    fence = next((word for word in reversed(_ANNOUNCED.findall(announcing)) if f"<<<{word} " in messages[-1].content), "")
    return ReceivedRequest(
        wire=wire, model=str(body["model"]), messages=messages, max_tokens=max_tokens, schema=schema,
        parameters=frozenset(body) - {"messages", "model", "system"} | _refusable(body, has_system=bool(system)),
        seed=body.get("seed"), fence=fence,
        slots=_slots(messages, fence),
    )  # fmt: skip


def _refusable(body: Mapping[str, Any], *, has_system: bool) -> set[str]:
    """What a server may refuse that is no parameter of its own."""
    form = (body.get("response_format") or {}).get("type")
    return ({"system"} if has_system else set()) | ({str(form)} & {"json_schema", "json_object"})


def _slots(messages: tuple[Message, ...], fence: str) -> Mapping[str, str]:
    if not fence:
        return {}
    return read_back([message for message in messages if message.role != "system"], fence)


def _plain(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content)
