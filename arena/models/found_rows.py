from django.db import models
from django.db.models import Case, Exists, Expression, F, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from arena.models.imports import Import

ROWS = ("prompt", "response", "battle", "vote")


class FoundRow(models.Model):
    """A row of a file that was here already with another import: it is in use as long as one of its imports is.

    `source` is the import that found it; the row itself names the one that brought it.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="found_rows")
    prompt = models.ForeignKey("arena.Prompt", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    response = models.ForeignKey("arena.Response", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    battle = models.ForeignKey("arena.Battle", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    vote = models.ForeignKey("arena.Vote", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[row, "source"], condition=Q(**{f"{row}__isnull": False}), name=f"one_found_{row}_an_import"
            )
            for row in ROWS
        ] + [
            models.CheckConstraint(
                condition=Q(
                    *(
                        Q(**{f"{row}__isnull": row != one for row in ROWS})
                        for one in ROWS
                    ),
                    _connector=Q.OR,
                ),
                name="a_found_row_is_one_thing",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return _("found again by import %(number)s") % {"number": self.source_id}


def found_by_another(row: str, *, but: Import | None = None) -> Exists:
    """Whether an import that counts found this row here, which another one had brought; `but` one."""
    again = FoundRow.objects.filter(**{row: OuterRef("pk")}, source__state=Import.State.PUBLISHED)
    return Exists(again if but is None else again.exclude(source=but))


def of_counting_import(row: str) -> Q:
    """Rows of a model with a `source` that no import brought, or one that counts."""
    return Q(source=None) | Q(source__state=Import.State.PUBLISHED) | Q(found_by_another(row))


def state_of_source(row: str) -> Expression:
    """The state of the row's import, or of another one that found it and counts; None where no import brought it."""
    published = Value(Import.State.PUBLISHED.value)
    return Case(When(found_by_another(row), then=published), default=F("source__state"))


def note_found(source: Import, row: str, numbers: "set[int]") -> None:
    """In the transaction that finds these rows of another import; once more adds nothing."""
    if source.pk is None or not numbers:
        return
    again = [FoundRow(source=source, **{f"{row}_id": pk}) for pk in sorted(numbers)]
    FoundRow.objects.bulk_create(again, ignore_conflicts=True, batch_size=2_000)
