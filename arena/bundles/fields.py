"""Values of fields as JSON, and back: what each field of a model may hold is asked of the model itself."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError as InvalidValue
from django.core.validators import RegexValidator
from django.db import connection, models
from django.utils.translation import gettext as _
from pydantic import Field, TypeAdapter, ValidationError

from arena.models.names import NameField
from arena.seen_names import name_fault

NEVER_EMPTY = ("slug", "name", "key")  # other texts may be: the hash of a prompt of which only the key is known is empty
LARGEST_INTEGER = 10**15
"""Of columns that take more. Sums of thousands of them are still integers of the database."""
LARGEST_FLOAT = 10**9
MOST_FOR_ONE = 10**10
"""Micro-dollars that one call or answer may cost, 10,000 dollars; an arena has millions, whose costs are added up."""
DEEPEST = 60  # brackets within brackets in JSON

COST: Any = Annotated[int, Field(ge=0, le=MOST_FOR_ONE)]
type Check = Callable[[Any], None]
"""Raises NotAllowed."""


class NotAllowed(ValueError):
    """What is allowed in place of the value."""


def as_json(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """From what the database gives to what a line holds."""
    if isinstance(field, models.DateField):  # and moments
        return lambda value: value and value.isoformat()
    if isinstance(field, models.BinaryField):
        return lambda value: None if value is None else bytes(value).hex()
    return lambda value: value


def as_column(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """From what a line holds, checked before, to what the database is given."""
    if isinstance(field, models.DateTimeField):
        adapt = connection.ops.adapt_datetimefield_value
        return lambda value: None if value is None else str(adapt(datetime.fromisoformat(value).astimezone(UTC)))
    if isinstance(field, models.BinaryField):
        return lambda value: None if value is None else bytes.fromhex(value)
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else json.dumps(value)
    if isinstance(field, models.FloatField):
        return lambda value: None if value is None else float(value)
    return lambda value: value


def check_of(field: "models.Field[Any, Any]", shape: Any = None) -> Check:
    """By the field's own type, choices, length and range; `shape`: the type of what JSON holds, or a narrower one."""
    inner = _json_check(shape) if shape is not None or isinstance(field, models.JSONField) else _plain_check(field)
    is_null = field.null

    def check(value: Any) -> None:
        if value is not None:
            inner(value)
        elif not is_null:
            raise NotAllowed(_("it may not be null"))

    return check


def _plain_check(field: "models.Field[Any, Any]") -> Check:
    if isinstance(field, models.BooleanField):
        return _typed(bool, _("true or false is allowed"))
    if isinstance(field, models.IntegerField):
        return _integer_check(field)
    if isinstance(field, models.FloatField):
        return _float_check(field)
    if isinstance(field, models.DateTimeField):
        return _moment_check
    if isinstance(field, models.DateField):
        return _date_check
    if isinstance(field, models.BinaryField):
        return _bytes_check(field.max_length)
    return _text_check(field)


def _typed(kind: type, allowed: str) -> Check:
    def check(value: Any) -> None:
        if type(value) is not kind:
            raise NotAllowed(allowed)

    return check


def _integer_check(field: "models.Field[Any, Any]") -> Check:
    low, high = connection.ops.integer_field_range(field.get_internal_type())
    low = 0 if low is None or field.get_internal_type().startswith("Positive") else low
    high = LARGEST_INTEGER if high is None else min(high, LARGEST_INTEGER)
    allowed = _("a whole number from %(low)s to %(high)s is allowed") % {"low": low, "high": high}

    def check(value: Any) -> None:
        if type(value) is not int or not low <= value <= high:
            raise NotAllowed(allowed)

    return check


def _float_check(field: "models.Field[Any, Any]") -> Check:
    def check(value: Any) -> None:
        if type(value) not in (int, float) or not -LARGEST_FLOAT <= value <= LARGEST_FLOAT:
            raise NotAllowed(_("a number from %(low)s to %(high)s is allowed") % {"low": -LARGEST_FLOAT, "high": LARGEST_FLOAT})
        try:
            field.run_validators(value)
        except InvalidValue as error:
            raise NotAllowed(" ".join(error.messages)) from None

    return check


def _moment_check(value: Any) -> None:
    try:
        is_whole = isinstance(value, str) and datetime.fromisoformat(value).astimezone(UTC).year > 0
        is_zoned = is_whole and datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, OverflowError):
        is_zoned = False
    if not is_zoned:
        raise NotAllowed(_("a moment with its time zone is allowed, such as 2026-01-31T12:00:00+00:00"))


def _date_check(value: Any) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotAllowed(_("a date is allowed, such as 2026-01-31")) from None


def _bytes_check(longest: int | None) -> Check:
    def check(value: Any) -> None:
        try:
            fits = longest is None or len(bytes.fromhex(value)) <= longest
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise NotAllowed(_("at most %(n)s bytes in hexadecimal digits are allowed") % {"n": longest})

    return check


def _text_check(field: "models.Field[Any, Any]") -> Check:
    choices = {value for value, _label in field.flatchoices} | ({""} if field.blank else set()) if field.choices else None
    longest, may_be_empty = field.max_length, field.blank or field.name not in NEVER_EMPTY
    validators = [each for each in field.validators if isinstance(each, RegexValidator)]
    is_name = isinstance(field, NameField)

    def check(value: Any) -> None:
        _check_text(value)
        if choices is not None and value not in choices:
            raise NotAllowed(_("one of these is allowed: %(words)s") % {"words": ", ".join(sorted(map(str, choices - {""})))})
        if longest is not None and len(value) > longest:
            raise NotAllowed(_("at most %(n)s characters are allowed") % {"n": longest})
        if not value and not may_be_empty:
            raise NotAllowed(_("it may not be empty"))
        for each in validators if value else ():
            if not re.search(each.regex, value):
                raise NotAllowed(str(each.message))
        if is_name and (fault := name_fault(value)):
            raise NotAllowed(fault)

    return check


def _check_text(value: Any) -> None:
    if type(value) is not str:
        raise NotAllowed(_("a text is allowed"))
    if "\0" in value:
        raise NotAllowed(_("a text without the character U+0000 is allowed"))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotAllowed(_("a text of whole characters is allowed, without halves of pairs")) from None


def _json_check(shape: Any) -> Check:
    adapter: TypeAdapter[Any] | None = None if shape is None else TypeAdapter(shape)

    def check(value: Any) -> None:
        _check_json(value, 0)
        if adapter is not None:
            try:
                adapter.validate_python(value, strict=True)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                raise NotAllowed(f"{where}: {first['msg']}" if where else first["msg"]) from None

    return check


def _check_json(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise NotAllowed(_("at most %(n)s levels of brackets are allowed") % {"n": DEEPEST})
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int | float):
        if not -(2**63) <= value < 2**63:  # nor is 1e999, which is read as infinite
            raise NotAllowed(_("it has a number that is too large"))
    elif isinstance(value, list):
        for each in value:
            _check_json(each, depth + 1)
    elif isinstance(value, dict):
        for name, each in value.items():
            _check_text(name)
            _check_json(each, depth + 1)
