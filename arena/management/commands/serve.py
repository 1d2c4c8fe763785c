"""Runs the whole site on one machine: web and worker, one log, until Ctrl-C."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from arena.commands.arguments import port, whole_number
from arena.config.celery import app
from arena.config.proxies import public_url
from arena.config.serving.preparing import bring_database_up, collect_statics, keep_private
from arena.config.serving.supervisor import CannotServe, Child, PrefixedLog, folder_held, listen, site_of, url_of
from arena.config.worker.broker_check import trouble_with_broker
from arena.operations.one_time_login import LINK_MINUTES, make_link, needs_link
from arena.operations.unused_database import unused_database

LOCAL = {"127.0.0.1", "localhost", "::1"}
type Beside = Callable[[], Sequence[tuple[str, list[str]]]]

# Threads share one processor, so more of them would only wait for it. On PostgreSQL some wait for locks while others answer.
THREADS = {"sqlite": 4, "postgresql": 8}


class Command(BaseCommand):
    help = "Serve the whole site on this machine: web pages and worker, until Ctrl-C."
    requires_system_checks: list[str] = []
    # Returns further programs to run (name, arguments of Python); called once the data folder is locked for this site.
    stealth_options = ("beside",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (default 127.0.0.1)")
        parser.add_argument("--port", type=port, default=8000, help="default 8000; 0 means any free port")
        parser.add_argument(
            "--workers", type=whole_number("a number of processes", 1, 64), default=1, help="web processes (default 1)"
        )
        parser.add_argument(
            "--threads",
            type=whole_number("a number of threads", 1, 512),
            default=THREADS[connection.vendor],
            help="threads in each web process (default 4 on SQLite, where only one writes at a time, and 8 on PostgreSQL)",
        )
        parser.add_argument(
            "--concurrency",
            type=whole_number("a number of tasks", 1, 256),
            default=4,
            help="tasks that the worker runs at a time (default 4)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sizes = {name: options[name] for name in ("host", "port", "workers", "threads", "concurrency")}
            self._serve(**sizes, beside=options.get("beside", tuple))
        except CannotServe as reason:
            raise CommandError(str(reason), returncode=2) from reason

    def _serve(self, *, host: str, port: int, beside: Beside, **sizes: int) -> None:
        with listen(host, port) as listener, folder_held(settings.DATA_DIR, url_of(listener)):
            if trouble := trouble_with_broker(app):
                raise CannotServe(trouble)
            keep_private(settings.DATA_DIR)
            if n_applied := bring_database_up():
                self._say(f"Brought the database up to date ({n_applied} migrations).")
            if collect_statics():
                self._say("Collected the static files.")
            if unused := unused_database():
                self._say(self.style.WARNING(unused))
            if host not in LOCAL:
                self._say(f"Reachable from other machines. Answers to {', '.join(settings.ALLOWED_HOSTS)}: "
                          "AGON_ALLOWED_HOSTS must hold the name they use.")  # fmt: skip
            more = [Child(name, [sys.executable, *argv], is_needed=False) for name, argv in beside()]
            site = site_of(listener, log=PrefixedLog(sys.stderr), beside=more, **sizes)
            site.run(on_ready=lambda: self._announce(url_of(listener)))

    def _announce(self, url: str) -> None:
        self._say(self.style.SUCCESS(f"\nAgon is running: {url}"))
        if needs_link():
            self._say(f"Sign in as admin (once, within {LINK_MINUTES} minutes): {public_url(url).rstrip('/')}{make_link()}")
        else:
            self._say(f"Sign in at {public_url(url)}login/ or, without a password, with the link of `manage.py enter_link`.")
        self._say("Stop it with Ctrl-C.\n")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
