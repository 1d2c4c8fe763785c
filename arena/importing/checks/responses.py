"""Pass 1 for files of answers."""

from array import array

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.files.problems import PlainWords, Problems, RowProblem, shown
from arena.importing.files.reports import about_thinking, lines_of, numbered, what_is_so
from arena.importing.files.rows import PromptRow, ResponseRow
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import PromptLookup
from arena.importing.loading.responses import NO_SUCH_PROMPT, ResponseKey, StoredAnswers
from arena.llm.wires.replies import is_blank
from arena.models import Arena

N_NAMED = 10


class ResponsesSeen:
    """What a file of answers says, in a few numbers a row."""

    rule = "one repeat of an answer has one text"

    def __init__(self, arena: Arena | None, problems: Problems) -> None:
        self._problems, self._prompts = problems, PromptLookup(arena.pk if arena else None)
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
        for number, row in enumerate(rows, start=self._n_rows):
            self._competitors.add(row.competitor)
            self._asked.append(hash(row.prompt))
            self._pairs.append(hash((row.prompt, row.competitor)))
            self._texts.append(hash((row.prompt, row.competitor, row.text, row.repeat)))
            if row.finish != "failed" and is_blank(row.text):
                self._empty.append(row.line)
            self._n_failed += row.finish == "failed"
            self._n_thought += bool(row.thinking)
            if row.repeat is not None:
                self.statements.add((row.prompt, row.competitor, row.repeat), row.text, number)
        self._n_rows += len(rows)
        self._compare_with_arena(rows)

    def _compare_with_arena(self, rows: list[ResponseRow]) -> None:
        prompts = self._prompts.look_up([PromptRow(row.line, row.prompt) for row in rows])
        names = self._known_names({row.competitor for row in rows})
        known = [row for row in rows if row.prompt in prompts]
        answers = {row: ResponseKey(prompts[row.prompt].pk, names.get(row.competitor, 0), row.text) for row in known}
        stored = StoredAnswers(answers.values())
        self._bare.extend([hash(row.prompt) for row in known if not prompts[row.prompt].content_hash])
        for row in rows:
            if row not in answers:
                self._add_unknown(row)
                continue
            try:
                self._n_known += stored.is_here(answers[row], row.repeat)
            except RowProblem as problem:
                self._problems.add_row(row.line, problem)

    def _add_unknown(self, row: ResponseRow) -> None:
        self._unknown.append(hash(row.prompt))
        self._unknown_lines.append(row.line)
        if len(self._first_unknown) < N_NAMED:
            self._first_unknown[row.prompt] = None

    def finish(self) -> None:
        """Name the unknown prompts, all of them in one line: mostly it is the column."""
        if not self._unknown:
            return
        n_rows, n_prompts = len(self._unknown), n_different(self._unknown)
        here = ", ".join(shown(key) for key in self._some_keys)
        told = f"{NO_SUCH_PROMPT}; ids that are here: {here}" if here else NO_SUCH_PROMPT
        if n_rows == 1:
            self._problems.add(self._unknown_lines[0], "the prompt's id", next(iter(self._first_unknown)), told)
            return
        names = ", ".join(shown(key) for key in self._first_unknown)
        more = f" and {n_prompts - N_NAMED:,} more" if n_prompts > N_NAMED else ""
        prompts = numbered(n_prompts, "unknown prompts")
        self._problems.add(
            self._unknown_lines[0], f"the prompt of {numbered(n_rows, 'rows')}", PlainWords(f"{prompts}: {names}{more}"), told
        )

    def named(self, row: ResponseRow) -> tuple[str, int | None]:
        return "repeat", row.repeat

    def counts(self) -> dict[str, int]:
        return {
            "responses": n_different(self._texts),
            "competitors": len(self._competitors),
            "new_competitors": len(self._competitors) - len(self._known_names(self._competitors)),
            "prompts": n_different(self._asked),
        }

    def notes(self) -> list[str]:
        n_repeated = self._n_rows - n_different(self._texts)
        n_several = n_different(self._texts) - n_different(self._pairs)
        n_bare = n_different(self._bare)
        return what_is_so(
            [
                (
                    n_bare,
                    f"{numbered(n_bare, 'prompts')} without a text in this arena: nobody votes on these answers, and no judge "
                    f"is asked about them, until the {'texts come' if n_bare > 1 else 'text comes'} under the same "
                    f"{'ids' if n_bare > 1 else 'id'} (manage.py import_prompts, or Import in the browser).",
                ),
                (n_repeated, f"{numbered(n_repeated, 'rows')} read once, though more often in the file."),
                (
                    n_several,
                    f"{numbered(n_several, 'answers')} more than one to a prompt by a competitor: stored as repeats.",
                ),
                (self._n_known, f"{numbered(self._n_known, 'answers')} in this arena already: left as they are."),
                (
                    len(self._empty),
                    f"{numbered(len(self._empty), 'answers')} without a text, in {lines_of(self._empty)}: kept as failed, and "
                    "never served.",
                ),
                (self._n_thought, about_thinking(self._n_thought)),
                (self._n_failed, f"{numbered(self._n_failed, 'answers')} marked as failed: kept, and never served."),
            ]
        )

    def warnings(self) -> list[str]:
        return []
