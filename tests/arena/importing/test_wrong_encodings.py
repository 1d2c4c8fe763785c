"""Files and texts in a wrong encoding: said with the lines, the candidates and what to do, and never changed by a guess."""

import json

import pytest
from django.core.management import CommandError, call_command

from arena.importing.checks.whole_file import check
from arena.importing.files.problems import ImportProblems
from arena.models import Arena
from tests.arena.importing.import_files import write

pytestmark = pytest.mark.django_db

RUSSIAN, CHINESE, JAPANESE = "Какая столица у Франции?", "法国的首都是哪里？", "フランスの首都はどこですか。"
ASCII = "An answer in plain words that makes the file mostly Latin as answers of models in English are. " * 2


def _odd(path, kind="prompts", **options):
    report = check(path, kind=kind, format_name="", filename=path.name, arena=None, options=options)
    return [(odd.line, str(odd.note)) for odd in report.odd]


def _prompts(*texts):
    return "".join(json.dumps({"id": f"q{n}", "prompt": text}, ensure_ascii=False) + "\n" for n, text in enumerate(texts))


def test_utf8_read_as_latin_is_named_with_its_first_lines(tmp_path):
    path = write(tmp_path, _prompts("Größe", "GrÃ¶ÃŸe", "ÐŸÑ€Ð¸Ð²ÐµÑ‚"), "file.jsonl")
    assert _odd(path) == [
        (
            2,
            "2 rows with texts in UTF-8 that were read as Latin-1 ('GrÃ¶ÃŸe' in place of 'Größe'), in lines 2, 3. If you gave "
            "an encoding, give utf-8; if not, the file was saved like this: save it again from its source.",
        )
    ]


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "windows-1251"), (CHINESE, "gbk")])
def test_other_encodings_are_named_with_what_to_pass(tmp_path, text, encoding):
    path = write(tmp_path, _prompts("Größe", text.encode(encoding).decode("latin-1")), "file.jsonl")
    ((line, said),) = _odd(path)
    assert line == 2
    assert said.startswith(f"1 row with a text that looks like {encoding} read as Latin-1 (")
    assert text in said
    assert said.endswith(f"or give its encoding at the command line: --encoding {encoding}.")


def test_a_file_that_was_read_as_windows_1252_and_says_otherwise_names_the_candidates(tmp_path):
    path = write(tmp_path, f"prompt,reference\n{RUSSIAN},{ASCII}\n".encode("windows-1251"), "file.csv")
    report = check(path, kind="prompts", format_name="", filename="file.csv", arena=None, options={})
    assert any("The file is not UTF-8: read as Windows-1252" in note for note in report.notes)
    assert ["--encoding windows-1251" in str(odd.note) for odd in report.odd] == [True]


def test_battles_in_such_a_file_are_named_and_come_in_with_their_encoding(tmp_path):
    text = f"question,answer_a,answer_b,better\n{RUSSIAN},{ASCII},{ASCII}!,a\n"
    path = write(tmp_path, text.encode("windows-1251"), "file.csv")
    ((line, said),) = _odd(path, "battles")
    assert (line, "--encoding windows-1251" in said) == (2, True)
    with pytest.raises(CommandError, match="looks like windows-1251"):
        call_command("import_battles", str(path), "--arena", "new", "--strict")
    call_command("import_battles", str(path), "--arena", "new", "--strict", "--encoding", "windows-1251")
    assert Arena.objects.get().prompts.get().turns == [RUSSIAN]


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "windows-1251"), (CHINESE, "gbk"), (JAPANESE, "shift_jis")])
def test_a_file_that_cannot_be_read_names_the_candidates(tmp_path, text, encoding):
    path = write(tmp_path, f"id,prompt\n1,{text * 20}\n".encode(encoding), "file.csv")
    with pytest.raises(ImportProblems, match=f"--encoding NAME reads others: these bytes look like .*{encoding}"):
        check(path, kind="prompts", format_name="", filename="file.csv", arena=None)


def test_judgements_and_labels_are_looked_at_too(tmp_path):
    garbled = RUSSIAN.encode("windows-1251").decode("latin-1")
    label = {"prompt": garbled, "answer_a": "Paris.", "answer_b": "Lyon.", "label": "a"}
    for kind, more in (("labels", {}), ("judgements", {"order": "ab", "judge": "j"})):
        path = write(tmp_path, json.dumps(label | more) + "\n", f"{kind}.jsonl")
        ((line, said),) = _odd(path, kind)
        assert (line, "looks like windows-1251" in said) == (1, True)
        with pytest.raises(ImportProblems, match="looks like windows-1251"):
            _odd(path, kind, strict=True)


@pytest.mark.parametrize(
    ("kind", "text", "lines"),
    [
        (
            "battles",
            "model_a,model_b,winner,question_id,judge\na,b,model_a,1,7\na,b,model_a,2,7.0\na,b,model_b,1.0,8\n",
            "3, 4",
        ),
        ("responses", "prompt,competitor,text\n1,m,x\n2.0,m,y\n1.0,m,z\n", "4"),
        ("prompts", "id,prompt\n1.0,One?\n1,Two?\n", "2"),
    ],
)
def test_ids_in_two_spellings_are_named(tmp_path, kind, text, lines):
    path = write(tmp_path, text, "file.csv")
    arena = Arena.objects.create(slug="a", name="a") if kind == "responses" else None
    if arena:
        pool = arena.pools.create(slug="main", name="main")
        for key in ("1", "2.0", "1.0"):
            arena.prompts.create(pool=pool, key=key, turns=[f"What is {key}?"])
    report = check(path, kind=kind, format_name="", filename="file.csv", arena=arena)
    (said,) = [str(odd.note) for odd in report.odd if "with .0" in str(odd.note)]
    assert f"first in line{'s' if ',' in lines else ''} {lines}: taken as" in said


def test_numbers_with_a_point_alone_are_nothing_odd(tmp_path):
    assert not _odd(write(tmp_path, "id,prompt\n1.0,One?\n2.0,Two?\n3.5,Three?\n", "file.csv"))
