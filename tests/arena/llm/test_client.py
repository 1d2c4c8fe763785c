import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.wires.messages import Usage
from judges.fakellm.script import Script
from tests.arena.llm.conftest import question, target_at
from tests.arena.llm.raw_server import raw_server, reply

VERDICT = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "verdict": {"enum": ["A", "B"]}},
    "required": ["reasoning", "verdict"],
    "additionalProperties": False,
}
GOOD = b'{"model":"m","choices":[{"message":{"content":"[[A]]"},"finish_reason":"stop"}]}'


def failure(target, request=None, **options):
    with pytest.raises(LLMError) as caught:
        complete(target, request or question(), attempt="a-1", **options)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind", "cause"),
    [
        ("rate_limit", Kind.TEMPORARY, Cause.RATE_LIMIT),
        ("server_error", Kind.TEMPORARY, Cause.SERVER),
        ("overloaded", Kind.TEMPORARY, Cause.SERVER),
        ("hang", Kind.TEMPORARY, Cause.TIMEOUT),
        ("drop", Kind.TEMPORARY, Cause.DROPPED),
        ("drop_midway", Kind.TEMPORARY, Cause.DROPPED),
        ("policy", Kind.GAME, Cause.POLICY),
        ("context_length", Kind.GAME, Cause.CONTEXT_LENGTH),
        ("html", Kind.GAME, Cause.NO_MODEL),
        ("empty_body", Kind.GAME, Cause.NO_MODEL),
        ("wrong_json", Kind.TEMPORARY, Cause.DROPPED),
        ("tool_call", Kind.GAME, Cause.NO_COMPLETION),
        ("null_content", Kind.GAME, Cause.NO_COMPLETION),
        ("huge", Kind.GAME, Cause.NO_COMPLETION),
        ("unauthorized", Kind.ENDPOINT, Cause.KEY),
        ("no_such_model", Kind.ENDPOINT, Cause.MODEL),
        ("redirect", Kind.ENDPOINT, Cause.ADDRESS),
    ],
)
def test_every_failure_is_typed_and_costs_exactly_one_request(fake, wire, behaviour, kind, cause):
    fake.script = Script(behaviours=(behaviour,))
    error = failure(target_at(fake.url, wire, timeout=0.5 if behaviour == "hang" else 10))
    assert (error.kind, error.cause, error.was_sent) == (kind, cause, True)
    assert fake.attempts() == ["a-1"]


@pytest.mark.parametrize(
    ("behaviour", "finish", "text"),
    [
        ("good", "stop", "The first answer is more helpful.\n\n[[A]]"),
        ("empty", "stop", ""),
        ("cut", "length", "Answer A explains the steps, while answer B merely asse"),
        ("bad_label", "stop", "Both have merits.\n\n[[AB]]"),
    ],
)
def test_a_reply_is_delivered_as_it_was_said(fake, target, behaviour, finish, text):
    fake.script = Script(behaviours=(behaviour,))
    completion = complete(target, question(), attempt="a-1")
    assert (completion.finish, completion.text) == (finish, text)


def test_what_a_provider_keeps_back_has_no_text(fake, wire):
    fake.script = Script(behaviours=("null_filtered",))
    completion = complete(target_at(fake.url, wire), question(), attempt="a-1")
    assert completion.text is None
    assert completion.finish == {"openai": "filtered", "anthropic": "refused"}[wire]


def test_a_completion_holds_the_returned_model_usage_and_effective_parameters(fake, target):
    fake.script = Script(model="judge-1-2026-11", usage=(120, 34), announce_limits=True, requests_per_minute=50)
    completion = complete(target, question(temperature=0.0), attempt="a-1")
    assert completion.model == "judge-1-2026-11"
    assert completion.usage == Usage(120, 34)
    assert completion.parameters == {"model": "judge-1", "max_tokens": 100, "temperature": 0.0}
    assert completion.rate.requests_limit == 50
    assert completion.rate.requests_remaining == 49
    assert completion.request_id == "req_fake0"
    assert json.loads(completion.raw)["model"] == "judge-1-2026-11"


def test_a_reply_that_is_no_completion_keeps_its_usage_and_its_body(fake, target):
    fake.script = Script(behaviours=("null_content",), usage=(7, 9))
    error = failure(target)
    assert error.usage == Usage(7, 9)
    assert "usage" in error.raw


def test_a_reply_without_usage_is_a_reply(fake, target):
    fake.script = Script(behaviours=("no_usage",))
    assert complete(target, question(), attempt="a-1").usage is None


def test_retry_after_is_passed_on(fake, target):
    fake.script = Script(requests_per_minute=0, retry_after=1.5)
    assert failure(target).retry_after == 1.5


def test_reasoning_comes_before_the_verdict_on_the_wire(fake, wire, target):
    completion = complete(target, question(schema=VERDICT), attempt="a-1")
    body = fake.requests[0].body
    schema = {
        "openai": lambda: body["response_format"]["json_schema"]["schema"],
        "anthropic": lambda: body["output_config"]["format"]["schema"],
    }[wire]()
    assert list(schema["properties"]) == ["reasoning", "verdict"]
    assert list(json.loads(completion.text)) == ["reasoning", "verdict"]


@pytest.mark.parametrize(("parameter", "wires"), [("temperature", ("openai", "anthropic")), ("seed", ("openai",))])
def test_a_refused_parameter_is_named_and_then_left_out(fake, wire, parameter, wires):
    if wire not in wires:
        pytest.skip(f"{wire} knows no {parameter}")
    fake.script = Script(refuse=frozenset({parameter}))
    asked = question(temperature=0.0, seed=1)
    error = failure(target_at(fake.url, wire), asked)
    assert (error.kind, error.cause, error.refused_parameter) == (Kind.ENDPOINT, Cause.PARAMETER, parameter)
    learnt = complete(target_at(fake.url, wire, refused=frozenset({error.refused_parameter})), asked, attempt="a-2")
    assert parameter not in learnt.parameters
    assert parameter not in fake.requests[1].body


def test_an_endpoint_without_structured_output_is_asked_in_words(fake, wire, target):
    name = {"openai": "response_format", "anthropic": "output_config"}[wire]
    fake.script = Script(refuse=frozenset({name}))
    error = failure(target, question(schema=VERDICT))
    assert error.refused_parameter == name
    complete(target_at(fake.url, wire, refused=frozenset({name})), question(schema=VERDICT), attempt="a-2")
    assert name not in fake.requests[1].body


def test_the_limit_of_tokens_goes_by_its_newer_name_where_the_old_is_refused(fake):
    fake.script = Script(refuse=frozenset({"max_tokens"}))
    assert failure(target_at(fake.url)).refused_parameter == "max_tokens"
    complete(target_at(fake.url, refused=frozenset({"max_tokens"})), question(), attempt="a-2")
    assert fake.requests[1].body["max_completion_tokens"] == 100


def test_an_endpoint_that_takes_no_limit_of_tokens_is_not_called(fake):
    error = failure(target_at(fake.url, refused=frozenset({"max_tokens", "max_completion_tokens"})))
    assert (error.kind, error.was_sent, fake.requests) == (Kind.ENDPOINT, False, [])


def test_a_large_limit_of_tokens_needs_no_stream(fake, target):
    assert complete(target, question(max_tokens=200_000), attempt="a-1").text


def test_nothing_listens(wire):
    error = failure(target_at("http://127.0.0.1:9", wire))
    assert (error.kind, error.cause, error.was_sent) == (Kind.TEMPORARY, Cause.UNREACHABLE, False)


def test_sixty_four_threads_share_one_client(fake, target):
    fake.script = Script(latency=0.1)
    resolved, start = [], threading.Barrier(64)

    def resolve(host, port):
        resolved.append(host)
        return ["127.0.0.1"]

    def ask(number):
        start.wait()
        return complete(target, question(), attempt=str(number), resolve=resolve).text

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(ask, range(64)))
    assert sorted(fake.attempts(), key=int) == [str(number) for number in range(64)]
    assert resolved == ["127.0.0.1"]
    assert fake.most_in_flight > 16


def test_only_named_headers_are_sent_whatever_the_environment_says(wire, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY",
                 "ANTHROPIC_AUTH_TOKEN"):  # fmt: skip
        monkeypatch.setenv(name, "other-secret")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "X-Other: other-secret")
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with raw_server(reply(b"{}")) as server:
        failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    names = {line.partition(b":")[0].decode() for line in head.split(b"\r\n")[1:]}
    auth = {"openai": "authorization", "anthropic": "x-api-key"}[wire]
    assert auth in names
    assert names <= {"host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "connection",
                     "anthropic-version", "x-agon-attempt", auth}  # fmt: skip
    assert b"other-secret" not in server.requests[0]


def test_no_key_is_sent_where_none_is_named(wire):
    with raw_server(reply(b"{}")) as server:
        failure(target_at(f"http://127.0.0.1:{server.port}", wire, key_name=""))
    assert b"authorization" not in server.requests[0].lower()
    assert b"x-api-key" not in server.requests[0].lower()


def test_a_reply_that_trickles_ends_at_the_deadline():
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
    with raw_server(head, *[b" "] * 50, pause=0.1) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", timeout=0.5))
    assert error.cause is Cause.TIMEOUT
    assert error.latency_ms < 1500


def test_a_bomb_is_not_unpacked():
    bomb = zlib.compress(b" " * 50_000_000)
    with raw_server(reply(bomb, "content-encoding: deflate")) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}"))
    assert (error.cause, error.kind) == (Cause.NO_COMPLETION, Kind.GAME)


def test_a_reply_that_was_compressed_unasked_is_read():
    with raw_server(reply(zlib.compress(GOOD), "content-encoding: deflate")) as server:
        assert complete(target_at(f"http://127.0.0.1:{server.port}"), question(), attempt="a").text == "[[A]]"


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"7", b"{}", b'{"choices": 3}', b'{"choices": []}', b'{"choices": [null]}', b"[" * 100_000,
     b'{"choices":[{"message":{"content":{"a":1}},"finish_reason":"stop"}]}'],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_json_of_any_other_shape_is_no_completion(wire, body):
    with raw_server(reply(body, "content-type: application/json; charset=rot13")) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert error.cause is Cause.NO_COMPLETION


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"  \n", b"<html><title>Welcome</title>", b"OK", b"Not found"], ids=repr)
def test_what_no_server_of_a_model_sends_costs_nothing(wire, body):
    with raw_server(reply(body, "content-type: text/html")) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert (error.cause, error.kind, error.was_refused) == (Cause.NO_MODEL, Kind.GAME, True)
    assert error.reason.endswith("came instead of JSON: check the base URL")


@pytest.mark.parametrize(
    ("body", "header"),
    [(GOOD[:40], ""), (zlib.compress(GOOD)[:30], "content-encoding: deflate"), (b"12345", "content-encoding: gzip")],
)
def test_a_body_that_broke_off_is_asked_for_again_like_a_connection_that_did(wire, body, header):
    with raw_server(reply(body, header) if header else reply(body)) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert (error.cause, error.kind, error.was_refused) == (Cause.DROPPED, Kind.TEMPORARY, False)


def test_what_no_database_takes_is_replaced():
    said = b'{"model":"m\\u0000","choices":[{"message":{"content":"a\\u0000b\\ud800c\\ud83d\\ude00"},"finish_reason":"stop"}]}'
    with raw_server(reply(said + b"\0")) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}"))
        assert "\0" not in error.raw
    with raw_server(reply(said)) as server:
        assert complete(target_at(f"http://127.0.0.1:{server.port}"), question(), attempt="a").text == "a�b�c😀"


def test_thinking_that_a_server_leaves_out_of_the_completion_is_counted():
    body = GOOD[:-1] + b',"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":40}}'
    with raw_server(reply(body)) as server:
        usage = complete(target_at(f"http://127.0.0.1:{server.port}"), question(), attempt="a").usage
    assert usage == Usage(10, 30)


def test_cached_input_is_input():
    body = (
        b'{"model":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"[[A]]"}],"stop_reason":"end_turn",'
    )
    body += b'"usage":{"input_tokens":10,"cache_read_input_tokens":90,"cache_creation_input_tokens":null,"output_tokens":5}}'
    with raw_server(reply(body)) as server:
        completion = complete(target_at(f"http://127.0.0.1:{server.port}", "anthropic"), question(), attempt="a")
    assert (completion.text, completion.usage) == ("[[A]]", Usage(100, 5))


def test_an_error_inside_a_success_is_typed_by_the_status_it_names():
    with raw_server(reply(b'{"error":{"code":429,"message":"slow down"}}', "retry-after: 3")) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}"))
    assert (error.kind, error.retry_after, error.status) == (Kind.TEMPORARY, 3.0, 200)


def test_redirects_are_not_followed(wire):
    with raw_server(reply(b"{}")) as inside, raw_server(
        reply(b"", f"location: http://127.0.0.1:{inside.port}/", status="307 Temporary Redirect")
    ) as server:  # fmt: skip
        failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert inside.requests == []


@pytest.mark.parametrize(
    "body", [b"", b"[" * 100_000, b"\xff\xfe", b"null", b'{"error": 3}', b'{"error": {"message": 3}}', b"<html>"]
)
@pytest.mark.parametrize(("status", "kind"), [("400 Bad Request", Kind.GAME), ("502 Bad Gateway", Kind.TEMPORARY)])
def test_an_error_of_any_shape_is_typed_by_its_status(wire, body, status, kind):
    with raw_server(reply(body, status=status)) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert (error.kind, error.status) == (kind, int(status[:3]))
    assert len(server.requests) == 1


@pytest.mark.parametrize("said", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 999\r\n\r\n", b"\0" * 1000])
def test_what_is_no_http_is_a_dropped_connection(wire, said):
    with raw_server(said) as server:
        error = failure(target_at(f"http://127.0.0.1:{server.port}", wire))
    assert error.was_sent
    assert error.cause in {Cause.DROPPED, Cause.SERVER}
    assert len(server.requests) == 1
