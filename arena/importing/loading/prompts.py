"""Prompts from files: which are known, which are new, and which contradict the arena."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from arena.evidence.ledger import filed_under, record_prompt, record_text
from arena.importing.checks.contradictions import n_different
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.rows import PromptRow
from arena.models import Import, Prompt, PromptPool, PromptStatus, text_digest
from arena.models.found_rows import note_found
from arena.texts.languages import recognised_language
from arena.texts.rendering import rendered

MOST_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class KnownPrompt:
    pk: int
    text: str  # its digest; empty: known by its key alone
    source_id: int | None = None  # the import that brought it


def text_hash(row: PromptRow) -> str:
    """Empty where the file does not say what was asked."""
    return text_digest(row.turns, row.system_prompt) if row.turns else ""


class PromptLookup:
    """The prompts of one arena, known by their key, or by their text where the file gives no key."""

    def __init__(self, arena_id: int | None, pool: PromptPool | None = None, source: Import | None = None) -> None:
        """`source` brings the prompts that are to be made."""
        self._arena_id, self._pool, self._source = arena_id, pool, source
        self._found: set[int] = set()  # of other imports, and noted
        self._known: dict[str, KnownPrompt] = {}
        self._older: dict[str, str] = {}
        self._rows: list[KnownPrompt] | None = None
        self.n_added = 0

    def at_row(self, number: int) -> KnownPrompt | None:
        """The prompt of this row of the arena's file of prompts, from 1."""
        if self._rows is None:
            self._rows = self._in_order_of_the_file()
        return self._rows[number - 1] if 1 <= number <= len(self._rows) else None

    def _in_order_of_the_file(self) -> list[KnownPrompt]:
        """None where several files brought prompts, or where not every row made one: numbers would name others."""
        if self._arena_id is None:
            return []
        sources = Import.objects.filter(arena_id=self._arena_id, kind=Import.Kind.PROMPTS, state=Import.State.PUBLISHED)[:2]
        if len(sources) != 1 or sources[0].n_added != sources[0].n_rows:
            return []
        here = Prompt.objects.filter(arena_id=self._arena_id, pool__slug=sources[0].options.get("pool", "main"))
        rows = [KnownPrompt(*row) for row in here.order_by("pk").values_list("pk", "text_digest", "source_id")]
        return rows if len(rows) == sources[0].n_rows else []

    def identity(self, row: PromptRow) -> str:
        if row.key:
            return row.key
        digest = text_hash(row)
        if digest not in self._older:  # by which older versions called a prompt without an id
            if len(self._older) > MOST_REMEMBERED:
                self._older.clear()
            self._older[digest] = Prompt.hash_of(row.turns, row.system_prompt)
        return f"\0{digest}"

    def look_up(self, rows: Iterable[PromptRow]) -> dict[str, KnownPrompt]:
        """The prompts that are in the arena, and perhaps others, by identity."""
        return self._look_up(set(map(self.identity, rows)))

    def _look_up(self, identities: set[str]) -> dict[str, KnownPrompt]:
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        missing = identities.difference(self._known)
        if missing and self._arena_id is not None:
            here = Prompt.objects.filter(arena_id=self._arena_id)
            self._look_up_keys(here, [each for each in missing if not each.startswith("\0")])
            self._look_up_texts(here, [each[1:] for each in missing if each.startswith("\0")])
        return self._known

    def ids(self, rows: Sequence[PromptRow]) -> dict[str, int]:
        """The id of every row's prompt by identity; new ones are made, and counted in `n_added`."""
        identities = [self.identity(row) for row in rows]
        wanted = set(identities)
        known = self._look_up(wanted)
        if not wanted.issubset(known):
            with transaction.atomic():
                # Another load may have made some since: SQLite's transaction waited for it.
                self._look_up(wanted)
                pairs = zip(reversed(identities), reversed(rows), strict=True)
                self._make({identity: row for identity, row in pairs if identity not in known})
        for identity, row in zip(identities, rows, strict=True):
            if row.turns and not known[identity].text:
                self._fill(row)
        self.note_found(known[identity] for identity, row in zip(identities, rows, strict=True) if row.turns)
        return {identity: known[identity].pk for identity in wanted}

    def note_found(self, prompts: Iterable[KnownPrompt]) -> None:
        """Prompts whose text the import has, too, stay in use with it."""
        if self._source is None or self._source.pk is None:
            return
        ours = {None, self._source.pk}
        new = {each.pk for each in prompts if each.source_id not in ours} - self._found
        note_found(self._source, "prompt", new)
        self._found |= new

    def contradiction(self, row: PromptRow) -> RowProblem | None:
        """After `look_up`: a key that stands for another text here."""
        known = self._known.get(self.identity(row))
        if known is None or not row.turns or known.text in {"", text_hash(row)}:
            return None
        allowed = _("this prompt is in the arena with another text: give it another id, or import into another arena")
        return RowProblem(_("the prompt's id"), row.key, allowed)

    def _look_up_keys(self, here: QuerySet[Prompt], keys: list[str]) -> None:
        if keys:
            rows = here.filter(key__in=keys).values_list("key", "pk", "text_digest", "source_id")
            self._known |= {key: KnownPrompt(pk, text, source) for key, pk, text, source in rows}

    def _look_up_texts(self, here: QuerySet[Prompt], hashes: list[str]) -> None:
        if hashes:
            # A prompt that was imported by its text, and then corrected by a curator, is still that prompt.
            older = {self._older[each]: each for each in hashes if each in self._older}
            keys = {**older, **{each: each for each in hashes}}
            named = here.filter(key__in=keys).values_list("key", "pk", "source_id")
            corrected = [(keys[key], pk, source) for key, pk, source in named]
            equal = here.filter(text_digest__in=hashes).order_by("-pk").values_list("text_digest", "pk", "source_id")
            self._known |= {f"\0{each}": KnownPrompt(pk, each, source) for each, pk, source in [*corrected, *equal]}

    def _make(self, rows: dict[str, PromptRow]) -> None:
        """In the order of the file; the first row that names a prompt makes it."""
        new = sorted(rows.items(), key=lambda item: item[1].line)
        prompts = [_prompt(row, self._home()) for _, row in new]
        for prompt in prompts:
            prompt.source_id = self._source.pk if self._source else None
        made = Prompt.objects.bulk_create(prompts)
        self.n_added += len(made)
        pairs = zip(new, made, strict=True)
        self._known |= {
            identity: KnownPrompt(prompt.pk, prompt.text_digest, prompt.source_id) for (identity, _), prompt in pairs
        }

    def _home(self) -> PromptPool:
        if self._pool is None:
            raise ValueError("prompts were only to be looked up: give a pool to add some")
        return self._pool

    def _fill(self, row: PromptRow) -> None:
        """Give a prompt that had only an id its text."""
        prompt = Prompt.objects.get(pk=self._known[self.identity(row)].pk)
        before = filed_under(prompt)
        new = _prompt(row, prompt.pool)
        for field in ("turns", "system_prompt", "reference", "tags", "verifier", "content_hash", "html", "rendered_by"):
            setattr(prompt, field, getattr(new, field))
        if not prompt.language:
            prompt.language, prompt.is_language_guessed = new.language, new.is_language_guessed
        prompt.category = prompt.category or new.category
        prompt.status = new.status
        with transaction.atomic():
            prompt.save()
            if prompt.battles.exists():
                record_text(prompt)
            if filed_under(prompt) != before:
                record_prompt(prompt, before=before)
        self.n_added += 1
        self._known[self.identity(row)] = KnownPrompt(prompt.pk, prompt.text_digest, prompt.source_id)


def _prompt(row: PromptRow, pool: PromptPool) -> Prompt:
    known_by = text_hash(row)
    prompt = Prompt(
        arena_id=pool.arena_id, pool=pool, key=row.key or known_by, turns=list(row.turns), system_prompt=row.system_prompt,
        reference=row.reference, category=row.category, tags=list(row.tags), verifier=row.verifier,
        content_hash=Prompt.hash_of(row.turns, row.system_prompt) if row.turns else "",
    )  # fmt: skip
    prompt.language = row.language or recognised_once(prompt.text, known_by)
    prompt.is_language_guessed = bool(prompt.language and not row.language)
    # Without a text nobody can be asked.
    prompt.status = row.status or (PromptStatus.ACTIVE if row.turns else PromptStatus.DRAFT)
    return rendered(prompt)


_languages: dict[str, str] = {}


def recognised_once(text: str, known_by: str) -> str:
    """The language recognised from the text; a file is read twice, but each text is recognised only once."""
    if known_by not in _languages:
        if len(_languages) >= MOST_REMEMBERED:
            _languages.clear()
        _languages[known_by] = recognised_language(text)
    return _languages[known_by]


class Recognised:
    """Counts prompts without a language, for the notes of a check."""

    def __init__(self) -> None:
        self._recognised, self._unknown = array("q"), array("q")  # a hash for each mention

    def add(self, row: PromptRow) -> None:
        if row.turns and not row.language:
            known_by = text_hash(row)
            is_known = bool(recognised_once("\n\n".join(row.turns), known_by))
            (self._recognised if is_known else self._unknown).append(hash(row.key or known_by))

    def notes(self) -> list[tuple[object, FileNote]]:
        text = ngettext_lazy(
            "%(n)s prompt without a language: recognised from the text.",
            "%(n)s prompts without a language: recognised from the text.",
            "n",
        )
        unknown = ngettext_lazy(
            "%(n)s prompt without a language, too short or too mixed to recognise it: left unknown.",
            "%(n)s prompts without a language, too short or too mixed to recognise it: left unknown.",
            "n",
        )
        return [
            (self._recognised, note(text, n=n_different(self._recognised))),
            (self._unknown, note(unknown, n=n_different(self._unknown))),
        ]


@dataclass
class PromptLoader:
    """Adds chunks of rows of a file of prompts."""

    source: Import
    pool: PromptPool
    takes_any_order: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self._prompts = PromptLookup(self.source.arena_id, self.pool, self.source)

    def prepare(self, rows: Sequence[PromptRow]) -> Sequence[PromptRow]:
        return rows

    def resolve(self, prepared: Sequence[PromptRow]) -> Sequence[PromptRow]:
        return prepared

    def add(self, rows: Sequence[PromptRow]) -> int:
        before = self._prompts.n_added
        self._prompts.look_up(rows)
        for row in rows:
            if problem := self._prompts.contradiction(row):
                raise problem
        self._prompts.ids(rows)
        return self._prompts.n_added - before
