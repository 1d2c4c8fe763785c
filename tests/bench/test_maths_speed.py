"""How long ranking takes: 1 M votes over 10,000 prompts, one thread. Run: ``pytest -m bench``; it prints its table."""

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from ranking.maths import Comparisons, Tally, bootstrap, counts, fit_bradley_terry, intervals, rank_sets
from ranking.maths.arrays import Ints

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Votes:
    """Columns of votes by id, and the names of the competitors."""

    prompt: Ints
    a: Ints
    b: Ints
    outcome: Ints
    names: dict[int, str]

    def comparisons(self) -> Comparisons:
        return Comparisons(
            names=tuple(self.names.values()), a=self.a - 1, b=self.b - 1, outcome=self.outcome, prompt=self.prompt - 1
        )

    def columns(self, rows: slice = slice(None)) -> tuple[Ints, Ints, Ints, Ints]:
        return self.prompt[rows], self.a[rows], self.b[rows], self.outcome[rows]


def votes(*, n: int = 1_000_000, m: int, n_prompts: int = 10_000) -> Votes:
    rng = np.random.default_rng(5)
    ratings = rng.normal(0, 0.7, m)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    wins = rng.random(n) < 1 / (1 + np.exp(ratings[b] - ratings[a]))
    outcome = np.where(rng.random(n) < 0.2, 2, np.where(wins, 0, 1))
    return Votes(rng.integers(n_prompts, size=n) + 1, a + 1, b + 1, outcome, {i + 1: f"m{i}" for i in range(m)})


def least_seconds(work: Callable[[], object], *, runs: int = 5) -> float:
    """The fastest of some runs: what else the machine does can only add."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.fixture
def within(capsys: pytest.CaptureFixture[str]) -> Callable[[str, float, float, str], None]:
    """Print a measured line past pytest's capturing, then hold it to its bound."""

    def check(label: str, measured: float, bound: float, unit: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  {label:66s} {measured:8.1f} {unit} (bound {bound:g})")
        assert measured < bound

    return check


@pytest.mark.parametrize(("m", "bound"), [(100, 300), (300, 300)])
def test_prompt_clustered_sandwich(m, bound, within):
    fit = fit_bradley_terry(votes(m=m).comparisons())

    def sandwich() -> None:
        fit._covariances.clear()
        fit.covariance("prompt")

    within(f"prompt-clustered sandwich, 1 M, 10,000 prompts, {m} models", 1e3 * least_seconds(sandwich), bound, "ms")


@pytest.mark.parametrize(("m", "bound"), [(100, 500), (300, 1_500)])
def test_rank_sets(m, bound, within):
    fit = fit_bradley_terry(votes(m=m).comparisons())
    fit.covariance("prompt")

    def ranked() -> None:
        rank_sets(fit, n_draws=10_000, rng=np.random.default_rng(1))

    within(f"rank sets, {m} models, 10,000 draws", 1e3 * least_seconds(ranked), bound, "ms")
    within(f"rank sets, {m} models, memory above base", peak_bytes(ranked) / 2**20, 50, "MiB")


def test_a_hundred_more_votes_to_a_new_board(within):
    data = votes(m=100)
    tally, new = Tally.from_arrays(*data.columns()), data.columns(slice(100))

    def board() -> None:
        comparisons = tally.updated(*new).comparisons(data.names)
        fit = fit_bradley_terry(comparisons)
        counts(comparisons)
        intervals(fit)
        rank_sets(fit, rng=np.random.default_rng(1))

    within("1 M votes, 100 more: tally, fit, counts, intervals, rank sets", 1e3 * least_seconds(board), 1_000, "ms")


def test_tally_of_a_million_votes(tmp_path, within):
    data = votes(m=100)
    tally = Tally.from_arrays(*data.columns())
    new, path = data.columns(slice(100)), tmp_path / "board.npz"
    tally.save(path)
    within("Tally.from_arrays, 1 M", 1e3 * least_seconds(lambda: Tally.from_arrays(*data.columns())), 1_000, "ms")
    within("Tally.updated, 100 votes onto 1 M", 1e3 * least_seconds(lambda: tally.updated(*new)), 40, "ms")
    within("Tally.save, 1 M", 1e3 * least_seconds(lambda: tally.save(path)), 500, "ms")
    within("Tally.load, 1 M", 1e3 * least_seconds(lambda: Tally.load(path)), 300, "ms")
    within(
        "Tally.from_arrays, bytes a vote above the inputs",
        peak_bytes(lambda: Tally.from_arrays(*data.columns())) / 1e6,
        80,
        "B",
    )


@pytest.mark.parametrize(("m", "bound"), [(100, 40), (300, 100)])
def test_ratings_from_integer_arrays(m, bound, within):
    comparisons = votes(m=m).comparisons()
    within(
        f"integer arrays -> ratings, 1 M, {m} models", 1e3 * least_seconds(lambda: fit_bradley_terry(comparisons)), bound, "ms"
    )


def test_time_and_memory_grow_with_the_number_of_votes(within):
    small, large = (votes(n=n, m=100).comparisons() for n in (1_000_000, 10_000_000))

    def ranked(comparisons: Comparisons) -> None:
        fit_bradley_terry(comparisons).covariance("prompt")

    ratio = least_seconds(lambda: ranked(large), runs=3) / least_seconds(lambda: ranked(small))
    within("ratings and clustered sandwich, time(10^7) / time(10^6)", ratio, 12, "x")
    within("the same, bytes a battle above the inputs", peak_bytes(lambda: ranked(large)) / 1e7, 30, "B")


def test_a_thousand_prompt_replicates(within):
    comparisons = votes(m=100).comparisons()

    def replicates() -> None:
        bootstrap(comparisons, by="prompt", n_replicates=1_000, rng=np.random.default_rng(1))

    within("1,000 prompt-clustered replicates, 1 M, 100 models", least_seconds(replicates, runs=1), 30, "s")
