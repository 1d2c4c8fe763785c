"""Costs of calls, in integer micro-dollars; prices are micro-dollars per million tokens."""

import json

from arena.llm.wires.messages import Request, Usage

MILLION = 1_000_000


def cost(usage: Usage, price_in: int, price_out: int) -> int:
    """
    Micro-dollars of a call, rounded up.

    Examples
    --------
    >>> cost(Usage(1_000, 200), price_in=2_500_000, price_out=10_000_000)
    4500
    >>> cost(Usage(1, 0), price_in=1, price_out=0)
    1
    """
    return -(-(usage.tokens_in * price_in + usage.tokens_out * price_out) // MILLION)


def upper_bound(request: Request, price_in: int, price_out: int) -> int:
    """
    An upper bound of a call's cost: no token is shorter than a byte, and thinking counts in `max_tokens`.

    Examples
    --------
    >>> from arena.llm.wires.messages import Message
    >>> upper_bound(Request((Message("user", "2+2?"),), max_tokens=10), price_in=0, price_out=1_000_000)
    10
    """
    return cost(Usage(tokens_in_bound(request), request.max_tokens), price_in, price_out)


def tokens_in_bound(request: Request) -> int:
    """
    UTF-8 bytes of the messages and the schema as JSON; its quotes and names stand for what a chat template adds.

    Examples
    --------
    >>> from arena.llm.wires.messages import Message
    >>> tokens_in_bound(Request((Message("user", "2+2?"),), max_tokens=10))
    34
    """
    body: list[object] = [{"role": message.role, "content": message.content} for message in request.messages]
    if request.schema is not None:
        body.append(request.schema)
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
