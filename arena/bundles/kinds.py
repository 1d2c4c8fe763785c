"""Which rows a bundle has, and which of their fields. The rooms built on this one add their own when they are ready."""

import graphlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Protocol

from django.db import models
from django.db.models import Q

type Values = dict[str, Any]
"""One row as its line has it: values of JSON by the names of fields."""


class NoSuchLine(KeyError):
    """A line that its member does not have."""

    def __init__(self, member: str, number: object) -> None:
        super().__init__(member, number)
        self.member, self.number = member, number


class Places(Protocol):
    """What numbers inside JSON or text become: lines where a bundle is written, rows where it is read."""

    def place(self, member: str, number: int) -> int:
        """Raises NoSuchLine where a bundle is read that has no such line."""

    def last_before(self, member: str, number: int) -> int:
        """For a limit: the place of the last row at or below it. 0 at writing where there is none."""


@dataclass(frozen=True)
class Arrival:
    """An arena that comes in: what it was called, and what it is called here."""

    slug_before: str
    slug: str
    for_curators_alone: bool = False


def unchanged(values: Values, places: Places) -> None:
    """Its JSON and texts name no rows."""


@dataclass(frozen=True)
class BundleKind:
    """Rows of one model.

    `fields` go with the bundle: other rows by their lines. What is `left_out` gets the model's default when it comes in, or
    what `complete` says. `rename` puts other numbers for those in JSON and texts. A kind that is shared belongs to the site:
    which of its rows an arena has is said by `add_shared`.
    """

    member: str
    model: type[models.Model]
    fields: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    path: str = "arena"
    """The way from its rows to the arena."""
    shapes: Mapping[str, Any] = field(default_factory=dict)
    """What JSON fields hold, as types; others may hold anything."""
    rules: Mapping[str, Callable[[Values], None]] = field(default_factory=dict)
    """Of fields that rest on others of their line: raises NotAllowed."""
    rename: Callable[[Values, Places], None] = unchanged
    names: tuple[str, ...] = ()
    """Members whose rows `rename` finds."""
    on_leaving: Callable[[Values], None] = lambda values: None
    complete: Callable[[Values, int], None] = lambda values, line: None
    is_shared: bool = False
    find: Callable[[Values], int | None] | None = None
    """Of a shared kind: the row of this site that is the same. Raises ValueError where one only says that it is."""
    once: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """Names that a site has once, and what makes another of one that is taken here."""
    fit: Callable[[Values, Arrival], None] = lambda values, arrival: None
    order: str = ""
    """A field that numbers the rows in place of their ids; it is not in the bundle, and comes back from the lines."""

    @property
    def meta(self) -> Any:
        return self.model._meta

    @property
    def has_ids(self) -> bool:
        """Not those whose row is another row's."""
        return isinstance(self.meta.pk, models.AutoField)

    @property
    def arena_field(self) -> str:
        """The field that names its arena, which is that of the bundle; empty where it is reached through other rows."""
        return self.path if self.path == "arena" and not self.is_shared else ""

    def rows_of(self, arena_id: int) -> models.QuerySet[Any]:
        rows = self.model._default_manager.order_by()
        if not self.is_shared:
            return rows.filter(**{self.path: arena_id})
        return rows.filter(reduce(or_, [wanted(arena_id) for wanted in _wanted.get(self.member, ())], Q(pk__in=[])))

    def references(self) -> dict[str, type[models.Model]]:
        """Fields that are other rows, with the models of these."""
        fields = {name: self.meta.get_field(name) for name in self.fields}
        return {name: each.related_model for name, each in fields.items() if isinstance(each, models.ForeignKey)}


type Wanted = Callable[[int], Q]
_kinds: dict[str, BundleKind] = {}
_wanted: dict[str, list[Wanted]] = {}


def add_kinds(kinds: Iterable[BundleKind]) -> None:
    """Called by each room once, when its models are loaded."""
    _kinds.update({kind.member: kind for kind in kinds})


def add_shared(member: str, wanted: Wanted) -> None:
    """Rows of a shared kind that an arena has, given the arena's id."""
    _wanted.setdefault(member, []).append(wanted)


def kind_called(member: str) -> BundleKind:
    return _kinds[member]


def all_kinds() -> Sequence[BundleKind]:
    """In an order in which rows come after those that they name."""
    of_model = {kind.model: kind.member for kind in _kinds.values()}
    named = {
        kind.member: {of_model[model] for model in kind.references().values() if model is not kind.model}
        | ({"arena"} if kind.arena_field else set())
        | set(kind.names)
        for kind in _kinds.values()
    }
    return [_kinds[member] for member in graphlib.TopologicalSorter(named).static_order()]


def members_by_model() -> dict[type[models.Model], str]:
    return {kind.model: kind.member for kind in _kinds.values()}
