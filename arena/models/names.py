"""The names of things that people make: the same check by whatever way they come."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from arena.seen_names import name_fault


def check_name(value: str) -> None:
    """Raises Django's ValidationError for what people could not see, or would mistake for another name."""
    fault = name_fault(value)
    if fault:
        raise ValidationError(f"{fault[:1].upper()}{fault[1:]}.", code="unseen")


class NameField(models.CharField):  # type: ignore[type-arg]
    """A column of texts; whoever cleans the row, checks an archive or shows a form checks the name."""

    default_validators = [*models.CharField.default_validators, check_name]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
