"""The names of things that people make: the same check by whatever way they come."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from arena.seen_names import name_fault

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


def check_name(value: str) -> None:
    """Raises Django's ValidationError for what people could not see, or would mistake for another name."""
    fault = name_fault(value)
    if fault:
        raise ValidationError(f"{fault[:1].upper()}{fault[1:]}.", code="unseen")


class NameField(CharField):
    """A column of texts; whoever cleans the row, checks an archive or shows a form checks the name."""

    default_validators = [*CharField.default_validators, check_name]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
