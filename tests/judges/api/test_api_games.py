"""Games of judges over REST: who reads which, verdicts by side, and all of a filter as CSV."""

import csv
import io
from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone

from arena.models import Arena, Attempt, Ballot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_voter
from tests.judges.game_factories import make_call, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db
SECRET = "SECRET reasons\n[[A]]"


@pytest.fixture
def battle():
    return make_open_battle(make_arena("garden", content_visibility="public"))


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def make_open_battle(arena, **prompt):
    a, b = make_competitor(arena), make_competitor(arena)
    return make_battle(a, b, make_prompt(arena, **prompt), with_answers=True)


def make_asked(battle, winner="first", *, judge=None, text=SECRET, **fields):
    """A game that was asked twice: the first request failed."""
    judge = judge or make_judge()
    call = make_call(make_run(battle.arena), judge, state="done")
    known = {"call": call, "endpoint": judge.endpoint, "sent_at": timezone.now()}
    Attempt.objects.create(**known, state="failed", error="SECRET address 10.0.0.7", reply="SECRET page", status=500)
    Attempt.objects.create(
        **known, state="ok", text=text, model="returned-model", parameters={"max_tokens": 64}, latency_ms=812, cost=1_300,
        request=[{"role": "user", "content": "SECRET question"}], fence="c0ffee", tokens_in=120, tokens_out=9,
    )  # fmt: skip
    return make_game(battle, judge, winner, run=call.run, call=call, cost=1_300, **fields)


def get(client, path, status=200):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response.json()


def results(client, query=""):
    return get(client, f"games/{query}")["results"]


def table(client, query=""):
    response = client.get(f"/api/v1/games/?format=csv{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(response.getvalue().decode(), newline="")))


# --- what is told ----------------------------------------------------------------------------------------------------


def test_a_verdict_names_the_answer_and_not_the_slot(client, battle):
    make_game(battle, make_judge("Magister"), "first", order="ba", strength=2, score_first=8, score_second=3, label="[[A>>B]]")
    (row,) = results(client)
    assert (row["order"], row["winner"], row["strength"], row["score_a"], row["score_b"]) == ("ba", "b", 2, 3.0, 8.0)
    assert (row["judge_name"], row["judge_version"], row["label"]) == ("Magister", 1, "[[A>>B]]")
    assert (row["competitor_a"], row["prompt"]) == (battle.competitor_a.name, battle.prompt.key)


def test_one_answer_that_was_graded_alone_has_points_and_no_winner(client, battle):
    make_game(battle, make_judge(), "", state="ok", score_first=7.5, order="ba")
    (row,) = results(client)
    assert (row["winner"], row["score_a"], row["score_b"]) == (None, None, 7.5)


def test_a_tie_has_no_strength(client, battle):
    make_game(battle, make_judge(), "tie", strength=1)
    assert (results(client)[0]["winner"], results(client)[0]["strength"]) == ("tie", None)


def test_a_game_that_is_not_over_says_nothing(client, battle):
    make_game(battle, make_judge(), "", state="", event=None)
    (row,) = results(client)
    assert (row["state"], row["winner"], row["label"], row["decided_at"]) == (None, None, None, None)


def test_how_it_was_asked_is_told_where_answers_are_public(client, battle):
    game = make_asked(battle, label="[[A]]", label_start=15, label_end=20)
    (row,) = results(client)
    assert (row["model"], row["parameters"], row["latency_ms"], row["n_attempts"]) == (
        "returned-model", {"max_tokens": 64}, 812, 2
    )  # fmt: skip
    assert (row["cost"], row["label_start"], row["label_end"], row["is_copied"]) == (0.0013, 15, 20, False)
    full = get(client, f"games/{game.pk}/")
    assert row.items() <= full.items()
    failed, read = full["attempts"]
    assert (read["is_read"], read["text"], read["fence"], failed["is_read"]) == (True, SECRET, "c0ffee", False)
    assert read["messages"] == [{"role": "user", "content": "SECRET question"}]


def test_a_copied_game_has_the_reply_that_was_read(client, battle):
    source = make_asked(battle)
    copy = make_game(battle, source.judge, repeat=1, copied_from=source)
    full = get(client, f"games/{copy.pk}/")
    assert (full["is_copied"], full["cost"], full["attempts"][1]["text"]) == (True, 0.0, SECRET)


def test_the_checklist_that_it_was_asked_with_is_given_in_full(client, battle):
    asked = [{"text": "SECRET does it answer?", "weight": 2.0}]
    game = make_asked(battle, criteria=asked)
    assert get(client, f"games/{game.pk}/")["criteria"] == asked
    assert get(client, f"games/{make_asked(battle, repeat=1).pk}/")["criteria"] is None
    Arena.objects.filter(pk=battle.arena_id).update(content_visibility="curators")
    answer = client.get(f"/api/v1/games/{game.pk}/").content.decode()
    assert "SECRET does it answer?" not in answer


def test_a_stored_reply_is_given_in_full(client, battle):
    game = make_game(battle, make_judge(kind="imported", protocol="pandalm"), reply="I say 1.")
    assert (get(client, f"games/{game.pk}/")["reply"], get(client, f"games/{game.pk}/")["attempts"]) == ("I say 1.", [])


# --- who reads which -------------------------------------------------------------------------------------------------


def test_runs_errors_and_bodies_are_for_curators(client, battle):
    game = make_asked(battle, "", state="error", reason="SECRET address 10.0.0.7", text=None)
    told = get(client, f"games/{game.pk}/")
    assert (told["run"], told["reason"], told["attempts"][0]["error"], told["attempts"][0]["body"]) == (None, "", "", "")
    assert results(client, f"?run={game.run_id}") == []
    client.force_login(make_user(is_staff=True))
    told = get(client, f"games/{game.pk}/")
    assert (told["run"], told["reason"]) == (game.run_id, "SECRET address 10.0.0.7")
    assert (told["attempts"][0]["error"], told["attempts"][0]["body"]) == ("SECRET address 10.0.0.7", "SECRET page")
    assert len(results(client, f"?run={game.run_id}")) == 1


def test_reasons_that_are_made_of_the_reply_are_told_to_all_but_with_a_reference(client, battle):
    make_game(battle, make_judge(), "", state="ambiguous", reason="[[A]] and [[B]]")
    make_game(battle, make_judge(), "", state="unparsable", reason="SECRET is no number", reference_given=True)
    make_game(battle, make_judge(), "tie", state="rule", reason="both say the same")
    assert [row["reason"] for row in results(client)] == ["[[A]] and [[B]]", "", "both say the same"]


def test_what_held_a_reference_is_for_curators(client, battle):
    game = make_asked(battle, reference_given=True)
    told = get(client, f"games/{game.pk}/")
    assert (told["winner"], told["attempts"], told["model"], told["reply"]) == ("a", [], None, "")
    assert "SECRET" not in str(told)
    client.force_login(make_user(is_staff=True))
    assert "SECRET question" in str(get(client, f"games/{game.pk}/"))


@pytest.mark.parametrize(
    ("visibility", "visitor", "rows"),
    [
        ("public", "nobody", "full"), ("public", "account", "full"), ("accounts", "nobody", "none"),
        ("accounts", "account", "verdicts"), ("curators", "account", "none"), ("curators", "curator", "full"),
    ],
)  # fmt: skip
def test_content_decides_who_reads_games(client, battle, visibility, visitor, rows):
    type(battle.arena).objects.update(content_visibility=visibility)
    game = make_asked(battle)
    if visitor != "nobody":
        client.force_login(make_user(is_staff=visitor == "curator"))
    assert len(results(client)) == len(table(client)) == (rows != "none")
    full = get(client, f"games/{game.pk}/", status=404 if rows == "none" else 200)
    assert ("SECRET question" in str(full)) == (rows == "full")
    assert bool(table(client, f"&arena={battle.arena.slug}") if rows != "none" else []) == (rows != "none")


def test_games_are_hidden_while_a_ballot_on_their_prompt_is_open(client, battle):
    game = make_asked(battle)
    twin = make_open_battle(battle.arena)
    type(battle.prompt).objects.filter(pk=twin.prompt_id).update(content_hash=battle.prompt.content_hash)
    other = make_game(make_open_battle(battle.arena), make_judge())
    make_game(twin, make_judge())
    ballot = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now()}
    Ballot.objects.create(battle=battle, voter=make_voter(battle.arena), **ballot)
    assert [row["id"] for row in results(client)] == [other.pk]
    assert [row["id"] for row in table(client)] == [str(other.pk)]
    assert results(client, f"?battle={battle.pk}") == []
    get(client, f"games/{game.pk}/", status=404)
    client.force_login(make_user(is_staff=True))
    assert len(results(client)) == 3


def n_hidden_of_table(client, query):
    whole, head = (ask(f"/api/v1/games/?format=csv&{query}") for ask in (client.get, client.head))
    whole.getvalue()  # gives its place back
    assert whole["Agon-Hidden"] == head["Agon-Hidden"]
    return int(whole["Agon-Hidden"])


def test_how_many_games_are_hidden_is_told_for_the_arena_and_for_a_judge_in_it(client, battle):
    asked, other = make_judge("asked"), make_judge("other")
    for repeat in range(3):
        make_game(battle, asked, repeat=repeat)
    make_game(battle, other)
    make_game(make_open_battle(battle.arena), asked)
    make_game(make_open_battle(make_arena("kitchen", content_visibility="public")), asked)
    assert (get(client, "games/")["hidden"], n_hidden_of_table(client, "")) == (0, 0)
    ballot = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now()}
    Ballot.objects.create(battle=battle, voter=make_voter(battle.arena), **ballot)
    for query, n_hidden in [
        ("", 4), ("arena=garden", 4), ("arena=kitchen", 0), (f"judge={asked.pk}", 3), (f"arena=garden&judge={other.pk}", 1),
        (f"battle={battle.pk}", 4), ("order=ba&limit=1", 4), ("state=error", 4),
    ]:  # fmt: skip
        assert get(client, f"games/?{query}")["hidden"] == n_hidden, query
        assert n_hidden_of_table(client, query) == n_hidden, query
    client.force_login(make_user(is_staff=True))
    assert get(client, "games/")["hidden"] == 0


def test_games_that_one_may_never_read_are_not_counted_as_hidden_for_now(client, battle):
    make_game(battle, make_judge())
    ballot = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now()}
    Ballot.objects.create(battle=battle, voter=make_voter(battle.arena), **ballot)
    Arena.objects.update(content_visibility="curators")
    assert get(client, "games/")["hidden"] == 0


def test_a_curator_with_an_open_ballot_does_not_read_them_either(client, battle, curator):
    game = make_asked(battle)
    voter = make_voter(battle.arena, str(curator.pk), kind="account", user=curator)
    ballot = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now() - timedelta(days=2)}
    Ballot.objects.create(battle=battle, voter=voter, **ballot)
    assert results(client) == table(client) == []
    get(client, f"games/{game.pk}/", status=404)


def test_games_of_several_arenas_are_what_is_open_in_each(client, battle):
    cellar = make_open_battle(make_arena("cellar", content_visibility="curators"))
    kitchen = make_open_battle(make_arena("kitchen", content_visibility="public"))
    here = [make_asked(battle).pk, make_game(kitchen, make_judge(kind="imported", protocol="pandalm")).pk]
    make_asked(cellar)
    make_game(cellar, make_judge(kind="imported", protocol="pandalm"))
    assert [row["id"] for row in results(client)] == here
    assert [row["id"] for row in results(client, "?arena=kitchen")] == here[1:]
    get(client, "games/?arena=cellar", status=404)


@pytest.mark.parametrize("was_asked", [True, False])
def test_games_that_one_may_not_read_leave_no_gap(client, battle, monkeypatch, was_asked):
    monkeypatch.setattr("judges.games.access.MOST_AT_ONCE", 5)
    monkeypatch.setattr("judges.api.games.GAMES_AT_ONCE", 2)
    cellar = make_open_battle(make_arena("cellar", content_visibility="curators"))
    judge, here = make_judge(), []
    runs = {each.arena_id: make_run(each.arena) if was_asked else None for each in (battle, cellar)}
    for repeat, readable in enumerate([0, 0, 1, 0, 1, 1, *[0] * 15, 1, 0, 1, 0]):
        game = make_game(one := battle if readable else cellar, judge, repeat=repeat, run=runs[one.arena_id])
        here += [game.pk] * readable
    assert [row["id"] for row in results(client)] == [int(row["id"]) for row in table(client)] == here
    first = get(client, "games/?limit=2")
    assert [row["id"] for row in first["results"]] == here[:2]
    assert [row["id"] for row in client.get(first["next"]).json()["results"]] == here[2:4]


# --- filters, pages, CSV ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("curator")
def test_every_filter_narrows_the_list_and_the_table_alike(client, battle):
    judge, other = make_judge(), make_judge()
    first = make_asked(battle, judge=judge, taints=["a: speaks to the judge"])
    second = make_asked(battle, "", judge=judge, order="ba", state="refused", is_counted=False)
    elsewhere = make_asked(make_open_battle(battle.arena), judge=other)
    every = {first.pk, second.pk, elsewhere.pk}
    for query, expected in {
        f"judge={judge.pk}": {first.pk, second.pk}, f"judge={other.pk + 9}": set(),
        f"battle={battle.pk}": {first.pk, second.pk},
        f"run={second.run_id}": {second.pk}, "state=refused": {second.pk}, "order=ba": {second.pk},
        "is_counted=false": {second.pk}, "is_counted=true": every - {second.pk}, "is_tainted=true": {first.pk},
        "is_tainted=false": every - {first.pk}, "arena=garden": every, f"judge={judge.pk}&state=ok": {first.pk},
    }.items():  # fmt: skip
        assert {row["id"] for row in results(client, f"?{query}")} == expected, query
        assert {int(row["id"]) for row in table(client, f"&{query}")} == expected, query


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("judge=x", "judge"), ("judge=0", "judge"), ("judge=99999999999999999999", "judge"), ("battle=1%00", "battle"),
        ("run=-1", "run"), ("state=burnt", "state"), ("state=", "state"), ("order=aa", "order"), ("is_counted=1", "is_counted"),
        ("is_counted=yes", "is_counted"), ("is_tainted=True", "is_tainted"), ("arena=a%20b", "arena"), ("limit=501", "limit"),
        ("limit=0&format=csv", "limit"), ("cursor=x&format=csv", "cursor"), ("tainted=true", "tainted"),
        ("format=xml", "format"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(client, battle, query, name):
    response = client.get(f"/api/v1/games/?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert list(response.json()["errors"]) == [name]


def test_pages_follow_each_other_without_gap_or_repetition(client, battle):
    judge = make_judge()
    games = [make_game(battle, judge, repeat=repeat).pk for repeat in range(7)]
    seen, address = [], "/api/v1/games/?limit=3"
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert seen == games


def test_the_table_holds_all_games_not_a_page(client, battle, monkeypatch):
    monkeypatch.setattr("judges.api.games.GAMES_AT_ONCE", 3)
    judge = make_judge()
    games = [make_game(battle, judge, repeat=repeat).pk for repeat in range(10)]
    assert [int(row["id"]) for row in table(client)] == games
    assert [int(row["id"]) for row in table(client, f"&cursor={games[2]}&limit=4")] == games[3:7]


def test_the_table_says_what_the_list_says(client, battle):
    make_asked(battle, order="ba", taints=["a: one", "b: two"], label="[[A]]")
    (row,), (line,) = results(client), table(client)
    assert list(line) == list(row)
    assert line["taints"] == "a: one; b: two"
    for name in set(row) - {"taints", "parameters"}:
        value = row[name]
        assert line[name] == ("" if value is None else str(value).lower() if isinstance(value, bool) else str(value)), name


def test_a_spreadsheet_runs_nothing_of_the_table(client, battle):
    type(battle.competitor_a).objects.filter(pk=battle.competitor_a_id).update(name="=cmd|'/C calc'!A0")
    make_game(battle, make_judge("@SUM(A1)"), "", state="ambiguous", label="-1+1", reason="+1\nor =2")
    (line,) = table(client)
    assert (line["competitor_a"], line["judge_name"]) == ("'=cmd|'/C calc'!A0", "'@SUM(A1)")
    assert (line["label"], line["reason"]) == ("'-1+1", "'+1\nor =2")


def test_tables_leave_threads_for_other_readers(client, battle, monkeypatch):
    monkeypatch.setattr("judges.api.games.Table.places", BoundedSemaphore(2))
    make_game(battle, make_judge())
    first, second = (client.get("/api/v1/games/?format=csv") for _ in range(2))
    refused = client.get("/api/v1/games/?format=csv")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(refused["Retry-After"]) <= 60
    request_finished.disconnect(close_old_connections)  # the test's own connection stays
    first.close()  # a reader who left before the first line
    request_finished.connect(close_old_connections)
    assert len(table(client)) == 1
    assert second.getvalue()
    assert len(table(client)) == len(table(client)) == 1


def test_a_table_of_nothing_has_its_header_and_head_reads_no_row(client, battle, django_assert_max_num_queries):
    assert table(client) == []
    make_game(battle, make_judge())
    with django_assert_max_num_queries(2):
        assert client.head("/api/v1/games/?format=csv").status_code == 200


@pytest.mark.usefixtures("curator")
def test_queries_do_not_grow_with_the_rows(client, battle, django_assert_num_queries):
    for _ in range(6):
        make_asked(make_open_battle(battle.arena))
    with django_assert_num_queries(14):  # one of them counts what is hidden
        assert len(results(client)) == 6
