"""Agon's own files of gold labels -> gold sets of the same names, on the battles that they name."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from arena.importing.files.problems import PlainWords
from arena.models import Arena, Import
from arena.wording import counted
from judges.games.game_orders import OTHER
from judges.importing.loading.contests import Placed
from judges.importing.loading.exported_battles import placed_battles
from judges.importing.loading.gold import Loaded, add_labels, contradicted
from judges.importing.reading import problem_of
from judges.importing.rows import ExportedLabel, LabelRow
from judges.models import GoldItem, GoldSet

LONGEST_NAME = 120


def load_exported_labels(
    arena: Arena, rows: Sequence[LabelRow], *, filename: str, name: str = "", source: Import | None = None
) -> Loaded:
    """Call inside a transaction. `name` puts all of them into one set; existing labels are not created again.

    Raises ImportProblems where the arena has none of the battles.
    """
    exported_rows = [(row, row.exported) for row in rows if row.exported is not None]
    placed = placed_battles(arena, [exported.battle for _row, exported in exported_rows])
    if not any(placed):
        rows_in_words = PlainWords(counted(len(rows), "row", "rows"))
        allowed = _("no row names a battle of %(arena)s: import its prompts, answers and battles first")
        problem_of(filename, _("the file"), rows_in_words, allowed % {"arena": arena.slug})
    sets: dict[str, GoldSet] = {}
    items: dict[GoldSet, dict[tuple[int, str], GoldItem]] = {}
    for (row, exported), at in zip(exported_rows, placed, strict=True):
        if at is None:
            continue
        called = (name or exported.gold_set)[:LONGEST_NAME]
        if called not in sets:
            sets[called], _is_new = GoldSet.objects.get_or_create(
                arena=arena, name=called, defaults={"origin": exported.set_origin}
            )
        item = _item(row, exported, at)
        items.setdefault(sets[called], {}).setdefault((item.battle_id, item.label), item)
    n_before = GoldItem.objects.filter(gold_set__in=items).count()
    for gold, of_set in items.items():
        add_labels(arena, gold, list(of_set.values()), {}, source)
    first, *others = items
    by_key = {
        f"{exported.gold_set}, line {row.line}": at for (row, exported), at in zip(exported_rows, placed, strict=True) if at
    }
    return Loaded(
        first, by_key, (), contradicted(arena, {at.battle_id for at in by_key.values()}), (), 0,
        {"prompt": 0, "answer": 0, "competitor": 0}, (), n_not_here=placed.count(None), other_sets=tuple(others),
        n_added=GoldItem.objects.filter(gold_set__in=items).count() - n_before,
    )  # fmt: skip


def _item(row: LabelRow, exported: ExportedLabel, at: Placed) -> GoldItem:
    order = exported.order if at.order == "ab" else OTHER[exported.order]
    label = at.label(row.label or "tie")
    return GoldItem(battle_id=at.battle_id, label=label, order=order, note=row.key, is_counted=exported.is_counted)
