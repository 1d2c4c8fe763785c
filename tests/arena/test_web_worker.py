"""Whoever sends half a request gives the thread back; whoever sends slowly arrives."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time

import pytest

from tests import machine

# One second is the patience here; the server has two threads and says how many bytes of a body it read.
APP = """
from arena.config import web_worker
web_worker.PATIENCE = web_worker.PatientUnreader.seconds_left = 1.0

def app(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(str(len(body)))))])
    return [str(len(body)).encode()]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("web"), machine.free_port()
    (folder / "counting.py").write_text(APP)
    command = [sys.executable, "-m", "gunicorn", "-k", "arena.config.web_worker.PatientWorker", "--threads", "2"]
    command += ["-b", f"127.0.0.1:{port}", "--keep-alive", "5", "counting:app"]
    paths = os.pathsep.join([str(folder), str(machine.ROOT)])
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": paths}, stdout=log, stderr=log)
        try:
            machine.wait_for(lambda: _answers(port), seconds=60)
            yield port
        finally:
            server.terminate()
            server.wait(20)
    assert "Traceback" not in (folder / "log").read_text()


def _answers(port):
    with contextlib.suppress(OSError):
        return _get(port, timeout=5)


def _get(port, timeout):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().read()


def _sends(stack, port, start):
    sender = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
    sender.sendall(start)
    return sender


def _sends_byte_by_byte(sender):
    for _ in range(50):
        time.sleep(0.2)
        sender.sendall(b"x")


@pytest.mark.parametrize(
    "half",
    [b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", b""],
    ids=["of the head", "of the body", "nothing at all"],
)
def test_half_a_request_keeps_no_thread(port, half):
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            _sends(stack, port, half)
        assert _get(port, timeout=10) == b"0"


def test_one_byte_now_and_then_keeps_no_thread(port):
    with contextlib.ExitStack() as stack:
        sender = _sends(stack, port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        with pytest.raises(OSError):
            _sends_byte_by_byte(sender)


def test_a_slow_upload_that_keeps_sending_arrives(port):
    with contextlib.ExitStack() as stack:
        sender = _sends(stack, port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
        for _ in range(20):
            time.sleep(0.15)  # three seconds in all, thrice the patience
            sender.sendall(b"x" * 250)
        response = http.client.HTTPResponse(sender)
        response.begin()
        assert response.read() == b"5000"


def test_a_connection_that_is_kept_serves_again_after_a_pause(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("POST", "/", b"x" * 10)
            assert connection.getresponse().read() == b"10"
            kept = connection.sock
            time.sleep(1.2)
        assert connection.sock is kept is not None
