"""Do the intervals of boards of people and judges hold? Prints its tables. Run: ``pytest -m bench``.

Six models, 200 prompts, 2,000 judged battles of which 12 % have a vote, a judge who likes one model by 0.8 log-odds. The same
functions as for a board, from columns of votes and opinions to its lines.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit

from ranking.boards.combined_fits import fit_combined
from ranking.boards.fitting import fit_board
from ranking.boards.methods import Definition
from ranking.comparisons.votes_and_opinions import Opinions, Votes
from ranking.maths import Comparisons
from ranking.maths.models.bradley_terry import maximise
from ranking.maths.uncertainty.elo_points import ELO_CENTRE, ELO_PER_LOGIT

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

M, N_PROMPTS, N_ROWS, VOTED, LIKED, N_RUNS = 6, 200, 2_000, 0.12, 0.8, 500
FAVOURITE = 3
NAMES = {pk: f"m{pk}" for pk in range(1, M + 1)}
STRENGTH = np.linspace(0.8, -0.8, M)
TASTE = 0.5  # sd of what a prompt does to each model
AGREE = 0.7  # share of battles on which the judge sees what people see; on the others it draws for itself


@dataclass(frozen=True)
class Design:
    """Two kinds of prompts, half and half: models' strengths, how often a vote comes, how often the judge says nothing."""

    strengths: tuple[np.ndarray, np.ndarray]
    chance: tuple[float, float] = (VOTED, VOTED)
    silent: tuple[float, float] = (0.0, 0.0)
    by_lot: bool = False


OTHER = STRENGTH[[1, 0, 3, 2, 5, 4]] * 0.7
DESIGNS = {
    "votes at random": Design((STRENGTH, STRENGTH)),
    "silent on 75 % of the hard prompts": Design((STRENGTH, 0.3 * OTHER), silent=(0.0, 0.75)),
    "votes 7:1 from one topic, chances known": Design((STRENGTH, OTHER), chance=(0.21, 0.03), by_lot=True),
}


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def truth_of(design: Design) -> np.ndarray:
    """Ratings that endless votes on all battles would give: the chances of each pair, over prompts, fitted once."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    won = np.zeros((M, M))
    for strength in design.strengths:
        gaps = (strength[:, None] - strength)[..., None] + np.sqrt(2) * TASTE * nodes
        won += 0.5 * (expit(gaps) @ weights)
    np.fill_diagonal(won, 0.0)
    return maximise(won, max_steps=100, tolerance=1e-12).ratings


def simulated(design: Design, rng: np.random.Generator) -> tuple[Votes, Opinions]:
    prompt = np.repeat(np.arange(N_PROMPTS), N_ROWS // N_PROMPTS)
    kind = rng.integers(2, size=N_PROMPTS)[prompt]
    pairs = np.array(np.triu_indices(M, 1)).T[rng.integers(M * (M - 1) // 2, size=N_ROWS)]
    tastes = np.array(design.strengths)[kind] + TASTE * rng.standard_normal((N_PROMPTS, M))[prompt]
    rows, (a, b) = np.arange(N_ROWS), pairs.T
    gap = tastes[rows, a] - tastes[rows, b]
    seen, own = rng.random((2, N_ROWS))
    people = np.where(seen < expit(gap), 0, 1)
    judged_by = np.where(rng.random(N_ROWS) < AGREE, seen, own)
    liking = LIKED * ((a == FAVOURITE).astype(float) - (b == FAVOURITE))
    points = (judged_by < expit(gap + liking)).astype(float)
    points[rng.random(N_ROWS) < np.array(design.silent)[kind]] = 0.5
    chance = np.array(design.chance)[kind]
    lot = rng.random(N_ROWS)
    drawn = lot < chance
    unknown = np.full(N_ROWS, np.nan)
    votes = Votes(
        rows[drawn], prompt[drawn], a[drawn] + 1, b[drawn] + 1, people[drawn],
        np.full(drawn.sum(), design.by_lot), np.zeros(drawn.sum(), dtype=bool),
    )  # fmt: skip
    opinions = Opinions(rows, prompt, a + 1, b + 1, points, *((chance, lot / chance) if design.by_lot else (unknown, unknown)))
    return votes, opinions


def pooled(votes: Votes, opinions: Opinions) -> Comparisons:
    """Every verdict a vote: what such boards were until now."""
    columns = {name: np.concatenate([getattr(votes, name), getattr(opinions, name)]) for name in ("prompt", "a", "b")}
    said = np.select([opinions.points == 1, opinions.points == 0], [0, 1], 2)
    said_something = np.concatenate([np.ones(len(votes.a)), opinions.points != 0.5])
    return Comparisons(
        names=tuple(NAMES.values()), a=columns["a"] - 1, b=columns["b"] - 1, prompt=columns["prompt"],
        outcome=np.concatenate([votes.outcome, said]),
    ).reweighted(said_something)  # fmt: skip


@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_of_a_combined_board_hold(name, show):
    design, rng = DESIGNS[name], np.random.default_rng(20_261_129)
    truth = ELO_CENTRE + ELO_PER_LOGIT * truth_of(design)
    hits: dict[str, list[list[bool]]] = {"combined": [], "people": [], "pooled": []}
    widths: dict[str, list[list[float]]] = {"combined": [], "people": []}
    trust = []
    for _ in range(N_RUNS):
        votes, opinions = simulated(design, rng)
        board = fit_combined(votes, opinions, NAMES, Definition("prediction_powered"), n_verdicts=len(opinions.a))
        rows = board.rows
        assert all(row.trust is not None for row in rows), board.notes
        hits["combined"].append([row.low <= true <= row.high for row, true in zip(rows, truth, strict=True)])
        widths["combined"].append([(row.high - row.low) / 2 for row in rows])
        widths["people"].append([row.people_half_width for row in rows])
        trust.append([row.trust for row in rows])
        others = fit_board(pooled(votes, opinions), Definition("bradley_terry"), list(NAMES))
        hits["pooled"].append([row.low <= true <= row.high for row, true in zip(others.rows, truth, strict=True)])
    covers = {label: np.mean(found, axis=0) for label, found in hits.items() if found}
    ratio = np.mean(widths["combined"]) / np.mean(widths["people"])
    show(f"\n{name}, {N_RUNS} runs")
    for label, found in covers.items():
        show(f"  {label} covers {found.mean():.3f}, the favoured model {found[FAVOURITE]:.3f}; each {found.round(3).tolist()}")
    show(f"  width {np.mean(widths['combined']):.1f} points, people alone {np.mean(widths['people']):.1f}: {ratio:.3f}")
    show(f"  trust {np.mean(trust):.2f}")
    assert 0.93 <= covers["combined"].mean() <= 0.97
    assert 0.93 <= covers["combined"][FAVOURITE] <= 0.97
    assert ratio <= 1
    if name == "votes at random":
        assert covers["pooled"].mean() < 0.7
