"""Curation of verdicts and gold labels: set aside, restore. Each act is an event in the ledger; nothing is deleted."""

from itertools import batched, groupby

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Value, When
from django.utils.translation import gettext as _

from arena.evidence.ledger import record_games, record_labels
from arena.models import Event
from arena.outcomes import Outcome
from judges.models import Game, GameChange, GoldAnswer, GoldItem
from judges.sayings import counted_in_english

BATCH = 2_000


def set_aside_games(games: models.QuerySet[Game], reason: str, actor: User | None, *, to_ask_again: bool = False) -> int:
    """Their verdicts count no longer, until they are restored; how many of them counted until now.

    `to_ask_again`: what is wrong is what they were asked, so that the next plan of their judge asks in their place.
    """
    if not reason.strip():
        raise ValueError(_("a reason is needed: readers of the board are shown why verdicts were set aside"))
    return _recount(games, is_counted=False, reason=reason.strip()[:200], actor=actor, to_ask_again=to_ask_again)


def restore_games(games: models.QuerySet[Game], actor: User | None) -> int:
    """Make the verdicts count again, and return how many do."""
    return _recount(games, is_counted=True, reason="", actor=actor)


def _recount(
    games: models.QuerySet[Game], *, is_counted: bool, reason: str, actor: User | None, to_ask_again: bool = False
) -> int:
    kind = Event.Kind.GAMES_RESTORED if is_counted else Event.Kind.GAMES_SET_ASIDE
    n_changed = 0
    with transaction.atomic():
        pks = list(games.filter(is_counted=not is_counted).order_by("battle__arena", "pk").values_list("pk", flat=True))
        for chunk in batched(pks, BATCH):
            # Rows that another process has changed since fail the lock's own filter and are left out.
            locked = Game.objects.select_for_update(of=("self",)).filter(pk__in=chunk, is_counted=not is_counted)
            rows = list(locked.select_related("battle").order_by("battle__arena", "pk"))
            for arena_id, games_of_arena in groupby(rows, lambda game: game.battle.arena_id):
                changed = list(games_of_arena)
                event = record_games(kind, arena_id=arena_id, n_games=len(changed), reason=reason, actor=actor)
                GameChange.objects.bulk_create([GameChange(game=game, event=event, is_counted=is_counted) for game in changed])
            changes = {"is_counted": is_counted, "set_aside_reason": reason, "to_ask_again": to_ask_again or None}
            Game.objects.filter(pk__in=[game.pk for game in rows]).update(**changes)
            n_changed += len(rows)
    return n_changed


def count_labels(items: models.QuerySet[GoldItem], is_counted: bool, actor: User | None) -> int:
    """Set whether gold labels count, and return how many were changed."""
    with transaction.atomic():
        changed = list(items.exclude(is_counted=is_counted).select_related("gold_set").order_by("gold_set__arena", "pk"))
        GoldItem.objects.filter(pk__in=[item.pk for item in changed]).update(is_counted=is_counted)
        for arena_id, items_of_arena in groupby(changed, lambda item: item.gold_set.arena_id):
            _record(arena_id, len(list(items_of_arena)), is_counted, actor)
    return len(changed)


def count_answers(answers: models.QuerySet[GoldAnswer], is_counted: bool, actor: User | None) -> int:
    """The same for labels of single answers."""
    with transaction.atomic():
        changed = list(answers.exclude(is_counted=is_counted).select_related("gold_set").order_by("gold_set__arena", "pk"))
        GoldAnswer.objects.filter(pk__in=[answer.pk for answer in changed]).update(is_counted=is_counted)
        for arena_id, answers_of_arena in groupby(changed, lambda answer: answer.gold_set.arena_id):
            _record(arena_id, len(list(answers_of_arena)), is_counted, actor)
    return len(changed)


def _record(arena_id: int, n_labels: int, is_counted: bool, actor: User | None) -> None:
    reason = f"{counted_in_english(n_labels, 'label', 'labels')} {'count again' if is_counted else 'set aside'}"
    record_labels(arena_id=arena_id, n_labels=n_labels, reason=reason, actor=actor)


def contradicting() -> models.QuerySet[GoldItem]:
    """Counted labels that contradict another label of their battle; a tie and "both bad" are one class."""
    says = Case(When(label=Outcome.BOTH_BAD, then=Value(Outcome.TIE)), default=F("label"))
    labels = GoldItem.objects.counted().annotate(says=says)
    return labels.filter(Exists(labels.filter(battle=OuterRef("battle")).exclude(says=OuterRef("says"))))
