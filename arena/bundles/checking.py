"""Every line of a bundle, before anything is written: its fields, their values, and the lines that it names."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from arena.bundles.fields import Check, NotAllowed, check_of
from arena.bundles.kinds import BundleKind, Values, all_kinds, members_by_model
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

    def __call__(self, number: int, values: Values) -> None:
        if values.keys() != self.fields:
            self._refuse_fields(number, values)
        for name, check in self.checks:
            try:
                check(values[name])
            except NotAllowed as allowed:
                parameters = {"field": name, "value": shown(values[name]), "allowed": allowed}
                raise self._refused(number, _("%(field)s is %(value)s; %(allowed)s") % parameters) from None
        try:
            self.kind.rename(dict(values), self)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._refused(number, _("it names what is not in the file (%(what)s)") % {"what": error}) from None

    def place(self, member: str, number: int) -> int:
        if type(number) is not int or not 1 <= number <= self.rows[member]:
            raise KeyError(f"{member} {number}")
        return number

    def last_before(self, member: str, number: int) -> int:
        if type(number) is not int or not 0 <= number <= self.rows[member]:
            raise KeyError(f"{member} {number}")
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
