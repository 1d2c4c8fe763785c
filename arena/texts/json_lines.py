"""JSON on a line of its own, for all who read line by line."""

import json
from typing import Any

# JSON may hold them as they are, and `str.splitlines` and some readers of files take them for ends of lines.
ENDS_OF_LINES = {ord(each): f"\\u{ord(each):04x}" for each in "\u0085\u2028\u2029"}


def json_line(value: Any, **options: Any) -> str:
    """With its end. They stand in texts alone, where their escapes mean the same."""
    return json.dumps(value, ensure_ascii=False, **options).translate(ENDS_OF_LINES) + "\n"
