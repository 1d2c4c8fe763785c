"""Leaderboards and snapshots over REST."""

import csv
import io

import pytest

from ranking.models import KeptSnapshot
from tests.factories import make_arena, make_competitor, make_user
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db


def make_shown_board(*names, **fields):
    """A board with a snapshot in which the named competitors stand in this order."""
    arena = make_arena(**fields)
    board = make_board(arena, arena.slug, is_default=True)
    snapshot = make_snapshot(board)
    for place, name in enumerate(names or ("Kestrel", "Osmia"), start=1):
        make_entry(snapshot, make_competitor(arena, name), 1100.0 - 50 * place, rank=place)
    return board, snapshot


def test_the_list_names_every_board_and_its_newest_snapshot(client):
    board, _ = make_shown_board()
    newest = make_snapshot(board)
    [row] = client.get("/api/v1/leaderboards/").json()["results"]
    assert (row["slug"], row["arena"], row["method"]) == (board.slug, board.arena.slug, "bradley_terry")
    assert row["snapshot"] == newest.key
    assert row["updated"] is not None


def test_a_board_gives_its_newest_snapshot_with_provenance_and_entries(client):
    board, _ = make_shown_board()
    newest = make_snapshot(board, watermark=77, n_votes=99, components=[["Kestrel"], ["Osmia"]])
    make_entry(newest, board.arena.competitors.first(), 1061.5, se=9.25)
    shown = client.get(f"/api/v1/leaderboards/{board.slug}/").json()
    assert (shown["snapshot"], shown["watermark"], shown["n_votes"]) == (newest.key, 77, 99)
    assert shown["notes"] == ["only 3 prompts, so results may differ with other prompts"]
    assert shown["components"] == [["Kestrel"], ["Osmia"]]
    assert {"method", "parameters", "evidence_hash", "code_version", "seed", "created_at"} <= shown.keys()
    assert shown["entries"] == [
        {
            "competitor": "Kestrel", "rating": 1061.5, "se": 9.25, "low": 1041.5, "high": 1081.5,
            "rank": 1, "rank_low": 1, "rank_high": 2, "p_best": None, "win_rate": 0.5, "raw_win_rate": 0.5,
            "n_votes": 8, "n_prompts": 3, "trust": None, "people_half_width": None, "unrated_because": "",
        }
    ]  # fmt: skip


def test_entries_without_a_rating_come_last_with_their_reason(client):
    board, snapshot = make_shown_board("Kestrel")
    make_entry(snapshot, make_competitor(board.arena, "Unknown"), None)
    entries = client.get(f"/api/v1/leaderboards/{board.slug}/").json()["entries"]
    assert [(entry["competitor"], entry["rating"], entry["unrated_because"]) for entry in entries] == [
        ("Kestrel", 1050.0, ""),
        ("Unknown", None, "no votes yet"),
    ]


def test_a_board_before_its_first_snapshot_is_there_and_empty(client):
    board = make_board(make_arena())
    shown = client.get(f"/api/v1/leaderboards/{board.slug}/").json()
    assert (shown["snapshot"], shown["watermark"], shown["entries"], shown["notes"]) == (None, None, [], [])
    assert shown["method"] == "bradley_terry"
    assert client.get(f"/api/v1/leaderboards/{board.slug}/?format=csv").content.startswith(b"competitor,rating,se")


def test_a_snapshot_shows_what_it_showed_when_it_was_made(client):
    board, snapshot = make_shown_board()
    make_snapshot(board)
    shown = client.get(f"/api/v1/snapshots/{snapshot.key}/").json()
    assert (shown["snapshot"], shown["slug"]) == (snapshot.key, board.slug)
    assert [entry["competitor"] for entry in shown["entries"]] == ["Kestrel", "Osmia"]
    assert shown["permalink"].endswith(f"/snapshots/{snapshot.key}/")


def test_a_snapshot_keeps_the_category_that_it_was_fitted_for(client):
    board = make_board(make_arena(), category="coding")
    snapshot = make_snapshot(board)
    board.category = "maths"
    board.save()
    assert client.get(f"/api/v1/snapshots/{snapshot.key}/").json()["category"] == "coding"


def test_snapshots_are_listed_newest_first(client):
    board, first = make_shown_board()
    second = make_snapshot(board)
    rows = client.get(f"/api/v1/leaderboards/{board.slug}/snapshots/").json()["results"]
    assert [row["snapshot"] for row in rows] == [second.key, first.key]


def test_snapshots_are_paged_by_the_next_link(client):
    board, first = make_shown_board()
    second = make_snapshot(board)
    page = client.get(f"/api/v1/leaderboards/{board.slug}/snapshots/?limit=1").json()
    assert [row["snapshot"] for row in page["results"]] == [second.key]
    page = client.get(page["next"]).json()
    assert ([row["snapshot"] for row in page["results"]], page["next"]) == ([first.key], None)


def test_csv_has_a_line_a_competitor_with_all_digits(client):
    board, snapshot = make_shown_board("Kestrel")
    make_entry(snapshot, make_competitor(board.arena, "Osmia"), 1000 + 1 / 3, rank=2)
    response = client.get(f"/api/v1/leaderboards/{board.slug}/?format=csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{board.slug}-{snapshot.key}.csv"'
    assert [row["competitor"] for row in rows] == ["Kestrel", "Osmia"]
    assert float(rows[1]["rating"]) == 1000 + 1 / 3


def test_shares_come_without_the_noise_of_their_last_digits(client):
    _board, snapshot = make_shown_board("Kestrel")
    snapshot.entries.update(win_rate=0.5652173913043478, raw_win_rate=0.5652173913043479, p_best=0.1 + 0.2)
    (entry,) = client.get(f"/api/v1/snapshots/{snapshot.key}/").json()["entries"]
    assert (entry["win_rate"], entry["raw_win_rate"], entry["p_best"]) == (0.565217391304, 0.565217391304, 0.3)
    (row,) = csv.DictReader(io.StringIO(client.get(f"/api/v1/snapshots/{snapshot.key}/?format=csv").content.decode()))
    assert (row["win_rate"], row["raw_win_rate"], row["p_best"]) == ("0.565217391304", "0.565217391304", "0.3")


def test_csv_names_are_no_formulas_and_negative_ratings_stay_numbers(client):
    board, snapshot = make_shown_board('=HYPERLINK("http://evil.example")')
    make_entry(snapshot, make_competitor(board.arena, "Far below"), -12.5, rank=2)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/snapshots/{snapshot.key}/?format=csv").content.decode())))
    assert rows[0]["competitor"] == '\'=HYPERLINK("http://evil.example")'
    assert rows[1]["rating"] == "-12.5"


def test_csv_is_given_by_accept_header_too(client):
    board, _ = make_shown_board()
    assert client.get(f"/api/v1/leaderboards/{board.slug}/", headers={"accept": "text/csv"}).content.startswith(b"competitor,")


def test_an_exported_snapshot_is_kept_for_good(client):
    board, snapshot = make_shown_board()
    client.get(f"/api/v1/leaderboards/{board.slug}/")
    assert not KeptSnapshot.objects.exists()
    for _ in range(2):
        client.get(f"/api/v1/snapshots/{snapshot.key}/")
    assert KeptSnapshot.objects.get().snapshot == snapshot


def test_an_unchanged_board_is_304_and_reads_no_entry(client, django_assert_num_queries):
    board, _ = make_shown_board()
    etag = client.get(f"/api/v1/leaderboards/{board.slug}/")["ETag"]
    with django_assert_num_queries(3):
        response = client.get(f"/api/v1/leaderboards/{board.slug}/", headers={"if-none-match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_a_new_snapshot_a_new_name_and_another_format_have_other_etags(client):
    board, _ = make_shown_board()
    address = f"/api/v1/leaderboards/{board.slug}/"
    etags = [client.get(address)["ETag"], client.get(f"{address}?format=csv")["ETag"]]
    make_snapshot(board)
    etags.append(client.get(address)["ETag"])
    board.arena.competitors.filter(name="Osmia").update(name="Wren")
    etags.append(client.get(address)["ETag"])
    assert len(set(etags)) == 4


def test_queries_do_not_grow_with_the_board(client, django_assert_num_queries):
    board, _ = make_shown_board(*[f"model {n}" for n in range(30)])
    with django_assert_num_queries(4):
        client.get(f"/api/v1/leaderboards/{board.slug}/")
    with django_assert_num_queries(1):
        client.get("/api/v1/leaderboards/")


@pytest.mark.parametrize("path", ["leaderboards/{slug}/", "leaderboards/{slug}/snapshots/", "snapshots/{key}/"])
def test_a_private_board_is_not_there_for_the_public(client, path):
    board, snapshot = make_shown_board(board_visibility="accounts", voting="anyone")
    address = "/api/v1/" + path.format(slug=board.slug, key=snapshot.key)
    absent = client.get("/api/v1/" + path.format(slug="no-such-board", key="0123456789abcdef"))
    refused = client.get(address)
    assert refused.status_code == absent.status_code == 404
    assert refused.json() | {"instance": ""} == absent.json() | {"instance": ""}
    client.force_login(make_user())
    assert client.get(address).status_code == 200


def test_a_private_board_is_not_listed(client):
    make_shown_board("Secret model", board_visibility="curators")
    assert client.get("/api/v1/leaderboards/").json()["results"] == []
    assert "Secret model" not in client.get("/api/v1/competitors/").content.decode()


def test_a_private_board_is_kept_by_nobody_else(client):
    _, snapshot = make_shown_board(board_visibility="curators")
    client.get(f"/api/v1/snapshots/{snapshot.key}/")
    assert not KeptSnapshot.objects.exists()


def test_only_a_public_board_may_lie_in_shared_caches(client):
    public, _ = make_shown_board()
    private, _ = make_shown_board(board_visibility="accounts")
    assert "public" in client.get(f"/api/v1/leaderboards/{public.slug}/")["Cache-Control"]
    client.force_login(make_user())
    for board in (public, private):
        cache_control = client.get(f"/api/v1/leaderboards/{board.slug}/")["Cache-Control"]
        assert "private" in cache_control
        assert "no-cache" in cache_control


def test_boards_are_found_by_arena_and_category(client):
    arena = make_arena("garden")
    make_board(arena, "garden")
    make_board(arena, "garden-coding", category="coding")
    make_board(make_arena("kitchen"), "kitchen", category="coding")
    rows = client.get("/api/v1/leaderboards/?arena=garden&category=coding").json()["results"]
    assert [row["slug"] for row in rows] == ["garden-coding"]
