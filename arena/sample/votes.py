"""Votes for the sample arena. They are simulated: no person cast them, and every page that shows them says so.

Each competitor has a true strength in each category (`competitors.json`), and each of its answers a quality of its own around
it. A voter sees the difference of two qualities, a little in favour of the answer shown first and through logistic noise: the
model of Bradley and Terry, with the thresholds for ties of Rao and Kupper (1967). Two poor answers are often called bad.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from arena.sample.content import SampleArena, SampleResponse

ANSWER_SPREAD = 0.5  # standard deviation of an answer's quality around the strength, in log-odds
TIE_THRESHOLD = 0.3  # log-odds
POSITION_BIAS = (0.0, 0.4)  # log-odds for the answer shown first; each voter has one of these
POOR = -1.2  # log-odds
BOTH_BAD_RATE = 0.6
VOTES_PER_BATTLE = (0.6, 0.3, 0.1)  # how often a battle gets one, two, three votes


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
    """How good an answer is, in log-odds, and how long."""

    value: float
    n_characters: int


type Battle = tuple[str, str, str]
type Qualities = dict[tuple[str, str], Quality]


def simulate_votes(sample: SampleArena, *, n_voters: int, n_battles: int, rng: np.random.Generator) -> list[SimulatedVote]:
    """One to three votes on each of ``n_battles`` different battles, each by another voter; the same rng, the same votes."""
    qualities = _draw_qualities(sample, rng)
    voters = [f"sample-voter-{number:02d}" for number in range(1, n_voters + 1)]
    biases = rng.uniform(*POSITION_BIAS, n_voters)
    activity = rng.dirichlet(np.full(n_voters, 4.0))
    votes: list[SimulatedVote] = []
    for battle in _draw_battles(sample.responses, n_battles, rng):
        n_votes = int(rng.choice([1, 2, 3], p=VOTES_PER_BATTLE))
        chosen = rng.choice(n_voters, size=min(n_votes, n_voters), replace=False, p=activity)
        votes.extend(_cast(battle, qualities, voters[index], float(biases[index]), rng) for index in chosen)
    return votes


def strength_of(sample: SampleArena) -> dict[tuple[str, str], float]:
    """The true strength behind each answer, by prompt and competitor."""
    categories = {prompt.id: prompt.category for prompt in sample.prompts}
    strengths = {competitor.name: competitor.strengths for competitor in sample.competitors}
    return {(each.prompt, each.competitor): strengths[each.competitor][categories[each.prompt]] for each in sample.responses}


def _draw_qualities(sample: SampleArena, rng: np.random.Generator) -> Qualities:
    strengths = strength_of(sample)
    noise = rng.normal(0.0, ANSWER_SPREAD, len(sample.responses))
    return {
        key: Quality(strengths[key] + float(shift), len(response.text))
        for response, shift in zip(sample.responses, noise, strict=True)
        for key in [(response.prompt, response.competitor)]
    }


def _draw_battles(responses: Sequence[SampleResponse], n_battles: int, rng: np.random.Generator) -> list[Battle]:
    """Different (prompt, a, b), drawn uniformly from all that have both responses."""
    competitors: dict[str, list[str]] = {}
    for response in responses:
        competitors.setdefault(response.prompt, []).append(response.competitor)
    possible = [(prompt, a, b) for prompt, names in competitors.items() for a, b in combinations(names, 2)]
    if n_battles > len(possible):
        raise ValueError(f"{n_battles} battles asked for, but the responses allow only {len(possible)}")
    return [possible[index] for index in rng.choice(len(possible), size=n_battles, replace=False)]


def _cast(battle: Battle, qualities: Qualities, voter: str, bias: float, rng: np.random.Generator) -> SimulatedVote:
    prompt, name_a, name_b = battle
    a, b = qualities[prompt, name_a], qualities[prompt, name_b]
    is_a_first = bool(rng.random() < 0.5)
    seen = a.value - b.value + (bias if is_a_first else -bias) + float(rng.logistic())
    is_called_bad = bool(rng.random() < BOTH_BAD_RATE) and max(a.value, b.value) < POOR
    return SimulatedVote(
        prompt=prompt,
        competitor_a=name_a,
        competitor_b=name_b,
        voter=voter,
        outcome="both_bad" if is_called_bad else _outcome(seen),
        shown_first="a" if is_a_first else "b",
        dwell_ms=_dwell_ms(a.n_characters + b.n_characters, rng),
    )


def _outcome(seen: float) -> str:
    if abs(seen) < TIE_THRESHOLD:
        return "tie"
    return "a" if seen > 0 else "b"


def _dwell_ms(n_characters: int, rng: np.random.Generator) -> int:
    """Four seconds and a skimmed reading of both texts, log-normal around it."""
    return int((4_000 + 12 * n_characters) * rng.lognormal(0.0, 0.4))
