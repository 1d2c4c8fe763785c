"""How a line of the log is written, and what it must not hold: one-time links, access tokens, and API keys.

A provider may echo a key, and its client logs replies whole where somebody sets its logger to DEBUG.
"""

import logging
import re
from collections.abc import Mapping

import structlog

from arena.llm import keys

# What stands before a secret is kept: the path of a one-time link, and how tokens of programs begin.
_SECRET = re.compile(r"((?i:/enter/))[^/\s\"'?#]+|(\bagon_)[\w-]{40,}")


def without_secrets(text: str) -> str:
    return _SECRET.sub(lambda match: f"{match[1] or match[2]}[secret]", text)


FORM_TO_CORRECT = 422  # a form with errors to correct: nothing is wrong with the site


class LogLine:
    """key='value' on one line; a traceback follows on lines of its own, as Python prints it."""

    def __init__(self) -> None:
        self._line = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"])

    def __call__(self, logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict) -> str:
        below = [without_secrets(str(event.pop(key))) for key in ("exception", "stack") if event.get(key)]
        return keys.redacted("\n".join([self._line(logger, name, event), *below]))


class OneLineForRefusals(logging.Filter):
    """A request that was refused is no fault of the program: one line, no traceback, and the names of our variables."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_refusal = record.name.startswith(("django.request", "django.security"))
        if is_refusal and getattr(record, "status_code", 400) < 500 and isinstance(record.msg, str):
            record.exc_info = record.exc_text = None
            message = " ".join(record.getMessage().split())
            record.msg, record.args = message.replace("to ALLOWED_HOSTS", "to AGON_ALLOWED_HOSTS"), ()
        if is_refusal and getattr(record, "status_code", 400) == FORM_TO_CORRECT:
            record.levelno, record.levelname = logging.INFO, "INFO"
            return logging.getLogger().isEnabledFor(logging.INFO)
        return True


class RedactingFilter(logging.Filter):
    """For handlers: the message, its arguments and the traceback's last words lose the secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage() if isinstance(record.msg, str) else ""
        if _SECRET.search(message):
            record.msg, record.args = without_secrets(message), ()
        elif isinstance(record.msg, Mapping):  # structlog's events
            record.msg = {key: without_secrets(value) if isinstance(value, str) else value for key, value in record.msg.items()}
        return True
