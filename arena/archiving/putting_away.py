"""Archive and bring back, for pages, the admin and REST alike.

rows -> refused while a run asks about them -> the rows with who, when and why -> open ballots on them are closed -> what the
room of their model does besides (`settings.ARCHIVED_WITH`). Nothing that was said of a row changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from types import MappingProxyType
from typing import Any, Protocol

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from arena.models import Archivable, Arena, Ballot, Call, Competitor, Endpoint, Prompt, Response, Run
from arena.runs.kinds import kind_of

LONGEST_REASON = 200
ROWS_A_STATEMENT = 500
MOST_NAMED = 5

BALLOTS: Mapping[type[Archivable], tuple[str, ...]] = MappingProxyType({
    Prompt: ("battle__prompt",),
    Competitor: ("battle__competitor_a", "battle__competitor_b"),
    Response: ("battle__response_a", "battle__response_b"),
})  # fmt: skip


class NeededByRun(ValueError):
    """A run that is not over needs it; the message says which, and what to do."""


class PlaceTaken(ValueError):
    """An answer cannot be brought back, because another one is in use in its place."""


class ArchivedWith(Protocol):
    """What a room does besides where rows of its model are archived or brought back; named by a setting."""

    def rows(self, chosen: Sequence[Any]) -> Sequence[Any]:
        """The chosen rows with those that go with them."""

    def done(self, rows: Sequence[Any], *, because: str, actor: User | None) -> None:
        """In the same transaction; without a reason they were brought back."""


def archive(rows: Sequence[Archivable], because: str, actor: User | None) -> int:
    """Put rows of one model away; how many were in use until now. All of them, or none and NeededByRun or ValueError."""
    because = reason_of(because)
    with transaction.atomic():
        in_use = [row for row in _locked(rows) if not row.is_archived]
        if not in_use:
            return 0
        must_not_be_asked(in_use)
        _put_away(in_use, because, actor)
    return len(in_use)


def bring_back(rows: Sequence[Archivable], actor: User | None) -> int:
    """Take archived rows of one model into use again; how many those are. An answer takes its corrected text's place."""
    with transaction.atomic():
        archived = [row for row in _locked(rows) if row.is_archived]
        if not archived:
            return 0
        for row in archived:
            if isinstance(row, Response):
                _free_place(row, actor)
        with_import = {"archived_with": None} if isinstance(archived[0], Prompt | Response) else {}
        _write(archived, {"archived_at": None, "archived_because": "", "archived_by": None, **with_import})
        _note(archived, actor, "brought back")
        if extra := _room_of(type(archived[0])):
            extra.done(archived, because="", actor=actor)
    return len(archived)


def reason_of(because: str) -> str:
    """The reason on one line. Raises ValueError where there is none."""
    because = " ".join(because.split())[:LONGEST_REASON]
    if not because:
        raise ValueError(_("give a reason: it is shown to whoever looks for what is gone"))
    return because


def supersede(pairs: Mapping[int, int], because: str, actor: User | None) -> None:
    """Numbers of answers, each with that of the one that corrects it, whose id is taken and whose row comes next.

    In one transaction with these rows: the old answers make room for them. Raises NeededByRun.
    """
    if not pairs:
        return
    old = [Response(pk=pk) for pk in pairs]
    must_not_be_asked(old)
    _write(old, {"archived_at": timezone.now(), "archived_because": because, "archived_by": actor})
    _close_ballots(old)
    with connection.cursor() as cursor:
        statement = "UPDATE arena_response SET superseded_by_id = %s WHERE id = %s"
        cursor.executemany(statement, [(new, pk) for pk, new in pairs.items()])


def must_not_be_asked(rows: Sequence[Archivable]) -> None:
    """Raises NeededByRun where a run that is not over needs one of these rows of one model."""
    runs = runs_asking(rows)
    if not runs:
        return
    named = ", ".join(map(str, runs[:MOST_NAMED]))
    message = _(
        "runs that are not over still ask about it: %(runs)s. Wait until they end, or cancel them under Runs, then try again"
    )
    raise NeededByRun(message % {"runs": named if len(runs) <= MOST_NAMED else f"{named}, ..."})


def runs_asking(rows: Sequence[Archivable]) -> list[int]:
    """Numbers of the runs, going or paused, that have something to ask of these rows of one model."""
    going = Run.objects.filter(state__in=[Run.State.RUNNING, Run.State.PAUSED])
    if not rows or not going.exists():
        return []
    pks = [row.pk for row in rows]
    if isinstance(rows[0], Arena):
        return sorted(going.filter(arena__in=pks).values_list("pk", flat=True))
    if isinstance(rows[0], Endpoint):
        waiting = Call.objects.waiting().filter(endpoint__in=pks, run__in=going)
        return sorted(set(waiting.values_list("run", flat=True)))
    kinds = [kind_of(name) for name in settings.RUN_KINDS]
    return sorted({run for kind in kinds for some in batched(rows, ROWS_A_STATEMENT) for run in kind.asking(going, some)})


def _put_away(rows: Sequence[Archivable], because: str, actor: User | None) -> None:
    _write(rows, {"archived_at": timezone.now(), "archived_because": because, "archived_by": actor})
    _close_ballots(rows)
    _note(rows, actor, f"archived: {because}")
    if extra := _room_of(type(rows[0])):
        extra.done(rows, because=because, actor=actor)


def _locked(rows: Sequence[Archivable]) -> list[Archivable]:
    """The rows as they are now, with those that go with them, each locked until the transaction ends."""
    if not rows:
        return []
    model = type(rows[0])
    extra = _room_of(model)
    chosen = rows if extra is None else extra.rows(rows)
    manager: Any = model._default_manager
    return [
        row
        for some in batched(sorted({row.pk for row in chosen}), ROWS_A_STATEMENT)
        for row in manager.select_for_update(no_key=True, of=("self",)).filter(pk__in=some).order_by("pk")
    ]


def _room_of(model: type[Archivable]) -> ArchivedWith | None:
    path = settings.ARCHIVED_WITH.get(model._meta.label)
    return import_string(path)() if path else None


def _write(rows: Sequence[Archivable], changes: dict[str, Any]) -> None:
    for some in batched(rows, ROWS_A_STATEMENT):
        type(rows[0])._default_manager.filter(pk__in=[row.pk for row in some]).update(**changes)
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)


def _close_ballots(rows: Sequence[Archivable]) -> None:
    """Whoever reads such a pair is told that it is closed, and goes on with another one."""
    for path in BALLOTS.get(type(rows[0]), ()):
        for some in _numbers(rows):
            Ballot.objects.filter(Q(**{f"{path}__in": some}), state=Ballot.State.OPEN).update(state=Ballot.State.CLOSED)


def _numbers(rows: Sequence[Archivable]) -> Iterator[list[int]]:
    for some in batched(rows, ROWS_A_STATEMENT):
        yield [row.pk for row in some]


def _note(rows: Sequence[Archivable], actor: User | None, words: str) -> None:
    """In each row's history, where somebody acts: names and words there are English, whoever reads them."""
    if actor is not None:
        with override(settings.LANGUAGE_CODE):
            LogEntry.objects.log_actions(actor.pk, list(rows), CHANGE, words)


def _free_place(answer: Response, actor: User | None) -> None:
    """The text that corrected this one goes back; one that only came later stays."""
    place = {"prompt": answer.prompt_id, "competitor": answer.competitor_id, "repeat": answer.repeat}
    standing = Response.objects.in_use().filter(**place).first()
    if standing is None:
        Response.objects.filter(pk=answer.pk).update(superseded_by=None)
        return
    if answer.superseded_by_id != standing.pk:
        message = _("answer %(other)s is in use in its place: archive that one first, then bring this one back")
        raise PlaceTaken(message % {"other": standing.pk})
    must_not_be_asked([standing])
    _put_away([standing], f"answer {answer.pk} was brought back", actor)
    Response.objects.filter(pk=standing.pk).update(superseded_by=answer.pk)
    Response.objects.filter(pk=answer.pk).update(superseded_by=None)
