"""Gold labels as rows. They reveal which answer is right, as references do, so they are for curators only."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.exporting.access import Reader
from arena.exporting.battles import BATTLE_COLUMNS, BattleNames, readable_battles, with_names, withheld_battles
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted, walk
from arena.models import Arena, Battle
from judges.models import GoldItem

AT_ONCE = 1_000
COLUMNS = (
    FileColumn("gold_set", Holds.TEXT, gettext_lazy("The name of the set."), for_curators=True),
    *(FileColumn(column.name, column.kind, column.description, for_curators=True) for column in BATTLE_COLUMNS),
    FileColumn("label", Holds.TEXT, gettext_lazy("a, b, tie or both_bad."), for_curators=True),
    FileColumn("order", Holds.TEXT, gettext_lazy("ab or ba: which answer the source shows first."), for_curators=True),
    FileColumn("note", Holds.TEXT, gettext_lazy("Such as the source’s own number of the pair."), for_curators=True),
    FileColumn("is_counted", Holds.TRUTH, gettext_lazy("False where it was set aside."), for_curators=True),
    FileColumn("origin", Holds.TEXT, gettext_lazy("Where the labels of the set come from."), for_curators=True),
)


class GoldLabelTable(ExportTable):
    key = "gold-labels"
    title = gettext_lazy("Gold labels")
    description = gettext_lazy("Which answer is known to be right: what judges are measured by.")
    columns = COLUMNS
    goes_in_as = "import_gold"

    def refusal(self, reader: Reader, arena: Arena) -> str:
        return super().refusal(reader, arena) or ("" if reader.is_curator else _("gold labels are for curators"))

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(_readable(reader, arena))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        return _on(withheld_battles(reader, arena), arena).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        namer = BattleNames(arena)
        for items in walk(lambda: _readable(reader, arena).select_related("gold_set"), AT_ONCE):
            battles = with_names(Battle.objects.filter(pk__in={item.battle_id for item in items}))
            named = {battle.pk: namer.row(battle) for battle in battles}
            for item in items:
                yield named[item.battle_id] | _row(item)


def _readable(reader: Reader, arena: Arena) -> "QuerySet[GoldItem]":
    return _on(readable_battles(reader, arena), arena)


def _on(battles: "QuerySet[Battle]", arena: Arena) -> "QuerySet[GoldItem]":
    return GoldItem.objects.filter(gold_set__arena=arena, battle__in=battles.values("pk"))


def _row(item: GoldItem) -> Row:
    return {
        "gold_set": item.gold_set.name, "label": item.label, "order": item.order, "note": item.note or None,
        "is_counted": item.is_counted, "origin": item.gold_set.origin or None,
    }  # fmt: skip
