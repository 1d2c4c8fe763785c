"""Do prediction-powered intervals hold, and are they as narrow as people's? Prints its table. Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths import differences
from ranking.maths.models.prediction_powered import fit_prediction_powered
from tests.ranking.maths.models.test_prediction_powered import answered

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


@pytest.mark.parametrize("accuracy", [0.9, 0.7, 0.5])
@pytest.mark.parametrize(
    ("truth", "n_labelled", "n_rest"),
    [(np.array([np.log(0.55 / 0.45), 0.0]), 100, 2_000), (np.linspace(0.6, -0.6, 5), 400, 8_000)],
    ids=["two competitors", "five competitors"],
)
def test_intervals_hold_whatever_the_judge(truth, n_labelled, n_rest, accuracy, show):
    """The judge says what people say with chance `accuracy`, else the opposite; in a fifth of all rows it says "a"."""
    rng, n_runs, m = np.random.default_rng(20_250_106), 1_000, len(truth)
    upper = np.triu_indices(m, 1)
    gap = (truth[:, None] - truth)[upper]
    hits, widths, trust = {"powered": [], "people": [], "judge": []}, {"powered": [], "people": []}, []
    for _ in range(n_runs):
        c, human = answered(truth, n_labelled=n_labelled, n_rest=n_rest, accuracy=accuracy, rng=rng)
        found = fit_prediction_powered(c, human)
        people, judge = differences(found.human), differences(found.judge)
        for label, each in (("powered", found.differences), ("people", people), ("judge", judge)):
            hits[label].append(((each.low <= truth[:, None] - truth) & (truth[:, None] - truth <= each.high))[upper])
        widths["powered"].append((found.differences.high - found.differences.low)[upper])
        widths["people"].append((people.high - people.low)[upper])
        trust.append(found.differences.trust[upper])
    ratio = np.mean(widths["powered"]) / np.mean(widths["people"])
    covers = {label: np.mean(found) for label, found in hits.items()}
    show(f"\n{m} competitors, {n_labelled} human votes, {n_rest} verdicts more, judge accuracy {accuracy}, {n_runs} runs")
    show("  cover " + ", ".join(f"{label} {found:.1%}" for label, found in covers.items()))
    show(f"  width / people's {ratio:.3f} (worth {ratio**-2:.2f} human votes each), mean lambda {np.mean(trust):.2f}")
    assert 0.94 <= covers["powered"] <= 0.97
    assert ratio <= 1.01
    if m == 2:
        assert gap[0] == pytest.approx(0.2007, abs=1e-4)
        assert covers["judge"] < 0.2
