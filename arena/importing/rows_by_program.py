"""Rows that a program sends instead of a file: read by Agon's own formats, and written completely or not at all.

Everything is checked as a file is, and written by the same loaders, in one transaction. The slow part that nobody waits for,
the rendering of answers, comes after it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.archiving.refusals import archived_message
from arena.importing.checks import plausibility
from arena.importing.checks.newcomers import n_to_allow
from arena.importing.checks.plausibility import Plausibility
from arena.importing.checks.prompts import PromptsSeen
from arena.importing.checks.responses import ResponsesSeen
from arena.importing.checks.whole_file import RowsSeen
from arena.importing.chunks import chunks
from arena.importing.files import fields
from arena.importing.files.notes import FileNote
from arena.importing.files.problems import PlainWords, Problems, RowProblem
from arena.importing.files.rows import PromptRow, ResponseRow
from arena.importing.formats.prompt_files import JsonPrompts
from arena.importing.formats.response_files import JsonResponses
from arena.importing.loading import bulk
from arena.importing.loading.loader import Loader
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import PromptLoader, PromptLookup
from arena.importing.loading.responses import ResponseKey, ResponseLoader, StoredAnswers
from arena.importing.sent_fields import COMPETITOR_FIELDS, PROMPT_FIELDS, RESPONSE_FIELDS, SentFields, checked_row
from arena.models import Arena, Import, PromptPool

MOST_ROWS = 10_000
SENT = "rows"  # what a problem calls the place of a row


@dataclass(frozen=True)
class TakenRows:
    """The result: the ids in the database, one per row, and how many were new."""

    ids: list[int]
    n_added: int
    notes: list[str] = field(default_factory=list)


def read[T](raw: Sequence[Any], columns: SentFields, read_row: Callable[[int, dict[str, Any]], T]) -> list[T]:
    """Rows, counted from 1, out of what JSON gave. Raises ImportProblems, which name each row that is wrong."""
    problems, rows = Problems(SENT), list[T]()
    for line, row in enumerate(raw, start=1):
        try:
            rows.append(read_row(line, checked_row(row, columns)))
        except RowProblem as problem:
            problems.add_row(line, problem)
    problems.stop_if_any()
    return rows


def read_prompts(raw: Sequence[Any]) -> list[PromptRow]:
    """Like a file of prompts, except that a row which contradicts itself is refused."""
    read_row = JsonPrompts(Path()).row

    def consistent_row(line: int, row: dict[str, Any]) -> PromptRow:
        turns, prompt = row.get("turns"), row.get("prompt")
        if turns and prompt is not None and turns != [prompt]:
            allowed = _("they contradict each other: give prompt for one turn, or turns for several")
            raise RowProblem("prompt, turns", [prompt, turns], allowed)
        return read_row(line, row)

    return read(raw, PROMPT_FIELDS, consistent_row)


def read_responses(raw: Sequence[Any]) -> list[ResponseRow]:
    """As a file of answers is read."""
    return read(raw, RESPONSE_FIELDS, JsonResponses(Path()).row)


class PromptsSent(PromptsSeen):
    rule = gettext_lazy("one id stands for one text, and row %(line)d has another")


class ResponsesSent(ResponsesSeen):
    """An unknown prompt is named with each row that has it: there is no column that could be the wrong one."""

    rule = gettext_lazy("one repeat of an answer has one text, and row %(line)d has another")
    another_text = gettext_lazy(
        "this repeat of the answer is in the arena with another text: send replace as true, beside rows, to correct it, leave "
        "repeat out, or give the next number"
    )
    how_to_correct = gettext_lazy("send them with replace as true, beside rows")

    def _add_unknown(self, row: ResponseRow) -> None:
        allowed = _("no prompt of the arena has this id: send the prompts first")
        self._problems.add(row.line, "prompt", row.prompt, allowed)


def take_prompts(arena: Arena, rows: Sequence[PromptRow], *, pool: str, strict: bool = False) -> TakenRows:
    """Write all of them, or raise ImportProblems and write nothing; with `strict` also where something looks wrong."""
    with transaction.atomic():
        bulk.wait_for_loads(arena.pk)
        problems = Problems(SENT)
        notes = _checked(PromptsSent(arena, problems), rows, problems, arena, strict=strict)
        home, _made = PromptPool.objects.get_or_create(arena=arena, slug=pool, defaults={"name": pool})
        n_added = _load(PromptLoader(_nobodys(arena), home), rows)
        prompts = PromptLookup(arena.pk)
        ids = [prompts.look_up([row])[prompts.identity(row)].pk for some in chunks(rows) for row in _looked_up(prompts, some)]
    return TakenRows(ids, n_added, notes)


def _looked_up(prompts: PromptLookup, rows: list[PromptRow]) -> list[PromptRow]:
    prompts.look_up(rows)
    return rows


def take_responses(arena: Arena, rows: Sequence[ResponseRow], *, replace: bool = False, strict: bool = False) -> TakenRows:
    """Write all of them, or raise ImportProblems and write nothing. They are rendered when somebody rings for it, or when they
    are read.

    With `replace` they say what is right: an answer that is here with another text is corrected. With `strict` nothing is
    written where something looks wrong.
    """
    with transaction.atomic():
        bulk.wait_for_loads(arena.pk)
        problems = Problems(SENT)
        seen = ResponsesSent(arena, problems, replaces=replace)
        notes = _checked(seen, rows, problems, arena, strict=strict)
        if n_new := n_to_allow(seen.counts()["new_competitors"]):
            allowed = _("so many in one request usually mean a wrong field: if they are intended, send the competitors first")
            problems.add(1, _("the number of new competitors"), n_new, allowed)
            problems.stop_if_any()
        try:
            n_added = _load(ResponseLoader(_nobodys(arena, replace=replace), is_rendered=False), rows)
        except RowProblem as problem:  # a run still asks about an answer
            problems.add_row(1, problem)
        problems.stop_if_any()
        ids = [pk for some in chunks(rows) for pk in _response_ids(arena, some)]
    return TakenRows(ids, n_added, notes)


def _response_ids(arena: Arena, rows: Sequence[ResponseRow]) -> list[int]:
    prompts = PromptLookup(arena.pk).look_up([PromptRow(row.line, row.prompt) for row in rows])
    names = CompetitorLookup(arena).known({row.competitor for row in rows})
    answers = [ResponseKey(prompts[row.prompt].pk, names[row.competitor], row.text) for row in rows]
    stored = StoredAnswers(answers)
    return [stored.ids[answer] for answer in answers]


def _checked[T: (PromptRow, ResponseRow)](
    seen: RowsSeen[T], rows: Sequence[T], problems: Problems, arena: Arena, *, strict: bool
) -> list[str]:
    """As a file is; the sentences about how they were read."""
    odd: Plausibility = Plausibility(arena)
    for some in chunks(rows):
        seen.add(some)
        odd.see(some)
    for each in seen.statements.contradictions():
        row, earlier = rows[each.row], rows[each.earlier]
        problems.add(row.line, *seen.named(row), str(seen.rule) % {"line": earlier.line})
    problems.stop_if_any()
    return in_words((*seen.notes(), *seen.warnings(), *_looks_wrong(odd, problems, strict=strict)))


def in_words(notes: Iterable[FileNote]) -> list[str]:
    """What is said of rows that a program sent."""
    return [str(each.of_rows()) for each in notes]


def _looks_wrong(odd: Plausibility, problems: Problems, *, strict: bool) -> list[FileNote]:
    """What is said of it; with `strict`, raises ImportProblems where there is something."""
    oddities = odd.oddities()
    if strict:
        plausibility.refuse(oddities, problems, what=_("the row"))
    return [each.note for each in oddities]


def _load[T: (PromptRow, ResponseRow)](loader: Loader, rows: Sequence[T]) -> int:
    return sum(loader.add(loader.resolve(loader.prepare(some))) for some in chunks(rows))


def _nobodys(arena: Arena, **options: Any) -> Import:
    """Loaders ask an import for its arena and its options; what a program sends is no file, and has no row of its own."""
    return Import(arena=arena, options=options)


@dataclass(frozen=True)
class CompetitorRow:
    line: int
    name: str
    fields: dict[str, Any]


def read_competitors(raw: Sequence[Any]) -> list[CompetitorRow]:
    """Prices come in dollars, and are stored in micro-dollars."""
    return read(raw, COMPETITOR_FIELDS, _competitor_row)


def _competitor_row(line: int, row: dict[str, Any]) -> CompetitorRow:
    values = competitor_values(row)
    return CompetitorRow(line, values.pop("name"), values)


def competitor_values(row: dict[str, Any]) -> dict[str, Any]:
    """The given values of a competitor, as they are stored. Raises RowProblem."""
    values: dict[str, Any] = {
        name: fields.text(row, name) for name in ("organisation", "licence", "description", "status") if name in row
    }
    values |= {name: round(row[name] * 1_000_000) for name in ("price_in", "price_out") if name in row}
    if "released_on" in row:
        values["released_on"] = _day(row["released_on"])
    return values | ({"name": fields.name(row, "name")} if "name" in row else {})


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = date.min
    if day.isoformat() != written:
        raise RowProblem("released_on", written, _("a day such as 2026-01-31 is needed"))
    return day


def take_competitors(arena: Arena, rows: Sequence[CompetitorRow], *, strict: bool = False) -> TakenRows:
    """Write all of them, or raise ImportProblems and write nothing; with `strict` also where something looks wrong.

    A stored one stays as it is and must have the values given.
    """
    problems = Problems(SENT)
    with transaction.atomic():
        bulk.wait_for_loads(arena.pk)
        known = {each.name: each for each in arena.competitors.filter(name__in=[row.name for row in rows])}
        new: dict[str, Any] = {}
        for row in rows:
            here = known.get(row.name) or new.get(row.name)
            if here is None:
                new[row.name] = arena.competitors.model(arena=arena, name=row.name, **row.fields)
                continue
            if here.is_archived:
                problems.add(row.line, "name", row.name, archived_message(here))
                continue
            for name, value in row.fields.items():
                if getattr(here, name) != value:
                    text = _("the competitor exists with another value: %(value)s")
                    shown = PlainWords(str(getattr(here, name)) or "''")
                    problems.add(row.line, name, value, text % {"value": shown})
        problems.stop_if_any()
        odd = Plausibility(arena)
        odd.see_names((row.name, row.line) for row in rows)
        notes = _looks_wrong(odd, problems, strict=strict)
        made = arena.competitors.bulk_create(new.values())
    ids = {each.name: each.pk for each in (*known.values(), *made)}
    return TakenRows([ids[row.name] for row in rows], len(made), in_words(notes))
