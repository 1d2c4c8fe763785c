"""Pass 1 for files of battles."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.checks.plausibility import Plausibility, about_self_battles
from arena.importing.checks.unknown_ids import UnknownIds
from arena.importing.chunks import TypedFile
from arena.importing.files.notes import FileNote, about_new_competitors, about_thinking, lazy_lines_of, note, what_is_so
from arena.importing.files.problems import MOST_LEFT_OUT, Problems
from arena.importing.files.reports import ImportReport
from arena.importing.files.rows import BattleRow, VoteRow
from arena.importing.formats import Format, format_of
from arena.importing.formats.battles.own_battles import OwnBattles
from arena.importing.loading.archived import ArchivedParts
from arena.importing.loading.battles import contradiction
from arena.importing.loading.known_battles import KnownBattle, SetAsideRows, known_battles
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.named_prompts import may_name_prompts, with_named_prompts
from arena.importing.loading.prompts import PromptLookup, Recognised
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.importing.voters_that_judge import JUDGES, VotersUnclear, looks_like_a_model, rule_for
from arena.llm.wires.replies import is_blank
from arena.llm.wires.thinking import parted
from arena.models import Arena, Battle, Competitor, Import
from arena.wording import number

MOST_COMPETITORS = 5_000
ROWS_AT_A_TIME = 2_500


def check_battles(
    path: Path, format_name: str, filename: str, arena: Arena | None, options: Mapping[str, Any] | None = None
) -> ImportReport:
    """If the options do not say whether voters are "judges" or "people", the user is asked about names that look like
    models'.
    """
    voters = (options or {}).get("voters", "")
    opened = partial(TypedFile[BattleRow], path, _class_of(format_name), filename=filename, options=options)
    file = opened()
    seen = _BattlesSeen(format_name, file.problems, arena)
    odd, unknown, prompts = Plausibility(arena), UnknownIds(), PromptLookup(arena.pk if arena else None)
    finds_ids = may_name_prompts(_class_of(format_name), options)
    for rows in batched(file, ROWS_AT_A_TIME):
        if finds_ids:
            rows = tuple(with_named_prompts(prompts, rows))
            unknown.see(row.prompt for row in rows)
        seen.add(rows)
        odd.see_battles(rows)
    seen.ask_who_voted(voters)
    if seen.n_contradictions():
        seen.name_contradictions(opened())
    elif file.problems.n_all == 1 and seen.is_asking(voters):
        raise VotersUnclear(tuple(file.problems.first), 1)
    file.problems.stop_if_any()
    unnamed = getattr(file.format, "unnamed", None)
    notes = seen.notes() + seen.about_judges(voters) + file.notes()
    oddities = [*about_self_battles(file.self_battles), *odd.oddities(), *unknown.oddities()]
    return ImportReport(file.n_rows, seen.counts(voters), notes, file.ignored, unnamed=unnamed, odd=oddities)


def _class_of(stored: str) -> type[Format[BattleRow]]:
    return cast("type[Format[BattleRow]]", format_of(Import.Kind.BATTLES, stored))


class _BattlesSeen:
    """Summary of a file of battles: a few numbers per row are kept."""

    def __init__(self, format_name: str, problems: Problems, arena: Arena | None) -> None:
        self._is_own, self._problems, self._arena = format_name == OwnBattles.name, problems, arena
        self._in_arena = _InArena(format_name, arena) if arena else None
        self._prompts = PromptLookup(arena.pk if arena else None)
        self._competitors: dict[str, None] = {}
        self._n_rows = self._n_votes = self._n_set_aside = 0
        self._recognised = Recognised()
        self._has_own_ids = self._has_answers = False
        self._empty: list[int] = []  # lines of battles with an empty answer
        self._n_thought = 0
        self._models: dict[str, int] = {}  # voters that look like models, with the line of the first row
        # a hash for each mention
        self._asked, self._voters, self._of_models = array("q"), array("q"), array("q")
        self._texts, self._pairs, self._outcomes = Statements(), Statements(), Statements()

    def add(self, rows: Sequence[BattleRow]) -> None:
        self._has_own_ids = bool(rows[0].own_id)
        self._has_answers = rows[0].answers is not None or any(row.repeats for row in rows)
        self._competitors |= dict.fromkeys(row.first for row in rows) | dict.fromkeys(row.second for row in rows)
        self._add_votes([vote for row in rows for vote in row.votes])
        for row in rows:
            for vote in row.votes:
                if vote.voter and looks_like_a_model(vote.voter):
                    self._models.setdefault(vote.voter, row.line)
                    self._of_models.append(hash((row.own_id, vote.voter)))
        self._add_prompts(rows)
        self._add_answers(rows)
        if self._has_own_ids:
            self._add_statements(rows)
        self._n_rows += len(rows)
        self._stop_at_too_many_competitors(rows[-1].line)
        if self._in_arena is not None:
            self._in_arena.compare(rows, self._problems)

    def _add_votes(self, votes: Sequence[VoteRow]) -> None:
        self._n_votes += len(votes)
        self._n_set_aside += sum(1 for vote in votes if vote.set_aside)
        self._voters.extend([hash(vote.voter) for vote in votes if vote.voter])

    def _add_prompts(self, rows: Sequence[BattleRow]) -> None:
        for at, row in enumerate(rows, start=self._n_rows):
            prompt = row.prompt
            if prompt is not None:
                self._asked.append(hash(prompt.key or self._prompts.identity(prompt)))
                self._recognised.add(prompt)
                if prompt.turns and prompt.key:
                    self._texts.add(prompt.key, prompt.turns, at)

    def _add_answers(self, rows: Sequence[BattleRow]) -> None:
        for row in rows:
            if row.answers is None:
                continue
            answers = [parted(text) for text in row.answers]
            self._n_thought += sum(1 for answer in answers if answer[1])
            if any(is_blank(answer[0]) for answer in answers):
                self._empty.append(row.line)

    def _add_statements(self, rows: Sequence[BattleRow]) -> None:
        """Record what rows with the same id must agree in."""
        for at, row in enumerate(rows, start=self._n_rows):
            asked = None if row.prompt is None else self._prompts.identity(row.prompt)
            self._pairs.add(row.own_id, (frozenset((row.first, row.second)), asked), at)
            for vote in row.votes:
                outcome = vote.outcome if row.first < row.second else vote.outcome.swapped()
                self._outcomes.add((row.own_id, vote.voter), outcome, at)

    def _stop_at_too_many_competitors(self, line: int) -> None:
        if len(self._competitors) > MOST_COMPETITORS:
            allowed = _("at most %(most)s are allowed: are the columns the right ones?") % {"most": number(MOST_COMPETITORS)}
            self._problems.add(line, _("the number of different models"), len(self._competitors), allowed)
            self._problems.stop_if_any()

    def is_asking(self, voters: str) -> bool:
        return bool(self._models) and not voters

    def ask_who_voted(self, voters: str) -> None:
        if self.is_asking(voters):
            name, line = next(iter(self._models.items()))
            self._problems.add(line, _("the voter"), name, rule_for(list(self._models)))

    def about_judges(self, voters: str) -> list[FileNote]:
        if voters != JUDGES:
            return []
        if not self._models:
            return [note(_ALL_JUDGE)]
        return [note(_JUDGE, n=len(self._models), names=", ".join(list(self._models)[:10]))]

    def n_contradictions(self) -> int:
        return sum(len(list(each.contradictions())) for each in (self._texts, self._pairs, self._outcomes))

    def name_contradictions(self, again: Iterable[BattleRow]) -> None:
        """Only hashes were kept, so the values are read again."""
        contradictions = [
            (each, what) for what, statements in self._statements().items() for each in statements.contradictions()
        ]
        contradictions = sorted(contradictions)[:MOST_LEFT_OUT]
        wanted = {at for each in contradictions for at in each[0]}
        rows = {at: row for at, row in enumerate(again) if at in wanted}
        for each, what in contradictions:
            row, earlier = rows[each.row], rows[each.earlier]
            value = row.prompt.key if what == "prompt" and row.prompt else row.own_id
            id_of, rule = _RULES[what]
            self._problems.add(row.line, str(id_of), value, rule % {"line": earlier.line}, is_row=True)

    def _statements(self) -> dict[str, Statements]:
        return {"prompt": self._texts, "battle": self._pairs, "vote": self._outcomes}

    def counts(self, voters: str) -> dict[str, int]:
        opinions = self._people_and_judges(voters)
        return {
            "battles": self._pairs.n_different() if self._has_own_ids else self._n_rows,
            "votes": opinions.pop("votes"),
            "competitors": len(self._competitors),
            "new_competitors": len(self._competitors) - len(self._known_competitors()),
            "prompts": n_different(self._asked),
            **opinions,
        }

    def _known_competitors(self) -> set[str]:
        here = Competitor.objects.filter(arena=self._arena, name__in=list(self._competitors)) if self._arena else None
        return set(here.values_list("name", flat=True)) if here is not None else set()

    def _people_and_judges(self, voters: str) -> dict[str, int]:
        """Counts of people's votes and of games of voters that are judges, as `voters_that_judge.judges_among` splits them."""
        n_votes, n_voters = self._n_votes - self._outcomes.n_repeated(), n_different(self._voters)
        if voters != JUDGES:
            return {"votes": n_votes, "voters": n_voters}
        if not self._models:
            n_games, n_judges = (n_votes if self._voters else 0), n_voters
        else:
            n_games = n_different(self._of_models) if self._has_own_ids else len(self._of_models)
            n_judges = len(self._models)
        return {"votes": n_votes - n_games, "voters": n_voters - n_judges, "games": n_games, "judges": n_judges}

    def notes(self) -> list[FileNote]:
        n_known, n_anew = (self._in_arena.n_known, self._in_arena.n_anew) if self._in_arena else (0, 0)
        n_repeated = self._outcomes.n_repeated()
        return what_is_so(
            [
                (self._n_set_aside, note(_SAID_SO if self._is_own else _SET_ASIDE, n=self._n_set_aside)),
                (n_repeated, note(_REPEATED, n=n_repeated)),
                (n_known, note(_KNOWN, n=n_known)),
                (n_anew, note(_ANEW, n=n_anew)),
                (self._n_votes and not self._voters, note(gettext_lazy("The file does not say who voted."))),
                (not self._asked, note(_NOTHING_ASKED)),
                (self._asked and not self._has_answers, note(_NO_ANSWERS)),
                (self._empty, note(_EMPTY, n=len(self._empty), lines=lazy_lines_of(self._empty))),
                (self._n_thought, about_thinking(self._n_thought)),
                *self._recognised.notes(),
            ]
        ) + about_new_competitors(self._competitors, self._known_competitors())


_JUDGE = ngettext_lazy(
    "%(n)s voter is a judge (%(names)s): what it says becomes games of a judge, and no votes.",
    "%(n)s voters are judges (%(names)s): what they say becomes games of judges, and no votes.",
    "n",
)
_ALL_JUDGE = gettext_lazy("All voters of the file are judges: what they say becomes games of judges, and no votes.")
_SET_ASIDE = ngettext_lazy(
    "%(n)s vote set aside, because the names were visible to the voter.",
    "%(n)s votes set aside, because the names were visible to the voter.",
    "n",
)
_SAID_SO = ngettext_lazy("%(n)s vote set aside, as the file says.", "%(n)s votes set aside, as the file says.", "n")
_REPEATED = ngettext_lazy(
    "%(n)s vote occurs more than once in the file and is read once.",
    "%(n)s votes occur more than once in the file and are read once each.",
    "n",
)
_KNOWN = ngettext_lazy(
    "%(n)s row names a battle that is here already: only what is new in it is added.",
    "%(n)s rows name battles that are here already: only what is new in them is added.",
    "n",
)
_ANEW = ngettext_lazy(
    "%(n)s row that is here only in an import that was set aside: it comes in anew and counts with this file, and that import "
    "can no longer be restored.",
    "%(n)s rows that are here only in imports that were set aside: they come in anew and count with this file, and those "
    "imports can no longer be restored.",
    "n",
)
_NOTHING_ASKED = gettext_lazy("The file does not say what was asked: each row is a battle without a prompt.")
_NO_ANSWERS = gettext_lazy(
    "The file gives no answers: a battle has those of the arena, now or later, where each of its two models has one to the "
    "prompt. Without them judges cannot be compared with people on it."
)
_EMPTY = ngettext_lazy(
    "%(n)s pair with an empty answer, in %(lines)s: what was said of it counts, and the answer is kept as failed; no voter is "
    "shown it, and no judge is asked.",
    "%(n)s pairs with an empty answer, in %(lines)s: what was said of them counts, and the answer is kept as failed; no voter "
    "is shown it, and no judge is asked.",
    "n",
)
_RULES = {
    "prompt": (
        gettext_lazy("the prompt's id"),
        gettext_lazy(
            "one id stands for one text, and line %(line)d says otherwise: where the texts are right, ignore the file's ids "
            "(at the command line --ignore-ids; over REST ignore_ids)"
        ),
    ),
    "battle": (
        gettext_lazy("the battle's id"),
        gettext_lazy("one id stands for one pair of models and one prompt, and line %(line)d says otherwise"),
    ),
    "vote": (
        gettext_lazy("the vote's id"),
        gettext_lazy("a voter has one vote on a battle, and line %(line)d says otherwise"),
    ),
}


class _InArena:
    """Compares rows with what the arena already has."""

    def __init__(self, format_name: str, arena: Arena) -> None:
        self._format, self._arena = format_name, arena
        self._has_battles = Battle.objects.filter(arena=arena).exclude(row_key=None).exists()
        self._ordinals, self._prompts, self._competitors = Ordinals(), PromptLookup(arena.pk), CompetitorLookup(arena)
        self._set_aside = SetAsideRows(arena.pk)
        self.n_known = self.n_anew = 0

    def compare(self, rows: Sequence[BattleRow], problems: Problems) -> None:
        texts = [row.prompt for row in rows if row.prompt is not None and row.prompt.key and row.prompt.turns]
        self._prompts.look_up(texts)
        for prompt in texts:
            if problem := self._prompts.contradiction(prompt):
                problems.add_row(prompt.line, problem)
        self._find_archived(rows, problems)
        if self._has_battles:
            self._compare_battles(rows, problems)

    def _find_archived(self, rows: Sequence[BattleRow], problems: Problems) -> None:
        known = self._prompts.look_up([row.prompt for row in rows if row.prompt is not None])
        asked = [known.get(self._prompts.identity(row.prompt)) if row.prompt else None for row in rows]
        everybody = {name for row in rows for name in (row.first, row.second)}
        archived = ArchivedParts(self._arena.pk, prompts={each.pk for each in asked if each}, competitors=everybody)
        for row, prompt in zip(rows, asked, strict=True):
            key, names = row.prompt.key if row.prompt else "", (row.first, row.second)
            brings = bool(row.prompt and row.prompt.turns)
            pk = prompt.pk if prompt else None
            if problem := archived.problem(prompt=pk, key=key, names=names, brings_prompt=brings):
                problems.add_row(row.line, problem)

    def _compare_battles(self, rows: Sequence[BattleRow], problems: Problems) -> None:
        keys = row_keys(self._format, rows, self._ordinals)
        known = known_battles(self._arena.pk, keys)
        dead = self._set_aside.among(known)
        self.n_anew += sum(key in dead for key in keys)
        known = {key: battle for key, battle in known.items() if key not in dead}
        if not known:
            return
        self._find_dead_votes(rows, keys, known, problems)
        names = self._competitors.known({name for row in rows for name in (row.first, row.second)})
        prompts = self._prompts.look_up([row.prompt for row in rows if row.prompt is not None])
        for row, key in zip(rows, keys, strict=True):
            if battle := known.get(key):
                self.n_known += 1
                asked = prompts.get(self._prompts.identity(row.prompt)) if row.prompt else None
                pair = {names.get(row.first), names.get(row.second)}, asked.pk if asked else None
                if pair != ({battle.competitor_a_id, battle.competitor_b_id}, battle.prompt_id):
                    problems.add_row(row.line, contradiction(row))

    def _find_dead_votes(
        self, rows: Sequence[BattleRow], keys: Sequence[bytes], known: Mapping[bytes, KnownBattle], problems: Problems
    ) -> None:
        """Find votes on battles in use that were set aside with the import that brought them."""
        dead = self._set_aside.votes_on(known.values())
        for row, key in zip(rows, keys, strict=True) if dead else ():
            for vote in row.votes if key in known else ():
                if source := dead.get((known[key].pk, vote.voter)):
                    problems.add_row(row.line, self._set_aside.refusal(vote.voter, source))
