"""Votes for the sample arena. They are simulated: no person cast them, and every page that shows them says so.

A response's quality is what its verifier says (1 if it passes, 0 if it fails, 1/2 where the prompt has none) plus half
its overlap with the reference. A voter sees the difference of two qualities through noise, steadier voters through less;
a difference too small to see is a tie, and two responses that both fail are often called bad.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from arena.sample.content import SamplePrompt, SampleResponse
from arena.texts.verifiers import passes

OVERLAP_WEIGHT = 0.5
TIE_MARGIN = 0.12
BOTH_BAD_RATE = 0.35
NOISE_RANGE = (0.25, 0.65)
VOTES_PER_BATTLE = (0.42, 0.38, 0.20)  # how often a battle gets one, two, three votes


@dataclass(frozen=True)
class SimulatedVote:
    prompt: str
    competitor_a: str
    competitor_b: str
    voter: str
    outcome: str
    shown_first: str
    dwell_ms: int


@dataclass(frozen=True)
class Quality:
    score: float
    is_failed: bool
    n_characters: int


type Battle = tuple[str, str, str]
type Qualities = dict[tuple[str, str], Quality]


def simulate_votes(
    prompts: Sequence[SamplePrompt],
    responses: Sequence[SampleResponse],
    *,
    n_voters: int,
    n_battles: int,
    rng: np.random.Generator,
) -> list[SimulatedVote]:
    """One to three votes on each of ``n_battles`` different battles, each by another voter; the same rng, the same votes."""
    qualities = _rate_responses(prompts, responses)
    voters = [f"sample-voter-{number:02d}" for number in range(1, n_voters + 1)]
    noises = rng.uniform(*NOISE_RANGE, n_voters)
    activity = rng.dirichlet(np.full(n_voters, 4.0))
    votes: list[SimulatedVote] = []
    for battle in _draw_battles(responses, n_battles, rng):
        n_votes = int(rng.choice([1, 2, 3], p=VOTES_PER_BATTLE))
        chosen = rng.choice(n_voters, size=min(n_votes, n_voters), replace=False, p=activity)
        votes.extend(_cast(battle, qualities, voters[index], float(noises[index]), rng) for index in chosen)
    return votes


def rate_response(prompt: SamplePrompt, response: SampleResponse) -> Quality:
    """A score between 0 and 1.5: the verifier's verdict and, mildly, the words shared with the reference."""
    is_passed = passes(prompt.verifier, response.text) if prompt.verifier is not None else None
    verdict = 0.5 if is_passed is None else float(is_passed)
    return Quality(
        score=verdict + OVERLAP_WEIGHT * _overlap(prompt.reference, response.text),
        is_failed=is_passed is False,
        n_characters=len(response.text),
    )


def _rate_responses(prompts: Sequence[SamplePrompt], responses: Sequence[SampleResponse]) -> Qualities:
    by_id = {prompt.id: prompt for prompt in prompts}
    return {(each.prompt, each.competitor): rate_response(by_id[each.prompt], each) for each in responses}


def _draw_battles(responses: Sequence[SampleResponse], n_battles: int, rng: np.random.Generator) -> list[Battle]:
    """Different (prompt, a, b), drawn uniformly from all that have both responses."""
    competitors: dict[str, list[str]] = {}
    for response in responses:
        competitors.setdefault(response.prompt, []).append(response.competitor)
    possible = [(prompt, a, b) for prompt, names in competitors.items() for a, b in combinations(names, 2)]
    if n_battles > len(possible):
        raise ValueError(f"{n_battles} battles asked for, but the responses allow only {len(possible)}")
    return [possible[index] for index in rng.choice(len(possible), size=n_battles, replace=False)]


def _cast(battle: Battle, qualities: Qualities, voter: str, noise: float, rng: np.random.Generator) -> SimulatedVote:
    prompt, name_a, name_b = battle
    a, b = qualities[prompt, name_a], qualities[prompt, name_b]
    return SimulatedVote(
        prompt=prompt,
        competitor_a=name_a,
        competitor_b=name_b,
        voter=voter,
        outcome=_judge(a, b, noise, rng),
        shown_first="a" if rng.random() < 0.5 else "b",
        dwell_ms=_dwell_ms(a.n_characters + b.n_characters, rng),
    )


def _judge(a: Quality, b: Quality, noise: float, rng: np.random.Generator) -> str:
    seen = a.score - b.score + rng.normal(0.0, noise)
    calls_bad = rng.random() < BOTH_BAD_RATE
    if a.is_failed and b.is_failed and calls_bad:
        return "both_bad"
    if abs(seen) < TIE_MARGIN:
        return "tie"
    return "a" if seen > 0 else "b"


def _dwell_ms(n_characters: int, rng: np.random.Generator) -> int:
    """Four seconds and a skimmed reading of both texts, log-normal around it."""
    return int((4_000 + 12 * n_characters) * rng.lognormal(0.0, 0.4))


def _overlap(reference: str, text: str) -> float:
    """F1 of the words that the two share, counted with repetitions; 0 without a reference."""
    wanted, counted = _count_words(reference), _count_words(text)
    n_shared = (wanted & counted).total()
    return 2 * n_shared / (wanted.total() + counted.total()) if n_shared else 0.0


def _count_words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))
