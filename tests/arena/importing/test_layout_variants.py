"""Published layouts as other tools save them: the same values must come of them."""

import csv
import io
import json

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import header_of
from arena.importing.formats import NotRecognised, formats_of, reading_format
from arena.importing.formats.battles.labelled import outcome_of
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.outcomes import Outcome
from tests.arena.importing.test_layouts import BY_NAME, FILES


def rows_of(path, kind, name):
    file = TypedFile(path, formats_of(kind)[name], filename=path.name)
    return list(file), [str(problem) for problem in file.problems.first]


def test_times_in_milliseconds_are_those_of_the_published_file(tmp_path):
    """As pandas writes them with to_json."""
    case = BY_NAME["battles-arena-140k.jsonl"]
    rows = [json.loads(line) for line in (FILES / case.file).read_text().splitlines()]
    changed = [row | {"timestamp": round(each.happened * 1000)} for row, each in zip(rows, case.rows, strict=True)]
    (tmp_path / "file.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    read, problems = rows_of(tmp_path / "file.jsonl", "battles", "chatbot-arena")
    assert ([row.happened for row in read], problems) == ([row.happened for row in case.rows], [])


def test_winners_of_one_column_each_may_be_numbers_with_a_point(tmp_path):
    case = BY_NAME["battles-kaggle-55k.csv"]
    rows = list(csv.DictReader(io.StringIO((FILES / case.file).read_text())))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows({name: f"{cell}.0" if name.startswith("winner") else cell for name, cell in row.items()} for row in rows)
    (tmp_path / "file.csv").write_bytes(text.getvalue().encode())
    read, problems = rows_of(tmp_path / "file.csv", "battles", "kaggle-pairs")
    assert ([row.votes for row in read], problems) == ([row.votes for row in case.rows], [])


def test_choices_as_python_prints_them_are_refused_with_their_cure(tmp_path):
    (tmp_path / "file.csv").write_text("question,choices,answer\nWhich?,\"['one', 'two']\",A\n")
    _, problems = rows_of(tmp_path / "file.csv", "prompts", "multiple-choice")
    assert "a list of 2 to 26 texts is needed; this one is written as Python prints it: write JSON" in problems[0]


@pytest.mark.parametrize(("chosen", "outcome"), [("Response 1", Outcome.A), ("answer 2", Outcome.B), ("response-2", Outcome.B)])
def test_labels_of_a_form_name_the_side(tmp_path, chosen, outcome):
    task = {
        "id": 1, "data": {"prompt": "Name a lake.", "answer1": "Como", "answer2": "Alps"},
        "annotations": [{"completed_by": 1, "result": [{"type": "choices", "value": {"choices": [chosen]}}]}],
    }  # fmt: skip
    (tmp_path / "file.json").write_text(json.dumps([task]))
    read, problems = rows_of(tmp_path / "file.json", "battles", "label-studio")
    assert ([vote.outcome for row in read for vote in row.votes], problems) == ([outcome], [])


def test_the_note_on_the_first_side_names_no_columns_that_the_file_has_not(tmp_path):
    pairs = formats_of("battles")["pairs"](tmp_path / "file.csv")
    assert str(pairs.notes()[0]) == "The first model and answer of each row are taken as what was shown first."


# --- tables without a header --------------------------------------------------------------------------------------------
MMLU = 'What is 2 + 2?,3,4,5,6,B\n"Which, of these, is a lake?",Como,Rhine,Alps,Bonn,A\n'


def test_mmlus_own_files_have_no_header(tmp_path):
    (tmp_path / "abstract_algebra_test.csv").write_text(MMLU)
    read_by = reading_format("prompts", "", tmp_path / "abstract_algebra_test.csv")
    file = TypedFile(tmp_path / "abstract_algebra_test.csv", formats_of("prompts")[read_by.format], filename="f")
    assert [(row.line, row.turns, row.reference) for row in file] == [
        (1, ("What is 2 + 2?\n\nA. 3\nB. 4\nC. 5\nD. 6",), "B. 4"),
        (2, ("Which, of these, is a lake?\n\nA. Como\nB. Rhine\nC. Alps\nD. Bonn",), "A. Como"),
    ]
    said = "The file has no header: its columns are read as question, A, B, C, D, answer, as in MMLU's own files."
    assert said in map(str, file.notes())


@pytest.mark.parametrize(
    "text",
    [
        "question,A,B,C,D,answer\n" + MMLU,  # a header
        "id,text,A,B,C,D\n" + MMLU,  # models that are called by letters
        MMLU.replace(",A\n", ",0\n"),  # a row that ends otherwise
        MMLU.splitlines(keepends=True)[0],  # one row alone
        MMLU.replace(",3,", ",,"),  # a choice without a text
    ],
)
def test_a_first_line_that_may_be_a_header_is_one(tmp_path, text):
    (tmp_path / "file.csv").write_text(text)
    assert header_of(tmp_path / "file.csv") == next(csv.reader(io.StringIO(text)))


def test_a_table_without_a_header_is_refused_with_what_to_write(tmp_path):
    (tmp_path / "file.csv").write_text("What is 2 + 2?,four\nWhich is a lake?,Como\n")
    with pytest.raises(NotRecognised, match="looks like a row: write a line with the names of the columns above it"):
        reading_format("prompts", "", tmp_path / "file.csv")


# --- ids ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "second", "said"), [("1", "", "id is empty; a name is needed"), ("", "2", "the first row has no id")]
)
def test_either_every_row_has_an_id_or_none(tmp_path, first, second, said):
    rows = list(csv.DictReader(io.StringIO((FILES / "battles-kaggle-55k.csv").read_text())))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows([rows[0] | {"id": first}, rows[1] | {"id": second}])
    (tmp_path / "file.csv").write_bytes(text.getvalue().encode())
    _, problems = rows_of(tmp_path / "file.csv", "battles", "kaggle-pairs")
    assert len(problems) == 1
    assert said in problems[0]


def test_sessions_without_ids_are_known_by_their_places(tmp_path):
    rows = [json.loads(line) for line in (FILES / "battles-arena-140k.jsonl").read_text().splitlines()]
    (tmp_path / "file.jsonl").write_text("".join(json.dumps(row | {"id": None}) + "\n" for row in rows))
    read, problems = rows_of(tmp_path / "file.jsonl", "battles", "arena-sessions")
    assert ([row.own_id for row in read], problems) == (["s1/1", "s1/2"], [])


def test_a_battle_whose_voter_was_not_read_before_keeps_its_key(tmp_path):
    """In the file of 100k battles a hash stands for the voter."""
    with_hash, problems = rows_of(FILES / "battles-arena-100k.jsonl", "battles", "chatbot-arena")
    rows = [json.loads(line) for line in (FILES / "battles-arena-100k.jsonl").read_text().splitlines()]
    for row in rows:
        del row["judge_hash"]
    (tmp_path / "file.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    without, _ = rows_of(tmp_path / "file.jsonl", "battles", "chatbot-arena")
    assert not problems
    assert row_keys("chatbot-arena", with_hash, Ordinals()) == row_keys("chatbot-arena", without, Ordinals())


# --- rankings -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ([{"value": "response-2", "rank": 2}, {"value": "response-1", "rank": 1}], Outcome.A),
        ([{"value": "response_a", "rank": 3}, {"value": "response_b", "rank": 3}], Outcome.TIE),
        (["Response 2", "Response 1"], Outcome.B),
        ({"value": ["answer1", "answer2"], "rank": [2, 1]}, Outcome.B),
    ],
)
def test_a_ranking_of_both_answers_names_the_better_one(value, outcome):
    assert outcome_of(value, "responses") == outcome


@pytest.mark.parametrize(
    "value",
    [
        [], ["response-1"], ["response-1", "response-1"], ["response-1", "tie"], [{"value": "response-1", "rank": 1}],
        [{"value": "response-1"}, {"value": "response-2"}], [{"value": "response-1", "rank": True}, {"value": "b", "rank": 1}],
        ["response-1", "response-2", "response-3"], {"value": ["response-1"], "rank": [1]}, [None, "response-1"],
    ],
)  # fmt: skip
def test_what_ranks_no_two_answers_is_refused(value):
    with pytest.raises(RowProblem, match="responses"):
        outcome_of(value, "responses")


def test_models_of_tasks_that_name_none_can_be_told(tmp_path):
    file = TypedFile(
        FILES / "battles-label-studio.csv", formats_of("battles")["label-studio-rows"], filename="f",
        options={"models": ["ann", "bob"]},
    )  # fmt: skip
    assert {(row.first, row.second) for row in file} == {("ann", "bob")}
    assert file.format.unnamed == ("ann", "bob")
    assert "2 rows name no models: their two columns stand for the models ann and bob." in map(str, file.notes())


# --- layouts as they stand on the Hub -----------------------------------------------------------------------------------
LAKES = [{"text": "Rhine", "label": "A"}, {"text": "Como", "label": "B"}]
OF_LAKES = ("Which is a lake?\n\nA. Rhine\nB. Como",)


@pytest.mark.parametrize(
    ("row", "name", "key", "turns"),
    [
        (  # MMLU-Pro
            {"question_id": 70, "question": "Which is a lake?", "options": ["Rhine", "Como"], "answer": "B", "answer_index": 1,
             "cot_content": "", "category": "geography", "src": "ori"}, "multiple-choice", "70", OF_LAKES,
        ),
        (  # OpenBookQA
            {"id": "7-980", "question_stem": "Which is a lake?", "choices": {"text": ["Rhine", "Como"], "label": ["A", "B"]},
             "answerKey": "B"}, "multiple-choice", "7-980", OF_LAKES,
        ),
        (  # ARC's own files
            {"id": "Mercury_1", "question": {"stem": "Which is a lake?", "choices": LAKES}, "answerKey": "B"},
            "multiple-choice", "Mercury_1", OF_LAKES,
        ),
        (  # MMLU in another copy
            {"input": "Which is a lake?", "A": "Rhine", "B": "Como", "C": "Alps", "D": "Bonn", "target": "B"},
            "choice-columns", "", ("Which is a lake?\n\nA. Rhine\nB. Como\nC. Alps\nD. Bonn",),
        ),
        (  # MT-bench's questions
            {"category": "writing", "prompt": ["Write.", "Again."], "reference": [], "prompt_id": 81}, "mt-bench", "81",
            ("Write.", "Again."),
        ),
    ],
)  # fmt: skip
def test_question_sets_as_others_copied_them(tmp_path, row, name, key, turns):
    (tmp_path / "file.jsonl").write_text(json.dumps(row) + "\n")
    assert reading_format("prompts", "", tmp_path / "file.jsonl").format == name
    read, problems = rows_of(tmp_path / "file.jsonl", "prompts", name)
    assert ([(each.key, each.turns) for each in read], problems) == ([(key, turns)], [])
    assert name == "mt-bench" or [(each.reference, each.verifier["answer"]) for each in read] == [("B. Como", "B")]


def test_experts_battles_have_no_session_and_conversations_as_json(tmp_path):
    said = [
        [{"role": "user", "content": "Name a lake."}, {"role": "assistant", "content": text}] for text in ("Como.", "Alps.")
    ]
    row = {
        "id": "e1", "model_a": "ann", "model_b": "bob", "winner": "both_bad", "conversation_a": json.dumps(said[0]),
        "conversation_b": json.dumps(said[1]), "evaluation_order": 1, "full_conversation": "[]", "language": "en",
        "occupational_tags": {"mathematical": True, "travel": False},
    }  # fmt: skip
    (tmp_path / "file.jsonl").write_text(json.dumps(row) + "\n")
    assert reading_format("battles", "", tmp_path / "file.jsonl").format == "arena-sessions"
    (battle,), problems = rows_of(tmp_path / "file.jsonl", "battles", "arena-sessions")
    assert not problems
    assert (battle.own_id, battle.answers, battle.prompt.tags) == ("e1", ("Como.", "Alps."), ("mathematical",))
    assert [(vote.voter, vote.outcome) for vote in battle.votes] == [("", Outcome.BOTH_BAD)]


@pytest.mark.parametrize("name", ["battles-label-studio-min.json", "battles-argilla-hub.jsonl", "battles-label-studio.json"])
def test_a_prompt_under_another_name_is_not_dropped(tmp_path, name):
    case, text = BY_NAME[name], (FILES / name).read_text()
    for word in ('"prompt"', '"instruction"'):
        text = text.replace(word, '"what they saw"')
    (tmp_path / name).write_text(text)
    _, problems = rows_of(tmp_path / name, case.kind, case.format)
    assert "prompt is missing; the prompt may be one of the fields what they saw" in problems[0]


# --- conversations ------------------------------------------------------------------------------------------------------
def talk(*said):
    roles = {"U": "user", "A": "assistant", "S": "system"}
    return [{"role": roles[each[0]], "content": each[2:]} for each in said]


@pytest.mark.parametrize(
    ("first", "second", "asked", "answers", "turns"),
    [
        (  # nobody answered the last question
            talk("U Hi.", "A x", "U More?"), talk("U Hi.", "A y", "U More?"), ("Hi.",), ("x", "y"), ((), ()),
        ),
        (  # one of the two did not
            talk("U Hi.", "A x", "U More?", "A z"), talk("U Hi.", "A y", "U More?"), ("Hi.", "More?"), ("x\n\nz", "y\n\n"),
            (("x", "z"), ("y", "")),
        ),
        (  # an opening of the assistant answers nothing
            talk("S Be kind.", "A Welcome.", "U Hi.", "A x"), talk("S Be kind.", "A Welcome.", "U Hi.", "A y"),
            ("Assistant: Welcome.\n\nUser: Hi.",), ("x", "y"), ((), ()),
        ),
        (talk("U Hi."), talk("U Hi."), ("Hi.",), ("", ""), ((), ())),
    ],
)  # fmt: skip
def test_turns_of_answers_stand_beside_the_questions_that_they_answer(tmp_path, first, second, asked, answers, turns):
    row = {"model_a": "m", "model_b": "n", "winner": "model_a", "conversation_a": first, "conversation_b": second}
    (tmp_path / "file.jsonl").write_text(json.dumps(row) + "\n")
    (battle,), problems = rows_of(tmp_path / "file.jsonl", "battles", "chatbot-arena")
    assert (battle.prompt.turns, battle.answers, battle.turns, problems) == (asked, answers, turns, [])
    assert battle.prompt.system_prompt == ("Be kind." if first[0]["role"] == "system" else "")


def test_a_chat_that_ends_with_a_question_is_asked_up_to_its_last_answer(tmp_path):
    row = {"model": "m", "messages": talk("U Hi.", "A x", "U More?")}
    (tmp_path / "file.jsonl").write_text(json.dumps(row) + "\n")
    (answer,), problems = rows_of(tmp_path / "file.jsonl", "responses", "chat")
    assert (answer.asked.turns, answer.text, answer.turns, problems) == (("Hi.",), "x", (), [])


def test_messages_as_numpy_prints_them_are_refused_with_their_cure(tmp_path):
    printed = "array([{'role': 'user', 'content': 'Hi'}], dtype=object)"
    (tmp_path / "file.csv").write_text(
        f'model_a,model_b,winner,conversation_a,conversation_b\nm,n,tie,"{printed}","{printed}"\n'
    )
    _, problems = rows_of(tmp_path / "file.csv", "battles", "chatbot-arena")
    assert "this one is written as Python prints it: write JSON" in problems[0]
