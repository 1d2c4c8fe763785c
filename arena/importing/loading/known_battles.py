"""Battles of an arena that rows of a file name, and how those are handled whose import was set aside.

A row key belongs to one battle. Where that battle is here only in an import that was set aside, it gives its key up, and the
row comes in anew as a battle of the import that brings it. Boards of earlier positions of the ledger still find the old one,
and the old import cannot be restored, as its rows would count twice.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from arena.importing.files.problems import RowProblem
from arena.importing.loading import bulk
from arena.models import Battle, Import, Vote
from arena.models.found_rows import found_by_another
from arena.models.imports import CAME_ANEW


class KnownBattle(NamedTuple):
    """What must agree where a row names a battle that is here."""

    pk: int
    prompt_id: int | None
    competitor_a_id: int
    competitor_b_id: int
    source_id: int | None


def known_battles(arena_id: int, keys: Iterable[bytes]) -> dict[bytes, KnownBattle]:
    """The battles of the arena that these row keys name."""
    columns = ("row_key", "pk", "prompt_id", "competitor_a_id", "competitor_b_id", "source_id")
    rows = Battle.objects.filter(arena_id=arena_id, row_key__in=set(keys)).order_by().values_list(*columns)
    return {bytes(key): KnownBattle(*values) for key, *values in rows}


class SetAsideRows:
    """What of an arena is here only in imports that were set aside."""

    def __init__(self, arena_id: int) -> None:
        self._arena_id = arena_id
        self._claimed: set[int] = set()

    @cached_property
    def names(self) -> dict[int, str]:
        """The files of imports that are set aside, by number."""
        rows = Import.objects.filter(arena_id=self._arena_id, kind=Import.Kind.BATTLES, state=Import.State.SET_ASIDE)
        return dict(rows.values_list("pk", "filename"))

    def among(self, known: Mapping[bytes, KnownBattle]) -> set[bytes]:
        """Keys of battles that an import which was set aside brought, and that no other vote keeps in use."""
        ours = {battle.pk: key for key, battle in known.items() if battle.source_id in self.names}
        if not ours:
            return set()
        others = Vote.objects.filter(battle_id__in=ours).order_by()
        others = others.filter(Q(source=None) | ~Q(source__in=self.names) | found_by_another("vote"))
        return set(ours.values()) - {ours[pk] for pk in others.values_list("battle_id", flat=True)}

    def votes_on(self, known: Iterable[KnownBattle]) -> dict[tuple[int, str], int]:
        """Votes that were set aside with their imports: the import, by battle and the voter's name."""
        battles = [battle.pk for battle in known] if self.names else []
        dead = Vote.objects.filter(~Q(found_by_another("vote")), battle_id__in=battles, source__in=self.names)
        rows = dead.order_by() if battles else Vote.objects.none()
        return {(pk, voter or ""): source for pk, voter, source in rows.values_list("battle_id", "voter__key", "source_id")}

    def refusal(self, voter: str, source_id: int | None) -> RowProblem:
        words = _(
            "this vote is here with %(file)s, which was set aside, and would not count: restore that import at %(page)s, or "
            "import this file into another arena"
        )
        values = {"file": self.names.get(source_id or 0, ""), "page": reverse("import", args=[source_id])}
        return RowProblem(_("the voter"), voter, words % values)

    def claim(self, known: Mapping[bytes, KnownBattle], to: Import) -> None:
        """From here on the imports that have such rows cannot be restored. Raises OSError where one was restored meanwhile."""
        sources = {known[key].source_id for key in self.among(known)}
        for pk in [pk for pk in self.names if pk in sources and pk not in self._claimed]:
            with transaction.atomic():
                source = Import.objects.select_for_update(no_key=True).get(pk=pk)
                if source.state != Import.State.SET_ASIDE:
                    words = _("%(file)s was restored meanwhile, and has some of these rows: try again")
                    raise OSError(words % {"file": source.filename})
                newer = source.report.get(CAME_ANEW, [])
                if to.digest not in newer:
                    Import.objects.filter(pk=pk).update(report={**source.report, CAME_ANEW: [*newer, to.digest]})
            self._claimed.add(pk)

    def give_up_keys(self, known: Mapping[bytes, KnownBattle]) -> set[bytes]:
        """The keys of such rows, which are free now. In a transaction; they are claimed."""
        dead = self.among(known)
        bulk.overwrite(Battle, ("row_key",), [(_given_up(key, known[key].pk), known[key].pk) for key in dead])
        return dead


def _given_up(key: bytes, battle_id: int) -> bytes:
    return hashlib.blake2b(key + battle_id.to_bytes(8, "big"), digest_size=16).digest()
