"""Votes on both turns of MT-bench's conversations."""

import json

import pytest

from arena.importing.formats.benchmarks.mt_bench import MtBenchVotes


def talk(name):
    asked = ({"role": "user", "content": "Write."}, {"role": "user", "content": "Again."})
    return [each for turn in asked for each in (turn, {"role": "assistant", "content": f"{name} on {turn['content']}"})]


def vote(turn, winner, *, voter="expert_1", models=("kestrel", "osmia")):
    return {
        "question_id": 81, "model_a": models[0], "model_b": models[1], "winner": winner, "judge": voter, "turn": turn,
        "conversation_a": talk(models[0]), "conversation_b": talk(models[1]),
    }  # fmt: skip


def notes_on(tmp_path, *rows):
    layout = MtBenchVotes(tmp_path)
    for line, row in enumerate(rows, start=1):
        layout.row(line, json.loads(json.dumps(row)))
    return " ".join(str(each) for each in layout.notes())


def test_a_voter_who_prefers_the_other_model_on_the_other_turn_is_named_by_line(tmp_path):
    rows = [vote(1, "model_a"), vote(2, "model_b"), vote(2, "model_a", voter="expert_2"), vote(1, "model_b", voter="expert_2")]
    assert "2 votes, in lines 2, 4, prefer the other model" in notes_on(tmp_path, *rows)


@pytest.mark.parametrize(
    "rows",
    [
        [vote(1, "model_a"), vote(2, "model_a")],
        [vote(1, "model_a"), vote(2, "tie")],
        [vote(1, "model_a"), vote(2, "model_b", voter="expert_2")],
        [vote(1, "model_a"), vote(2, "model_b", models=("osmia", "kestrel"))],
    ],
    ids=["both turns alike", "a tie", "two voters", "sides exchanged"],
)
def test_nobody_else_is_named(tmp_path, rows):
    assert "the other model" not in notes_on(tmp_path, *rows)
