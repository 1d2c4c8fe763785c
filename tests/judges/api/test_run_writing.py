"""Runs by program: what one would come to, its start with a cap, pause, resume and cancel."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from arena import tasks
from arena.models import Battle, Call, Endpoint, Run
from judges.cards import called_judge
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt, make_user
from tests.judges.game_factories import make_call, make_endpoint, make_judge, make_run
from tests.judges.judging_factories import make_battles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bell(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.work_on_run, "delay", rung.append)
    return rung


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def endpoint():
    return make_endpoint("gate", price_in=1_000_000, price_out=2_000_000, is_proven=True)


def drafted(program, arena, **said):
    body = {"arena": arena.slug, "competitors": {"Kestrel": "gate"}} | said
    return post(program, "runs/drafts/answers/", {name: value for name, value in body.items() if value is not None})


def start(program, draft, cap=1.0, **more):
    return post(program, "runs/", {"draft": draft.json()["draft"], "cap": cap} | more)


@pytest.fixture
def arena():
    made = make_arena("garden")
    for number in range(3):
        make_prompt(made, key=f"q{number}")
    return made


def test_an_arena_that_is_not_there_is_404(program, endpoint):
    assert drafted(program, make_arena("garden"), competitors={"Kestrel": "gate"}).status_code == 422  # it has no prompts
    assert post(program, "runs/drafts/answers/", {"arena": "no-such", "competitors": {"K": "gate"}}).status_code == 404


def test_a_draft_says_what_it_would_come_to_and_keeps_nothing(program, arena, endpoint):
    told = drafted(program, arena, repeats=2, max_tokens=100)
    assert told.status_code == 200
    said = told.json()
    assert (said["kind"], said["n_wanted"], said["n_calls"], said["tokens_out"]) == ("generate", 6, 6, 600)
    assert said["cost"] > 0
    assert not Run.objects.exists()
    assert not arena.competitors.exists()


def test_a_draft_is_started_with_a_cap(program, arena, endpoint, bell, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = start(program, drafted(program, arena), cap=0.5)
    run = Run.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/runs/{run.pk}/")
    assert made.json() == program.get(made["Location"]).json()
    assert (run.kind, run.cap, run.state, run.created_by.is_staff) == ("generate", 500_000, "running", True)
    assert Call.objects.filter(run=run).count() == 3
    assert bell == [run.pk]


def test_a_draft_started_twice_is_a_conflict_and_a_retry_is_none(program, arena, endpoint):
    draft = drafted(program, arena)
    body = {"draft": draft.json()["draft"], "cap": 1}
    first, retry = (post(program, "runs/", body, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.status_code, retry.status_code, retry.json()) == (201, 201, first.json())
    assert start(program, draft).status_code == 409
    assert Run.objects.count() == 1


@pytest.mark.parametrize("cap", [None, -1, "1", True, 10**7])
def test_a_run_needs_a_cap(program, arena, endpoint, cap):
    refused = start(program, drafted(program, arena), cap=cap)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["cap"])


def test_nothing_dearer_than_was_told_is_started(program, arena, endpoint):
    draft = drafted(program, arena)
    make_prompt(arena)
    refused = start(program, draft)
    assert (refused.status_code, Run.objects.count()) == (409, 0)
    assert "risen" in refused.json()["detail"]


def test_a_draft_is_its_users_own_and_lasts_an_hour(arena, endpoint):
    user = make_user(is_staff=True)
    mine, other = make_program(user), make_program()
    draft = drafted(mine, arena)
    assert start(other, draft).status_code == 422
    elsewhere = make_program(user, arenas=[make_arena()])
    assert start(elsewhere, draft).status_code == 404
    assert post(mine, "runs/", {"draft": draft.json()["draft"] + "x", "cap": 1}).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(hours=1, minutes=1)):
        assert start(mine, draft).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ({"competitors": {"Kestrel": "no-such"}}, 422, "no-such"), ({"competitors": {}}, 400, "competitors"),
        ({"competitors": {"Kestrel": 5}}, 400, "competitors"), ({"competitors": None}, 400, "competitors"),
        ({"pools": ["deep"]}, 422, "deep"), ({"prompts": 10_000, "repeats": 2}, 422, "20,000"),
        ({"prompts": 0}, 400, "prompts"), ({"pools": ["a\0"]}, 400, "pools"),
        ({"again": 1}, 400, "again"), ({"temperature": 3}, 400, "temperature"), ({"model": "x"}, 400, "model"),
        ({"competitors": {"": "gate"}}, 422, "a name is needed"), ({"competitors": {"a\0": "gate"}}, 422, "control"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_named(program, arena, endpoint, said, status, told):
    refused = drafted(program, arena, **said)
    assert refused.status_code == status
    assert told in str(refused.json())


def judging(program, arena, **said):
    return post(program, "runs/drafts/judging/", {"arena": arena.slug} | said)


def test_judging_makes_its_battles_when_it_is_started(program, endpoint):
    arena, battles = make_battles(n_prompts=2, n_competitors=3)
    Battle.objects.all().delete()
    judge = called_judge(endpoint, "pairwise", name="judge")
    draft = judging(program, arena, judges=[f"card:{judge.pk}"], plan="all")
    assert (draft.status_code, draft.json()["n_wanted"], Battle.objects.count()) == (200, 12, 0)
    made = start(program, draft)
    assert made.status_code == 201
    assert (Battle.objects.count(), Run.objects.get().games.count()) == (len(battles), 12)


def test_judges_that_are_programs_are_asked_by_name(program):
    arena, battles = make_battles(n_prompts=2, n_competitors=2)
    draft = judging(program, arena, judges=["offline:longer"], plan="given", battles=[battle.pk for battle in battles])
    assert (draft.status_code, draft.json()["n_calls"], draft.json()["cost"]) == (200, 0, 0)
    assert start(program, draft, cap=0).json()["state"] == "done"
    again = judging(program, arena, judges=["offline:longer"], plan="all", repeats=2)  # it has a card by now
    assert again.status_code == 200
    assert start(program, again, cap=0).status_code == 201


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ({"judges": ["card:0"]}, 422, "card:0"), ({"judges": []}, 422, "judge"), ({}, 400, "judges"),
        ({"plan": "x"}, 400, "plan"),
        ({"plan": "baseline"}, 422, "baseline"), ({"plan": "baseline", "baseline": "Nobody"}, 422, "Nobody"),
        ({"plan": "given"}, 422, "given"), ({"plan": "given", "battles": [10**9]}, 422, "1000000000"),
        ({"plan": "all", "battles": [1]}, 422, "given"), ({"plan": "given", "battles": ["1"]}, 400, "battles"),
        ({"competitors": ["model 1"]}, 422, "opponent"), ({"pool": "deep"}, 422, "deep"),
        ({"most": 2_000, "repeats": 20}, 422, "10,000"), ({"plan": "tournament", "orders": "one"}, 422, "orders"),
    ],
)  # fmt: skip
def test_a_plan_of_judging_that_cannot_be_is_named(program, said, status, told):
    arena, _ = make_battles(n_prompts=1, n_competitors=2)
    judges = {"judges": ["offline:longer"]} if said and "judges" not in said else {}
    refused = judging(program, arena, **judges, **said)
    assert refused.status_code == status
    assert told in str(refused.json())


def test_a_run_is_paused_resumed_and_cancelled(program, django_capture_on_commit_callbacks, bell):
    run = make_run(make_arena(), cap=1_000_000)
    make_call(run, make_judge())
    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        with django_capture_on_commit_callbacks(execute=True):
            done = post(program, f"runs/{run.pk}/{act}/", {})
        assert (done.status_code, done.json()["state"]) == (200, state)
        assert post(program, f"runs/{run.pk}/{act}/", {}).status_code == 409
    assert bell == [run.pk] * 3


@pytest.mark.parametrize("because", ["budget: $1.00 of $1.00 spent. Raise the cap to go on.", "paused by hand"])
def test_a_paused_run_goes_on_under_a_higher_cap(program, because, bell, django_capture_on_commit_callbacks):
    run = make_run(make_arena(), cap=1_000_000, state="paused", paused_because=because)
    make_call(run, make_judge(endpoint=make_endpoint("gate", is_proven=True)))
    for cap in (0.5, 1, "2", 10**7):
        refused = post(program, f"runs/{run.pk}/resume/", {"cap": cap})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["cap"])
    with django_capture_on_commit_callbacks(execute=True):
        done = post(program, f"runs/{run.pk}/resume/", {"cap": 2.5})
    assert (done.status_code, done.json()["state"], done.json()["cap"]) == (200, "running", 2.5)
    assert bell == [run.pk]
    late = post(program, f"runs/{run.pk}/resume/", {"cap": 5})
    run.refresh_from_db()
    assert (late.status_code, run.cap) == (409, 2_500_000)  # only what is paused is resumed


def test_a_plan_tells_money_in_dollars(program):
    plan = {"orders": "both", "counts": {"n_calls": 2, "cost": 1_500_000}}
    run = make_run(make_arena(), plan=plan)
    shown = program.get(f"/api/v1/runs/{run.pk}/").json()["plan"]
    assert shown == {"orders": "both", "counts": {"n_calls": 2, "cost": 1.5}}


def test_runs_of_other_arenas_are_out_of_reach():
    run = make_run(make_arena())
    elsewhere = make_program(arenas=[make_arena()])
    for act in ("pause", "resume", "cancel"):
        assert post(elsewhere, f"runs/{run.pk}/{act}/", {}).status_code == 404
        assert post(elsewhere, "runs/0/pause/", {}).status_code == 404
    run.refresh_from_db()
    assert run.state == "running"
    assert make_competitor(run.arena).pk


def test_a_draft_and_the_page_say_which_endpoint_cannot_be_called(program, arena, endpoint, admin_client, settings):
    settings.ENDPOINTS_ALLOWED = {"127.0.0.1:9"}
    assert drafted(program, arena).json()["held_up"] == []
    Endpoint.objects.update(key_name="AGON_KEY_NOPE")
    (told,) = drafted(program, arena).json()["held_up"]
    assert (told["endpoint"], "AGON_KEY_NOPE is not set" in told["reason"]) == ("gate", True)
    page = admin_client.get(f"{reverse('new-answers')}?arena=garden").content.decode()
    assert "gate: " in page
    assert "cannot be called: AGON_KEY_NOPE is not set" in page
    judge = make_judge("strict", endpoint=endpoint)
    judged, _ = make_battles(1)
    asked = post(program, "runs/drafts/judging/", {"arena": judged.slug, "judges": [f"card:{judge.pk}"]})
    assert [each["endpoint"] for each in asked.json()["held_up"]] == ["gate"], asked.json()
    listed = admin_client.get(reverse("admin:arena_endpoint_changelist")).content.decode()
    assert "AGON_KEY_NOPE is not set" in listed


def test_the_keys_of_judges_are_listed_before_they_have_games(program, endpoint):
    judge = make_judge("strict", endpoint=endpoint)
    rows = {row["key"]: row["name"] for row in program.get("/api/v1/judges/keys/").json()}
    assert rows[f"card:{judge.pk}"].startswith("strict")
    assert "offline:longer" in rows
    assert make_program(make_user(), scopes=["read"]).get("/api/v1/judges/keys/").status_code == 403


def test_the_plan_of_a_run_names_competitors_as_a_draft_takes_them(program, arena, endpoint):
    started = start(program, drafted(program, arena))
    plan = program.get(f"/api/v1/runs/{started.json()['id']}/").json()["plan"]
    assert (plan["competitors"], "authors" in plan) == ({"Kestrel": "gate"}, False)


def test_a_run_of_a_program_ends_after_it_began(program):
    judged, _ = make_battles(1)
    asked = post(program, "runs/drafts/judging/", {"arena": judged.slug, "judges": ["offline:longer"]})
    told = start(program, asked, cap=0).json()
    assert told["state"] == "done", told
    assert told["finished_at"] >= told["created_at"]
