"""Tournaments as runs: a round after another in one run, whatever dies, pauses or arrives in between."""

import random
import threading
import time
from math import ceil

import numpy as np
import pytest
from django.db import connections
from django.utils import timezone

from arena.models import Battle, Call, Competitor, Response, Run
from arena.runs import control
from arena.runs.engine import Engine
from arena.runs.planning import PlanStale
from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.battle_selection import all_pairs, answers_of, battles_of
from judges.runs.brackets import Brackets, entrants_of, results_of
from judges.runs.planning import draw_up, plan_judging, start
from judges.runs.tournaments import draw_up_tournament
from ranking.maths.tournaments.formats import coin_flip, single_elimination
from tests.arena.runs.rows import engine_process
from tests.factories import make_competitor, make_response
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fake():
    with serving(Script(judge=JudgeScript(accuracy=1.0))) as server:
        yield server


def start_tournament(arena, judges, *, cap=None, seed=1, repeats=1):
    return start(draw_up_tournament(arena, judges, entrants_of(arena), seed=seed, repeats=repeats), cap=cap)


def judge_that_is_never_asked():
    return called_judge(make_endpoint(price_in=1_000_000, price_out=1_000_000), "pairwise")


def decide(run, winner="a"):
    """As if the round's calls had come back: the side wins in both orders."""
    for game in Game.objects.filter(run=run, state=""):
        game.winner = "first" if (game.order == "ab") == (winner == "a") else "second"
        game.state, game.strength = "ok", 1
        game.save()
    Call.objects.waiting().filter(run=run).update(state=Call.State.DONE, outcome="ok", finished_at=timezone.now())


def games_of(arena):
    columns = ("battle__prompt__key", "battle__competitor_a__name", "battle__competitor_b__name", "order", "state", "winner")
    return set(Game.objects.filter(battle__arena=arena).values_list(*columns))


def play_by_hand(arena, judge, seed):
    """Bracket by bracket, a run a round: how tournaments were played before a run could go on."""
    names = dict(Competitor.objects.filter(arena=arena).values_list("pk", "name"))
    ids = {name: pk for pk, name in names.items()}
    rounds, matches = {}, {}
    answers = answers_of(arena)
    for place, prompt in enumerate(sorted(answers)):
        rng = np.random.default_rng([seed, place])
        rounds[prompt] = single_elimination([names[pk] for pk in sorted(answers[prompt])], rng=rng, break_tie=coin_flip(rng))
        matches[prompt] = next(rounds[prompt])
    while matches:
        for prompt, its in list(matches.items()):
            said = []
            for match in its:
                a, b = sorted((ids[match.a], ids[match.b]))
                battles = battles_of(arena, [(prompt, a, b, answers[prompt][a], answers[prompt][b])])
                work(plan_judging(arena, [judge], battles, seed=seed)[0])
                winner = {"a": names[a], "b": names[b]}.get(results_of(battles, [judge]))
                said.append({match.a: "a", match.b: "b"}.get(winner, "tie"))
            try:
                matches[prompt] = rounds[prompt].send(tuple(said))
            except StopIteration:
                del matches[prompt]


@pytest.mark.parametrize("accuracy", [1.0, 0.0])
def test_one_run_plays_what_a_run_a_round_played(fake, settings, accuracy):
    fake.script = Script(judge=JudgeScript(accuracy=accuracy))
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    by_hand, _ = make_battles(n_prompts=2, n_competitors=5)
    play_by_hand(by_hand, judge, seed=7)
    arena, _ = make_battles(n_prompts=2, n_competitors=5)
    Game.objects.update(request_key="")  # so that nothing is read from the stored replies
    run = work(start_tournament(arena, [judge], seed=7))
    assert (run.state, control.progress(run).stage, run.plan["to_come"]) == ("done", "all rounds are over", 0)
    assert Game.objects.filter(run=run).count() == 2 * 2 * 4
    assert games_of(arena) == games_of(by_hand)


def test_rounds_that_need_no_call_are_played_at_once():
    arena, _ = make_battles(n_prompts=3, n_competitors=6)
    run = start_tournament(arena, [offline_judge("longer")])
    assert (run.state, Game.objects.filter(run=run).count(), Call.objects.count()) == ("done", 3 * 5 * 2, 0)


def test_stored_replies_lead_from_round_to_round_without_a_call(fake, settings):
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    arena, battles = make_battles(n_prompts=2, n_competitors=4)
    work(plan_judging(arena, [judge], ids(battles))[0])
    n_sent = len(fake.requests)
    other, _ = make_battles(n_prompts=2, n_competitors=4)
    run = start_tournament(other, [judge])
    assert (run.state, len(fake.requests), Game.objects.filter(run=run).count()) == ("done", n_sent, 12)


def test_how_far_it_is_can_be_seen_from_the_start():
    arena, _ = make_battles(n_prompts=3, n_competitors=5)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    shown = control.progress(run)
    assert (shown.stage, shown.n_calls, shown.n_waiting) == ("round 1 of 3", 3 * 4 * 2, 3 * 2 * 2)
    decide(run)
    control.close(run.pk)
    shown = control.progress(run)
    assert (shown.stage, shown.n_calls, shown.n_over, shown.n_waiting) == ("round 2 of 3", 24, 12, 6)


def test_the_next_round_is_added_once_however_often_it_is_asked_for():
    arena, _ = make_battles(n_prompts=2, n_competitors=4)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    decide(run)
    for _ in range(3):
        control.close(run.pk)
    assert Call.objects.filter(run=run).count() == 8 + 4
    assert sorted(Call.objects.filter(run=run).values_list("place", flat=True)) == list(range(12))


def in_threads(n, function):
    failures = []

    def one():
        try:
            function()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_engines_that_ask_at_once_add_nothing_twice():
    arena, _ = make_battles(n_prompts=4, n_competitors=8)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    for n_calls in (32, 48, 56):
        assert Call.objects.filter(run=run).count() == n_calls
        assert Run.objects.get(pk=run.pk).state == "running"
        decide(run)
        assert in_threads(4, lambda: control.close(run.pk)) == []
    run.refresh_from_db()
    assert (run.state, [len(each) for each in run.plan["tournament"]["results"]]) == ("done", [16, 8, 4])


def test_an_engine_that_dies_before_the_next_round_is_followed_by_another(fake, settings, monkeypatch):
    arena, _ = make_battles(n_prompts=2, n_competitors=4)
    run = start_tournament(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")])
    with monkeypatch.context() as patch:
        patch.setattr("judges.runs.tournaments.add_games", dies)
        with pytest.raises(Killed):
            Engine(run, n_threads=4).work(seconds=30)
    run.refresh_from_db()
    assert (run.state, run.plan["tournament"]["results"], Call.objects.waiting().count()) == ("running", [], 0)
    run = work(run)
    assert (run.state, Game.objects.decided().filter(run=run).count(), len(fake.requests)) == ("done", 12, 12)


class Killed(BaseException):
    """As kill -9: nothing that catches exceptions sees it."""


def dies(*args, **options):
    raise Killed


def killed_at_random(fake, settings, *, n_prompts, n_kills, seed):
    """As kill -9 does it: an engine in a process of its own, dead at any moment, a round's end among them."""
    rng = random.Random(seed)
    fake.script = Script(judge=JudgeScript(accuracy=1.0), latency=(0.01, 0.1))
    arena, _ = make_battles(n_prompts=n_prompts, n_competitors=9)
    run = start_tournament(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")])
    for _ in range(n_kills):
        process = engine_process(run, n_threads=8, lease_seconds=1)
        process.stdout.readline()
        time.sleep(rng.uniform(0.2, 1.2))
        process.kill()
        process.communicate()
    time.sleep(1.5)
    run = work(run)
    assert run.state == "done"
    assert Game.objects.decided().filter(run=run).count() == Call.objects.filter(state="done").count() == n_prompts * 8 * 2
    assert [len(each) for each in run.plan["tournament"]["results"]] == [n_prompts * n for n in (4, 2, 1, 1)]


def test_kills_lose_no_round_and_play_none_twice(fake, settings):
    killed_at_random(fake, settings, n_prompts=4, n_kills=3, seed=1)


@pytest.mark.slow
def test_twenty_kills_lose_no_round_and_play_none_twice(fake, settings):
    killed_at_random(fake, settings, n_prompts=20, n_kills=20, seed=2)


def test_two_engines_play_a_tournament_to_its_end(fake, settings):
    arena, _ = make_battles(n_prompts=4, n_competitors=5)
    run = start_tournament(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")])
    assert in_threads(2, lambda: work(Run.objects.get(pk=run.pk), n_threads=4)) == []
    run = work(run)
    assert (run.state, len(fake.requests), Game.objects.decided().count()) == ("done", 32, 32)


def test_one_cap_holds_for_all_rounds_and_a_raised_one_goes_on(fake, settings):
    fake.script = Script(usage="bound", judge=JudgeScript(accuracy=1.0))
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    endpoint = fake_endpoint(fake, settings, price_out=1_000_000)
    run = start_tournament(arena, [called_judge(endpoint, "pairwise", parameters={"max_tokens": 10_000})], cap=40_000)
    run = work(run)
    assert (run.state, len(fake.requests), control.progress(run).stage) == ("paused", 4, "round 2 of 2")
    control.raise_cap(run, 60_000)
    run = work(run)
    assert (run.state, len(fake.requests), run.spent) == ("done", 6, 60_000)


def test_a_cancelled_tournament_has_no_further_round():
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    decide(run)
    control.cancel(run)
    control.close(run.pk)
    assert (Run.objects.get().state, Call.objects.count()) == ("cancelled", 4)


def test_a_failed_game_that_is_asked_again_changes_nobodys_way(fake, settings):
    fake.script = Script(mix={"policy": 1.0})
    arena, _ = make_battles(n_prompts=2, n_competitors=4)
    run = work(start_tournament(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")]))
    met = games_of(arena)
    assert {state for *_, state, _ in met} == {"filtered"}
    fake.script = Script(judge=JudgeScript(accuracy=1.0))
    assert control.again(run) == 12
    run = work(run)
    assert (run.state, {state for *_, state, _ in games_of(arena)}) == ("done", {"ok"})
    assert {row[:4] for row in games_of(arena)} == {row[:4] for row in met}
    assert run.plan["tournament"]["results"] == ["----", "--"]


def test_a_round_is_not_over_while_a_game_of_it_is_asked_again():
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    decide(run)
    Call.objects.filter(pk=Call.objects.first().pk).update(state=Call.State.WAITING)
    control.close(run.pk)
    assert Call.objects.filter(run=run).count() == 4


def test_who_answers_later_is_not_in_it():
    arena, battles = make_battles(n_prompts=1, n_competitors=4)
    run = start_tournament(arena, [judge_that_is_never_asked()])
    make_response(battles[0].prompt, make_competitor(arena, "late"), "Too late.")
    while Run.objects.get().state == "running":
        decide(run)
        control.close(run.pk)
    assert Game.objects.count() == 6
    assert not Battle.objects.filter(competitor_b__name="late").exists()


def test_games_that_another_run_is_at_are_waited_for():
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    judge = judge_that_is_never_asked()
    first = Brackets(entrants_of(arena), seed=1).meetings[0]
    other, _ = plan_judging(arena, [judge], battles_of(arena, [first]))
    run = start_tournament(arena, [judge])
    decide(run)
    control.close(run.pk)
    assert (Run.objects.get(pk=run.pk).state, Call.objects.filter(run=run).count()) == ("running", 2)
    decide(other)
    control.close(run.pk)
    assert Call.objects.filter(run=run).count() == 2 + 2


def test_games_of_a_paused_run_hold_it_up_and_it_says_so():
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    judge = judge_that_is_never_asked()
    other, _ = plan_judging(arena, [judge], battles_of(arena, Brackets(entrants_of(arena), seed=1).meetings[:1]))
    control.pause(other)
    run = start_tournament(arena, [judge])
    decide(run)
    control.close(run.pk)
    run.refresh_from_db()
    assert (run.state, f"run {other.pk} has games of this round and is paused" in run.paused_because) == ("paused", True)
    control.cancel(other)
    control.resume(run)
    control.close(run.pk)
    assert control.progress(run).stage == "round 2 of 2"


def test_a_judge_that_was_edited_between_rounds_pauses_it():
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    judge = judge_that_is_never_asked()
    run = start_tournament(arena, [judge])
    decide(run)
    judge.endpoint.model = "another"
    judge.endpoint.save()
    control.close(run.pk)
    run.refresh_from_db()
    assert run.state == "paused"
    assert "start another run" in run.paused_because


def test_an_answer_that_is_gone_pauses_it():
    arena, _ = make_battles(n_prompts=1, n_competitors=3)
    Battle.objects.all().delete()
    run = start_tournament(arena, [judge_that_is_never_asked()])
    met = Battle.objects.get()
    Response.objects.exclude(pk__in=[met.response_a_id, met.response_b_id]).delete()
    decide(run)
    control.close(run.pk)
    run.refresh_from_db()
    assert (run.state, run.paused_because) == ("paused", "an answer that is in this tournament is gone: start another run")


@pytest.mark.parametrize(("protocol", "repeats"), [("pairwise", 1), ("arena_hard", 2), ("rubric_10", 1)])
def test_no_course_of_a_tournament_comes_to_more_than_was_told(protocol, repeats):
    arena, battles = make_battles(n_prompts=3, n_competitors=6)
    for number, battle in enumerate(battles):
        battle.response_b.text = f"{number}: " + '"Quoted" and\nbroken, größer ' * (number % 7)
        battle.response_b.save()
    judge = called_judge(make_endpoint(price_in=3_000_000, price_out=1_000_000), protocol)
    told = draw_up_tournament(arena, [judge], entrants_of(arena), repeats=repeats).estimate
    dearest = 0
    for prompt in {battle.prompt_id for battle in battles}:
        all_of_it = draw_up(arena, [judge], list(Battle.objects.filter(prompt=prompt).values_list("pk", flat=True)))
        largest = max(bound.cost for bound in all_of_it.bounds if bound)
        first = draw_up(arena, [judge], first_round(arena, prompt), repeats=repeats).estimate.cost
        dearest += first + 2 * 2 * repeats * largest
    assert told.n_calls == 3 * 5 * 2 * repeats
    assert dearest * 0.8 < told.cost <= dearest + told.n_calls


def first_round(arena, prompt):
    return battles_of(arena, [meeting for meeting in Brackets(entrants_of(arena), seed=1).meetings if meeting[0] == prompt])


def test_answers_graded_one_by_one_decide_who_goes_on(fake, settings):
    fake.script = Script(judge=JudgeScript(accuracy=1.0))
    arena, _ = make_battles(n_prompts=2, n_competitors=2)
    judge = called_judge(fake_endpoint(fake, settings), "rubric_10")
    run = work(start_tournament(arena, [judge]))
    scores = dict(Game.objects.values_list("order", "score_first"))
    assert run.plan["tournament"]["results"] == [("a" if scores["ab"] > scores["ba"] else "b") * 2]


def test_two_plans_that_play_a_failed_game_again_do_not_both_start():
    arena, battles = make_battles(n_prompts=1)
    judge = judge_that_is_never_asked()
    run, _ = plan_judging(arena, [judge], ids(battles))
    Game.objects.update(state="unparsable")
    Call.objects.update(state=Call.State.FAILED)
    drafts = [draw_up(arena, [judge], ids(battles)) for _ in range(2)]
    start(drafts[0])
    with pytest.raises(PlanStale, match="draw the plan up again"):
        start(drafts[1])
    assert control.again(run) == 6
    assert Run.objects.count() == 2


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 8, 9])
def test_rounds_and_matches_are_counted_beforehand(n):
    arena, _ = make_battles(n_prompts=1, n_competitors=n)
    all_pairs(arena)
    run = start_tournament(arena, [offline_judge("longer")])
    assert len(run.plan["tournament"]["results"]) == ceil(np.log2(n))
    assert Game.objects.filter(order="ab").count() == n - 1
