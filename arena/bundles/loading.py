"""Lines -> rows, in one transaction: where it ends early, by whatever, nothing came in.

A row's id is its line's number and where the ids of its model begin: they are taken beforehand, so that no list of them is
needed. On SQLite nobody else can write meanwhile; PostgreSQL keeps only the ledger's sequencer waiting.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from pathlib import Path
from typing import IO, Any

from django.db import DatabaseError, connection, models, transaction

from arena.bundles.checking import Say, check_bundle, rows_of
from arena.bundles.fields import as_column
from arena.bundles.kinds import Arrival, BundleKind, Values, all_kinds, members_by_model
from arena.bundles.manifest import BundleManifest, BundleRefused
from arena.bundles.reading import OpenBundle, open_bundle
from arena.bundles.refusals import file_not_taken, why_not_taken
from arena.evidence.ledger import SEQUENCER_LOCK, head
from arena.importing.loading.bulk import insert, take_block, take_ids
from arena.models import Arena, Visibility, Voting
from arena.operations import planner_statistics

ROWS_AT_ONCE = 1_000
CLOSED = {
    "board_visibility": Visibility.CURATORS.value,
    "content_visibility": Visibility.CURATORS.value,
    "voting": Voting.CLOSED.value,
}


@dataclass
class Arrived:
    """An arena that came in, and what of the site it uses."""

    arena: Arena
    manifest: BundleManifest
    reused: dict[str, list[str]] = field(default_factory=dict)
    """By member of a shared kind: names of rows that this site had already."""
    added: dict[str, list[str]] = field(default_factory=dict)


def import_bundle(
    source: Path | IO[bytes],
    *,
    slug: str = "",
    say: Callable[[str, str, int, int], None] = lambda step, member, done, total: None,
    with_it: "Callable[[Arrived], None]" = lambda arrived: None,
    for_curators_alone: bool = False,
) -> Arrived:
    """Check the whole file, then bring it in. Raises BundleRefused; nothing came in then.

    `slug`: what the arena is called here, in place of its own. `say` is told "check" or "load", a member, and lines.
    `with_it` writes what is to be there if the arena is, and only then. `for_curators_alone`: whatever the file says, nobody
    else reads it, and nobody votes, until its settings are changed.
    """
    bundle = open_bundle(source)
    with bundle.file:
        wanted = free_slug(slug or bundle.manifest.slug)
        check_bundle(bundle, say=partial(say, "check"))
        arrival = Arrival(bundle.manifest.slug, wanted, for_curators_alone)
        return _Loading(bundle, arrival, partial(say, "load")).load(with_it)


def free_slug(slug: str) -> str:
    """The name under which an arena can come in. Raises BundleRefused."""
    try:
        Arena._meta.get_field("slug").run_validators(slug)
    except Exception as error:
        raise BundleRefused(f"{slug!r} is no slug: write letters, digits, - and _, 50 at most") from error
    if Arena.objects.filter(slug=slug).exists():
        raise BundleRefused(
            f"this site has an arena {slug!r} already: bring this one in under another name (at the command line: --slug)"
        )
    return slug


class _Loading:
    def __init__(self, bundle: OpenBundle, arrival: Arrival, say: Say) -> None:
        self.bundle, self.arrival, self.say = bundle, arrival, say
        self.before: dict[str, int] = {}  # the number before a member's first id
        self.before_places: dict[str, int] = {}  # the same for a field that numbers rows in place of ids
        self.shared: dict[str, list[int]] = {}  # the id of each line
        self.arrived = Arrived(Arena(), bundle.manifest)

    def load(self, with_it: Callable[[Arrived], None]) -> Arrived:
        if connection.vendor == "postgresql":
            for kind in all_kinds():
                with transaction.atomic():
                    self._take(kind)
        try:
            with transaction.atomic():
                for kind in all_kinds():
                    self._take(kind)
                    (self._load_shared if kind.is_shared else self._load)(kind)
                    _check_references(kind.member)
                self.arrived.arena = Arena.objects.get(pk=self.before["arena"] + 1)
                with_it(self.arrived)
        except DatabaseError as error:
            raise BundleRefused(file_not_taken(error)) from error
        planner_statistics.gather()
        return self.arrived

    def _take(self, kind: BundleKind) -> None:
        if kind.has_ids and not kind.is_shared and kind.member not in self.before:
            self.before[kind.member] = take_block(kind.model, self.bundle.rows(kind))

    def place(self, member: str, number: int) -> int:
        return self.shared[member][number - 1] if member in self.shared else self.before[member] + number

    def last_before(self, member: str, number: int) -> int:
        return self.before_places.get(member, self.before.get(member, 0)) + number

    def _load(self, kind: BundleKind) -> None:
        if kind.order:
            self.before_places[kind.member] = _last_position()
        columns = _ColumnsToInsert(kind, self)
        done, total = 0, self.bundle.rows(kind)
        for some in batched(rows_of(self.bundle, kind), ROWS_AT_ONCE):
            self._rename(kind, [values for _number, values in some])
            _insert(kind, columns, [(number, columns.row(number, values)) for number, values in some])
            done += len(some)
            self.say(kind.member, done, total)

    def _rename(self, kind: BundleKind, rows: Sequence[Values]) -> None:
        for values in rows:
            kind.rename(values, self)
            kind.fit(values, self.arrival)
            if kind.member == "arena":
                values["slug"] = self.arrival.slug
                if self.arrival.for_curators_alone:
                    values.update(CLOSED)
        for name, other in kind.once.items():
            taken = _taken(kind.model, name, [values[name] for values in rows])
            for values in rows:
                if values[name] in taken:
                    values[name] = other(values[name])

    def _load_shared(self, kind: BundleKind) -> None:
        """One by one: they are few. Rows of this kind that they name are put in when all are there."""
        ids = self.shared[kind.member] = []
        own = [name for name, model in kind.references().items() if model is kind.model]
        new: list[tuple[int, Values]] = []
        for number, values in rows_of(self.bundle, kind):
            pk = self._found(kind, number, values)
            if pk in {each for each, _values in new}:
                pk = None  # two lines of the file may be alike: both were there, and both come in
            (self.arrived.added if pk is None else self.arrived.reused).setdefault(kind.member, []).append(values["name"])
            if pk is None:
                self._rename(kind, [values])
                columns = _ColumnsToInsert(kind, self)
                (pk,) = take_ids(kind.model, 1)
                _insert(kind, columns, [(number, columns.row(pk, values | dict.fromkeys(own)))])
                new.append((pk, values))
            ids.append(pk)
        for pk, values in new:
            named = {f"{name}_id": ids[values[name] - 1] for name in own if values[name]}
            if named:
                kind.model._default_manager.filter(pk=pk).update(**named)

    def _found(self, kind: BundleKind, number: int, values: Values) -> int | None:
        try:
            return kind.find(values) if kind.find else None
        except ValueError as reason:
            raise BundleRefused(f"{kind.member}.jsonl, line {number}: {reason}") from None


class _ColumnsToInsert:
    """How a line of one member becomes a row: every column of the model, in one order."""

    def __init__(self, kind: BundleKind, loading: _Loading) -> None:
        self.kind = kind
        members, arena = members_by_model(), loading.before["arena"] + 1 if "arena" in loading.before else None
        self.before = 0 if kind.is_shared else loading.before.get(kind.member, 0)
        self.names: list[str] = []
        self._values: list[Callable[[int, Values], Any]] = []
        for each in kind.meta.local_concrete_fields:
            self.names.append(connection.ops.quote_name(each.column))
            self._values.append(self._value_of(each, members, arena, loading))

    def row(self, number: int, values: Values) -> tuple[Any, ...]:
        self.kind.complete(values, number)
        return tuple([value(number, values) for value in self._values])

    def _value_of(
        self, each: "models.Field[Any, Any]", members: dict[type[models.Model], str], arena: int | None, loading: _Loading
    ) -> Callable[[int, Values], Any]:
        name, convert = each.name, as_column(each)
        if each is self.kind.meta.pk and self.kind.has_ids:
            return lambda number, values: self.before + number
        if name == self.kind.arena_field:
            return lambda number, values: arena
        if name == self.kind.order:
            first = loading.before_places[self.kind.member]
            return lambda number, values: first + number
        if isinstance(each, models.ForeignKey) and name in self.kind.fields:
            member = members[each.related_model]
            return lambda number, values: None if values[name] is None else loading.place(member, values[name])
        if name in self.kind.fields:
            return lambda number, values: convert(values[name])
        default = each.get_default()
        return lambda number, values: convert(values.get(name, default))


def _insert(kind: BundleKind, columns: _ColumnsToInsert, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """All of them, or the line is named that the database does not take."""
    try:
        with transaction.atomic():
            insert(kind.model, columns.names, [row for _number, row in rows])
    except DatabaseError as error:
        for number, row in rows:
            try:
                with transaction.atomic():
                    insert(kind.model, columns.names, [row])
            except DatabaseError as refusal:
                raise BundleRefused(f"{kind.member}.jsonl, line {number}: {why_not_taken(kind.model, row)}") from refusal
        raise BundleRefused(f"{kind.member}.jsonl: {file_not_taken(error)}") from error


def _taken(model: type[models.Model], name: str, values: Iterable[str]) -> set[str]:
    return set(model._default_manager.filter(**{f"{name}__in": list(values)}).values_list(name, flat=True))


def _last_position() -> int:
    """Nobody else gives places in the ledger until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
    return head()


def _check_references(member: str) -> None:
    """What PostgreSQL checks at the end of a transaction, while the member can be named."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as error:
        raise BundleRefused(f"{member}.jsonl: {file_not_taken(error)}") from error
