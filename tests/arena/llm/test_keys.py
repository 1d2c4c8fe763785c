import base64
import html
import json
import logging
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest

from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.keys import key_for, redacted
from judges.fakellm.script import Script
from tests.arena.llm.conftest import SECRET, question, target_at
from tests.arena.llm.raw_server import raw_server, reply
from tests.linear import assert_linear

ENVIRON = {"AGON_KEY_A": "api.example.com sk-12345678", "AGON_KEY_B": "api.example.com:8443 sk-abcdefgh", "HOME": "/root"}


def test_a_key_is_given_for_the_host_that_it_is_bound_to():
    assert key_for("AGON_KEY_A", host="API.example.com", port=443, environ=ENVIRON) == "sk-12345678"
    assert key_for("AGON_KEY_B", host="api.example.com", port=8443, environ=ENVIRON) == "sk-abcdefgh"
    for written in ("::1 sk-12345678", "[::1]:8443 sk-12345678"):
        assert key_for("AGON_KEY_A", host="::1", port=8443, environ={"AGON_KEY_A": written}) == "sk-12345678"


@pytest.mark.parametrize(
    ("name", "host", "port", "environ", "says"),
    [
        ("AGON_KEY_A", "evil.example.com", 443, ENVIRON, "bound to another host"),
        ("AGON_KEY_A", "api.example.com.evil.org", 443, ENVIRON, "bound to another host"),
        ("AGON_KEY_B", "api.example.com", 443, ENVIRON, "bound to another host"),
        ("AGON_KEY_C", "api.example.com", 443, ENVIRON, "is not set"),
        ("HOME", "api.example.com", 443, ENVIRON, "allowed are AGON_KEY_"),
        ("AGON_SECRET_KEY", "api.example.com", 443, ENVIRON, "allowed are AGON_KEY_"),
        ("AGON_KEY_A", "api.example.com", 443, {"AGON_KEY_A": "sk-12345678"}, "has only one word"),
        ("AGON_KEY_A", "api.example.com", 443, {"AGON_KEY_A": "api.example.com short"}, "fewer than 8 characters"),
        ("AGON_KEY_A", "api.example.com", 443, {"AGON_KEY_A": "api.example.com sk-12 345678"}, "more than two words"),
        ("AGON_KEY_A", "api.example.com", 443, {"AGON_KEY_A": "api.example.com sk-12345678ü"}, "beyond ASCII"),
        ("AGON_KEY_A", "127.0.0.1", 8000, {}, 'AGON_KEY_A="127.0.0.1:8000 KEY"'),
    ],
)
def test_any_other_key_is_refused_with_what_to_do(name, host, port, environ, says):
    with pytest.raises(LLMError, match=says) as caught:
        key_for(name, host=host, port=port, environ=environ)
    assert (caught.value.kind, caught.value.cause, caught.value.was_sent) == (Kind.ENDPOINT, Cause.KEY, False)
    assert "sk-" not in str(caught.value)


def test_redaction_finds_every_key_however_it_is_spelled():
    environ = {"AGON_KEY_A": 'a.example sk-1234"56/78', "AGON_KEY_B": "malformed-but-secret", "AGON_KEY_C": "b.example sk-1234"}
    text = 'sk-1234"56/78 sk-1234\\"56/78 sk-1234%2256%2F78 malformed-but-secret'
    assert redacted(text, environ) == "[key] [key] [key] [key]"


@pytest.mark.parametrize(
    "spell",
    [
        json.dumps, repr, html.escape, quote, quote_plus, lambda key: quote(key, safe="").lower(),
        lambda key: json.dumps(key).replace("/", "\\/"),  # PHP
        lambda key: json.dumps(key).replace("&", "\\u0026").replace("+", "\\u002B"),  # Go
        lambda key: "".join(each if each.isalnum() else f"&#{ord(each)};" for each in key),
    ],
)  # fmt: skip
def test_a_key_with_unusual_characters_is_found_in_json_pages_and_addresses(spell):
    key = "sk-ab/cd+ef&gh=<12345>"
    text = f"wrong key: {spell(key)}, sorry"
    assert "[key]" in redacted(text, {"AGON_KEY_X": f"host {key}"})
    assert "12345" not in redacted(text, {"AGON_KEY_X": f"host {key}"})


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_key_in_base64_is_found_wherever_it_begins(before, encode):
    key = "sk-ab/cd+ef>>>???~12345678"
    text = f"you sent {encode((before + key + '!').encode()).decode()}"
    said = redacted(text, {"AGON_KEY_X": f"host {key}"})
    assert "[key]" in said
    assert len(said) <= len("you sent [key]") + len(before) * 2 + 6


@pytest.mark.parametrize(
    "spell", [str.upper, str.lower, str.swapcase, str.title, lambda key: "".join(f"%{ord(each):02X}" for each in key)]
)
def test_a_key_is_found_in_any_case_and_character_by_character(spell):
    assert redacted(f"<{spell('sk-Proj-AbCd1234')}>", {"AGON_KEY_X": "host sk-Proj-AbCd1234"}) == "<[key]>"


def test_a_large_body_is_searched_in_linear_time():
    keys = {f"AGON_KEY_{n}": f"host sk-proj-{n:060d}" for n in range(4)}

    def search(n):
        body = "sk-s%73" * (n // 7)
        assert redacted(body, keys) == body

    assert_linear(search, 1_050_000)


def test_redaction_takes_the_longer_of_two_keys_first():
    environ = {"AGON_KEY_A": "a.example sk-12345678", "AGON_KEY_B": "b.example sk-12345678-more"}
    assert redacted("sk-12345678-more", environ) == "[key]"


def test_a_server_that_echoes_the_key_is_not_repeated(fake, target, caplog):
    caplog.set_level(logging.DEBUG)
    fake.script = Script(behaviours=("echo_key",))
    with pytest.raises(LLMError) as caught:
        complete(target, question(), attempt="a-1")
    error = caught.value
    assert error.request_id == "[key]"
    assert "[key]" in error.raw
    seen = [repr(error), str(error), repr(vars(error)), "".join(traceback.format_exception(error)), caplog.text]
    seen += [str(pickle.dumps(vars(error))), repr(error.__cause__), repr(error.__context__)]
    assert not [text for text in seen if SECRET in text]


def test_a_key_in_a_good_reply_is_taken_out(caplog):
    caplog.set_level(logging.DEBUG)
    body = f'{{"id":"{SECRET}","model":"{SECRET}","choices":[{{"message":{{"content":"{SECRET}"}},"finish_reason":"stop"}}]}}'
    escaped = body.replace("sk-not", "\\u0073k-not", 3)
    for said in (body, escaped):
        with raw_server(reply(said.encode())) as server:
            completion = complete(target_at(f"http://127.0.0.1:{server.port}"), question(), attempt="a-1")
        assert (completion.text, completion.model, completion.request_id) == ("[key]",) * 3
    assert SECRET not in repr(completion.text) + caplog.text


def test_the_key_reaches_only_the_wire(fake, target, monkeypatch):
    complete(target, question(), attempt="a-1")
    fingerprint = fake.requests[0].key
    monkeypatch.setenv("AGON_KEY_OTHER", "127.0.0.1 another-key-000")
    complete(target_at(fake.url, target.wire, key_name="AGON_KEY_OTHER"), question(), attempt="a-2")
    assert fingerprint
    assert fake.requests[1].key not in {"", fingerprint}


def test_a_key_of_another_host_is_not_sent(fake, wire, monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", f"api.example.com {SECRET}")
    with pytest.raises(LLMError, match="bound to another host") as caught:
        complete(target_at(fake.url, wire), question(), attempt="a-1")
    assert fake.requests == []
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    own_frames = [frame for frame in shown.stack if "/arena/llm/" in frame.filename and "/tests/" not in frame.filename]
    assert own_frames
    assert SECRET not in repr([frame.locals for frame in own_frames])
