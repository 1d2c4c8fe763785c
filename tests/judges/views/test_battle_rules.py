"""A battle's page: what ratings expected of it, what each rule makes of its games, and a judge's own probability."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ranking.models import Entry
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board, make_snapshot

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def battle():
    arena = make_arena("contest", content_visibility="public")
    a, b = make_competitor(arena, "Kestrel"), make_competitor(arena, "Umber")
    return make_battle(a, b, make_prompt(arena, "What is bold?", tags=["<b>style"]), with_answers=True)


def rate(battle, a, b, *, at, board=None):
    board = board or make_board(battle.arena, "contest", is_default=True)
    shown = make_snapshot(board, created_at=at)
    for side, rating in ((battle.competitor_a, a), (battle.competitor_b, b)):
        Entry.objects.create(snapshot=shown, competitor=side, rating=rating, n_votes=9, n_prompts=3)
    return board


def show(client, battle):
    answer = client.get(reverse("battle", args=[battle.arena.slug, battle.pk]))
    assert answer.status_code == 200
    page = answer.text
    return page, re.sub(r" (?=[.,])", "", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def test_the_ratings_from_before_the_votes_say_what_was_expected(client, battle):
    """100 points ahead: 1 / (1 + 10^(-100/400)) = .640."""
    board = rate(battle, 1050.0, 950.0, at=NOW - timedelta(days=2))
    rate(battle, 1400.0, 600.0, at=NOW, board=board)
    make_vote(battle, "b", voted_at=NOW - timedelta(days=1))
    page, text = show(client, battle)
    assert "Before anybody voted here, the ratings gave A 64 % and B 36 %, by the board Bradley–Terry" in text
    assert 'width="64.01%"' in page


def test_where_no_such_ratings_are_kept_todays_are_called_so(client, battle):
    rate(battle, 1000.0, 1000.0, at=NOW)
    make_vote(battle, "a", voted_at=NOW - timedelta(days=9))
    assert "Today’s ratings give A 50 % and B 50 %" in show(client, battle)[1]


@pytest.mark.parametrize("rating", [None, 1000.0])
def test_nothing_is_expected_without_both_ratings(client, battle, rating):
    if rating is not None:
        rate(battle, rating, None, at=NOW)
    assert 'id="expected"' not in show(client, battle)[0]


def test_a_board_that_a_reader_may_not_see_expects_nothing_aloud(client, battle):
    rate(battle, 1050.0, 950.0, at=NOW)
    type(battle.arena).objects.update(board_visibility="accounts", voting="anyone")
    assert 'id="expected"' not in show(client, battle)[0]
    client.force_login(make_user("reader"))
    assert 'id="expected"' in show(client, battle)[0]


def lines_of(text):
    return text.split("What each rule makes of it")[-1]


def test_each_rule_says_what_it_makes_of_the_games(client, battle):
    """The judge takes the first slot both times: A, then B."""
    judge = make_judge("Slot")
    for order in ("ab", "ba"):
        make_game(battle, judge, "first", order=order)
    text = lines_of(show(client, battle)[1])
    assert re.search(r"Both orders agree ?nothing", text)
    for name, outcome in (("Agree, else a tie", "tie"), ("Two-game sum", "tie"), ("Mean", "tie"), ("First order", "A")):
        assert re.search(rf"{name} ?{outcome}", text), (name, text)
    assert "Here the rules do not all come to the same" in show(client, battle)[1]


def test_rules_that_agree_are_said_to(client, battle):
    judge = make_judge("Steady")
    make_game(battle, judge, "first", order="ab")
    make_game(battle, judge, "second", order="ba")
    assert "Here every rule comes to the same" in show(client, battle)[1]


def test_games_without_a_verdict_and_those_set_aside_have_no_rules(client, battle):
    make_game(battle, make_judge("Silent"), "")
    make_game(battle, make_judge("Aside"), "first", is_counted=False)
    assert 'id="rules"' not in show(client, battle)[0]


@pytest.mark.parametrize(
    ("points", "said"),
    [([(0.7, 0.3), (0.5, 0.5)], "Its own probability of A 60 %"), ([(7.0, 3.0), (5.0, 5.0)], None), ([(1.0, 0.0)], None)],
)
def test_points_that_add_up_to_one_are_a_probability(client, battle, points, said):
    """A first: .7; B first: .5 for B, so .5 for A; each order alike."""
    judge = make_judge("Chance")
    for order, (first, second) in zip(("ab", "ba"), points, strict=False):
        make_game(battle, judge, "first", order=order, score_first=first, score_second=second)
    text = show(client, battle)[1]
    assert (said in text) if said else ("Its own probability" not in text)


def test_tags_and_the_json_of_the_battle_are_there(client, battle):
    page, _ = show(client, battle)
    assert "&lt;b&gt;style" in page
    address = f"{reverse('api-battle', args=[battle.pk])}?format=json"
    assert f'href="{address}"' in page
    assert client.get(address).json()["id"] == battle.pk
