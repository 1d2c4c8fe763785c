"""Parameters of a judge's card besides its protocol: how it is asked, and how unusual answers are handled."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from judges.sayings import Refused, gettext_noop

type ReferenceMode = Literal["none", "with", "drop"]
type OverLong = Literal["fail", "truncate"]
type Tainted = Literal["mark", "skip"]

MOST_TOKENS = 200_000
NOT_ALLOWED = gettext_noop("%(name)s is %(value)s; allowed are %(allowed)s")


SAYS: Mapping[str, str] = {
    "max_tokens": gettext_noop(
        "of the reply, thinking included; a reply that is cut is asked for once more with twice as many"
    ),
    "temperature": gettext_noop("sent as it is, 0 to 2; null for the endpoint's default"),
    "seed": gettext_noop("sent as a whole number, increased by one for each repeat; null for none"),
    "structured": gettext_noop("true has the reply held to a JSON schema"),
    "reference": gettext_noop(
        "whether the prompt's reference answer is shown: none, with, or drop, which leaves it out by lot"
    ),
    "p_drop": gettext_noop("the chance that drop leaves it out"),
    "criteria": gettext_noop("your rubric in words, shown at {criteria}"),
    "margin": gettext_noop("points by which one answer has to lead where answers are graded one by one"),
    "longest_answer": gettext_noop("characters of a turn of an answer; over_long says what becomes of a longer one"),
    "over_long": gettext_noop("fail asks nothing; truncate cuts both answers to the same length and says so in their place"),
    "tainted": gettext_noop("mark asks about answers that speak to the judge and marks the game; skip does not ask"),
}
"""Descriptions of the parameters, for authors of cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """
    Parameters of a called judge, checked; `SAYS` has what they mean.

    Examples
    --------
    >>> Parameters(max_tokens=64).in_words()
    {'max_tokens': 64}
    """

    max_tokens: int = 2048
    temperature: float | None = 0.0
    seed: int | None = None
    structured: bool = False
    reference: ReferenceMode = "none"
    p_drop: float = 0.5
    criteria: str = ""
    margin: float = 0.0
    longest_answer: int = 60_000
    over_long: OverLong = "fail"
    tainted: Tainted = "mark"

    def __post_init__(self) -> None:
        _check("max_tokens", self.max_tokens, int, 1, MOST_TOKENS)
        _check("temperature", self.temperature, float, 0, 2, may_be_none=True)
        _check("seed", self.seed, int, 0, 2**53, may_be_none=True)
        _check("p_drop", self.p_drop, float, 0, 1)
        _check("margin", self.margin, float, 0, 100)
        _check("longest_answer", self.longest_answer, int, 1, 10_000_000)
        for name, allowed in (("reference", ReferenceMode), ("over_long", OverLong), ("tainted", Tainted)):
            if getattr(self, name) not in get_args(allowed.__value__):
                values = ", ".join(get_args(allowed.__value__))
                raise Refused(NOT_ALLOWED, name=name, value=repr(getattr(self, name)), allowed=values)
        if not isinstance(self.structured, bool) or not isinstance(self.criteria, str):
            raise Refused(gettext_noop("structured has to be true or false, and criteria a text"))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Parameters":
        """From a card; raises on names that it does not know."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            text = gettext_noop("parameter %(name)s is unknown; allowed are %(allowed)s")
            raise Refused(text, name=repr(unknown[0]), allowed=", ".join(known))
        return cls(**values)

    def in_words(self) -> dict[str, Any]:
        """What differs from the defaults, as a card keeps it."""
        defaults = asdict(Parameters())
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def _check(name: str, value: object, kind: type, low: float, high: float, *, may_be_none: bool = False) -> None:
    if value is None and may_be_none:
        return
    is_number = isinstance(value, int | float if kind is float else int) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:  # type: ignore[operator]
        whole = gettext_noop("%(name)s is %(value)s; allowed are whole numbers from %(low)s to %(high)s")
        any_number = gettext_noop("%(name)s is %(value)s; allowed are numbers from %(low)s to %(high)s")
        raise Refused(whole if kind is int else any_number, name=name, value=repr(value), low=low, high=high)
