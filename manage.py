#!/usr/bin/env python3
"""Agon's command line: `manage.py demo` starts a running arena, `manage.py help` lists the rest."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
    try:
        from django.core.management import execute_from_command_line

        from arena.config import complaints
    except ImportError as error:
        raise SystemExit(
            "Django is not installed for this Python. In the project folder run:\n"
            "  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt\n"
            "and start again with .venv/bin/python manage.py ..."
        ) from error
    complaints.run(lambda: execute_from_command_line(sys.argv))


if __name__ == "__main__":
    main()
