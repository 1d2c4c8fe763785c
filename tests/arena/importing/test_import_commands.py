"""The commands: what they say, and that they exit with 2 and one clear line where something is wrong."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, load_command_class

from arena.evidence import curation
from arena.importing.files import receiving
from arena.importing.formats import formats_of
from arena.importing.samples import SAMPLES
from arena.models import Arena, Battle, Import, Prompt, Response
from tests.arena.importing.import_files import BATTLES, lines, n_rows, write
from tests.factories import make_arena, make_prompt
from tests.machine import migrated_machine

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


def _run(command, *arguments):
    said = StringIO()
    call_command(command, *map(str, arguments), stdout=said)
    return said.getvalue()


def _refused(command, *arguments):
    with pytest.raises(CommandError) as refused:
        _run(command, *arguments)
    assert refused.value.returncode == 2
    return str(refused.value)


@pytest.fixture
def battles(tmp_path):
    return write(tmp_path, BATTLES + "x,y,tie,q1,v\nx,z,model_a,q1,v\n", "battles.csv")


def test_import_battles_makes_the_arena_and_says_what_it_did(battles):
    said = _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new", "--name", "A new one")
    arena = Arena.objects.get(slug="new")
    assert (arena.name, arena.board_visibility, arena.content_visibility, arena.voting) == (
        "A new one",
        "public",
        "curators",
        "accounts",
    )
    assert "2 rows: 2 battles, 2 votes, 3 models, 3 new models, 1 prompt, 1 voter." in said
    assert "Imported: 2 of 2 rows were new." in said
    assert "/arenas/new/" in said
    assert "manage.py publish_leaderboard new" in said
    assert n_rows(arena) == (2, 2, 2)


def test_the_same_file_again_adds_nothing_and_says_so(battles):
    for _ in range(2):
        said = _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")
    assert "This file was already imported on " in said
    assert "(2 rows): nothing was added." in said
    assert Battle.objects.count() == 2
    assert not list(receiving.upload_folder().iterdir())


def test_a_file_that_was_set_aside_is_not_brought_back_by_importing_it(battles):
    _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")
    curation.set_aside_import(Import.objects.get(), "bots", None)
    said = _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")
    assert "is set aside: nothing was added. Restore it at /import/" in said


def test_a_failed_import_is_tried_again(battles):
    _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")
    Import.objects.update(state=Import.State.FAILED, error="disk full")
    receiving.keep_path(battles)
    assert "Imported: 2 of 2 rows were new." in _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")


def test_check_writes_nothing(battles):
    said = _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new", "--check")
    assert "2 rows: 2 battles" in said
    assert "Nothing was written" in said
    assert not Arena.objects.exists()
    assert not list(receiving.upload_folder().iterdir())


def test_a_wrong_file_is_refused_with_every_problem_and_nothing_is_written(tmp_path):
    path = write(tmp_path, BATTLES + "x,y,model_c,q,v\nx,,tie,q,v\n", "battles.csv")
    said = _refused("import_battles", path, "--format", "chatbot-arena", "--arena", "new")
    assert said.splitlines() == [
        "battles.csv was not imported.",
        "battles.csv, line 2: winner is 'model_c'; allowed are model_a, model_b, tie, tie (bothbad), both_bad, or the name of "
        "one of the two models; also answer a, model a, response 1, a is better, left, first, a>b (and so for b); equal, same, "
        "draw, both, both good, a=b; neither, both bad, in upper or lower case",
        "battles.csv, line 3: model_b is empty; a name is needed",
    ]
    assert not Arena.objects.exists()
    assert not Import.objects.exists()
    assert not list(receiving.upload_folder().iterdir())


@pytest.mark.parametrize(("n", "rest"), [(3_000, "2,900 more problems"), (101, "1 more problem")])
def test_thousands_of_problems_are_a_hundred_and_a_number(tmp_path, n, rest):
    path = write(tmp_path, BATTLES + "".join(f"x,y,model_{number},q,v\n" for number in range(3, n + 3)))
    said = _refused("import_battles", path, "--format", "chatbot-arena", "--arena", "new").splitlines()
    assert len(said) == 102
    assert said[-1] == f"... and {rest}; correct these first"


def test_a_wrong_call_is_one_clear_line(tmp_path, battles):
    nowhere = tmp_path / "nowhere.csv"
    calls = [
        (("import_battles", nowhere, "--format", "llmfao", "--arena", "a"), f"{nowhere}: No such file or directory"),
        (("import_battles", tmp_path, "--format", "llmfao", "--arena", "a"), f"{tmp_path}: Is a directory"),
        (("import_battles", nowhere, "--format", "llmfao", "--arena", "a", "--check"), f"{nowhere}: No such file or directory"),
        (
            ("import_battles", battles, "--format", "lmsys", "--arena", "a"),
            "--format lmsys: no such format of battles. Available: chatbot-arena, arena-sessions, llmfao, pandalm, pairs, "
            "battles, kaggle-pairs, mt-bench-votes, alpaca-annotations, argilla, argilla-table, label-studio, "
            "label-studio-rows",
        ),
        (
            ("import_battles", battles, "--format", "llmfao", "--arena", "a b"),
            "--arena a b: letters, digits, - and _ are allowed",
        ),
        (("import_prompts", battles, "--arena", "a", "--pool", "a b"), "--pool a b: letters, digits, - and _ are allowed"),
    ]
    for call, said in calls:
        assert _refused(*call) == said


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_what_never_ends_is_refused_before_a_byte_is_read(tmp_path, settings, check):
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        said = _refused("import_battles", path, "--format", "llmfao", "--arena", "a", *check)
        assert said == f"{path}: not a regular file; write its output into a file and import that"
    assert not list(Path(settings.UPLOAD_FOLDER).glob("*"))


def test_the_process_exits_with_2_and_without_a_traceback(tmp_path):
    command = [sys.executable, "manage.py", "import_battles", "nowhere.csv", "--format", "llmfao", "--arena", "a"]
    done = subprocess.run(command, cwd=ROOT, env=migrated_machine(tmp_path).env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "CommandError: nowhere.csv: No such file or directory"


def test_prompts_and_their_answers(tmp_path):
    prompts = write(tmp_path, lines({"id": "p1", "prompt": "Why is the sky blue at noon?"}), "prompts.jsonl")
    answers = write(tmp_path, "prompt,competitor,text\np1,m,Because.\n", "answers.csv")
    said = _run("import_prompts", prompts, "--arena", "new", "--pool", "hard")
    assert "manage.py import_responses FILE --arena new" in said
    assert Prompt.objects.get().pool.slug == "hard"
    assert "Imported: 1 of 1 row" in _run("import_responses", answers, "--arena", "new", "--format", "csv")
    assert Response.objects.get().text == "Because."


@pytest.mark.parametrize(("name", "content"), [("jsonl", "id,prompt\np,Why?\n"), ("csv", '{"id": "p", "prompt": "Why?"}\n')])
def test_the_shape_of_a_file_says_which_of_agons_formats_it_has(tmp_path, name, content):
    other = {"jsonl": "csv", "csv": "jsonl"}[name]
    path = write(tmp_path, content)
    for call in (("--check",), ()):
        said = _run("import_prompts", path, "--arena", "new", "--format", name, *call)
        assert f"read by the format {other}." in said
    assert Import.objects.get().format == other
    assert "already imported" in _run("import_prompts", path, "--arena", "new", "--format", name)
    assert "already imported" in _run("import_prompts", path, "--arena", "new", "--format", other)


def test_a_format_of_others_is_not_changed(tmp_path):
    path = write(tmp_path, "uid,prompt\np1,Why?\n")
    assert "the format arena-hard is" in _refused("import_prompts", path, "--arena", "new", "--format", "arena-hard")


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("import_prompts", "csv: turns or prompt; if there: archived_at, category, formula_safe, id, language"),
        ("import_responses", "csv: prompt, competitor, text; if there: archived_at, cost, finish"),
        ("import_battles", "chatbot-arena: model_a, model_b, winner; if there: anony, category_tag, conversation_a"),
    ],
)
def test_help_names_the_columns_and_where_formats_are_described(command, columns):
    told = load_command_class("arena", command).create_parser("manage.py", command).format_help()
    assert columns in told
    assert "Default: recognised from the columns, and reported" in " ".join(told.split())
    assert "; see https://" in told


def test_a_person_is_asked_before_a_file_is_written_that_most_likely_is_not_meant(tmp_path, battles, monkeypatch):
    _run("import_battles", battles, "--format", "chatbot-arena", "--arena", "new")
    path = write(tmp_path, "prompt\nWhy?\n", "prompts.csv")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert _refused("import_prompts", path, "--arena", "new") == "nothing was written"
    assert not Prompt.objects.exclude(content_hash="").exists()
    monkeypatch.setattr("builtins.input", lambda question: "y")
    said = _run("import_prompts", path, "--arena", "new")
    assert "Warning: 1 prompt of this arena has an id and no text ('q1'), and this file gives no ids" in said
    assert "\n1 prompt has an id and no text" in said


def test_unknown_prompts_are_one_line_whatever_their_number(tmp_path):
    make_prompt(make_arena("new"), key="p1")
    rows = "".join(f"q{number % 20},m{number},x\n" for number in range(60))
    said = _refused("import_responses", write(tmp_path, "prompt,competitor,text\n" + rows, "a.csv"), "--arena", "new")
    named = ", ".join(f"'q{number}'" for number in range(10))
    assert said.splitlines() == [
        "a.csv was not imported.",
        f"a.csv, line 2: the prompt of 60 rows is 20 unknown prompts: {named} and 10 more; no prompt of the arena has this id "
        "or this text: import the prompts first (manage.py import_prompts); ids that are here: 'p1'",
    ]


def test_the_samples_fit_each_other(tmp_path):
    for kind, command in (("prompts", "import_prompts"), ("responses", "import_responses"), ("battles", "import_battles")):
        path = write(tmp_path, SAMPLES[kind], f"{kind}.csv")
        more = ("--format", "chatbot-arena") if kind == "battles" else ()
        said = _run(command, path, "--arena", "mine", *more)
    assert "4 battles that came without answers got them" in said
    assert Battle.objects.showable().count() == 4


def test_the_shipped_sample_prompts_can_be_imported():
    paths = sorted((ROOT / "arena" / "sample" / "prompts").glob("*.jsonl"))
    assert paths
    for path in paths:
        assert "Imported: " in _run("import_prompts", path, "--arena", "sample-again")
    assert Prompt.objects.count() == sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
    assert Prompt.objects.exclude(verifier__isnull=True).exists()


def test_make_battles_gives_the_same_file_for_the_same_seed(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for path in (one, two):
        _run("make_battles", "--battles", 2000, "--competitors", 7, "--prompts", 30, "--seed", 3, "--out", path)
    assert one.read_bytes() == two.read_bytes()
    said = _run("import_battles", one, "--format", "chatbot-arena", "--arena", "made")
    assert "2,000 battles, 2,000 votes, 7 models, 7 new models, 30 prompts, 2 voters" in said


def test_make_battles_says_what_it_needs(tmp_path):
    assert "at least 1 battle, 2 competitors and 1 prompt" in _refused(
        "make_battles", "--competitors", 1, "--out", tmp_path / "x"
    )
    assert "Is a directory" in _refused("make_battles", "--out", tmp_path)


def test_simulated_battles_overwrite_a_file_only_if_told(tmp_path):
    path = tmp_path / "battles.csv"
    path.write_text("mine")
    told = _refused("make_battles", "--battles", 3, "--out", path)
    assert f"{path} exists already" in told
    assert "--overwrite" in told
    assert path.read_text() == "mine"
    _run("make_battles", "--battles", 3, "--out", path, "--overwrite")
    assert path.read_text().startswith("model_a,model_b,winner")


def test_answers_say_where_to_vote_once_a_pair_can_be_served(tmp_path):
    arena = make_arena("here")
    make_prompt(arena, key="p1")
    for name, is_told in (("m", False), ("n", True)):
        path = write(tmp_path, lines({"prompt": "p1", "competitor": name, "text": f"by {name}"}), f"{name}.jsonl")
        said = _run("import_responses", path, "--arena", "here")
        assert ("/arenas/here/vote/" in said) == is_told
        assert "Imported: 1 of 1 row was new." in said


@pytest.mark.parametrize("kind", Import.Kind.values)
def test_help_names_columns_that_a_file_can_have(kind):
    """Names of fields that no file has, such as one in words, are for the code alone."""
    for each in formats_of(kind).values():
        described = each.columns()
        columns = described.partition("if there: ")[2].partition(";")[0].split(", ")
        assert not [name for name in columns if " " in name], each
        for part in described.split("; "):
            name, also, words = part.removeprefix("for ").partition(" also ")
            assert not also or name not in words.split(", "), part
    assert "id beside the prompt" not in "".join(each.columns() for each in formats_of(kind).values())


def test_help_says_by_which_columns_a_prompts_id_is_told_beside_its_text():
    assert "; for the prompt's id: question_id, prompt_id, uid, key; " in formats_of("responses")["jsonl"].columns()
