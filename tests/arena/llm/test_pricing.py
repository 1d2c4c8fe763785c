from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from arena.llm.pricing import cost, tokens_in_bound, upper_bound
from arena.llm.wires.messages import Message, Request, Usage

PRICES, COUNTS = st.integers(0, 10**9), st.integers(0, 10**7)


@given(COUNTS, COUNTS, PRICES, PRICES)
def test_cost_is_rounded_up_by_less_than_a_micro_dollar(tokens_in, tokens_out, price_in, price_out):
    exact = Fraction(tokens_in * price_in + tokens_out * price_out, 10**6)
    assert 0 <= cost(Usage(tokens_in, tokens_out), price_in, price_out) - exact < 1


@given(st.text(), COUNTS, PRICES, PRICES)
def test_the_bound_holds_for_every_reply_within_the_limit(text, tokens_out, price_in, price_out):
    request = Request((Message("user", text),), max_tokens=tokens_out)
    bytes_sent = len(text.encode("utf-8", "surrogatepass"))
    assert cost(Usage(bytes_sent, tokens_out), price_in, price_out) <= upper_bound(request, price_in, price_out)


def test_a_schema_counts_as_input():
    plain = Request((Message("user", "x"),), max_tokens=1)
    assert tokens_in_bound(Request(plain.messages, 1, schema={"type": "object"})) > tokens_in_bound(plain)


def test_a_token_may_be_a_single_byte():
    assert tokens_in_bound(Request((Message("user", "😀" * 100),), max_tokens=1)) >= 400
