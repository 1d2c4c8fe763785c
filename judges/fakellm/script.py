"""The script of a fake language model, read from JSON; `script_schema` says what may stand there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from judges.fakellm.script_schema import JUDGE, RULE, SCRIPT, check

BEHAVIOURS = frozenset(
    {"good", "null_filtered", "null_content", "cut", "refusal", "empty", "bad_label", "two_labels", "policy", "html",
     "empty_body", "wrong_json", "tool_call", "context_length", "unauthorized", "no_such_model", "rate_limit", "server_error",
     "overloaded", "hang", "drop", "drop_midway", "echo_key", "huge", "redirect", "no_usage", "limit_in_200", "broken_choice",
     "key_as_400", "no_credit", "stream"}
)  # fmt: skip
OBEDIENCES = frozenset({"", "outside_fence", "anywhere"})
USAGES = frozenset({"counted", "bound", "words"})
THINKING_FORMS = frozenset({"tags", "field", "part"})


@dataclass(frozen=True, slots=True)
class JudgeScript:
    """What sort of judge the fake is. Probabilities; draws depend on seed and content alone."""

    always: str = ""  # "first", "second" or "tie"
    p_first: float | None = None  # says "first" so often, whatever the answers are
    slot_bias: float = 0.0  # added to the probability of the first slot
    accuracy: float = 1.0  # says the better answer so often, where qualities differ
    longer: float = 0.5  # says the longer answer so often, where qualities are equal
    family: str = ""
    family_bonus: float = 0.0  # added for an answer of the family against one of another
    p_tie: float = 0.0
    p_correct: float = 1.0  # grading: knows so often whether an answer is right
    p_positive: float = 0.5  # grading: says "right" so often where it does not know (leniency)
    draw_by: str = "game"  # "game": orders are drawn apart; "item": one draw for both orders


@dataclass(frozen=True, slots=True)
class ScriptRule:
    """A behaviour or a reply for requests that contain a text."""

    contains: str
    behaviour: str = "good"
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Everything is optional; the default fake says `[[A]]` at once."""

    seed: int = 0
    model: str = ""  # returned instead of the model that was asked for
    latency: float | tuple[float, float] = 0.0  # seconds, or a range
    reply: str = "The first answer is more helpful.\n\n[[A]]"
    replies: tuple[str, ...] = ()  # in order of arrival, then from the start again
    rules: tuple[ScriptRule, ...] = ()  # the first that fits
    mix: Mapping[str, float] = field(default_factory=dict)  # behaviour -> share of contents
    behaviours: tuple[str, ...] = ()  # in order of arrival; good afterwards
    replay: Mapping[str, str] = field(default_factory=dict)  # content_key -> reply
    judge: JudgeScript | None = None
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # answer -> {"quality": 1, "family": "x"}
    labels: Mapping[str, str] = field(default_factory=dict)  # of "first", "second", "tie"; else as the request asks for them
    criteria: tuple[str, ...] = ()  # of a checklist that it is asked to write; else three of its own
    scores: tuple[float, float] | None = None  # of a wrong and of a right answer; else low and high on the request's scale
    obey: str = ""  # repeat the last label "outside_fence" or "anywhere" in the request
    ignore: tuple[str, ...] = ()  # the operator's own words, in which labels are no orders
    requests_per_minute: int | None = None  # a sliding window for each key; above it 429
    retry_after: float | None = None  # sent with a 429
    announce_limits: bool = False  # send the provider's rate-limit headers
    refuse: frozenset[str] = frozenset()  # parameters that get a 400; also "system" (the role), "json_schema" and "json_object"
    finish: str = ""  # the reason that ends a good reply, in place of the wire's own; "null" and "absent" give none
    thinking: str = ""  # what it thinks before each reply
    thinking_as: str = "tags"  # "tags" in the text, a "field" of its own, or a "part" of the content
    truncate_below: int = 0  # replies are cut in mid-word where max_tokens is smaller
    usage: str | tuple[int, int] = (
        "counted"  # "counted", "bound" (what is reserved for the request), "words" (no numbers), or two numbers
    )
    keep_bodies: bool = True
    models: Mapping[str, "Script"] = field(default_factory=dict)  # what other models behind the same address say

    def of_model(self, name: str) -> "Script":
        return self.models.get(name, self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Script":
        """Raises ValueError that names the field."""
        check(written, SCRIPT, "script")
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}
        if "judge" in values and values["judge"] is not None:
            check(values["judge"], JUDGE, "judge")
            values["judge"] = JudgeScript(**values["judge"])
        values["rules"] = tuple(_rule(rule) for rule in values.get("rules", ()))
        values["refuse"] = frozenset(values.get("refuse", ()))
        values["models"] = {name: cls.from_json(script) for name, script in values.get("models", {}).items()}
        return cls(**values)

    def __post_init__(self) -> None:
        named = {*self.mix, *self.behaviours, *(rule.behaviour for rule in self.rules)}
        _allowed(named, BEHAVIOURS, "behaviour")
        _allowed({self.obey}, OBEDIENCES, "obey")
        _allowed({self.thinking_as}, THINKING_FORMS, "thinking_as")
        _allowed({self.usage} if isinstance(self.usage, str) else set(), USAGES, "usage")
        if sum(self.mix.values()) > 1 + 1e-9:
            raise ValueError(f"mix: shares sum to {sum(self.mix.values()):g}; they may sum to 1 at most, the rest is good")


def _rule(written: Mapping[str, Any]) -> ScriptRule:
    check(written, RULE, "rule", needed=["contains"])
    return ScriptRule(**written)


def _allowed(names: set[str], allowed: frozenset[str], what: str) -> None:
    if unknown := sorted(names - allowed):
        raise ValueError(
            f"{what} {', '.join(map(repr, unknown))}; allowed are {', '.join(sorted(name for name in allowed if name))}"
        )
