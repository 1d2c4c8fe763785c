"""Names in a file -> rows in the arena, created if new. Memory stays bounded: names dropped from the cache are looked up
again.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models

from arena.models import Arena, Competitor, Voter

MOST_REMEMBERED = 100_000


class _Names[M: models.Model]:
    """One column of one table, unique within `fixed`."""

    def __init__(self, model: type[M], column: str, fixed: dict[str, Any]) -> None:
        self._model, self._column, self._fixed = model, column, fixed
        self._ids: dict[str, int] = {}

    def ids(self, names: Iterable[str]) -> dict[str, int]:
        """The id of every name, each given once, and perhaps of others."""
        if len(self._ids) > MOST_REMEMBERED:
            self._ids.clear()
        missing = [name for name in names if name not in self._ids]
        if missing:
            self._ids |= self.known(missing)
            new = [name for name in missing if name not in self._ids]
            if new:
                self._make(new)
        return self._ids

    def known(self, names: Iterable[str]) -> dict[str, int]:
        rows = self._model._default_manager.filter(**self._fixed, **{f"{self._column}__in": list(names)})
        return dict(rows.values_list(self._column, "pk"))

    def _make(self, names: list[str]) -> None:
        # Somebody may add the same name by hand at this moment; then that row is used.
        rows = [self._model(**self._fixed, **{self._column: name}) for name in names]
        self._model._default_manager.bulk_create(rows, ignore_conflicts=True)
        self._ids |= self.known(names)


class CompetitorLookup(_Names[Competitor]):
    def __init__(self, arena: Arena) -> None:
        super().__init__(Competitor, "name", {"arena": arena})


class Voters(_Names[Voter]):
    def __init__(self, arena: Arena) -> None:
        super().__init__(Voter, "key", {"arena": arena, "kind": Voter.Kind.IMPORTED})
