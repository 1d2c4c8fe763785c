"""Error bodies as providers and servers really write them."""

import json

import pytest

from arena.llm.errors import Cause, Kind
from arena.llm.failures import classified, message_in, refused_parameter
from arena.llm.openai_wire import PARAMETERS

NEWER_NAME = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


def openai(message, code=None, param=None, kind="invalid_request_error"):
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def anthropic(message, kind="invalid_request_error"):
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}})


@pytest.mark.parametrize(
    ("status", "body", "kind", "cause"),
    [
        (429, openai("Rate limit reached for requests", "rate_limit_exceeded"), Kind.TEMPORARY, Cause.RATE_LIMIT),
        (429, openai("You exceeded your current quota", "insufficient_quota"), Kind.ENDPOINT, Cause.CREDIT),
        (400, anthropic("Your credit balance is too low to access the API."), Kind.ENDPOINT, Cause.CREDIT),
        (402, "{}", Kind.ENDPOINT, Cause.CREDIT),
        (408, "", Kind.TEMPORARY, Cause.SERVER),
        (500, "<html>", Kind.TEMPORARY, Cause.SERVER),
        (503, "", Kind.TEMPORARY, Cause.SERVER),
        (529, anthropic("Overloaded", "overloaded_error"), Kind.TEMPORARY, Cause.SERVER),
        (401, openai("Incorrect API key provided", "invalid_api_key"), Kind.ENDPOINT, Cause.KEY),
        (403, openai("Country, region, or territory not supported"), Kind.ENDPOINT, Cause.KEY),
        (403, openai("Your chosen model requires moderation and your input was flagged"), Kind.GAME, Cause.POLICY),
        (404, openai("The model `x` does not exist", "model_not_found"), Kind.ENDPOINT, Cause.MODEL),
        (400, openai("invalid model ID"), Kind.ENDPOINT, Cause.MODEL),
        (400, openai("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                     "content_filter"), Kind.GAME, Cause.POLICY),
        (400, anthropic("Output blocked by content filtering policy"), Kind.GAME, Cause.POLICY),
        (400, openai("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                     "context_length_exceeded", "messages"), Kind.GAME, Cause.CONTEXT_LENGTH),
        (400, anthropic("prompt is too long: 210000 tokens > 200000 maximum"), Kind.GAME, Cause.CONTEXT_LENGTH),
        (400, openai("the request exceeds the available context size. try increasing the context size",
                     "exceed_context_size_error"), Kind.GAME, Cause.CONTEXT_LENGTH),
        (413, anthropic("Request exceeds the maximum size", "request_too_large"), Kind.GAME, Cause.CONTEXT_LENGTH),
        (400, openai("Invalid 'messages[0].content'"), Kind.GAME, Cause.BAD_REQUEST),
        (301, "", Kind.ENDPOINT, Cause.ADDRESS),
    ],
)  # fmt: skip
def test_for_whom_a_failure_is_final(status, body, kind, cause):
    assert classified(status, body) == (kind, cause)


@pytest.mark.parametrize(
    ("status", "body", "parameter"),
    [
        (400, openai(NEWER_NAME, "unsupported_parameter", "max_tokens"), "max_tokens"),
        (400, json.dumps({"error": {"message": NEWER_NAME, "code": "invalid_request_body"}}), "max_tokens"),
        (400, openai("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
                     "supported.", "unsupported_value", "temperature"), "temperature"),
        (400, openai("Unsupported parameter: 'temperature' is not supported with this model.", "unsupported_parameter",
                     "temperature"), "temperature"),
        (400, openai("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", None,
                     "response_format"), "response_format"),
        (400, openai("This response_format type is unavailable now"), "response_format"),
        (400, openai("This model does not support structured outputs."), "response_format"),
        (400, openai("Unrecognized request argument supplied: seed"), "seed"),
        (422, json.dumps({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"],
                                      "msg": "Extra inputs are not permitted", "input": 1}]}), "seed"),
        (400, anthropic("`temperature` is deprecated for this model."), "temperature"),
        (400, anthropic("seed: Extra inputs are not permitted"), "seed"),
        (400, openai("Invalid 'messages[1].content': string too long"), None),
        (400, openai("max_tokens is too large: 99999. This model supports at most 4096 completion tokens"), None),
        (500, "<html>Internal Server Error</html>", None),
        (429, openai("temperature not supported"), None),
    ],
)  # fmt: skip
def test_a_refused_parameter_is_named(status, body, parameter):
    assert refused_parameter(status, body, PARAMETERS) == parameter


def test_a_parameter_that_was_not_sent_is_not_to_blame():
    assert refused_parameter(400, openai("'temperature' is not supported", param="temperature"), ["max_tokens"]) is None


@pytest.mark.parametrize(
    ("body", "message"), [("", ""), ("oops", "oops"), ("[" * 99_999, "[" * 2000), ('{"detail": "no"}', "no")]
)
def test_any_body_has_a_message(body, message):
    assert message_in(body) == message
