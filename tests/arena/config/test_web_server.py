"""Whoever sends slowly costs a connection, never a thread; whoever sends steadily arrives."""

import contextlib
import http.client
import os
import signal
import socket
import statistics
import time

import pytest

from arena.config.serving import web_server
from tests.arena.config.small_server import serving

# Patience is short here, and the server has two threads. It says how many bytes of a body it read; /wait?N holds a thread.
APP = """
import sys, time
from arena.config.serving import limits, web_server
limits.HEAD_SECONDS, limits.SILENT_SECONDS, limits.KEPT_SECONDS = 1.0, 1.0, 3.0
limits.MOST_OF_ONE, limits.TEND_SECONDS, limits.MOST_BYTES_OF_STRANGERS = 40, 0.1, 1_000_000

def app(environ, start_response):
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/wait":
        time.sleep(float(environ["QUERY_STRING"]))
    said = {"/large": b"x" * 5_000_000, "/who": environ["REMOTE_ADDR"].encode()}.get(environ["PATH_INFO"], b"%d" % len(body))
    if environ["PATH_INFO"] == "/fail":
        raise RuntimeError("on purpose")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([said[:3], said[3:]]) if environ["PATH_INFO"] == "/parts" else [said]

def is_known(claim):
    if claim.secret == "slow":
        time.sleep(0.5)
    if claim.secret == "down":
        raise RuntimeError("no database, on purpose")
    return claim in {(False, "1"), (False, "slow"), (True, "agon_x")}

if __name__ == "__main__":
    import socket
    web_server.allow_many_files()
    web_server.serve(app, socket.socket(fileno=int(sys.argv[1])), threads=2, is_known=is_known)
"""


def _serving(folder, address="127.0.0.1"):
    return serving(APP, folder, address)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    with _serving(folder) as (port, _):
        assert _get(port, timeout=30) == b"0"
        yield port
    assert "Traceback" not in (folder / "log").read_text()


def _get(port, path="/", timeout=5, address="127.0.0.1"):
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def _sends(stack, port, start, address="127.0.0.1"):
    sender = stack.enter_context(socket.create_connection((address, port), timeout=20))
    sender.sendall(start)
    return sender


def _sends_byte_by_byte(sender):
    for _ in range(50):
        time.sleep(0.1)
        sender.sendall(b"x")


def _read_all(sender):
    return b"".join(iter(lambda: sender.recv(65_536), b""))


def _ask(port, request):
    with contextlib.ExitStack() as stack:
        return _read_all(_sends(stack, port, request))


HALVES = {
    "of the head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ",
    "of the body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    "of a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
    "nothing at all": b"",
    "of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_keeps_no_thread(port, half):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            _sends(stack, port, half)
        began = time.monotonic()
        assert _get(port) == b"0"
        assert time.monotonic() - began < 0.8


def test_bytes_do_not_extend_the_time_for_headers(port):
    with contextlib.ExitStack() as stack:
        sender = _sends(stack, port, HALVES["of the head"])
        began = time.monotonic()
        with pytest.raises(OSError):
            _sends_byte_by_byte(sender)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("half", ["of the body", "of a chunk"])
def test_a_body_that_stops_or_trickles_is_let_go(port, half):
    with contextlib.ExitStack() as stack:
        stopped, trickling = (_sends(stack, port, HALVES[half]) for _ in range(2))
        with pytest.raises(OSError):
            _sends_byte_by_byte(trickling)
        assert stopped.recv(10) == b""


def test_a_slow_upload_that_keeps_sending_arrives(port):
    with contextlib.ExitStack() as stack:
        sender = _sends(stack, port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
        for _ in range(20):
            time.sleep(0.15)  # three seconds in all, thrice the patience
            sender.sendall(b"x" * 250)
        response = http.client.HTTPResponse(sender)
        response.begin()
        assert response.read() == b"5000"


LARGE = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3000000\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
CHUNKS = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"


@pytest.mark.parametrize(
    "known",
    [b"Cookie: sessionid=1", b"Cookie: a=b; sessionid=1 ;c=d", b"Cookie: sessionid=slow", b"Authorization: Bearer agon_x"],
)
def test_a_large_body_is_taken_from_those_who_are_known(port, known):
    assert _ask(port, LARGE + known + b"\r\n\r\n" + b"x" * 3_000_000).endswith(b"\r\n3000000")
    assert _ask(port, CHUNKED + known + b"\r\n\r\n" + CHUNKS * 20 + b"0\r\n\r\n").endswith(b"\r\n2000000")


@pytest.mark.parametrize(
    "made_up",
    [
        b"", b"Cookie: sessionid=2", b"Cookie: a=notsessionid=1", b"Cookie: notsessionid=1",
        b"Cookie: sessionid=1; sessionid=2", b"Authorization: Bearer agon_y",
        b"Authorization: Bearer agon_y\r\nCookie: sessionid=1",
        b"Authorization: Basic agon_x",
    ],
)  # fmt: skip
def test_a_large_body_is_not_taken_from_those_who_are_not(port, made_up):
    """Nor is it waited for."""
    headers = made_up + b"\r\n\r\n" if made_up else b"\r\n"
    for sent in (LARGE + headers, CHUNKED + headers + CHUNKS * 11):
        refused = _ask(port, sent)
        assert refused.startswith(b"HTTP/1.1 413")
        assert b"Sign in before you send a file" in refused
    assert _ask(port, CHUNKED + headers + CHUNKS + b"0\r\n\r\n").endswith(b"\r\n100000")


def test_a_large_body_is_not_taken_while_nobody_can_be_looked_up(tmp_path):
    with _serving(tmp_path) as (port, _):
        _get(port, timeout=30)
        assert _ask(port, LARGE + b"Cookie: sessionid=down\r\n\r\n").startswith(b"HTTP/1.1 503")
        assert _ask(port, LARGE + b"Cookie: sessionid=2\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_a_body_of_a_program_has_an_end(port):
    """It is refused by its length, before it comes."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 70000000\r\n"
    assert _ask(port, head + b"Authorization: Bearer agon_x\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_an_answer_that_nobody_takes_keeps_no_thread(port):
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            _sends(stack, port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        began = time.monotonic()
        assert _get(port) == b"0"
        assert time.monotonic() - began < 1.5


def test_of_one_address_the_connection_that_waited_longest_makes_room(port):
    with contextlib.ExitStack() as stack:
        waiting = [_sends(stack, port, b"") for _ in range(60)]
        assert _get(port) == b"0"
        assert waiting[0].recv(1) == b""
        waiting[-1].sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert _read_all(waiting[-1]).endswith(b"0")


def test_health_is_answered_while_all_threads_wait(port):
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            _sends(stack, port, b"GET /wait?1.5 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        assert _get(port, "/healthz") == b"0"
        assert time.monotonic() - began < 0.8
        assert _get(port, timeout=10) == b"0"


def test_a_connection_that_is_kept_serves_again_after_a_pause(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("POST", "/", b"x" * 10)
            assert connection.getresponse().read() == b"10"
            kept = connection.sock
            time.sleep(1.2)
        assert connection.sock is kept is not None


def test_requests_that_come_at_once_are_answered_in_order(port):
    one, last = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert [part[-1:] for part in _ask(port, one + one + last).split(b"HTTP/1.1 200 OK")[1:]] == [b"0", b"0", b"1"]


@pytest.mark.parametrize(
    "names", ["Content-Length: 3\r\nTransfer-Encoding: chunked", "transfer-encoding: x\r\ncontent-LENGTH:3"]
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_body_of_two_lengths_is_refused_and_the_connection_ends(port, names, version):
    """RFC 9112, 6.3: what one program takes for the body, another takes for the next request."""
    hidden = "0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
        sender.sendall(f"POST / HTTP/{version}\r\nHost: x\r\n{names}\r\n\r\n{hidden}".encode())
        answer = _read_all(sender).decode()
    assert answer.partition(" ")[2].startswith("400 Bad Request")
    assert "connection: close" in answer.lower()
    assert answer.count("HTTP/1.") == 1


@pytest.mark.parametrize("path", ["/", "/large", "/parts"])
def test_head_gets_headers_only(port, path):
    said = _ask(port, b"HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b"\r\n\r\n")
    assert said.count(b"\r\n\r\n") == 1


def test_who_waits_for_a_continue_gets_it(port):
    with contextlib.ExitStack() as stack:
        sender = _sends(
            stack, port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert sender.recv(100).startswith(b"HTTP/1.1 100 Continue")
        sender.sendall(b"1234")
        assert _read_all(sender).endswith(b"4")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", 400),
        (b"GET /?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Y: %s\r\n" % (b"z" * 1000) * 80 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_requests_of_other_forms(port, request_, status):
    assert int(_ask(port, request_).split()[1]) == status


def test_an_address_of_version_6_and_a_failure_and_a_stop_under_load(tmp_path):
    """What was asked is answered, also where the server is told to stop; a call that comes later waits for the next one."""
    with _serving(tmp_path, "::1") as (port, server):
        assert _get(port, "/who", timeout=30, address="::1") == b"::1"
        assert b"internal server error" in _get(port, "/fail", address="::1")
        with contextlib.ExitStack() as stack:
            request = b"GET /wait?0.5 HTTP/1.1\r\nHost: x\r\n\r\n"
            askers = [_sends(stack, port, request, address="::1") for _ in range(4)]
            time.sleep(0.4)
            server.send_signal(signal.SIGTERM)
            assert server.wait(10) == 0
            assert [_read_all(asker)[-1:] for asker in askers] == [b"0"] * 4
        with socket.create_connection(("::1", port), timeout=2):  # the listener is another's: nobody is refused
            pass


def _attacked(port, *, slow, seconds, stack):
    """The 95th percentile of ordinary requests while `slow` others send a byte now and then and reconnect when cut."""
    until = time.monotonic() + seconds
    senders, took = [], []
    while time.monotonic() < until:
        senders += [_sends(stack, port, HALVES["of the head"]) for _ in range(slow - len(senders))]
        for sender in list(senders):
            try:
                sender.sendall(b"x")
            except OSError:
                senders.remove(sender)
        for _ in range(5):
            began = time.monotonic()
            assert _get(port, timeout=10) == b"0"
            took.append(time.monotonic() - began)
            time.sleep(0.05)
    return statistics.quantiles(took, n=20)[-1]


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_64_slow_senders_do_not_slow_the_others(port, seconds):
    with contextlib.ExitStack() as stack:
        assert _attacked(port, slow=64, seconds=seconds, stack=stack) < 1


def test_200_connections_that_send_nothing_do_not_slow_the_others(port):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            _sends(stack, port, b"")
        assert _attacked(port, slow=0, seconds=1, stack=stack) < 1


def test_uploads_that_a_server_left_go_when_the_next_one_starts(tmp_path):
    old, new, other = tmp_path / "tmp1.upload.parquet", tmp_path / "tmp2.upload.gz", tmp_path / "kept"
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 7_200,) * 2)
    web_server.forget_uploads(tmp_path)
    assert sorted(tmp_path.iterdir()) == [other, new]
