"""What changed between two snapshots of a board: in words, with votes counted by hand."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from arena.evidence.curation import restore_votes, set_aside_votes
from arena.models import Arena, Vote
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.boards.snapshots.changes import changes_between
from ranking.models import Snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_contest, make_prompt, make_user, make_vote

pytestmark = pytest.mark.django_db


def page_of(client, one, other):
    return client.get(reverse("changes", args=[one.key, other.key]))


def in_words(answer):
    parted = re.sub(r"</?(?:td|th|tr|p|h\d|li|div)\b[^>]*>", " ", answer.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", parted))


def beaten(winner, loser, n):
    for _ in range(n):
        battle = make_battle(winner, loser, make_prompt(winner.arena))
        make_vote(battle, "a" if battle.competitor_a_id == winner.pk else "b")


@pytest.fixture
def overtaken():
    """Auk beats Bee 6:3; then Bee wins 9 more (6:12), and Cod comes with 3 wins over and 3 losses to each: 12 votes."""
    arena = make_arena("kept", name="Kept")
    a, b = make_competitor(arena, "Auk"), make_competitor(arena, "Bee")
    beaten(a, b, 6)
    beaten(b, a, 3)
    board = ensure_boards(arena)[0]
    older = publish_snapshot(board)
    beaten(b, a, 9)
    c = make_competitor(arena, "Cod<script>")
    for winner, loser in ((c, a), (a, c), (c, b), (b, c)):
        beaten(winner, loser, 3)
    return older, publish_snapshot(board)


def test_it_says_who_is_first_now_and_who_joined(client, overtaken):
    told = in_words(page_of(client, *overtaken))
    assert "Bee is first now, where Auk was. Which of the two is better is not clear: that may be chance." in told
    assert "1 model joined." in told
    assert "Counted: votes 9 30 +21" in told


def test_keys_may_be_cut_as_on_boards(client, overtaken):
    older, newer = overtaken
    short = client.get(reverse("changes", args=[older.key[:8], newer.key[:8]]))
    assert short["Location"] == reverse("changes", args=[older.key, newer.key])
    for one, other in ((older.key[:8], "00000000"), (older.key[:7], newer.key), (older.key[:8], older.key)):
        answer = client.get(reverse("changes", args=[one, other]), follow=True)
        assert answer.status_code == 404, (one, other)
    Arena.objects.update(board_visibility="curators")
    assert client.get(reverse("changes", args=[older.key[:8], newer.key[:8]])).status_code == 404


def test_each_model_shows_its_votes_and_what_happened(client, overtaken):
    changes = changes_between(*overtaken)
    assert {model.competitor.name: model.n_votes for model in changes.models} == {"Auk": 15, "Bee": 15, "Cod<script>": 12}
    assert [model.competitor.name for model in changes.joined] == ["Cod<script>"]
    answer = page_of(client, *overtaken)
    assert "Cod<script>" not in answer.text
    assert "Cod&lt;script&gt;" in answer.text


def test_changes_of_ratings_sum_to_nothing_where_the_models_stay():
    """Ratings are relative to the mean of the models."""
    arena, (a, b, _c) = make_contest(3, 2)
    board = ensure_boards(arena)[0]
    older = publish_snapshot(board)
    beaten(b, a, 4)
    changes = changes_between(older, publish_snapshot(board))
    points = [model.points for model in changes.models]
    assert max(map(abs, points)) > 1
    assert sum(points) == pytest.approx(0, abs=1e-9)
    assert changes.n_arrived == changes.n_counted == 4


def test_votes_set_aside_and_brought_back_are_told():
    arena, (a, b, _c) = make_contest(3, 2)
    beaten(a, b, 3)
    board = ensure_boards(arena)[0]
    first = publish_snapshot(board)
    some = Vote.objects.filter(pk__in=Vote.objects.order_by("-pk").values("pk")[:3])
    set_aside_votes(some, reason="a bot", actor=make_user(is_staff=True))
    second = publish_snapshot(board)
    restore_votes(some, make_user("other", is_staff=True))
    third = publish_snapshot(board)
    aside, back = changes_between(first, second), changes_between(second, third)
    assert (aside.n_arrived, aside.n_counted, aside.n_set_aside, aside.n_brought_back) == (0, -3, 3, 0)
    assert (back.n_arrived, back.n_counted, back.n_set_aside, back.n_brought_back) == (0, 3, -3, 3)


def test_the_page_says_that_votes_were_brought_back(client):
    arena, _ = make_contest(3, 2)
    board = ensure_boards(arena)[0]
    some = Vote.objects.filter(pk__in=Vote.objects.order_by("pk").values("pk")[:2])
    set_aside_votes(some, reason="a bot", actor=make_user(is_staff=True))
    older = publish_snapshot(board)
    restore_votes(some, make_user("other", is_staff=True))
    assert "some were brought back and count again" in in_words(page_of(client, older, publish_snapshot(board)))


def test_another_code_version_is_named(client, overtaken):
    older, newer = overtaken
    Snapshot.objects.filter(pk=older.pk).update(code_version="0.0.9")
    assert "Different versions of Agon made the two snapshots (0.0.9 and" in in_words(page_of(client, older, newer))


def test_another_definition_is_told_but_a_parameter_that_is_not_stored_is_not(client, overtaken):
    older, newer = overtaken
    parameters = {name: value for name, value in older.parameters.items() if name != "sources"}
    Snapshot.objects.filter(pk=older.pk).update(parameters=parameters)
    assert "is defined otherwise now" not in in_words(page_of(client, older, newer))
    Snapshot.objects.filter(pk=older.pk).update(parameters=parameters | {"level": 0.5})
    assert "is defined otherwise now" in in_words(page_of(client, older, newer))


def test_the_later_one_first_leads_to_the_same_page(client, overtaken):
    older, newer = overtaken
    assert page_of(client, newer, older).url == reverse("changes", args=[older.key, newer.key])


def test_two_boards_one_snapshot_and_unknown_keys_have_no_such_page(client, overtaken):
    older, _ = overtaken
    elsewhere = publish_snapshot(ensure_boards(make_contest(2, 1, slug="other")[0])[0])
    for one, other in ((older, elsewhere), (older, older)):
        assert page_of(client, one, other).status_code == 404
    assert client.get(reverse("changes", args=[older.key, "0000000000000000"])).status_code == 404


def test_a_private_board_tells_a_stranger_nothing(client, overtaken):
    older, newer = overtaken
    arena = newer.leaderboard.arena
    arena.board_visibility = "private"
    arena.visibility = "private"
    arena.save()
    answer = page_of(client, older, newer)
    assert answer.status_code != 200 or "Auk" not in answer.text
    assert "Auk" not in answer.text


def test_the_board_links_to_what_changed_since_its_first_snapshot(client, overtaken):
    older, newer = overtaken
    address = reverse("changes", args=[older.key, newer.key])
    assert address in client.get(reverse("leaderboard", args=[newer.leaderboard.arena.slug])).text
    assert address in client.get(older.get_absolute_url()).text


def test_more_models_ask_no_more_queries(client, overtaken):
    arena, competitors = make_contest(6, 1, slug="many")
    board = ensure_boards(arena)[0]
    older = publish_snapshot(board)
    beaten(competitors[0], competitors[1], 1)
    many = older, publish_snapshot(board)
    assert queries_of(client, *many) == queries_of(client, *overtaken)


def queries_of(client, older, newer):
    page_of(client, older, newer)  # both are kept from then on
    with CaptureQueriesContext(connection) as asked:
        page_of(client, older, newer)
    return len(asked)
