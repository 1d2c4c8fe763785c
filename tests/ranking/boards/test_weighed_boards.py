"""Boards over several categories: weighed by a reader, or one that borrows strength from all."""

from urllib.parse import parse_qs

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Prompt
from ranking.boards.asked.asked_definition import definition_like
from ranking.boards.asked.board_access import boards_for
from ranking.boards.asked.board_queue import ask, keep_under_a_name
from ranking.boards.asked.too_little import told
from ranking.boards.due import refresh_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.boards.snapshots.standing import stands
from ranking.filters import Filters, WrongFilter
from ranking.models import Leaderboard
from ranking.tasks import fit_asked_board
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote, make_voter
from tests.prepared import prepared

pytestmark = pytest.mark.django_db

STRENGTHS = {
    "code": (2.0, 1.0, 0.0, -1.0), "maths/algebra": (-1.0, 0.0, 1.0, 2.0), "maths/sets": (-1.0, 0.0, 1.0, 2.0),
    "poems": (2.0, 0.0, -1.0, -1.0),
}  # fmt: skip
SIZES = {"code": 40, "maths/algebra": 30, "maths/sets": 30, "poems": 8}


def make_arena_of_categories():
    """Four models that are good at different things; `poems` is thin, `apart` is in two groups, model 4 never writes code."""
    arena, rng = make_arena("weighed", board_visibility="public"), np.random.default_rng(2)
    models = [make_competitor(arena, f"model {i}") for i in range(5)]
    voters = [make_voter(arena) for _ in range(8)]
    for category, strengths in STRENGTHS.items():
        for k in range(SIZES[category]):
            prompt = make_prompt(arena, f"{category} {k}?", category=category)
            pairs = [(0, 1), (1, 2), (2, 3), (3, 0)][k % 2 :: 2]
            for pair in pairs:
                a, b = sorted(pair)  # as a battle has its sides
                wins = rng.random() < 1 / (1 + np.exp(strengths[b] - strengths[a]))
                make_vote(make_battle(models[a], models[b], prompt), "a" if wins else "b", voters[(k // 2 + a) % 8])
            if category.startswith("maths"):
                voter = voters[(k // 2 + 5) % 8]
                make_vote(make_battle(models[4], models[k % 4], prompt), "a" if k % 3 else "b", voter)
    for k in range(40):
        prompt = make_prompt(arena, f"apart {k}?", category="apart")
        pair = [(0, 1), (2, 3)][k % 2]
        make_vote(make_battle(models[pair[0]], models[pair[1]], prompt), "a" if k % 3 else "b", voters[k % 8])
    for k in range(40):
        make_prompt(arena, f"silent {k}?", category="silent")
    ledger.number_events()
    refresh_boards()
    publish_snapshot(own_board(arena))
    return arena


given = prepared(make_arena_of_categories)


@pytest.fixture
def arena(given):
    return given()


def own_board(arena):
    return Leaderboard.objects.get(arena=arena, is_default=True)


def asked(arena, query):
    like = own_board(arena)
    return ask(arena, definition_like(like, Filters.of(parse_qs(query))), like=like, network="1.1.1.1", now=timezone.now())


def fitted(arena, query):
    """Its newest snapshot, or the sentence."""
    board = asked(arena, query)
    fit_asked_board()
    board.refresh_from_db()
    assert not board.error or told(board), board.error
    return told(board) or board.newest_snapshot()


def order(snapshot):
    return [entry.competitor.name for entry in snapshot.entries.exclude(rating=None).order_by("-rating")]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("over=code", "model 0"),
        ("over=maths:3", "model"),
        ("over=code:1,maths:1", "model"),
        ("over=code:20,maths:1", "model 0"),
        ("over=code:1,maths:20&by=borda", "model 3"),
        ("over=code:1,maths:20&by=borda-two-level", "model 3"),
        ("over=code:1,maths:20&by=mean-win-rate&missing=partly", "model"),
        ("over=code:1,maths/algebra:1,maths/sets:1", "model"),
        ("over=code:1,silent:1", "In the category silent: No vote fits these filters."),
        ("over=code:1,poems:1", "In the category poems: Votes on 8 prompts fit: at least 30 are needed."),
        ("over=apart:1,code:5", "model"),
        ("over=apart:1", "model"),
        ("category=poems&borrow=on", "model"),
        ("category=apart&borrow=on", "model"),
        ("category=silent&borrow=on", "No vote fits these filters."),
    ],
)
def test_every_choice_of_categories_is_a_board_or_a_sentence(arena, query, first):
    found = fitted(arena, query)
    if isinstance(found, str):
        assert found == first
        return
    rated = found.entries.exclude(rating=None)
    if not rated.exists():
        assert all(found.entries.values_list("unrated_because", flat=True))
        return
    assert order(found)[0].startswith(first)
    assert all(low <= high for low, high in rated.values_list("rank_low", "rank_high"))
    assert rebuild(found).largest_difference == 0
    assert stands(found)


def test_the_mean_rating_of_two_categories_is_that_of_their_own_boards(arena):
    found = fitted(arena, "over=code:1,maths:3")
    own = {part["category"]: {int(pk): row[0] for pk, row in part["rows"].items()} for part in found.parameters["parts"]}
    shared = sorted(set(own["code"]) & set(own["maths"]))
    assert len(shared) == 4
    centred = {c: {pk: rows[pk] - sum(rows[one] for one in shared) / 4 for pk in shared} for c, rows in own.items()}
    for entry in found.entries.exclude(rating=None):
        pk = entry.competitor_id
        assert entry.rating - 1000 == pytest.approx((centred["code"][pk] + 3 * centred["maths"][pk]) / 4, abs=0.2)
    alone = publish_snapshot(asked(arena, "category=code"))
    rated = {entry.competitor_id: entry for entry in alone.entries.exclude(rating=None)}
    assert own["code"] == pytest.approx({pk: entry.rating for pk, entry in rated.items()}, abs=0.06)
    half = {int(pk): row[2] - row[1] for part in found.parameters["parts"][:1] for pk, row in part["rows"].items()}
    assert half == pytest.approx({pk: entry.high - entry.low for pk, entry in rated.items()}, rel=0.01)


def test_who_is_missing_in_a_category_is_told_and_has_a_place_only_if_asked(arena):
    found = fitted(arena, "over=code:1,maths:1")
    missing = found.entries.get(competitor__name="model 4")
    assert (missing.rating, missing.unrated_because) == (None, "not rated in code")
    partly = fitted(arena, "over=code:1,maths:1&missing=partly")
    assert partly.entries.get(competitor__name="model 4").rating is not None


def test_borda_scores_are_points_out_of_all_that_can_be_had(arena):
    found = fitted(arena, "over=code:1,maths:1&by=borda")
    places = {part["category"]: {pk: row[3] for pk, row in part["rows"].items()} for part in found.parameters["parts"]}
    shared = [pk for pk in places["code"] if pk in places["maths"]]
    points = {pk: sum(sum(rows[pk] < rows[other] for other in shared) for rows in places.values()) for pk in shared}
    scores = {str(entry.competitor_id): entry.rating for entry in found.entries.exclude(rating=None)}
    assert scores == pytest.approx({pk: 100 * n / 6 for pk, n in points.items()})
    assert found.way == "borda"


def test_one_ranking_is_one_row_however_its_weights_are_spelt(arena):
    first = asked(arena, "over=code:1,maths:2")
    assert asked(arena, "over=maths:1&over=code:.5,poems:0&by=mean-rating").pk == first.pk
    assert first.filters == "over=code%3A1%2Cmaths%3A2"
    assert first.name == "Weighed: maths 67 % + code 33 %"


def test_it_is_fitted_once_and_again_when_a_prompt_moves_between_categories(arena):
    first = fitted(arena, "over=code:1,maths:1")
    assert asked(arena, "over=code:1,maths:1").asked_at is None
    Prompt.objects.filter(arena=arena, category="maths/sets", pk__lt=Prompt.objects.last().pk - 60).update(category="code")
    Leaderboard.objects.filter(pk=first.leaderboard_id).update(not_before=None, read_to=0)
    again = publish_snapshot(Leaderboard.objects.get(pk=first.leaderboard_id))
    assert again.pk != first.pk
    assert again.evidence_hash != first.evidence_hash
    assert again.content_hash != first.content_hash


def test_a_kept_ranking_is_a_live_board(arena):
    board = fitted(arena, "over=code:1,maths:1&by=borda").leaderboard
    assert keep_under_a_name(board, "My own")
    kept = Leaderboard.objects.get(pk=board.pk)
    assert (kept.is_live, kept.is_asked, kept.name) == (True, False, "My own")
    assert publish_snapshot(kept).way == "borda"


def test_a_private_arenas_rankings_are_for_its_readers(arena, client):
    arena.board_visibility = "private"
    arena.save()
    board = asked(arena, "over=code:1,maths:1")
    assert not boards_for(AnonymousUser()).filter(pk=board.pk).exists()
    assert client.get(f"/arenas/{arena.slug}/weigh/").status_code in (302, 403, 404)
    assert "maths" not in client.get(f"/arenas/{arena.slug}/weigh/").text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("over=code:x", "“x” is no weight"),
        ("over=code:-1", "“-1” is no weight"),
        ("over=code:1001", "“1001” is no weight"),
        ("over=code:nan", "“nan” is no weight"),
        ("over=code:1,code:2", "weighed twice"),
        ("over=maths:1,maths/algebra:1", "“maths/algebra” is a part of “maths”"),
        ("over=" + ",".join(f"c{k}:1" for k in range(13)), "At most 12 categories"),
        ("over=code:1&category=maths", "either by weights or by the filter"),
        ("over=code:1&by=median", "“by” is one of mean-rating"),
        ("over=code:1&by=borda&missing=partly", "Borda points take every model"),
        ("category=code&category=maths&borrow=on", "not several"),
    ],
)
def test_what_cannot_be_weighed_is_told(query, message):
    with pytest.raises(WrongFilter, match=message):
        Filters.of(parse_qs(query))


def test_what_says_nothing_is_left_out_of_the_spelling():
    assert not Filters.of(parse_qs("over=code:0&by=borda&missing=partly&borrow=on"))
    assert Filters.of(parse_qs("over=a%252Cb:1,c:2")).weights == {"a,b": 1, "c": 2}
    assert Filters.of(parse_qs("over=a:1&by=borda")).without("over", "a:1") == Filters()


def test_a_thin_category_leans_on_the_others(arena):
    found = fitted(arena, "category=poems&borrow=on")
    (part,) = found.parameters["parts"]
    assert found.n_votes == 16
    alone = part["borrowed"]
    entries = {str(entry.competitor_id): entry for entry in found.entries.exclude(rating=None)}
    assert set(entries) == set(alone)
    for pk, row in alone.items():
        assert 0 <= row["own"] <= 1
        if row["alone"] is not None:
            assert entries[pk].high - entries[pk].low < row["alone"][2] - row["alone"][1]
    assert found.entries.get(competitor__name="model 4").n_votes == 0
    assert part["n_beside"] == 3


def test_pages_show_the_categories_beside_the_board(arena, client):
    fitted(arena, "over=code:1,maths:3&by=borda")
    page = client.get(arena.get_absolute_url(), {"over": "maths:3,code:1", "by": "borda"}).text
    assert "By category" in page
    assert "counts 75 %" in page
    assert "not rated in code" in page
    assert "Rebuild script" not in page
    fitted(arena, "category=poems&borrow=on")
    page = client.get(arena.get_absolute_url(), {"category": "poems", "borrow": "on"}).text
    assert "What borrowing did" in page


def test_the_form_leads_to_its_board_without_javascript(arena, client):
    address = f"{arena.get_absolute_url()}weigh/"
    page = client.get(address).text
    assert 'name="weight:maths"' in page
    answer = client.get(address, {"weight:maths": "2", "weight:code": "1", "weight:apart": "", "by": "borda", "turns": "1"})
    assert answer.status_code == 302
    assert answer["Location"] == "/arenas/weighed/?turns=1&by=borda&over=code:1,maths:2"
    assert "All weights are 0" in client.get(address, {"weight:maths": "0"}).text
    assert "is no weight" in client.get(address, {"weight:maths": "<script>"}).text
    assert "<script>alert" not in client.get(address, {"weight:maths": "<script>alert"}).text


def test_programs_ask_for_the_same_board(arena, client):
    found = fitted(arena, "over=code:1,maths:2")
    told_of = client.get(reverse("api-asked-boards"), {"arena": arena.slug, "over": "maths:2,code:1"})
    assert told_of.json()["snapshot"] == found.key
    assert told_of.json()["filters"] == "over=code%3A1%2Cmaths%3A2"
