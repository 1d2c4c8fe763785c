"""Public data sets beside the checkout; a test that needs one is skipped, by name, where it is absent."""

import csv
from pathlib import Path

import pytest

from ranking.maths import Comparisons

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def shared_file(name: str) -> Path:
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return path


def llmfao() -> Comparisons:
    with shared_file("llmfao/llmfao.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    outcome = {"left": "a", "right": "b", "tie": "tie"}
    return Comparisons.from_names(
        [row["left"] for row in rows],
        [row["right"] for row in rows],
        [outcome[row["winner"]] for row in rows],
        prompt=[row["prompt"] for row in rows],
        voter=[row["worker"] for row in rows],
    )


def llmfao_strengths() -> dict[str, float]:
    with shared_file("llmfao/llmfao-golden.csv").open(newline="", encoding="utf-8") as file:
        return {r["item"]: float(r["score"]) for r in csv.DictReader(file) if r["algorithm"] == "bradley_terry"}
