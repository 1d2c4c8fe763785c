"""Rows of judgements -> their battles, orders and repeats."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from arena.importing.files.problems import Problems
from arena.importing.loading.room_steps import ALL_AT_ONCE, Steps
from arena.models import Arena, Import
from judges.games.game_orders import OTHER
from judges.importing import pandalm_battles
from judges.importing.formats import JUDGEMENT_FORMATS
from judges.importing.loading.contests import Contest, Finder, Placed, StoredAnswer, battles_of, placed, standing
from judges.importing.loading.exported_battles import placed_battles
from judges.importing.loading.gold import SAME
from judges.importing.reading import ReadFile, problem_of
from judges.importing.rows import JudgementRow
from judges.models import GoldItem
from judges.verdicts.verdict import Order

PLACING = 0.6  # of the work on a file: its prompts, answers and battles

type Place = tuple[int, Order, int]  # battle, order, repeat


@dataclass
class PlacedGames:
    """What each row is about, and the lines of those about nothing in the arena."""

    games: list[tuple[Place, JudgementRow]] = field(default_factory=list)
    without: list[int] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)  # the only graded answer to its prompt


def place_games(
    arena: Arena,
    file: ReadFile[JudgementRow],
    *,
    gold: str,
    most_new: int,
    source: Import | None = None,
    steps: Steps = ALL_AT_ONCE,
) -> PlacedGames:
    found_by = JUDGEMENT_FORMATS[file.format].found_by if file.format in JUDGEMENT_FORMATS else "texts"
    placed = PlacedGames()
    if found_by == "pandalm":
        numbers = {row.pair: None for row in file.rows}
        known = {key: Placed(*each) for key, each in pandalm_battles.battles_of(arena, list(numbers)).items()}
        known = known or _by_gold(arena, "pandalm", gold)
        _take(placed, file.rows, [known.get(row.pair) for row in file.rows])
    elif found_by == "auto-j":
        known = _by_gold(arena, "auto-j", gold)
        _take(placed, file.rows, [known.get(row.pair) for row in file.rows])
    elif found_by == "exports":
        with steps.step(PLACING):
            at = placed_battles(arena, [row.exported.battle for row in file.rows if row.exported])
        _take(placed, file.rows, at)
    else:
        with steps.step():
            finder = Finder(arena, file.format, Problems(file.filename), most_new, source, steps, PLACING / 2)
        pairs = [row for row in file.rows if not row.is_single]
        at = finder.battles([Contest(row.prompt, row.answers, row.turn) for row in pairs])
        singles = [row for row in file.rows if row.is_single]
        answers = [each[0] for each in finder.answers([Contest(row.prompt, row.answers, row.turn) for row in singles])]
        finder.problems.stop_if_any()
        _take(placed, pairs, at)
        with steps.step():
            _take_graded(arena, placed, singles, answers)
    return placed


def _take(placed: PlacedGames, rows: Sequence[JudgementRow], at: Sequence[Placed | None]) -> None:
    """Pairs of a test set with the same answers are each judged once: their judgements are repeats."""
    numbers: dict[tuple[int, Order, str, str], list[str]] = defaultdict(list)
    for row, one in zip(rows, at, strict=True):
        if one is None:
            placed.without.append(row.line)
            continue
        order = one.order if row.order == "ab" else OTHER[one.order]
        seen = numbers[one.battle_id, order, row.judge, row.protocol]
        if row.pair not in seen:
            seen.append(row.pair)
        placed.games.append(((one.battle_id, order, row.repeat or seen.index(row.pair)), row))


def _by_gold(arena: Arena, origin: str, name: str) -> dict[str, Placed]:
    """By the numbers stored in the test set's gold set; of several sets the named one, else the newest."""
    sets = arena.gold_sets.filter(origin=origin)
    if name:
        sets = sets.filter(name=name[:120])
        if not sets.exists():
            problem_of(name, "--gold", name, "a gold set of this arena that was imported from the test set is needed")
    newest = sets.order_by("-pk").first()
    items = GoldItem.objects.filter(gold_set=newest).order_by("pk") if newest else GoldItem.objects.none()
    return {
        key: Placed(battle, order)  # type: ignore[arg-type]  # a constraint says so
        for numbers, battle, order in items.values_list("note", "battle_id", "order")
        for key in numbers.split(SAME)
    }


def _take_graded(
    arena: Arena, placed_games: PlacedGames, rows: Sequence[JudgementRow], answers: Sequence[StoredAnswer | None]
) -> None:
    """Each graded answer in battles with others that were graded on its prompt: those of the arena, else with the next one."""
    by_prompt: dict[int, dict[int, StoredAnswer]] = defaultdict(dict)
    for row, answer in zip(rows, answers, strict=True):
        if answer is None:
            placed_games.without.append(row.line)
        else:
            by_prompt[answer.prompt_id][answer.pk] = answer
    pairs = [pair for graded in by_prompt.values() for pair in _meetings(arena, graded)]
    made = battles_of(arena, pairs)
    places: dict[int, list[Placed]] = defaultdict(list)
    for first, second in pairs:
        one = placed(made, first, second)
        places[first.pk].append(one)
        places[second.pk].append(Placed(one.battle_id, OTHER[one.order]))
    criteria: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row, answer in zip(rows, answers, strict=True):
        if answer is None:
            continue
        if not places[answer.pk]:
            placed_games.alone.append(row.line)
        seen = criteria[answer.pk, row.judge]  # graded again by other criteria
        if row.pair not in seen:
            seen.append(row.pair)
        for number, one in enumerate(places[answer.pk]):
            # "ab" grades answer a. The cost is stored once.
            game = row if number == 0 else row._replace(cost=0)
            placed_games.games.append(((one.battle_id, one.order, row.repeat or seen.index(row.pair)), game))


def _meetings(arena: Arena, graded: Mapping[int, StoredAnswer]) -> list[tuple[StoredAnswer, StoredAnswer]]:
    """Stored battles between these answers; an answer that is in none of them is paired with the next one."""
    ordered = sorted(graded.values(), key=lambda answer: (answer.competitor_id, answer.pk))
    every = {
        (low.pk, high.pk): (low, high)
        for at, low in enumerate(ordered) for high in ordered[at + 1 :] if low.competitor_id != high.competitor_id
    }  # fmt: skip
    here = [every[key] for key, _pk in standing(arena, every)]
    met = {answer.pk for pair in here for answer in pair}
    for low, high in pairwise(ordered):
        if (low.pk not in met or high.pk not in met) and (low.pk, high.pk) in every:
            here.append((low, high))
            met |= {low.pk, high.pk}
    return here
