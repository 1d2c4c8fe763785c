"""Public data sets beside the checkout; a test that needs one is skipped, by name, where it is absent."""

import csv
import json
from pathlib import Path
from typing import Any

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


def llmfao_scores(algorithm: str) -> dict[str, float]:
    with shared_file("llmfao/llmfao-golden.csv").open(newline="", encoding="utf-8") as file:
        return {row["item"]: float(row["score"]) for row in csv.DictReader(file) if row["algorithm"] == algorithm}


def llmfao_strengths() -> dict[str, float]:
    return llmfao_scores("bradley_terry")


def pandalm(name: str) -> list[dict[str, Any]]:
    with shared_file(f"pandalm/{name}.json").open(encoding="utf-8") as file:
        rows: list[dict[str, Any]] = json.load(file)
    return rows
