"""Games of judges as of a ledger position: the question, the verdict, and whether it counted.

A verdict never changes; whether it counts may, and a game that failed may be played again. Both are undone here with the
ledger's later events, so the same position always reads the same. An arena with many games has them kept in a
file as they stood at some position (`kept_games`): then only what the ledger names since is read.
"""

from collections.abc import Sequence

import numpy as np
import structlog
from django.db.models import Q
from numpy.typing import NDArray

from arena.evidence.days import Days
from judges.models import BASELINES, EarlierEnding, Game, GameChange, Judge
from ranking.comparisons.game_columns import STATES, Games
from ranking.comparisons.game_rows import decided_between, read_games, read_games_of
from ranking.comparisons.kept_games import keep_games, load_games

log = structlog.get_logger(__name__)

KEEP_FROM = 20_000
"""Below this number, reading games from the database is faster than from a file."""

REWRITE_SHARE = 100
"""The file is written again when more than one game in so many is new or changed: to write it costs as much as to read them."""


def counting_judges(jury: Sequence[int] = ()) -> Q:
    """Games of the jury; without a jury, those of all judges except baselines, which do not look at the question."""
    if jury:
        return Q(judge__in=jury)
    return ~Q(judge__in=Judge.objects.filter(kind=Judge.Kind.OFFLINE, protocol__in=BASELINES))


def may_count(judge: Judge, jury: Sequence[int] = ()) -> bool:
    """The same rule of one judge."""
    return judge.pk in jury if jury else judge.kind != Judge.Kind.OFFLINE or judge.protocol not in BASELINES


def games_at(arena_id: int, position: int, *, keep_from: int = KEEP_FROM) -> Games:
    """Every game that had ended by then; large sets are cached for the next time."""
    kept = load_games(arena_id)
    if kept is not None and kept.position > position:
        return _games_since(Games.none(), arena_id, 0, position)[0]  # the cached file is newer, and stays
    before, since = (Games.none(), 0) if kept is None else (kept.games, kept.position)
    games, n_changed = _games_since(before, arena_id, since, position)
    if since < position and len(games) >= keep_from and n_changed * REWRITE_SHARE >= len(games):
        try:
            keep_games(arena_id, position, games)
        except OSError as error:  # it only saves time: a full disk must not cost a board
            log.warning("games are not kept for the next fit", arena=arena_id, reason=str(error))
    return games


def games_decided_on(arena_id: int, days: Days) -> NDArray[np.int64]:
    """Ids of the arena's games that ended on these days."""
    games = Game.objects.filter(battle__arena_id=arena_id, **days.bounds("decided_at")).order_by()
    return np.fromiter(games.values_list("pk", flat=True).iterator(), dtype=np.int64)


def _games_since(before: Games, arena_id: int, since: int, position: int) -> tuple[Games, int]:
    """The games at a position, from those at an earlier one; and how many are new or changed."""
    # Read before later changes: a game that changes in between is found in its event.
    ended = read_games(arena_id, decided_between(arena_id, since, position))
    ended = _with_earlier(ended, arena_id, since, position)
    ended = _standing(ended, _later_changes(arena_id, position))
    if not len(before):
        return ended, len(ended)
    changes = _changes_between(arena_id, since, position)
    games = _standing(_without(before, ended.game), changes)
    return Games.joined([games, ended]).in_order(), len(ended) + len(changes)


def _without(games: Games, ids: NDArray[np.int32]) -> Games:
    """Without those that ended again."""
    place = np.minimum(np.searchsorted(games.game, ids), len(games) - 1)
    again = place[games.game[place] == ids]
    if not len(again):
        return games
    kept = np.ones(len(games), dtype=np.bool_)
    kept[again] = False
    return games.at(kept)


def _with_earlier(ended: Games, arena_id: int, since: int, position: int) -> Games:
    """And those that failed between the positions and were played again later, as failures."""
    earlier = _earlier(arena_id, since, position)
    if not earlier:
        return ended
    ids = np.array(list(earlier), dtype=np.int64)
    again = read_games_of(arena_id, ids.tolist())
    states = np.array([STATES.index(earlier[game]) for game in again.game.tolist()], dtype=np.int8)
    again = again.without_verdict(np.ones(len(again), np.bool_), states)
    return Games.joined([ended.where(~np.isin(ended.game, ids)), again]).in_order()


def _earlier(arena_id: int, since: int, position: int) -> dict[int, str]:
    """How games had ended that had failed by then and were played again since; of several endings the newest."""
    again = Q(game__event=None) | Q(game__event__position=None) | Q(game__event__position__gt=position)
    between = {"event__position__gt": since, "event__position__lte": position}
    endings = EarlierEnding.objects.filter(again, event__arena_id=arena_id, **between)
    return dict(endings.order_by("event__position").values_list("game_id", "state"))


def _later_changes(arena_id: int, position: int) -> dict[int, bool]:
    """Games that were set aside or restored later, with whether they counted at a position."""
    changes = GameChange.objects.filter(event__arena_id=arena_id)
    later = changes.filter(Q(event__position__gt=position) | Q(event__position=None)).order_by("-event_id")
    # Before its oldest change a game had the opposite state.
    return {game: not is_counted for game, is_counted in later.values_list("game_id", "is_counted").iterator()}


def _changes_between(arena_id: int, since: int, position: int) -> dict[int, bool]:
    """Games that were set aside or restored between two positions, with whether they counted at the second."""
    between = {"event__position__gt": since, "event__position__lte": position}
    changes = GameChange.objects.filter(event__arena_id=arena_id, **between).order_by("event_id")
    return dict(changes.values_list("game_id", "is_counted").iterator())


def _standing(games: Games, changed: dict[int, bool]) -> Games:
    """The games with each of `changed` standing (true) or set aside."""
    if not changed or not len(games):
        return games
    ids = np.fromiter(changed, dtype=np.int64, count=len(changed))
    stands = np.fromiter(changed.values(), dtype=np.bool_, count=len(changed))
    place = np.minimum(np.searchsorted(games.game, ids), len(games) - 1)
    known = games.game[place] == ids
    return games.that_stand(place[known], stands[known])
