"""Arenas and competitors changed by PATCH: what their forms in the admin can change, with the same rules."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.utils import translation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.serializers import ArenaSerializer, CompetitorSerializer
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.changes import Changes, changes
from arena.importing.files.problems import RowProblem
from arena.importing.rows_by_program import competitor_values
from arena.importing.sent_fields import ARENA_CHANGES, COMPETITOR_CHANGES
from arena.models import Arena, Competitor


class ArenaChanges(Changes):
    @changes(
        ARENA_CHANGES,
        ArenaSerializer,
        "Change the texts of an arena, who sees it and who votes there: what is left out stays. Scope `admin`, for curators.",
    )
    def patch(self, request: Request, slug: str) -> Response:
        return self.changed(request, ARENA_CHANGES, self._write_arena)

    def _write_arena(self, arena: Arena, values: dict[str, Any]) -> None:
        _write(self.request, arena, values)


class CompetitorChanges(Changes):
    @changes(
        COMPETITOR_CHANGES,
        CompetitorSerializer,
        "Change a competitor: its name, what is told of it, its prices, its status. What is left out stays, and so does what "
        "was said of its answers. Scope `admin`, for curators.",
    )
    def patch(self, request: Request, pk: int) -> Response:
        return self.changed(request, COMPETITOR_CHANGES, self._write_competitor)

    def _write_competitor(self, competitor: Competitor, sent: dict[str, Any]) -> None:
        try:
            values = competitor_values(sent)
        except RowProblem as problem:
            raise ValidationError({problem.what: [f"It is {problem.value}: {problem.allowed}."]}) from None
        others = Competitor.objects.filter(arena=competitor.arena_id).exclude(pk=competitor.pk)
        if "name" in values and others.filter(name=values["name"]).exists():
            raise AlreadyHere(f"There is a competitor {values['name']!r} in this arena already.")
        _write(self.request, competitor, values)


def _write(request: Request, row: Model, values: dict[str, Any]) -> None:
    """Raises Django's ValidationError. The history that curators see in the admin says who did it."""
    curator: Any = request.user
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    row.clean_fields(exclude=_others(row, changed))
    if changed:
        row.save(update_fields=changed)
        with translation.override(settings.LANGUAGE_CODE):  # names of rows are kept in the history
            LogEntry.objects.log_actions(curator.pk, [row], CHANGE, f"over REST: {', '.join(changed)}")


def _others(row: Model, changed: Collection[str]) -> list[str]:
    """Fields that are not sent are not checked: they may be older than a rule."""
    return [field.name for field in row._meta.fields if field.name not in changed]
