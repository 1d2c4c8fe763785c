"""Games of judges as they stood at a position of the ledger: what was asked, what was said, and whether it counted.

A verdict never changes; whether it counts may, and a game that failed may be played again. Both are undone here from what
the ledger's later events name, so the same position reads the same for ever.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import batched
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from arena.evidence.vote_tally import NO_PROMPT
from judges.models import BASELINES, EarlierEnding, Game, GameChange, Judge
from judges.models.games import IS_MARKED, GameQuerySet
from judges.verdicts.combiners import PlayedGame
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Verdict, stored_verdict

WITH_VERDICT = frozenset(state.value for state in GameState if state.has_verdict)
COLUMNS = (
    "pk", "judge_id", "battle_id", "battle__prompt_id", "battle__competitor_a_id", "battle__competitor_b_id", "order", "repeat",
    "state", "winner", "strength", "score_first", "score_second", "is_counted", "marks",
)  # fmt: skip
# Empty for nearly all: to decode a list of reasons in every row would take as long as all the rest.
MARKS = Case(When(IS_MARKED, then=Cast("taints", TextField())), default=Value(""), output_field=TextField())
AT_ONCE = 5_000


class GameAt(NamedTuple):
    """A game that was over."""

    judge: int
    battle: int
    prompt: int
    a: int
    b: int
    order: Order
    repeat: int
    state: str
    verdict: Verdict | None
    score: float | None  # of the one answer that was shown
    stands: bool  # not set aside
    marked: str = ""  # sides whose answer seems to speak to its judge: a, b or ab

    @property
    def played(self) -> PlayedGame:
        return PlayedGame(self.order, self.repeat, self.verdict)

    @property
    def has_said(self) -> bool:
        return self.state in WITH_VERDICT

    @property
    def counts(self) -> bool:
        return self.stands and self.state in WITH_VERDICT


def counting_judges(jury: Sequence[int] = ()) -> Q:
    """Games of the jury; without one those of all judges but the baselines, which look at no question."""
    if jury:
        return Q(judge__in=jury)
    return ~Q(judge__in=Judge.objects.filter(kind=Judge.Kind.OFFLINE, protocol__in=BASELINES))


def games_at(arena_id: int, position: int, *, jury: Sequence[int] = ()) -> list[GameAt]:
    """Every game that had ended by then, in the order in which they were made."""
    games = Game.objects.filter(counting_judges(jury), battle__arena_id=arena_id)
    # Read before what changed since: a game that changes in between is found in its change.
    rows = {row[0]: row for row in _rows(games.over().filter(event__position__lte=position))}
    earlier = dict(_earlier(arena_id, position).values_list("game_id", "state"))
    for some in batched(earlier, AT_ONCE):
        rows |= {row[0]: row for row in _rows(games.filter(pk__in=some))}
    changed = _changes(arena_id, position)
    return [_then(rows[pk], changed, earlier.get(pk)) for pk in sorted(rows)]


def _then(row: tuple[Any, ...], changed: dict[int, bool], earlier: str | None) -> GameAt:
    game = _game(row, changed)
    return game if earlier is None else game._replace(state=earlier, verdict=None, score=None)


def _rows(games: GameQuerySet) -> Iterator[tuple[Any, ...]]:
    ordered = games.annotate(marks=MARKS).order_by("pk")
    return iter(ordered.values_list(*COLUMNS).iterator(chunk_size=AT_ONCE))


def _game(row: tuple[Any, ...], changed: dict[int, bool]) -> GameAt:
    pk, judge, battle, prompt, a, b, order, repeat, state, winner, strength, first, second, is_counted, marks = row
    verdict = stored_verdict(winner, strength, first, second)
    return GameAt(
        judge, battle, NO_PROMPT if prompt is None else prompt, a, b, order, repeat, state, verdict,
        first if verdict is None else None, changed.get(pk, is_counted), _sides(marks) if marks else "",
    )  # fmt: skip


@cache
def _sides(marks: str) -> str:
    """Of marks such as "a: label"; one that names no side is on both."""
    found = {mark[0] if mark[:2] in ("a:", "b:") else "ab" for mark in json.loads(marks)}
    return "ab" if "ab" in found else "".join(sorted(found))


def _changes(arena_id: int, position: int) -> dict[int, bool]:
    """Games that were set aside or restored later, with whether they counted at a position."""
    changes = GameChange.objects.filter(game__battle__arena_id=arena_id)
    later = changes.filter(Q(event__position__gt=position) | Q(event__position=None)).order_by("-event_id")
    # Before its oldest change a game counted the other way.
    return {game: not is_counted for game, is_counted in later.values_list("game_id", "is_counted")}


def _earlier(arena_id: int, position: int) -> QuerySet[EarlierEnding]:
    """How games had ended that had failed by then and were played again since; of several endings the newest comes last."""
    since = Q(game__event=None) | Q(game__event__position=None) | Q(game__event__position__gt=position)
    endings = EarlierEnding.objects.filter(since, game__battle__arena_id=arena_id, event__position__lte=position)
    return endings.order_by("event__position")
