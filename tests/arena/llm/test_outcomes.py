"""What providers, gateways and servers answer in place of a reply, after their documentation and public reports, through HTTP.

`error_bodies.jsonl` says for each what comes of it: a kind and a cause, or "refuses", the parameter and what is left out then.
"""

import json
from pathlib import Path

import pytest

from arena.llm.client import close_clients, complete
from arena.llm.failures.error_bodies import complaint_in
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.failures.refused_fields import refusal_in
from arena.runs.budget import cost_of
from tests.arena.llm.conftest import SECRET, question, target_at
from tests.arena.llm.raw_server import answering, reply

VERDICT = {"type": "object", "properties": {"verdict": {"enum": ["A", "B"]}}, "required": ["verdict"]}
LINES = Path(__file__).with_name("error_bodies.jsonl").read_text().splitlines()
BODIES = [(row["who"], row["status"], row["body"], row["outcome"]) for row in map(json.loads, LINES)]
WHOLE = question(temperature=0.0, seed=1, schema=VERDICT)


@pytest.fixture(scope="module")
def server():
    with answering() as running:
        yield running
    close_clients()


@pytest.fixture(autouse=True)
def _fresh_clients(monkeypatch):
    """One server for all of them, so one client, too."""
    monkeypatch.setenv("AGON_KEY_TEST", f"127.0.0.1 {SECRET}")


def asked(server, body, *headers, status=200, wire="openai", request=WHOLE):
    written = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    server.pieces = [reply(written, *headers, status=f"{status} Said")]
    with pytest.raises(LLMError) as caught:
        complete(target_at(f"http://127.0.0.1:{server.port}", wire), request, attempt="a-1")
    return caught.value


@pytest.mark.parametrize(
    ("who", "status", "body", "outcome"), BODIES, ids=[f"{n}-{who}-{status}" for n, (who, status, *_) in enumerate(BODIES)]
)
def test_an_error_is_typed_whoever_words_it(server, who, status, body, outcome):
    error = asked(server, body, status=status)
    if outcome.startswith("refuses"):
        assert ["refuses", error.refused_parameter, error.lesson] == outcome.split(), error.reason
        assert (error.kind, error.cause) == (Kind.ENDPOINT, Cause.PARAMETER)
    else:
        assert (f"{error.kind} {error.cause}", error.refused_parameter) == (outcome, None), error.reason
    assert error.was_sent
    assert cost_of(error, None, reserved=1_000) == 0


ABOUT_OTHER_THINGS = (
    "model requires more system memory (8 GiB) than is available",
    "Only one system message is supported, got 2 user messages",
    "role must be one of system, user, assistant",
    "Roles must be one of: 'system', 'user', 'assistant', 'tool', got 'judge'",
    "Expected roles: user, assistant, system, tool",
    "The file system is not supported by this server",
    "Unsupported operating system",
    "response_format is not supported; the system will ignore it",
    "Input tag 'image' found using 'type' does not match any of the expected tags: 'text', 'image_url'",
    "Only text and image content is supported, got audio.",
    "The system is overloaded, try again",
    "User must be one of the allowed users of this assistant",
    "temperature is not supported with this model",
    "max_tokens must be one of 1 to 4096",
    "Only GET and POST are supported, got PUT",
    "A user of this system cannot use the assistant",
    "The model does not support tools, only user prompts in the system",
)


@pytest.mark.parametrize("message", ABOUT_OTHER_THINGS)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_complaint_about_something_else_does_not_refuse_the_system_role(message, status):
    refusal = refusal_in(status, complaint_in(json.dumps({"error": {"message": message}})), {"system": True, "temperature": 0})
    assert refusal is None or refusal.parameter != "system"


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Invalid value: 'json_object'. Supported values are: 'text'.", "param": "response_format.type"},
        {"message": "Invalid value: 'json_object'. Supported values are: 'text'."},
        {"message": "json_object is not supported by this model"},
        {"message": "'response_format' of type 'json_object' is not supported with this model."},
        {"message": "JSON mode is not enabled for this model"},
    ],
)
def test_a_server_that_refuses_json_of_any_shape_is_asked_for_text(error):
    sent = {"max_tokens": 9, "temperature": 0, "response_format": {"type": "json_object"}}
    refusal = refusal_in(400, complaint_in(json.dumps({"error": error})), sent)
    assert refusal is not None
    assert (refusal.parameter, refusal.lesson) == ("response_format", "response_format")
