"""Tournaments that judges play: knock-out brackets on many prompts, a round of all of them at a time.

What the games of a battle come to says who goes on; where that is nothing, a lot does. Boards count the games, never the lots.
"""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

import numpy as np

from arena.models import Arena, Competitor
from judges.combining import PlayedGame
from judges.models import Game, Judge
from judges.pairings import answers_of, battles_of
from judges.panels import juror_vote, strict_majority
from judges.verdicts import Verdict
from ranking.maths.matches import Match, Rounds
from ranking.maths.tournaments import coin_flip, single_elimination


class Brackets:
    """Every prompt has its own bracket, in a random order; prompts with fewer than two answers have none."""

    def __init__(self, arena: Arena, *, most: int | None = None, seed: int = 1) -> None:
        self.arena = arena
        self._answers = {prompt: answers for prompt, answers in answers_of(arena).items() if len(answers) > 1}
        prompts = sorted(self._answers)
        if most is not None and most < len(prompts):
            prompts = sorted(Random(seed).sample(prompts, most))  # noqa: S311  # a sample, no secret  # nosec B311
        self._ids = dict(Competitor.objects.filter(arena=arena).values_list("name", "pk"))
        names = {pk: name for name, pk in self._ids.items()}
        self._rounds: dict[int, Rounds] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        for prompt in prompts:
            rng = np.random.default_rng([seed, prompts.index(prompt)])
            self._rounds[prompt] = single_elimination(
                [names[pk] for pk in sorted(self._answers[prompt])], rng=rng, break_tie=coin_flip(rng)
            )
            self._matches[prompt] = next(self._rounds[prompt])
        self.n_prompts = len(prompts)
        self.n_matches = sum(len(self._answers[prompt]) - 1 for prompt in prompts)

    def next_battles(self) -> list[int]:
        """The battles of the round that is to be played now; none where every bracket is over."""
        meetings = [self._meeting(prompt, match) for prompt, matches in self._matches.items() for match in matches]
        return battles_of(self.arena, meetings)

    def advance(self, judges: Sequence[Judge]) -> None:
        """Take what the judges' games on these battles came to, and go on to the next round."""
        places = [(prompt, match) for prompt, matches in self._matches.items() for match in matches]
        outcomes = outcomes_of(self.next_battles(), judges)
        results: dict[int, list[str]] = defaultdict(list)
        for (prompt, match), outcome in zip(places, outcomes, strict=True):
            results[prompt].append(self._result(match, outcome))
        for prompt, said in results.items():
            try:
                self._matches[prompt] = self._rounds[prompt].send(tuple(said))
            except StopIteration:
                del self._matches[prompt]

    def _meeting(self, prompt: int, match: Match) -> tuple[int, int, int, int, int]:
        a, b = sorted((self._ids[match.a], self._ids[match.b]))
        return prompt, a, b, self._answers[prompt][a], self._answers[prompt][b]

    def _result(self, match: Match, outcome: str | None) -> str:
        """For the match, whose sides need not be the battle's; no decision is a draw, which a lot decides."""
        if outcome not in ("a", "b"):
            return "tie"
        in_order = self._ids[match.a] < self._ids[match.b]
        return outcome if in_order else {"a": "b", "b": "a"}[outcome]


def outcomes_of(battles: Sequence[int], judges: Sequence[Judge]) -> list[str | None]:
    """Of each battle: one judge's consistent word, or what more than half of several say."""
    played: dict[int, dict[str, list[PlayedGame]]] = defaultdict(lambda: defaultdict(list))
    games = Game.objects.counted().filter(battle__in=battles, judge__in=judges).exclude(winner="").select_related("judge")
    for game in games:
        verdict = Verdict(game.winner, game.strength or 1)  # type: ignore[arg-type]  # a constraint says so
        played[game.battle_id][str(game.judge_id)].append(PlayedGame(game.order, game.repeat, verdict))  # type: ignore[arg-type]
    return [_outcome(played[battle], judges) for battle in battles]


def _outcome(played: dict[str, list[PlayedGame]], judges: Sequence[Judge]) -> str | None:
    votes = [juror_vote(str(judge.pk), played[str(judge.pk)]) for judge in judges]
    return votes[0].outcome if len(votes) == 1 else strict_majority(votes).outcome
