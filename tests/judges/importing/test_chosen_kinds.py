"""A file that may be judgements, gold labels or votes is what the command says that was called."""

import re

import pytest
from django.core.management import CommandError, call_command

from arena.models import Vote
from judges.models import Game, GoldItem
from tests.arena.importing.import_files import as_csv, write
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
TEXTS = {"prompt": "Why is it blue?", "answer_a": "It scatters light.", "answer_b": "It is painted.", "label": "a"}
NAMES = {"prompt_id": "q1", "competitor_a": "m1", "competitor_b": "m2", "label": "b"}


@pytest.fixture
def trial():
    arena = make_arena(slug="trial")
    prompt = make_prompt(arena, key="q1")
    for name in ("m1", "m2"):
        make_response(prompt, make_competitor(arena, name), text=f"Of {name}.")
    return arena


@pytest.mark.parametrize("row", [TEXTS, NAMES, {**TEXTS, "label": "A is better"}])
def test_import_judgements_takes_pairs_with_labels(trial, tmp_path, row):
    path = write(tmp_path, as_csv(row), "rows.csv")
    call_command("import_judgements", str(path), "--arena", "trial", "--judge", "careful", "--order", "ab")
    game = Game.objects.get()
    assert (game.judge.name, game.state) == ("careful", "ok")
    assert not Vote.objects.exists()


@pytest.mark.parametrize("row", [TEXTS, NAMES])
def test_import_gold_takes_pairs_with_labels(trial, tmp_path, row):
    call_command("import_gold", str(write(tmp_path, as_csv(row), "rows.csv")), "--arena", "trial")
    assert GoldItem.objects.count() == 1
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("label", "side"), [("B is better", "b"), ("Left", "a"), ("m2", "b"), ("Neither", "both_bad"), ("same", "tie")]
)
def test_gold_labels_are_said_in_many_words(trial, tmp_path, label, side):
    path = write(tmp_path, as_csv({**NAMES, "label": label}), "rows.csv")
    call_command("import_gold", str(path), "--arena", "trial")
    item = GoldItem.objects.get()
    first = item.battle.competitor_a.name if item.order == "ab" else item.battle.competitor_b.name
    assert (first, item.label) == ("m1", side)


@pytest.mark.parametrize("label", ["1", "0", "perhaps"])
def test_a_gold_label_is_never_guessed(trial, tmp_path, label):
    path = write(tmp_path, as_csv({**NAMES, "label": label}), "rows.csv")
    with pytest.raises(CommandError, match=re.escape("allowed are a, b, tie, both_bad, or the name of one of the two models")):
        call_command("import_gold", str(path), "--arena", "trial")


def test_a_grade_alone_is_refused_with_what_is_missing(trial, tmp_path):
    path = write(tmp_path, as_csv({"prompt_id": "q1", "competitor": "m1", "score": 4, "judge": "j"}), "grades.csv")
    with pytest.raises(CommandError, match="each prompt has the grade of one model's answer alone"):
        call_command("import_judgements", str(path), "--arena", "trial")
    both = [{"prompt_id": "q1", "competitor": name, "score": 4, "judge": "j"} for name in ("m1", "m2")]
    call_command("import_judgements", str(write(tmp_path, as_csv(*both), "both.csv")), "--arena", "trial")
    assert Game.objects.count() == 2
