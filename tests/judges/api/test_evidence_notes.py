"""Battles, votes, judgements and gold labels that look wrong: the answer says so, and with `strict` nothing is written."""

import pytest

from arena.models import Battle, Response, Vote
from judges.models import Game, GoldAnswer, GoldItem
from tests.arena.api.programs import make_program, post
from tests.arena.api.test_row_notes import LINES
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
PAIR = {"prompt": "Why?", "answer_a": "So.", "answer_b": "No."}
JUDGED = PAIR | {"judge": "careful", "label": "a"}
CASES = {
    "an error message that is judged": ("judgements/", JUDGED | {"answer_b": "$ERROR$"}, "error message"),
    "a model called nan that is judged": ("judgements/", JUDGED | {"competitor_a": "nan", "competitor_b": "x"}, "missing"),
    "names by case alone": ("judgements/", JUDGED | {"competitor_a": "Kite", "competitor_b": "kite"}, "differ by case"),
    "an error message that is graded": (
        "judgements/grades/",
        {"prompt": "Why?", "answer": "NETWORK ERROR DUE TO HIGH TRAFFIC.", "competitor": "x", "score": 3, "judge": "j"},
        "error message",
    ),
    "two equal answers": ("gold-labels/", PAIR | {"answer_b": "So.", "label": "tie"}, "two equal answers"),
    "a word for nothing": ("gold-labels/", PAIR | {"answer_b": "None", "label": "a"}, "only a word such as nan"),
    "a graded word for nothing": (
        "gold-labels/answers/", {"prompt": "Why?", "answer": "null", "competitor": "x", "is_right": False}, "only a word"
    ),
}  # fmt: skip


@pytest.fixture
def arena():
    return make_arena("garden")


def n_stored():
    return [each.objects.count() for each in (Battle, Response, Vote, Game, GoldItem, GoldAnswer)]


def refused_and_noted(where, rows, words):
    program, before = make_program(), n_stored()
    refused = post(program, where, {"arena": "garden", "rows": rows, "strict": True})
    assert (refused.status_code, words in refused.text) == (422, True), refused.text
    assert refused.json()["rows"][0]["row"] == len(rows)
    assert not LINES.search(refused.text)
    assert n_stored() == before
    made = post(program, where, {"arena": "garden", "rows": rows})
    assert not LINES.search(made.text)
    assert made.status_code in {201, 422}, made.text
    return made


@pytest.mark.parametrize(("where", "row", "words"), CASES.values(), ids=CASES)
def test_what_looks_wrong_is_said_or_refused(arena, where, row, words):
    rows = [row]
    if where == "judgements/grades/":  # a grade alone makes no battle
        rows = [row | {"answer": "So.", "competitor": "y"}, row]
    made = refused_and_noted(where, rows, words)
    assert (made.status_code, words in " ".join(made.json()["notes"])) == (201, True), made.json()


def test_two_judgements_of_the_same_are_named_by_their_rows(arena):
    refused = post(make_program(), "judgements/", {"arena": "garden", "rows": [JUDGED, JUDGED | {"label": "b"}]})
    assert refused.status_code == 422
    assert "row 1 judges the same answers in this order" in refused.json()["rows"][0]["allowed"]


def test_votes_and_battles_that_look_wrong_are_said_or_refused(arena):
    prompt = make_prompt(arena, "Why?")
    a, b = (make_response(prompt, make_competitor(arena, name), text=text).pk for name, text in (("m", "So."), ("n", "No.")))
    pair, turned = {"response_a": a, "response_b": b}, {"response_a": b, "response_b": a}
    vote = pair | {"voter": "v1", "outcome": "a"}
    for where, rows, words in [
        ("battles/", [pair, turned], "1 row with the answers of an earlier one"),
        ("votes/", [vote, vote], "1 vote that an earlier row has already"),
        ("votes/", [vote, vote | {"voter": "gpt-4-0613"}], "called like a language model ('gpt-4-0613')"),
        ("votes/", [vote, vote | {"voter": "nan"}], "what is missing"),
    ]:
        made = refused_and_noted(where, rows, words)
        assert (made.status_code, words in " ".join(made.json()["notes"])) == (201, True), made.json()
    assert Battle.objects.count() == 1


def test_rows_in_which_nothing_looks_wrong_come_in_strictly(arena):
    prompt = make_prompt(arena, "Why?")
    a, b = (make_response(prompt, make_competitor(arena, name), text=text).pk for name, text in (("m", "So."), ("n", "No.")))
    pair = {"response_a": a, "response_b": b}
    for where, row in {
        "battles/": pair, "votes/": pair | {"voter": "v1", "outcome": "a"}, "judgements/": JUDGED,
        "gold-labels/": PAIR | {"label": "a"},
    }.items():  # fmt: skip
        made = post(make_program(), where, {"arena": "garden", "rows": [row], "strict": True})
        assert made.status_code == 201, made.text
