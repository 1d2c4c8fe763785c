"""How long a start takes: `manage.py check` in a new process, and the first page of a site that has just come up."""

import subprocess
import sys
import time

import pytest

from tests.machine import ROOT, new_machine, running_site

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
MOST_SECONDS_TO_CHECK, MOST_SECONDS_OF_THE_FIRST_PAGE = 1.5, 2
N_STARTS = 3


def test_a_start(tmp_path, row):
    with new_machine(tmp_path) as machine:
        checks = [_seconds(lambda: machine.manage("check")) for _ in range(N_STARTS)]
        numpy = _seconds(lambda: subprocess.run([sys.executable, "-c", "import django, numpy"], cwd=ROOT, check=True))
        with running_site(machine) as site:
            first = _seconds(lambda: site.get("arenas/sample/"))
            second = _seconds(lambda: site.get("arenas/sample/"))
    row("`manage.py check` in a new process", f"{min(checks):.1f} s (importing Django and numpy alone: {numpy:.1f} s)", "1.5 s")
    row("First page after a start", f"{first:.2f} s (the second: {second:.2f} s)", "2 s")
    assert min(checks) <= MOST_SECONDS_TO_CHECK
    assert first <= MOST_SECONDS_OF_THE_FIRST_PAGE


def _seconds(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
