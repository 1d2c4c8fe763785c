"""Serves a real, small language model on loopback: no key, no network, no cost."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from arena.commands.arguments import port
from arena.llm.local import HOST, MODEL, CannotServeModel, LocalModelMissingError, serving_model
from arena.models import Endpoint

NAME = "local SmolLM2"
PORT = 8091
TIMEOUT_SECONDS = 600  # on a busy machine a long prompt takes its time


class Command(BaseCommand):
    help = (
        f"Serve {MODEL} on loopback, in OpenAI's format, until Ctrl-C. Needs the packages of requirements-local.txt. "
        "Agon calls a private address only if the environment or .env names it: start the site, worker and commands with "
        f"AGON_ENDPOINTS_ALLOWED={HOST}:{PORT}, or with the port that you choose."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=port, default=PORT, help=f"default {PORT}; 0 takes a free one")
        parser.add_argument(
            "--threads", type=int, default=1, help="default 1; more are slower if other programs share the cores"
        )
        parser.add_argument(
            "--register", action="store_true", help=f"create or update the endpoint {NAME!r}, without a key or prices"
        )

    def handle(self, *args: Any, port: int, threads: int, register: bool, **options: Any) -> None:
        if threads < 1:
            raise CommandError(f"--threads {threads}: at least 1 is allowed", returncode=2)
        try:
            with serving_model(port=port, threads=threads) as base_url:
                self._announce(base_url, is_registered=register)
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # at once: an orderly end would wait for the answer under way
                threading.Event().wait()
        except KeyboardInterrupt:
            return
        except (LocalModelMissingError, CannotServeModel) as error:
            raise CommandError(str(error), returncode=2) from None

    def _announce(self, base_url: str, *, is_registered: bool) -> None:
        self.stdout.write(self.style.SUCCESS(f"{MODEL} answers at {base_url}"))
        if is_registered:
            made = register_endpoint(base_url)
            self.stdout.write(f"The endpoint {NAME!r} is {'created' if made else 'up to date'}.")
        else:
            self.stdout.write(
                f"Endpoint settings: API format openai, base URL {base_url}, model {MODEL}, no key, prices 0, 1 call at once. "
                f"--register creates this endpoint as {NAME!r}."
            )
        address = urlsplit(base_url).netloc
        if address not in settings.ENDPOINTS_ALLOWED:
            self.stdout.write(f"Start the site and the commands that call it with AGON_ENDPOINTS_ALLOWED={address}")
        self.stdout.write("Stop it with Ctrl-C.")
        self.stdout.flush()


def register_endpoint(base_url: str) -> bool:
    """Create or update the endpoint, and return whether it is new.

    The model answers one call at a time, so one is sent at a time: waiting in a queue would count as latency.
    """
    endpoint = Endpoint.objects.filter(name=NAME).first()
    is_new, endpoint = endpoint is None, endpoint or Endpoint(name=NAME)
    endpoint.wire, endpoint.base_url, endpoint.model, endpoint.key_name = Endpoint.Wire.OPENAI, base_url, MODEL, ""
    endpoint.price_in = endpoint.price_out = 0
    endpoint.max_concurrency, endpoint.timeout_seconds = 1, TIMEOUT_SECONDS
    endpoint.forget()
    endpoint.save()
    return is_new
