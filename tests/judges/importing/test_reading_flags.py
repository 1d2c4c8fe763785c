"""import_judgements and import_gold read files as the other commands do: columns by name, without bad rows or ids."""

import html
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.evidence import curation
from arena.importing.files import receiving
from arena.models import Arena, Import, Prompt
from arena.views.importing.columns import as_command
from judges.models import Game, GoldItem
from tests.arena.importing.import_files import as_csv, write
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ROW = {"q": "Why?", "left": "Because.", "right": "It scatters light.", "who": "zuerst"}
SIDES = ["--map", "prompt=q", "--map", "answer_a=left", "--map", "answer_b=right", "--map", "label=who"]
COMMANDS = {"import_gold": GoldItem, "import_judgements": Game}


def run(command, path, *arguments):
    out = StringIO()
    call_command(command, str(path), "--arena", "trial", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("command", COMMANDS)
def test_columns_and_values_are_named_by_flags(tmp_path, command):
    rows = [ROW, ROW | {"q": "Who?", "who": "keine"}, ROW | {"q": "When?", "who": "danach"}]
    values = ["--value", "zuerst=a", "--value", "danach=b", "--value", "keine=leave_out"]
    order = ["--order", "ab"] if command == "import_judgements" else []
    said = run(command, write(tmp_path, as_csv(*rows), "file.csv"), *SIDES, *values, *order)
    assert COMMANDS[command].objects.count() == 2
    assert "1 row is left out because of its value ('keine')" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_values_without_a_column_and_fields_that_there_are_not_are_refused(tmp_path, command):
    path = write(tmp_path, as_csv(ROW), "file.csv")
    with pytest.raises(CommandError, match="name it, --map label=COLUMN"):
        run(command, path, "--value", "zuerst=a")
    with pytest.raises(CommandError, match="'colour' is not a field of this kind of file"):
        run(command, path, "--map", "colour=q")
    assert not Arena.objects.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_in_another_encoding_is_read_and_its_copy_goes(tmp_path, command):
    row = {"prompt": "Почему?", "answer_a": "Так.", "answer_b": "Нет.", "label": "a", "order": "ab"}
    path = tmp_path / "file.csv"
    path.write_bytes(as_csv(row).encode("windows-1251"))
    run(command, path, "--check", "--encoding", "windows-1251")
    run(command, path, "--encoding", "windows-1251")
    assert (COMMANDS[command].objects.count(), Prompt.objects.get().text) == (1, "Почему?")
    assert Import.objects.get().filename == "file.csv"
    assert not list(receiving.upload_folder().iterdir())
    with pytest.raises(CommandError, match="no such encoding"):
        run(command, path, "--encoding", "klingon")
    with pytest.raises(CommandError, match="not utf-16"):
        run(command, path, "--encoding", "utf-16")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_strict_import_of_what_is_right_goes_through(tmp_path, command):
    row = {"prompt": "Why?", "answer_a": "So.", "answer_b": "No.", "label": "a", "order": "ab"}
    run(command, write(tmp_path, as_csv(row), "file.csv"), "--strict")
    assert COMMANDS[command].objects.count() == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_rows_are_left_out_where_that_is_asked_for(tmp_path, command):
    good = {"prompt": "Why?", "answer_a": "So.", "answer_b": "No.", "label": "a", "order": "ab"}
    bad = {"import_gold": "label", "import_judgements": "order"}[command]
    path = write(tmp_path, as_csv(good, good | {"prompt": "Who?", bad: "z"}), "file.csv")
    with pytest.raises(CommandError, match=f"{bad} is 'z'"):
        run(command, path)
    assert "1 row is left out: line 3." in run(command, path, "--leave-out-bad-rows")
    assert COMMANDS[command].objects.count() == 1


def test_ids_that_stand_for_several_texts_are_ignored(tmp_path):
    row = {"prompt_id": "1", "prompt": "Why?", "answer_a": "So.", "answer_b": "No.", "label": "a"}
    path = write(tmp_path, as_csv(row, row | {"prompt": "Who?"}), "file.csv")
    with pytest.raises(CommandError, match="the prompt's id is '1'; another row has this id with another text"):
        run("import_gold", path)
    assert not Prompt.objects.exists()
    run("import_gold", path, "--ignore-ids")
    assert Prompt.objects.count() == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_brought_is_set_aside_and_restored_as_a_whole(tmp_path, command):
    good = {"prompt": "Why?", "answer_a": "So.", "answer_b": "No.", "label": "a", "order": "ab"}
    path = write(tmp_path, as_csv(good, good | {"prompt": "Who?"}), "file.csv")
    run(command, path, "--check")
    assert not Import.objects.exists()
    run(command, path)
    run(command, path)
    source = Import.objects.get()
    assert (source.state, source.n_rows, source.n_added, source.report["counts"]["new_prompts"]) == ("published", 2, 2, 2)
    curation.set_aside_import(source, "a wrong file", None)
    assert not COMMANDS[command].objects.filter(is_counted=True).exists()
    with pytest.raises(CommandError, match=rf"here as import {source.pk}, which is set aside; restore that one"):
        run(command, path)
    curation.restore_import(source, None)
    assert COMMANDS[command].objects.filter(is_counted=True).count() == 2


@pytest.mark.parametrize("flags", [{"ignore_ids": "--ignore-ids"}, {"strict": "--strict"}])
def test_the_page_prints_the_flags(client, flags):
    client.force_login(make_user("curator", is_staff=True))
    rows = as_csv({"prompt": "Why?", "answer_a": "So.", "answer_b": "No.", "gold": "a"})
    file = SimpleUploadedFile("file.csv", rows.encode())
    page = client.post(reverse("imports"), {"file": file, "new_arena": "Trial", **dict.fromkeys(flags, "on")})
    assert f"manage.py import_gold file.csv --arena trial {' '.join(flags.values())}" in html.unescape(page.text)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_prints_the_command_of_a_file_whose_columns_are_named(command):
    kind = {"import_gold": "labels", "import_judgements": "judgements"}[command]
    options = {"map": {"prompt": "q", "answer_a": "left", "answer_b": "right", "label": "who"}, "values": {"zuerst": "a"}}
    stored = {"kind": kind, "slug": "trial", "options": options}
    printed = as_command("file.csv", stored)
    assert printed.startswith(f"manage.py {command} file.csv --arena trial --map ")
    assert "--map label=who" in printed
    assert "--value zuerst=a" in printed
