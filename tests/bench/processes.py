"""Processes of their own on the database and the files of a test: what they take of processor and memory is theirs alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    own = {"DATABASE_URL": url, "AGON_DATA_DIR": str(folder), "AGON_SECRET_KEY": settings.SECRET_KEY}
    # Told which processor to believe in, numpy can be slower than it need be.
    given = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    return {**given, **own, "DJANGO_SETTINGS_MODULE": "arena.config.settings"}


def run_python(code: str, folder: Path) -> Any:
    """Run lines of Python in a new process; what it prints is JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(folder), check=True, stdout=subprocess.PIPE, timeout=1_800
    )
    return json.loads(done.stdout)


def most_megabytes() -> float:
    """The most memory that this process has held. (`ru_maxrss` begins at what its parent held when it was started.)"""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
