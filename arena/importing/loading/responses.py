"""Answers from files: the same text is the same response, another text the next repeat or, if requested, a correction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.archiving.putting_away import NeededByRun, archive, supersede
from arena.importing.files.problems import RowProblem
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.loading import bulk
from arena.importing.loading.archived import ArchivedParts
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import KnownPrompt, PromptLookup
from arena.llm.wires.replies import is_blank
from arena.models import Aside, FinishState, Import, PromptPool, Response, content_hash
from arena.models.found_rows import note_found
from arena.texts.error_texts import has_error_text
from arena.texts.rendering import rendered
from arena.texts.style_features import style_features

SAME_AS_FIRST = "the first answer was corrected to this text"
POOL = "main"  # of prompts that come with their answers


class ResponseKey(NamedTuple):
    prompt_id: int
    competitor_id: int
    text: str

    @property
    def pair(self) -> tuple[int, int]:
        return self.prompt_id, self.competitor_id


ANOTHER_TEXT = gettext_lazy(
    "this repeat of the answer is in the arena with another text: import with --replace (in the browser: tick Replace; over "
    "REST: replace) to correct it, leave repeat out, or give the next number"
)


class StoredAnswers:
    """What the arena has of these prompts by these competitors."""

    def __init__(self, answers: Iterable[ResponseKey]) -> None:
        wanted = set(answers)
        self.ids: dict[ResponseKey, int] = {}
        # of those in use; None for a text that was not asked for
        self._texts: dict[tuple[int, int, int], str | None] = {}
        self._standing: dict[tuple[int, int, int], int] = {}
        self._archived: dict[tuple[ResponseKey, int], int] = {}
        self._sources: dict[int, int | None] = {}
        self._next: dict[tuple[int, int], int] = {}
        prompts, competitors = {each.prompt_id for each in wanted}, {each.competitor_id for each in wanted}
        rows = Response.objects.filter(prompt_id__in=prompts, competitor_id__in=competitors)
        rows = rows.order_by(F("archived_at").asc(nulls_first=True), "pk")  # answers in use come before archived ones
        columns = ("prompt_id", "competitor_id", "text", "repeat", "pk", "archived_at", "source_id", "archived_with_id")
        for *key, repeat, pk, archived_at, source, archived_with in rows.values_list(*columns).iterator(chunk_size=500):
            answer = ResponseKey(*key)
            if archived_at is None:
                self._texts[*answer.pair, repeat] = answer.text if answer in wanted else None
                self._standing[*answer.pair, repeat] = pk
                self._next[answer.pair] = max(self._next.get(answer.pair, 0), repeat + 1)
            elif archived_with is not None and (*answer.pair, repeat) in self._standing:
                continue  # it was undone, and another answer is in use in its place
            elif answer in wanted:
                self._archived.setdefault((answer, repeat), pk)
            if answer in wanted:
                self.ids.setdefault(answer, pk)
                self._sources[pk] = source

    def next_repeat(self, answer: ResponseKey) -> int:
        return self._next.get(answer.pair, 0)

    def has_another(self, answer: ResponseKey) -> bool:
        """Whether the arena has answers of this competitor to this prompt, but none with this text."""
        return answer not in self.ids and answer.pair in self._next

    def corrected_by(self, answer: ResponseKey, repeat: int) -> int | None:
        """The number of the answer that stands in this place with another text; 0 for one that is being added."""
        place = (*answer.pair, repeat)
        return self._standing.get(place, 0) if place in self._texts and self._texts[place] != answer.text else None

    def later(self, answer: ResponseKey) -> int | None:
        """The number of a later repeat in use with this text, where the first answer is another one that is stored."""
        standing = self.ids.get(answer)
        if not self.corrected_by(answer, 0) or standing not in self._standing.values():
            return None
        return standing

    def stands(self, answer: ResponseKey, repeat: int) -> bool:
        return self._texts.get((*answer.pair, repeat)) == answer.text

    def is_here(self, answer: ResponseKey, repeat: int | None, allowed: str | Promise = ANOTHER_TEXT) -> bool:
        """True also for an archived answer. Raises RowProblem, with what is allowed, if the repeat has another text."""
        if repeat is None:
            return answer in self.ids
        if (answer, repeat) in self._archived:
            return True
        if (*answer.pair, repeat) not in self._texts:
            return False
        if self._texts[*answer.pair, repeat] != answer.text:
            raise RowProblem("repeat", repeat, str(allowed))
        return True

    def note_found(self, source: Import | None, here: Iterable[tuple[ResponseKey, int | None]]) -> None:
        """Answers, each with its repeat where that is given, that the import has, too: they stay in use with it."""
        if source is not None:
            numbers = {self._number(*each) for each in here}
            ours = {None, source.pk}
            note_found(source, "response", {pk for pk in numbers if self._sources.get(pk) not in ours})

    def _number(self, answer: ResponseKey, repeat: int | None) -> int:
        if repeat is None:
            return self.ids.get(answer, 0)
        if (answer, repeat) in self._archived and not self.stands(answer, repeat):
            return self._archived[answer, repeat]
        return self._standing.get((*answer.pair, repeat), 0)

    def take(self, answer: ResponseKey, repeat: int) -> None:
        self._texts[*answer.pair, repeat] = answer.text
        self._next[answer.pair] = max(self.next_repeat(answer), repeat + 1)


class _AnswerParts(NamedTuple):
    """The parts of an answer that are stored."""

    text: str
    turns: tuple[str, ...]
    thinking: str


def response_ids(
    turns_by_answer: Mapping[ResponseKey, tuple[str, ...]], source: Import | None = None
) -> dict[ResponseKey, int]:
    """The response of every answer, given with its turns; new ones are created, with the model's thinking stored apart.

    Older versions left the thinking in the text: such a stored answer is the same response.
    """
    parts = {answer: _parts_of(answer.text, turns) for answer, turns in turns_by_answer.items()}
    answers = {answer: answer._replace(text=part.text) for answer, part in parts.items()}
    with transaction.atomic():
        stored = StoredAnswers([*answers, *answers.values()])
        wanted = {answers[each]: part for each, part in parts.items() if each not in stored.ids}
        ids = _response_ids(wanted, stored, source)
        stored.note_found(source, [(each, None) for each in (*answers, *answers.values())])
    return {answer: ids.get(answer) or ids[answers[answer]] for answer in turns_by_answer}


def _parts_of(text: str, turns: tuple[str, ...]) -> _AnswerParts:
    row = without_thinking(ResponseRow(0, "", "", text, turns))
    return _AnswerParts(row.text, row.turns, row.thinking)


def _response_ids(
    wanted: Mapping[ResponseKey, _AnswerParts], stored: StoredAnswers, source: Import | None
) -> dict[ResponseKey, int]:
    new: dict[ResponseKey, Response] = {}
    for answer, part in wanted.items():
        if answer not in stored.ids:
            repeat = stored.next_repeat(answer)
            new[answer] = _response(answer, repeat, part.turns)
            stored.take(answer, repeat)
    made = _keep(list(new.values()), [wanted[answer].thinking for answer in new], source)
    return stored.ids | {answer: response.pk for answer, response in zip(new, made, strict=True)}


def _response(
    answer: ResponseKey,
    repeat: int,
    turns: Sequence[str] = (),
    finish: str = FinishState.STOP.value,
    *,
    is_rendered: bool = True,
) -> Response:
    """With everything that is counted and rendered once, when the text arrives. An empty answer counts as failed, and so
    does one with an error message in place of a turn.
    """
    finish = FinishState.FAILED.value if is_blank(answer.text) or has_error_text(answer.text, turns) else finish
    response = Response(
        prompt_id=answer.prompt_id, competitor_id=answer.competitor_id, repeat=repeat, text=answer.text, turns=[*turns],
        finish=finish, content_hash=content_hash(answer.text), **style_features(answer.text),
    )  # fmt: skip
    return rendered(response) if is_rendered else response


NO_SUCH_PROMPT = gettext_lazy(
    "no prompt of the arena has this id or this text: import the prompts first (manage.py import_prompts)"
)


NO_SUCH_ROW = gettext_lazy(
    "no prompt has this row number: rows can be used only if one file brought all prompts of its pool, each row a new "
    "one; otherwise name the prompt by its id or text"
)


class AnsweredPrompts:
    """Finds the prompts that rows of answers name: by the row of their file, by the id, else by what was asked."""

    def __init__(self, prompts: PromptLookup) -> None:
        self._prompts = prompts

    def of(self, rows: Sequence[ResponseRow]) -> list[KnownPrompt | None]:
        """For each row, None where it is not there."""
        known = self._prompts.look_up([PromptRow(0, key) for key in {row.prompt for row in rows if row.prompt}])
        prompts = [
            (self._prompts.at_row(row.prompt_row) if row.prompt_row is not None else None) or known.get(row.prompt)
            for row in rows
        ]
        asked = {
            at: row.asked._replace(key="")
            for at, (row, one) in enumerate(zip(rows, prompts, strict=True))
            if one is None and row.asked and row.asked.turns
        }
        known = self._prompts.look_up(asked.values())
        for at, text in asked.items():
            prompts[at] = known.get(self._prompts.identity(text))
        return prompts

    def contradiction(self, row: ResponseRow) -> RowProblem | None:
        """After `of`: an id that stands for another text here than the one that the row brings."""
        return self._prompts.contradiction(row.asked) if row.brings_prompt and row.asked else None


def identity_of(row: ResponseRow) -> str:
    """What the row says of its prompt, for telling one from another within a file."""
    if row.prompt_row is not None:
        return f"\0row {row.prompt_row}"
    return row.prompt or "\0".join(row.asked.turns if row.asked else ())


@dataclass
class ResponseLoader:
    """Adds chunks of rows of a file of answers."""

    source: Import
    takes_any_order: ClassVar[bool] = False
    is_rendered: bool = True  # else that is left for later: it takes longer than all the rest

    def __post_init__(self) -> None:
        self._replaces = bool(self.source.options.get("replace"))
        self._prompts = PromptLookup(self.source.arena_id, source=self.source)
        self._competitors = CompetitorLookup(self.source.arena)
        self._answered = AnsweredPrompts(self._prompts)

    def prepare(self, rows: Sequence[ResponseRow]) -> Sequence[ResponseRow]:
        return rows

    def resolve(self, prepared: Sequence[ResponseRow]) -> Sequence[ResponseRow]:
        return prepared

    def add(self, rows: Sequence[ResponseRow]) -> int:
        prompts = self._prompt_ids(rows)
        competitors = self._competitors.ids(dict.fromkeys(row.competitor for row in rows))
        pairs = list(zip(rows, prompts, strict=True))
        self._must_be_in_use(pairs)
        answers = [ResponseKey(prompt, competitors[row.competitor], row.text) for row, prompt in pairs]
        stored = StoredAnswers(answers)
        if not self._replaces:
            new, here = _new_responses(rows, answers, stored, is_rendered=self.is_rendered)
            stored.note_found(self.source, here)
            _keep([response for response, _ in new], [thinking for _, thinking in new], self.source)
            return len(new)
        because = f"corrected by {self.source.filename or 'a program'}"
        later = [pk for row, answer in zip(rows, answers, strict=True) if row.repeat is None and (pk := stored.later(answer))]
        corrected, here = _corrections(rows, answers, stored, is_rendered=self.is_rendered)
        stored.note_found(self.source, here)
        _keep_in_place(corrected, because, self.source.created_by, self.source)
        self._put_later_away(later)
        return len(corrected)

    def _put_later_away(self, pks: Sequence[int]) -> None:
        """Repeats whose text is the first answer's from now on: the same text is not in play twice."""
        try:
            archive(list(Response.objects.filter(pk__in=pks)), SAME_AS_FIRST, self.source.created_by)
        except NeededByRun as reason:
            raise RowProblem(_("the answers"), _("corrections"), str(reason)) from reason

    def _must_be_in_use(self, pairs: Sequence[tuple[ResponseRow, int]]) -> None:
        archived = ArchivedParts(
            self.source.arena_id, prompts={pk for _, pk in pairs}, competitors={row.competitor for row, _ in pairs}
        )
        for row, pk in pairs:
            brings = row.brings_prompt
            if problem := archived.problem(prompt=pk, key=row.prompt, names=[row.competitor], brings_prompt=brings):
                raise problem

    def _prompt_ids(self, rows: Sequence[ResponseRow]) -> list[int]:
        prompts = self._answered.of(rows)
        brought = [(row.asked, prompt) for row, prompt in zip(rows, prompts, strict=True) if row.brings_prompt and row.asked]
        new = [asked for asked, prompt in brought if prompt is None or not prompt.text]
        for row in rows:
            if problem := self._answered.contradiction(row):
                raise problem
        if new:
            pool, _new = PromptPool.objects.get_or_create(arena=self.source.arena, slug=POOL, defaults={"name": POOL})
            PromptLookup(self.source.arena_id, pool, self.source).ids(new)
            prompts = self._answered.of(rows)
        self._prompts.note_found(
            prompt for row, prompt in zip(rows, prompts, strict=True)
            if prompt is not None and row.brings_prompt and row.asked and row.asked.turns
        )  # fmt: skip
        for row, prompt in zip(rows, prompts, strict=True):
            if prompt is None:
                raise RowProblem(_("the prompt's id"), row.prompt or row.prompt_row, str(NO_SUCH_PROMPT))
        return [prompt.pk for prompt in prompts if prompt is not None]


def _keep(responses: Sequence[Response], thoughts: Sequence[str], source: Import | None) -> list[Response]:
    """Insert the answers, with the thinking stored apart. Call inside a transaction."""
    made, now = list(responses), bulk.as_column(timezone.now())
    for response in made:
        response.source_id = source.pk if source else None
    without = [response for response in made if response.pk is None]
    for response, pk in zip(without, bulk.take_ids(Response, len(without)), strict=True):
        response.pk = pk
    if made:
        bulk.insert(Response, _COLUMNS, [_values(response, now) for response in made])
    Aside.objects.bulk_create(
        Aside(response=response, thinking=thinking) for response, thinking in zip(made, thoughts, strict=True) if thinking
    )
    return made


class Correction(NamedTuple):
    """An answer to be stored in a place, with what was thought before it, and the one that stands there now."""

    response: Response
    thinking: str
    corrects: int | None


def _keep_in_place(
    corrections: Sequence[Correction], because: str, actor: User | None, source: Import | None = None
) -> list[Response]:
    """In a transaction. Raises RowProblem where a run still asks about an answer that is to be corrected."""
    made = [each.response for each in corrections]
    for response, pk in zip(made, bulk.take_ids(Response, len(made)), strict=True):
        response.pk = pk
    try:
        supersede({each.corrects: each.response.pk for each in corrections if each.corrects}, because[:200], actor)
    except NeededByRun as reason:
        raise RowProblem(_("the answers"), _("corrections"), str(reason)) from reason
    return _keep(made, [each.thinking for each in corrections], source)


def replaced(old: Response, turns: Sequence[str], because: str, actor: User | None) -> Response:
    """In a transaction: the answer that takes the place of this one, in these words, turn by turn."""
    text = "\n\n".join(turns)
    key = ResponseKey(old.prompt_id, old.competitor_id, text)
    new = _response(key, old.repeat, turns if len(turns) > 1 else ())
    return _keep_in_place([Correction(new, "", old.pk)], because, actor)[0]


_FIELDS = [field for field in Response._meta.concrete_fields if field.name not in {"turns", "created_at"}]
_COLUMNS = [*(str(field.column) for field in _FIELDS), "turns", "created_at"]


def _values(response: Response, now: str) -> tuple[Any, ...]:
    turns = json.dumps(response.turns, ensure_ascii=False)
    return *(getattr(response, field.attname) for field in _FIELDS), turns, now


def _new_responses(
    rows: Sequence[ResponseRow], answers: Sequence[ResponseKey], stored: StoredAnswers, *, is_rendered: bool
) -> tuple[list[tuple[Response, str]], list[tuple[ResponseKey, int | None]]]:
    """Each new answer with the thinking before it; and those that are here, with the repeat that their rows give."""
    new, here = [], list[tuple[ResponseKey, int | None]]()
    for row, answer in zip(rows, answers, strict=True):
        if stored.is_here(answer, row.repeat):
            here.append((answer, row.repeat))
            continue
        repeat = stored.next_repeat(answer) if row.repeat is None else row.repeat
        response = _response(answer, repeat, row.turns, row.finish, is_rendered=is_rendered)
        _say_usage(response, row)
        stored.take(answer, response.repeat)
        stored.ids.setdefault(answer, 0)
        new.append((response, row.thinking))
    return new, here


def _corrections(
    rows: Sequence[ResponseRow], answers: Sequence[ResponseKey], stored: StoredAnswers, *, is_rendered: bool
) -> tuple[list[Correction], list[tuple[ResponseKey, int | None]]]:
    """For rows that correct answers, a row without a repeat the first one; and answers that are right already."""
    new, here = [], list[tuple[ResponseKey, int | None]]()
    for row, answer in zip(rows, answers, strict=True):
        repeat = row.repeat or 0
        if stored.stands(answer, repeat):
            here.append((answer, repeat))
            continue
        response = _response(answer, repeat, row.turns, row.finish, is_rendered=is_rendered)
        _say_usage(response, row)
        new.append(Correction(response, row.thinking, stored.corrected_by(answer, repeat)))
        stored.take(answer, repeat)
    return new, here


def _say_usage(response: Response, row: ResponseRow) -> None:
    response.cost = row.cost
    response.tokens_in, response.tokens_out, response.latency_ms = row.tokens_in, row.tokens_out, row.latency_ms
