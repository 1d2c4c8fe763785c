"""A checklist as rows of criterion and weight, in place of JSON in a text box."""

import json
from collections.abc import Mapping
from typing import Any

from django.forms import Widget
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

MOST_CRITERIA = 20
FEWEST_ROWS, SPARE_ROWS = 6, 3


class CriteriaRows(Widget):
    """Rows to fill in; empty ones are left out.

    JSON that a program sends is taken as well, and shown as it was sent where it is faulty.
    """

    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        if f"{name}_text" not in data:
            sent: str | None = data.get(name)
            return sent
        texts, weights = (_listed(data, f"{name}_{part}") for part in ("text", "weight"))
        rows = [
            {"text": text.strip(), "weight": _weight(weight)}
            for text, weight in zip(texts, weights, strict=False)
            if text.strip() or weight.strip() not in ("", "1")
        ]
        return json.dumps(rows)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}_text" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1" if id_ else id_

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:
        rows = _rows(value)
        if rows is None:
            return render_to_string("admin/criteria.html", {"name": name, "id": (attrs or {}).get("id"), "faulty": value})
        n_shown = min(max(len(rows) + SPARE_ROWS, FEWEST_ROWS), max(MOST_CRITERIA, len(rows)))
        shown = [*rows, *[{"text": "", "weight": ""}] * (n_shown - len(rows))]
        context = {"name": name, "id": (attrs or {}).get("id"), "rows": shown, "most": MOST_CRITERIA}
        return render_to_string("admin/criteria.html", context)


def _listed(data: Any, key: str) -> list[str]:
    if hasattr(data, "getlist"):
        return [str(each) for each in data.getlist(key)]
    value = data.get(key, [])
    return [value] if isinstance(value, str) else list(value)


def _weight(written: str) -> Any:
    """A number as it is written, 1 for none; what is no number stays as it is, and is refused with its row."""
    written = written.strip().replace(",", ".")
    for read in (int, float):
        try:
            return read(written or "1")
        except ValueError:
            continue
    return written


def _rows(value: Any) -> list[dict[str, Any]] | None:
    """The criteria that a value holds; None where they are no rows."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    if parsed is None:
        return []
    if not isinstance(parsed, list) or not all(isinstance(row, dict) for row in parsed):
        return None
    return [{"text": row.get("text", ""), "weight": row.get("weight", 1)} for row in parsed]
