"""What a plan will cost, foreseen: from calls of the same judges that are over, or from a pilot of the plan itself."""

from math import sqrt

import pytest

from arena.models import Call, Run
from judges.cards import called_judge, new_version
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.brackets import entrants_of
from judges.runs.planning import draw_up, plan_judging, start
from judges.runs.tournaments import draw_up_tournament
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db
PRICES = {"price_in": 1_000_000, "price_out": 1_000_000}


@pytest.fixture
def fake():
    with serving(Script(judge=JudgeScript(p_first=0.6))) as server:
        yield server


def judge_of(**fields):
    return called_judge(make_endpoint(**PRICES | fields), "pairwise", parameters={"max_tokens": 100})


def chosen(draft):
    return [(game.battle.prompt.key, game.order, game.repeat) for game in draft.games]


def test_a_pilot_is_some_of_the_calls_of_the_plan():
    arena, battles = make_battles()
    draft = draw_up(arena, [judge_of()], ids(battles))
    pilot = draft.pilot(10)
    assert (len(pilot.games), pilot.counts.n_calls, len(draft.games)) == (10, 10, 24)
    assert all(game in draft.games for game in pilot.games)
    assert pilot.estimate.cost == sum(bound.cost for _, bound in pilot.to_ask) < draft.estimate.cost


def test_the_same_seed_draws_the_same_pilot_elsewhere():
    drawn = []
    for seed in (3, 3, 4):
        arena, battles = make_battles()
        drawn.append(chosen(draw_up(arena, [judge_of()], ids(battles), seed=seed).pilot(10)))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_every_judge_has_its_share_of_a_pilot_and_enough_of_it():
    arena, battles = make_battles()
    judges = [judge_of(), judge_of(), judge_of()]
    for n_calls, share in ((9, 5), (21, 7)):
        pilot = draw_up(arena, judges, ids(battles)).pilot(n_calls)
        assert [sum(game.judge == judge for game in pilot.games) for judge in judges] == [share] * 3


def test_what_a_rule_decides_is_no_part_of_a_pilot():
    arena, battles = make_battles()
    draft = draw_up(arena, [offline_judge("longer")], ids(battles))
    assert draft.pilot() is None


def test_a_pilot_is_known_when_the_rest_is_counted_and_tells_its_cost(fake, settings):
    arena, battles = make_battles()
    judge = called_judge(fake_endpoint(fake, settings, **PRICES), "pairwise")
    draft = draw_up(arena, [judge], ids(battles))
    assert (draft.outlook().total, draft.outlook().unknown) == (None, [judge])
    pilot = work(start(draft.pilot(10)))
    assert (pilot.state, pilot.plan["pilot"]["n_calls"]) == ("done", 24)
    rest = draw_up(arena, [judge], ids(battles))
    found = rest.outlook().total
    assert (rest.counts.n_known, rest.counts.n_calls, found.n) == (10, 14, 10)
    assert 0 < found.low <= found.cost <= found.high <= rest.estimate.cost
    run = work(start(rest))
    assert found.low <= run.spent <= found.high
    assert Game.objects.decided().count() == 24


def over(judge, costs, arena, battles):
    """Calls of the judge that are over; each had 1,000 micro-dollars held for it."""
    plan_judging(arena, [judge], ids(battles), orders="one")
    for call, cost in zip(Call.objects.filter(game__judge=judge), costs, strict=False):
        call.attempts.create(endpoint=judge.endpoint, reserved=1_000, cost=cost, state="ok", sent_at=call.run.created_at)
    Call.objects.filter(game__judge=judge).update(state=Call.State.DONE, outcome="ok")
    Game.objects.filter(judge=judge).update(state="ok", winner="first", strength=1)


def test_judges_are_foreseen_one_by_one_and_their_intervals_add_up_as_squares():
    arena, battles = make_battles()
    judges = [judge_of(), judge_of()]
    for judge, costs in zip(judges, ([100, 300] * 6, [400, 600] * 6), strict=True):
        over(judge, costs, arena, battles)
    found = draw_up(arena, judges, ids(battles)).outlook()
    first, second = (share.forecast for share in found.shares)
    assert found.total.cost == pytest.approx(first.cost + second.cost, abs=200)
    half = sqrt((first.high - first.cost) ** 2 + (second.high - second.cost) ** 2)
    assert found.total.high - found.total.cost == pytest.approx(half, abs=200)
    assert (first.n, second.n, found.total.n) == (12, 12, 24)


def test_nothing_is_foreseen_while_one_of_the_judges_is_unknown():
    arena, battles = make_battles()
    judges = [judge_of(), judge_of()]
    over(judges[0], [200] * 12, arena, battles)
    found = draw_up(arena, judges, ids(battles)).outlook()
    assert (found.total, found.unknown) == (None, [judges[1]])


def test_another_card_of_the_same_model_is_another_judge():
    arena, battles = make_battles()
    judge = judge_of()
    over(judge, [200] * 12, arena, battles)
    assert draw_up(arena, [new_version(judge, parameters={"max_tokens": 50})], ids(battles)).outlook().total is None


def test_judges_that_cost_nothing_need_no_forecast():
    arena, battles = make_battles()
    free = called_judge(make_endpoint(), "pairwise")
    assert (draw_up(arena, [free], ids(battles)).outlook().total, draw_up(arena, [free], ids(battles)).outlook().unknown) == (
        None,
        [],
    )
    judge = judge_of()
    over(judge, [200] * 12, arena, battles)
    assert draw_up(arena, [free, judge], ids(battles)).outlook().total.cost > 0


def test_a_forecast_is_never_over_the_bound():
    arena, battles = make_battles()
    judge = judge_of()
    over(judge, [900, 5_000] * 6, arena, battles)
    draft = draw_up(arena, [judge], ids(battles))
    found = draft.outlook()
    assert found.total.cost <= found.total.high == draft.estimate.cost
    assert found.shares[0].forecast.high <= found.shares[0].estimate.cost


def test_a_tournament_is_foreseen_by_the_mean_of_its_first_round():
    arena, battles = make_battles(n_competitors=8)
    judge = judge_of()
    over(judge, [200] * 40, arena, battles[:40])
    draft = draw_up_tournament(arena, [judge], entrants_of(arena))
    found = draft.outlook()
    first = sum(bound.cost for _, bound in draft.to_ask)
    assert found.shares[0].estimate.n_calls >= len(draft.to_ask) + 4 * 3 * 2
    assert found.shares[0].estimate.cost == round(first * found.shares[0].estimate.n_calls / len(draft.to_ask))
    assert found.total.high <= draft.estimate.cost


def test_a_pilot_of_a_tournament_is_no_tournament():
    arena, _ = make_battles(n_competitors=8)
    pilot = start(draw_up_tournament(arena, [judge_of()], entrants_of(arena)).pilot(10))
    assert not {"tournament", "round", "n_rounds", "to_come"} & set(pilot.plan)
    assert Run.objects.get().calls.count() == 10
