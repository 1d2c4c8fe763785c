"""Boards that readers ask for: queued once, fitted behind live ones, thrown away when nobody uses them.

A definition is one row, whoever asks and however often. A row that waits has `asked_at`; the worker clears it with the fit.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from arena.models import Arena, Event
from arena.wording import number
from ranking.boards.asked.filters_in_words import title_of
from ranking.boards.lag import OF_JUDGES
from ranking.models import DEFINING, KeptSnapshot, Leaderboard

MOST_WAITING = 20
MOST_WAITING_OF_A_NETWORK = 2
MOST_KEPT = 200
UNUSED_FOR = timedelta(days=1)
USE_IS_SAID_EVERY = timedelta(minutes=10)
LEAST_REST = timedelta(seconds=30)
"""Between two fits of an asked board: evidence comes all the time, and its readers can wait."""

QUEUE_LOCK = 0x61736B64  # "askd": the key of PostgreSQL's advisory lock


class QueueFull(Exception):
    """The board cannot be asked for now. The message says why, and what to do."""


def asked_board(arena: Arena, definition: Mapping[str, Any]) -> Leaderboard | None:
    return Leaderboard.objects.filter(arena=arena, is_asked=True, **definition).first()


def ask(arena: Arena, definition: Mapping[str, Any], *, like: Leaderboard, network: str, now: datetime) -> Leaderboard:
    """Queue the board, unless it stands with all evidence or waits already; returns it. Raises QueueFull."""
    with transaction.atomic():
        _one_at_a_time()
        board = Leaderboard.objects.filter(arena=arena, **definition).first()
        if board is not None and (not _is_gone(board) and not board.is_asked):
            return board
        if board is not None and board.is_asked:
            _say_used(board, now)
            if not may_be_asked_again(board, now):
                return board
        _check_room(_hashed(network))
        if board is None:
            board = _made(arena, definition, like)
        board.is_asked, board.is_by_itself = True, False
        board.asked_at, board.asked_by, board.used_at = now, _hashed(network), now
        board.save()
        throw_away(_beyond_the_most(board), keep_waiting=True)
        return board


def may_be_asked_again(board: Leaderboard, now: datetime) -> bool:
    """Whether a fit could find anything new, and it has rested."""
    if board.asked_at is not None:
        return False
    if board.not_before is not None and now < board.not_before + LEAST_REST:
        return False
    return bool(board.error and not board.error_code) or has_news(board)


def has_news(board: Leaderboard) -> bool:
    """Whether evidence of its kind has come since its newest fit."""
    return bool(_news_of(board).exists())


def _news_of(board: Leaderboard) -> Any:
    events = Event.objects.filter(Q(position__gt=board.read_to) | Q(position=None), arena=board.arena_id)
    return events.exclude(kind__in=OF_JUDGES) if board.sources == Leaderboard.Sources.PEOPLE else events


def waiting() -> Any:
    """Boards that wait for their fit, those that have waited longest first."""
    return Leaderboard.objects.filter(is_asked=True, asked_at__isnull=False).order_by("asked_at", "pk")


def n_before(board: Leaderboard) -> int:
    """How many boards are fitted before this one."""
    return int(waiting().filter(asked_at__lt=board.asked_at).count()) if board.asked_at is not None else 0


def say_used(board: Leaderboard, now: datetime) -> None:
    """It stays for another day."""
    _say_used(board, now)


def _say_used(board: Leaderboard, now: datetime) -> None:
    lately = Q(used_at=None) | Q(used_at__lt=now - USE_IS_SAID_EVERY)
    Leaderboard.objects.filter(lately, pk=board.pk, is_asked=True).update(used_at=now)


def throw_away(boards: Any, *, keep_waiting: bool = False) -> int:
    """Delete asked boards with their snapshots; a board with a snapshot that somebody linked to stays with that one alone."""
    n = 0
    for board in boards:
        rows = Leaderboard.objects.filter(pk=board.pk, is_asked=True)
        if keep_waiting:
            rows = rows.filter(asked_at=None)
        if not rows.claimable().exists():
            continue
        board.snapshots.filter(kept=None).delete()
        n += bool(rows.exclude(Exists(KeptSnapshot.objects.filter(snapshot__leaderboard=OuterRef("pk")))).delete()[0])
    return n


def throw_away_unused(now: datetime) -> int:
    """Those that nobody used for a day, and what is more than may be kept."""
    unused = Leaderboard.objects.filter(is_asked=True, used_at__lt=now - UNUSED_FOR).order_by("used_at")
    return throw_away(unused) + throw_away(_beyond_the_most(), keep_waiting=True)


def _beyond_the_most(but: Leaderboard | None = None) -> Any:
    """The asked boards used longest ago, beyond the number that is kept. Those with a linked snapshot are not counted."""
    linked = KeptSnapshot.objects.filter(snapshot__leaderboard=OuterRef("pk"))
    boards = Leaderboard.objects.filter(~Exists(linked), is_asked=True).order_by("-used_at", "-pk")
    doomed = list(boards[MOST_KEPT:])
    return [board for board in doomed if but is None or board.pk != but.pk]


def keep_under_a_name(board: Leaderboard, name: str, *, slug: str = "", **made_as: bool) -> bool:
    """Make an asked board a live one; False if it is one already."""
    slug = slug or f"{board.arena.slug}-{slugify(name)[:60] or 'board'}"
    known_as = {"name": name[:120], "slug": free_slug(slug), **made_as}
    live = {"is_asked": False, "is_live": True, "asked_at": None, "asked_by": "", "used_at": None, "too_little": None}
    # Fitted by the rules of live boards from now on, also where there was too little for an asked one.
    return bool(Leaderboard.objects.filter(pk=board.pk, is_asked=True).update(**known_as, **live, read_to=0, not_before=None))


def free_slug(slug: str) -> str:
    """The slug, or the slug with a number where another board has it."""
    slug, attempt = slug[:110], 1
    while Leaderboard.objects.filter(slug=slug if attempt == 1 else f"{slug}-{attempt}").exists():
        attempt += 1
    return slug if attempt == 1 else f"{slug}-{attempt}"


def _one_at_a_time() -> None:
    """Two askers at once are counted one after the other. (SQLite has one writer.)"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [QUEUE_LOCK])


def _check_room(network: str) -> None:
    boards = waiting()
    n_of_network = boards.filter(asked_by=network).count()
    if n_of_network >= MOST_WAITING_OF_A_NETWORK:
        text = ngettext(
            "%(n)s board that your network asked for is still waiting: ask again when it is there.",
            "%(n)s boards that your network asked for are still waiting: ask again when one of them is there.",
            n_of_network,
        )
        raise QueueFull(text % {"n": number(n_of_network)})
    if (n := boards.count()) >= MOST_WAITING:
        raise QueueFull(_("%(n)s boards are waiting to be fitted: ask again in a minute.") % {"n": number(n)})


def _is_gone(board: Leaderboard) -> bool:
    """One that the arena made by itself for a category or language that has too few prompts by now."""
    return board.is_by_itself and not board.is_live


def _made(arena: Arena, definition: Mapping[str, Any], like: Leaderboard) -> Leaderboard:
    spelt = repr([definition[name] for name in DEFINING]).encode()
    slug = free_slug(f"{arena.slug}-asked-{sha256(spelt).hexdigest()[:12]}")
    more = {"level": like.level, "seed": like.seed, "is_live": False, "is_asked": True}
    board = Leaderboard(arena=arena, slug=slug, **definition, **more)
    with override("en"):  # names of boards are stored, for readers of all languages
        board.name = title_of(board)[:120]
    return board


def _hashed(network: str) -> str:
    """Only a keyed hash of an address is stored, and that while the board waits."""
    return salted_hmac("ranking.asked-boards", network, algorithm="sha256").hexdigest()
