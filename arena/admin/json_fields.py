"""Form fields for JSON written by hand, with errors that say what is wrong and where."""

import json
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext as _

from arena.importing.files.json_objects import KeysOnce, KeyTwiceError
from arena.seen_names import is_storable


class WrittenJSONField(forms.JSONField):
    """A field whose errors name the line and column at which the text stops being JSON, or a key that occurs twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.decoder = self.decoder or KeysOnce

    def to_python(self, value: Any) -> Any:
        try:
            parsed = super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "invalid":
                raise
            raise forms.ValidationError(where_it_breaks(str(value)), code="invalid") from None
        except (ValueError, RecursionError):
            raise forms.ValidationError(where_it_breaks(str(value)), code="invalid") from None
        if not is_storable(parsed):
            raise forms.ValidationError(
                _("A text in it holds a NUL character, or half of a surrogate pair such as \\ud800: neither can be stored."),
                code="unstorable",
            )
        return parsed

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show text that cannot be read or stored just as it was entered."""
        try:
            parsed = super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)
        return parsed if is_storable(parsed) else InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """Show values that an older version stored but no page can hold as escapes, so that they can be corrected."""
        if isinstance(value, InvalidJSONInput) or is_storable(value):
            return super().prepare_value(value)
        return json.dumps(value)


def where_it_breaks(text: str) -> str:
    """Say where the text stops being JSON, so that a person can correct it.

    Examples
    --------
    >>> where_it_breaks("{'temperature': 0.7}").partition(". ")[0]
    'This is not JSON: line 1, column 2, expecting property name enclosed in double quotes'
    """
    try:
        json.loads(text, cls=KeysOnce)
    except json.JSONDecodeError as error:
        reason = f"{error.msg[:1].lower()}{error.msg[1:].removesuffix(': ')}"
        where = {"line": error.lineno, "column": error.colno, "fault": reason}
        fault = _("line %(line)d, column %(column)d, %(fault)s") % where
    except KeyTwiceError as twice:
        fault = str(twice)
    except (ValueError, RecursionError):
        fault = _("it is nested too deeply, or holds a number that is too long")
    else:
        fault = _("it cannot be stored")
    if any(word in text for word in ("True", "False", "None")):
        rule = _('Names and texts stand in double quotes, as in {"name": "text"}; write true, false and null.')
    else:
        rule = _('Names and texts stand in double quotes, as in {"name": "text"}.')
    no_json = _("This is not JSON: %(fault)s.") % {"fault": fault}
    return f"{no_json} {rule}"
