"""An independent fake of both providers agrees with ours: nothing here is known to our own server."""

import pytest

from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from tests.arena.llm.conftest import question, target_at

testing = pytest.importorskip("llmock.testing", reason="llmock is not installed")
scenarios = pytest.importorskip("llmock.scenarios")


@pytest.fixture(scope="module")
def llmock():
    with testing.LLMockServer() as server:
        yield server


@pytest.fixture
def target(llmock, wire):
    target = target_at(llmock.url, wire)
    return target.__class__(wire, llmock.base_url(wire), "gpt-4o" if wire == "openai" else "claude-sonnet-5", target.key_name,
                            timeout=5.0, allowed=target.allowed)  # fmt: skip


def test_a_reply_is_read(llmock, target):
    llmock.state.scenarios.add(scenarios.Reply("Both are fine.\n\n[[C]]"))
    completion = complete(target, question(temperature=0.0), attempt="a-1")
    assert completion.text == "Both are fine.\n\n[[C]]"
    assert completion.finish == "stop"
    assert completion.usage.tokens_in > 0
    assert completion.usage.tokens_out > 0
    assert completion.model == target.model


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (429, Kind.TEMPORARY, Cause.RATE_LIMIT),
        (500, Kind.TEMPORARY, Cause.SERVER),
        (503, Kind.TEMPORARY, Cause.SERVER),
        (401, Kind.ENDPOINT, Cause.KEY),
        (400, Kind.GAME, Cause.BAD_REQUEST),
    ],
)
def test_a_failure_is_typed_after_one_request(llmock, target, status, kind, cause):
    llmock.state.scenarios.add(scenarios.Fail(status, retry_after=3))
    with pytest.raises(LLMError) as caught:
        complete(target, question(), attempt="a-1")
    assert (caught.value.kind, caught.value.cause, caught.value.status) == (kind, cause, status)
    assert caught.value.retry_after == (3.0 if kind is Kind.TEMPORARY else None)
    assert complete(target, question(), attempt="a-2").text  # one failure was asked for, and one request took it
