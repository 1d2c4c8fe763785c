"""Writes a file of simulated battles, for measuring and for trying things out."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from arena.importing.formats.battles.chatbot_arena import WINNERS

HEADER = ("model_a", "model_b", "winner", "question_id", "judge")
VOTERS_PER_BATTLE = 1 / 1000
SHARE_OF_BOTH_BAD = 0.3
ROWS_AT_A_TIME = 50_000


class Command(BaseCommand):
    help = "Write simulated battles (Bradley-Terry with ties) as a chatbot-arena CSV file. The same seed gives the same file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--battles", type=int, default=1_000_000)
        parser.add_argument("--competitors", type=int, default=100)
        parser.add_argument("--prompts", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--overwrite", action="store_true", help="replace an existing file of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["battles"] < 1 or options["competitors"] < 2 or options["prompts"] < 1:
            raise CommandError("at least 1 battle, 2 competitors and 1 prompt are required", returncode=2)
        if options["out"].is_file() and not options["overwrite"]:
            message = (
                f"{options['out']} exists already and was left as it is: choose another name, or replace it with --overwrite"
            )
            raise CommandError(message, returncode=2)
        try:
            with options["out"].open("w", encoding="utf-8", newline="") as file:
                write_battles(
                    file, rng=np.random.default_rng(options["seed"]), n_battles=options["battles"],
                    n_competitors=options["competitors"], n_prompts=options["prompts"],
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror}", returncode=2) from None
        self.stdout.write(f"{options['battles']:,} simulated battles in {options['out']}")


def write_battles(file: TextIO, *, rng: np.random.Generator, n_battles: int, n_competitors: int, n_prompts: int) -> None:
    ratings = rng.normal(0.0, 1.0, n_competitors)
    n_voters = max(1, round(n_battles * VOTERS_PER_BATTLE))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for start in range(0, n_battles, ROWS_AT_A_TIME):
        n_rows = min(ROWS_AT_A_TIME, n_battles - start)
        a, b = _pairs(rng, n_rows, n_competitors)
        prompts, voters = rng.integers(n_prompts, size=n_rows), rng.integers(n_voters, size=n_rows)
        winners = _winners(rng, ratings[a] - ratings[b])
        writer.writerows(
            (f"model-{i:03d}", f"model-{j:03d}", winner, f"prompt-{prompt:05d}", f"voter-{voter:04d}")
            for i, j, winner, prompt, voter in zip(a, b, winners, prompts, voters, strict=True)
        )


def _pairs(rng: np.random.Generator, n_pairs: int, n_competitors: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a = rng.integers(n_competitors, size=n_pairs)
    b = (a + rng.integers(1, n_competitors, size=n_pairs)) % n_competitors
    return a, b


def _winners(rng: np.random.Generator, differences: NDArray[np.float64]) -> list[str]:
    """Outcomes with ties as in Rao and Kupper's model: a side wins if it leads by more than a threshold."""
    margin = differences + rng.logistic(size=len(differences))
    is_tie = np.abs(margin) < 0.5
    is_bad = rng.random(len(differences)) < SHARE_OF_BOTH_BAD
    codes = np.where(is_tie, np.where(is_bad, 3, 2), np.where(margin > 0, 0, 1))
    labels = list(WINNERS)
    return [labels[code] for code in codes]
