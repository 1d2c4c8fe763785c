"""A reader that takes an answer steadily gets all of it; an answer that ends early does not look like a whole one."""

import contextlib
import signal
import socket
import time

import pytest

from tests.arena.config.small_server import serving
from tests.machine import wait_for

APP = """
import sys, time
from arena.config.serving import limits, web_server
limits.SILENT_SECONDS, limits.TEND_SECONDS, limits.GRACE_SECONDS = 2.0, 0.1, 1.0

def parts(path):
    for i in range(40):
        yield b"x" * 500_000
        if path == "/breaks" and i == 3:
            raise PermissionError("access was lost, on purpose")
        if path == "/slow":
            time.sleep(0.5)

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return parts(environ["PATH_INFO"])

if __name__ == "__main__":
    import socket
    web_server.serve(app, socket.socket(fileno=int(sys.argv[1])), threads=2, is_known=lambda claim: False)
"""
ALL = 40 * 500_000
VERSIONS = pytest.mark.parametrize("version", ["1.0", "1.1"])


@contextlib.contextmanager
def _asked(port, path, version="1.0"):
    """A connection whose client keeps little: the rest waits at the server."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        reader.settimeout(10)
        reader.connect(("127.0.0.1", port))
        reader.sendall(f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode())
        yield reader


def _read(reader, most=ALL * 2):
    n = 0
    while n < most and (part := reader.recv(min(65_536, most - n))):
        n += len(part)
    return n


def test_a_reader_that_is_slow_and_steady_gets_all(tmp_path):
    """It needs longer than the patience of the server for what the kernel takes at once."""
    with serving(APP, tmp_path) as (port, _), _asked(port, "/") as reader:
        n = 0
        for _ in range(40):
            n += _read(reader, 40_000)
            time.sleep(0.1)
        assert ALL <= n + _read(reader) < ALL + 500
    assert "cut short" not in (tmp_path / "log").read_text()


@VERSIONS
def test_a_reader_that_stops_is_told_that_the_answer_is_not_whole(tmp_path, version):
    with serving(APP, tmp_path) as (port, _), _asked(port, "/", version) as reader:
        wait_for(lambda: "an answer was cut short after" in (tmp_path / "log").read_text(), seconds=30)
        with pytest.raises(ConnectionResetError):
            _read(reader)


@VERSIONS
def test_an_answer_that_fails_on_its_way_does_not_look_whole(tmp_path, version):
    with serving(APP, tmp_path) as (port, _), _asked(port, "/breaks", version) as reader, pytest.raises(ConnectionResetError):
        _read(reader)
    assert "PermissionError: access was lost, on purpose" in (tmp_path / "log").read_text()


@VERSIONS
def test_an_answer_that_the_server_stops_in_does_not_look_whole(tmp_path, version):
    with serving(APP, tmp_path) as (port, server), _asked(port, "/slow", version) as reader:
        _read(reader, 100_000)
        server.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            _read(reader)
        assert server.wait(10) == 0
    assert "the server stops" in (tmp_path / "log").read_text()


def test_a_reader_that_leaves_is_no_failure(tmp_path):
    with serving(APP, tmp_path) as (port, _):
        with _asked(port, "/slow") as reader:
            _read(reader, 100_000)
        time.sleep(1.5)
        with _asked(port, "/slow") as reader:
            assert _read(reader, 1_000) == 1_000
    assert "Traceback" not in (tmp_path / "log").read_text()
