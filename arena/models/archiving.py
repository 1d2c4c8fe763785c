"""What can be put away and brought back: one way for all of it.

An archived row is gone from lists, forms, matchmaking and plans. What was said of it stays: evidence, boards and snapshots that
hold it are as they were, its pages open by their links, and its name stays taken.
"""

from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _


class ArchivableQuerySet[M: models.Model](models.QuerySet[M]):
    def in_use(self) -> Self:
        """Not those that are archived."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        return self.exclude(archived_at=None)


class Archivable(models.Model):
    """A row that `arena.archiving` puts away and brings back. Nothing else writes these three fields."""

    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_because = models.CharField(max_length=200, blank=True, default="", editable=False)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+",
        db_index=False,
    )  # fmt: skip

    class Meta:
        abstract = True

    def unique_error_message(self, model_class: Any, unique_check: Any) -> Any:
        """A name that an archived row has is taken: said so, or nobody would find out by whom."""
        error = super().unique_error_message(model_class, unique_check)
        same = {name: getattr(self, name) for name in unique_check}
        archived = model_class._default_manager.filter(**same).exclude(archived_at=None).first()
        if archived is None:
            return error
        message = _("An archived %(kind)s has it (%(reason)s): bring that one back, or choose another.")
        values = {"kind": self._meta.verbose_name, "reason": archived.archived_because}
        return ValidationError(message % values, code="unique")

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None
