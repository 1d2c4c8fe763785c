#!/usr/bin/env python3
"""Agon's command line: `manage.py demo` starts a running arena, `manage.py help` lists the rest."""

import os
import sys


def main() -> None:
    use_utf8()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
    try:
        from django.core.management import execute_from_command_line

        from arena.config.errors import command_errors
    except ImportError as error:
        raise SystemExit(
            "Django is not installed for this Python. In the project folder run:\n"
            "  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt\n"
            "and start again with .venv/bin/python manage.py ..."
        ) from error
    command_errors.run(lambda: execute_from_command_line(sys.argv))


def use_utf8() -> None:
    """Names and files are UTF-8, whatever the locale says: where Python was started for another, it starts again."""
    is_utf8 = sys.getfilesystemencoding().lower() == "utf-8" and (
        sys.stdout is None or (sys.stdout.encoding or "").lower() == "utf-8"
    )
    if not is_utf8 and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.environ.pop("PYTHONIOENCODING", None)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # this very command again  # nosec B606


if __name__ == "__main__":
    main()
