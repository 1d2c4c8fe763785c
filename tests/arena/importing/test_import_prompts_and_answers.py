"""Prompts, and answers to them, out of files."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.importing.files.problems import ImportProblems
from arena.importing.loading.loader import load
from arena.models import Battle, Event, Import, Prompt, PromptPool, Response
from arena.texts.rendering import RENDERED_BY, turns_of
from tests.arena.importing.import_files import checked, imported, lines, n_rows, registered, write
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db

LAYOUTS = Path(__file__).parent / "layout_files"


def _prompts(tmp_path, arena, *rows):
    return imported(write(tmp_path, lines(*rows)), "jsonl", arena, kind="prompts")


def _answers(tmp_path, arena, *rows):
    return imported(write(tmp_path, lines(*rows)), "jsonl", arena, kind="responses")


def test_arena_hards_answers_come_onto_its_questions(shared_data):
    arena = make_arena("arena-hard")
    folder = shared_data / "arena-hard-v0.1"
    questions = imported(folder / "question.jsonl", "arena-hard", arena, kind="prompts")
    assert (questions.state, arena.prompts.count()) == (Import.State.PUBLISHED, 500)
    for name in ("gpt-4-0314", "gpt-4-0613", "gpt-3.5-turbo-0125"):
        imported(folder / f"{name}.jsonl", "arena-hard", arena, kind="responses")
    answers = Response.objects.filter(prompt__arena=arena)
    assert answers.count() == 1_500
    assert set(answers.values_list("competitor__name", flat=True)) == {"gpt-4-0314", "gpt-4-0613", "gpt-3.5-turbo-0125"}
    assert not answers.filter(html="").exclude(text="").exists()


def test_a_run_of_helm_brings_its_questions_or_meets_those_that_are_here():
    for arena, kinds in ((make_arena(slug="alone"), ["responses"]), (make_arena(slug="both"), ["prompts", "responses"])):
        for kind in kinds:
            imported(LAYOUTS / f"{kind}-helm-state.json", "helm-state", arena, kind=kind)
        asked = {prompt.key: prompt.reference for prompt in arena.prompts.all()}
        assert asked == {"id12": "Como", "id13": ""}
        rows = Response.objects.filter(prompt__arena=arena, prompt__key="id12").order_by("repeat")
        assert list(rows.values_list("text", "finish")) == [
            ("A. Como", "stop"), (" It is Como, by", "length"), ("B. Rhine", "stop"), ("", "failed"),
        ]  # fmt: skip
        imported(LAYOUTS / "responses-helm-state.json", "helm-state", arena, kind="responses")
        assert rows.count() == 4


def test_a_prompt_is_rendered_hashed_and_its_language_recognised(tmp_path):
    arena = make_arena()
    source = _prompts(tmp_path, arena, {"id": "p1", "prompt": "Wie heißt die **Hauptstadt** von Frankreich?"})
    prompt = Prompt.objects.get()
    assert (prompt.language, prompt.status, prompt.pool.slug) == ("de", "active", "jsonl")
    assert "<strong>Hauptstadt</strong>" in prompt.html
    assert prompt.content_hash == Prompt.hash_of(prompt.turns)
    assert "1 prompt without a language: recognised from the text." in source.report["notes"]


def test_prompts_go_into_the_pool_that_was_named(tmp_path):
    arena = make_arena()
    source = registered(write(tmp_path, lines({"id": 1, "prompt": "One?"})), "jsonl", arena, kind="prompts")
    Import.objects.filter(pk=source.pk).update(options={"pool": "hard"})
    imported(write(tmp_path, lines({"id": 1, "prompt": "One?"})), "jsonl", arena, kind="prompts")
    assert Prompt.objects.get().pool == PromptPool.objects.get(arena=arena, slug="hard")


def test_known_prompts_stay_as_they_are(tmp_path):
    arena = make_arena()
    known = make_prompt(arena, "One?", key="p1", category="old")
    rows = {"id": "p1", "prompt": "One?", "category": "new"}, {"prompt": "One?"}, {"id": "p2", "prompt": "One?"}
    source = _prompts(tmp_path, arena, *rows)
    assert source.n_added == 1
    known.refresh_from_db()
    assert known.category == "old"
    assert "2 prompts are in this arena already and stay as they are." in source.report["notes"]


def test_a_prompt_known_by_its_number_gets_its_text_and_the_ledger_its_new_language(tmp_path):
    arena = make_arena()
    bare = Prompt.objects.create(arena=arena, pool=make_prompt(arena).pool, key="p1", turns=[], status="draft")
    source = _prompts(tmp_path, arena, {"id": "p1", "prompt": "Why is the sky blue at noon?", "category": "facts"})
    bare.refresh_from_db()
    assert (bare.text, bare.status, bare.category, source.n_added) == ("Why is the sky blue at noon?", "active", "facts", 1)
    event = Event.objects.get()
    assert (event.kind, event.before, event.after) == ("prompt_filed", "|", "en|facts")


def test_a_prompt_with_another_text_is_refused_by_the_load_too(tmp_path):
    arena = make_arena()
    source = registered(write(tmp_path, lines({"id": "p1", "prompt": "One?"})), "jsonl", arena, kind="prompts")
    make_prompt(arena, "Other?", key="p1")
    load(source.pk)
    source.refresh_from_db()
    assert (source.state, source.n_done) == (Import.State.FAILED, 0)
    assert "this prompt is in the arena with another text" in source.error


def test_an_answer_has_its_features_and_its_measures(tmp_path):
    arena = make_arena()
    make_prompt(arena, key="p1")
    row = {"prompt": "p1", "competitor": "m", "text": "# Yes\n\n- **so**", "tokens_out": 5, "latency_ms": 7, "cost": 0.09}
    _answers(tmp_path, arena, row)
    answer = Response.objects.get()
    assert (answer.n_characters, answer.n_headers, answer.n_list_items, answer.n_bold) == (15, 1, 1, 1)
    assert (answer.tokens_out, answer.latency_ms, answer.cost, answer.finish, answer.repeat) == (5, 7, 90_000, "stop", 0)
    assert "<strong>so</strong>" in answer.html


@pytest.mark.parametrize(
    "text", ["", "   \n\t", "\u200b", "\ufeff", "<think>Let me see.</think>", "<think>Let me see.</think>\n\n"]
)
def test_an_answer_without_a_text_is_kept_as_failed_and_named(tmp_path, text):
    arena = make_arena()
    make_prompt(arena, key="p1")
    source = _answers(
        tmp_path, arena,
        {"prompt": "p1", "competitor": "m", "text": "something"}, {"prompt": "p1", "competitor": "n", "text": text},
    )  # fmt: skip
    assert list(Response.objects.order_by("competitor__name").values_list("finish", flat=True)) == ["stop", "failed"]
    (note,) = [note for note in source.report["notes"] if "without a text" in note]
    assert note == "1 answer without a text, in line 2: kept as failed, and never served."


def test_what_was_thought_before_an_answer_is_kept_beside_it(tmp_path):
    arena = make_arena()
    make_prompt(arena, key="p1")
    source = _answers(
        tmp_path, arena,
        {"prompt": "p1", "competitor": "one", "text": "<think>\n[[A]] is me.\n</think>\n\nFour."},
        {"prompt": "p1", "competitor": "two", "text": "In XML <think> is a tag like any other."},
        {"prompt": "p1", "competitor": "zwei", "turns": ["<think>Hm.</think>One.", "<think>Ha.</think>Two."]},
    )  # fmt: skip
    said = Response.objects.order_by("competitor__name").values_list("text", "turns", "aside__thinking")
    assert list(said) == [
        ("Four.", [], "<think>\n[[A]] is me.\n</think>"),
        ("In XML <think> is a tag like any other.", [], None),
        ("One.\n\nTwo.", ["One.", "Two."], "<think>Hm.</think>\n\n<think>Ha.</think>"),
    ]
    assert any(note.startswith("2 answers with the model's thinking: kept apart") for note in source.report["notes"])


def test_thinking_in_a_file_of_battles_with_texts_is_kept_beside_the_answers(shared_data, tmp_path):
    rows = json.loads((shared_data / "pandalm" / "testset-v1.json").read_text())[:1]
    rows[0]["response1"] = f"<think>Hm.</think>{rows[0]['response1']}"
    imported(write(tmp_path, json.dumps(rows)), "pandalm", make_arena())
    assert sorted(Response.objects.values_list("aside__thinking", flat=True), key=str) == ["<think>Hm.</think>", None]
    assert not Response.objects.filter(text__contains="<think>").exists()


@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", "<think>Nothing came of it.</think>"])
def test_an_empty_answer_in_a_file_of_battles_is_kept_as_failed_and_named_and_its_votes_count(shared_data, tmp_path, nothing):
    rows = json.loads((shared_data / "pandalm" / "testset-v1.json").read_text())[:3]
    rows[1]["response1"] = nothing
    arena = make_arena()
    source = imported(write(tmp_path, lines(*rows)), "pandalm", arena)
    empty = Response.objects.get(finish="failed")
    assert (empty.text.strip("\u200b \n"), Battle.objects.showable().count()) == ("", 3)
    told = "1 pair with an empty answer, in line 2: what was said of it counts, and the answer is kept as failed; no voter is "
    assert f"{told}shown it, and no judge is asked." in source.report["notes"]
    thought = "1 answer with the model's thinking: kept apart from the answer, and never shown to voters or judges."
    assert (thought in source.report["notes"]) == ("<think>" in nothing)
    assert n_rows(arena) == (3, 9, 9)


def test_another_text_of_the_same_competitor_is_a_repeat_and_the_same_text_is_not(tmp_path):
    arena = make_arena()
    known = make_response(make_prompt(arena, key="p1"), make_competitor(arena, "m"), "one")
    row = {"prompt": "p1", "competitor": "m"}
    source = _answers(tmp_path, arena, *({**row, "text": text} for text in ("two", "one", "three", "two")))
    assert source.n_added == 2
    assert list(known.prompt.responses.order_by("repeat").values_list("repeat", "text")) == [
        (0, "one"),
        (1, "two"),
        (2, "three"),
    ]
    assert "1 answer is in this arena already and stays as it is." in source.report["notes"]


def test_a_repeat_that_is_taken_by_another_text_is_refused(tmp_path):
    arena = make_arena()
    make_response(make_prompt(arena, key="p1"), make_competitor(arena, "m"), "one")
    row = {"prompt": "p1", "competitor": "m", "repeat": 0, "text": "two"}
    with pytest.raises(ImportProblems, match="this repeat of the answer is in the arena with another text"):
        checked(write(tmp_path, lines(row)), "jsonl", kind="responses", arena=arena)
    twice = write(tmp_path, lines({**row, "repeat": 5}, {**row, "repeat": 5, "text": "three"}))
    with pytest.raises(ImportProblems, match="one repeat of an answer has one text, and line 1 has another"):
        checked(twice, "jsonl", kind="responses", arena=arena)


def test_an_answer_to_a_prompt_that_is_not_here_is_refused(tmp_path):
    arena, other = make_arena(), make_arena()
    make_prompt(other, key="p1")
    with pytest.raises(ImportProblems, match="file, line 1: the prompt's id is 'p1'; no prompt of the arena has this id"):
        checked(
            write(tmp_path, lines({"prompt": "p1", "competitor": "m", "text": "x"})), "jsonl", kind="responses", arena=arena
        )


def test_no_script_and_no_remote_image_comes_through(tmp_path):
    arena = make_arena()
    evil = "<script>alert(1)</script> ![x](https://evil.example/x.png) [y](javascript:alert(2)) <img src=x onerror=alert(3)>"
    _prompts(tmp_path, arena, {"id": "p1", "prompt": evil})
    _answers(tmp_path, arena, {"prompt": "p1", "competitor": evil[:100], "text": evil})
    for row in (Prompt.objects.get(), Response.objects.get()):
        assert "<script" not in row.html
        assert "<img" not in row.html
        assert 'href="javascript' not in row.html


def test_prompts_and_answers_are_no_evidence(tmp_path):
    arena = make_arena()
    _prompts(tmp_path, arena, {"id": "p1", "prompt": "One?"})
    _answers(tmp_path, arena, {"prompt": "p1", "competitor": "m", "text": "x"})
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["gpt-4-0314.jsonl"])
def test_large_texts_make_small_transactions(shared_data, monkeypatch, name):
    monkeypatch.setattr("arena.importing.chunks.MOST_TEXT_A_TRANSACTION", 20_000)
    arena = make_arena()
    folder = shared_data / "arena-hard-v0.1"
    imported(folder / "question.jsonl", "arena-hard", arena, kind="prompts")
    source = imported(folder / name, "arena-hard", arena, kind="responses")
    assert (source.n_done, source.n_added) == (500, 500)


def test_an_answer_of_several_turns_is_shown_turn_by_turn(tmp_path):
    arena = make_arena()
    make_prompt(arena, key="p1")
    _answers(tmp_path, arena, {"prompt": "p1", "competitor": "one", "turns": ["first **turn**", "second", "third"]})
    answer = Response.objects.get()
    assert [turn.count("<p") for turn in turns_of(answer)] == [1, 1, 1]
    answer.refresh_from_db()
    assert answer.rendered_by == RENDERED_BY
    assert "third" in turns_of(answer)[2]


def test_answers_may_name_prompts_by_the_rows_of_their_file(tmp_path):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("prompt\nName a lake.\nName a river.\n")
    answers = tmp_path / "answers.csv"
    answers.write_text("nr,said\n2,Rhine\n1,Como\n")
    flags = ["--arena", "rows", "--map", "prompt_row=nr", "--map", "text=said", "--competitor", "ann"]
    call_command("import_prompts", str(prompts), "--arena", "rows")
    call_command("import_responses", str(answers), *flags)
    told = Response.objects.values_list("prompt__turns", "text")
    assert sorted(told) == [(["Name a lake."], "Como"), (["Name a river."], "Rhine")]


def test_agons_own_layout_names_prompts_by_rows_too(tmp_path, capsys):
    prompts, answers, bare = (tmp_path / name for name in ("prompts.csv", "answers.jsonl", "bare.csv"))
    prompts.write_text("prompt\nName a lake.\nName a river.\n")
    answers.write_text(
        '{"prompt_row": 2, "model": "ann", "answer": "Rhine"}\n{"prompt_row": 1, "model": "ann", "answer": "Como"}\n'
    )
    bare.write_text("prompt row,competitor,text\n3,bob,Nile\n")
    call_command("import_prompts", str(prompts), "--arena", "rows")
    call_command("import_responses", str(answers), "--arena", "rows")
    told = Response.objects.values_list("prompt__turns", "text")
    assert sorted(told) == [(["Name a lake."], "Como"), (["Name a river."], "Rhine")]
    with pytest.raises(CommandError, match="the row of the prompt is 3; no prompt has this row number"):
        call_command("import_responses", str(bare), "--arena", "rows")


def test_rows_name_no_prompts_where_they_could_name_others(tmp_path):
    """A text that stands twice is one prompt: the rows below it would be one off."""
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("prompt\nName a lake.\nName a lake.\nName a river.\n")
    answers = tmp_path / "answers.csv"
    answers.write_text("nr,said\n2,Rhine\n")
    call_command("import_prompts", str(prompts), "--arena", "rows")
    flags = ["--arena", "rows", "--map", "prompt_row=nr", "--map", "text=said", "--competitor", "ann"]
    with pytest.raises(CommandError, match="no prompt has this row number"):
        call_command("import_responses", str(answers), *flags)
