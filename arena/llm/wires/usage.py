"""Token counts from a body, for either wire; None if it has none, so that no cost is invented.

Costs are booked by the server's count, so a count that a call cannot have used is not believed (`doubt`).
"""

from arena.llm.pricing import tokens_in_bound
from arena.llm.wires.messages import Request, Usage
from arena.llm.wires.replies import dig, tokens

UNSEEN = 4_096  # tokens in that a provider may add unseen: templates, instructions of its own, a schema in words
OVERSHOOT = 8  # times `max_tokens`: what may be billed beyond the limit, where a model's thinking does not count in it
LEAST_OVERSHOOT = 4_096  # tokens: short limits leave room for thinking, too

_GIVEN, _RETURNED = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")
_BESIDE = ("reasoning_tokens", "thinking_tokens", "thoughts_tokens")
_DETAILS = ("completion_tokens_details", "output_tokens_details")


def usage_in(body: object) -> Usage | None:
    """
    Input with what came from a cache, output with all thinking.

    Examples
    --------
    >>> usage = {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 300}}
    >>> usage_in({"usage": usage})
    Usage(tokens_in=10, tokens_out=305)
    >>> usage_in({"usage": {"prompt_tokens": "10", "completion_tokens": 5}}) is None
    True
    """
    usage = dig(body, "usage")
    given, returned = _first(usage, _GIVEN), _first(usage, _RETURNED)
    if given is None or returned is None:
        return None
    cached = (dig(usage, f"cache_{what}_input_tokens") for what in ("creation", "read"))
    return Usage(given + sum(tokens(count) or 0 for count in cached), _with_thinking(usage, given, returned))


def doubt(usage: Usage | None, request: Request) -> str:
    """
    Why counts cannot be those of this request; nothing where they can.

    A token holds a byte or more, so there are no more tokens in than bytes were sent, and `UNSEEN` that the provider adds.
    Providers do bill thinking beyond `max_tokens`: up to `OVERSHOOT` times that limit, and up to `LEAST_OVERSHOOT` tokens in
    any case, is booked in full. Beyond either bound the server is taken for one that does not count: the bound is booked.

    Examples
    --------
    >>> from arena.llm.wires.messages import Message
    >>> request = Request((Message("user", "2+2?"),), max_tokens=1_000)
    >>> doubt(Usage(34, 8_000), request), doubt(None, request)
    ('', '')
    >>> doubt(Usage(34, 8_001), request)
    'the server counts 34 tokens in and 8,001 out, and this call cannot have used more than 4,130 and 8,000'
    """
    if usage is None:
        return ""
    most_in = tokens_in_bound(request) + UNSEEN
    most_out = max(OVERSHOOT * request.max_tokens, LEAST_OVERSHOOT)
    if usage.tokens_in <= most_in and usage.tokens_out <= most_out:
        return ""
    counts = f"{usage.tokens_in:,} tokens in and {usage.tokens_out:,} out"
    return f"the server counts {counts}, and this call cannot have used more than {most_in:,} and {most_out:,}"


def _with_thinking(usage: object, given: int, returned: int) -> int:
    """The total shows whether thinking is in the count; without one, more thinking than the whole count stands beside it."""
    total = tokens(dig(usage, "total_tokens"))
    if total is not None and total >= given + returned:
        return total - given
    within = max((tokens(dig(usage, name, "reasoning_tokens")) or 0 for name in _DETAILS), default=0)
    beside = _first(usage, _BESIDE) or 0
    if within > returned:
        return returned + within
    return returned if beside == within else returned + beside


def _first(usage: object, names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := tokens(dig(usage, name))) is not None), None)
