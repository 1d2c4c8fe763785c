"""How often the 95 % intervals of an audit hold the truth, on rows that share prompts."""

import numpy as np
import pytest

from judges.audits.figures.figure import Label, share
from judges.audits.figures.human_agreement import agreement, leniency
from judges.audits.figures.inputs import AuditItem
from judges.audits.figures.position import gamma
from tests.judges.scripted import game, lenient_grades

pytestmark = pytest.mark.bench
N_RUNS = 400


def held(figures, truth: float) -> float:
    return float(np.mean([figure.low <= truth <= figure.high for figure in figures]))


@pytest.mark.parametrize("n_prompts", [40, 150])
def test_shares_of_rows_that_share_prompts(n_prompts):
    drawn = np.random.default_rng(1)

    def one():
        # Each prompt has its own chance of agreement, .8 on average.
        chances = np.repeat(drawn.beta(4, 1, size=n_prompts), 5)
        hits = (drawn.random(len(chances)) < chances).tolist()
        return share(Label("x", "x", "battles", ""), hits, [str(n // 5) for n in range(len(hits))], rng=drawn)

    assert 0.90 < held([one() for _ in range(N_RUNS)], 0.8) < 0.98


def test_kappa():
    drawn = np.random.default_rng(1)

    def one():
        items = []
        for number in range(300):
            human = "a" if drawn.random() < 0.5 else "b"
            judged = human if drawn.random() < 0.8 else "b" if human == "a" else "a"
            items.append(AuditItem(str(number), str(number), "x", "y", judged, human))
        return agreement(items, rng=drawn)[3]

    assert 0.91 < held([one() for _ in range(N_RUNS)], 0.6) < 0.98


def test_leniency():
    drawn = np.random.default_rng(1)
    found = [leniency(lenient_grades(0.7, 0.3, n=500, rng=drawn), rng=drawn) for _ in range(N_RUNS)]
    assert 0.91 < held([p_c for p_c, _ in found], 0.7) < 0.98
    assert 0.91 < held([p_plus for _, p_plus in found], 0.3) < 0.98


@pytest.mark.parametrize("n_prompts", [12, 60])
def test_gamma(n_prompts):
    """12 prompts are too few for a clustered error alone."""
    drawn = np.random.default_rng(1)

    def one():
        games = []
        for prompt in range(n_prompts):
            for pair in range(6):
                a, b = (f"m{each}" for each in drawn.choice(4, 2, replace=False))
                for order in ("ab", "ba"):
                    winner = "first" if drawn.random() < 0.6 else "second"
                    games.append(game(f"{prompt}-{pair}", order, winner, prompt=str(prompt), a=a, b=b))
        return gamma(games)

    assert held([one() for _ in range(N_RUNS)], float(np.log(1.5))) > 0.91
