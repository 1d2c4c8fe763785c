import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from arena.llm.addresses import is_public, place_of, resolve_host
from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from tests.arena.llm.conftest import question, target_at
from tests.arena.llm.raw_server import raw_server, reply

PUBLIC = "93.184.216.34"
GOOD = b'{"model":"m","choices":[{"message":{"content":"[[A]]"},"finish_reason":"stop"}]}'


def resolving(*addresses):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.254",
     "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "168.63.129.16",
     "::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
     "::ffff:a00:1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
     "::127.0.0.1", "fe80::1%eth0", "not an address", "3fff::1", "3ffe:831f::1", "2001:20::1", "2001:2::1", "2001:4:112::1",
     "2620:4f:8000::1", "192.0.0.9", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "5f00::1", "4000::1",
     "100::1", "e000::1"],
)  # fmt: skip
def test_addresses_that_lead_inside_are_not_public(address):
    assert not is_public(address)
    with pytest.raises(LLMError, match="no public address") as caught:
        place_of("https://judge.example", allowed=frozenset(), resolve=resolving(address))
    assert (caught.value.kind, caught.value.cause, caught.value.was_sent) == (Kind.ENDPOINT, Cause.ADDRESS, False)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "100.63.255.255", "172.32.0.1"])
def test_public_addresses_are_taken(address):
    place = place_of("https://judge.example/v1", allowed=frozenset(), resolve=resolving(address))
    assert (place.host, place.port, place.addresses) == ("judge.example", 443, (address,))


def test_one_inward_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(LLMError, match=r"leads to 10\.0\.0\.1"):
        place_of("https://judge.example", allowed=frozenset(), resolve=resolving(PUBLIC, "10.0.0.1"))


def test_an_allowed_host_and_port_may_be_inside_and_without_tls():
    allowed = frozenset({"gpu.local:8080", "[::1]:8080"})
    assert place_of("http://GPU.local:8080/v1", allowed=allowed, resolve=resolving("10.0.0.9")).addresses == ("10.0.0.9",)
    assert place_of("http://[::1]:8080/v1", allowed=allowed, resolve=resolving("::1")).host == "::1"
    with pytest.raises(LLMError, match="no public address"):
        place_of("https://gpu.local:8081/v1", allowed=allowed, resolve=resolving("10.0.0.9"))


def test_plain_http_is_refused_even_to_a_public_address():
    with pytest.raises(LLMError, match="without TLS"):
        place_of("http://judge.example", allowed=frozenset(), resolve=resolving(PUBLIC))


@pytest.mark.parametrize(
    "url",
    ["", "judge.example", "ftp://judge.example", "file:///etc/passwd", "https://", "https://user:pw@judge.example",
     "https://judge.example?x=1", "https://judge.example#x", "https://judge.example:99999", "https://judge.example:0",
     "https://jüdge.example", "https://judge.example\\@evil", "https://judge .example", "https://judge.example/a%2fb"],
)  # fmt: skip
def test_a_base_url_of_another_shape_is_refused_before_any_look_up(url):
    def resolve(host, port):
        raise AssertionError("looked up")

    with pytest.raises(LLMError, match="base URL"):
        place_of(url, allowed=frozenset(), resolve=resolve)


@pytest.mark.parametrize("url", ["https://2130706433", "https://0x7f000001", "https://127.1", "https://0"])
def test_other_spellings_of_loopback_are_found_out_by_the_resolver(url):
    with pytest.raises(LLMError) as caught:
        place_of(url, allowed=frozenset(), resolve=resolve_host)
    assert not caught.value.was_sent


def test_a_name_without_an_address_is_a_temporary_failure():
    def resolve(host, port):
        raise OSError("Name or service not known")

    with pytest.raises(LLMError, match="has no address just now") as caught:
        place_of("https://judge.example", allowed=frozenset(), resolve=resolve)
    assert caught.value.kind is Kind.TEMPORARY


def test_a_name_that_changes_its_mind_after_the_check_leads_nowhere_else(wire, monkeypatch):
    """Rebinding: the name is asked for once; the connection goes to the address that was checked."""
    monkeypatch.setenv("AGON_KEY_TEST", "judge.example sk-12345678")
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]])
    asked = []

    def resolve(host, port):
        asked.append(host)
        return next(answers)

    with raw_server(reply(b"{}")) as server:
        target = target_at(f"http://judge.example:{server.port}", wire)
        for attempt in ("1", "2", "3"):
            with pytest.raises(LLMError, match="no completion"):
                complete(target, question(), attempt=attempt, resolve=resolve)
    assert asked == ["judge.example"]
    assert len(server.requests) == 3
    assert all(f"host: judge.example:{server.port}".encode() in request.lower() for request in server.requests)


def test_a_name_is_looked_up_and_checked_anew_when_its_address_is_gone(monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", "judge.example sk-12345678")
    with raw_server(reply(GOOD)) as server:
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])
        target = target_at(f"https://judge.example:{server.port}", allowed=frozenset())

        def resolve(host, port):
            return next(answers)

        for address in ("127.0.0.1", "10.0.0.1"):
            with pytest.raises(LLMError, match=f"leads to {address}"):
                complete(target, question(), attempt="a", resolve=resolve)
    assert server.requests == []


def test_the_next_address_is_tried_where_the_first_takes_no_connection(monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", "judge.example sk-12345678")
    with raw_server(reply(GOOD)) as server:
        target = target_at(f"http://judge.example:{server.port}")
        resolve = resolving("127.0.0.9", "127.0.0.1")  # nothing listens on the first
        assert complete(target, question(), attempt="a", resolve=resolve).text == "[[A]]"
    assert len(server.requests) == 1


def test_threads_that_wait_for_one_look_up_share_its_failure():
    asked = []

    def resolve(host, port):
        asked.append(host)
        time.sleep(0.3)
        raise OSError("no answer")

    def ask(number):
        with pytest.raises(LLMError, match="no address just now"):
            complete(target_at("https://judge.example", allowed=frozenset()), question(), attempt=str(number), resolve=resolve)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(16)))
    assert len(asked) < 4


@pytest.mark.parametrize("port", [22, 25, 465, 993])
def test_ports_of_other_services_have_to_be_allowed(port):
    url = f"https://judge.example:{port}/"
    with pytest.raises(LLMError, match=f"the port of judge.example:{port} is one of other services"):
        place_of(url, allowed=frozenset(), resolve=resolving(PUBLIC))
    assert place_of(url, allowed=frozenset({f"judge.example:{port}"}), resolve=resolving(PUBLIC)).port == port
    assert place_of("https://judge.example:8443/", allowed=frozenset(), resolve=resolving(PUBLIC)).port == 8443
