"""Writes games to the database, many at a time; the only writer of verdicts."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from django.db import connection, models

from arena.evidence.ledger import record_games
from arena.models import Event, Import
from judges.models import EarlierEnding, Game
from judges.replies.parsing import Parsed
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict

ENDING = (
    "state", "winner", "strength", "score_first", "score_second", "label", "label_start", "label_end", "reason", "cost",
    "event", "decided_at", "request_key", "criteria",
)  # fmt: skip
BEGINNING = (*ENDING, "run", "call", "copied_from", "reference_given", "taints", "reply")
ENDED = ("pk", "event_id", "state")
LONGEST_LABEL = 200
ROWS_A_STATEMENT = 2_000


def end_game(game: Game, state: GameState, *, reason: str = "") -> None:
    """Set in memory how the game ended; `give_verdict` adds a verdict."""
    game.state, game.reason = state.value, reason
    game.winner, game.strength, game.score_first, game.score_second = "", None, None, None
    game.label, game.label_start, game.label_end, game.criteria = "", None, None, None


def give_verdict(game: Game, verdict: Verdict | float) -> None:
    """Set in memory the verdict on the slots, or the score of the one answer that was shown."""
    if not isinstance(verdict, Verdict):
        game.score_first = verdict
        return
    game.winner, game.strength = verdict.winner, verdict.strength
    game.score_first, game.score_second = verdict.scores or (None, None)


def note_label(game: Game, parsed: Parsed) -> None:
    game.label = (parsed.label or "")[:LONGEST_LABEL]
    game.label_start, game.label_end = parsed.start, parsed.end


def file_ended(games: Sequence[Game], *, arena_id: int, now: datetime, reason: str, source: Import | None = None) -> None:
    """Give ended games their event in the ledger; write them in the same transaction. `source` brought them."""
    if not games:
        return
    event = record_games(Event.Kind.GAMES_DECIDED, arena_id=arena_id, n_games=len(games), reason=reason, source=source)
    for game in games:
        game.event, game.decided_at = event, now


def update_games(games: Sequence[Game], names: Sequence[str]) -> None:
    """Run one prepared UPDATE for all rows: bulk_update would write a CASE for every column and row."""
    if not games:
        return
    if "event" in names:
        _keep_endings([game.pk for game in games])
    fields: list[models.Field[object, object]] = [Game._meta.get_field(name) for name in names]  # type: ignore[misc]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    rows = [
        [*(field.get_db_prep_save(getattr(game, field.attname), connection) for field in fields), game.pk] for game in games
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "judges_game" SET {columns} WHERE "id" = %s', rows)  # noqa: S608  # our own column names  # nosec B608


def _keep_endings(pks: Sequence[int]) -> None:
    """Record the earlier ending of failed games that are played again, so that boards of that time can be rebuilt."""
    for chunk in batched(pks, ROWS_A_STATEMENT):
        failed = Game.objects.failed().filter(pk__in=chunk, event__isnull=False).order_by("pk")
        rows = [EarlierEnding(game_id=pk, event_id=event, state=state) for pk, event, state in failed.values_list(*ENDED)]
        EarlierEnding.objects.bulk_create(rows)
