"""Judges over REST, for those who may read the board; runs, for curators."""

import pytest

from tests.factories import make_arena, make_user
from tests.judges.game_factories import make_call, make_judge, make_run
from tests.ranking.board_factories import make_figure, make_judge_audit

pytestmark = pytest.mark.django_db


def get(client, path, status=200):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response.json()


def test_the_list_names_the_judges_of_the_boards_that_one_may_read(client):
    garden, cellar = make_arena("garden"), make_arena("cellar", board_visibility="curators")
    audit = make_judge_audit(garden, "contains", is_usable=False)
    make_judge_audit(cellar, "longer")
    (row,) = get(client, "judges/")["results"]
    expected = {"id": audit.judge_id, "arena": "garden", "name": "contains", "version": 1, "kind": "offline"}
    assert expected.items() <= row.items()
    assert (row["identity"], row["is_usable"], row["n_games"], row["cost"]) == (audit.judge.identity, False, 80, 1.25)
    get(client, "judges/?arena=cellar", status=404)


def test_the_list_is_narrowed_by_arena_name_and_kind(client):
    garden, kitchen = make_arena("garden"), make_arena("kitchen")
    for arena, name in ((garden, "contains"), (garden, "longer"), (kitchen, "random")):
        make_judge_audit(arena, name)
    assert [row["name"] for row in get(client, "judges/?arena=garden")["results"]] == ["contains", "longer"]
    assert [row["name"] for row in get(client, "judges/?name=random")["results"]] == ["random"]
    assert get(client, "judges/?kind=called")["results"] == []


def test_a_judge_is_given_with_every_figure_its_unit_and_interval(client):
    audit = make_judge_audit(make_arena("garden"), reasons=["few battles"])
    judge = get(client, f"judges/{audit.judge_id}/?arena=garden")
    agreement, kappa = judge["figures"]
    assert (agreement["section"], agreement["name"]) == ("Agreement with people and gold labels", "agreement with people")
    assert (agreement["value"], agreement["low"], agreement["n"], agreement["unit"]) == (0.8, pytest.approx(0.7), 40, "battles")
    assert (kappa["value"], kappa["note"]) == (None, "too few")
    assert judge["coverage"]["by_competitor"][0]["counts"] == {"rule": 79, "error": 1}
    assert (judge["coverage"]["value"], judge["reasons"]) == (0.9875, ["few battles"])


def test_a_figure_names_the_battles_behind_it_with_the_page_that_lists_them(client):
    audit = make_judge_audit(make_arena("garden", content_visibility="public"))
    agreement, kappa = get(client, f"judges/{audit.judge_id}/")["figures"]
    page = f"http://testserver/arenas/garden/judges/{audit.judge_id}/battles/?set="
    assert agreement["battles"] == [
        {"set": "agrees", "words": "same outcome as people", "n": 32, "url": f"{page}agrees"},
        {"set": "differs", "words": "another outcome than people", "n": 8, "url": f"{page}differs"},
    ]
    assert kappa["battles"] == []


def test_who_may_not_read_battles_gets_their_number_without_a_page(client):
    audit = make_judge_audit(make_arena("garden", content_visibility="curators"))
    agreement, _ = get(client, f"judges/{audit.judge_id}/")["figures"]
    assert [(each["n"], each["url"]) for each in agreement["battles"]] == [(32, None), (8, None)]


def test_a_judge_is_given_with_its_board_under_each_rule_and_what_answered(client):
    audit = make_judge_audit(make_arena("garden"))
    judge = get(client, f"judges/{audit.judge_id}/")
    games, mean = judge["boards"]
    assert (games["n_decided"], games["standings"][0]["rating"]) == (40, 1010.0)
    assert (mean["reason"], mean["unrated"]) == ("nothing is decided: no games", {"Kestrel": "won all"})
    assert judge["answered"]["replies"][0]["model"] == "m-1"
    assert judge["answered"]["refused"] == ["temperature"]


def test_an_audit_from_before_there_were_sets_is_given_without_them(client):
    audit = make_judge_audit(make_arena("garden"), battle_sets={}, boards=[], answered={})
    judge = get(client, f"judges/{audit.judge_id}/")
    assert (judge["boards"], judge["answered"]) == ([], {"replies": [], "refused": []})
    assert judge["figures"][0]["battles"] == []


def test_an_end_that_is_open_is_null_and_says_so(client):
    figure = make_figure("slot intercept gamma", None, low=1.2, is_unbounded=True)
    audit = make_judge_audit(make_arena(), figures={"position": [figure]})
    (gamma,) = get(client, f"judges/{audit.judge_id}/")["figures"]
    assert (gamma["value"], gamma["low"], gamma["high"], gamma["is_unbounded"]) == (None, 1.2, None, True)


def test_a_judge_of_two_arenas_is_given_for_the_one_that_is_named(client):
    first, second = make_arena("first"), make_arena("second")
    audit = make_judge_audit(first, "contains")
    make_judge_audit(second, "random")
    assert get(client, f"judges/{audit.judge_id}/?arena=first")["arena"] == "first"
    get(client, f"judges/{audit.judge_id}/?arena=second", status=404)
    get(client, f"judges/{2**70}/", status=404)


def test_an_audit_that_is_not_made_yet_is_not_there(client):
    audit = make_judge_audit(make_arena(), made_at=None)
    assert get(client, "judges/")["results"] == []
    get(client, f"judges/{audit.judge_id}/", status=404)


def test_lists_ask_a_fixed_number_of_questions(client, django_assert_num_queries):
    arena = make_arena()
    for _ in range(5):
        make_judge_audit(arena)
    with django_assert_num_queries(1):
        assert len(get(client, "judges/")["results"]) == 5
    client.force_login(make_user(is_staff=True))
    for _ in range(5):
        make_run(arena)
    with django_assert_num_queries(3):
        assert len(get(client, "runs/")["results"]) == 5


def test_a_curator_reads_the_runs_and_how_far_one_is(client):
    arena = make_arena("garden")
    run = make_run(arena, name="coding", cap=2_000_000, spent=500_000, plan={"orders": "both"})
    judge = make_judge()
    make_call(run, judge, state="done", outcome="ok")
    make_call(run, judge)
    client.force_login(make_user(is_staff=True))
    (row,) = get(client, "runs/?arena=garden&kind=judge&state=running")["results"]
    assert (row["id"], row["name"], row["cap"], row["spent"]) == (run.pk, "coding", 2.0, 0.5)
    one = get(client, f"runs/{run.pk}/")
    assert one["plan"] == {"orders": "both"}
    assert (one["progress"]["n_calls"], one["progress"]["n_over"], one["progress"]["outcomes"]) == (2, 1, {"ok": 1})


def test_others_are_told_that_runs_are_for_curators(client):
    """An empty list would be no answer: a program could not tell a wrong sign-in from no runs."""
    run = make_run(make_arena())
    for path in ("runs/", f"runs/{run.pk}/"):
        get(client, path, status=401)
    client.force_login(make_user())
    for path in ("runs/", f"runs/{run.pk}/"):
        get(client, path, status=403)
