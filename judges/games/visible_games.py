"""Games of judges as REST shows them: verdicts by side, and as much of the rest as the reader may know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from arena.models import Attempt, Battle, Prompt
from judges.games.access import GameReader
from judges.models import Game, Judge

type Attempts = Mapping[int, list[Attempt]]  # by call, in the order in which they were sent
HEAVY = ("request", "reply", "text", "error")


@dataclass(frozen=True, slots=True)
class Sided:
    """A verdict on the two answers: not on the slots in which they were shown."""

    winner: str = ""  # a | b | tie | both_bad; empty where one answer was graded alone
    strength: int | None = None
    score_a: float | None = None
    score_b: float | None = None


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """The request whose reply was read."""

    model: str
    parameters: dict[str, Any]
    latency_ms: int | None
    n_attempts: int


@dataclass(frozen=True, slots=True)
class VisibleGame:
    """One game, without what its reader may not see."""

    game: Game
    verdict: Sided | None  # None: there is no verdict
    reason: str
    run: int | None
    request: RequestSummary | None  # None: no request was sent, or this reader may not see it
    attempts: list["VisibleAttempt"] = field(default_factory=list)
    reply: str = ""
    criteria: list[dict[str, Any]] | None = None  # of the checklist in its request


@dataclass(frozen=True, slots=True)
class VisibleAttempt:
    """One request that was sent; error and body as received are for curators."""

    attempt: Attempt
    messages: list[dict[str, str]]
    is_read: bool  # its reply decided the game
    error: str
    body: str


def sided(game: Game) -> Sided | None:
    if not game.has_verdict:
        return None
    played = game.played
    if played.verdict is None:
        is_a = game.order == Game.Order.AB
        return Sided(score_a=game.score_first if is_a else None, score_b=None if is_a else game.score_first)
    points = played.verdict.scores_by_side(played.order) or (None, None)
    strength = played.verdict.strength if played.verdict.winner in ("first", "second") else None
    return Sided(played.verdict.by_side(played.order), strength, *points)


def visible(games: Sequence[Game], readers: Mapping[int, GameReader]) -> list[VisibleGame]:
    """Rows of a list, in a fixed number of queries; `readers` by the number of the arena."""
    prefetch_related_objects(games, *_RELATED)
    open_ones = [game for game in games if readers[game.battle.arena_id].reads_in_full(game)]
    attempts = attempts_of(open_ones, Attempt.objects.defer(*HEAVY))
    summaries = {game.pk: _summary(attempts.get(call_of(game) or 0, [])) for game in open_ones}
    return [_visible(game, readers[game.battle.arena_id], summaries.get(game.pk)) for game in games]


def visible_in_full(game: Game, reader: GameReader) -> VisibleGame:
    """One game with all that was asked and replied, where its reader may know it."""
    prefetch_related_objects([game], *_RELATED)
    if not reader.reads_in_full(game):
        return _visible(game, reader, None)
    game_attempts = attempts_of([game]).get(call_of(game) or 0, [])
    read = read_of(game_attempts)
    attempts = [_attempt(attempt, reader, is_read=attempt is read) for attempt in game_attempts]
    return _visible(
        game, reader, _summary(game_attempts), attempts=attempts, reply=stored_reply_of(game), criteria=game.criteria
    )


# --- what was asked and replied --------------------------------------------------------------------------------------


def call_of(game: Game) -> int | None:
    """The call whose reply was read; a game that was read from the cache has it from another one."""
    return game.call_id if game.copied_from is None else game.copied_from.call_id


def attempts_of(games: Iterable[Game], attempts: "QuerySet[Attempt] | None" = None) -> Attempts:
    calls = {call for game in games if (call := call_of(game)) is not None}
    attempts_by_call: dict[int, list[Attempt]] = defaultdict(list)
    if calls:
        rows = Attempt.objects.all() if attempts is None else attempts
        for attempt in rows.filter(call__in=calls).order_by("pk"):
            attempts_by_call[attempt.call_id].append(attempt)
    return attempts_by_call


def read_of(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt whose reply decided the game."""
    return next((attempt for attempt in reversed(attempts) if attempt.state == Attempt.State.OK), None)


def stored_reply_of(game: Game) -> str:
    """A reply that was imported from a file."""
    return game.reply or (game.copied_from.reply if game.copied_from else "")


def messages_of(attempt: Attempt) -> list[dict[str, Any]]:
    return [message for message in attempt.request if isinstance(message, dict)]


# --- rows ------------------------------------------------------------------------------------------------------------

_RELATED = (
    Prefetch("judge", Judge.objects.only("name", "version", "identity", "protocol", "kind", "model", "family")),
    Prefetch("battle", Battle.objects.select_related("arena", "competitor_a", "competitor_b")),
    Prefetch("battle__prompt", Prompt.objects.only("key")),
    Prefetch("copied_from", Game.objects.only("call", "reply")),
)


def _visible(game: Game, reader: GameReader, request: RequestSummary | None, **more: Any) -> VisibleGame:
    reason = game.reason if reader.is_told_why(game) else ""
    return VisibleGame(game, sided(game), reason, game.run_id if reader.is_curator else None, request, **more)


def _summary(attempts: Sequence[Attempt]) -> RequestSummary | None:
    if not attempts:
        return None
    shown = read_of(attempts) or attempts[-1]
    return RequestSummary(shown.model, shown.parameters, shown.latency_ms, len(attempts))


def _attempt(attempt: Attempt, reader: GameReader, *, is_read: bool) -> VisibleAttempt:
    messages = [{name: str(message.get(name, "")) for name in ("role", "content")} for message in messages_of(attempt)]
    error, body = (attempt.error, attempt.reply) if reader.is_curator else ("", "")
    return VisibleAttempt(attempt, messages, is_read, error, body)
