"""The site's own log, in tests."""

import logging


def console_handler() -> logging.Handler:
    """The handler that writes to the console; by root, because a library that sets up its own log forgets handlers' names."""
    return next(handler for handler in logging.getLogger().handlers if handler.name == "console")
