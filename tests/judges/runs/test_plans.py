"""Which battles a plan is about: narrowed, or given by number; and nothing is left of one that is not carried out."""

import pytest
from django.utils import timezone

from arena.models import Ballot, Battle
from arena.runs.planning import CannotPlan
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.battle_selection import active_pairs, all_pairs, given_battles, standing_battles, unused_battles_dropped
from judges.runs.plan_request import PLANS, JudgingRequest, drafted
from judges.runs.planning import plan_judging
from judges.runs.scope import Scope, check_competitors
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_pool,
    make_prompt,
    make_response,
    make_vote,
    make_voter,
)
from tests.judges.game_factories import make_run
from tests.judges.judging_factories import ids, make_battles

pytestmark = pytest.mark.django_db


def make_two_pools():
    """Three competitors who answered two prompts of one pool and one of another; no battle yet."""
    arena = make_arena()
    competitors = [make_competitor(arena) for _ in range(3)]
    for pool, n_prompts in (("maths", 2), ("poems", 1)):
        for _ in range(n_prompts):
            prompt = make_prompt(arena, pool=make_pool(arena, pool))
            for number, competitor in enumerate(competitors):
                make_response(prompt, competitor, f"Answer {number} {'long ' * number}")
    return arena, competitors


def scope_of(arena, competitors, pool="maths"):
    return Scope(make_pool(arena, pool).pk, frozenset(each.pk for each in competitors))


def pairs_on(battles):
    rows = Battle.objects.filter(pk__in=battles)
    return set(rows.values_list("prompt__pool__slug", "competitor_a", "competitor_b"))


@pytest.mark.parametrize("plan", [plan for plan in PLANS if plan != "given"])
def test_every_plan_is_narrowed_to_a_pool_and_to_competitors(plan):
    arena, competitors = make_two_pools()
    if plan == "standing":
        all_pairs(arena)
    wish = JudgingRequest(
        plan=plan, scope=scope_of(arena, competitors[:2]), baseline=competitors[0] if plan == "baseline" else None, most=9
    )
    draft = drafted(arena, [offline_judge("longer")], wish)
    played = {game.battle_id for game in draft.games}
    assert pairs_on(played) == {("maths", competitors[0].pk, competitors[1].pk)}
    assert len(played) == draft.counts.n_battles == 2


def test_whom_all_others_meet_needs_not_be_named_twice():
    arena, (a, b, c) = make_two_pools()
    found = all_pairs(arena, Scope(competitors=frozenset({a.pk, b.pk})), baseline=c)
    assert {(first, second) for _, first, second in pairs_on(found)} == {(a.pk, c.pk), (b.pk, c.pk)}


def test_one_competitor_meets_nobody():
    _, (a, b, _) = make_two_pools()
    with pytest.raises(CannotPlan, match="name at least two"):
        check_competitors([a])
    check_competitors([a], b)
    check_competitors([])


def test_a_narrow_plan_without_answers_says_so():
    arena, competitors = make_two_pools()
    wish = JudgingRequest(plan="all", scope=scope_of(arena, competitors, pool="empty"))
    with pytest.raises(CannotPlan, match="of this pool and these models"):
        drafted(arena, [offline_judge("longer")], wish)


def test_given_battles_are_judged_and_no_others():
    arena, battles = make_battles(n_prompts=2)
    wish = JudgingRequest(plan="given", numbers=(battles[3].pk, battles[1].pk, battles[3].pk))
    draft = drafted(arena, [offline_judge("longer")], wish)
    assert {game.battle_id for game in draft.games} == {battles[1].pk, battles[3].pk}


def test_a_number_that_cannot_be_judged_is_named():
    arena, battles = make_battles(n_prompts=1)
    _, foreign = make_battles(n_prompts=1)
    bare = make_battle(battles[0].competitor_a, battles[0].competitor_b)
    with pytest.raises(CannotPlan) as refused:
        given_battles(arena, [battles[0].pk, foreign[0].pk, 10**15, bare.pk])
    assert f"battle {foreign[0].pk}, {10**15}: not in {arena.slug}" in str(refused.value)
    assert f"battle {bare.pk}: without two answers" in str(refused.value)
    with pytest.raises(CannotPlan, match=f"battle {battles[0].pk}: not of the pool"):
        given_battles(arena, [battles[0].pk], scope_of(arena, [], pool="another"))


def test_of_many_wrong_numbers_the_first_are_named_and_the_rest_counted():
    arena, _ = make_battles(n_prompts=1)
    with pytest.raises(CannotPlan, match="and 5,000 more: not in"):
        given_battles(arena, [*range(10**6, 10**6 + 5_019), 10**30])


def test_active_pairing_takes_what_a_pilot_tried_and_nothing_else_that_was_judged():
    arena, battles = make_battles(n_prompts=2)
    for run, battle in ((make_run(arena, plan={"pilot": {}}), battles[0]), (make_run(arena), battles[1]), (None, battles[2])):
        plan_judging(arena, [offline_judge("longer")], [battle.pk])
        Game.objects.filter(battle=battle).update(run=run)
    assert set(active_pairs(arena, most=100).battles) == set(ids(battles)) - {battles[1].pk, battles[2].pk}


def test_what_was_made_for_a_plan_and_is_in_no_use_is_taken_away():
    arena, _ = make_two_pools()
    standing = all_pairs(arena, most=1)
    with unused_battles_dropped(arena) as now:
        made = [pk for pk in all_pairs(arena, now=now) if pk not in standing]
        assert len(made) == 8
        voted, served, judged, *_ = Battle.objects.filter(pk__in=made)
        make_vote(voted)
        Ballot.objects.create(battle=served, voter=make_voter(arena), first_shown="a", propensity=1, served_at=timezone.now())
        plan_judging(arena, [offline_judge("longer")], [judged.pk])
    assert set(standing_battles(arena)) == {*standing, voted.pk, served.pk, judged.pk}
    assert Ballot.objects.exists()


def test_what_others_made_meanwhile_stays():
    arena, _ = make_two_pools()
    with unused_battles_dropped(arena) as now:
        all_pairs(arena, most=2)
        all_pairs(arena, now=now)
    assert Battle.objects.count() == 2
