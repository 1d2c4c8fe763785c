"""Looking after every vote: how often is a true null rejected? 1,000 runs; prints tables. Run: ``pytest -m bench``."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.uncertainty.anytime import anytime_critical, confidence_sequence, e_process, e_process_above
from ranking.maths.uncertainty.blocks import block_means

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

N_RUNS, VOTES_A_PROMPT = 1_000, 10
SETTINGS = [30, 200]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print past pytest's capturing: the table is what a bench is for."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(line + "\n")

    return write


def votes_of_equals(n_prompts: int, rng: np.random.Generator) -> tuple[Ints, Floats, Ints]:
    """Prompts, points and orders of two equal models, whose strengths on a prompt are off by Normal(0, 1.0) each.

    The first slot is preferred by 0.4 log-odds; who has it is drawn. Votes come prompt after prompt, and now
    and then one for a prompt that is closed.
    """
    effect = rng.normal(0, 1.0, (n_prompts, 2)) @ [1, -1]
    prompt = np.repeat(np.arange(n_prompts), VOTES_A_PROMPT)
    late = (rng.random(len(prompt)) < 0.05) & (prompt > 0)
    prompt = np.where(late, rng.integers(0, np.maximum(prompt, 1)), prompt)
    first = rng.integers(2, size=len(prompt))
    points = rng.random(len(prompt)) < expit(effect[prompt] + 0.4 * (1 - 2 * first))
    return prompt, points.astype(float), first


@pytest.mark.parametrize("n_prompts", SETTINGS)
def test_bets_on_blocks_are_wrong_in_fewer_than_one_run_of_twenty(n_prompts, show):
    """Wealth changes only where a block closes, so looking after every vote is looking at every closed block."""
    rng = np.random.default_rng(20_250_120 + n_prompts)
    wrong = {"two-sided": 0, "one-sided": 0, "sequence": 0}
    for _ in range(N_RUNS):
        prompt, points, first = votes_of_equals(n_prompts, rng)
        values = block_means(prompt, points, first=first).closed().values
        assert len(values) == n_prompts
        wrong["two-sided"] += e_process(values).max() >= 20
        wrong["one-sided"] += e_process_above(values).max() >= 20
        found = confidence_sequence(values, n_grid=100)
        wrong["sequence"] += bool(((found.low > 0.5) | (found.high < 0.5)).any())
    show(
        f"\n{n_prompts} prompts, {VOTES_A_PROMPT} votes each, effects of sd 1.0 a model, looked at after every vote, "
        f"{N_RUNS} runs"
    )
    show("  true null rejected: " + ", ".join(f"{label} {n / N_RUNS:.1%}" for label, n in wrong.items()))
    assert max(wrong.values()) / N_RUNS < 0.05


def test_bets_on_single_votes_break(show):
    rng = np.random.default_rng(20_250_121)
    wrong = sum(e_process(votes_of_equals(30, rng)[1]).max() >= 20 for _ in range(N_RUNS))
    show(f"\nthe same with 30 prompts, but betting on single votes: true null rejected {wrong / N_RUNS:.1%}")
    assert wrong / N_RUNS > 0.35


def test_the_power_of_bets_on_blocks(show):
    rng = np.random.default_rng(20_250_122)
    show("\nshare of runs in which a model that wins a share of blocks is found above, by the number of prompts")
    for share in (0.55, 0.6, 0.7):
        n_found = np.zeros(3)
        for _ in range(N_RUNS):
            wealth = e_process_above(rng.beta(3 * share, 3 * (1 - share), size=400))
            n_found += [wealth[:n].max() >= 20 for n in (50, 150, 400)]
        show(
            f"  {share:.2f}: "
            + ", ".join(f"{n} prompts {x / N_RUNS:.0%}" for n, x in zip((50, 150, 400), n_found, strict=True))
        )
    assert n_found[-1] == N_RUNS


def test_the_asymptotic_sequence_holds_from_thirty_prompts_on(show):
    rng, n = np.random.default_rng(20_250_123), np.arange(1, 1_001)
    wrong = once = 0
    for _ in range(N_RUNS):
        values = rng.beta(1.5, 1.5, size=len(n))
        mean = np.cumsum(values) / n
        se = np.sqrt(np.maximum(np.cumsum(values**2) / n - mean**2, 1e-12) / np.maximum(n - 1, 1))
        off = (np.abs(mean - 0.5) / se)[29:]
        wrong += bool((off > anytime_critical(n[29:], t0=200)).any())
        once += bool((off > 1.96).any())
    show(
        f"\nasymptotic sequence, looked at from prompt 30 to 1,000: true null rejected {wrong / N_RUNS:.1%}; "
        f"with 1.96 {once / N_RUNS:.1%}"
    )
    assert wrong / N_RUNS < 0.05
    assert once / N_RUNS > 0.2
