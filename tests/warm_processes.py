"""Commands of `manage.py` in processes of their own that need not import Django, Celery and the like first.

A server imports those once; each command is a fork of it, with the environment, the arguments and the output that a new
process would have. Our own modules are imported by each command anew, as they read its settings.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.shared_run import ROOT

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.warm_libraries"])


def manage(arguments, env, seconds):
    """Run the command to its end; what it prints is text."""
    command = ["manage.py", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _processes.Process(target=_run, args=(command, env, str(out), str(err)))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(command, seconds)
        return subprocess.CompletedProcess(command, process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def _run(command, env, out, err):
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.argv = list(command)
    runpy.run_path(command[0], run_name="__main__")
