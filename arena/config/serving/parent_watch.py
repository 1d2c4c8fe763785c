"""A process that `serve` started dies when `serve` does, also when that was killed with -9."""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "AGON_SERVED_BY"  # the process id of `serve`, in the environment of those it starts
PR_SET_PDEATHSIG = 1

_expected_parent = int(os.environ.get(PARENT, "0"))


def die_with_parent() -> None:
    """Call early in the child, and again in what it forks. A process that `serve` did not start is left alone."""
    global _expected_parent
    if not _expected_parent:
        return
    parent, _expected_parent = _expected_parent, os.getpid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=[parent], name="lifeline", daemon=True).start()
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
