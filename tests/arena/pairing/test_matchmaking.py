"""Matchmaking: which pair a voter gets next, and on which sides."""

import random
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from arena import prerequisites
from arena.evidence import voting
from arena.models import Ballot, Battle, CompetitorStatus, FinishState, Import, PromptStatus, Response
from arena.outcomes import Outcome, Side
from arena.pairing import matchmaking, pair_candidates
from arena.pairing.matchmaking import serve_ballot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote, make_voter

pytestmark = pytest.mark.django_db


def no_weights(arena_id, competitor_ids):
    return None


def wants_the_first_pair(arena_id, competitor_ids):
    weights = np.zeros(2 * (len(competitor_ids),))
    weights[0, 1] = weights[1, 0] = 3.0
    return weights


@pytest.fixture(autouse=True)
def _all_pairs_alike(settings):
    settings.PAIR_WEIGHTS = "tests.arena.pairing.test_matchmaking.no_weights"


def make_contest(n_competitors=2, n_prompts=1, **fields):
    """An arena in which every competitor has answered every prompt."""
    arena = make_arena(**{"voting": "anyone"} | fields)
    competitors = [make_competitor(arena) for _ in range(n_competitors)]
    for _ in range(n_prompts):
        prompt = make_prompt(arena)
        for competitor in competitors:
            make_response(prompt, competitor, f"The answer of number {competitor.pk}.")
    return arena


def serve(voter, *, ahead=False, seed=0):
    return serve_ballot(voter, ahead=ahead, rng=random.Random(seed))


def finish(ballot, state=Ballot.State.SKIPPED):
    Ballot.objects.filter(pk=ballot.pk).update(state=state)


def vote_on(ballot):
    return voting.cast_vote(ballot.key, ballot.voter, Outcome.A, now=timezone.now())


def all_ballots(voter, limit=1000):
    """Serve and skip until nothing is left."""
    served = []
    while (ballot := serve(voter, seed=len(served))) and len(served) < limit:
        finish(ballot)
        served.append(ballot)
    return served


def test_a_reload_shows_the_same_pair():
    voter = make_voter(make_contest(4, 4))
    assert serve(voter, seed=1) == serve(voter, seed=2)


def test_one_ballot_is_shown_and_one_is_fetched_ahead():
    voter = make_voter(make_contest(4, 4))
    shown, ahead = serve(voter), serve(voter, ahead=True)
    assert shown != ahead == serve(voter, ahead=True)
    assert Ballot.objects.filter(state=Ballot.State.OPEN).count() == 2


def test_the_ballot_fetched_ahead_is_the_next_one_shown():
    voter = make_voter(make_contest(4, 4))
    shown, ahead = serve(voter), serve(voter, ahead=True)
    finish(shown)
    assert serve(voter) == ahead


def test_time_is_counted_from_when_the_ballot_is_read_not_fetched():
    voter, noon = make_voter(make_contest(4, 4)), timezone.now()
    shown = serve_ballot(voter, ahead=False, rng=random.Random(0), now=noon)
    ahead = serve_ballot(voter, ahead=True, rng=random.Random(0), now=noon)
    assert (shown.shown_at, ahead.shown_at) == (noon, None)
    finish(shown)
    matchmaking.show_next(voter, now=noon + timedelta(seconds=30))
    assert serve(voter).shown_at == noon + timedelta(seconds=30)


def test_the_ballot_ahead_is_on_another_prompt_because_the_names_of_this_one_come_first():
    voter = make_voter(make_contest(4, 2))
    assert serve(voter).battle.prompt_id != serve(voter, ahead=True).battle.prompt_id


def test_nothing_is_fetched_ahead_where_there_is_one_prompt():
    voter = make_voter(make_contest(4, 1))
    serve(voter)
    assert serve(voter, ahead=True) is None


def test_every_pair_is_served_once_then_nothing():
    voter = make_voter(make_contest(3, 4))
    served = all_ballots(voter)
    assert len(served) == len({ballot.battle_id for ballot in served}) == 3 * 4
    assert serve(voter) is None


def test_answers_known_by_name_come_last():
    voter = make_voter(make_contest(4, 5))
    named = set()
    for _ in range(2 * 5):  # two pairs of strangers on each of five prompts
        ballot = serve(voter)
        answers = {ballot.battle.response_a_id, ballot.battle.response_b_id}
        assert not answers & named
        vote_on(ballot)
        named |= answers
    assert serve(voter) is not None


def test_a_pair_taken_back_is_not_served_again():
    voter = make_voter(make_contest(2, 1))
    ballot = serve(voter)
    vote_on(ballot)
    voting.take_back(ballot.key, voter, now=timezone.now())
    assert serve(voter) is None


def test_two_voters_share_the_battle_of_the_same_answers():
    arena = make_contest(2, 1)
    first, second = serve(make_voter(arena)), serve(make_voter(arena))
    assert first.battle == second.battle
    assert first.key != second.key


def test_an_imported_battle_of_the_same_answers_is_used():
    arena = make_contest(2, 1)
    responses = list(Response.objects.order_by("competitor_id"))
    competitors = [response.competitor for response in responses]
    imported = make_battle(*competitors, responses[0].prompt, with_answers=True, row_key=b"0" * 16)
    assert serve(make_voter(arena)).battle == imported


def test_a_battle_of_an_import_set_aside_is_not_used():
    arena = make_contest(2, 1)
    source = Import.objects.create(
        arena=arena, kind="battles", format="x", filename="x", path="x", digest="x", state="set_aside"
    )
    responses = list(Response.objects.order_by("competitor_id"))
    competitors = [response.competitor for response in responses]
    imported = make_battle(*competitors, responses[0].prompt, with_answers=True, row_key=b"0" * 16, source=source)
    assert serve(make_voter(arena)).battle != imported


def test_pairs_are_written_in_the_order_of_their_ids():
    battle = serve(make_voter(make_contest(2, 1))).battle
    assert battle.competitor_a_id < battle.competitor_b_id
    assert battle.response_a.competitor_id == battle.competitor_a_id


def test_the_side_is_drawn_by_the_server_evenly():
    voter = make_voter(make_contest(8, 15))
    sides = Counter(ballot.first_shown for ballot in all_ballots(voter, limit=200))
    assert 70 <= sides[Side.A] <= 130


def test_retired_competitors_and_prompts_are_not_served_even_from_a_kept_offer():
    arena = make_contest(3, 2)
    pair_candidates.offer_of(arena)
    retired, prompt = arena.competitors.first(), arena.prompts.first()
    arena.competitors.filter(pk=retired.pk).update(status=CompetitorStatus.RETIRED)
    arena.prompts.filter(pk=prompt.pk).update(status=PromptStatus.RETIRED)
    served = all_ballots(make_voter(arena))
    assert len(served) == 1
    assert retired.pk not in {served[0].battle.competitor_a_id, served[0].battle.competitor_b_id}
    assert served[0].battle.prompt != prompt


def test_prompts_of_an_inactive_pool_are_not_served():
    arena = make_contest(2, 1)
    arena.pools.update(is_active=False)
    assert serve(make_voter(arena)) is None


@pytest.mark.parametrize("finish_state", [FinishState.PENDING, FinishState.FAILED])
def test_answers_that_were_not_delivered_are_not_served(finish_state):
    arena = make_contest(2, 1)
    Response.objects.filter(competitor=arena.competitors.first()).update(finish=finish_state)
    assert serve(make_voter(arena)) is None


def test_an_answer_cut_at_its_limit_is_served():
    arena = make_contest(2, 1)
    Response.objects.update(finish=FinishState.LENGTH)
    assert serve(make_voter(arena)) is not None


def test_what_is_new_is_served_when_all_else_is_done():
    arena = make_contest(2, 1)
    voter = make_voter(arena)
    all_ballots(voter)
    prompt = make_prompt(arena)
    for competitor in arena.competitors.all():
        make_response(prompt, competitor)
    assert serve(voter).battle.prompt == prompt


def test_an_arena_of_battles_without_answers_has_nothing_to_serve():
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena)))
    assert serve(make_voter(arena)) is None
    assert "without the texts" in prerequisites.why_no_pair(arena).sentence


def test_one_of_several_repeats_is_chosen_evenly_and_each_pair_once():
    arena = make_arena()
    prompt, first, second = make_prompt(arena), make_competitor(arena), make_competitor(arena)
    for repeat in range(3):
        make_response(prompt, first, repeat=repeat)
    make_response(prompt, second)
    voter = make_voter(arena)
    served = all_ballots(voter)
    assert len({ballot.battle.response_a_id for ballot in served}) == len(served) == 3
    assert [round(ballot.propensity, 6) for ballot in served] == [0.333333, 0.5, 1.0]
    firsts = Counter(serve(make_voter(arena), seed=seed).battle.response_a.repeat for seed in range(60))
    assert min(firsts.values()) >= 10


# --- probabilities ---------------------------------------------------------------------------------------------------


def uneven_contest():
    """Three competitors; the third answered one prompt of four."""
    arena = make_contest(2, 4)
    make_response(arena.prompts.first(), make_competitor(arena))
    return arena


def every_battle(arena):
    """All battles that a new voter could be served, with the probability that serving would store."""
    offer = pair_candidates.load_offer(arena)
    seen = {}
    for seed in range(300):
        draw = matchmaking._draw(offer, matchmaking.History(set(), {}, set()), rng=random.Random(seed))
        seen[draw.competitor_a, draw.competitor_b, draw.prompt] = draw.probability
    return seen


@pytest.mark.parametrize("weights", ["no_weights", "wants_the_first_pair"])
def test_the_probabilities_of_all_that_could_be_served_add_up_to_one(settings, weights):
    settings.PAIR_WEIGHTS = f"tests.arena.pairing.test_matchmaking.{weights}"
    assert sum(every_battle(uneven_contest()).values()) == pytest.approx(1)


def test_without_weights_pairs_are_alike_then_prompts():
    probabilities = sorted(set(every_battle(uneven_contest()).values()))
    # three pairs; the first has four prompts, the other two have one each
    assert probabilities == pytest.approx([1 / 12, 1 / 3])


def test_weights_move_nine_tenths_and_one_tenth_stays_uniform(settings):
    settings.PAIR_WEIGHTS = "tests.arena.pairing.test_matchmaking.wants_the_first_pair"
    probabilities = sorted(set(every_battle(uneven_contest()).values()))
    assert probabilities == pytest.approx([0.1 / 3, (0.9 + 0.1 / 3) / 4])


def test_weights_of_pairs_with_nothing_left_go_to_the_others(settings):
    settings.PAIR_WEIGHTS = "tests.arena.pairing.test_matchmaking.wants_the_first_pair"
    arena = make_contest(3, 1)
    voter = make_voter(arena)
    served = all_ballots(voter)
    assert [ballot.propensity for ballot in served[-1:]] == [1.0]
    assert len(served) == 3


def test_ballots_come_as_often_as_their_propensity_says():
    arena = uneven_contest()
    ballots = [serve(make_voter(arena), seed=seed) for seed in range(240)]
    counts = Counter(ballot.battle_id for ballot in ballots)
    for ballot in ballots:
        expected = ballot.propensity * 240
        assert abs(counts[ballot.battle_id] - expected) < 4 * expected**0.5


def test_a_battle_keeps_the_probability_of_its_first_serving():
    arena = make_contest(2, 2)
    voter = make_voter(arena)
    first = serve(voter)
    finish(first)
    serve(voter)
    again = [serve(make_voter(arena), seed=seed) for seed in range(4)]
    kept = {battle.pk: battle.propensity for battle in Battle.objects.all()}
    assert sorted(kept.values()) == [0.5, 1.0]
    assert {ballot.propensity for ballot in again} == {0.5}


def test_weights_that_are_no_weights_are_named(settings):
    settings.PAIR_WEIGHTS = "tests.arena.pairing.test_matchmaking.broken_weights"
    with pytest.raises(ValueError, match=r"broken_weights must give \(2, 2\) finite weights"):
        serve(make_voter(make_contest(2, 1)))


def broken_weights(arena_id, competitor_ids):
    return np.array([[0.0, np.nan], [np.nan, 0.0]])


def test_a_missing_function_of_weights_is_not_hidden(settings):
    settings.PAIR_WEIGHTS = "ranking.nowhere.pair_weights"
    with pytest.raises(ImportError):
        serve(make_voter(make_contest(2, 1)))


def test_serving_asks_a_pinned_number_of_questions(django_assert_num_queries):
    arena = make_contest(6, 10)
    voter = make_voter(arena)
    pair_candidates.offer_of(arena)
    n_locks = connection.vendor == "postgresql"  # SQLite has one writer, who needs no lock on the voter
    with django_assert_num_queries(10 + n_locks):  # one of them whether a battle drawn by lot waits
        serve(voter)
