"""Celery tasks of boards. The beat wakes a worker for boards behind the ledger; nothing else marks a board due."""

import structlog
from celery import shared_task
from django.utils import timezone

from arena.evidence import ledger
from arena.fit_memory import FitTooLarge
from arena.leases import LeaseLost
from ranking.boards.asked.board_queue import throw_away_unused, waiting
from ranking.boards.asked.too_little import TooLittle
from ranking.boards.due import due_boards, is_due, refresh_boards
from ranking.boards.publishing import BoardBusy, publish_snapshot
from ranking.boards.snapshots.snapshot_retention import thin_snapshots as thin
from ranking.models import Leaderboard

log = structlog.get_logger(__name__)


@shared_task(name="ranking.tasks.ring_due_boards", ignore_result=True)
def ring_due_boards() -> None:
    """Give new events their positions, then wake a worker for every live board that is behind and has rested."""
    ledger.number_events()
    for board_id in refresh_boards():
        refit_board.apply_async([board_id], {"only_if_due": True}, expires=30)
    if waiting().exists():
        fit_asked_board.apply_async([], expires=30)


@shared_task(name="ranking.tasks.refit_board", ignore_result=True)
def refit_board(board_id: int, *, only_if_due: bool = False) -> None:
    """Publish one board; a process that is already fitting it does the work."""
    board = Leaderboard.objects.filter(pk=board_id).first()
    if board is None or (only_if_due and not is_due(board)):
        return
    try:
        publish_snapshot(board)
    except TooLittle as reason:
        log.info("a board that was asked for has too little evidence", board=board.slug, reason=reason.code)
    except (BoardBusy, LeaseLost) as reason:
        log.info("refit left to another worker", board=board.slug, reason=str(reason))
    except FitTooLarge as reason:
        log.warning("a board is not fitted", board=board.slug, reason=str(reason))


@shared_task(name="ranking.tasks.fit_asked_board", ignore_result=True)
def fit_asked_board() -> None:
    """Fit the board that has waited longest, behind the live ones: the next follows where none of these is due."""
    board = waiting().claimable().first()
    if board is None:
        return
    refit_board(board.pk)
    if waiting().claimable().exists() and not due_boards():
        fit_asked_board.apply_async([], expires=30)


@shared_task(name="ranking.tasks.throw_away_unused_boards", ignore_result=True)
def throw_away_unused_boards() -> None:
    throw_away_unused(timezone.now())


@shared_task(name="ranking.tasks.thin_snapshots", ignore_result=True)
def thin_snapshots() -> None:
    thin(now=timezone.now())
