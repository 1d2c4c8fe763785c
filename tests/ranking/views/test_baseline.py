"""A board against one of its models: shares as they came out, with intervals, from a file made by hand."""

import csv
import math
import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from arena.models import Arena, Competitor
from ranking.boards.pairs.against_one import shares_against
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_battle, make_competitor, make_contest, make_prompt, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

BATTLES = [
    # forty prompts, each asked once: 24 wins, 6 ties, 10 losses of Strong against Base, on either side
    *[("Strong", "Base", "model_a")] * 14, *[("Base", "Strong", "model_b")] * 10,
    *[("Strong", "Base", "tie")] * 3, *[("Base", "Strong", "both_bad")] * 3,
    *[("Base", "Strong", "model_a")] * 10,
    # ten of them Weak loses and Base wins
    *[("Weak", "Base", "model_b")] * 30, *[("Weak", "Base", "model_a")] * 10,
    # who never met Base
    *[("Other", "Weak", "model_a")] * 5, *[("Other", "Weak", "model_b")] * 5,
]  # fmt: skip


@pytest.fixture
def board(tmp_path):
    with (tmp_path / "battles.csv").open("w") as file:
        rows = csv.writer(file)
        rows.writerow(["model_a", "model_b", "winner", "prompt_id", "judge"])
        asked = {"Strong": 0, "Weak": 0, "Other": 0}
        for a, b, winner in BATTLES:
            other = a if a != "Base" else b
            rows.writerow([a, b, winner, f"p{asked[other]}", f"voter {asked[other] % 7}"])
            asked[other] += 1
    call_command("import_battles", tmp_path / "battles.csv", arena="hand", verbosity=0)
    call_command("publish_leaderboard", "hand", verbosity=0)
    return Arena.objects.get(slug="hand").leaderboards.get(is_default=True)


def shares(board, baseline):
    pk = Competitor.objects.get(name=baseline).pk
    found = shares_against(board.newest_snapshot().key, pk)
    return {Competitor.objects.get(pk=pk).name: share for pk, share in found.items()}


def test_shares_are_points_won_a_tie_half(board):
    """Strong: (24 + 6 / 2) / 40 = 67.5 %. Weak: 10 / 40 = 25 %. Other never met it."""
    found = shares(board, "Base")
    assert {name: share.share for name, (share, *_) in found.items()} == {"Strong": 0.675, "Weak": 0.25}
    assert {name: rest for name, (_, *rest) in found.items()} == {"Strong": [40.0, 40], "Weak": [40.0, 40]}


def test_without_ties_and_repeats_the_interval_is_wilsons_by_hand(board):
    """10 of 40: centre (.25 + .04802) / 1.09604 = .2719, half 1.96 / 1.09604 sqrt(.1875 / 40 + 3.8415 / 6400) = .1300."""
    share, *_ = shares(board, "Base")["Weak"]
    assert (share.low, share.high) == pytest.approx((0.1419, 0.4019), abs=1e-4)


def test_with_ties_it_is_wilsons_on_as_many_trials_as_the_spread_between_prompts_allows_by_hand(board):
    """24 wins, 6 ties, 10 losses: squares of the deviations from .675 add up to 2.535 + .18375 + 4.55625 = 7.275, so the mean
    has the variance 7.275 / 1600 * 40 / 39 = .0046635. That is .219375 / .0046635 = 47.0 trials; there were 40, and t(39) makes
    them 40 (1.95996 / 2.02269)**2 = 37.558. Centre (.675 + .05114) / 1.10228 = .65877, half
    1.7781 sqrt(.219375 / 37.558 + .10228 / 150.23) = .14360.
    """
    share, *_ = shares(board, "Base")["Strong"]
    assert (share.low, share.high) == pytest.approx((0.5152, 0.8024), abs=1e-4)


def wilson(p, n):
    z = 1.959964
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def test_seen_from_the_other_model_the_shares_add_up_to_one(board):
    theirs, ours = shares(board, "Base")["Strong"][0], shares(board, "Strong")["Base"][0]
    assert theirs.share + ours.share == pytest.approx(1)
    assert theirs.low == pytest.approx(1 - ours.high)


def test_the_page_prints_them_the_best_first_with_the_baseline_at_one_half(client, board):
    pk = Competitor.objects.get(name="Base").pk
    page = client.get(board.arena.get_absolute_url(), {"baseline": pk}).text
    assert re.findall(r'data-l="% won">([\d.]+)<', page) == ["67.5", "50.0", "25.0"]
    assert "14.2–40.2" in page
    assert "51.5–80.2" in page
    assert "1 model never met it." in page
    assert "Against <bdi>Base</bdi>" in page
    assert f'<option value="{pk}">Base</option>' in client.get(board.arena.get_absolute_url()).text


@pytest.mark.parametrize("asked", ["0", "x", "", "999999", "1%00"])
def test_who_is_not_on_the_board_is_no_baseline(client, board, asked):
    assert client.get(f"{board.arena.get_absolute_url()}?baseline={asked}").status_code == 404


def test_votes_on_one_prompt_are_not_independent(client):
    arena, (first, second) = make_contest(n_competitors=2, n_prompts=0)
    voters = [make_voter(arena) for _ in range(8)]
    for n in range(10):
        battle = make_battle(first, second, make_prompt(arena))
        for voter in voters:
            make_vote(battle, "a" if n < 6 else "b", voter)
    snapshot = publish_snapshot(make_board(arena))
    share, n_votes, n_prompts = shares_against(snapshot.key, second.pk)[first.pk]
    assert (share.share, n_votes, n_prompts) == (0.6, 80.0, 10)
    low, high = wilson(0.6, 10)
    assert share.low < low + 0.02
    assert share.high > high - 0.02


def test_a_board_of_judges_counts_their_verdicts(client):
    arena, (first, second) = make_contest(n_competitors=2, n_prompts=0)
    judge = make_judge()
    for n in range(10):
        battle = make_battle(first, second, make_prompt(arena), with_answers=True)
        for order in ("ab", "ba"):
            won = "first" if (n < 7) == (order == "ab") else "second"
            make_game(battle, judge, won, order=order)
    board = make_board(arena, sources="judges", method="slot_levelled", is_default=True)
    snapshot = publish_snapshot(board)
    share, n_verdicts, n_prompts = shares_against(snapshot.key, second.pk)[first.pk]
    assert (share.share, n_verdicts, n_prompts) == (0.7, 20.0, 10)
    page = client.get(reverse("leaderboard", args=[arena.slug]), {"baseline": second.pk}).text
    assert "These are verdicts as they came out" in page


def test_models_of_no_meeting_have_no_line(client):
    arena, (first, *_) = make_contest(n_prompts=4)
    lonely = make_competitor(arena, "lonely")
    publish_snapshot(make_board(arena, is_default=True))
    page = client.get(arena.get_absolute_url(), {"baseline": lonely.pk}).text
    assert re.findall(r'data-l="% won">([\d.]+)<', page) == ["50.0"]
    assert first.name not in re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)
