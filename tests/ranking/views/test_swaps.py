"""The page of the votes without which two neighbours would swap: which they are, and who may read them."""

import re

import pytest
from django.urls import reverse

from arena.evidence.curation import set_aside_votes
from arena.models import Vote
from judges.games.curation import set_aside_games
from judges.models import Game
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    """x beats y five times of seven: without four of these votes y would stand above."""
    arena = make_arena("garden", content_visibility="public")
    x, y = make_competitor(arena, "x"), make_competitor(arena, "y")
    for outcome in "aaaaabb":
        make_vote(make_battle(x, y, make_prompt(arena)), outcome, make_voter(arena))
    publish_snapshot(make_board(arena, is_default=True))
    return arena


def address(arena, above="x", below="y"):
    models = [arena.competitors.get(name=name).pk for name in (above, below)]
    return reverse("swap", args=[arena.slug, *models])


def test_the_board_links_to_the_votes_that_hold_its_neighbours(client, arena):
    page = client.get(arena.get_absolute_url()).text
    assert "would swap places if 4 of the 7 votes were missing" in re.sub(r"<[^>]+>", "", page)
    assert page.count(address(arena)) == 2  # from the sentence and from the table


def test_the_votes_are_listed_with_their_battles(client, arena):
    page = client.get(address(arena)).text
    assert "Any 4 of 5 votes for <bdi>x</bdi> over <bdi>y</bdi>" in page
    won = [str(pk) for pk in Vote.objects.filter(outcome="a").values_list("battle_id", flat=True)]
    assert re.findall(r">b-(\d+)<", page) == won
    assert "A fit without them was made, and it swaps the two" in page


def test_without_these_votes_the_board_does_swap_them(arena):
    board = arena.leaderboards.get()
    before = [entry.competitor.name for entry in board.newest_snapshot().entries.order_by("rank")]
    set_aside_votes(Vote.objects.filter(pk__in=Vote.objects.filter(outcome="a").values("pk")[:4]), "to see", None)
    after = [entry.competitor.name for entry in publish_snapshot(board).entries.order_by("-rating")]
    assert (before, after) == (["x", "y"], ["y", "x"])


def test_who_may_not_read_battles_gets_a_sentence(client, arena):
    arena.content_visibility = "curators"
    arena.save()
    page = client.get(address(arena)).text
    assert ">b-" not in page
    assert "shown to those who may read the battles" in page
    client.force_login(make_user(is_staff=True))
    assert client.get(address(arena)).text.count(">b-") == 5


def test_ties_and_both_bad_are_one_part(client):
    arena = make_arena("garden", content_visibility="public")
    x, y, z = (make_competitor(arena, name) for name in "xyz")
    for outcomes, a, b in (("aab", x, z), ("aab", z, y), (["tie", "both_bad", "a"], x, y)):
        for outcome in outcomes:
            make_vote(make_battle(a, b, make_prompt(arena)), outcome if a.pk < b.pk else {"a": "b", "b": "a"}[outcome])
    snapshot = publish_snapshot(make_board(arena, is_default=True))
    for row in snapshot.neighbours.rows:
        if not row["parts"]:
            continue
        page = client.get(reverse("swap", args=["garden", row["above"], row["below"]])).text
        for winner, loser, is_tie, n in row["parts"]:
            first, second = (arena.competitors.get(pk=pk).name for pk in (winner, loser))
            kind = "ties" if is_tie else "votes"
            assert re.search(rf"(Any|All) {n:.0f} .*{kind}.*<bdi>{first}</bdi>.*<bdi>{second}</bdi>", page)


def test_models_that_are_no_neighbours_have_no_such_page(client, arena):
    make_competitor(arena, "z")
    assert client.get(address(arena, "y", "x")).status_code == 404
    assert client.get(address(arena, "x", "z")).status_code == 404


def test_a_private_board_stays_private(client, arena):
    arena.board_visibility = "curators"
    arena.save()
    assert "would stand above" not in client.get(address(arena)).text


# --- boards of judges ----------------------------------------------------------------------------------------------------


@pytest.fixture
def judged():
    """Ida prefers x on 9 of 10 prompts with x first, and on 6 of 10 with y first; Ole takes what stands first, then second."""
    arena = make_arena("court", content_visibility="public")
    x, y = make_competitor(arena, "x"), make_competitor(arena, "y")
    ida, ole = make_judge("Ida"), make_judge("Ole")
    for n in range(10):
        battle = make_battle(x, y, make_prompt(arena), with_answers=True)
        make_game(battle, ida, "first" if n < 9 else "second", order="ab")
        make_game(battle, ida, "second" if n < 6 else "first", order="ba")
        make_game(battle, ole, "first" if n < 5 else "second", order="ab")
        make_game(battle, ole, "first" if n < 5 else "second", order="ba")
    return arena


@pytest.mark.parametrize("method", ["slot_levelled", "bradley_terry"])
def test_verdicts_that_hold_neighbours_of_a_board_of_judges_are_listed(client, judged, method):
    arena = judged
    board = make_board(arena, "judges", sources="judges", method=method)
    snapshot = publish_snapshot(board)
    (row,) = snapshot.neighbours.rows
    page = client.get(arena.get_absolute_url(), {"board": "judges"}).text
    assert f"would swap places if {row['n_to_swap']:.0f} of the 40 verdicts were missing" in re.sub(r"<[^>]+>", "", page)
    link = f"{address(arena)}?board=judges"
    assert link in page
    page = client.get(link).text
    assert f"Without {row['n_to_swap']:.0f} verdicts <bdi>y</bdi> would stand above <bdi>x</bdi>" in page
    assert "A fit without them was made" in page
    assert ("Verdicts by one judge with the same winner" in page) == (method == "slot_levelled")
    for part in row["parts"]:
        said = re.search(rf"(Any|All) {part[3]:.0f} (of (\d+) )?verdicts? for <bdi>x</bdi> over <bdi>y</bdi>", page)
        assert said, part
    by_judges = re.findall(r"By <bdi>(\w+)</bdi>[^,]*, with <bdi>(\w)</bdi> shown first", page)
    assert len(by_judges) == (len(row["parts"]) if method == "slot_levelled" else 0)


def test_without_these_verdicts_the_board_does_swap_them(judged):
    arena = judged
    board = make_board(arena, "judges", sources="judges", method="slot_levelled")
    snapshot = publish_snapshot(board)
    (row,) = snapshot.neighbours.rows
    before = [entry.competitor.name for entry in snapshot.entries.order_by("rank")]
    for winner, _, is_tie, n, judge, first in row["parts"]:
        assert not is_tie
        is_low = winner == min(row["above"], row["below"])
        order = "ab" if is_low == (first == 0) else "ba"
        games = Game.objects.filter(judge=judge, order=order, winner="first" if first == 0 else "second", is_counted=True)
        set_aside_games(games.filter(pk__in=list(games.values_list("pk", flat=True)[: round(n)])), "to see", None)
    after = [entry.competitor.name for entry in publish_snapshot(board).entries.order_by("-rating")]
    assert (before, after) == (["x", "y"], ["y", "x"])
