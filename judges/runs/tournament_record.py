"""What a tournament came to: titles and wins by model, matches that lots decided, and a bracket for each prompt.

Everything is told by the run's own plan; games that are played again, or set aside, change no bracket.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from arena.models import Competitor, Prompt, Run
from judges.models import Judge
from judges.runs.battle_selection import Meeting, known_battles
from judges.runs.bracket_pictures import BracketRow, rows_of
from judges.runs.brackets import BracketMatch, Brackets
from judges.runs.tournaments import replayed


@dataclass(frozen=True, slots=True)
class TournamentRow:
    """One model in all brackets."""

    competitor: Competitor
    n_prompts: int
    n_titles: int
    n_matches: int
    n_wins: int
    n_by_lot: int  # of the wins


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round of all brackets; matches of a round to come are not drawn up yet, so it is not here."""

    number: int
    n_matches: int
    n_by_lot: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class BracketLine:
    """A match in the table under a bracket; no winner while it is being judged."""

    round: int
    a: Competitor | None
    b: Competitor | None
    winner: Competitor | None
    is_by_lot: bool
    battle: int | None


@dataclass(frozen=True, slots=True)
class PromptBracket:
    """The bracket of one prompt: its picture, the matches in it, and who won it."""

    prompt: Prompt | None
    champion: Competitor | None
    rows: Sequence[BracketRow]
    lines: Sequence[BracketLine]
    width: int


@dataclass
class TournamentRecord:
    """A tournament as far as it has come."""

    run: Run
    brackets: Brackets
    judges: Sequence[Judge]
    matches: Mapping[int, list[BracketMatch]] = field(default_factory=dict)  # by prompt

    @classmethod
    def of(cls, run: Run) -> "TournamentRecord":
        brackets, judges = replayed(run)
        matches: dict[int, list[BracketMatch]] = defaultdict(list)
        for match in brackets.played:
            matches[match.meeting[0]].append(match)
        return cls(run, brackets, judges, matches)

    @property
    def is_over(self) -> bool:
        return not self.brackets.meetings

    @cached_property
    def entrants(self) -> dict[int, list[int]]:
        """By prompt: ids of the competitors."""
        written = self.run.plan["tournament"]["entrants"]
        return {int(prompt): sorted(map(int, answers)) for prompt, answers in written.items()}

    @cached_property
    def competitors(self) -> dict[int, Competitor]:
        return Competitor.objects.in_bulk({pk for pks in self.entrants.values() for pk in pks})

    @property
    def n_played(self) -> int:
        return len(self.brackets.played)

    @property
    def n_by_lot(self) -> int:
        return sum(match.is_by_lot for match in self.brackets.played)

    @cached_property
    def champions(self) -> dict[int, int]:
        """By prompt, where its bracket is over: the id of the competitor that won all its matches."""
        over = {prompt: matches for prompt, matches in self.matches.items() if len(matches) == len(self.entrants[prompt]) - 1}
        return {prompt: matches[-1].winner for prompt, matches in over.items()}

    def rows(self) -> list[TournamentRow]:
        """Models by titles, then by wins."""
        n_prompts = Counter(pk for pks in self.entrants.values() for pk in pks)
        n_titles, wins = Counter(self.champions.values()), Counter(match.winner for match in self.brackets.played)
        losses = Counter(match.loser for match in self.brackets.played)
        lots = Counter(match.winner for match in self.brackets.played if match.is_by_lot)
        rows = [
            TournamentRow(competitor, n_prompts[pk], n_titles[pk], wins[pk] + losses[pk], wins[pk], lots[pk])
            for pk, competitor in self.competitors.items()
        ]
        return sorted(rows, key=lambda row: (-row.n_titles, -row.n_wins, row.n_matches, row.competitor.name))

    def rounds(self) -> list[RoundRecord]:
        """Those that are over, and the one that is played now."""
        n_matches = Counter(match.round for match in self.brackets.played)
        n_by_lot = Counter(match.round for match in self.brackets.played if match.is_by_lot)
        over = [RoundRecord(number, n, n_by_lot[number], is_over=True) for number, n in sorted(n_matches.items())]
        now = [RoundRecord(self.brackets.round, len(self.brackets.meetings), 0, is_over=False)] if not self.is_over else []
        return over + now

    def brackets_of(self, prompts: Sequence[int]) -> list[PromptBracket]:
        """The brackets of some prompts, with links to their battles."""
        wanted = set(prompts)
        open_ones: dict[int, list[Meeting]] = defaultdict(list)
        for meeting in self.brackets.meetings:
            if meeting[0] in wanted:
                open_ones[meeting[0]].append(meeting)
        all_meetings = [match.meeting for prompt in prompts for match in self.matches.get(prompt, ())]
        battles = known_battles([*all_meetings, *(each for some in open_ones.values() for each in some)])
        stored = Prompt.objects.in_bulk(prompts)
        return [self._bracket(pk, stored.get(pk), open_ones[pk], battles) for pk in prompts]

    def _bracket(
        self, pk: int, prompt: Prompt | None, meetings: Iterable[Meeting], battles: Mapping[tuple[int, ...], int]
    ) -> PromptBracket:
        played, known = self.matches.get(pk, []), self.competitors
        lines = [
            BracketLine(
                match.round, known.get(match.meeting[1]), known.get(match.meeting[2]), known.get(match.winner),
                match.is_by_lot, battles.get(match.meeting[3:]),
            )
            for match in played
        ]  # fmt: skip
        lines += [
            BracketLine(self.brackets.round, known.get(a), known.get(b), None, False, battles.get((answer_a, answer_b)))
            for _, a, b, answer_a, answer_b in meetings
        ]
        n_rounds = (len(self.entrants[pk]) - 1).bit_length()
        rows, width = rows_of(self.entrants[pk], played, n_rounds, known)
        champion = known.get(self.champions[pk]) if pk in self.champions else None
        return PromptBracket(prompt, champion, rows, lines, width)
