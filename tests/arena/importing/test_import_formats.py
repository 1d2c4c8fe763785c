"""What each format makes of its rows, and what it refuses: file, line, value, what is allowed."""

from collections import Counter

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.files.problems import ImportProblems
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, VoteRow
from arena.importing.formats import formats_of
from arena.importing.formats.battles.pandalm import split_pairs
from arena.outcomes import Outcome
from tests.arena.importing.import_files import as_csv, checked, lines, write

pytestmark = pytest.mark.django_db

ARENA_ROW = {"model_a": "x", "model_b": "y", "winner": "tie"}
LLMFAO_ROW = {"id": "7", "prompt": "3", "worker": "w", "winner": "left", "left": "x", "right": "y"}
PANDALM_ROW = {
    "idx": 0, "cmp_key": "x_y", "instruction": "Do it.", "input": "This.", "response1": "one", "response2": "two",
    "annotator1": 0, "annotator2": 1, "annotator3": 2,
}  # fmt: skip


def _typed(path, kind, name):
    return list(TypedFile(path, formats_of(kind)[name], filename=path.name))


def _refused(path, format_name, kind="battles"):
    with pytest.raises(ImportProblems) as refused:
        checked(path, format_name, kind=kind)
    return [str(problem) for problem in refused.value.first]


# --- chatbot-arena -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("winner", "outcome"),
    [
        ("model_a", Outcome.A),
        ("model_b", Outcome.B),
        ("tie", Outcome.TIE),
        ("tie (bothbad)", Outcome.BOTH_BAD),
        ("both_bad", Outcome.BOTH_BAD),
        ("bothbad", Outcome.BOTH_BAD),
        ("MODEL_A", Outcome.A),
        (" Model_B ", Outcome.B),
        ("Tie", Outcome.TIE),
        ("Tie (BothBad)", Outcome.BOTH_BAD),
        ("tie (inconsistent)", Outcome.TIE),
    ],
)
def test_a_chatbot_arena_row_is_a_battle_with_one_vote(tmp_path, winner, outcome):
    row = {**ARENA_ROW, "winner": winner, "question_id": "q1", "judge": "j", "language": "German", "tstamp": "1700000000.5"}
    (battle,) = _typed(write(tmp_path, as_csv(row)), "battles", "chatbot-arena")
    assert battle == BattleRow(
        2, "", "x", "y", PromptRow(2, "q1", language="de"), (VoteRow("j", outcome),), None, 1700000000.5
    )  # fmt: skip


def test_without_question_id_and_prompt_a_battle_has_no_prompt_and_no_voter(tmp_path):
    (battle,) = _typed(write(tmp_path, lines(ARENA_ROW)), "battles", "chatbot-arena")
    assert battle.prompt is None
    assert battle.votes == (VoteRow("", Outcome.TIE),)


def test_a_prompt_may_be_given_by_its_text(tmp_path):
    (battle,) = _typed(write(tmp_path, lines({**ARENA_ROW, "prompt": "Why?"})), "battles", "chatbot-arena")
    assert battle.prompt == PromptRow(1, "", ("Why?",))


@pytest.mark.parametrize("anony", [False, "False", "false", 0, "0"])
def test_battles_with_visible_names_are_set_aside_with_the_reason(tmp_path, anony):
    path = write(tmp_path, lines({**ARENA_ROW, "anony": anony}, {**ARENA_ROW, "anony": True}))
    assert [battle.votes[0].set_aside for battle in _typed(path, "battles", "chatbot-arena")] == ["names were visible", ""]
    assert "1 vote set aside, because the names were visible to the voter." in checked(path, "chatbot-arena").notes


def test_languages_are_codes_and_unknown_ones_are_counted(tmp_path):
    names = ["en", "English", "unknown", "", "Klingon", "Klingon", "pt-BR"]
    path = write(tmp_path, lines(*({**ARENA_ROW, "question_id": i, "language": name} for i, name in enumerate(names))))
    languages = [battle.prompt.language for battle in _typed(path, "battles", "chatbot-arena")]
    assert languages == ["en", "en", "", "", "", "", "pt-BR"]
    assert "2 rows with a language that has no known code (Klingon): read as unknown." in checked(path, "chatbot-arena").notes


def test_columns_that_nobody_reads_are_named(tmp_path):
    report = checked(write(tmp_path, lines({**ARENA_ROW, "turn": 1}, {**ARENA_ROW, "toxic": False})), "chatbot-arena")
    assert report.ignored == ["toxic", "turn"]


def test_a_column_without_a_name_is_called_that(tmp_path):
    report = checked(write(tmp_path, "model_a,model_b,winner,\nx,y,tie,1\n"), "chatbot-arena")
    assert "Columns that are not read: one without a name." in report.sayings()


def test_several_references_are_kept(tmp_path):
    row = {"id": "q", "turns": ["One?", "Two?"], "reference": ["1", "2"]}
    (prompt,) = _typed(write(tmp_path, lines(row)), "prompts", "jsonl")
    assert prompt.reference == "1\n\n2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"winner": "model_c"}, "winner is 'model_c'; allowed are model_a, model_b, tie, tie (bothbad), both_bad"),
        ({"winner": ["tie"]}, "winner is ['tie']; allowed are"),
        ({"winner": None}, "winner is None; allowed are"),
        ({"model_a": ""}, "model_a is empty; a name is needed"),
        ({"model_a": "   "}, "model_a is empty; a name is needed"),
        ({"model_a": None}, "model_a is null; a text is needed"),
        ({"model_a": 4}, "model_a is 4; a text is needed"),
        ({"model_a": True}, "model_a is True; a text is needed"),
        ({"model_a": {"name": "x"}}, "model_a is {'name': 'x'}; a text is needed"),
        ({"model_a": "n" * 201}, "a name may have at most 200 characters"),
        ({"model_a": "a\0b"}, r"model_a is 'a\x00b'; NUL characters are not allowed"),
        ({"model_a": "a\ud800"}, r"model_a is 'a\ud800'; half a surrogate pair is no text"),
        ({"question_id": "q\0"}, "NUL characters are not allowed"),
        ({"question_id": True}, "question_id is True; a text is needed"),
        ({"question_id": 10**40}, "a text is needed"),
        ({"prompt": 5}, "prompt is 5; a text is needed"),
        ({"prompt": "\udfff"}, "half a surrogate pair"),
        ({"judge": ["j", 5]}, "judge is ['j', 5]; a text is needed"),
        ({"anony": "perhaps"}, "anony is 'perhaps'; allowed are true, false"),
        ({"tstamp": "yesterday"}, "tstamp is 'yesterday'; seconds or milliseconds since 1970, or an ISO 8601 date and time"),
        ({"tstamp": 5}, "between 1990 and 2100 are needed"),
        ({"tstamp": 1e300}, "between 1990 and 2100 are needed"),
        ({"tstamp": "inf"}, "between 1990 and 2100 are needed"),
        ({"tstamp": True}, "between 1990 and 2100 are needed"),
    ],
)
def test_a_chatbot_arena_row_is_refused(tmp_path, change, said):
    (problem,) = _refused(write(tmp_path, lines(ARENA_ROW, {**ARENA_ROW, **change}), "my.jsonl"), "chatbot-arena")
    assert problem.startswith("my.jsonl, line 2: ")
    assert said in problem


def test_a_missing_column_in_json_is_named_on_its_line(tmp_path):
    (problem,) = _refused(write(tmp_path, lines(ARENA_ROW, {"model_a": "x", "model_b": "y"})), "chatbot-arena")
    assert problem == (
        "file, line 2: winner is missing; allowed are model_a, model_b, tie, tie (bothbad), both_bad, or the name of one of "
        "the two models; also answer a, model a, response 1, a is better, left, first, a>b (and so for b); equal, same, draw, "
        "both, both good, a=b; neither, both bad, in upper or lower case; the row has model_a, model_b"
    )


def test_times_may_be_written_in_iso_8601(tmp_path):
    path = write(
        tmp_path, lines({**ARENA_ROW, "tstamp": "2023-11-14T22:13:20Z"}, {**ARENA_ROW, "tstamp": "2023-11-14 22:13:20"})
    )
    assert [battle.happened for battle in _typed(path, "battles", "chatbot-arena")] == [1700000000.0, 1700000000.0]


def test_one_question_id_with_two_texts_is_refused(tmp_path):
    rows = [{**ARENA_ROW, "question_id": "q", "prompt": text} for text in ("Why?", "Why?", "Who?")]
    (problem,) = _refused(write(tmp_path, lines(*rows)), "chatbot-arena")
    assert problem == (
        "file, line 3: the prompt's id is 'q'; one id stands for one text, and line 1 says otherwise: where the texts are "
        "right, ignore the file's ids (at the command line --ignore-ids; over REST ignore_ids)"
    )


def test_a_file_with_nothing_in_it_is_refused(tmp_path):
    for content in ("", "model_a,model_b,winner\n", "[]"):
        (problem,) = _refused(write(tmp_path, content), "chatbot-arena")
        assert "line 1" in problem


def test_thousands_of_models_are_the_wrong_column(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.importing.checks.battles.MOST_COMPETITORS", 50)
    rows = [{**ARENA_ROW, "model_a": f"answer {i}"} for i in range(60)]
    assert "are the columns the right ones?" in _refused(write(tmp_path, lines(*rows)), "chatbot-arena")[0]


# --- llmfao ------------------------------------------------------------------------------------------------------------
def test_llmfao_rows_with_one_id_are_votes_on_one_battle(tmp_path):
    rows = [LLMFAO_ROW, {**LLMFAO_ROW, "worker": "v", "winner": "right"}, {**LLMFAO_ROW, "id": "8", "winner": "tie"}]
    report = checked(write(tmp_path, as_csv(*rows)), "llmfao")
    expected = {"battles": 2, "votes": 3, "competitors": 2, "new_competitors": 2, "prompts": 1, "voters": 2}
    assert report.counts == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"winner": "model_a"}, "winner is 'model_a'; allowed are left, right, tie"),
        ({"right": ""}, "right is empty; a name is needed"),
        ({"worker": ""}, "worker is empty; a name is needed"),
        ({"prompt": ""}, "prompt is empty; a name is needed"),
        (
            {"worker": "v", "left": "z"},
            "the battle's id is '7'; one id stands for one pair of models and one prompt, and line 2",
        ),
        ({"worker": "v", "prompt": "9"}, "the battle's id is '7'; one id stands for one pair of models and one prompt"),
        ({"winner": "right"}, "the vote's id is '7'; a voter has one vote on a battle, and line 2 says otherwise"),
    ],
)
def test_an_llmfao_row_is_refused(tmp_path, change, said):
    (problem,) = _refused(write(tmp_path, as_csv(LLMFAO_ROW, {**LLMFAO_ROW, **change})), "llmfao")
    assert "line 3" in problem
    assert said in problem


def test_the_same_vote_twice_is_read_once_also_with_the_sides_turned(tmp_path):
    turned = {**LLMFAO_ROW, "left": "y", "right": "x", "winner": "right"}
    report = checked(write(tmp_path, as_csv(LLMFAO_ROW, LLMFAO_ROW, turned)), "llmfao")
    assert report.counts["votes"] == 1
    assert "2 votes occur more than once in the file and are read once each." in report.notes


# --- pandalm -----------------------------------------------------------------------------------------------------------
def test_a_pandalm_row_is_a_battle_with_two_answers_and_three_votes(tmp_path):
    (battle,) = _typed(write(tmp_path, lines(PANDALM_ROW)), "battles", "pandalm")
    votes = tuple(VoteRow(f"annotator{i}", outcome) for i, outcome in enumerate((Outcome.TIE, Outcome.A, Outcome.B), 1))
    assert battle == BattleRow(1, "0", "x", "y", PromptRow(1, "", ("Do it.\n\nThis.",)), votes, ("one", "two"))


def test_a_pandalm_row_without_input_asks_the_instruction_alone(tmp_path):
    (battle,) = _typed(write(tmp_path, lines({**PANDALM_ROW, "input": ""})), "battles", "pandalm")
    assert battle.prompt.turns == ("Do it.",)


def test_answers_that_are_json_true_are_the_text_true_and_are_counted(tmp_path):
    path = write(tmp_path, lines({**PANDALM_ROW, "response1": True}))
    assert _typed(path, "battles", "pandalm")[0].answers == ("true", "two")
    assert '1 answer in JSON\'s word true instead of a text: read as the text "true".' in checked(path, "pandalm").notes


def test_names_with_an_underscore_are_told_by_the_other_pairs():
    pairs = split_pairs(Counter(["my_model_other", "other_third", "third_my_model"]))
    assert pairs["my_model_other"] == [("my_model", "other")]
    assert pairs["third_my_model"] == [("third", "my_model")]


def test_a_pair_of_names_that_could_be_split_in_two_ways_is_refused(tmp_path):
    (problem,) = _refused(write(tmp_path, lines({**PANDALM_ROW, "cmp_key": "a_b_c"})), "pandalm")
    assert "model1_model2 has to name two different models; here it could mean a against b_c or a_b against c" in problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"annotator2": 3}, "annotator2 is 3; allowed are 0 (tie), 1, 2"),
        ({"annotator2": True}, "annotator2 is True; allowed are 0 (tie), 1, 2"),
        ({"annotator2": "1"}, "annotator2 is '1'; allowed are"),
        ({"cmp_key": "same_same"}, "two different models; here it could mean no two names"),
        ({"cmp_key": "x"}, "here it could mean no two names"),
        ({"response1": 5}, "response1 is 5; a text is needed"),
        ({"instruction": "", "input": " "}, "instruction is empty"),
        ({"idx": None}, "idx is null"),
    ],
)
def test_a_pandalm_row_is_refused(tmp_path, change, said):
    (problem,) = _refused(write(tmp_path, lines({**PANDALM_ROW, **change})), "pandalm")
    assert said in problem


def test_pandalm_as_csv_is_the_wrong_shape(tmp_path):
    (problem,) = _refused(write(tmp_path, as_csv(PANDALM_ROW), "p.csv"), "pandalm")
    assert problem.startswith("p.csv, line 1: the file is CSV; the format pandalm is JSON lines or Parquet or a JSON array")


# --- prompts -----------------------------------------------------------------------------------------------------------
def test_a_prompt_row_has_all_that_a_prompt_can_have(tmp_path):
    verifier = {"kind": "contains", "any": ["x"]}
    row = {
        "id": "p1", "turns": ["One?", "Two?"], "system_prompt": "Be short.", "reference": "r", "category": " a / b ",
        "language": "de", "tags": ["t"], "verifier": verifier, "status": "draft",
    }  # fmt: skip
    expected = PromptRow(1, "p1", ("One?", "Two?"), "Be short.", "r", "a/b", "de", ("t",), verifier, "draft")
    assert _typed(write(tmp_path, lines(row)), "prompts", "jsonl") == [expected]


def test_prompts_may_come_as_csv(tmp_path):
    row = {
        "id": "p1",
        "prompt": "One,\ntwo?",
        "tags": "a, b",
        "verifier": '{"kind": "mcq", "answer": "B"}',
        "language": "English",
    }
    (prompt,) = _typed(write(tmp_path, as_csv(row)), "prompts", "csv")
    assert prompt == PromptRow(
        2, "p1", ("One,\ntwo?",), language="en", tags=("a", "b"), verifier={"kind": "mcq", "answer": "B"}
    )


def test_a_verifier_in_csv_is_checked_too(tmp_path):
    rows = [
        {"id": f"p{n}", "prompt": "?", "verifier": text}
        for n, text in enumerate(['{"kind": "mcq", "answer": "AB"}', "[1]", "mcq"])
    ]
    mcq, as_list, word = _refused(write(tmp_path, as_csv(*rows), "p.csv"), "csv", kind="prompts")
    assert mcq.startswith("p.csv, line 2: verifier is")
    assert mcq.endswith("answer of a mcq verifier is 'AB'; it has to be one letter")
    assert "a JSON object is needed" in as_list
    assert "a JSON object is needed" in word


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"turns": []}, "turns is missing"),
        ({"turns": ["a", " "]}, "1 to 200 texts"),
        ({"turns": ["x"] * 300}, "1 to 200 texts"),
        ({"turns": [1]}, "turns is 1; a text is needed"),
        ({"verifier": {"kind": "nonsense"}}, "unknown verifier kind 'nonsense'; allowed are contains, exact, regex"),
        ({"verifier": {"kind": "external"}}, "unknown verifier kind 'external'; allowed are"),
        ({"verifier": {"kind": "graded", "answer": "x"}}, "unknown verifier kind 'graded'; allowed are"),
        ({"verifier": {}}, "unknown verifier kind None; allowed are"),
        ({"verifier": {"kind": ["mcq"]}}, "unknown verifier kind ['mcq']; allowed are"),
        ({"verifier": {"kind": "contains"}}, "a contains verifier needs one of all, any"),
        ({"verifier": {"kind": "contains", "texts": ["x"]}}, "a contains verifier has no texts; allowed are all, any"),
        ({"verifier": {"kind": "contains", "all": "x"}}, "it has to be a list of texts"),
        ({"verifier": {"kind": "regex", "pattern": "("}}, "is not a regular expression"),
        ({"verifier": {"kind": "numeric", "value": 10**400}}, "it has to be a number"),
        ({"status": "gone"}, "status is 'gone'; allowed are draft, active, retired"),
        ({"language": "Klingon"}, "language is 'Klingon'; a code such as en or de"),
        ({"category": "c" * 201}, "at most 200 characters"),
        ({"verifier": ["x"]}, "a JSON object is needed"),
        ({"verifier": {"x": 1e999}}, "verifier is {'x': 1e999}; finite numbers are needed"),
        ({"verifier": {"x": "\0"}}, "no NUL"),
        ({"verifier": {"x": "\ud800"}}, "surrogate"),
        ({"verifier": {"x": "y" * 70_000}}, "at most 64,000 characters"),
        ({"tags": ["t" * 201]}, "at most 200 characters"),
    ],
)
def test_a_prompt_row_is_refused(tmp_path, change, said):
    row = {"id": "p1", "turns": ["One?"], **change}
    problems = _refused(write(tmp_path, lines(row).replace("Infinity", "1e999")), "jsonl", "prompts")
    assert said in problems[0]


def test_a_verifier_nested_like_a_bomb_is_refused(tmp_path):
    bomb = '{"id": "p", "turns": ["x"], "verifier": {"a": ' + "[" * 500 + "]" * 500 + "}}"
    assert "nested too deep" in _refused(write(tmp_path, bomb), "jsonl", "prompts")[0]


def test_an_id_with_two_texts_is_refused(tmp_path):
    rows = [{"id": "p1", "prompt": "One?"}, {"id": "p1", "prompt": "Two?"}]
    (problem,) = _refused(write(tmp_path, lines(*rows)), "jsonl", "prompts")
    assert problem == "file, line 2: the prompt's id is 'p1'; one id stands for one text, and line 1 has another"


# --- answers -----------------------------------------------------------------------------------------------------------
def test_a_response_row_has_all_that_a_response_can_have(tmp_path):
    row = {
        "prompt": "p1", "competitor": "m", "text": "Yes.", "finish": "length", "tokens_in": 3, "tokens_out": "4",
        "latency_ms": 5.0, "cost": 0.0015, "repeat": 1,
    }  # fmt: skip
    asked = PromptRow(1, "", ("p1",))  # the id, or else the text
    expected = ResponseRow(1, "p1", "m", "Yes.", (), "length", 3, 4, 5, 1_500, 1, asked=asked)
    assert _typed(write(tmp_path, lines(row)), "responses", "jsonl") == [expected]


@pytest.mark.parametrize(
    ("written", "kept"), [(0, 0), ("0.15", 150_000), (" 2 ", 2_000_000), (1e-06, 1), ("0.0000014", 1), ("", None), (None, None)]
)
def test_a_cost_is_read_in_dollars(tmp_path, written, kept):
    row = {"prompt": 1, "competitor": "m", "text": "Yes.", "cost": written}
    (read,) = _typed(write(tmp_path, lines(row)), "responses", "jsonl")
    assert read.cost == kept


def test_several_turns_are_one_text_too(tmp_path):
    (row,) = _typed(write(tmp_path, lines({"prompt": 1, "competitor": "m", "turns": ["a", "b"]})), "responses", "jsonl")
    assert (row.text, row.turns) == ("a\n\nb", ("a", "b"))


@pytest.mark.parametrize("shape", [lambda answer: answer, lambda answer: {"answer": answer}])
def test_an_arena_hard_answer_is_the_assistants_message(tmp_path, shape):
    messages = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": shape("So.")}]
    path = write(tmp_path, lines({"uid": "u", "model": "m", "messages": messages}))
    assert _typed(path, "responses", "arena-hard") == [ResponseRow(1, "u", "m", "So.", asked=PromptRow(1, "", ("Why?",)))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": None}, "text is null; a text is needed"),
        ({"finish": "maybe"}, "finish is 'maybe'; allowed are stop, length, failed"),
        ({"tokens_out": -1}, "tokens_out is -1; a whole number from 0"),
        ({"tokens_out": 1.5}, "tokens_out is 1.5; a whole number from 0"),
        ({"tokens_out": 10**12}, "a whole number from 0 to 2147483647 is needed"),
        ({"repeat": 40_000}, "a whole number from 0 to 32767 is needed"),
        ({"cost": True}, "cost is True; dollars from 0 to 1000000 are needed"),
        ({"cost": -0.01}, "cost is -0.01; dollars from 0 to"),
        ({"cost": "NaN"}, "cost is 'NaN'; dollars from 0 to"),
        ({"cost": "12 cents"}, "cost is '12 cents'; dollars from 0 to"),
        ({"cost": "1e999999999"}, "dollars from 0 to"),
        ({"cost": [1]}, "dollars from 0 to"),
        ({"prompt": "nobody's"}, "no prompt of the arena has this id or this text: import the prompts first"),
    ],
)
def test_a_response_row_is_refused(tmp_path, change, said):
    row = {"prompt": "p", "competitor": "m", "text": "Yes.", **change}
    assert said in _refused(write(tmp_path, lines(row)), "jsonl", "responses")[0]


@pytest.mark.parametrize("messages", [None, "text", [1], [], [{"role": "user", "content": "x"}], [{"role": "assistant"}]])
def test_an_arena_hard_row_without_an_answer_is_refused(tmp_path, messages):
    path = write(tmp_path, lines({"uid": "u", "model": "m", "messages": messages}))
    assert _refused(path, "arena-hard", "responses")


@pytest.mark.parametrize("name", ["a\x1b[31m", "line\nbreak", "\u202eevil", "\u200b", "\u200d", "a\x00"])
def test_a_name_that_a_terminal_would_obey_or_nobody_can_see_is_refused(tmp_path, name):
    path = write(tmp_path, as_csv(ARENA_ROW | {"model_a": name}))
    assert _refused(path, "chatbot-arena")


@pytest.mark.parametrize("name", ["می‌خواهم", "模型 3.5 (70B)", "Modèle “é”", "👩‍🔬 lab"])
def test_a_name_in_any_script_is_taken(tmp_path, name):
    path = write(tmp_path, as_csv(ARENA_ROW | {"model_a": name}))
    assert _typed(path, "battles", "chatbot-arena")


SIDE, WHY = [{"value": "left", "user_id": "u"}], [{"value": "It is one.", "user_id": "u"}]


@pytest.mark.parametrize(
    ("responses", "n_votes"),
    [
        ({}, 0),
        ({"q": []}, 0),
        ({"q": SIDE}, 1),
        ({"why": WHY, "q": SIDE}, 1),
        ({"why": WHY, "q": SIDE, "nobody": []}, 1),
        ([{"user_id": "u", "values": {"why": {"value": "It is one."}, "q": {"value": "left"}}}], 1),
        ({"q": SIDE, "r": SIDE}, None),
        ({"why": WHY, "more": WHY}, None),
        ([{"user_id": "u", "values": {"q": {"value": "left"}, "r": {"value": "left"}}}], None),
    ],
)
def test_of_several_questions_of_argilla_the_one_whose_answers_name_a_side_counts(tmp_path, responses, n_votes):
    row = {"id": "r", "fields": {"prompt": "Lake?", "answer_a": "Como.", "answer_b": "Alps."}, "responses": responses}
    path = write(tmp_path, lines(row))
    if n_votes is None:
        assert "the answers to one question are needed" in _refused(path, "argilla", "battles")[0]
    else:
        assert [len(battle.votes) for battle in TypedFile(path, formats_of("battles")["argilla"], filename="f")] == [n_votes]
