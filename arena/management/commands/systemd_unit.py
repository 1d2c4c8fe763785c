"""Prints a unit by which systemd keeps the site, or a worker, running on this machine."""

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
# What is under way is finished first; a run that is cut short goes on after the start.
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
        "Print a systemd unit for this folder, this Python and this data folder; settings are read from the .env file here. "
        "A proxy in front ends TLS."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default=getpass.getuser(), metavar="NAME", help="who runs it; whoever asks by default")
        parser.add_argument("--host", default="127.0.0.1", help="where the proxy asks; this machine by default")
        parser.add_argument("--port", type=port, default=8000)
        parser.add_argument("--worker", action="store_true", help="a worker alone, for more of them on other machines")

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
    """systemd reads % as the beginning of a specifier."""
    return str(path).replace("%", "%%")


def _quoted(path: Path) -> str:
    written = _escaped(path)
    return f'"{written}"' if " " in written else written
