"""A process of its own that votes without a pause worth the name until its standard input closes; prints how long each took.

Run as `python -m tests.bench.voting_process` with the database in the environment.
"""

import json
import os
import sys
import time
from threading import Thread
from typing import Any

import django

PAUSE_SECONDS = 0.05


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
    django.setup()
    from arena.models import Ballot

    ballots = list(Ballot.objects.filter(state=Ballot.State.OPEN).select_related("voter").order_by("pk"))
    _say("ready")
    _say(json.dumps(_vote_until(_input_closes(), ballots)))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _vote_until(closing: Thread, ballots: list[Any]) -> dict[str, Any]:
    from django.utils import timezone

    from arena.evidence.voting import cast_vote
    from arena.outcomes import Outcome

    seconds, refused = [], []
    for ballot in ballots:
        if not closing.is_alive():
            break
        began = time.perf_counter()
        try:
            cast_vote(ballot.key, ballot.voter, Outcome.A, now=timezone.now())
        except Exception as error:
            refused.append(repr(error))
        seconds.append(time.perf_counter() - began)
        time.sleep(PAUSE_SECONDS)
    return {"seconds": seconds, "refused": refused}


def _input_closes() -> Thread:
    thread = Thread(target=sys.stdin.read, daemon=True)
    thread.start()
    return thread


if __name__ == "__main__":
    main()
