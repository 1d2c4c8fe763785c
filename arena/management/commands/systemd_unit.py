"""Prints a systemd unit that keeps the site, or a worker, running on this machine."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from arena.commands.arguments import port

UNIT = """\
# Written by `manage.py systemd_unit`. Save it as /etc/systemd/system/{name}.service, then:
#   systemctl daemon-reload && systemctl enable --now {name} && journalctl -u {name} -f
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target postgresql.service redis-server.service

[Service]
User={user}
WorkingDirectory={folder}
ExecStart={command}
Restart=always
RestartSec=5
# Requests and tasks that are under way finish first; an interrupted run continues after the next start.
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=8192
UMask=0077
NoNewPrivileges=true
PrivateTmp=true
PrivateDevices=true
ProtectSystem=strict
ReadWritePaths={data}
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictSUIDSGID=true
LockPersonality=true

[Install]
WantedBy=multi-user.target
"""


class Command(BaseCommand):
    help = (
        "Print a systemd unit for this folder, this Python and this data folder; settings come from this folder's .env file. "
        "A proxy in front of the site has to terminate TLS."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--user", default=getpass.getuser(), metavar="NAME", help="user that runs it; default: the current user"
        )
        parser.add_argument("--host", default="127.0.0.1", help="address that the proxy connects to; default: this machine")
        parser.add_argument("--port", type=port, default=8000)
        parser.add_argument("--worker", action="store_true", help="print the unit of a worker only, for further machines")

    def handle(self, *args: Any, **options: Any) -> None:
        python = Path(sys.prefix) / "bin" / "python"
        if options["worker"]:
            name, description = "agon-worker", "Worker of Agon"
            command = f"{_quoted(python)} -m celery -A arena.config worker -P threads -c 8"
        else:
            name, description = "agon", "Agon, an arena for language models"
            command = f"{_quoted(python)} manage.py serve --host {options['host']} --port {options['port']}"
        unit = UNIT.format(
            name=name, description=description, command=command, user=options["user"], folder=_escaped(settings.BASE_DIR),
            data=_quoted(settings.DATA_DIR),
        )  # fmt: skip
        self.stdout.write(unit, ending="")


def _escaped(path: Path) -> str:
    """Escape %, which begins a specifier in systemd units."""
    return str(path).replace("%", "%%")


def _quoted(path: Path) -> str:
    written = _escaped(path)
    return f'"{written}"' if " " in written else written
