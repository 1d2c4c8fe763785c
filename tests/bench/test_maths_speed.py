"""How long ranking takes, beside its rivals. ``pytest -m bench tests/bench/test_maths_speed.py`` prints the table.

It is written as JSON too, to AGON_BENCH_JSON. Rivals: evalica (here), arena-rank (ARENA_RANK_PYTHON: an interpreter
that has it) and FastChat (FASTCHAT_CHECKOUT: a checkout; run by FASTCHAT_PYTHON, or arena-rank's). One that is absent
is left out by name.
"""

import json
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.cells import counts
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.data.tally import Tally
from ranking.maths.models.bradley_terry import fit_bradley_terry
from ranking.maths.resampling.bootstrap import bootstrap
from ranking.maths.uncertainty.intervals import intervals
from ranking.maths.uncertainty.rank_sets import rank_sets
from ranking.maths.uncertainty.votes_to_flip import verified_votes_to_flip, votes_to_flip

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

MILLION = 1_000_000
RIVALS = Path(__file__).with_name("rivals.py")


@dataclass(frozen=True)
class Line:
    """A measured line of the table: ours in `unit`, at most `bound`, and rivals' seconds with the ratio to reach."""

    work: str
    measured: float
    unit: str
    bound: float | None = None
    rivals: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    wanted: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        bound = "" if self.bound is None else f"(at most {self.bound:g})"
        rivals = ", ".join(
            f"{name} {self.rivals[name]:.2f} s = {ratio:.1f}x (at least {self.wanted[name]:g}x)"
            for name, ratio in self.ratios.items()
        )
        return f"  {self.work:74s} {self.measured:8.3f} {self.unit:3s} {bound:16s} {rivals}"

    def assert_reached(self) -> None:
        assert self.bound is None or self.measured <= self.bound, str(self)
        assert all(ratio >= self.wanted[name] for name, ratio in self.ratios.items()), str(self)


class Table:
    """Lines as they are measured; printed as one table and written as JSON at the end."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.absent: set[str] = set()

    def add(
        self, work: str, measured: float, unit: str, bound: float | None = None, *, against: dict[str, float] | None = None,
        rivals: dict[str, float] | None = None,
    ) -> None:  # fmt: skip
        """A line, held to its bound and to its ratios against those rivals that are here."""
        here = rivals or {}
        self.absent |= set(against or {}) - set(here)
        ratios = {name: seconds / measured for name, seconds in here.items()}
        self.lines.append(Line(work, measured, unit, bound, here, ratios, against or {}))
        self.lines[-1].assert_reached()

    def written(self, path: Path) -> str:
        machine = (
            f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
        )
        machine += f", numpy {np.__version__}, pandas {pd.__version__}"
        lines = [asdict(line) for line in self.lines]
        path.write_text(json.dumps({"machine": machine, "absent": sorted(self.absent), "lines": lines}, indent=1))
        absent = f"\n  absent: {', '.join(sorted(self.absent))}" if self.absent else ""
        return "\n".join([f"\n{machine}", *map(str, self.lines), f"  written to {path}{absent}\n"])


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    found = Table()
    yield found
    path = os.environ.get("AGON_BENCH_JSON") or tmp_path_factory.mktemp("speed") / "speed.json"
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stdout.write(found.written(Path(path)))


@pytest.fixture(autouse=True)
def own_processor() -> None:
    """Told which processor to believe in, numpy can be slower than it need be."""
    told = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    assert not told, f"run this without {' and '.join(told)} in the environment"


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


def votes(*, n: int = MILLION, m: int, n_prompts: int = 10_000) -> Votes:
    rng = np.random.default_rng(5)
    ratings = rng.normal(0, 0.7, m)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    wins = rng.random(n) < 1 / (1 + np.exp(ratings[b] - ratings[a]))
    outcome = np.where(rng.random(n) < 0.2, 2, np.where(wins, 0, 1))
    return Votes(
        rng.integers(n_prompts, size=n) + 1, a + 1, b + 1, outcome, {i + 1: f"model-{i:03d}-instruct" for i in range(m)}
    )


@cache
def comparisons(m: int, n: int = MILLION) -> Comparisons:
    return votes(n=n, m=m).comparisons()


def frame(*, n: int = MILLION, m: int = 100) -> pd.DataFrame:
    """Battles as the public sets have them: three columns of text, Arrow-backed."""
    data = votes(n=n, m=m)
    names = np.array(list(data.names.values()), dtype=object)
    winners = np.array(["model_a", "model_b", "tie", "both_bad"], dtype=object)
    columns = {"model_a": names[data.a - 1], "model_b": names[data.b - 1], "winner": winners[data.outcome]}
    return pd.DataFrame(columns, dtype="str")


def rated(battles: pd.DataFrame) -> object:
    """Our side of names -> ratings, from the columns that the rivals get."""
    return fit_bradley_terry(Comparisons.from_names(battles.model_a, battles.model_b, battles.winner))


def with_our_labels(battles: pd.DataFrame) -> pd.DataFrame:
    ours = {"model_a": "a", "model_b": "b", "tie": "tie", "both_bad": "both_bad"}
    return battles.assign(winner=battles.winner.map(ours).astype(battles.winner.dtype))


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


def interpreters() -> dict[str, str]:
    """The Python of each rival that is here."""
    found = {"evalica": sys.executable}
    if arena_rank := os.environ.get("ARENA_RANK_PYTHON"):
        found["arena-rank"] = arena_rank
    if os.environ.get("FASTCHAT_CHECKOUT"):
        found["FastChat"] = os.environ.get("FASTCHAT_PYTHON") or arena_rank or sys.executable
    return found


def rivals_seconds(wanted: dict[str, float], work: str, path: Path, kind: str = "str") -> dict[str, float]:
    """Seconds of each rival that is here, one after the other, each in a process of its own."""
    here = interpreters()
    return {name: _rival_seconds(here[name], name, work, path, kind) for name in wanted if name in here}


def _rival_seconds(python: str, name: str, work: str, path: Path, kind: str) -> float:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    done = subprocess.run(
        [python, str(RIVALS), name, work, str(path), kind], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, f"{name} fails:\n{done.stderr[-2_000:]}"
    return float(json.loads(done.stdout)["seconds"])


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("str", {"FastChat": 15, "evalica": 20, "arena-rank": 20}),
        ("object", {"FastChat": 10, "evalica": 10, "arena-rank": 10}),
    ],
)
def test_names_to_ratings(kind, wanted, table, tmp_path):
    battles, path = frame(), tmp_path / "battles.parquet"
    battles.to_parquet(path)
    ours = with_our_labels(battles)
    if kind == "object":
        ours = ours.astype("category").astype(object)
    seconds = least_seconds(partial(rated, ours), runs=15)
    label = "Arrow-backed" if kind == "str" else "object"
    work = f"names -> ratings, 1 M, 100 models, {label} columns"
    table.add(work, seconds, "s", against=wanted, rivals=rivals_seconds(wanted, "ratings", path, kind))


@pytest.mark.parametrize(("m", "bound"), [(100, 0.20), (300, 0.80)])
def test_a_hundred_cell_replicates(m, bound, table, tmp_path):
    wanted = {"FastChat": 40} if m == 100 else {}
    battles, path = frame(m=m), tmp_path / "battles.parquet"
    battles.to_parquet(path)
    seconds = least_seconds(partial(_rated_with_intervals, with_our_labels(battles)), runs=15)
    work = f"names -> ratings + 95 % intervals from 100 cell replicates, 1 M, {m} models"
    table.add(work, seconds, "s", bound, against=wanted, rivals=rivals_seconds(wanted, "intervals", path))


def test_a_hundred_cell_replicates_at_a_size_that_evalica_can_do(table, tmp_path):
    battles, path, wanted = frame(n=100_000), tmp_path / "battles.parquet", {"evalica": 50}
    battles.to_parquet(path)
    seconds = least_seconds(partial(_rated_with_intervals, with_our_labels(battles)), runs=15)
    work = "the same, 100,000 battles, 100 models"
    table.add(work, seconds, "s", against=wanted, rivals=rivals_seconds(wanted, "intervals", path))


def _rated_with_intervals(battles: pd.DataFrame) -> object:
    found = Comparisons.from_names(battles.model_a, battles.model_b, battles.winner)
    fit = fit_bradley_terry(found)
    replicates = bootstrap(found, cluster="cells", n_resamples=100, rng=np.random.default_rng(1), whole=fit)
    return fit, replicates.intervals()


@pytest.mark.parametrize(("m", "bound", "megabytes"), [(100, 2, 400), (300, 6, None)])
def test_a_thousand_prompt_replicates(m, bound, megabytes, table):
    data = comparisons(m)
    replicates = lambda: bootstrap(data, cluster="prompt", n_resamples=1_000, rng=np.random.default_rng(1))  # noqa: E731
    work = f"1,000 prompt-clustered replicates, 1 M over 10,000 prompts, {m} models"
    table.add(work, least_seconds(replicates, runs=2), "s", bound)
    table.add(f"  memory above the inputs, {m} models", peak_bytes(replicates) / 1e6, "MB", megabytes)


def with_voters(data: Comparisons, n_voters: int) -> Comparisons:
    return replace(data, voter=np.random.default_rng(6).integers(n_voters, size=len(data)))


@pytest.mark.parametrize(("cluster", "bound"), [("prompt", 0.3), (("prompt", "voter"), 1.2)])
def test_clustered_sandwich(cluster, bound, table):
    data = with_voters(comparisons(300), 1_000)
    fit = fit_bradley_terry(data)

    def sandwich() -> None:
        fit._covariances.clear()
        fit.covariance(cluster)

    label = "prompt-clustered" if cluster == "prompt" else "two-way (1,000 voters)"
    table.add(f"{label} sandwich, 1 M, 10,000 prompts, 300 models", least_seconds(sandwich, runs=3), "s", bound)


@pytest.mark.parametrize("sizes", ["equal", "Zipf"])
def test_effective_clusters(sizes, table):
    data, n_prompts = comparisons(300), 10_000
    if sizes == "Zipf":
        shares = 1 / np.arange(1, n_prompts + 1)
        data = replace(data, prompt=np.random.default_rng(8).choice(n_prompts, size=len(data), p=shares / shares.sum()))
    fit = fit_bradley_terry(data)

    def left_out() -> None:
        fit._left_out.clear()
        fit.leave_out("prompt")

    work = f"covariance with effective clusters, 1 M, 10,000 {sizes} prompts, 300 models"
    table.add(work, least_seconds(left_out, runs=3), "s", 0.7)


def test_contextual_fit(table):
    from ranking.maths.models.contextual import fit_contextual

    data, rng = comparisons(100), np.random.default_rng(7)
    covariates: Floats = rng.normal(size=(len(data), 8))
    data = replace(data, covariates=covariates, covariate_names=tuple("abcdefgh"))
    seconds = least_seconds(lambda: fit_contextual(data).covariance("prompt"), runs=3)
    table.add("contextual fit, 8 covariates, prompt-clustered sandwich, 1 M, 100 models", seconds, "s", 1.2)


def test_rank_sets(table):
    fit = fit_bradley_terry(comparisons(300))
    fit.covariance("prompt")
    ranked = lambda: rank_sets(fit, n_resamples=10_000, rng=np.random.default_rng(1))  # noqa: E731
    table.add("rank sets, 300 models, 10,000 draws", least_seconds(ranked, runs=3), "s", 0.5)
    table.add("  memory above base", peak_bytes(ranked) / 1e6, "MB", 50)


@pytest.mark.parametrize(("m", "bound", "bound_verified"), [(100, 0.1, 1), (300, 1, 6)])
def test_votes_to_flip(m, bound, bound_verified, table):
    fit = fit_bradley_terry(comparisons(m))
    work = f"votes to flip, all adjacent pairs, 1 M, {m} models"
    table.add(work, least_seconds(lambda: votes_to_flip(fit), runs=3), "s", bound)
    table.add("  verified by refits", least_seconds(lambda: verified_votes_to_flip(fit), runs=2), "s", bound_verified)


def test_refit_from_a_running_tally(table):
    data = votes(m=300)
    tally = Tally.from_arrays(*data.columns())
    fit = fit_bradley_terry(tally.by_pair(data.names))
    tally = tally.updated(*data.columns(slice(100)))
    refit = lambda: fit_bradley_terry(tally.by_pair(data.names), start=fit)  # noqa: E731
    table.add("refit from a running tally, 300 models", 1e3 * least_seconds(refit), "ms", 40)


def test_a_tally_takes_more_votes(tmp_path, table):
    data = votes(m=100)
    tally, new, path = Tally.from_arrays(*data.columns()), data.columns(slice(100)), tmp_path / "board.npz"
    tally.save(path)

    def board() -> None:
        cells = tally.updated(*new).comparisons(data.names)
        fit = fit_bradley_terry(cells)
        counts(cells)
        intervals(fit)
        rank_sets(fit, rng=np.random.default_rng(1))

    table.add("tally of 1 M votes", 1e3 * least_seconds(lambda: Tally.from_arrays(*data.columns()), runs=3), "ms", 1_000)
    table.add("  100 more votes", 1e3 * least_seconds(lambda: tally.updated(*new)), "ms", 40)
    table.add("  100 more votes to fit, counts, intervals and rank sets", 1e3 * least_seconds(board, runs=3), "ms", 1_000)
    table.add("  saved", 1e3 * least_seconds(lambda: tally.save(path), runs=3), "ms", 500)
    table.add("  loaded", 1e3 * least_seconds(lambda: Tally.load(path), runs=3), "ms", 300)
    table.add("  bytes a vote above the inputs", peak_bytes(lambda: Tally.from_arrays(*data.columns())) / 1e6, "B", 80)


def test_growth(table):
    small, large = comparisons(100), votes(n=10 * MILLION, m=100).comparisons()

    def ranked(data: Comparisons) -> None:
        fit_bradley_terry(data).covariance("prompt")

    ratio = least_seconds(partial(ranked, large), runs=3) / least_seconds(partial(ranked, small), runs=7)
    table.add("growth of ratings with clustered sandwich: time(10^7) / time(10^6)", ratio, "x", 12)
    table.add("  bytes a battle above the inputs", peak_bytes(partial(ranked, large)) / 1e7, "B", 30)


def test_growth_from_names(table):
    small = with_our_labels(frame())
    large = pd.concat([small] * 10, ignore_index=True)
    ratio = least_seconds(partial(rated, large), runs=2) / least_seconds(partial(rated, small))
    table.add("growth of names -> ratings, Arrow-backed columns: time(10^7) / time(10^6)", ratio, "x", 12)
    before = pa.total_allocated_bytes()
    peak = peak_bytes(partial(rated, large))
    # Arrow's own memory is not traced: its codes of a column are at most 4 bytes a battle at any time.
    table.add("  bytes a battle above the inputs", peak / 1e7 + 4, "B", 30)
    assert pa.total_allocated_bytes() <= before
