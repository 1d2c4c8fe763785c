"""Rows in which a model meets itself: they are left out, with a note; strict imports refuse the file."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from arena.importing.checks.whole_file import check
from arena.importing.files.problems import ImportProblems
from arena.models import Arena, Battle, Import
from tests.arena.importing.import_files import BATTLES, checked, imported, write
from tests.arena.importing.test_layouts import FILES
from tests.factories import make_arena

pytestmark = pytest.mark.django_db

FILE = BATTLES + "ann,bob,model_a,q1,v1\nann,ann,tie,q1,v1\nbob,ann,tie,q2,v1\n bob,bob ,model_a,q3,v2\n"
NOTE = "2 rows in which a model meets itself, in lines 3, 5: left out, because a battle needs two different models."


def test_rows_of_a_model_with_itself_are_left_out_with_a_note(tmp_path):
    report = checked(write(tmp_path, FILE), "chatbot-arena")
    assert (report.n_rows, report.counts["battles"], report.counts["votes"]) == (2, 2, 2)
    assert [(odd.line, str(odd.note)) for odd in report.odd] == [(3, NOTE)]
    assert imported(write(tmp_path, FILE), "chatbot-arena", make_arena()).state == Import.State.PUBLISHED
    assert Battle.objects.count() == 2


def test_a_strict_import_refuses_them(tmp_path):
    path = write(tmp_path, FILE)
    with pytest.raises(ImportProblems) as refused:
        check(path, kind="battles", format_name="", filename="f", arena=None, options={"strict": True})
    assert [(problem.line, problem.allowed) for problem in refused.value.first] == [(3, NOTE)]
    with pytest.raises(CommandError, match="a model meets itself"):
        call_command("import_battles", str(path), "--arena", "new", "--strict")
    assert not Arena.objects.exists()


def test_a_file_of_nothing_else_is_refused(tmp_path):
    with pytest.raises(ImportProblems, match="model_b is 'ann'; a battle needs two different models, and model_a is the same"):
        checked(write(tmp_path, BATTLES + "ann,ann,tie,q1,v1\n"), "chatbot-arena")


def test_other_problems_of_such_a_row_are_still_said(tmp_path):
    with pytest.raises(ImportProblems) as refused:
        checked(write(tmp_path, BATTLES + "ann,bob,tie,q1,v1\nann,ann,won,q1,v1\n"), "chatbot-arena")
    assert [problem.what for problem in refused.value.first] == ["winner"]


LIKE_THE_FIRST = {
    "battles-kaggle-55k.csv": {"model_b": "model_a"},
    "battles-llmfao.csv": {"right": "left"},
    "battles-alpaca-annotations.json": {"generator_2": "generator_1"},
    "battles-mt-bench-votes.jsonl": {"model_b": "model_a"},
    "battles-own.jsonl": {"model_b": "model_a"},
    "battles-exported.jsonl": {"model_b": "model_a"},
    "battles-argilla-hub.jsonl": {"model_b": "model_a"},
}


@pytest.mark.parametrize("name", LIKE_THE_FIRST)
def test_so_it_is_in_every_layout(tmp_path, name):
    text = (FILES / name).read_text()
    rows = list(csv.DictReader(io.StringIO(text))) if name.endswith(".csv") else None
    rows = rows or (json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()])
    ((column, other),) = LIKE_THE_FIRST[name].items()
    rows[-1][column] = rows[-1][other]
    if name.endswith(".csv"):
        written = io.StringIO()
        writer = csv.DictWriter(written, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        path = write(tmp_path, written.getvalue(), name)
    else:
        path = write(tmp_path, json.dumps(rows), name)
    report = check(path, kind="battles", format_name="", filename=name, arena=None, options={"voters": "people"})
    assert report.n_rows == len(rows) - 1
    assert "1 row in which a model meets itself" in str(report.odd[0].note)
