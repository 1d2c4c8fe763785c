"""The event loop: it reads requests and sends answers; a thread is given to a request that is whole."""

import copy
import logging
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from arena.config.serving import limits
from arena.config.serving.connections import Asking, BufferedChannel
from arena.config.serving.request_parser import Claim

HEALTH = "/healthz"


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serve on a socket that another process listens on, until it is told to stop."""

    channel_class = BufferedChannel
    is_stopping = False
    next_channel_cleanup = float("inf")  # waitress' own goes by a clock that may be set back; `tend` does it

    def __init__(self, application: Any, listener: socket.socket, *, threads: int, is_known: Callable[[Claim], bool]) -> None:
        adjustments = Adjustments(
            sockets=[listener], threads=threads, ident="", connection_limit=2 * limits.MOST_OF_ALL, channel_timeout=2**31,
            clear_untrusted_proxy_headers=False,  # Django reads them where AGON_BEHIND_PROXY is true
            max_request_header_size=65_536, max_request_body_size=limits.MOST_BYTES, outbuf_high_watermark=256 << 20,
            asyncore_use_poll=True, log_socket_errors=False,
        )  # fmt: skip
        adjustments.of_strangers, adjustments.of_programs = copy.copy(adjustments), copy.copy(adjustments)
        adjustments.of_programs.of_strangers = adjustments.of_strangers
        adjustments.of_strangers.max_request_body_size = limits.MOST_BYTES_OF_STRANGERS
        adjustments.of_programs.max_request_body_size = limits.MOST_BYTES_OF_PROGRAMS
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.health, self.asking, self.is_known = _dispatcher(1), _dispatcher(1), is_known
        self.asked = deque[Asking]()
        self._tended_at = self._stopped_at = time.monotonic()
        super().__init__(
            application, {}, _sock=listener, dispatcher=_dispatcher(threads), adj=adjustments, bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )  # fmt: skip
        self.server_name = self.effective_host

    def add_task(self, task: BufferedChannel) -> None:
        is_health = getattr(task.requests[0], "path", "") == HEALTH
        (self.health if is_health else self.task_dispatcher).add_task(task)

    def ask(self, asking: Asking) -> None:
        self.asking.add_task(asking)

    def handle_accept(self) -> None:
        super().handle_accept()
        if len(self.active_channels) > limits.MOST_OF_ONE:
            self._make_room()

    def run(self) -> None:
        while not self.is_stopping:
            self._turn()
        self.del_channel()  # the socket is left open: new connections wait for the next server
        self._stopped_at = time.monotonic()
        while time.monotonic() < self._stopped_at + limits.GRACE_SECONDS and self._has_work():
            self._turn()
        for each in list(self.active_channels.values()):
            each.cut("the server stops")

    def stop(self, *_: object) -> None:
        self.is_stopping = True
        self.pull_trigger()

    def _turn(self) -> None:
        wasyncore.loop(timeout=limits.TEND_SECONDS, use_poll=True, map=self._map, count=1)
        while self.asked:
            asking = self.asked.popleft()
            asking.channel.settle(asking.request, asking.error)
        now = time.monotonic()
        if now - self._tended_at >= limits.TEND_SECONDS:
            self._tended_at = now
            for each in list(self.active_channels.values()):
                if each.is_late(now):
                    each.cut("its reader takes nothing, or next to nothing")

    def _has_work(self) -> bool:
        """A connection that is quiet is closed; what has just been sent on one is still read and answered."""
        now = time.monotonic()
        for each in list(self.active_channels.values()):
            if each.is_idle and now - max(each.began_at, self._stopped_at) > limits.TEND_SECONDS:
                each.handle_close()
        return bool(self.active_channels)

    def _make_room(self) -> None:
        waiting = sorted((each for each in self.active_channels.values() if each.is_waiting), key=lambda each: each.began_at)
        of_address = Counter(each.addr[0] for each in waiting)
        n_all = len(self.active_channels)
        for each in waiting:
            if of_address[each.addr[0]] > limits.MOST_OF_ONE or n_all > limits.MOST_OF_ALL:
                of_address[each.addr[0]] -= 1
                n_all -= 1
                each.handle_close()


def _dispatcher(n_threads: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(n_threads)
    return dispatcher
