"""What looks wrong in a readable file: reported with a count and the first lines, and refused in strict imports."""

import unicodedata
from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from django.utils.translation import ngettext_lazy

from arena.importing.checks.contradictions import n_different
from arena.importing.checks.first_lines import FirstLines
from arena.importing.checks.garbled import GarbledTexts
from arena.importing.checks.pointed_ids import PointedIds, about_pointed_ids
from arena.importing.files.notes import FileNote, Oddity, lazy_lines_of, note
from arena.importing.files.problems import PlainWords, Problems, shown
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow
from arena.models import Arena, text_digest
from arena.texts.error_texts import has_error_text, is_error_text, is_word_for_nothing
from arena.wording import gettext as _

NO_NAMES = {"nan", "none", "null", "n/a", "<na>", "nil", "undefined", "#n/a"}
LONGEST_NOTHING = max(map(len, NO_NAMES))
MOST_NAMES = 5


class _Repeated:
    """Repeated keys, with the same or other content; three numbers per row."""

    def __init__(self) -> None:
        self._keys, self._contents, self._lines = array("q"), array("q"), array("q")

    def add(self, key: Hashable, content: Hashable, line: int) -> None:
        self._keys.append(hash(key))
        self._contents.append(hash(content))
        self._lines.append(line)

    def lines(self) -> tuple[list[int], list[int]]:
        """The rows that say the same as the first with their key, and those that say otherwise."""
        _, firsts, inverse = np.unique(np.asarray(self._keys), return_index=True, return_inverse=True)
        contents, lines, later = np.asarray(self._contents), np.asarray(self._lines), np.ones(len(inverse), dtype=bool)
        later[firsts] = False
        is_same = contents == contents[firsts[inverse]]
        return sorted(lines[later & is_same].tolist()), sorted(lines[later & ~is_same].tolist())


class Plausibility:
    """Inspects the rows of a check as they come."""

    def __init__(self, arena: Arena | None) -> None:
        self._arena = arena
        self._names: dict[str, int] = {}  # with the first line of each
        self._voters: dict[str, int] = {}
        self._errors, self._nothing, self._equal = FirstLines(), FirstLines(), FirstLines()
        self._votes = _Repeated()
        self._garbled = GarbledTexts()
        self._ids_of_prompts, self._ids_of_battles, self._ids_of_voters = PointedIds(), PointedIds(), PointedIds()
        self._ids, self._texts = array("q"), array("q")  # of prompts that have both
        self._many_ids_line = 0
        self._twins_here = FirstLines()
        self._called: set[int] = set()  # a hash of each id that names a row
        self._called_again = FirstLines()

    def see_battles(self, rows: Iterable[BattleRow]) -> None:
        names = self._names
        for row in rows:  # there may be millions: what most rows repeat is looked up only
            if row.first not in names or row.second not in names:
                names.setdefault(row.first, row.line)
                names.setdefault(row.second, row.line)
                self._garbled.see(row.line, _texts_of(row))
            elif row.answers is not None or (row.prompt is not None and row.prompt.turns):
                self._garbled.see(row.line, _texts_of(row))
            if row.own_id:
                self._ids_of_battles.see(row.own_id, row.line)
            elif row.called:
                self._see_called(row)
            if row.answers is not None:
                if has_error_text(row.answers[0], row.turns[0]) or has_error_text(row.answers[1], row.turns[1]):
                    self._errors.add(row.line)
                elif is_word_for_nothing(row.answers[0]) or is_word_for_nothing(row.answers[1]):
                    self._nothing.add(row.line)
                elif row.answers[0].strip() and row.answers[0] == row.answers[1]:
                    self._equal.add(row.line)
            for vote in row.votes:
                self._ids_of_voters.see(vote.voter, row.line)
                if len(vote.voter) <= LONGEST_NOTHING and vote.voter.casefold() in NO_NAMES:
                    self._voters.setdefault(vote.voter, row.line)
            if row.prompt is not None:
                self.see_prompt(row.prompt)
                self._see_votes(row)

    def _see_called(self, row: BattleRow) -> None:
        self._ids_of_battles.see(row.called, row.line)
        number = hash(row.called)
        if number in self._called:
            self._called_again.add(row.line)
        self._called.add(number)

    def _see_votes(self, row: BattleRow) -> None:
        """Without a voter, only rows that agree in everything are taken for one."""
        in_order = row.first < row.second
        asked = row.prompt and (row.prompt.key or row.prompt.turns)
        pair = (row.first, row.second) if in_order else (row.second, row.first)
        answers = row.answers if row.answers is None or in_order else row.answers[::-1]
        for vote in row.votes:
            if asked and (vote.voter or answers):
                outcome = vote.outcome if in_order else vote.outcome.swapped()
                self._votes.add((vote.voter, asked, pair, answers, None if vote.voter else outcome), outcome, row.line)

    def see(self, rows: Sequence[PromptRow | ResponseRow]) -> None:
        self._see_twins_here([row for row in rows if isinstance(row, PromptRow) and row.key and row.turns])
        for row in rows:
            if isinstance(row, PromptRow):
                self.see_prompt(row)
                self._garbled.see(row.line, row.turns)
                continue
            self._names.setdefault(row.competitor, row.line)
            self._garbled.see(
                row.line, (row.competitor, row.text, *(row.asked.turns if row.brings_prompt and row.asked else ()))
            )
            if row.prompt:
                self._ids_of_prompts.see(row.prompt, row.line)
            if has_error_text(row.text, row.turns):
                self._errors.add(row.line)
            elif is_word_for_nothing(row.text):
                self._nothing.add(row.line)
            if row.brings_prompt and row.asked:
                self.see_prompt(row.asked)

    def see_voters(self, voters: Iterable[tuple[str, int]]) -> None:
        """Names of voters that a program sends, each with its row."""
        for voter, line in voters:
            self._ids_of_voters.see(voter, line)
            if voter.strip().casefold() in NO_NAMES:
                self._voters.setdefault(voter, line)

    def see_answers(self, line: int, answers: Sequence[tuple[str, str | None]]) -> None:
        """The answers of a row of judgements or labels: the name and the text of each, as far as the file has them."""
        texts = [text for _name, text in answers if text is not None]
        for name, _text in answers:
            if name:
                self._names.setdefault(name, line)
        if any(map(is_error_text, texts)):
            self._errors.add(line)
        elif any(map(is_word_for_nothing, texts)):
            self._nothing.add(line)
        elif len(texts) == 2 and texts[0].strip() and texts[0] == texts[1]:
            self._equal.add(line)

    def see_names(self, names: Iterable[tuple[str, int]]) -> None:
        """Names of competitors, each with its line."""
        for name, line in names:
            self._names.setdefault(name, line)

    def _see_twins_here(self, rows: Sequence[PromptRow]) -> None:
        """Prompts whose text is in the arena under other ids alone."""
        if self._arena is None:
            return
        digests = {row.line: text_digest(row.turns, row.system_prompt) for row in rows}
        stored = self._arena.prompts.filter(text_digest__in=set(digests.values()) - {""})
        keys: dict[str, set[str]] = {}
        for key, digest in stored.values_list("key", "text_digest"):
            keys.setdefault(digest, set()).add(key)
        for row in rows:
            if (here := keys.get(digests[row.line])) and row.key not in here:
                self._twins_here.add(row.line)

    def see_prompt(self, row: PromptRow) -> None:
        if row.key:
            self._ids_of_prompts.see(row.key, row.line)
        if row.key and row.turns:
            self._many_ids_line = self._many_ids_line or row.line
            self._ids.append(hash(row.key))
            self._texts.append(hash(text_digest(row.turns, row.system_prompt)))

    def oddities(self) -> list[Oddity]:
        return list(self._oddities())

    def _oddities(self) -> Iterator[Oddity]:
        same, otherwise = self._votes.lines()
        if same:
            yield Oddity(same[0], note(_TWICE, n=len(same), lines=lazy_lines_of(same)))
        if otherwise:
            yield Oddity(otherwise[0], note(_OPPOSITE, n=len(otherwise), lines=lazy_lines_of(otherwise)))
        yield from self._odd_names()
        for lines, words in ((self._errors, _ERRORS), (self._nothing, _NOTHING), (self._equal, _EQUAL)):
            if lines.n:
                yield lines.oddity(words)
        n_ids, n_texts = (n_different(each) if each else 0 for each in (self._ids, self._texts))
        if n_texts < n_ids:
            yield Oddity(self._many_ids_line, note(_MANY_IDS, n=n_texts, ids=n_ids))
        if self._called_again.n:
            yield self._called_again.oddity(_CALLED_AGAIN)
        if self._twins_here.n:
            yield self._twins_here.oddity(_TWINS_HERE)
        if self._arena is not None:
            self._ids_of_prompts.see_known(self._arena.prompts.all())
        yield from about_pointed_ids((self._ids_of_prompts, self._ids_of_battles, self._ids_of_voters))
        yield from self._garbled.oddities()

    def _odd_names(self) -> Iterator[Oddity]:
        nothing = {name: line for name, line in {**self._voters, **self._names}.items() if name.casefold() in NO_NAMES}
        if nothing:
            yield Oddity(min(nothing.values()), _named(_NO_NAME, nothing, list(nothing.values())))
        here = self._arena.competitors.values_list("name", flat=True) if self._arena else ()
        alike: dict[str, dict[str, int]] = {}
        for name, line in [*self._names.items(), *((name, 0) for name in here if name not in self._names)]:
            alike.setdefault(unicodedata.normalize("NFKC", name).casefold().strip(), {})[name] = line
        new = [names for names in alike.values() if len(names) > 1 and any(names.values())]
        several = {name: line for names in new for name, line in names.items()}
        if several:
            lines = sorted(line for line in several.values() if line)
            yield Oddity(lines[0], _named(_ALIKE, several, lines))


def _texts_of(row: BattleRow) -> tuple[str, ...]:
    return (row.first, row.second, *(row.answers or ()), *(row.prompt.turns if row.prompt else ()))


def _named(words: Any, names: Iterable[str], lines: list[int]) -> FileNote:
    all_names = list(names)
    more = ", ..." if len(all_names) > MOST_NAMES else ""
    named = ", ".join(shown(name) for name in all_names[:MOST_NAMES]) + more
    return note(words, n=len(all_names), names=named, lines=lazy_lines_of(sorted(lines)))


def about_self_battles(lines: Sequence[int]) -> list[Oddity]:
    """Rows in which a model meets itself."""
    return [Oddity(lines[0], note(_ITSELF, n=len(lines), lines=lazy_lines_of(lines)))] if lines else []


def refuse(oddities: Iterable[Oddity], problems: Problems, *, what: str = "") -> None:
    """Raises ImportProblems where there are some. `what`: how a row is called, where a program sent it."""
    for odd in oddities:
        note_of_rows = odd.note.of_rows() if what else odd.note
        problems.add(
            max(1, odd.line), what or _("the file"), PlainWords(_("as if something in it were wrong")), str(note_of_rows)
        )
    problems.stop_if_any()


_ITSELF = ngettext_lazy(
    "%(n)s row in which a model meets itself, in %(lines)s: left out, because a battle needs two different models.",
    "%(n)s rows in which a model meets itself, in %(lines)s: left out, because a battle needs two different models.",
    "n",
)
_TWICE = ngettext_lazy(
    "%(n)s vote that its voter gave before on the same pair and prompt, in %(lines)s: each counts.",
    "%(n)s votes that their voters gave before on the same pair and prompt, in %(lines)s: each counts.",
    "n",
)
_OPPOSITE = ngettext_lazy(
    "%(n)s vote against an earlier one of its voter on the same pair and prompt, in %(lines)s: both count.",
    "%(n)s votes against earlier ones of their voters on the same pair and prompt, in %(lines)s: all count.",
    "n",
)
_NO_NAME = ngettext_lazy(
    "%(n)s name as programs write what is missing (%(names)s), first in %(lines)s: taken as a name.",
    "%(n)s names as programs write what is missing (%(names)s), first in %(lines)s: taken as names.",
    "n",
)
_ALIKE = ngettext_lazy(
    "%(n)s name that differs from another by case or Unicode form alone (%(names)s), first in %(lines)s: competitors of their "
    "own.",
    "%(n)s names that differ by case or Unicode form alone (%(names)s), first in %(lines)s: competitors of their own.",
    "n",
)
_ERRORS = ngettext_lazy(
    "%(n)s answer that is an error message, in %(lines)s: kept as failed; no voter is shown it, and no judge is asked.",
    "%(n)s rows with answers that are error messages, in %(lines)s: kept as failed; no voter is shown them, and no judge is "
    "asked.",
    "n",
)
_NOTHING = ngettext_lazy(
    "%(n)s answer that is only a word such as nan, None or null, as programs write what is missing, in %(lines)s: kept as an "
    "answer.",
    "%(n)s rows with answers that are only a word such as nan, None or null, as programs write what is missing, in %(lines)s: "
    "kept as answers.",
    "n",
)
_EQUAL = ngettext_lazy(
    "%(n)s pair of two equal answers, in %(lines)s: what was said of it counts.",
    "%(n)s pairs of two equal answers, in %(lines)s: what was said of them counts.",
    "n",
)
_CALLED_AGAIN = ngettext_lazy(
    "%(n)s row with the id of an earlier one, in %(lines)s: rows of this layout are known by what they say, so each is a "
    "battle of its own.",
    "%(n)s rows with the ids of earlier ones, in %(lines)s: rows of this layout are known by what they say, so each is a "
    "battle of its own.",
    "n",
)
_TWINS_HERE = ngettext_lazy(
    "%(n)s prompt, in %(lines)s, whose text is in this arena under another id: on boards it is one prompt.",
    "%(n)s prompts, in %(lines)s, whose texts are in this arena under other ids: on boards each text is one prompt.",
    "n",
)
_MANY_IDS = ngettext_lazy(
    "%(n)s text under %(ids)s ids: on boards it is one prompt.",
    "%(n)s texts under %(ids)s ids: on boards each text is one prompt.",
    "n",
)
