"""Every line of a bundle, before anything is written: its fields, their values, and the lines that it names."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from arena.bundles.fields import Check, NotAllowed, check_of
from arena.bundles.kinds import BundleKind, NoSuchLine, Values, all_kinds, members_by_model
from arena.bundles.manifest import BundleRefused
from arena.bundles.reading import OpenBundle, read_line
from arena.importing.files.problems import shown, some_names

SAID_EVERY = 1_000

type Say = Callable[[str, int, int], None]


def check_bundle(bundle: OpenBundle, *, say: Say = lambda member, done, total: None) -> None:
    """Raises BundleRefused at the first thing that is wrong, with its member and line."""
    for kind in all_kinds():
        checked = LineCheck(kind, bundle)
        number = 0
        for number, values in rows_of(bundle, kind):
            checked(number, values)
            if number % SAID_EVERY == 0:
                say(kind.member, number, bundle.rows(kind))
        checked.end()
        say(kind.member, number, bundle.rows(kind))
    _check_arena(bundle)


def rows_of(bundle: OpenBundle, kind: BundleKind) -> Iterator[tuple[int, Values]]:
    name = f"{kind.member}.jsonl"
    for number, line in enumerate(bundle.lines(kind), start=1):
        yield number, read_line(name, number, line)


def _check_arena(bundle: OpenBundle) -> None:
    (kind,) = (kind for kind in all_kinds() if kind.member == "arena")
    slugs = [values["slug"] for _number, values in rows_of(bundle, kind)]
    if slugs != [bundle.manifest.slug]:
        raise BundleRefused("arena.jsonl has one line, with the slug that the manifest names; this one has not")


def first_in_a_circle(named: Mapping[int, int]) -> int | None:
    """The first that is met of the lines from which the way leads back to them, by the line that each names; else None."""
    over: set[int] = set()
    for start in named:
        way: dict[int, None] = {}
        at: int | None = start
        while at is not None and at not in over and at not in way:
            way[at] = None
            at = named.get(at)
        if at in way:
            return at
        over |= way.keys()
    return None


class LineCheck:
    """The rules of one member."""

    def __init__(self, kind: BundleKind, bundle: OpenBundle) -> None:
        self.kind, self.bundle, self.name = kind, bundle, f"{kind.member}.jsonl"
        members = members_by_model()
        self.rows = {each.member: bundle.rows(each) for each in all_kinds()}
        self.checks: list[tuple[str, Check]] = []
        for name in kind.fields:
            field = kind.meta.get_field(name)
            if isinstance(field, models.ForeignKey):
                self.checks.append((name, self._reference(members[field.related_model], is_null=field.null)))
            else:
                self.checks.append((name, check_of(field, kind.shapes.get(name))))
        self.fields = set(kind.fields)
        references = kind.references().items()
        self.named_by: dict[str, dict[int, int]] = {name: {} for name, model in references if model is kind.model}
        """Fields that name lines of the same member: which line names which."""

    def __call__(self, number: int, values: Values) -> None:
        if values.keys() != self.fields:
            self._refuse_fields(number, values)
        for name, check in self.checks:
            self._must_be_allowed(number, name, values[name], check, values[name])
        for name, rule in self.kind.rules.items():
            self._must_be_allowed(number, name, values[name], rule, values)
        for name, named in self.named_by.items():
            if values[name] is not None:
                named[number] = values[name]
        self._must_name_lines(number, values)

    def end(self) -> None:
        """After the last line: what no line tells alone."""
        for name, named in self.named_by.items():
            if (number := first_in_a_circle(named)) is not None:
                allowed = _("that line leads back to this one: lines may not replace themselves or each other in a circle")
                parameters = {"field": name, "value": shown(named[number]), "allowed": allowed}
                raise self._refused(number, _("%(field)s is %(value)s; %(allowed)s") % parameters)

    def _must_be_allowed(self, number: int, name: str, value: Any, check: Check, given: Any) -> None:
        try:
            check(given)
        except NotAllowed as allowed:
            parameters = {"field": name, "value": shown(value), "allowed": allowed}
            raise self._refused(number, _("%(field)s is %(value)s; %(allowed)s") % parameters) from None

    def _must_name_lines(self, number: int, values: Values) -> None:
        """Numbers within JSON and texts."""
        try:
            self.kind.rename(dict(values), self)
        except NoSuchLine as no:
            what = _("line %(number)s of %(member)s.jsonl") % {"number": shown(no.number), "member": no.member}
            raise self._refused(number, _("it names what is not in the file (%(what)s)") % {"what": what}) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._refused(number, _("it names other rows in a way that Agon does not write")) from None

    def place(self, member: str, number: int) -> int:
        if type(number) is not int or not 1 <= number <= self.rows[member]:
            raise NoSuchLine(member, number)
        return number

    def last_before(self, member: str, number: int) -> int:
        if type(number) is not int or not 0 <= number <= self.rows[member]:
            raise NoSuchLine(member, number)
        return number

    def _reference(self, member: str, *, is_null: bool) -> Check:
        last = self.rows[member]

        def check(value: Any) -> None:
            if value is None and is_null:
                return
            if type(value) is not int or not 1 <= value <= last:
                parameters = {"member": member, "last": last}
                raise NotAllowed(_("a line of %(member)s.jsonl from 1 to %(last)s is allowed") % parameters)

        return check

    def _refuse_fields(self, number: int, values: Values) -> None:
        unknown, missing = sorted(values.keys() - self.fields), sorted(self.fields - values.keys())
        parameters = {"names": some_names(unknown or missing), "all": ", ".join(self.kind.fields)}
        if unknown:
            raise self._refused(number, _("there is no field %(names)s; it has these: %(all)s") % parameters)
        raise self._refused(number, _("%(names)s is missing; it has these: %(all)s") % parameters)

    def _refused(self, number: int, why: str) -> BundleRefused:
        return BundleRefused(_("%(member)s, line %(line)s: %(why)s") % {"member": self.name, "line": number, "why": why})
