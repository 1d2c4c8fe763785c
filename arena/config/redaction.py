"""What a log must not hold: the secret in the path of a one-time link."""

import logging
import re
from collections.abc import Mapping

_LINK = re.compile(r"(/enter/)[^/\s\"'?#]+")


def redacted(text: str) -> str:
    return _LINK.sub(r"\1[secret]", text)


class RedactingFilter(logging.Filter):
    """For handlers: the message, its arguments and the traceback's last words lose the secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage() if isinstance(record.msg, str) else ""
        if _LINK.search(message):
            record.msg, record.args = redacted(message), ()
        elif isinstance(record.msg, Mapping):  # structlog's events
            record.msg = {key: redacted(value) if isinstance(value, str) else value for key, value in record.msg.items()}
        return True
