"""Pass 1 for files of answers."""

from array import array
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.files.notes import FileNote, about_new_competitors, about_thinking, lazy_lines_of, note, what_is_so
from arena.importing.files.problems import PlainWords, Problems, RowProblem, shown
from arena.importing.files.rows import ResponseRow
from arena.importing.loading.archived import ArchivedParts
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import PromptLookup
from arena.importing.loading.responses import (
    ANOTHER_TEXT,
    NO_SUCH_PROMPT,
    NO_SUCH_ROW,
    AnsweredPrompts,
    ResponseKey,
    StoredAnswers,
    identity_of,
)
from arena.llm.wires.replies import is_blank
from arena.models import Arena
from arena.wording import number

N_NAMED = 10


class ResponsesSeen:
    """Summary of a file of answers: a few numbers per row are kept."""

    rule = gettext_lazy("one repeat of an answer has one text, and line %(line)d has another")
    another_text: str | Promise = ANOTHER_TEXT  # what to do about it, in the words of the medium; so in the next
    how_to_correct: str | Promise = gettext_lazy(
        "import the file with --replace (in the browser: tick Replace; over REST: replace)"
    )

    def __init__(self, arena: Arena | None, problems: Problems, *, replaces: bool = False) -> None:
        self._arena, self._replaces = arena, replaces
        self._others, self._n_corrected = array("q"), 0  # lines that differ from what is here; those that correct it
        self._problems, self._prompts = problems, AnsweredPrompts(PromptLookup(arena.pk if arena else None))
        self._brought = array("q")  # a hash for each mention of a prompt that the file brings
        self._known_names = CompetitorLookup(arena).known if arena else lambda names: {}
        self._some_keys = list(arena.prompts.order_by("pk").values_list("key", flat=True)[:3]) if arena else []
        self._competitors: set[str] = set()
        self._n_rows = self._n_known = self._n_failed = self._n_thought = 0
        self._empty: list[int] = []
        self._asked, self._pairs, self._texts = array("q"), array("q"), array("q")
        self._bare = array("q")  # a hash for each mention of a prompt without a text
        self._unknown, self._unknown_lines, self._first_unknown = array("q"), array("q"), dict[str, None]()
        self.statements = Statements()

    def add(self, rows: list[ResponseRow]) -> None:
        for at, row in enumerate(rows, start=self._n_rows):
            self._competitors.add(row.competitor)
            prompt = identity_of(row)
            self._asked.append(hash(prompt))
            self._pairs.append(hash((prompt, row.competitor)))
            self._texts.append(hash((prompt, row.competitor, row.text, row.repeat)))
            if row.finish != "failed" and is_blank(row.text):
                self._empty.append(row.line)
            self._n_failed += row.finish == "failed"
            self._n_thought += bool(row.thinking)
            if row.repeat is not None or self._replaces:
                self.statements.add((prompt, row.competitor, row.repeat or 0), row.text, at)
        self._n_rows += len(rows)
        self._compare_with_arena(rows)

    def _compare_with_arena(self, rows: list[ResponseRow]) -> None:
        prompts = self._prompts.of(rows)
        names = self._known_names({row.competitor for row in rows})
        answers = [
            ResponseKey(prompt.pk, names.get(row.competitor, 0), row.text) if prompt else None
            for row, prompt in zip(rows, prompts, strict=True)
        ]
        stored = StoredAnswers(answer for answer in answers if answer)
        pairs = zip(rows, prompts, strict=True)
        bare = [prompt for row, prompt in pairs if prompt and not prompt.text and not row.brings_prompt]
        self._bare.extend([hash(prompt.pk) for prompt in bare])
        archived = ArchivedParts(
            self._arena.pk if self._arena else 0,
            prompts={prompt.pk for prompt in prompts if prompt}, competitors={row.competitor for row in rows},
        )  # fmt: skip
        for row, answer in zip(rows, answers, strict=True):
            if problem := self._prompts.contradiction(row):
                self._problems.add_row(row.line, problem)
            pk = answer.prompt_id if answer else None
            brings = row.brings_prompt
            if problem := archived.problem(prompt=pk, key=row.prompt, names=[row.competitor], brings_prompt=brings):
                self._problems.add_row(row.line, problem)
            if answer is None:
                self._add_unknown(row)
            else:
                self._compare_answer(row, answer, stored)

    def _compare_answer(self, row: ResponseRow, answer: ResponseKey, stored: StoredAnswers) -> None:
        if self._replaces:
            self._n_known += stored.stands(answer, row.repeat or 0)
            self._n_corrected += stored.corrected_by(answer, row.repeat or 0) is not None
            return
        try:
            self._n_known += stored.is_here(answer, row.repeat, self.another_text)
        except RowProblem as problem:
            self._problems.add_row(row.line, problem)
        if row.repeat is None and stored.has_another(answer):
            self._others.append(row.line)

    def _add_unknown(self, row: ResponseRow) -> None:
        if row.brings_prompt:
            self._brought.append(hash(identity_of(row)))
            return
        if row.prompt_row is not None:
            self._problems.add(row.line, _("the row of the prompt"), row.prompt_row, str(NO_SUCH_ROW), is_row=True)
            return
        self._unknown.append(hash(identity_of(row)))
        self._unknown_lines.append(row.line)
        if len(self._first_unknown) < N_NAMED:
            self._first_unknown[identity_of(row)] = None

    def finish(self) -> None:
        """Name the unknown prompts in one line: usually the column is wrong."""
        if not self._unknown:
            return
        n_rows, n_prompts = len(self._unknown), n_different(self._unknown)
        allowed = str(NO_SUCH_PROMPT)
        if here := ", ".join(shown(key) for key in self._some_keys):
            allowed = _("%(problem)s; ids that are here: %(ids)s") % {"problem": allowed, "ids": here}
        if n_rows == 1:
            self._problems.add_lines(self._unknown_lines, _("the prompt's id"), next(iter(self._first_unknown)), allowed)
            return
        what = ngettext("the prompt of %(n)s row", "the prompt of %(n)s rows", n_rows) % {"n": number(n_rows)}
        self._problems.add_lines(self._unknown_lines, what, PlainWords(self._unknown_named(n_prompts)), allowed)

    def _unknown_named(self, n: int) -> str:
        names = ", ".join(shown(key) for key in self._first_unknown)
        if n > N_NAMED:
            text = _("%(n)s unknown prompts: %(names)s and %(n_more)s more")
            return text % {"n": number(n), "names": names, "n_more": number(n - N_NAMED)}
        return ngettext("%(n)s unknown prompt: %(names)s", "%(n)s unknown prompts: %(names)s", n) % {"n": n, "names": names}

    def named(self, row: ResponseRow) -> tuple[str, int | None]:
        return "repeat", row.repeat

    def counts(self) -> dict[str, int]:
        return {
            "responses": n_different(self._texts),
            "competitors": len(self._competitors),
            "new_competitors": len(self._competitors) - len(self._known_names(self._competitors)),
            "prompts": n_different(self._asked),
        }

    def notes(self) -> list[FileNote]:
        n_repeated = self._n_rows - n_different(self._texts)
        n_several = n_different(self._texts) - n_different(self._pairs)
        n_bare, names = n_different(self._bare), sorted(self._competitors)
        return about_new_competitors(names, self._known_names(names)) + what_is_so(
            [
                (n_bare, note(_BARE, n=n_bare)),
                (self._brought, note(_BROUGHT, n=n_different(self._brought))),
                (n_repeated, note(_REPEATED, n=n_repeated)),
                (n_several, note(_SEVERAL, n=n_several)),
                (self._n_known, note(_KNOWN, n=self._n_known)),
                (self._n_corrected, note(_CORRECTED, n=self._n_corrected)),
                (len(self._empty), note(_EMPTY, n=len(self._empty), lines=lazy_lines_of(self._empty))),
                (self._n_thought, about_thinking(self._n_thought)),
                (self._n_failed, note(_FAILED, n=self._n_failed)),
            ]
        )

    def warnings(self) -> list[FileNote]:
        n = len(self._others)
        return what_is_so([(n, note(_OTHERS, n=n, lines=lazy_lines_of(list(self._others)), how=self.how_to_correct))])


def is_about_others(remark: FileNote) -> bool:
    """Whether it says that answers of the file have another text than those that are here."""
    return remark.words is _OTHERS


def is_about_corrections(remark: Any) -> bool:
    """Whether it says that the file corrects answers that are here."""
    return getattr(remark, "words", None) is _CORRECTED


_BARE = ngettext_lazy(
    "%(n)s prompt without a text in this arena: nobody votes on these answers, and no judge is asked about them, until the "
    "text comes under the same id (manage.py import_prompts, or Import in the browser).",
    "%(n)s prompts without a text in this arena: nobody votes on these answers, and no judge is asked about them, until the "
    "texts come under the same ids (manage.py import_prompts, or Import in the browser).",
    "n",
)
_BROUGHT = ngettext_lazy(
    "%(n)s prompt that is not in this arena: added with its answers, known by its text.",
    "%(n)s prompts that are not in this arena: added with their answers, known by their texts.",
    "n",
)
_REPEATED = ngettext_lazy(
    "%(n)s row occurs more than once and is read once.",
    "%(n)s rows occur more than once and are read once each.",
    "n",
)
_SEVERAL = ngettext_lazy(
    "%(n)s further answer to a prompt by the same competitor: stored as a repeat.",
    "%(n)s further answers to a prompt by the same competitor: stored as repeats.",
    "n",
)
_KNOWN = ngettext_lazy(
    "%(n)s answer is in this arena already and stays as it is.",
    "%(n)s answers are in this arena already and stay as they are.",
    "n",
)
_CORRECTED = ngettext_lazy(
    "%(n)s answer here is corrected: battles keep the text that was judged, and new ones take the new text.",
    "%(n)s answers here are corrected: battles keep the text that was judged, and new ones take the new text.",
    "n",
)
_OTHERS = ngettext_lazy(
    "%(n)s answer, in %(lines)s, differs from the one that is here by the same competitor to the same prompt: both will be in "
    "play, as repeats. If it corrects it, %(how)s.",
    "%(n)s answers, in %(lines)s, differ from those that are here by the same competitors to the same prompts: both will be in "
    "play, as repeats. If they correct them, %(how)s.",
    "n",
)
_EMPTY = ngettext_lazy(
    "%(n)s answer without a text, in %(lines)s: kept as failed, and never served.",
    "%(n)s answers without a text, in %(lines)s: kept as failed, and never served.",
    "n",
)
_FAILED = ngettext_lazy(
    "%(n)s answer marked as failed: kept, and never served.", "%(n)s answers marked as failed: kept, and never served.", "n"
)
