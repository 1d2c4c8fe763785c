"""How gunicorn serves Agon: `gunicorn -c python:arena.config.gunicorn arena.config.wsgi`; `manage.py serve` does it for you."""

from typing import Any

from gunicorn.glogging import Logger

from arena.config.lifeline import die_with_parent
from arena.config.redaction import redacted

die_with_parent()

worker_class = "arena.config.web_worker.PatientWorker"
threads = 8
timeout = 120
graceful_timeout = 10
keepalive = 5
preload_app = True  # a worker that died is there again at once


class RedactingLogger(Logger):  # type: ignore[misc]
    """Paths with a secret in them are logged without it."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        return {key: redacted(value) if isinstance(value, str) else value for key, value in super().atoms(*args).items()}

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().exception(msg, *(redacted(str(arg)) for arg in args), **kwargs)


logger_class = RedactingLogger


def post_fork(server: object, worker: object) -> None:
    die_with_parent()
