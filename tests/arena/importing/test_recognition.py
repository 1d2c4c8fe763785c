"""No file needs a word about its format: it is told by its columns, and said with the reason; a choice goes before."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.importing.chunks import TypedFile
from arena.importing.files import receiving
from arena.importing.formats import formats_of, kind_and_format
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Arena, Battle, Competitor, Import, Prompt, Response, Vote
from tests.arena.importing.import_files import as_csv, lines, write
from tests.arena.importing.layouts_of_answers import RESPONSES
from tests.arena.importing.layouts_of_battles import BATTLES
from tests.arena.importing.layouts_of_prompts import PROMPTS
from tests.factories import make_arena, make_prompt

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "layout_files"
CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases"
COMMANDS = {"battles": "import_battles", "prompts": "import_prompts", "responses": "import_responses"}


def _run(command, *arguments):
    said = StringIO()
    call_command(command, *map(str, arguments), stdout=said)
    return said.getvalue()


def _refused(command, *arguments):
    with pytest.raises(CommandError) as refused:
        _run(command, *arguments)
    return str(refused.value)


def _asked():
    return sorted(tuple(turns) for turns in Prompt.objects.values_list("turns", flat=True))


# --- every layout through the command ----------------------------------------------------------------------------------
@pytest.mark.parametrize("case", [*BATTLES, *PROMPTS], ids=lambda case: case.file)
def test_a_file_is_imported_without_a_word_about_its_format(case):
    voters = ["--voters", "people"] if case.kind == "battles" else []  # some are named like models
    said = _run(COMMANDS[case.kind], FILES / case.file, "--arena", "new", *voters)
    assert f"Read by the format {case.format}, because of the columns " in said
    source = Import.objects.get()
    assert (source.state, source.format, source.n_rows) == ("published", case.format, len(case.rows))
    if case.kind == "battles":
        assert Vote.objects.count() == sum(len(row.votes) for row in case.rows)
        of_battles = {row.own_id or row.line for row in case.rows if row.answers is not None}
        assert Response.objects.count() == 2 * len(of_battles)
    else:
        assert _asked() == sorted(row.turns for row in case.rows)


@pytest.mark.parametrize("case", [case for case in RESPONSES if case.format != "by-row"], ids=lambda case: case.file)
def test_answers_are_imported_onto_their_prompts(case):
    arena = make_arena("new")
    keys = {row.prompt: row.asked.turns if row.asked else ("What?",) for row in case.rows if not row.brings_prompt}
    for key, turns in keys.items():
        arena.prompts.create(pool=arena.pools.get_or_create(slug="main", name="main")[0], key=key, turns=list(turns))
    said = _run("import_responses", FILES / case.file, "--arena", "new", "--competitor", "told beside")
    assert f"Read by the format {case.format}" in said
    expected = {(row.competitor, row.text) for row in case.rows}
    assert set(Response.objects.values_list("competitor__name", "text")) == expected
    assert "already imported" in _run("import_responses", FILES / case.file, "--arena", "new")


def test_shared_data_load_without_a_format(shared_data):
    assert "Read by the format pandalm" in _run("import_battles", shared_data / "pandalm" / "testset-v1.json", "--arena", "p")
    assert "Read by the format llmfao" in _run("import_battles", shared_data / "llmfao" / "llmfao.csv", "--arena", "l")
    folder = shared_data / "arena-hard-v0.1"
    assert "Read by the format arena-hard" in _run("import_prompts", folder / "question.jsonl", "--arena", "a")
    assert "Read by the format arena-hard" in _run("import_responses", folder / "gpt-4-0613.jsonl", "--arena", "a")
    assert [Import.objects.get(arena__slug=slug).n_rows for slug in "pl"] == [999, Import.objects.get(arena__slug="l").n_rows]
    assert Response.objects.filter(prompt__arena__slug="a").count() == 500


# --- what is not recognised --------------------------------------------------------------------------------------------
def test_a_file_that_is_not_recognised_is_refused_with_its_columns_and_the_formats(tmp_path):
    said = _refused("import_battles", write(tmp_path, "left_bot,right_bot,points\nx,y,1\n", "b.csv"), "--arena", "new")
    assert said.splitlines()[1].startswith(
        "b.csv, line 1: the format is not recognised; its columns are left_bot, right_bot, points; "
        "choose one of the formats chatbot-arena"
    )
    assert said.splitlines()[2] == "Or say what its columns hold: --map FIELD=COLUMN for each; --help names the fields."
    assert not Arena.objects.exists()


def test_a_file_of_another_kind_is_named_as_that(tmp_path):
    path = write(tmp_path, as_csv({"model_a": "x", "model_b": "y", "winner": "tie"}), "b.csv")
    said = _refused("import_prompts", path, "--arena", "new")
    assert "its columns are model_a, model_b, winner, which looks like battles: import it as that" in said


def test_a_choice_goes_before_what_is_recognised(tmp_path):
    path = write(tmp_path, lines({"uid": "u", "prompt": "Why?", "cluster": "x/y"}))
    _run("import_prompts", path, "--arena", "new", "--format", "jsonl")
    assert (Import.objects.get().format, Prompt.objects.get().category) == ("jsonl", "")


def test_a_run_of_helm_is_refused_as_a_file_of_agons_own(tmp_path):
    said = _refused("import_responses", FILES / "responses-helm-state.json", "--arena", "new", "--format", "jsonl")
    assert "the file is a JSON object that lists rows; the format jsonl is JSON lines or Parquet or a JSON array" in said


@pytest.mark.parametrize("content", ["", "[]", "model_a,model_b,winner\n"])
def test_a_file_without_rows_says_so(tmp_path, content):
    assert "nothing to import" in _refused("import_battles", write(tmp_path, content), "--arena", "new")


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_an_encoding_may_be_told(tmp_path, check):
    path = write(tmp_path, "prompt\nПривет\n".encode("windows-1251"), "p.csv")
    assert "the file must be UTF-8" in _refused("import_prompts", path, "--arena", "new", *check)
    assert "1 row: 1 prompt" in _run("import_prompts", path, "--arena", "new", "--encoding", "windows-1251", *check)
    assert _asked() == ([] if check else [("Привет",)])
    assert not list(receiving.upload_folder().iterdir())


@pytest.mark.parametrize(
    ("name", "said"), [("klingon", "no such encoding of texts"), ("shift_jis", "not shift_jis: it has the bytes")]
)
def test_a_wrong_encoding_is_refused(tmp_path, name, said):
    path = write(tmp_path, b"prompt\n\xff\xff\n", "p.csv")
    assert said in _refused("import_prompts", path, "--arena", "new", "--encoding", name)
    assert not list(receiving.upload_folder().iterdir())


# --- what was imported by older versions -------------------------------------------------------------------------------
OLD_KEYS = {  # as version f71f2fc and those up to 06ed123 made them
    "battles-arena-2023.json": ["75776027b3b1ba596fce934eb68a29bc", "87e76b62f8e1b5a75474d00627d530bf"],
    "battles-arena-100k.jsonl": ["a62fc3b7d32a65170f2cd27eea03d249", "a62fc3b7ab55a79a0d42c3778628ee36"],
    "battles-wsdm.csv": ["18b5606f7dcfba53e2007562fd93dfee", "ea8ef761798652eaa1cc019e2aad4f3a"],
    "battles-pandalm.json": ["e7f553573f1f79a5a3d1e2b2d7d43636", "49a95a9f9d45f5fd2c97384a09b83255"],
    "battles-llmfao.csv": ["d105e817581c17f171120eaa4b09b45b", "d105e817581c17f171120eaa4b09b45b"],
}


@pytest.mark.parametrize("name", OLD_KEYS)
def test_rows_that_were_read_before_keep_their_keys(name):
    case = next(case for case in BATTLES if case.file == name)
    rows = list(TypedFile(FILES / name, formats_of("battles")[case.format], filename=name))
    assert [key.hex() for key in row_keys(case.format, rows, Ordinals())] == OLD_KEYS[name]


def test_battles_that_came_without_texts_get_them_from_the_same_rows_with_texts(tmp_path):
    rows = json.loads((FILES / "battles-arena-2023.json").read_text())
    bare = [{name: value for name, value in row.items() if not name.startswith("conversation")} for row in rows]
    _run("import_battles", write(tmp_path, json.dumps(bare), "bare.json"), "--arena", "new")
    assert Prompt.objects.filter(content_hash="").count() == 2
    said = _run("import_battles", FILES / "battles-arena-2023.json", "--arena", "new")
    assert "Imported: 0 of 2 rows were new; 2 were here already." in said
    assert "2 battles that came without answers got them" in said
    assert (Battle.objects.count(), Vote.objects.count()) == (2, 2)
    assert not Prompt.objects.filter(content_hash="").exists()


def test_a_file_that_an_older_version_read_by_another_format_is_not_taken_in_twice():
    path = FILES / "battles-mt-bench-votes.jsonl"
    voters = ["--voters", "people"]
    _run("import_battles", path, "--arena", "new", "--format", "chatbot-arena", "--check", *voters)
    _run("import_battles", path, "--arena", "new", *voters)
    Import.objects.update(format="chatbot-arena")
    assert "already imported" in _run("import_battles", path, "--arena", "new", *voters)


# --- answers find their prompts ----------------------------------------------------------------------------------------
def test_answers_find_their_prompt_by_its_text(tmp_path):
    prompts = [{"prompt": "Name a lake."}, {"prompt": "Name a river,\nand a town."}, {"id": "q3", "prompt": "Say yes."}]
    _run("import_prompts", write(tmp_path, lines(*prompts), "prompts.jsonl"), "--arena", "new")
    answers = [
        {"prompt": "Name a lake.", "competitor": "m", "text": "Como"},
        {"prompt": " Name a river,\nand a town. ", "competitor": "m", "text": "Rhine, Bonn"},
        {"prompt": "q3", "competitor": "m", "text": "Yes"},
        {"prompt": "Say yes.", "competitor": "n", "text": "Yes!"},
    ]
    _run("import_responses", write(tmp_path, lines(*answers), "answers.jsonl"), "--arena", "new")
    assert Prompt.objects.count() == 3
    assert sorted(Response.objects.values_list("prompt__turns__0", "text")) == [
        ("Name a lake.", "Como"), ("Name a river,\nand a town.", "Rhine, Bonn"), ("Say yes.", "Yes"), ("Say yes.", "Yes!")
    ]  # fmt: skip


def test_an_id_goes_before_a_text(tmp_path):
    prompts = [{"id": "q1", "prompt": "q2"}, {"id": "q2", "prompt": "q1"}]
    _run("import_prompts", write(tmp_path, lines(*prompts), "prompts.jsonl"), "--arena", "new")
    row = {"prompt": "q1", "competitor": "m", "text": "x"}
    _run("import_responses", write(tmp_path, lines(row), "answers.jsonl"), "--arena", "new")
    assert Response.objects.get().prompt.key == "q1"


def test_a_text_that_is_no_prompt_here_is_refused(tmp_path):
    _run("import_prompts", write(tmp_path, lines({"prompt": "Name a lake."}), "prompts.jsonl"), "--arena", "new")
    row = {"prompt": "lake-2", "competitor": "m", "text": "x"}
    said = _refused("import_responses", write(tmp_path, lines(row), "answers.jsonl"), "--arena", "new")
    assert "the prompt's id is 'lake-2'; no prompt of the arena has this id or this text" in said
    said = _run("import_responses", write(tmp_path, lines({**row, "prompt": "Name a lake!"}), "texts.jsonl"), "--arena", "new")
    assert "1 prompt that is not in this arena: added with its answers, known by its text." in said


def test_a_table_with_a_column_a_model_brings_its_prompts_and_meets_those_that_are_here(tmp_path):
    make_arena("new")
    _run("import_prompts", write(tmp_path, lines({"id": "q1", "prompt": "Name a lake."}), "prompts.jsonl"), "--arena", "new")
    said = _run("import_responses", FILES / "responses-wide.csv", "--arena", "new")
    assert "Each of these columns is a model: gpt-4o, llama-3-8b." in said
    assert "1 prompt that is not in this arena: added with its answers, known by its text." in said
    assert _asked() == [("Name a lake.",), ("Name a river.",)]
    assert Prompt.objects.get(key="q1").responses.count() == 2


def test_an_id_with_another_text_is_refused_and_one_without_a_text_is_filled(tmp_path):
    arena = make_arena("new")
    make_prompt(arena, "Name a lake.", key="q1")
    bare = make_prompt(arena, key="q2")
    Prompt.objects.filter(pk=bare.pk).update(turns=[], content_hash="", text_digest="")
    row = {"id": "q1", "prompt": "Name a river.", "answers": {"m": "Rhine"}}
    said = _refused("import_responses", write(tmp_path, lines(row), "a.jsonl"), "--arena", "new")
    assert "the prompt's id is 'q1'; this prompt is in the arena with another text" in said
    _run("import_responses", write(tmp_path, lines({**row, "id": "q2"}), "a.jsonl"), "--arena", "new")
    assert Prompt.objects.count() == 2
    assert Response.objects.get().prompt.turns == ["Name a river."]


def test_columns_that_are_taken_for_models_are_asked_about(tmp_path, monkeypatch):
    make_arena("new")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert _refused("import_responses", FILES / "responses-wide.csv", "--arena", "new") == "nothing was written"
    monkeypatch.setattr("builtins.input", lambda question: "y")
    said = _run("import_responses", FILES / "responses-wide.csv", "--arena", "new")
    assert (
        "Warning: Read by the format wide, because of the columns prompt, gpt-4o, llama-3-8b. Other files have such columns, "
        "too: check the first rows, and choose another format if they are wrong."
    ) in said


def test_the_commands_say_what_else_a_file_may_hold(tmp_path):
    row = {"question": "Why?", "answer_a": "So.", "answer_b": "No.", "better": "a"}
    path = write(tmp_path, as_csv(row), "file.csv")
    said = "By its columns the file could also hold gold labels: if it does, import it as gold labels."
    assert said in _run("import_battles", path, "--arena", "new", "--check")
    assert said not in _run("import_battles", path, "--arena", "new", "--check", "--format", "pairs")  # somebody has said it


def test_answers_without_a_model_ask_for_its_name():
    make_arena("new")
    said = _refused("import_responses", FILES / "responses-lm-eval.jsonl", "--arena", "new")
    assert "competitor is missing; the file does not name the model: name the competitor beside it (--competitor NAME)" in said
    _run("import_responses", FILES / "responses-lm-eval.jsonl", "--arena", "new", "--competitor", "llama")
    assert Competitor.objects.get().name == "llama"


# --- cases -------------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
def test_the_cases_of_public_layouts_are_read(tmp_path):
    said = _run("import_battles", CASES / "08-arena-140k-winner" / "rows.jsonl", "--format", "chatbot-arena", "--arena", "c8")
    assert "2 rows: 2 battles, 2 votes" in said
    _run("import_battles", CASES / "09-conversations-are-dropped" / "rows.json", "--arena", "c9")
    for slug in ("c8", "c9"):
        assert Battle.objects.filter(arena__slug=slug).showable().count() == 2
    folder = CASES / "14-arena-hard-layouts"
    for command, name in (("import_prompts", "q.jsonl"), ("import_responses", "a1.jsonl")):
        _run(command, shutil.copy(folder / name, tmp_path), "--format", "arena-hard", "--arena", "c14")
    prompts = Prompt.objects.filter(arena__slug="c14")
    assert set(prompts.values_list("category", flat=True)) == {"hard_prompt/coding", "creative_writing/poem"}
    assert Response.objects.filter(prompt__in=prompts).count() == 2


def test_the_kind_is_recognised_too():
    told = {case.file: kind_and_format(FILES / case.file) for case in (*BATTLES, *PROMPTS, *RESPONSES)}
    wrong = {name: found for name, found in told.items() if found is None or found[0] != name.split("-")[0]}
    # The questions of AlpacaEval look like answers to them, and a column a model like columns about a prompt.
    # A run of HELM is one file: its answers bring their prompts.
    assert set(wrong) == {"responses-alpaca-eval.json", "responses-wide.csv", "prompts-helm-state.json"}
