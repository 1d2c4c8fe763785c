"""The two sides of a battle: models that must differ, names for columns of which a file does not say whose answers they hold,
and ids that a file may lack.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem, SelfBattle
from arena.importing.files.reading import Row

ANSWERS, MODELS = ("answer_a", "answer_b"), ("model_a", "model_b")


def must_differ(first: str, second: str, columns: tuple[str, str] = MODELS) -> None:
    """Raises SelfBattle."""
    if first == second:
        allowed = _("a battle needs two different models, and %(column)s is the same")
        raise SelfBattle(columns[1], second, allowed % {"column": columns[0]})


class UnnamedSides:
    """The models of rows that name none: the two columns stand for them, unless the names are given with the file."""

    def __init__(self) -> None:
        self._names: tuple[str, str] = ANSWERS
        self._n_rows = 0

    def take(self, options: Mapping[str, Any]) -> None:
        """`models`: whose answers the two columns hold."""
        models = options.get("models")
        if models:
            first, second = (fields.as_name(_("the model"), name) for name in models)
            if first == second:
                raise RowProblem(_("the model"), second, _("two different names are needed"))
            self._names = first, second

    def names(self) -> tuple[str, str]:
        """For one more row."""
        self._n_rows += 1
        return self._names

    @property
    def used(self) -> tuple[str, str] | None:
        """The names, where there are such rows."""
        return self._names if self._n_rows else None

    def notes(self) -> list[FileNote]:
        first, second = self._names
        return [note(_UNNAMED, n=self._n_rows, first=first, second=second)] if self._n_rows else []


_UNNAMED = ngettext_lazy(
    "%(n)s row names no models: its two columns stand for the models %(first)s and %(second)s.",
    "%(n)s rows name no models: their two columns stand for the models %(first)s and %(second)s.",
    "n",
)


class OwnIds:
    """Ids of battles in files that may have none: either every row has one, or none has."""

    def __init__(self) -> None:
        self._are_there: bool | None = None

    def of(self, row: Row, column: str = "id") -> str:
        is_there = row.get(column) not in (None, "")
        if self._are_there is None:
            self._are_there = is_there
        if is_there and not self._are_there:
            raise RowProblem(column, row[column], _("the first row has no id: every row needs one, or none may have one"))
        return fields.identifier(row, column) if self._are_there else ""
