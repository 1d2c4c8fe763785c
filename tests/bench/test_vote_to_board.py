"""From a vote to the board that shows it, on a site of its own, judges and their first audits included: at most ten seconds."""

import re
import time

import pytest

from tests.machine import Browser, running_site, wait_for

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


def _board(site) -> str:
    (head,) = re.findall(r'<p class="[^"]*dots[^"]*".*?</p>', site.get("arenas/sample/"), re.DOTALL)
    return head


def test_a_vote_is_on_the_board_within_ten_seconds(machine):
    machine.run("manage.py", "demo", "--no-serve")
    with running_site(machine) as site:
        seconds = []
        for _ in range(5):
            before, voter = _board(site), Browser(site)
            voter.vote()
            started = time.monotonic()
            wait_for(lambda before=before: _board(site) != before, seconds=60)
            seconds.append(time.monotonic() - started)
        print(f"from vote to board: {', '.join(f'{each:.1f}' for each in seconds)} s")
        assert max(seconds) <= 10
