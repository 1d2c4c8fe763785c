"""A snapshot is found by the eight characters of its key that boards show."""

import pytest
from django.core.management import CommandError, call_command

from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import KeptSnapshot
from tests.factories import make_arena, make_contest, make_user
from tests.ranking.board_factories import make_board, make_snapshot

pytestmark = pytest.mark.django_db
KEY, ALIKE = "3db2c09e51f00a77", "3db2c09e52000000"


@pytest.fixture
def snapshot():
    return make_snapshot(make_board(make_arena()), key=KEY)


@pytest.mark.parametrize("short", [KEY[:8], KEY[:15]])
def test_the_page_leads_to_the_permanent_link(client, snapshot, short):
    answer = client.get(f"/snapshots/{short}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/snapshots/{KEY}/")
    assert not KeptSnapshot.objects.exists()
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("short", [KEY[:8], KEY[:15], KEY])
def test_rest_answers_to_it(client, snapshot, short):
    assert client.get(f"/api/v1/snapshots/{short}/").json()["snapshot"] == KEY


@pytest.mark.parametrize("wrong", [KEY[:7], "3DB2C09E", "3db2c09f", KEY + "0", "3db2c09e-", "zzzzzzzz"])
def test_what_is_no_beginning_finds_nothing(client, snapshot, wrong):
    assert client.get(f"/snapshots/{wrong}/").status_code == 404
    assert client.get(f"/api/v1/snapshots/{wrong}/").status_code == 404
    with pytest.raises(CommandError, match=f"there is no snapshot '{wrong}'"):
        call_command("verify_snapshot", wrong)


def test_a_beginning_of_two_says_so(client, snapshot):
    make_snapshot(snapshot.leaderboard, key=ALIKE)
    told = "Several snapshots have keys that begin with 3db2c09e: give more of the key."
    page = client.get(f"/snapshots/{KEY[:8]}/")
    assert page.status_code == 404
    assert told in page.text
    problem = client.get(f"/api/v1/snapshots/{KEY[:8]}/")
    assert (problem.status_code, problem.json()["detail"]) == (404, told)
    with pytest.raises(CommandError, match=told):
        call_command("verify_snapshot", KEY[:8])
    assert client.get(f"/snapshots/{KEY[:10]}/")["Location"] == f"/snapshots/{KEY}/"


def test_a_board_that_is_not_for_the_visitor_is_neither_found_nor_counted(client, snapshot):
    make_snapshot(make_board(make_arena(board_visibility="curators")), key=ALIKE)
    assert client.get(f"/snapshots/{ALIKE[:10]}/").status_code == 404
    assert client.get(f"/api/v1/snapshots/{ALIKE[:10]}/").status_code == 404
    assert client.get(f"/snapshots/{KEY[:8]}/")["Location"] == f"/snapshots/{KEY}/"
    client.force_login(make_user(is_staff=True))
    assert client.get(f"/snapshots/{ALIKE[:10]}/")["Location"] == f"/snapshots/{ALIKE}/"


def test_a_snapshot_is_verified_by_it(capsys):
    arena, _ = make_contest()
    stored = publish_snapshot(ensure_boards(arena)[0])
    call_command("verify_snapshot", stored.key[:8])
    assert "Same evidence" in capsys.readouterr().out
