"""Pass 1 for files of answers."""

from array import array
from pathlib import Path

from arena.importing.agreement import Statements, n_different
from arena.importing.answers import Answer, StoredAnswers, unknown_prompt
from arena.importing.chunks import TypedFile, chunks
from arena.importing.formats import RESPONSE_FORMATS
from arena.importing.naming import Competitors
from arena.importing.problems import N_SHOWN, Problems, RowProblem
from arena.importing.prompts import Prompts
from arena.importing.reports import Report, numbered, what_is_so
from arena.importing.rows import PromptRow, ResponseRow
from arena.models import Arena


def check_responses(path: Path, format_name: str, filename: str, arena: Arena | None) -> Report:
    file = TypedFile(path, RESPONSE_FORMATS[format_name], filename=filename)
    seen = _Responses(arena, file.problems)
    for chunk in chunks(file):
        seen.add(chunk)
    _name_contradictions(seen.repeats, TypedFile(path, RESPONSE_FORMATS[format_name], filename=filename), file.problems)
    file.problems.stop_if_any()
    return Report(file.n_rows, seen.counts(), seen.notes() + file.format.notes(), file.ignored)


class _Responses:
    def __init__(self, arena: Arena | None, problems: Problems) -> None:
        self._problems, self._prompts = problems, Prompts(arena.pk if arena else None)
        self._known_names = Competitors(arena).known if arena else lambda names: {}
        self._competitors: set[str] = set()
        self._n_rows = self._n_known = self._n_empty = self._n_failed = 0
        self._asked, self._pairs, self._texts = array("q"), array("q"), array("q")
        self.repeats = Statements()

    def add(self, rows: list[ResponseRow]) -> None:
        for number, row in enumerate(rows, start=self._n_rows):
            self._competitors.add(row.competitor)
            self._asked.append(hash(row.prompt))
            self._pairs.append(hash((row.prompt, row.competitor)))
            self._texts.append(hash((row.prompt, row.competitor, row.text, row.repeat)))
            self._n_empty += not row.text.strip()
            self._n_failed += row.finish == "failed"
            if row.repeat is not None:
                self.repeats.add((row.prompt, row.competitor, row.repeat), row.text, number)
        self._n_rows += len(rows)
        self._compare_with_arena(rows)

    def _compare_with_arena(self, rows: list[ResponseRow]) -> None:
        prompts = self._prompts.look_up([PromptRow(row.line, row.prompt) for row in rows])
        names = self._known_names({row.competitor for row in rows})
        known = [row for row in rows if row.prompt in prompts]
        answers = {row: Answer(prompts[row.prompt].pk, names.get(row.competitor, 0), row.text) for row in known}
        stored = StoredAnswers(answers.values())
        for row in rows:
            try:
                if row not in answers:
                    raise unknown_prompt(row)
                self._n_known += stored.is_here(answers[row], row.repeat)
            except RowProblem as problem:
                self._problems.add_row(row.line, problem)

    def counts(self) -> dict[str, int]:
        return {
            "responses": n_different(self._texts),
            "competitors": len(self._competitors),
            "new competitors": len(self._competitors) - len(self._known_names(self._competitors)),
            "prompts": n_different(self._asked),
        }

    def notes(self) -> list[str]:
        n_repeated = self._n_rows - n_different(self._texts)
        n_several = n_different(self._texts) - n_different(self._pairs)
        return what_is_so(
            [
                (n_repeated, f"{numbered(n_repeated, 'rows')} read once, though more often in the file."),
                (
                    n_several,
                    f"{numbered(n_several, 'answers')} more than one to a prompt by a competitor: stored as repeats.",
                ),
                (self._n_known, f"{numbered(self._n_known, 'answers')} in this arena already: left as they are."),
                (self._n_empty, f"{numbered(self._n_empty, 'answers')} without a text: kept as they are."),
                (self._n_failed, f"{numbered(self._n_failed, 'answers')} marked as failed: kept, and never served."),
            ]
        )


def _name_contradictions(repeats: Statements, again: TypedFile[ResponseRow], problems: Problems) -> None:
    found = list(repeats.contradictions())[:N_SHOWN]
    wanted = {number for each in found for number in each}
    rows = {number: row for number, row in enumerate(again) if number in wanted} if found else {}
    for each in found:
        allowed = f"one repeat of an answer has one text, and line {rows[each.earlier].line} has another"
        problems.add(rows[each.row].line, "repeat", rows[each.row].repeat, allowed)
