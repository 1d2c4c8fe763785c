"""A web server in a process of its own, with an application that a test writes."""

import contextlib
import os
import socket
import subprocess
import sys

from tests import machine


@contextlib.contextmanager
def serving(app, folder, address="127.0.0.1"):
    """Its port and its process. `app` is a program that serves on the socket whose number it gets; its log is in the folder."""
    (folder / "counting.py").write_text(app)
    paths = os.pathsep.join([str(folder), str(machine.ROOT)])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener, open(folder / "log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "counting.py", str(listener.fileno())],
            cwd=folder, env=os.environ | {"PYTHONPATH": paths}, stdout=log, stderr=log, pass_fds=[listener.fileno()],
        )  # fmt: skip
        try:
            yield listener.getsockname()[1], server
        finally:
            server.terminate()
            server.wait(20)
