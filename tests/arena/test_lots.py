"""Battles that judges were asked about, drawn by lot for people to vote on too: who is served which, and in which order."""

from random import Random

import pytest

from arena.models import Ballot, Competitor, Lot, Prompt, Response, Vote, content_hash
from arena.pairing.matchmaking import serve_ballot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_pairs_alike(settings):
    settings.PAIR_WEIGHTS = "tests.arena.pairing.test_matchmaking.no_weights"


class Always(Random):
    """Draws lots first, whenever one waits."""

    def random(self):
        return 0.0


def make_lots(arena, places):
    battles = []
    for place in places:
        a, b = make_competitor(arena), make_competitor(arena)
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        Lot.objects.create(arena=arena, battle=battle, chance=0.2, place=place)
        battles.append(battle)
    return battles


def by_lot(voter):
    return serve_ballot(voter, ahead=False, rng=Always(1))


def test_drawn_battles_are_served_in_the_order_of_their_lots():
    arena = make_arena()
    late, first, not_drawn = make_lots(arena, [0.9, 0.1, 1.2])
    ballot = by_lot(make_voter(arena))
    assert (ballot.battle, ballot.policy, ballot.propensity) == (first, "lot", 0.2)
    make_vote(first)
    assert by_lot(make_voter(arena)).battle == late
    assert by_lot(make_voter(arena)).policy == "pairs"  # the late one is being read, and the other was not drawn
    assert not Ballot.objects.filter(battle=not_drawn, policy="lot").exists()


def test_a_drawn_battle_whose_vote_was_set_aside_waits_again():
    arena = make_arena()
    (battle,) = make_lots(arena, [0.1])
    vote = make_vote(battle)
    assert by_lot(make_voter(arena)).policy == "pairs"
    Ballot.objects.all().delete()
    Vote.objects.filter(pk=vote.pk).update(is_counted=False)
    assert by_lot(make_voter(arena)).policy == "lot"


def test_who_read_a_drawn_battle_gets_the_next_one_and_others_still_get_it():
    arena = make_arena()
    first, second = make_lots(arena, [0.1, 0.2])
    voter = make_voter(arena)
    Ballot.objects.filter(pk=by_lot(voter).pk).update(state="skipped")
    assert by_lot(voter).battle == second
    assert by_lot(make_voter(arena)).battle == first


def test_half_of_the_ballots_are_by_lot_while_any_waits():
    arena = make_arena()
    make_lots(arena, [k / 100 for k in range(30)])
    rng = Random(5)
    policies = [serve_ballot(make_voter(arena), ahead=False, rng=rng).policy for _ in range(30)]
    assert 8 <= policies.count("lot") <= 22


@pytest.mark.parametrize("gone", ["prompt", "competitor", "answer"])
def test_a_drawn_battle_that_can_be_shown_no_longer_is_passed_over(gone):
    arena = make_arena()
    first, second = make_lots(arena, [0.1, 0.2])
    if gone == "prompt":
        Prompt.objects.filter(pk=first.prompt_id).update(status="retired")
    elif gone == "competitor":
        Competitor.objects.filter(pk=first.competitor_a_id).update(status="retired")
    else:
        Response.objects.filter(pk=first.response_a_id).update(finish="failed")
    assert by_lot(make_voter(arena)).battle == second


def spoil(battle, how):
    """Make it a battle that says nothing to people: older versions drew lots for such, too."""
    if how == "failed":
        Response.objects.filter(pk=battle.response_b_id).update(finish="failed")
        return
    text = {"equal": battle.response_a.text + "\n", "empty": " \n"}[how]
    Response.objects.filter(pk=battle.response_b_id).update(text=text, content_hash=content_hash(text))


@pytest.mark.parametrize("how", ["equal", "empty", "failed"])
def test_a_drawn_battle_with_equal_answers_or_an_empty_one_is_never_served(how):
    arena = make_arena()
    first, second = make_lots(arena, [0.1, 0.2])
    spoil(first, how)
    assert by_lot(make_voter(arena)).battle == second
    assert by_lot(make_voter(arena)).policy == "pairs"  # the second one again, which is being read
    assert not Ballot.objects.filter(battle=first).exists()
