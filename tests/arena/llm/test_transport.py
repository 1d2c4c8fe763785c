"""TLS to a pinned address: SNI, Host and the certificate's name are those of the name that was asked for."""

import shutil
import ssl
import subprocess

import httpx2
import pytest

from arena.llm.addresses import Place
from arena.llm.client import complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from arena.llm.transport import PinnedTransport
from tests.arena.llm.conftest import question, target_at
from tests.arena.llm.raw_server import raw_server, reply


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=judge.example", "-addext",
         "subjectAltName=DNS:judge.example", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with raw_server(reply(b"{}"), context=context) as running:
        context.sni_callback = lambda connection, name, context: running.names.append(name)
        yield running


def asked(server, host, trust):
    place = Place(host, server.port, ("127.0.0.1",))
    transport = PinnedTransport(place, secret={"authorization": "Bearer x"}, seconds=5, verify=trust)
    with httpx2.Client(transport=transport, trust_env=False) as http:
        return http.post(f"https://{host}:{server.port}/v1", json={})


def test_name_and_host_stay_the_original_ones(server, certificate):
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    assert asked(server, "judge.example", trust).status_code == 200
    assert server.names == ["judge.example"]
    assert f"host: judge.example:{server.port}".encode() in server.requests[0].lower()


def test_a_certificate_of_another_name_is_refused(server, certificate):
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        asked(server, "other.example", trust)
    assert server.requests == []


def test_a_certificate_of_no_known_authority_is_refused(server):
    with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"):
        asked(server, "judge.example", None)
    assert server.requests == []


def test_a_request_for_another_host_never_leaves(server):
    place = Place("judge.example", server.port, ("127.0.0.1",))
    transport = PinnedTransport(place, secret={"authorization": "Bearer x"}, seconds=5)
    with httpx2.Client(transport=transport) as http, pytest.raises(httpx2.UnsupportedProtocol):
        http.get(f"https://elsewhere.example:{server.port}/")


def test_a_call_to_a_server_with_a_wrong_certificate_is_final_for_the_endpoint(server, wire):
    with pytest.raises(LLMError, match="certificate") as caught:
        complete(target_at(f"https://127.0.0.1:{server.port}", wire), question(), attempt="a-1")
    assert (caught.value.kind, caught.value.cause, caught.value.was_sent) == (Kind.ENDPOINT, Cause.ADDRESS, False)
    assert server.requests == []


def test_an_address_that_takes_no_connection_is_tried_once():
    with raw_server(reply(b"{}")) as server:
        place = Place("judge.example", server.port, ("127.0.0.9", "127.0.0.1"))
        transport = PinnedTransport(place, secret={}, seconds=5)
        tried = []
        inner = transport._inner.handle_request
        transport._inner.handle_request = lambda request: tried.append(request.url.host) or inner(request)
        with httpx2.Client(transport=transport) as http:
            for _ in range(2):
                http.get(f"http://judge.example:{server.port}/")
    assert tried == ["127.0.0.9", "127.0.0.1", "127.0.0.1"]
