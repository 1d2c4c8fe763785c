"""Names of columns are compared without case, blanks, hyphens and underscores, and who is better is said in many words."""

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.files.problems import ImportProblems
from arena.importing.formats import formats_of, kind_and_format
from arena.importing.formats.guessing import guessed
from arena.importing.formats.recognition import start_of
from arena.models import Import
from arena.outcomes import Outcome
from tests.arena.importing.import_files import checked, lines, write

A, B, TIE, BOTH_BAD = Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD
NEWCOMER = "Question;Answer A;Answer B;Better\nWho?;Ann;Bob;Answer A\nWhat?;x;y;B is better\nWhy?;p;q;Left\n"


def _outcomes(path, layout="pairs"):
    return [row.votes[0].outcome for row in TypedFile(path, formats_of("battles")[layout], filename=path.name)]


def test_headings_as_people_write_them_are_votes(tmp_path):
    path = write(tmp_path, NEWCOMER, "votes.csv")
    assert kind_and_format(path) == ("battles", "pairs")
    assert _outcomes(path) == [A, B, A]


@pytest.mark.django_db
def test_headings_as_people_write_them_are_checked_without_unread_columns(tmp_path):
    report = checked(write(tmp_path, NEWCOMER, "votes.csv"), "")
    assert (report.counts["votes"], report.ignored) == (3, [])


@pytest.mark.parametrize(
    ("content", "kind", "layout"),
    [
        ("Model A,MODEL-B,Winner\nm,n,tie\n", "battles", "chatbot-arena"),
        ("Prompt ID,Competitor,Text\np,m,x\n", "responses", "csv"),
        ("Gold Set,Battle,Model A,Model B,Repeat A,Repeat-B,Label\ng,b,m,n,0,0,a\n", "labels", "gold-labels"),
        ("Prompt,Answer-A,Answer-B,Order,Label\nWhat?,x,y,ab,a\n", "judgements", "pairs"),
    ],
)
def test_kinds_are_recognised_whatever_the_spelling(tmp_path, content, kind, layout):
    assert kind_and_format(write(tmp_path, content, "rows.csv")) == (kind, layout)


def test_a_table_of_models_does_not_take_headings_for_models(tmp_path):
    path = write(tmp_path, "Question,System Prompt,Prompt-ID,m1,m2\nWhat is it?,Be kind.,p,One thing.,Two.\n", "wide.csv")
    rows = list(TypedFile(path, formats_of("responses")["wide"], filename="wide.csv"))
    assert [(row.prompt, row.competitor) for row in rows] == [("p", "m1"), ("p", "m2")]
    assert rows[0].asked.system_prompt == "Be kind."


@pytest.mark.parametrize(
    ("name", "content"),
    [("votes.csv", "Answer A,answer_a,answer_b,question,better\nx,y,z,What?,a\n"),
     ("votes.jsonl", lines({"Answer A": "x", "answer_a": "y", "answer_b": "z", "question": "What?", "better": "a"}))],
)  # fmt: skip
@pytest.mark.django_db
def test_two_headings_of_one_column_are_refused_by_name(tmp_path, name, content):
    with pytest.raises(ImportProblems) as refused:
        checked(write(tmp_path, content, name), "pairs")
    assert "two names of one column is Answer A, answer_a; names are compared without case" in str(refused.value)


def test_two_headings_that_nobody_reads_may_be_alike(tmp_path):
    path = write(tmp_path, "question,answer_a,answer_b,better,My note,my_note\nWhat?,x,y,a,1,2\n", "votes.csv")
    assert _outcomes(path) == [A]


def test_columns_are_guessed_whatever_their_spelling(tmp_path):
    path = write(tmp_path, "AnswerA,ANSWER-B,Prompt ID,question,Result\none two three,four,p,Which?,a\n", "rows.csv")
    _, columns = guessed(start_of(path), Import.Kind.BATTLES)
    assert {"answer_a": "AnswerA", "answer_b": "ANSWER-B", "prompt_id": "Prompt ID"}.items() <= columns.columns.items()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("A is better", A), ("Answer B", B), ("LEFT", A), ("the right", B), ("Model A wins.", A), ("Response 2", B),
        ("assistant-b", B), ("first is better", A), ("Both bad", BOTH_BAD), ("both-good", TIE), ("Tie (both bad)", BOTH_BAD),
        ("Bob", B),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("layout", "head"),
    [("pairs", "prompt,model_a,model_b,winner\nWhat?"), ("chatbot-arena", "question_id,model_a,model_b,winner\nq1")],
)
def test_who_is_better_is_said_in_many_words(tmp_path, layout, head, said, outcome):
    assert _outcomes(write(tmp_path, f"{head},Ann,Bob,{said}\n", "votes.csv"), layout) == [outcome]


def test_a_models_name_comes_before_a_word(tmp_path):
    assert _outcomes(write(tmp_path, "prompt,model_a,model_b,winner\nWhat?,b,a,a\n", "votes.csv")) == [B]


@pytest.mark.parametrize("layout", ["pairs", "chatbot-arena"])
@pytest.mark.parametrize("said", ["perhaps", "a is worse", "better", "the", "0"])
def test_an_unknown_word_is_refused_with_all_that_is_allowed(tmp_path, layout, said):
    path = write(tmp_path, f"prompt,model_a,model_b,winner\nWhat?,m,n,{said}\n", "votes.csv")
    file = TypedFile(path, formats_of("battles")[layout], filename="votes.csv")
    assert not list(file)
    for word in ("both_bad", "the name of one of the two models", "left", "a is better", "same", "neither"):
        assert word in str(file.problems.first[0])


@pytest.mark.parametrize(("said", "outcome"), [("1.0", A), (" 2.0 ", B), ("2", B)])
def test_a_number_of_a_side_may_have_a_point(tmp_path, said, outcome):
    """As pandas writes a column that has gaps."""
    assert _outcomes(write(tmp_path, f"prompt,answer_a,answer_b,better\nWhat?,m,n,{said}\n", "votes.csv")) == [outcome]
    row = {"prompt": "What?", "answer_a": "m", "answer_b": "n", "better": float(said)}
    assert _outcomes(write(tmp_path, lines(row), "votes.jsonl")) == [outcome]


def test_zero_and_one_are_ambiguous_with_a_point_too(tmp_path):
    path = write(tmp_path, "prompt,answer_a,answer_b,better\nWhat?,m,n,0.0\nWho?,m,n,1.0\n", "votes.csv")
    file = TypedFile(path, formats_of("battles")["pairs"], filename="votes.csv")
    assert len(list(file)) == 1
    assert "0 and 1 are ambiguous" in str(file.problems.first[0])
    assert guessed(start_of(path), Import.Kind.BATTLES)[1].values == {}


def test_a_column_that_names_models_makes_no_model_of_itself(tmp_path):
    path = write(tmp_path, lines({"prompt": "What?", "competitor": "m", "txt": "This."}), "answers.jsonl")
    assert (kind_and_format(path) or ("",))[0] != "responses"
