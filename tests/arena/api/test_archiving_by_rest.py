"""Programs archive competitors, prompts, answers and judges, and bring them back, by the functions of the page."""

import pytest
from django.contrib.auth.models import User

from arena.models import Endpoint
from judges.models import Judge, JudgeChoice
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user
from tests.judges.game_factories import make_call, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def battle():
    arena = make_arena("garden", content_visibility="public")
    return make_battle(make_competitor(arena, "Kestrel"), make_competitor(arena), make_prompt(arena), with_answers=True)


def paths(battle):
    return [f"competitors/{battle.competitor_a_id}", f"prompts/{battle.prompt_id}", f"responses/{battle.response_a_id}"]


def test_what_is_archived_leaves_the_lists_and_comes_back(battle):
    program = make_program()
    for path in paths(battle):
        listed = f"/api/v1/{path.partition('/')[0]}/?arena=garden"
        number = int(path.rpartition("/")[2])
        for _ in range(2):
            done = post(program, f"{path}/archive/", {"reason": " a  twin "})
            assert (done.status_code, done.json()["archived_because"]) == (200, "a twin"), path
        assert number not in [row["id"] for row in program.get(listed).json()["results"]]
        assert number in [row["id"] for row in program.get(f"{listed}&archived=only").json()["results"]]
        back = post(program, f"{path}/bring-back/", {})
        assert (back.status_code, back.json()["archived_at"]) == (200, None)
        assert number in [row["id"] for row in program.get(listed).json()["results"]]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " \n"}, {"reason": "x" * 201}, {"reason": "x", "why": "y"}])
def test_a_reason_is_needed(battle, body):
    for path in paths(battle):
        refused = post(make_program(), f"{path}/archive/", body)
        assert (refused.status_code, set(refused.json()["errors"]) <= {"reason", "why"}) == (400, True)
    assert post(make_program(), f"{path}/bring-back/", {"reason": "x"}).status_code == 400


def test_a_missing_field_is_told_as_one_of_the_body(battle):
    refused = post(make_program(), f"prompts/{battle.prompt_id}/archive/", {})
    assert refused.json()["errors"] == {"reason": ["It is missing: it is needed."]}


def test_what_a_run_still_asks_about_stays(battle):
    judge = make_judge()
    run = make_run(battle.arena)
    make_game(battle, judge, "", state="", event=None, run=run, call=make_call(run, judge))
    refused = post(make_program(), f"prompts/{battle.prompt_id}/archive/", {"reason": "a twin"})
    assert (refused.status_code, str(run.pk) in refused.json()["detail"]) == (409, True)


def test_a_judge_is_retired_in_all_its_versions_with_a_reason(battle):
    old = make_judge("strict")
    new = make_judge("strict", version=2)
    make_game(battle, new)
    program = make_program()
    done = post(program, f"judges/{new.pk}/retire/", {"reason": "a trial"})
    assert (done.status_code, done.json()["archived_because"]) == (200, "a trial"), done.content
    assert not Judge.objects.filter(pk__in=[old.pk, new.pk], archived_at=None).exists()
    assert JudgeChoice.objects.get(judge=new).says == "retired"
    assert post(program, f"judges/{old.pk}/bring-back/", {}).json()["archived_at"] is None
    assert Judge.objects.filter(archived_at=None).count() == 2


def test_who_may_not_archive_is_refused(battle):
    judge = make_judge()
    elsewhere = make_program(arenas=[make_arena("other")])
    assert {post(elsewhere, f"{path}/archive/", {"reason": "x"}).status_code for path in paths(battle)} == {404}
    assert post(elsewhere, f"judges/{judge.pk}/retire/", {"reason": "x"}).status_code == 403
    account = make_program(make_user(), scopes=["read"])
    acts = [f"{path}/archive/" for path in paths(battle)] + [f"judges/{judge.pk}/retire/"]
    assert {post(account, path, {"reason": "x"}).status_code for path in acts} == {403}


def test_an_arena_is_put_away_with_a_reason_and_comes_back(battle):
    program = make_program()
    done = post(program, "arenas/garden/put-away/", {"reason": " the trial  is over "})
    assert (done.status_code, done.json()["archived_because"]) == (200, "the trial is over")
    refused = post(program, "prompts/", {"arena": "garden", "rows": [{"prompt": "Why?"}]})
    assert (refused.status_code, "archived" in refused.text) == (400, True)
    assert post(program, "arenas/garden/bring-back/", {}).json()["archived_at"] is None
    assert post(program, "arenas/garden/put-away/", {}).status_code == 400
    elsewhere = make_program(arenas=[make_arena("other")])
    assert post(elsewhere, "arenas/garden/put-away/", {"reason": "x"}).status_code == 404


def test_endpoints_are_listed_by_name_and_archived_by_superusers_alone(battle):
    endpoint = make_judge().endpoint
    Endpoint.objects.filter(pk=endpoint.pk).update(key_name="AGON_KEY_NOPE", base_url="https://models.example/v1")
    program = make_program()
    (row,) = program.get("/api/v1/endpoints/").json()["results"]
    assert (row["name"], row["model"]) == (endpoint.name, endpoint.model)
    assert "AGON_KEY_NOPE is not set" in row["held_up"]
    assert "https://models.example/v1" not in str(row)
    superuser, curator = make_user(is_staff=True), make_user(is_staff=True)
    User.objects.filter(pk=curator.pk).update(is_superuser=False)
    curator.refresh_from_db()
    for path, body in ((f"endpoints/{endpoint.pk}/archive/", {"reason": "x"}), (f"endpoints/{endpoint.pk}/bring-back/", {})):
        assert post(make_program(curator), path, body).status_code == 403
        assert post(make_program(superuser, arenas=[battle.arena]), path, body).status_code == 403
        done = post(make_program(superuser), path, body)
        assert (done.status_code, done.json()["archived_because"]) == (200, body.get("reason", ""))
    assert make_program(make_user(), scopes=["read"]).get("/api/v1/endpoints/").status_code == 403
