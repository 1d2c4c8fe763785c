"""Programs bring gold labels and judgements as rows: all of them or none, by the functions that take files."""

import pytest

from judges.models import Game, GoldAnswer, GoldItem, Judge
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
PAIR = {"prompt_id": "p-1", "answer_a": "Four.", "answer_b": "Five.", "competitor_a": "Kestrel", "competitor_b": "Osmia"}
GRADED = {"prompt_id": "p-1", "answer": "Four.", "competitor": "Kestrel"}


@pytest.fixture
def program():
    arena = make_arena("garden")
    prompt = make_prompt(arena, "What is 2 + 2?", key="p-1")
    for name, text in (("Kestrel", "Four."), ("Osmia", "Five.")):
        make_response(prompt, make_competitor(arena, name), text)
    return make_program()


def test_labels_of_pairs_make_a_gold_set_once(program):
    body = {"arena": "garden", "name": "sums", "rows": [PAIR | {"label": "a"}]}
    first, again = post(program, "gold-labels/", body), post(program, "gold-labels/", body)
    assert (first.status_code, again.status_code) == (201, 201), first.json()
    assert (first.json()["gold_set"], first.json()["n_rows"], first.json()["n_battles"]) == ("sums", 1, 1)
    assert [item.label for item in GoldItem.objects.all()] == ["a"]


def test_labels_name_the_row_that_brought_them(program):
    rows = [PAIR | {"label": "a"}, {"prompt": "1 + 1?", "answer_a": "1", "answer_b": "2", "label": "b"}]
    made = post(program, "gold-labels/", {"arena": "garden", "rows": rows})
    assert sorted(GoldItem.objects.values_list("note", flat=True)) == ["row 1", "row 2"]
    assert "line" not in made.content.decode()


def test_pairs_of_right_and_wrong_answers_name_their_row(program):
    rows = [GRADED | {"is_right": True}, GRADED | {"answer": "Five.", "competitor": "Osmia", "is_right": False}]
    assert post(program, "gold-labels/answers/", {"arena": "garden", "rows": rows}).status_code == 201
    assert [item.note for item in GoldItem.objects.all()] == ["row 1, pair 1"]


def test_labels_of_answers_say_right_or_wrong(program):
    made = post(program, "gold-labels/answers/", {"arena": "garden", "rows": [GRADED | {"is_right": True}]})
    assert made.status_code == 201, made.json()
    assert [row.is_right for row in GoldAnswer.objects.all()] == [True]


def test_judgements_become_games_of_their_judge_once(program):
    rows = [PAIR | {"judge": "elsewhere", "order": order, "label": "a", "cost": 0.001} for order in ("ab", "ba")]
    first, again = (post(program, "judgements/", {"arena": "garden", "rows": rows}) for _ in range(2))
    assert (first.status_code, first.json()["n_added"], again.json()["n_added"]) == (201, 2, 0)
    assert [judge.name for judge in Judge.objects.filter(pk__in=first.json()["judges"])] == ["elsewhere"]
    assert sorted(Game.objects.values_list("order", "winner")) == [("ab", "first"), ("ba", "second")]


def test_a_judgement_that_contradicts_a_stored_one_is_refused_as_a_vote_is(program):
    row = PAIR | {"judge": "elsewhere", "label": "a"}
    assert post(program, "judgements/", {"arena": "garden", "rows": [row]}).status_code == 201
    rows = [row | {"order": "ba"}, row | {"label": "b"}]
    refused = post(program, "judgements/", {"arena": "garden", "rows": rows})
    assert (refused.status_code, [each["row"] for each in refused.json()["rows"]]) == (422, [2])
    assert "is here with another verdict" in refused.json()["detail"]
    assert Game.objects.count() == 1
    numbered = [rows[0], rows[1] | {"repeat": 1}]
    assert post(program, "judgements/", {"arena": "garden", "rows": numbered}).json()["n_added"] == 2


def test_scores_of_single_answers_become_games(program):
    rows = [
        GRADED | {"score": 8, "judge": "marker"},
        GRADED | {"answer": "Five.", "competitor": "Osmia", "score": 2, "judge": "marker"},
    ]
    made = post(program, "judgements/grades/", {"arena": "garden", "rows": rows})
    assert (made.status_code, made.json()["n_games"] >= 1) == (201, True), made.json()


def test_the_scale_of_scores_stands_beside_the_rows(program):
    rows = [GRADED | {"score": 3}, GRADED | {"answer": "Five.", "competitor": "Osmia", "score": 7}]
    body = {"arena": "garden", "name": "marker", "rows": rows}
    refused = post(program, "judgements/grades/", body | {"scale": "1-5"})
    assert (refused.status_code, refused.json()["rows"][0]["row"]) == (422, 2)
    assert "set by scale (--scale 1-5; over REST, beside rows)" in refused.json()["detail"]
    assert post(program, "judgements/grades/", body).status_code == 201
    assert post(program, "judgements/grades/", body | {"scale": "1-3"}).json()["errors"] == {
        "scale": ["One of these is needed: 1-5, 1-10."]
    }


@pytest.mark.parametrize(
    ("path", "row", "what"),
    [
        ("gold-labels/", PAIR | {"label": "maybe"}, "label"),
        ("gold-labels/", {"prompt_id": "p-1", "answer_a": "Four.", "label": "a"}, "answer_b"),
        ("gold-labels/answers/", GRADED, "is_right"),
        ("judgements/", PAIR | {"label": "a", "order": "both"}, "order"),
        ("judgements/", PAIR | {"verdict": "a"}, "a field"),
        ("judgements/grades/", GRADED | {"score": "8"}, "score"),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_written(program, path, row, what):
    good = {"gold-labels/": PAIR | {"label": "a"}, "gold-labels/answers/": GRADED | {"is_right": False}}.get(path)
    good = good or (PAIR | {"label": "a"} if path == "judgements/" else GRADED | {"score": 3})
    refused = post(program, path, {"arena": "garden", "rows": [good, row]})
    assert (refused.status_code, refused.json()["rows"][0]["row"], refused.json()["rows"][0]["what"]) == (422, 2, what)
    assert not any(model.objects.exists() for model in (Game, GoldItem, GoldAnswer))


def test_a_prompt_that_is_not_there_is_told(program):
    refused = post(program, "judgements/", {"arena": "garden", "rows": [PAIR | {"prompt_id": "nowhere", "label": "a"}]})
    assert refused.status_code == 422
    assert "what was sent is 1 row; no row names a battle of garden" in refused.json()["detail"]


def test_a_probability_is_read_and_one_beyond_1_is_refused(program):
    made = post(program, "judgements/", {"arena": "garden", "rows": [PAIR | {"probability": 0.8, "judge": "elsewhere"}]})
    assert (made.status_code, list(Game.objects.values_list("order", "winner"))) == (201, [("ab", "first")])
    refused = post(program, "judgements/", {"arena": "garden", "rows": [PAIR | {"probability": 1.4}]})
    assert (refused.status_code, refused.json()["rows"][0]["what"]) == (422, "probability")


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("gold-labels/", PAIR | {"label": "a"}),
        ("gold-labels/answers/", GRADED | {"is_right": True}),
        ("judgements/", PAIR | {"label": "a", "judge": "elsewhere"}),
    ],
)
def test_models_may_be_called_so_but_not_by_both_names(program, path, row):
    renamed = {name.replace("competitor", "model"): value for name, value in row.items()}
    assert post(program, path, {"arena": "garden", "rows": [renamed]}).status_code == 201
    twice = post(program, path, {"arena": "garden", "rows": [row | renamed]})
    assert (twice.status_code, "says the same: send one of the two" in twice.json()["detail"]) == (422, True)
