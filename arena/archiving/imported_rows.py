"""Prompts and answers of an import are archived and brought back as a whole.

A row that another import brought or found, and that counts, stays in use. Where the import corrected an answer, the text before
it comes back, and goes again when the import is restored. What was said of a row stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from arena.archiving.corrected_texts import Returning, earlier_texts, places_of
from arena.archiving.putting_away import LONGEST_REASON, NeededByRun, must_not_be_asked
from arena.evidence.curation import NotPublished
from arena.models import Ballot, Battle, FoundRow, Import, Prompt, Response, Run
from arena.models.found_rows import found_by_another

MOVED = "moved"  # in the report of an import: what its last setting aside or restoring did
MOST_NAMED = 5
ROWS_A_STATEMENT = 500
IN_USE: Mapping[str, Any] = {"archived_at": None, "archived_because": "", "archived_by": None, "archived_with": None}
ROW: Mapping[type[Any], str] = {Prompt: "prompt", Response: "response"}


@dataclass(frozen=True, slots=True)
class MovedRows:
    """What setting an import of prompts or answers aside, or restoring it, does."""

    prompts: int = 0
    answers: int = 0
    kept: int = 0  # prompts and answers that another import has, too
    compared: int = 0  # of the answers, those in battles
    corrected: int = 0  # answers whose earlier text comes back, or goes again
    left: int = 0  # answers in use to prompts that go, which came otherwise
    filled: int = 0  # prompts that were here by their ids, and keep the text that it gave them

    def as_counts(self) -> dict[str, int]:
        return asdict(self)


def has_no_record(source: Import) -> bool:
    """Whether nobody knows which rows it brought: it came before that was recorded."""
    rows = (model._default_manager.filter(source=source) for model in ROW)
    return source.n_added > 0 and not any(each.exists() for each in rows)


def forecast(source: Import) -> MovedRows:
    """What would be archived if it were set aside now."""
    prompts, answers = _going(source, Prompt), _going(source, Response)
    kept = sum(_rows_of(source, model).filter(_kept(source, ROW[model]), archived_at=None).count() for model in ROW)
    left = Response.objects.in_use().filter(prompt__in=prompts.values("pk")).exclude(pk__in=answers.values("pk"))
    corrected = Response.objects.archived().filter(superseded_by__in=answers.values("pk")).values("superseded_by")
    return MovedRows(
        prompts.count(), answers.count(), kept, _n_compared(answers), corrected.distinct().count(), left.count(),
        _n_filled(source),
    )  # fmt: skip


def count(source: Import, *, is_counted: bool, reason: str, actor: User | None) -> None:
    """In the transaction that sets the import aside or restores it; its report then says what was done."""
    try:
        moved = bring_back(source, actor) if is_counted else put_away(source, reason, actor)
    except NeededByRun as needed:
        raise NotPublished(str(needed)) from needed
    source.refresh_from_db(fields=["report"])
    source.report = {**source.report, MOVED: moved.as_counts()}
    source.save(update_fields=["report"])


def put_away(source: Import, reason: str, actor: User | None) -> MovedRows:
    """Raises NeededByRun, and NotPublished where nobody knows what it brought."""
    if has_no_record(source):
        raise NotPublished(
            _("%(file)s came in before it was recorded which prompts and answers a file brings: archive them in the admin")
            % {"file": source.filename}
        )
    planned, now = forecast(source), timezone.now()
    because = f"{source.filename} was set aside: {reason}"[:LONGEST_REASON]
    gone = {"archived_at": now, "archived_because": because, "archived_by": actor, "archived_with": source}
    n_prompts = _going(source, Prompt).update(**gone)
    n_answers = _going(source, Response).update(**gone)
    _must_not_be_asked(source, now)
    _close_ballots(source.arena_id)
    n_corrected = _earlier_texts_back(source, now)
    counts = planned.as_counts() | {"prompts": n_prompts, "answers": n_answers, "corrected": n_corrected}
    return MovedRows(**counts)


def bring_back(source: Import, actor: User | None, *, is_strict: bool = True) -> MovedRows:
    """What was archived with an import and is of this one. Raises NotPublished where other answers are in use in the places of
    some; without `is_strict` these stay archived. In a transaction.
    """
    n_prompts = _rows_of(source, Prompt).filter(archived_with__isnull=False).update(**IN_USE)
    places = places_of(_rows_of(source, Response).filter(archived_with__isnull=False), corrects=is_strict)
    if places.taken and is_strict:
        raise NotPublished(_taken_message(source, places.taken))
    _correct_again(places, f"corrected by {source.filename}"[:LONGEST_REASON], actor)
    _write(places.corrected_since, archived_with=None)
    _link(places.links)
    _write(places.returning, **IN_USE, superseded_by=None)
    return MovedRows(n_prompts, len(places.returning), corrected=len(places.replaced))


def _rows_of[M: (Prompt, Response)](source: Import, model: type[M]) -> Any:
    """Rows that the import brought or found."""
    shared = FoundRow.objects.filter(**{f"{ROW[model]}__isnull": False}, source=source).values(ROW[model])
    return model._default_manager.filter(Q(source=source) | Q(pk__in=shared))


def _going[M: (Prompt, Response)](source: Import, model: type[M]) -> Any:
    return _rows_of(source, model).filter(~_kept(source, ROW[model]), archived_at=None)


def _kept(source: Import, row: str) -> Q:
    """Rows that came otherwise, or that another import which counts has."""
    another = Q(source__state=Import.State.PUBLISHED) & ~Q(source=source)
    return Q(source=None) | another | Q(found_by_another(row, but=source))


def _n_filled(source: Import) -> int:
    brought = Prompt.objects.filter(source=source)
    return max(0, source.n_added - brought.count()) if source.kind == Import.Kind.PROMPTS else 0


def _n_compared(answers: "QuerySet[Response]") -> int:
    as_a, as_b = (Battle.objects.filter(**{f"response_{side}": OuterRef("pk")}) for side in "ab")
    return answers.filter(Q(Exists(as_a)) | Q(Exists(as_b))).count()


def _must_not_be_asked(source: Import, now: datetime) -> None:
    """After the rows are locked: a run that starts now looks at them later."""
    going = Run.objects.filter(arena=source.arena_id, state__in=[Run.State.RUNNING, Run.State.PAUSED])
    if not going.exists():
        return
    for model in ROW:
        rows = model._default_manager.filter(archived_with=source, archived_at=now)
        must_not_be_asked([model(pk=pk) for pk in rows.order_by("pk").values_list("pk", flat=True)])


def _close_ballots(arena_id: int) -> None:
    """Whoever reads such a pair is told that it is closed, and goes on with another one."""
    parts = ("prompt", "response_a", "response_b")
    undone = Q(*(Q(**{f"battle__{part}__archived_with__isnull": False}) for part in parts), _connector=Q.OR)
    Ballot.objects.filter(undone, state=Ballot.State.OPEN, battle__arena=arena_id).update(state=Ballot.State.CLOSED)


def _earlier_texts_back(source: Import, now: datetime) -> int:
    """How many answers that the import corrected have an earlier text again."""
    texts = earlier_texts(Response.objects.filter(archived_with=source, archived_at=now))
    _write(texts.passed, archived_with=F("source"))
    _write(texts.back, **IN_USE, superseded_by=None)
    _link(texts.links)
    return len(texts.back)


def _correct_again(places: Returning, because: str, actor: User | None) -> None:
    if not places.replaced:
        return
    must_not_be_asked([Response(pk=pk) for pk in places.replaced])
    _write(places.replaced, archived_at=timezone.now(), archived_because=because, archived_by=actor)
    for some in batched(places.replaced, ROWS_A_STATEMENT):
        shown = Q(battle__response_a__in=some) | Q(battle__response_b__in=some)
        Ballot.objects.filter(shown, state=Ballot.State.OPEN).update(state=Ballot.State.CLOSED)


def _link(links: Mapping[int, int]) -> None:
    """Answers, each with the one that corrects it."""
    with connection.cursor() as cursor:
        statement = "UPDATE arena_response SET superseded_by_id = %s WHERE id = %s"
        cursor.executemany(statement, [(new, old) for old, new in links.items()])


def _write(answers: Iterable[int], **changes: Any) -> None:
    for some in batched(answers, ROWS_A_STATEMENT):
        Response.objects.filter(pk__in=some).update(**changes)


def _taken_message(source: Import, taken: Sequence[int]) -> str:
    words = _(
        "%(file)s stays set aside: other answers are in use in the places of %(n)s of its answers (%(answers)s). Archive "
        "those, or set the import that brought them aside, then try again"
    )
    named = ", ".join(map(str, taken[:MOST_NAMED]))
    names = named if len(taken) <= MOST_NAMED else f"{named}, ..."
    return words % {"file": source.filename, "n": len(taken), "answers": names}
