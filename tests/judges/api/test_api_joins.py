"""Rows of several lists are joined by the same names, and a list that is not for the reader says why."""

import pytest

from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db

OF_CONTENTS = ["prompts", "responses", "battles", "games"]
OF_BOARDS = ["leaderboards", "judges"]  # runs are for curators alone: 401, whichever the arena


def results(client, path):
    return client.get(f"/api/v1/{path}").json()["results"]


def make_played(prompt, arena):
    battle = make_battle(make_competitor(arena), make_competitor(arena), prompt, with_answers=prompt is not None)
    return battle, make_game(battle, make_judge(), "first", order="ab")


def test_every_row_that_points_at_a_prompt_gives_its_number_and_its_key(client):
    arena = make_arena(content_visibility="public")
    make_played(make_prompt(arena, key="sample-001"), arena)
    make_played(make_prompt(arena, key="sample-002"), arena)
    known = {(prompt["id"], prompt["key"]) for prompt in results(client, "prompts/")}
    assert len(known) == 2
    for rows, old_name in (("battles/", "prompt_id"), ("responses/", "prompt_id"), ("games/", "prompt_key")):
        found = results(client, rows)
        assert {(row["prompt_id"], row["prompt_key"]) for row in found} == known
        assert all(row["prompt"] == row[old_name] for row in found)


def test_where_the_prompt_is_not_known_both_are_null(client):
    arena = make_arena(content_visibility="public")
    make_played(None, arena)
    for rows in ("battles/", "games/"):
        (row,) = results(client, rows)
        assert (row["prompt"], row["prompt_id"], row["prompt_key"]) == (None, None, None)


def test_the_table_of_games_has_both(client):
    arena = make_arena(content_visibility="public")
    battle, _ = make_played(make_prompt(arena, key="sample-001"), arena)
    heading, row = client.get("/api/v1/games/?format=csv").getvalue().decode().splitlines()
    told = dict(zip(heading.split(","), row.split(","), strict=True))
    assert (told["prompt"], told["prompt_id"], told["prompt_key"]) == ("sample-001", str(battle.prompt_id), "sample-001")


@pytest.mark.parametrize("rows", OF_CONTENTS)
def test_a_list_of_contents_that_are_not_for_the_reader_says_so(client, rows):
    make_arena("my-arena", board_visibility="public", content_visibility="curators")
    assert [arena["slug"] for arena in results(client, "arenas/")] == ["my-arena"]
    answer = client.get(f"/api/v1/{rows}/?arena=my-arena")
    assert answer.status_code == 404
    told = answer.json()["detail"]
    assert "There is no arena" not in told
    assert "who may read its prompts, answers, battles and games: curators only" in told


@pytest.mark.parametrize("rows", OF_BOARDS)
def test_a_list_of_a_board_that_is_not_for_the_reader_says_so(client, rows):
    make_arena("my-arena", board_visibility="curators", voting="anyone")
    told = client.get(f"/api/v1/{rows}/?arena=my-arena").json()["detail"]
    assert "its boards, competitors and judges: curators only" in told


@pytest.mark.parametrize("rows", [*OF_CONTENTS, *OF_BOARDS, "competitors"])
def test_an_arena_that_the_reader_must_not_know_is_like_one_that_is_not_there(client, rows):
    make_arena("secret", board_visibility="curators", content_visibility="curators", voting="closed")
    told = client.get(f"/api/v1/{rows}/?arena=secret").json()["detail"]
    assert told == client.get(f"/api/v1/{rows}/?arena=absent").json()["detail"].replace("absent", "secret")
    client.force_login(make_user(is_staff=True))
    assert client.get(f"/api/v1/{rows}/?arena=secret").status_code == 200
