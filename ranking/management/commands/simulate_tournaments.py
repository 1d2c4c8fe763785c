from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

N_MODELS = 20


class Command(BaseCommand):
    help = "Simulate how well knock-out tournaments and comparisons with an anchor recover the true order of 20 models."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--runs", type=int, default=400, help="simulated benchmarks per line (default 400)")
        parser.add_argument("--seed", type=int, default=1, help="seed of the random numbers (default 1)")

    def handle(self, *args: Any, runs: int, seed: int, **options: Any) -> None:
        from ranking.maths.tournaments.simulation import SETTINGS, median_difference, simulate_rank_correlation  # scipy

        if runs < 2:
            raise CommandError(f"--runs is {runs}: at least 2 are needed, 400 are usual", returncode=2)
        if seed < 0:
            raise CommandError(f"--seed is {seed}: a seed is 0 or more", returncode=2)
        rng = np.random.default_rng(seed)
        table = _empty_table(runs)
        for n_prompts, precision in SETTINGS:
            simulated = simulate_rank_correlation(N_MODELS, n_prompts, precision=precision, n_runs=runs, rng=rng)
            lead = median_difference(simulated.tournament, simulated.middle, rng=rng)
            rhos = [f"{np.median(rho):.3f}" for rho in (simulated.tournament, simulated.middle, simulated.strong)]
            matches = f"{simulated.n_matches:,} / {simulated.n_matches_anchored:,}"
            table.add_row(str(n_prompts), f"{precision:g}", matches, *rhos, f"{lead.low:+.3f} to {lead.high:+.3f}")
        # A fixed width, so that a pipe or a log gets whole lines too.
        Console(file=self.stdout, width=110).print(table)  # type: ignore[arg-type]


def _empty_table(runs: int) -> Table:
    table = Table(title=f"Spearman's rho with the true order, median of {runs} runs")
    for heading in (
        "prompts",
        "precision",
        "matches T / A",
        "tournament",
        "middle anchor",
        "strong anchor",
        "lead over middle, 95 %",
    ):
        table.add_column(heading, justify="right")
    return table
