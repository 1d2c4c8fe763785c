"""The battles that a run judges: stored ones, given ones, all pairs, all against a baseline, or the most informative pairs.

Battles that are missing are made, at the moment `now`: what was made for a plan that is not carried out can be told by it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, combinations
from random import Random

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from arena.models import Arena, Battle, Competitor, Response
from arena.pairing.matchmaking import EXPLORATION
from arena.pairing.sampled_pairs import SampledPair
from arena.runs.planning import CannotPlan
from arena.wording import number
from judges.models import Game
from judges.runs.scope import EVERYTHING, Scope

ROWS_A_STATEMENT = 2_000
MOST_NAMED = 20
MEETINGS_LOOKED_AT = 50
LARGEST = 2**63 - 1  # number that a database takes

type Meeting = tuple[int, int, int, int, int]  # prompt, competitor a, competitor b, response a, response b
type Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ActiveDraw:
    """Battles drawn by the expected gain of their pairs, these pairs, and how many pairs there were to draw from."""

    battles: list[int]
    pairs: list[SampledPair]
    n_pairs: int


@dataclass(frozen=True, slots=True)
class _Chances:
    """By pair: the weight with which it is drawn, and what the next verdict on it is expected to tell (see `SampledPair`)."""

    weights: dict[Pair, float]
    gains: dict[Pair, float]


def standing_battles(arena: Arena, scope: Scope = EVERYTHING, *, most: int | None = None, seed: int = 1) -> list[int]:
    """Battles of the arena whose two answers are here, as they stand now; all or a random part of them."""
    rows = scope.battles(Battle.objects.in_use().showable().published().filter(arena=arena))
    battle_ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return battle_ids if most is None or most >= len(battle_ids) else sorted(_drawn(battle_ids, most, seed))


def given_battles(arena: Arena, numbers: Iterable[int], scope: Scope = EVERYTHING) -> list[int]:
    """These battles; raises CannotPlan, by number, where one of them cannot be judged so."""
    wanted = sorted(set(numbers))
    rows = Battle.objects.published().filter(arena=arena)
    here = _numbers(rows, wanted)
    showable = _numbers(Battle.objects.showable().published().filter(arena=arena), wanted)
    in_use = _numbers(Battle.objects.in_use().showable().published().filter(arena=arena), wanted)
    meant = _numbers(scope.battles(rows), wanted)
    problems = [
        _named(set(wanted) - here, _("battle %(numbers)s: not in %(arena)s"), arena=arena.slug),
        _named(here - showable, _("battle %(numbers)s: without two answers to read")),
        _named(showable - in_use, _("battle %(numbers)s: an answer was corrected since, or something of it is archived")),
        _named(showable - meant, _("battle %(numbers)s: not of the pool and the models that were chosen")),
    ]
    if any(problems):
        raise CannotPlan("; ".join(problem for problem in problems if problem))
    return wanted


def _numbers(rows: QuerySet[Battle], wanted: Sequence[int]) -> set[int]:
    storable = [number for number in wanted if 0 < number <= LARGEST]
    return {
        pk for chunk in batched(storable, ROWS_A_STATEMENT) for pk in rows.filter(pk__in=chunk).values_list("pk", flat=True)
    }


def _named(numbers: set[int], template: str, **values: str) -> str:
    if not numbers:
        return ""
    named = ", ".join(map(str, sorted(numbers)[:MOST_NAMED]))
    if len(numbers) > MOST_NAMED:
        named = _("%(numbers)s and %(n)s more") % {"numbers": named, "n": number(len(numbers) - MOST_NAMED)}
    return template % {"numbers": named, **values}


def all_pairs(
    arena: Arena, scope: Scope = EVERYTHING, *, baseline: Competitor | None = None, most: int | None = None, seed: int = 1,
    now: datetime | None = None,
) -> list[int]:  # fmt: skip
    """Every pair of competitors on every prompt that both answered, or those with `baseline` in them; all or a random part."""
    if baseline is not None:
        scope = scope.with_competitor(baseline.pk)
    meetings = list(_meetings(answers_of(arena, scope), baseline))
    if most is not None and most < len(meetings):
        meetings = sorted(_drawn(meetings, most, seed))
    return battles_of(arena, meetings, now=now)


def active_pairs(
    arena: Arena, scope: Scope = EVERYTHING, *, most: int, seed: int = 1, now: datetime | None = None
) -> ActiveDraw:
    """So many meetings that no judge has judged, drawn by how much the newest fit expects to learn from each pair.

    Each is on a prompt on which this plan has had the two least: verdicts on one prompt say little about others.
    """
    by_pair: dict[Pair, list[Meeting]] = defaultdict(list)
    for meeting in _unjudged(list(_meetings(answers_of(arena, scope), None))):
        by_pair[meeting[1], meeting[2]].append(meeting)
    rng = Random(seed)  # noqa: S311  # a sample, no secret  # nosec B311
    for meetings in by_pair.values():
        rng.shuffle(meetings)
    chances, n_pairs = _chances(arena, list(by_pair)) if by_pair else _Chances({}, {}), len(by_pair)
    drawn: list[Meeting] = []
    n_had: Counter[tuple[int, int]] = Counter()  # by competitor and prompt
    while by_pair and len(drawn) < most:
        pairs = list(by_pair)
        pair = rng.choices(pairs, [chances.weights[each] for each in pairs])[0]
        meeting = _taken(by_pair[pair], n_had)
        drawn.append(meeting)
        n_had.update((competitor, meeting[0]) for competitor in pair)
        if not by_pair[pair]:
            del by_pair[pair]
    sampled = _sampled(Counter((a, b) for _, a, b, *_ in drawn), chances)
    return ActiveDraw(battles_of(arena, sorted(drawn), now=now), sampled, n_pairs)


def _sampled(n_drawn: Counter[Pair], chances: _Chances) -> list[SampledPair]:
    total = sum(chances.weights.values())
    names = dict(Competitor.objects.filter(pk__in={pk for pair in n_drawn for pk in pair}).values_list("pk", "name"))
    return [
        SampledPair(names[a], names[b], chances.gains.get((a, b)), chances.weights[a, b] / total, n)
        for (a, b), n in n_drawn.items()
    ]


def _taken(meetings: list[Meeting], n_had: Counter[tuple[int, int]]) -> Meeting:
    """Takes one from the end of a pair's meetings, shuffled as they are: the one whose sides were had least on its prompt."""
    first = max(len(meetings) - MEETINGS_LOOKED_AT, 0)

    def n_before(place: int) -> int:
        prompt, a, b, *_ = meetings[place]
        return n_had[a, prompt] + n_had[b, prompt]

    return meetings.pop(min(range(first, len(meetings)), key=n_before))


def _chances(arena: Arena, pairs: Sequence[Pair]) -> _Chances:
    """By the weights that matchmaking has for voters; all alike before the first fit. No pair is without a chance."""
    ids = sorted({competitor for pair in pairs for competitor in pair})
    weights = import_string(settings.PAIR_WEIGHTS)(arena.pk, ids)
    if weights is None or not weights.sum():
        return _Chances(dict.fromkeys(pairs, 1.0), {})
    place = {competitor: row for row, competitor in enumerate(ids)}
    least = EXPLORATION * float(weights.sum()) / max(weights.size - len(ids), 1)
    of_pair = {(a, b): float(weights[place[a], place[b]]) for a, b in pairs}
    mean = sum(of_pair.values()) / len(of_pair)
    return _Chances(
        {pair: weight + least for pair, weight in of_pair.items()},
        {pair: weight / mean for pair, weight in of_pair.items()} if mean else {},
    )


def _unjudged(meetings: Sequence[Meeting]) -> list[Meeting]:
    """A pilot's games do not count: what it tried is still to be judged."""
    known = known_battles(meetings)
    judged: set[int] = set()
    for chunk in batched(known.values(), ROWS_A_STATEMENT):
        games = Game.objects.filter(battle__in=chunk).exclude(run__plan__has_key="pilot")
        judged |= set(games.values_list("battle_id", flat=True))
    return [meeting for meeting in meetings if known.get(meeting[3:]) not in judged]


def _drawn[T](from_: Sequence[T], most: int, seed: int) -> list[T]:
    return Random(seed).sample(from_, most)  # noqa: S311  # a sample, no secret  # nosec B311


def answers_of(arena: Arena, scope: Scope = EVERYTHING) -> dict[int, dict[int, int]]:
    """By prompt, then by competitor: the first delivered answer."""
    here = Competitor.objects.servable().filter(arena=arena)
    rows = scope.answers(Response.objects.in_use().delivered().filter(competitor__in=here))
    answers_by_prompt: dict[int, dict[int, int]] = defaultdict(dict)
    for prompt, competitor, pk in rows.order_by("prompt", "competitor", "repeat").values_list("prompt", "competitor", "pk"):
        answers_by_prompt[prompt].setdefault(competitor, pk)
    return answers_by_prompt


def _meetings(answers: dict[int, dict[int, int]], baseline: Competitor | None) -> Iterable[Meeting]:
    for prompt, by_competitor in answers.items():
        for a, b in combinations(sorted(by_competitor), 2):
            if baseline is None or baseline.pk in (a, b):
                yield prompt, a, b, by_competitor[a], by_competitor[b]


def battles_of(arena: Arena, meetings: Sequence[Meeting], *, now: datetime | None = None) -> list[int]:
    """The battle of each meeting, made where there is none; another process may be making the same ones."""
    known = known_battles(meetings)
    missing = [meeting for meeting in meetings if meeting[3:] not in known]
    now = now or timezone.now()
    for chunk in batched(missing, ROWS_A_STATEMENT):
        made = [
            Battle(
                arena=arena, prompt_id=prompt, competitor_a_id=a, competitor_b_id=b, response_a_id=answer_a,
                response_b_id=answer_b, created_at=now,
            )
            for prompt, a, b, answer_a, answer_b in chunk
        ]  # fmt: skip
        Battle.objects.bulk_create(made, ignore_conflicts=True)
    known |= known_battles(missing)
    return [known[meeting[3:]] for meeting in meetings]


def known_battles(meetings: Sequence[Meeting]) -> dict[tuple[int, ...], int]:
    """The stored battle of each meeting, by its two answers. Of several battles of the same two answers the oldest."""
    wanted = {meeting[3:] for meeting in meetings}
    battle_of_answers: dict[tuple[int, ...], int] = {}
    for chunk in batched(sorted({meeting[3] for meeting in meetings}), ROWS_A_STATEMENT):
        rows = Battle.objects.published().filter(response_a__in=chunk, response_b__isnull=False).order_by("-pk")
        pairs = rows.values_list("response_a", "response_b", "pk")
        battle_of_answers |= {(a, b): pk for a, b, pk in pairs if a and b and (a, b) in wanted}
    return battle_of_answers


@contextmanager
def unused_battles_dropped(arena: Arena) -> Iterator[datetime]:
    """Yield the time to make battles at; those that are unused when it ends are deleted again.

    No transaction is open meanwhile: a person may think as long as they like.
    """
    newest = arena.battles.order_by("-pk").values_list("pk", flat=True).first() or 0
    now = timezone.now()
    try:
        yield now
    finally:
        made = arena.battles.filter(pk__gt=newest, created_at=now).order_by("pk").values_list("pk", flat=True)
        for chunk in batched(list(made), ROWS_A_STATEMENT):
            _drop_unused(chunk)


@transaction.atomic
def _drop_unused(battles: Sequence[int]) -> None:
    mine = Battle.objects.filter(pk__in=battles)
    list(mine.select_for_update().values_list("pk"))  # locked, so that none of them is put before a voter meanwhile
    mine.filter(games=None, votes=None, ballots=None, gold_items=None).delete()
