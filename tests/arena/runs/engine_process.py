"""An engine in a process of its own: `python -m tests.arena.runs.engine_process RUN KIND name=value,...`."""

import os
import resource
import sys
import time

import django


def main(run_id, kind, said):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
    django.setup()
    from django.conf import settings

    from arena.models import Run
    from arena.runs.engine import Engine

    settings.RUN_KINDS = {"judge": kind}
    options = {name: float(value) for name, value in (pair.split("=") for pair in said.split(",") if pair)}
    engine = Engine(Run.objects.get(pk=run_id), **options | {"n_threads": int(options.get("n_threads", 64))})
    _say("ready")
    began = time.perf_counter()
    engine.work()
    _say(f"{time.perf_counter() - began:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def _say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
