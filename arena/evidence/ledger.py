"""The ledger: every change of evidence is an event, and one sequencer gives events their positions.

A position is given only to events that have committed, by one transaction at a time. So nothing can appear later at or
below a position that somebody has read, and "the evidence at position W" always means the same.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Max

from arena.models import Event, Import, Prompt, RemovedArena, Vote
from arena.statements.vote_statements import new_event

SEQUENCER_LOCK = 0x61676F6E  # "agon": the key of PostgreSQL's advisory lock

NUMBER_THE_REST = """
    UPDATE arena_event SET position = numbered.position
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) + (
            SELECT coalesce(max(used), 0) FROM (
                SELECT max(position) AS used FROM arena_event UNION ALL SELECT max(last_position) FROM arena_removedarena
            ) AS numbers
        ) AS position
        FROM arena_event WHERE position IS NULL
    ) AS numbered
    WHERE arena_event.id = numbered.id
"""


def record_vote(
    kind: Event.Kind, vote: Vote, *, arena_id: int, before: str, reason: str = "", actor: User | None = None
) -> Event:
    """Call inside the transaction that changes the vote. `before` is what it counted as until now."""
    return new_event(
        arena_id=arena_id, kind=kind, vote=vote, before=before, after=vote.counts_as, reason=reason[:200], actor=actor
    )


def record_votes_cast(votes: Sequence[Vote], *, arena_id: int) -> None:
    """Call inside the transaction that writes these new votes."""
    Event.objects.bulk_create(
        Event(arena_id=arena_id, kind=Event.Kind.VOTE_CAST, vote=vote, before="", after=vote.counts_as) for vote in votes
    )


def record_import(kind: Event.Kind, source: Import, *, before: str, reason: str = "", actor: User | None = None) -> Event:
    """Call inside the transaction that changes the import's state."""
    return Event.objects.create(
        arena_id=source.arena_id, kind=kind, source=source, before=before, after=source.state, reason=reason[:200], actor=actor
    )  # fmt: skip


def filed_under(prompt: Prompt) -> str:
    """Language and category of a prompt, as the ledger records them."""
    return f"{prompt.language}|{prompt.category}"


def record_answers(source: Import, *, n_battles: int) -> Event:
    """Call inside the transaction that gives battles the answers that they came without; each of them names this event."""
    kind = Event.Kind.ANSWERS_GIVEN
    return Event.objects.create(
        arena_id=source.arena_id, kind=kind, source=source, after=_so_many(n_battles, "battle", "battles")
    )


def record_prompt(prompt: Prompt, *, before: str, actor: User | None = None) -> Event:
    """Call inside the transaction that files a prompt under another category or language."""
    after, kind = filed_under(prompt), Event.Kind.PROMPT_FILED
    return Event.objects.create(arena_id=prompt.arena_id, kind=kind, prompt=prompt, before=before, after=after, actor=actor)


def record_text(prompt: Prompt) -> Event:
    """Call inside the transaction that gives a prompt its text: from here on it counts as one with other prompts of that
    text.
    """
    kind = Event.Kind.PROMPT_TEXTED
    return Event.objects.create(arena_id=prompt.arena_id, kind=kind, prompt=prompt, before="", after=prompt.text_digest)


def record_games(
    kind: Event.Kind, *, arena_id: int, n_games: int, reason: str = "", actor: User | None = None, source: Import | None = None
) -> Event:
    """Call inside the transaction that changes the games; each of them names this event. `source` is what brought them."""
    after = _so_many(n_games, "game", "games")
    return Event.objects.create(arena_id=arena_id, kind=kind, after=after, reason=reason[:200], actor=actor, source=source)


def record_labels(*, arena_id: int, n_labels: int, reason: str, actor: User | None = None) -> Event:
    """Call inside the transaction that changes gold labels: judges are measured by them."""
    kind = Event.Kind.GOLD_LABELLED
    return Event.objects.create(
        arena_id=arena_id, kind=kind, after=_so_many(n_labels, "label", "labels"), reason=reason[:200], actor=actor
    )


def record_judge(*, arena_id: int, before: str, after: str, reason: str, actor: User | None = None) -> Event:
    """Call inside the transaction that includes or excludes a judge: boards of its verdicts change."""
    kind = Event.Kind.JUDGE_CHOSEN
    texts = {"before": before[:220], "after": after[:220], "reason": reason[:200]}
    return Event.objects.create(arena_id=arena_id, kind=kind, actor=actor, **texts)


def _so_many(n: int, one: str, many: str) -> str:
    """In English, whatever the user's language: the ledger reads the same for everyone."""
    return f"{n:,} {one if n == 1 else many}"


def sequence() -> int:
    """Give positions to all events that have committed without one; return the last position in use."""
    number_events()
    return head()


def number_events() -> None:
    """Give positions to all events that have committed without one."""
    if not Event.objects.filter(position=None).exists():
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            cursor.execute(NUMBER_THE_REST)
    else:  # SQLite has one writer, and one statement is a transaction of its own: voters wait no longer than it takes
        with connection.cursor() as cursor:
            cursor.execute(NUMBER_THE_REST)


def head(arena_id: int | None = None) -> int:
    """The last position in use, in one arena or in all."""
    events = Event.objects.filter(position__isnull=False)
    if arena_id is not None:
        events = events.filter(arena_id=arena_id)
    last: int = events.aggregate(last=Max("position"))["last"] or 0
    if arena_id is not None:
        return last
    removed: int = RemovedArena.objects.aggregate(last=Max("last_position"))["last"] or 0
    return max(last, removed)
