"""Prints a new one-time admin link."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from arena.config.proxies import public_url
from arena.config.serving.supervisor import running_url
from arena.operations.one_time_login import LINK_MINUTES, make_link


class Command(BaseCommand):
    help = "Print a link that signs you in as admin: once, within 15 minutes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", help="address of the site, where another than this machine's own is meant")

    def handle(self, *args: Any, **options: Any) -> None:
        site = options["site"] or public_url(running_url(settings.DATA_DIR) or "http://127.0.0.1:8000/")
        self.stdout.write(site.rstrip("/") + make_link())
        self.stderr.write(f"It works once, for {LINK_MINUTES} minutes.")
