"""Do tournaments rank better than an anchor? 400 simulated benchmarks a line; it prints its table. Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from ranking.maths.tournaments.simulation import SETTINGS, median_difference, simulate_rank_correlation

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

# Medians of 30 runs, by another program: prompts, precision -> tournament, middle anchor, strong anchor.
OTHER_PROGRAM = {
    (50, 0.7): (0.620, 0.495, 0.437),
    (100, 0.8): (0.825, 0.726, 0.720),
    (250, 0.8): (0.920, 0.863, 0.853),
    (250, 0.7): (0.883, 0.775, 0.732),
    (500, 1.0): (0.979, 0.970, 0.956),
    (500, 0.7): (0.919, 0.871, 0.823),
}


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def test_a_tournament_beats_both_anchors_with_fewer_matches(show):
    rng = np.random.default_rng(20_250_110)
    found = simulate_rank_correlation(20, 100, precision=0.8, n_runs=400, rng=rng)
    assert found.n_matches < found.n_matches_anchored
    show("\n20 models, 100 prompts, precision .8, 400 runs: median rho of the tournament minus that of the anchor")
    for label, anchored in (("middle", found.middle), ("strong", found.strong)):
        lead = median_difference(found.tournament, anchored, rng=rng)
        show(f"  {label} anchor: {lead.estimate:+.3f}, 95 % from {lead.low:+.3f} to {lead.high:+.3f}")
        assert lead.low > 0


def test_the_table_of_tournaments_and_anchors(show):
    rng = np.random.default_rng(20_250_111)
    show("\nSpearman's rho with the true order, 20 models, median of 400 runs (in brackets: 30 runs of another program)")
    show("  prompts precision  matches T / A   tournament      middle anchor   strong anchor")
    for n_prompts, precision in SETTINGS:
        found = simulate_rank_correlation(20, n_prompts, precision=precision, n_runs=400, rng=rng)
        medians = [float(np.median(rho)) for rho in (found.tournament, found.middle, found.strong)]
        cells = "   ".join(
            f"{rho:.3f} ({other:.3f})" for rho, other in zip(medians, OTHER_PROGRAM[n_prompts, precision], strict=True)
        )
        show(f"  {n_prompts:7d} {precision:9g} {found.n_matches:6,d} / {found.n_matches_anchored:6,d}   {cells}")
        assert medians[0] > medians[1] > medians[2]
        # A median of 30 runs is off by some hundredths.
        assert medians == pytest.approx(OTHER_PROGRAM[n_prompts, precision], abs=0.08)
