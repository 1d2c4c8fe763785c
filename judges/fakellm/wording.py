"""A judgement in the form that the request asks for: labels of its protocol, or JSON by its schema."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from judges.fakellm.asked import ReceivedRequest
from judges.fakellm.script import Script

_REASON = "I compared what was said with the question."
_WINNERS = {  # words of a request that ask for a set of labels -> the labels
    r"A>>B": {"first": "[[A>B]]", "second": "[[B>A]]", "tie": "[[A=B]]"},
    r"Verdict: Tie|or Tie\b": {"first": "Verdict: 1", "second": "Verdict: 2", "tie": "Verdict: Tie"},
    r"two scores|score_2": {"first": "8 4", "second": "4 8", "tie": "6 6"},
    r"": {"first": "[[A]]", "second": "[[B]]", "tie": "[[C]]"},
}
_WRITES_CHECKLIST = re.compile(r"You write a checklist\b")
_CRITERIA = ("Does it answer what was asked?", "Is all of it true?", "Does it leave out nothing that matters?")
_SCALE = re.compile(r"from 1\D{0,30}to (\d{1,3})")


def label_of_winner(script: Script, asked: ReceivedRequest, winner: str) -> str:
    if script.labels:
        return script.labels[winner]
    labels = next(labels for words, labels in _WINNERS.items() if re.search(words, asked.instructions))
    return labels[winner]


def label_of_grade(script: Script, asked: ReceivedRequest, *, is_right: bool) -> str:
    """A score, or yes and no for every criterion of a checklist."""
    n_criteria = sum(name.split(" ")[0] == "checklist" for name in asked.slots)
    if n_criteria:
        return "\n".join(f"{number}: {'yes' if is_right else 'no'}" for number in range(1, n_criteria + 1))
    scale = _SCALE.search(asked.instructions)
    low, high = script.scores or (2, int(scale[1]) - 1 if scale else 9)
    return f"[[{high if is_right else low:g}]]"


def is_to_write_checklist(asked: ReceivedRequest) -> bool:
    return bool(_WRITES_CHECKLIST.search(asked.instructions))


def checklist(script: Script) -> str:
    """The script's criteria, each weighs less than the one before it, down to 1."""
    texts = script.criteria or _CRITERIA
    criteria = [{"text": text, "weight": max(3 - number, 1)} for number, text in enumerate(texts)]
    return json.dumps({"reasoning": _REASON, "criteria": criteria}, ensure_ascii=False)


def worded(asked: ReceivedRequest, label: str) -> str:
    """The reasons, then the label on lines of its own; or JSON where the request holds the reply to a schema."""
    if asked.schema is None:
        return f"{_REASON}\n\n{label}"
    bare = re.sub(r"^Verdict: ", "", label.strip("[] "))
    properties = asked.schema.get("properties", {})
    return json.dumps({name: _value(name, rule, bare) for name, rule in properties.items()}, ensure_ascii=False)


def _value(name: str, rule: Mapping[str, Any], bare: str) -> object:
    """What the schema allows for a field, the label where it fits."""
    if pair := re.fullmatch(r"score_([12])", name):
        return int(bare.split()[int(pair[1]) - 1])
    if name == "checks":
        return [_check(line) for line in bare.splitlines()]
    choices: Sequence[object] = rule.get("enum", ())
    if choices:
        fitting = [choice for choice in choices if str(choice).casefold() == bare.casefold()]
        return fitting[0] if fitting else choices[0]
    if rule.get("type") in {"integer", "number"}:
        return float(bare) if re.fullmatch(r"\d+(\.\d+)?", bare) else rule.get("minimum", 1)
    return [] if rule.get("type") == "array" else _REASON


def _check(line: str) -> dict[str, object]:
    number, _, met = line.partition(": ")
    return {"number": int(number), "reasoning": _REASON, "met": met}
