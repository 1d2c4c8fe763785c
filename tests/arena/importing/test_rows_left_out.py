"""All that is wrong with a file is told at once, and its other rows come in where somebody wants that. Never silently."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena import tasks
from arena.importing.checks.whole_file import check, check_leaving_out
from arena.importing.files.problems import MOST_LEFT_OUT, ImportProblems
from arena.importing.loading.loader import load
from arena.models import Battle, Import, Prompt, Vote
from tests.arena.importing.import_files import as_csv, lines, write
from tests.factories import make_user

pytestmark = pytest.mark.django_db
RIGHT = {"model_a": "x", "model_b": "y", "winner": "model_a", "question_id": "q1", "judge": "ann"}
WRONG = RIGHT | {"model_b": "", "winner": "model_c", "judge": "ben"}


def problems_of(path, **options):
    with pytest.raises(ImportProblems) as raised:
        check(path, kind="battles", format_name="", filename="file", arena=None, options=options)
    return raised.value


def test_all_that_is_wrong_with_a_row_is_told_at_once(tmp_path):
    problems = problems_of(write(tmp_path, as_csv(RIGHT, WRONG)))
    assert {(each.line, each.what) for each in problems.first} == {(3, "model_b"), (3, "winner")}


def test_lines_of_the_same_problem_are_named(tmp_path):
    problems = problems_of(write(tmp_path, as_csv(RIGHT, *[RIGHT | {"winner": "c", "judge": f"v{n}"} for n in range(20)])))
    (only,) = problems.first
    assert (only.line, only.n_alike, only.lines_in_words) == (3, 19, "4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 9 more")


@pytest.mark.parametrize(
    ("content", "left_out"),
    [
        (as_csv(RIGHT, WRONG, RIGHT | {"judge": "eva"}), [3]),
        (as_csv(RIGHT) + "x,y\n", [3]),
        (lines(RIGHT) + "{broken\n" + lines(RIGHT | {"judge": "eva"}), [2]),
        (as_csv(RIGHT) + "model_a,model_b,winner,question_id,judge\n", [3]),
    ],
    ids=["values", "cells", "json", "headers"],
)
def test_rows_in_which_something_is_wrong_can_be_left_out(tmp_path, content, left_out):
    path = write(tmp_path, content)
    problems_of(path)
    report, options = check_leaving_out(path, kind="battles", format_name="", filename="file", arena=None, options={})
    assert options["leave_out"] == left_out == [fault.line for fault in report.left_out]
    assert any("left out" in each for each in report.sayings())


HALF = '{"id": "one", "prompt": "\\ud800"}\n'
HALF_A_NAME = '{"prompt": "fine", "\\ud800": 1}\n'


def test_a_column_called_by_half_a_surrogate_pair_is_not_read_and_stored_with_a_sign_for_it(client, monkeypatch):
    monkeypatch.setattr(tasks.load_import, "delay", lambda pk: None)
    client.force_login(make_user("curator", is_staff=True))
    page = client.post(reverse("imports"), {"file": SimpleUploadedFile("x.jsonl", HALF_A_NAME.encode()), "new_arena": "Trial"})
    client.post(reverse("imports"), {"confirm": re.search(r'name="confirm" value="([^"]+)"', page.text)[1]})
    source = Import.objects.get()
    load(source.pk)
    assert client.get(reverse("import", args=[source.pk])).status_code == 200
    assert client.get("/api/v1/imports/").status_code == 200


@pytest.mark.parametrize("content", [HALF, HALF + lines({"id": "two", "prompt": "Whole?"})])
def test_half_a_surrogate_pair_is_named_on_the_page_and_stored_nowhere(client, content):
    client.force_login(make_user("curator", is_staff=True))
    page = client.post(reverse("imports"), {"file": SimpleUploadedFile("x.jsonl", content.encode()), "new_arena": "Trial"})
    assert page.status_code == 422
    assert "Half a surrogate pair is no text" in page.text or "half a surrogate pair is no text" in page.text
    assert not Import.objects.exists()


def test_a_row_with_half_a_surrogate_pair_can_be_left_out_and_downloaded(client, monkeypatch):
    monkeypatch.setattr(tasks.load_import, "delay", lambda pk: None)
    client.force_login(make_user("curator", is_staff=True))
    file = SimpleUploadedFile("x.jsonl", (HALF + lines({"id": "two", "prompt": "Whole?"})).encode())
    page = client.post(reverse("imports"), {"file": file, "new_arena": "Trial", "leave_out": "yes"})
    client.post(reverse("imports"), {"confirm": re.search(r'name="confirm" value="([^"]+)"', page.text)[1]})
    source = Import.objects.get()
    load(source.pk)
    answer = client.get(reverse("import-left-out", args=[source.pk]))
    assert answer.status_code == 200
    assert "half a surrogate pair" in answer.text


def test_what_contradicts_an_earlier_row_can_be_left_out(tmp_path):
    path = write(tmp_path, lines({"id": "p", "prompt": "One?"}, {"id": "p", "prompt": "Two?"}, {"id": "q", "prompt": "Three?"}))
    report, options = check_leaving_out(path, kind="prompts", format_name="", filename="file", arena=None, options={})
    assert (options["leave_out"], report.n_rows) == ([2], 2)


TOO_MANY = [RIGHT | {"winner": "c", "judge": f"v{number}"} for number in range(MOST_LEFT_OUT + 1)]


@pytest.mark.parametrize(
    "content", ["model_a,model_b\nx,y\n", as_csv(RIGHT, *TOO_MANY)], ids=["no column", "too many"]
)  # fmt: skip
def test_a_file_that_is_wrong_as_a_whole_is_refused_all_the_same(tmp_path, content):
    path = write(tmp_path, content)
    with pytest.raises(ImportProblems):
        check_leaving_out(path, kind="battles", format_name="chatbot-arena", filename="file", arena=None, options={})


def test_a_file_of_wrong_rows_alone_is_refused(tmp_path):
    with pytest.raises(ImportProblems, match="nothing to import"):
        check_leaving_out(
            write(tmp_path, as_csv(WRONG)), kind="battles", format_name="chatbot-arena", filename="file", arena=None, options={}
        )


def test_the_command_leaves_out_what_it_was_told_to(tmp_path, capsys):
    path = write(tmp_path, as_csv(RIGHT, WRONG, RIGHT | {"judge": "eva"}), "battles.csv")
    with pytest.raises(CommandError):
        call_command("import_battles", path, "--arena", "a")
    call_command("import_battles", path, "--arena", "a", "--leave-out-bad-rows")
    assert "1 row is left out: line 3." in capsys.readouterr().out
    assert Vote.objects.count() == 2
    source = Import.objects.get()
    assert source.report["left_out"][0][:2] == [3, "model_b"]
    assert "model_c" in source.report["rows_left_out"]["3"]


def test_the_page_offers_to_leave_them_out_and_keeps_them_as_a_file(client, monkeypatch):
    monkeypatch.setattr(tasks.load_import, "delay", lambda pk: None)
    client.force_login(make_user("curator", is_staff=True))
    file = SimpleUploadedFile("battles.csv", as_csv(RIGHT, WRONG | {"judge": "=1+1"}, RIGHT | {"judge": "eva"}).encode())
    refused = client.post(reverse("imports"), {"file": file, "new_arena": "Trial"})
    assert refused.status_code == 422
    assert "Leave this row out" in refused.text
    form = refused.text[refused.text.index("Leave this row") - 3_000 : refused.text.index("Leave this row")]
    held = re.findall(r'name="held" value="([^"]+)"', form)[-1]
    checked = client.post(reverse("imports"), {"held": held, "new_arena": "Trial", "leave_out": "yes"})
    assert "1 row is left out: line 3." in checked.text
    client.post(reverse("imports"), {"confirm": re.search(r'name="confirm" value="([^"]+)"', checked.text)[1]})
    source = Import.objects.get()
    load(source.pk)
    page = client.get(reverse("import", args=[source.pk])).text
    assert page.count("1 row is left out: line 3.") == 1
    assert reverse("import-left-out", args=[source.pk]) in page
    table = client.get(reverse("import-left-out", args=[source.pk])).text.splitlines()
    assert table[0] == "line,field,value,allowed,row"
    assert table[1].startswith("3,model_b,empty,")
    assert Battle.objects.count() == 2


def test_prompts_that_only_some_rows_spoil_are_loaded_without_them(tmp_path):
    path = write(tmp_path, lines({"id": "a", "prompt": "One?"}, {"id": "b"}, {"id": "c", "prompt": "Three?"}), "p.jsonl")
    call_command("import_prompts", path, "--arena", "a", "--leave-out-bad-rows")
    assert set(Prompt.objects.values_list("key", flat=True)) == {"a", "c"}
