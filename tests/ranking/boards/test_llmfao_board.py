"""Real votes, from the file to the numbers over REST, against figures computed elsewhere."""

import csv
import math

import pytest
from django.core.management import call_command

from arena.models import Arena, Battle, Competitor, Prompt, Vote, Voter


@pytest.mark.django_db(transaction=True)
def test_the_llmfao_board_over_rest_has_the_golden_ratings(client, shared_data):
    folder = shared_data / "llmfao"
    call_command("import_battles", folder / "llmfao.csv", format="llmfao", arena="llmfao", verbosity=0)
    call_command("publish_leaderboard", "llmfao", verbosity=0)
    counts = [model.objects.count() for model in (Arena, Battle, Vote, Competitor, Prompt, Voter)]
    assert counts == [1, 2_139, 8_931, 59, 13, 124]

    board = client.get("/api/v1/leaderboards/llmfao/").json()
    assert (board["method"], board["n_votes"]) == ("bradley_terry", 8_931)
    assert "only 13 prompts, so results may differ with other prompts" in board["notes"]
    ratings = {entry["competitor"]: entry["rating"] for entry in board["entries"]}
    assert ratings == pytest.approx(_golden(folder / "llmfao-golden.csv"), abs=1e-6)


def _golden(path):
    """Strengths to points: logs, centred, 400/ln 10 a unit, mean 1000."""
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["algorithm"] == "bradley_terry"]
    logs = {row["item"]: math.log(float(row["score"])) for row in rows}
    mean = sum(logs.values()) / len(logs)
    return {name: 1000 + 400 / math.log(10) * (value - mean) for name, value in logs.items()}
