"""A model that joins eight others: people and judges are asked about it on many prompts, not on a few again and again."""

from collections import Counter
from itertools import combinations
from random import Random

import pytest
from django.utils import timezone

from arena.evidence import voting
from arena.models import Battle, Response, content_hash
from arena.outcomes import Outcome
from arena.pairing.matchmaking import serve_ballot
from judges.runs.battle_selection import active_pairs
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompts, make_vote, make_voter
from tests.prepared import prepared
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db
N_PROMPTS = 60


def make_contest():
    """An arena whose newest snapshot rates eight; a ninth has answered every prompt since."""
    arena = make_arena(voting="anyone")
    models = [make_competitor(arena) for _ in range(9)]
    prompts = make_prompts(arena, N_PROMPTS)
    texts = [(model, prompt, f"{model.name} on {prompt.key}") for model in models for prompt in prompts]
    Response.objects.bulk_create(
        [Response(competitor=model, prompt=prompt, text=text, content_hash=content_hash(text)) for model, prompt, text in texts]
    )
    rng = Random(1)
    for pair in combinations(models[:8], 2):
        for prompt in rng.sample(prompts, 8):
            make_vote(make_battle(*pair, prompt, with_answers=True), rng.choice(["a", "a", "b", "tie"]))
    publish_snapshot(make_board(arena, is_default=True))
    return arena


planted = prepared(make_contest)


@pytest.fixture
def contest(planted):
    arena = planted()
    return arena, arena.competitors.order_by("pk").last()


def meetings_of(newcomer, battles):
    """How often it is asked about on each prompt."""
    return Counter(battle.prompt_id for battle in battles if newcomer.pk in (battle.competitor_a_id, battle.competitor_b_id))


@pytest.mark.parametrize("n_voters", [1, 5])
def test_ballots_about_a_newcomer_are_on_as_many_prompts_as_chance_has_it(contest, n_voters):
    """Its pairs weigh as much as the heaviest, which is 8 of 36 ballots or more; every prompt is as likely as another."""
    arena, newcomer = contest
    voters, rng, served = [make_voter(arena) for _ in range(n_voters)], Random(2), []
    for number in range(200):
        ballot = serve_ballot(voters[number % n_voters], ahead=False, rng=rng)
        voting.cast_vote(ballot.key, ballot.voter, rng.choice([Outcome.A, Outcome.B]), now=timezone.now())
        served.append(ballot.battle)
    met = meetings_of(newcomer, served)
    assert met.total() > 0.8 * 200 * 8 / 36
    by_chance = N_PROMPTS * (1 - (1 - 1 / N_PROMPTS) ** met.total())
    assert len(met) > by_chance - 5
    assert len(met) > 30
    assert max(met.values()) <= n_voters


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_judges_are_asked_about_a_model_on_another_prompt_each_time(contest, seed):
    arena, newcomer = contest
    asked = Battle.objects.filter(pk__in=active_pairs(arena, most=80, seed=seed).battles)
    assert asked.count() == 80
    assert meetings_of(newcomer, asked).total() > 0.8 * 80 * 8 / 36
    for model in arena.competitors.all():
        assert set(meetings_of(model, asked).values()) == {1}, model


def test_a_longer_plan_comes_to_nearly_every_prompt_before_it_comes_again(contest):
    arena, newcomer = contest
    met = meetings_of(newcomer, Battle.objects.filter(pk__in=active_pairs(arena, most=350).battles))
    assert met.total() > N_PROMPTS
    assert len(met) > 0.9 * N_PROMPTS
    assert max(met.values()) <= 3
