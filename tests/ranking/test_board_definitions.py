"""Boards that a program defines and changes: checked as the admin's form checks them, and fitted at once."""

import pytest

from ranking import tasks
from ranking.models import Leaderboard
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_prompt, make_user
from tests.judges.game_factories import make_judge

pytestmark = pytest.mark.django_db
BODY = {"arena": "garden", "slug": "garden-style", "name": "Garden, style"}


@pytest.fixture
def rung(monkeypatch, django_capture_on_commit_callbacks):
    found = []
    monkeypatch.setattr(tasks.refit_board, "delay", found.append)

    def done(act):
        del found[:]
        with django_capture_on_commit_callbacks(execute=True):
            answer = act()
        return answer, len(found)

    return done


@pytest.fixture
def garden():
    arena = make_arena("garden")
    make_prompt(arena, category="coding/python", language="de")
    return arena


def patch(program, body, slug="garden-style", **headers):
    path = f"/api/v1/leaderboards/{slug}/definition/"
    return program.patch(path, body, content_type="application/json", headers=headers)


def test_a_board_is_defined_and_fitted(garden, rung):
    judges = [make_judge().pk, make_judge().pk]
    said = {"sources": "both", "jury": judges[::-1], "category": "coding", "language": "German", "level": 0.9, "seed": 3}
    program = make_program()
    made, n_rung = rung(lambda: post(program, "leaderboards/", BODY | said))
    assert (made.status_code, made["Location"], n_rung) == (201, "/api/v1/leaderboards/garden-style/", 1)
    read = program.get("/api/v1/leaderboards/garden-style/definition/").json()
    assert {name: read[name] for name in said} == said | {"jury": sorted(judges), "language": "de"}
    assert program.get(made["Location"]).json()["snapshot"] is None


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"method": "elo"}, "intervals", "Elo has no likelihood"),
        ({"method": "guess"}, "method", "allowed are"),
        ({"covariates": ["length"]}, "covariates", "style-controlled"),
        ({"method": "style_controlled", "covariates": ["colour"]}, "covariates", "length headers lists bold code"),
        ({"category": "cooking"}, "category", "There are: coding, coding/python."),
        ({"language": "Klingon"}, "language", "de (German)"),
        ({"sources": "judges", "jury": [987]}, "jury", "no judge with the number 987"),
        ({"jury": [1.5]}, "jury", "numbers"),
        ({"level": 0.2}, "level", "0.5"),
        ({"slug": "two words"}, "slug", "slug"),
        ({"name": ""}, "name", "blank"),
        ({"colour": "red"}, "colour", "there are"),
    ],
)
def test_what_is_wrong_is_named_as_the_form_names_it(garden, rung, said, field, words):
    answer, n_rung = rung(lambda: post(make_program(), "leaderboards/", BODY | said))
    assert (answer.status_code, list(answer.json()["errors"]), n_rung) == (400, [field], 0)
    assert words in answer.json()["errors"][field][0]
    assert not Leaderboard.objects.exists()


def test_two_boards_differ_in_slug_and_definition(garden, rung):
    program = make_program()
    rung(lambda: post(program, "leaderboards/", BODY))
    for other, word in (({"method": "davidson"}, "garden-style"), ({"slug": "another"}, "same way")):
        answer, _ = rung(lambda other=other: post(program, "leaderboards/", BODY | other))
        assert (answer.status_code, word in answer.json()["detail"]) == (409, True)
    assert (
        rung(lambda: post(program, "leaderboards/", BODY | {"slug": "another", "counts_external": False}))[0].status_code == 201
    )


def test_a_board_is_changed_and_fitted_where_it_says_something_else(garden, rung):
    program = make_program()
    rung(lambda: post(program, "leaderboards/", BODY))
    Leaderboard.objects.update(is_by_itself=True)
    etag = program.get("/api/v1/leaderboards/garden-style/definition/")["ETag"]
    named, n_rung = rung(lambda: patch(program, {"name": "Style"}, **{"If-Match": etag}))
    assert (named.json()["name"], n_rung, Leaderboard.objects.get().is_by_itself) == ("Style", 0, False)
    assert patch(program, {"name": "Other"}, **{"If-Match": etag}).status_code == 412
    changed, n_rung = rung(lambda: patch(program, {"method": "davidson", "is_live": False}))
    assert (changed.json()["method"], changed.json()["is_live"], n_rung) == ("davidson", False, 1)
    assert patch(program, {"method": "elo"}).json()["errors"]["intervals"]
    assert patch(program, {"slug": "new"}).status_code == 400
    assert Leaderboard.objects.get().method == "davidson"


def test_who_may_define_boards(garden, client):
    for program, status in (
        (client, 401),
        (make_program(make_user(), scopes=["read"]), 403),
        (make_program(scopes=["read", "evidence:write", "runs:write"]), 403),
        (make_program(arenas=[make_arena("other")]), 404),
    ):
        assert post(program, "leaderboards/", BODY).status_code == status
    post(make_program(), "leaderboards/", BODY)
    for program, status in ((client, 401), (make_program(make_user(), scopes=["read"]), 403)):
        assert patch(program, {"name": "x"}).status_code == status
    assert client.get("/api/v1/leaderboards/garden-style/definition/").status_code == 200
