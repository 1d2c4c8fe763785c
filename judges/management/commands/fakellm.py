"""Serves a fake language model on loopback, for trying things out and for tests."""

import json
import os
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.commands.arguments import port
from arena.commands.import_command import AsWritten
from arena.importing.files.json_objects import KeysOnce
from judges.fakellm.script import BEHAVIOURS, Script
from judges.fakellm.script_schema import described
from judges.fakellm.server import HOST, serving
from judges.sample import sample_script


class Command(BaseCommand):
    help = (
        "Serve scripted replies on loopback in both wire formats (/v1/chat/completions, /v1/messages); /__log lists requests."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = AsWritten
        parser.epilog = described(sorted(BEHAVIOURS)).replace("%", "%%")
        parser.add_argument("--port", type=port, default=8765)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--script", type=Path, metavar="FILE", help="JSON, as below; without it every reply says [[A]]")
        what.add_argument("--sample", action="store_true", help="the scripted judges of the sample arena")

    def handle(self, *args: Any, **options: Any) -> None:
        script = sample_script() if options["sample"] else _read(options["script"]) if options["script"] else Script()
        try:
            with serving(script, port=options["port"]) as fake:
                self.stdout.write(f"fake language model at {fake.openai_url} (openai) and {fake.anthropic_url} (anthropic)")
                self.stdout.flush()
                threading.Event().wait()
        except KeyboardInterrupt:
            return
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            complaint = f"cannot listen on {HOST} port {options['port']} ({why}): choose another with --port"
            raise CommandError(complaint, returncode=2) from None


def _read(path: Path) -> Script:
    try:
        return Script.from_json(json.loads(path.read_text(encoding="utf-8-sig"), cls=KeysOnce))
    except OSError as error:
        raise CommandError(f"--script {path}: {error.strerror or error}; give the path of a JSON file", returncode=2) from None
    except json.JSONDecodeError as error:
        raise CommandError(f"--script {path}: not JSON: {error}; see --help for what it may contain", returncode=2) from None
    except ValueError as error:
        raise CommandError(f"--script {path}: {error}; see --help", returncode=2) from None
