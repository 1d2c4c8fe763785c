"""A server that says exactly the given bytes and keeps exactly the bytes it got; for what no honest server does."""

import contextlib
import socket
import threading
import time


class RawServer:
    def __init__(self, *pieces, pause=0.0, context=None):
        self.pieces, self.pause, self.context = pieces, pause, context
        self.requests, self.names = [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._accepting = threading.Thread(target=self._serve, daemon=True)
        self._accepting.start()

    def close(self):
        stop_listening(self.socket, self._accepting)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            received = b""
            while not _is_whole(received):
                if not (piece := connection.recv(65536)):
                    return
                received += piece
            self.requests.append(received)
            for piece in self.pieces:
                connection.sendall(piece)
                time.sleep(self.pause)
            connection.close()


def stop_listening(listening, accepting):
    """Closed while its thread waits in `accept`, a socket's number may go to the next one, whose caller that thread answers."""
    listening.shutdown(socket.SHUT_RDWR)
    accepting.join()
    listening.close()


def _is_whole(received):
    head, end, body = received.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    return bool(end) and len(body) >= length


@contextlib.contextmanager
def raw_server(*pieces, **options):
    server = RawServer(*pieces, **options)
    try:
        yield server
    finally:
        server.close()


def reply(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextlib.contextmanager
def answering():
    """A server whose answer is set before each request."""
    with raw_server() as server:
        yield server
