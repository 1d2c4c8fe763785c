"""Why the database does not take a line, in a sentence: which rule of its model it breaks, and with which values."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models
from django.utils.translation import gettext as _

from arena.importing.files.problems import shown

log = structlog.get_logger(__name__)


def why_not_taken(model: type[models.Model], row: Sequence[Any]) -> str:
    """`row` has a value for each column of the model, in their order. The rows before it are in."""
    fields = model._meta.local_concrete_fields
    instance = model(**{field.attname: value for field, value in zip(fields, row, strict=True)})
    for constraint in model._meta.constraints:
        try:
            constraint.validate(model, instance)
        except ValidationError:
            return _broken_rule(constraint, instance)
        except (ValueError, TypeError, DatabaseError):  # a value that this rule cannot be asked about
            continue
    for field in fields:
        value = getattr(instance, field.attname)
        if field.unique and model._default_manager.filter(**{field.attname: value}).exists():
            return _twice([field.name], instance)
    return _("the database does not take it: a value does not fit its field, or the row it names is not there")


def _broken_rule(constraint: models.BaseConstraint, instance: models.Model) -> str:
    if isinstance(constraint, models.UniqueConstraint):
        return _twice(constraint.fields, instance)
    condition = getattr(constraint, "condition", None)
    names = sorted(getattr(condition, "referenced_base_fields", ()))
    text = _("%(values)s do not fit each other (%(rule)s)")
    return text % {"values": _values(names, instance) or _("its values"), "rule": constraint.name}


def _twice(names: Sequence[str], instance: models.Model) -> str:
    return _("%(values)s: another line has this already, and it may occur only once") % {"values": _values(names, instance)}


def _values(names: Sequence[str], instance: models.Model) -> str:
    """Without numbers of rows, which are this site's and not the file's."""
    fields = [instance._meta.get_field(name) for name in names]
    return ", ".join(
        field.name if field.is_relation else f"{field.name} {shown(getattr(instance, field.name))}" for field in fields
    )


def file_not_taken(error: DatabaseError) -> str:
    """What no line is to blame for; whoever runs the site finds the database's own words in the log."""
    log.warning("an archive was not taken", error=f"{type(error).__name__}: {' '.join(str(error).split())}")
    return _("the database does not take the file; its own words are in the log of this site")
