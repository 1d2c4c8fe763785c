"""Tournaments that judges play: knock-out brackets on many prompts, a round of all of them at a time.

The games of a battle decide who advances; if they decide nothing, a lot does. Boards count the games, never the lots.
The same entrants, seed and results give the same brackets: a tournament can be played again up to any round.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from random import Random
from typing import TYPE_CHECKING

from arena.models import Arena
from judges.models import Game, Judge
from judges.runs.battle_selection import ROWS_A_STATEMENT, Meeting, answers_of
from judges.runs.scope import EVERYTHING, Scope
from judges.verdicts.panels import JurorVote, juror_vote, strict_majority
from judges.verdicts.verdict import graded_verdict

if TYPE_CHECKING:
    from numpy.random import Generator

    from ranking.maths.tournaments.formats import TieRule
    from ranking.maths.tournaments.matches import Match, Rounds

type Entrants = Mapping[int, Mapping[int, int]]
"""By prompt, then by competitor: the answer."""

UNDECIDED = "-"


@dataclass(frozen=True, slots=True)
class BracketMatch:
    """A match that is over, with its meeting in the order of the battle's sides; the winner is a competitor's id."""

    round: int
    meeting: Meeting
    winner: int
    is_by_lot: bool

    @property
    def loser(self) -> int:
        _, a, b, *_ = self.meeting
        return b if self.winner == a else a


def entrants_of(arena: Arena, scope: Scope = EVERYTHING, *, most: int | None = None, seed: int = 1) -> Entrants:
    """Prompts with two answers or more, all or a random part of them."""
    entrants = {prompt: answers for prompt, answers in answers_of(arena, scope).items() if len(answers) > 1}
    prompts = sorted(entrants)
    if most is not None and most < len(prompts):
        prompts = sorted(Random(seed).sample(prompts, most))  # noqa: S311  # a sample, no secret  # nosec B311
    return {prompt: entrants[prompt] for prompt in prompts}


class Brackets:
    """Every prompt has its own bracket, in a random order."""

    def __init__(self, entrants: Entrants, *, seed: int, results: Sequence[str] = ()) -> None:
        """`results`: of every round that is over, a letter a match, as `advance` takes them."""
        # They bring the fitting library with them, which no page that merely offers a tournament waits for.
        from numpy.random import default_rng

        from ranking.maths.tournaments.formats import single_elimination

        self._entrants = entrants
        self._rounds: dict[int, Rounds] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._lots: dict[tuple[int, str, str], str] = {}  # by prompt and match: the side that a lot sent on
        self.played: list[BracketMatch] = []
        for place, (prompt, answers) in enumerate(sorted(entrants.items())):
            rng = default_rng([seed, place])
            names = [str(pk) for pk in sorted(answers)]
            self._rounds[prompt] = single_elimination(names, rng=rng, break_tie=self._lot(prompt, rng))
            self._matches[prompt] = next(self._rounds[prompt])
        self.n_prompts = len(entrants)
        self.n_matches = sum(len(answers) - 1 for answers in entrants.values())
        self.n_rounds = max(((len(answers) - 1).bit_length() for answers in entrants.values()), default=0)
        self.round, self.n_later = 1, self.n_matches - len(self.meetings)
        for results_of_round in results:
            self.advance(results_of_round)

    @property
    def meetings(self) -> list[Meeting]:
        """The pairings of the present round; none if every bracket is over."""
        return [self._meeting(prompt, match) for prompt, matches in self._matches.items() for match in matches]

    def advance(self, results: str) -> None:
        """Take what the round's meetings came to, "a" or "b" or undecided, and go on to the next round."""
        places = [(prompt, match) for prompt, matches in self._matches.items() for match in matches]
        results_by_prompt: dict[int, list[str]] = defaultdict(list)
        decided = list(zip(places, results, strict=True))
        for (prompt, match), result in decided:
            results_by_prompt[prompt].append(_for_match(match, result))
        for prompt, results_of_prompt in results_by_prompt.items():
            try:
                self._matches[prompt] = self._rounds[prompt].send(tuple(results_of_prompt))
            except StopIteration:
                del self._matches[prompt]
        self.played += [self._played(prompt, match, _for_match(match, result)) for (prompt, match), result in decided]
        self.round, self.n_later = self.round + 1, self.n_later - len(self.meetings)

    def _lot(self, prompt: int, rng: "Generator") -> "TieRule":
        """A coin, whose calls are kept."""
        from ranking.maths.tournaments.formats import coin_flip

        toss = coin_flip(rng)

        def tossed(match: "Match", n_ties: int) -> str:
            self._lots[prompt, match.a, match.b] = side = toss(match, n_ties)
            return side

        return tossed

    def _played(self, prompt: int, match: "Match", result: str) -> BracketMatch:
        is_by_lot = result == "tie"
        side = self._lots[prompt, match.a, match.b] if is_by_lot else result
        winner = int(match.a if side == "a" else match.b)
        return BracketMatch(self.round, self._meeting(prompt, match), winner, is_by_lot)

    def _meeting(self, prompt: int, match: "Match") -> Meeting:
        a, b = sorted((int(match.a), int(match.b)))
        answers = self._entrants[prompt]
        return prompt, a, b, answers[a], answers[b]


def _for_match(match: "Match", result: str) -> str:
    """A match's sides need not be the battle's; no decision is a draw, which a lot decides."""
    if result == UNDECIDED:
        return "tie"
    return result if int(match.a) < int(match.b) else {"a": "b", "b": "a"}[result]


def results_of(battles: Sequence[int], judges: Sequence[Judge]) -> str:
    """A letter a battle: one judge's consistent outcome, or that of more than half of several judges."""
    played: dict[int, dict[int, list[Game]]] = defaultdict(lambda: defaultdict(list))
    for chunk in batched(battles, ROWS_A_STATEMENT):
        for game in Game.objects.counted().filter(battle__in=chunk, judge__in=judges):
            played[game.battle_id][game.judge_id].append(game)
    outcomes = (_outcome(played[battle], judges) for battle in battles)
    return "".join(outcome if outcome in ("a", "b") else UNDECIDED for outcome in outcomes)


def _outcome(played: Mapping[int, Sequence[Game]], judges: Sequence[Judge]) -> str | None:
    votes = [_vote(judge, played.get(judge.pk, ())) for judge in judges]
    return votes[0].outcome if len(votes) == 1 else strict_majority(votes).outcome


def _vote(judge: Judge, games: Sequence[Game]) -> JurorVote:
    """The outcome of both orders; for answers that were graded one by one, the outcome by the margin of the card."""
    margin = judge.margin
    graded = graded_verdict([(game.order, game.score_first) for game in games if not game.winner], margin=margin)
    if graded is not None:
        return JurorVote(str(judge.pk), graded.by_side("ab"))
    return juror_vote(str(judge.pk), [game.played for game in games if game.winner])
