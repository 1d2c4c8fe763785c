"""The battles that Agon's own files of games and of gold labels name."""

from collections.abc import Iterable, Sequence
from itertools import batched

from arena.exporting.names import battle_namer
from arena.importing.files.rows import BattleRow
from arena.importing.formats.battles.own_battles import OwnBattles
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Arena, Battle, Response
from judges.importing.loading.contests import Placed, StoredAnswer, battles_of, placed
from judges.importing.rows import NamedBattle

ROWS_A_QUERY = 500


def placed_battles(arena: Arena, named: Sequence[NamedBattle]) -> list[Placed | None]:
    """The battle that has the id, as a file of battles or of votes brought it or as this arena gave it; else the one of the
    two answers, which is made where there is none. None where the arena has neither.
    """
    different = list(dict.fromkeys(named))
    places = _by_key(arena, different)
    places |= _by_answers(arena, [each for each in different if each not in places])
    return [places.get(each) for each in named]


def _by_key(arena: Arena, named: Sequence[NamedBattle]) -> dict[NamedBattle, Placed]:
    """A battle of other models or on another prompt is a different one, even with the same id."""
    own = battle_namer(arena)
    origin = own(0).removesuffix("0")
    numbers = {each: each.key.removeprefix(origin) for each in named if each.key.startswith(origin)}
    keys = row_keys(OwnBattles.name, [BattleRow(0, each.key, "", "", None, ()) for each in named], Ordinals())
    by_name: dict[object, list[NamedBattle]] = {}
    for each, key in zip(named, keys, strict=True):
        by_name.setdefault(key, []).append(each)
        if (number := numbers.get(each, "")).isdecimal():
            by_name.setdefault(int(number), []).append(each)
    places: dict[NamedBattle, Placed] = {}
    for pk, row_key, prompt, a, b in _battles(arena, by_name):
        for each in (*by_name.get(pk, ()), *by_name.get(bytes(row_key or b""), ())):
            if (prompt or "") == each.prompt and {a, b} == set(each.names):
                places[each] = Placed(pk, "ab" if each.names[0] == a else "ba")
    return places


def _battles(arena: Arena, by_name: Iterable[object]) -> Iterable[tuple[int, bytes | None, str | None, str, str]]:
    columns = ("pk", "row_key", "prompt__key", "competitor_a__name", "competitor_b__name")
    battles = Battle.objects.published().filter(arena=arena).order_by("pk").values_list(*columns)
    names = list(by_name)
    for some in batched([name for name in names if isinstance(name, int)], ROWS_A_QUERY):
        yield from battles.filter(pk__in=some)
    for keys in batched([name for name in names if isinstance(name, bytes)], ROWS_A_QUERY):
        yield from battles.filter(row_key__in=keys)


def _by_answers(arena: Arena, named: Sequence[NamedBattle]) -> dict[NamedBattle, Placed]:
    with_answers = [each for each in named if each.repeats is not None and each.prompt]
    answers: dict[tuple[str, str, int], StoredAnswer] = {}
    for prompts in batched(dict.fromkeys(each.prompt for each in with_answers), ROWS_A_QUERY):
        rows = Response.objects.filter(prompt__arena=arena, prompt__key__in=prompts, archived_at=None).order_by("pk")
        columns = ("pk", "prompt_id", "competitor_id", "competitor__name", "prompt__key", "repeat")
        for pk, prompt, competitor, name, key, repeat in rows.values_list(*columns):
            answers[key, name, repeat] = StoredAnswer(pk, prompt, competitor, name)
    pairs: dict[NamedBattle, tuple[StoredAnswer, StoredAnswer]] = {}
    for each in with_answers:
        first, second = (
            answers.get((each.prompt, name, repeat)) for name, repeat in zip(each.names, each.repeats or (), strict=True)
        )
        if first and second:
            pairs[each] = (first, second)
    made = battles_of(arena, list(pairs.values()))
    return {each: placed(made, *pair) for each, pair in pairs.items()}
