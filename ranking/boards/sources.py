"""Sources of a board's evidence, and how it is fitted: people's votes, judges' verdicts, or both side by side.

`read_source` reads what counted at a position and returns an object that holds the evidence and fits a board. A further kind
of evidence is one more class here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from arena.evidence.days import ALL_DAYS, Days
from arena.evidence.known import KnownEvidence
from arena.evidence.same_texts import NO_SAME_TEXTS, SameTexts, same_texts
from arena.evidence.turnout import Turnout
from arena.evidence.vote_tally import Evidence, Ints, evidence_at, read_evidence
from arena.fit_memory import refuse_too_large
from ranking import maths
from ranking.boards.combined_fits import fit_combined
from ranking.boards.exports.comparison_file import Combination, Material
from ranking.boards.fitting import FittedBoard, RatingRow, fit_board
from ranking.boards.methods import METHODS, Definition
from ranking.comparisons.judge_comparisons import JudgedEvidence, judge_names, judged_evidence
from ranking.comparisons.judge_selection import SelectionRules, voters_left_out
from ranking.comparisons.people_and_judges import NARROW, CombinedEvidence, combined_evidence
from ranking.comparisons.style import styled_comparisons, with_style
from ranking.filters import Filters
from ranking.maths.data.tally import Tally
from ranking.maths.notes import Note, code_of, noted, parameters_of
from ranking.models import Leaderboard
from ranking.note_sentences import subject_of
from ranking.note_texts.of_boards import TEXTS
from ranking.note_texts.words import in_words

type Names = dict[int, str]


class BoardEvidence(Protocol):
    """The interface of evidence for boards."""

    @property
    def watermark(self) -> int: ...
    @property
    def turnout(self) -> Turnout: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def n_set_aside(self) -> int: ...
    @property
    def without(self) -> tuple[int, ...]:
        """Competitors that no board rates."""

    @property
    def same(self) -> SameTexts:
        """Which of its prompts share a text."""

    @property
    def n_votes(self) -> int:
        """The counts that a snapshot shows."""

    @property
    def prompts(self) -> Ints:
        """Of what it counts, each once; -1 among them where one is not known."""

    @property
    def n_prompts_fitted(self) -> int:
        """The number of competitors in a fit's tables."""

    @property
    def n_rows(self) -> int:
        """How many rows it holds beside counts of votes."""

    @property
    def competitors(self) -> Ints:
        """Competitors with a comparison, each once."""

    def digest(self) -> str:
        """The same for the same evidence, whenever it is read."""

    def fixed(self) -> dict[str, object]:
        """The parameters that a snapshot needs to be reproduced, besides its board's definition."""


class Source(Protocol):
    """Evidence, and how a board is made of it."""

    @property
    def evidence(self) -> BoardEvidence: ...

    def fitted(self, names: Names, definition: Definition) -> FittedBoard: ...

    def material(self, names: Names, definition: Definition) -> Material:
        """The material for the method."""


def read_source(
    arena_id: int,
    position: int,
    parameters: Mapping[str, Any],
    prompts: Ints | None,
    *,
    from_rows: bool = False,
    only: KnownEvidence | None = None,
) -> Source:
    """By the parameters of a board or of a snapshot; `from_rows`: votes are counted anew, whatever counts are kept; `only`: a
    part of the evidence."""
    without = tuple(parameters.get("without", ()))
    same = same_texts(arena_id, position) if parameters.get("one_text") else NO_SAME_TEXTS
    if parameters.get("verdicts") == NARROW:
        rules, lots_to = SelectionRules.of(parameters, only=only), parameters.get("lots_to")
        is_older = lots_to is not None and "lots_on" not in parameters
        combined = combined_evidence(
            arena_id, position, rules, prompts=prompts, without=without, lots_to=lots_to, every_lot=is_older
        )  # fmt: skip
        return CombinedSource(replace(combined, same=same))
    if parameters.get("sources", "people") != Leaderboard.Sources.PEOPLE:
        rules = SelectionRules.of(parameters, only=only)
        judged = judged_evidence(arena_id, position, rules, prompts=prompts, without=without)
        return JudgesSource(replace(judged, same=same), arena_id)
    filters = Filters.of_board("", "", parameters.get("filters", ""))
    out = voters_left_out(arena_id, with_external=parameters.get("external", True), groups=filters.voters)
    days = Days(filters.since, filters.until)
    if out or days or from_rows or only is not None:  # kept counts are of all votes
        evidence = read_evidence(arena_id, position, leaving_out=out, days=days, only=only)
    else:
        evidence = evidence_at(arena_id, position)
    evidence = replace(evidence.leaving(without), same=same)
    on = evidence if prompts is None else evidence.on_prompts(prompts)
    return PeopleSource(arena_id, on, is_sliced=prompts is not None, leaving_out=out, days=days, only=only)


@dataclass(frozen=True, slots=True)
class PeopleSource:
    """Votes, by their counts; one by one only for methods that look at how answers are written."""

    arena_id: int
    evidence: Evidence
    is_sliced: bool
    leaving_out: tuple[int, ...] = ()  # voters whose votes do not count
    days: Days = ALL_DAYS
    only: KnownEvidence | None = None  # what part of the votes; None: all

    def fitted(self, names: Names, definition: Definition) -> FittedBoard:
        comparisons, notes = self._read(names, definition)
        fitted = fit_board(comparisons, definition, list(names), refuse=refuse_too_large)
        return self._without_votes(replace(fitted, notes=[*notes, *fitted.notes]))

    def material(self, names: Names, definition: Definition) -> Material:
        return self._read(names, definition)[0]

    def _read(self, names: Names, definition: Definition) -> tuple[maths.Comparisons, list[str]]:
        evidence = self.evidence
        if not METHODS[definition.method].reads_style:
            return evidence.comparisons(names), []
        return styled_comparisons(
            self.arena_id, evidence.watermark, names, covariates=definition.covariates,
            prompts=evidence.prompts if self.is_sliced else None, without=evidence.without, same=evidence.same,
            leaving_out=self.leaving_out, days=self.days, only=self.only,
        )  # fmt: skip

    def _without_votes(self, fitted: FittedBoard) -> FittedBoard:
        """The reason for a model without votes: if all are set aside, it would be wrong to say that there are none."""
        if self.evidence.n_votes or not self.evidence.n_set_aside:
            return fitted
        rows = [replace(row, unrated_because=noted("set_aside", TEXTS)) for row in fitted.rows]
        return replace(fitted, rows=rows)


@dataclass(frozen=True, slots=True)
class JudgesSource:
    """Verdicts, or verdicts and votes that count alike."""

    evidence: JudgedEvidence
    arena_id: int

    def fitted(self, names: Names, definition: Definition) -> FittedBoard:
        evidence, named = self.evidence, replace(definition, judge_names=judge_names())
        comparisons, on_style = self._read(names, definition)
        fitted = fit_board(comparisons, named, list(names), refuse=refuse_too_large)
        rows = [self._with_reason(row) for row in fitted.rows]
        pooled = [noted("combined.pooled", TEXTS)] if evidence.rules.with_people else []
        counted = "votes_and_verdicts" if evidence.rules.with_people else "verdicts"
        notes = [_counting(note, counted) for note in fitted.notes]
        return replace(fitted, rows=rows, notes=[*pooled, *on_style, *evidence.remarks, *notes])

    def material(self, names: Names, definition: Definition) -> Material:
        return self._read(names, definition)[0]

    def _read(self, names: Names, definition: Definition) -> tuple[maths.Comparisons, list[str]]:
        evidence = self.evidence
        comparisons = evidence.comparisons(names)
        if not METHODS[definition.method].reads_style:
            return comparisons, []
        return with_style(self.arena_id, evidence.watermark, evidence.rows, comparisons, covariates=definition.covariates)

    def _with_reason(self, row: RatingRow) -> RatingRow:
        """A model that judges saw is not "without votes": its verdicts do not count, for a reason."""
        nobody = noted("no_votes_no_verdicts" if self.evidence.rules.with_people else "not_judged", TEXTS)
        why = self.evidence.why_none.get(row.competitor_id, nobody)
        return row if row.n_votes else replace(row, unrated_because=why)


def _counting(note: str, counted: str) -> str:
    """A note of the library, which calls all comparisons votes, with the word for what this board counts."""
    earlier = parameters_of(note) or {}
    votes = earlier.get("votes")
    if not isinstance(votes, Mapping) or votes.get("code") != "votes":
        return note
    number = {"n": round(votes["parameters"]["n"])}
    parameters = {**earlier, "votes": {"code": counted, "parameters": number}}
    return Note(in_words(TEXTS, code_of(note), parameters), code_of(note), parameters)


@dataclass(frozen=True, slots=True)
class CombinedSource:
    """Votes are the truth, and verdicts narrow their intervals."""

    evidence: CombinedEvidence

    def fitted(self, names: Names, definition: Definition) -> FittedBoard:
        evidence = self.evidence
        fitted = fit_combined(*evidence.by_text(), names, definition, n_verdicts=evidence.n_verdicts, refuse=refuse_too_large)
        return replace(fitted, notes=[*fitted.notes, *self._remarks(fitted)])

    def material(self, names: Names, definition: Definition) -> Material:
        return Combination(*self.evidence.by_text()).numbered(names)

    def _remarks(self, fitted: FittedBoard) -> Sequence[str]:
        """Remarks on verdicts; if these add nothing, only on the judges left out, which may be the cause."""
        adds_nothing = any(code_of(note) == "votes_alone" for note in fitted.notes)
        remarks = self.evidence.remarks
        return [note for note in remarks if subject_of(note.code) == "judge"] if adds_nothing else remarks
