"""Agon's own files of gold labels -> gold sets of the same names, on the battles or answers that they name."""

from collections.abc import Sequence
from itertools import batched

from django.utils.translation import gettext as _

from arena.importing.files.problems import PlainWords
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps
from arena.models import Arena, Import, Response
from arena.wording import counted
from judges.games.game_orders import OTHER
from judges.importing.loading.contests import Placed
from judges.importing.loading.exported_battles import placed_battles
from judges.importing.loading.gold import FINDING, KEYS_A_QUERY, Loaded, add_labels, contradicted
from judges.importing.reading import problem_of
from judges.importing.rows import ExportedAnswer, ExportedLabel, LabelRow
from judges.models import GoldAnswer, GoldItem, GoldSet

LONGEST_NAME = 120


def load_exported_labels(
    arena: Arena,
    rows: Sequence[LabelRow],
    *,
    filename: str,
    name: str = "",
    source: Import | None = None,
    steps: Steps = ALL_AT_ONCE,
) -> Loaded:
    """Call inside a transaction. `name` puts all of them into one set; existing labels are not created again.

    Raises ImportProblems where the arena has none of the battles.
    """
    exported_rows = [(row, row.exported) for row in rows if isinstance(row.exported, ExportedLabel)]
    with steps.step(FINDING):
        placed = placed_battles(arena, [exported.battle for _row, exported in exported_rows])
    if not any(placed):
        rows_in_words = PlainWords(counted(len(rows), "row", "rows"))
        allowed = _("no row names a battle of %(arena)s: import its prompts, answers and battles first")
        problem_of(filename, _("what was sent"), rows_in_words, allowed % {"arena": arena.slug})
    sets: dict[str, GoldSet] = {}
    items: dict[GoldSet, dict[tuple[int, str], GoldItem]] = {}
    for (row, exported), at in zip(exported_rows, placed, strict=True):
        if at is None:
            continue
        gold = _set_called(sets, arena, name or exported.gold_set, exported.set_origin)
        item = _item(row, exported, at)
        items.setdefault(gold, {}).setdefault((item.battle_id, item.label), item)
    n_before = GoldItem.objects.filter(gold_set__in=items).count()
    for gold, of_set in items.items():
        add_labels(arena, gold, list(of_set.values()), {}, source, steps)
    first, *others = items
    by_key = {
        f"{exported.gold_set}, line {row.line}": at for (row, exported), at in zip(exported_rows, placed, strict=True) if at
    }
    return Loaded(
        first, by_key, (), contradicted(arena, {at.battle_id for at in by_key.values()}), (), 0,
        {"prompt": 0, "answer": 0, "competitor": 0}, (), n_not_here=placed.count(None), other_sets=tuple(others),
        n_added=GoldItem.objects.filter(gold_set__in=items).count() - n_before,
    )  # fmt: skip


def _set_called(sets: dict[str, GoldSet], arena: Arena, name: str, origin: str) -> GoldSet:
    """`sets` are those of this file up to now."""
    called = name[:LONGEST_NAME]
    if called not in sets:
        sets[called], _is_new = GoldSet.objects.get_or_create(arena=arena, name=called, defaults={"origin": origin})
    return sets[called]


def load_exported_answers(
    arena: Arena,
    rows: Sequence[LabelRow],
    *,
    filename: str,
    name: str = "",
    source: Import | None = None,
    steps: Steps = ALL_AT_ONCE,
) -> Loaded:
    """The same of labels of single answers. Raises ImportProblems where the arena has none of the answers."""
    exported_rows = [(row, row.exported) for row in rows if isinstance(row.exported, ExportedAnswer)]
    here = _answers(arena, {row.prompt.key for row, _exported in exported_rows})
    places = [here.get((row.prompt.key, row.answers[0].competitor, exported.repeat)) for row, exported in exported_rows]
    if not any(places):
        rows_in_words = PlainWords(counted(len(rows), "row", "rows"))
        allowed = _("no row names an answer of %(arena)s: import its prompts and answers first")
        problem_of(filename, _("what was sent"), rows_in_words, allowed % {"arena": arena.slug})
    sets: dict[str, GoldSet] = {}
    labels: dict[GoldSet, dict[int, GoldAnswer]] = {}
    for (row, exported), pk in zip(exported_rows, places, strict=True):
        if pk is not None:
            gold = _set_called(sets, arena, name or exported.gold_set, exported.set_origin)
            answer = row.answers[0]
            one = GoldAnswer(
                response_id=pk, is_right=answer.is_right, grade=answer.grade, note=row.key, is_counted=exported.is_counted
            )
            labels.setdefault(gold, {}).setdefault(pk, one)
    n_before = GoldAnswer.objects.filter(gold_set__in=labels).count()
    n_otherwise = sum(add_labels(arena, gold, [], answers, source, steps) for gold, answers in labels.items())
    first, *others = labels
    return Loaded(
        first, {}, (), {}, (), 0, {"prompt": 0, "answer": 0, "competitor": 0}, (), n_not_here=places.count(None),
        n_answers=len(places) - places.count(None), n_otherwise=n_otherwise, other_sets=tuple(others),
        n_added=GoldAnswer.objects.filter(gold_set__in=labels).count() - n_before,
    )  # fmt: skip


def _answers(arena: Arena, keys: set[str]) -> dict[tuple[str, str, int], int]:
    """Answers in use, by their prompts' ids, competitors and repeats."""
    columns = ("prompt__key", "competitor__name", "repeat", "pk")
    return {
        (key, competitor, repeat): pk
        for some in batched(sorted(keys), KEYS_A_QUERY)
        for key, competitor, repeat, pk in Response.objects.in_use()
        .filter(prompt__arena=arena, prompt__key__in=some)
        .values_list(*columns)
    }


def _item(row: LabelRow, exported: ExportedLabel, at: Placed) -> GoldItem:
    order = exported.order if at.order == "ab" else OTHER[exported.order]
    label = at.label(row.label or "tie")
    return GoldItem(battle_id=at.battle_id, label=label, order=order, note=row.key, is_counted=exported.is_counted)
