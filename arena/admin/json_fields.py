"""JSON that people write by hand: what is wrong with it, and where."""

import json
from typing import Any

from django import forms


class WrittenJSONField(forms.JSONField):
    """Says at which line and column it stops being JSON, and which quotes JSON takes."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "invalid":
                raise
            raise forms.ValidationError(where_it_breaks(str(value)), code="invalid") from None


def where_it_breaks(text: str) -> str:
    """What a person can put right.

    Examples
    --------
    >>> where_it_breaks("{'temperature': 0.7}").partition(". ")[0]
    'This is no JSON: line 1, column 2, expecting property name enclosed in double quotes'
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        fault = f"line {error.lineno}, column {error.colno}, {error.msg[:1].lower()}{error.msg[1:].removesuffix(': ')}"
    except (ValueError, RecursionError):
        fault = "it is nested too deeply, or holds a number that is too long"
    else:
        fault = "it cannot be stored"
    quotes = 'Names and texts stand in double quotes, as in {"name": "text"}'
    words = "; write true, false and null" if any(word in text for word in ("True", "False", "None")) else ""
    return f"This is no JSON: {fault}. {quotes}{words}."
