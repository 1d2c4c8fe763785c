"""What curators do to verdicts: set aside, restore. Each act is an event in the ledger; nothing is deleted."""

from itertools import batched, groupby

from django.contrib.auth.models import User
from django.db import models, transaction

from arena.ledger import record_games
from arena.models import Event
from judges.models import Game, GameChange

BATCH = 2_000


def set_aside_games(games: models.QuerySet[Game], reason: str, actor: User | None) -> int:
    """Their verdicts count no longer, until they are restored; how many of them counted until now."""
    if not reason.strip():
        raise ValueError("a reason is needed: readers of the board are shown why verdicts were set aside")
    return _recount(games, is_counted=False, reason=reason.strip()[:200], actor=actor)


def restore_games(games: models.QuerySet[Game], actor: User | None) -> int:
    """They count again; how many those are."""
    return _recount(games, is_counted=True, reason="", actor=actor)


def _recount(games: models.QuerySet[Game], *, is_counted: bool, reason: str, actor: User | None) -> int:
    kind = Event.Kind.GAMES_RESTORED if is_counted else Event.Kind.GAMES_SET_ASIDE
    n_changed = 0
    with transaction.atomic():
        pks = list(games.filter(is_counted=not is_counted).order_by("battle__arena", "pk").values_list("pk", flat=True))
        for chunk in batched(pks, BATCH):
            # Rows that somebody else has changed since are left out by the lock's own look at them.
            locked = Game.objects.select_for_update(of=("self",)).filter(pk__in=chunk, is_counted=not is_counted)
            rows = list(locked.select_related("battle").order_by("battle__arena", "pk"))
            for arena_id, its in groupby(rows, lambda game: game.battle.arena_id):
                changed = list(its)
                event = record_games(kind, arena_id=arena_id, n_games=len(changed), reason=reason, actor=actor)
                GameChange.objects.bulk_create([GameChange(game=game, event=event, is_counted=is_counted) for game in changed])
            Game.objects.filter(pk__in=[game.pk for game in rows]).update(is_counted=is_counted, set_aside_reason=reason)
            n_changed += len(rows)
    return n_changed
