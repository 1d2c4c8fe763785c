"""One deadline over a call: whatever part of it a server or a name drags out, it ends in time; a wrong protocol is named."""

import socket
import ssl
import threading
import time

import pytest

from arena.llm.client import close_clients, complete
from arena.llm.failures.errors import Cause, Kind, LLMError
from tests.arena.llm.conftest import question, target_at
from tests.arena.llm.raw_server import raw_server, reply, stop_listening
from tests.arena.llm.test_transport import certificate  # noqa: F401  a fixture

SECONDS, SLACK = 0.6, 1.5


def timed(url, wire="openai", **options):
    changes = {"timeout": SECONDS} | {name: options.pop(name) for name in ("timeout",) if name in options}
    started = time.monotonic()
    with pytest.raises(LLMError) as caught:
        complete(target_at(url, wire, **changes), question(), attempt="a-1", **options)
    return caught.value, time.monotonic() - started


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"x-more: 1\r\n"] * 50],
        [*(bytes([each]) for each in b"HTTP/1.1 200 OK" * 3)],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", *[b" "] * 50],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 50],
        [*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 50],
    ],
    ids=["headers", "status", "body", "chunks", "continue"],
)
def test_what_trickles_is_cut_at_the_deadline(wire, pieces):
    with raw_server(*pieces, pause=0.1) as server:
        error, seconds = timed(f"http://127.0.0.1:{server.port}", wire)
    assert (error.kind, error.cause) == (Kind.TEMPORARY, Cause.TIMEOUT)
    assert seconds < SECONDS + SLACK


def test_a_name_that_is_looked_up_for_ever_is_cut_at_the_deadline():
    def resolve(host, port):
        time.sleep(3)
        return ["127.0.0.1"]

    error, seconds = timed("http://127.0.0.1:9", resolve=resolve)
    assert (error.kind, error.was_sent) == (Kind.TEMPORARY, False)
    assert "not found in time" in error.reason
    assert seconds < SECONDS + SLACK


def test_who_waits_for_anothers_look_up_waits_no_longer():
    def resolve(host, port):
        time.sleep(2)
        return ["127.0.0.1"]

    slow = threading.Thread(target=timed, args=("http://127.0.0.1:9",), kwargs={"resolve": resolve, "timeout": 5.0})
    slow.start()
    time.sleep(0.2)
    error, seconds = timed("http://127.0.0.1:9", resolve=resolve)
    assert (error.kind, error.was_sent) == (Kind.TEMPORARY, False)
    assert seconds < SECONDS + SLACK
    slow.join()


def test_a_handshake_that_trickles_is_cut_at_the_deadline():
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle():
        connection, _ = listening.accept()
        connection.recv(4096)
        for piece in b"\x16\x03\x03\x40\x00" + b"\x02" * 60:
            try:
                connection.sendall(bytes([piece]))
            except OSError:
                return
            time.sleep(0.1)

    threading.Thread(target=trickle, daemon=True).start()
    error, seconds = timed(f"https://127.0.0.1:{listening.getsockname()[1]}")
    assert error.kind is Kind.TEMPORARY
    assert seconds < SECONDS + SLACK
    listening.close()


def test_a_server_that_reads_nothing_is_cut_at_the_deadline():
    listening = socket.create_server(("127.0.0.1", 0))
    target = target_at(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=SECONDS)
    started = time.monotonic()
    with pytest.raises(LLMError):
        complete(target, question("x" * 8_000_000), attempt="a-1")
    assert time.monotonic() - started < SECONDS + SLACK
    listening.close()


@pytest.mark.parametrize("answer", [(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",), ()], ids=["refuses", "closes"])
def test_tls_spoken_to_a_plain_port_is_named_at_once(answer):
    """A plain server reads the handshake as a line: it refuses it in plain text, or hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            asked = connection.recv(4096)
            for piece in answer or ((b"HTTP/1.0 200 OK\r\n\r\n",) if asked.startswith(b"HEAD") else ()):
                connection.sendall(piece)
            connection.close()

    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    error, seconds = timed(f"https://127.0.0.1:{listening.getsockname()[1]}", timeout=5.0)
    stop_listening(listening, accepting)
    assert (error.kind, error.cause, error.was_sent) == (Kind.ENDPOINT, Cause.ADDRESS, False)
    assert "speaks HTTP without TLS" in error.reason
    assert seconds < 3


def test_plain_http_spoken_to_a_tls_port_is_named_at_once(certificate, wire):  # noqa: F811
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with raw_server(reply(b"{}"), context=context) as server:
        error, seconds = timed(f"http://127.0.0.1:{server.port}", wire, timeout=5.0)
    assert (error.kind, error.cause, error.was_sent) == (Kind.ENDPOINT, Cause.ADDRESS, False)
    assert "speaks TLS" in error.reason
    assert seconds < 3


def test_a_server_that_answered_before_is_not_asked_what_it_speaks():
    with raw_server(reply(b"{}")) as server:
        url = f"http://127.0.0.1:{server.port}"
        timed(url, timeout=5.0)
        server.pieces = ()
        error, _ = timed(url, timeout=5.0)
        assert error.cause is Cause.DROPPED
        close_clients()
