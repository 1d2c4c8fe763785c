"""Files whose ids repeat for different texts: what they say is all that names it."""

import pytest
from django.core.management import CommandError, call_command

from arena.models import Battle, Prompt, Response
from tests.arena.importing.import_files import as_csv, lines, write

pytestmark = pytest.mark.django_db


def refused_then_taken(command, path):
    with pytest.raises(CommandError, match="one id stands for"):
        call_command(command, path, "--arena", "a")
    call_command(command, path, "--arena", "a", "--ignore-ids")


def test_prompts_with_one_id_are_told_by_their_texts(tmp_path):
    rows = lines({"id": "1", "prompt": "One?"}, {"id": "1", "prompt": "Two?"}, {"id": "2", "prompt": "One?"})
    refused_then_taken("import_prompts", write(tmp_path, rows, "p.jsonl"))
    assert sorted(turns[0] for turns in Prompt.objects.values_list("turns", flat=True)) == ["One?", "Two?"]


def test_battles_with_one_id_are_told_by_what_they_say(tmp_path):
    row = {"model_a": "x", "model_b": "y", "winner": "a", "prompt_id": "1", "answer_a": "yes", "answer_b": "no"}
    path = write(tmp_path, as_csv(row | {"prompt": "One?"}, row | {"prompt": "Two?"}), "b.csv")
    refused_then_taken("import_battles", path)
    assert Prompt.objects.count() == Battle.objects.count() == 2
    assert Response.objects.count() == 4


def test_ids_stay_where_a_row_gives_no_text(tmp_path):
    call_command("import_prompts", write(tmp_path, lines({"id": "q", "prompt": "One?"}), "p.jsonl"), "--arena", "a")
    answers = lines({"prompt": "q", "competitor": "x", "text": "Yes."})
    call_command("import_responses", write(tmp_path, answers, "a.jsonl"), "--arena", "a", "--ignore-ids")
    assert Response.objects.get().prompt.key == "q"
