"""Boards by question over REST."""

import pytest

from arena.models import Visibility
from ranking.models import Leaderboard
from ranking.tasks import fit_asked_board
from tests.prepared import prepared
from tests.ranking.boards.test_asked_boards import make_question_arena

pytestmark = pytest.mark.django_db
PATH = "/api/v1/asked-boards/"


planted = prepared(make_question_arena)


@pytest.fixture
def arena(planted):
    return planted()


def test_asked_for_polled_and_read(client, arena):
    where = f"{PATH}?arena=asked&turns=1&category=math&category=coding"
    assert client.get(where).json() | {"sentence": ""} == {
        "slug": None, "state": "not asked for", "sentence": "", "snapshot": None, "category": "", "language": "",
        "filters": "category=coding&category=math&turns=1",
    }  # fmt: skip
    assert not Leaderboard.objects.filter(is_asked=True).exists()
    asked = client.post(where)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert client.get(where).json()["state"] == "waiting"
    fit_asked_board()
    stands = client.get(where).json()
    assert (stands["state"], stands["sentence"]) == ("stands", "")
    board = client.get(f"/api/v1/leaderboards/{stands['slug']}/").json()
    assert board["snapshot"] == stands["snapshot"]
    assert len(board["entries"]) == 4
    listed = client.get("/api/v1/leaderboards/?arena=asked").json()["results"]
    assert stands["slug"] not in [each["slug"] for each in listed]


def test_a_named_board_is_found_by_its_filters(client, arena):
    own = client.get(f"{PATH}?arena=asked").json()
    assert (own["state"], own["slug"]) == ("stands", "asked")
    slice_of = client.get(f"{PATH}?arena=asked&category=math").json()
    assert slice_of["slug"] == "asked-math"


def test_refusals_are_told(client, arena):
    client.post(f"{PATH}?arena=asked&tag=hard")
    fit_asked_board()
    refused = client.get(f"{PATH}?arena=asked&tag=hard").json()
    assert (refused["state"], refused["sentence"]) == ("refused", "Votes on 20 prompts fit: at least 30 are needed.")
    wrong = client.get(f"{PATH}?arena=asked&since=monday").json()
    assert (wrong["state"], wrong["sentence"]) == ("refused", "“monday” is no day: write it like 2026-01-31.")
    for query, sentence in (
        ("since=monday", wrong["sentence"]), ("category=%00", "Filters must not contain NUL characters."),
        ("category=nosuch", "No board combines Bradley–Terry with the prompts on nosuch. These come nearest:"),
        ("turns=000199999999999999999999", "“000199999999999999999999” is no number of turns: write a number, or “several”."),
    ):  # fmt: skip
        answer = client.post(f"{PATH}?arena=asked&{query}")
        assert (answer.status_code, answer.json()["detail"]) == (400, sentence)
    for query in ("arena=asked&colour=red", "turns=1", "arena=asked&turns=1&turns=2"):
        assert client.get(f"{PATH}?{query}").status_code == 400, query
    assert client.get(f"{PATH}?arena=no-such").status_code == 404


def test_a_third_question_of_a_network_has_to_wait(client, arena):
    for k in range(2):
        assert client.post(f"{PATH}?arena=asked&min_chars={k}").status_code == 202
    third = client.post(f"{PATH}?arena=asked&min_chars=2")
    assert third.status_code == 429
    assert "still waiting" in third.json()["detail"]
    assert third["Retry-After"]


def test_filters_of_contents_and_private_boards_are_for_their_readers(client, arena):
    arena.content_visibility = Visibility.CURATORS
    arena.save()
    told = client.get(f"{PATH}?arena=asked&pool=main").json()
    assert (told["state"], told["snapshot"]) == ("refused", None)
    assert client.post(f"{PATH}?arena=asked&pool=main").status_code == 400
    assert not Leaderboard.objects.filter(is_asked=True).exists()
    arena.board_visibility = Visibility.CURATORS
    arena.save()
    assert client.get(f"{PATH}?arena=asked").status_code == 404
    assert client.post(f"{PATH}?arena=asked&turns=1").status_code == 404
