"""What was paid and brought nothing is said, and not paid again by itself; what is out of play is not asked."""

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.models import Attempt, Prompt, PromptStatus, Response, Run
from arena.run_kinds.answer_plans import ResponsesRequest, drafted, start
from arena.run_kinds.generation import GenerationSettings
from arena.runs import control
from judges.cards import called_judge
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.planning import draw_up, plan_judging
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db


def _judged(server, settings, **script):
    server.script = Script(**script)
    arena, battles = make_battles(n_prompts=1)
    endpoint = fake_endpoint(server, settings, name="fake")
    return arena, battles, endpoint


def _judge(arena, *more):
    call_command("judge", "--arena", arena.slug, "--endpoint", "fake", "--yes", *more)


def test_games_that_a_reply_left_undecided_are_not_paid_again_by_themselves(settings, capsys):
    with serving(Script()) as server:
        arena, _, _ = _judged(server, settings, reply="I like both of them, in a way.")
        with pytest.raises(CommandError, match="nothing came of any"):
            _judge(arena)
        n_before = len(server.requests)
        _judge(arena)
        assert "6 failed before: a reply came and decided nothing. Ask again?" in capsys.readouterr().out
        assert len(server.requests) == n_before
        server.script = Script()
        _judge(arena, "--again")
        assert "6 of those to be played failed before, and are paid once more" in capsys.readouterr().out
        assert len(server.requests) == n_before + 6
    assert set(Game.objects.values_list("state", flat=True)) == {"ok"}


def test_games_that_nobody_answered_are_asked_again_by_themselves(settings):
    with serving(Script()) as server:
        arena, _, _ = _judged(server, settings, behaviours=("html",) * 6)
        with pytest.raises(CommandError):
            _judge(arena)
        _judge(arena)
    assert set(Game.objects.values_list("state", flat=True)) == {"ok"}


def test_the_page_says_what_failed_before_and_asks(settings, admin_client):
    with serving(Script()) as server:
        arena, battles, endpoint = _judged(server, settings, reply="I like both of them, in a way.")
        judge = called_judge(endpoint, "pairwise")
        draft = draw_up(arena, [judge], ids(battles), again=False)
        assert draft.counts.n_failed_before == 0
        run, _ = plan_judging(arena, [judge], ids(battles))
        work(run)
        counts = draw_up(arena, [judge], ids(battles), again=False).counts
        assert (counts.n_failed_before, counts.n_calls, counts.n_games) == (6, 0, 6)
        said = {
            "judges": [f"card:{judge.pk}"], "plan": "standing", "battles": 200, "orders": "both", "repeats": 1, "seed": 1,
            "numbers": "", "cap": "",
        }  # fmt: skip
        address = f"{reverse('new-run')}?arena={arena.slug}"
        assert "6: a reply came and decided nothing. They stay as they are" in admin_client.post(address, said).content.decode()
        again = admin_client.post(address, said | {"again": "on"}).content.decode()
        assert "6 of those to be played: a reply came and decided nothing" in again


def test_prompts_that_were_retired_meanwhile_are_left_out_of_a_run_that_goes_on(settings):
    with serving(Script()) as server:
        settings.ENDPOINTS_ALLOWED = frozenset({server.address})
        arena, battles = make_battles(n_prompts=2)
        judge = called_judge(fake_endpoint(server, settings, name="fake"), "pairwise")
        run, _ = plan_judging(arena, [judge], ids(battles))
        Prompt.objects.filter(pk=battles[0].prompt_id).update(status=PromptStatus.RETIRED)
        assert work(run).state == "done"
        assert len(server.requests) == 6
    states = dict(Game.objects.values_list("battle__prompt", "state"))
    assert states == {battles[0].prompt_id: "not_asked", battles[-1].prompt_id: "ok"}
    assert control.progress(run).n_cancelled == 6


def test_what_was_retired_when_the_run_was_planned_is_judged_all_the_same(settings):
    with serving(Script()) as server:
        arena, battles = make_battles(n_prompts=1)
        Prompt.objects.update(status=PromptStatus.RETIRED)
        judge = called_judge(fake_endpoint(server, settings, name="fake"), "pairwise")
        run, _ = plan_judging(arena, [judge], ids(battles))
        assert work(run).state == "done"
        assert len(server.requests) == 6


def test_answers_to_retired_prompts_are_not_paid_for(settings):
    with serving(Script()) as server:
        arena, battles = make_battles(n_prompts=2)
        endpoint = fake_endpoint(server, settings, name="fake")
        run = start(drafted(arena, ResponsesRequest((("new", endpoint),), GenerationSettings())))
        Prompt.objects.filter(pk=battles[0].prompt_id).update(status=PromptStatus.RETIRED)
        work(run)
        assert len(server.requests) == 1
    assert Response.objects.filter(competitor__name="new").count() == 1


def test_answers_that_the_provider_kept_back_are_asked_for_again_only_where_that_is_wished(settings):
    with serving(Script(finish="content_filter")) as server:
        arena, _ = make_battles(n_prompts=2)
        endpoint = fake_endpoint(server, settings, name="fake")
        wish = ResponsesRequest((("new", endpoint),), GenerationSettings())
        assert work(start(drafted(arena, wish))).state == "failed"
        draft = drafted(arena, wish)
        assert (draft.n_failed_before, draft.n_wanted, draft.n_here) == (2, 0, 0)
        again = drafted(arena, replace(wish, again=True))
        assert (again.n_failed_before, again.n_wanted) == (0, 2)


def test_money_that_was_lost_with_a_worker_is_shown_apart(settings, admin_client):
    with serving(Script()) as server:
        arena, battles = make_battles(n_prompts=1)
        judge = called_judge(fake_endpoint(server, settings, name="fake"), "pairwise")
        run, _ = plan_judging(arena, [judge], ids(battles))
        call = run.calls.first()
        Attempt.objects.create(call=call, endpoint=call.endpoint, state="lost", reserved=500, cost=500, sent_at=run.created_at)
        Run.objects.filter(pk=run.pk).update(spent=500, bounded=500)
    page = admin_client.get(reverse("run", args=[run.pk])).content.decode()
    assert "$0.0005 of it, at most, was lost" in page
    assert "did not report usage" not in page


def test_removing_an_arena_ends_its_runs_and_says_what_was_paid(settings, monkeypatch, capsys):
    with serving(Script()) as server:
        arena, battles = make_battles(n_prompts=2)
        judge = called_judge(fake_endpoint(server, settings, name="fake"), "pairwise")
        work(plan_judging(arena, [judge], ids(battles)[:3])[0])
        plan_judging(arena, [judge], ids(battles)[3:])
        asked = []
        monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or arena.slug)
        call_command("remove_arena", arena.slug)
        assert "6 answered calls that $0.00 were paid for" in asked[0]
        assert "1 of its runs is not over" in asked[0]
        assert "1 run was under way and cancelled" in capsys.readouterr().out
        assert not Run.objects.exists()


def test_a_run_whose_arena_goes_ends_with_a_name(settings, monkeypatch):
    from arena.evidence.curation import delete_arena
    from arena.runs.engine import Engine, RunGone

    with serving(Script(latency=0.05)) as server:
        arena, battles = make_battles(n_prompts=2)
        judge = called_judge(fake_endpoint(server, settings, name="fake"), "pairwise")
        run, _ = plan_judging(arena, [judge], ids(battles))
        removed = []
        with pytest.raises(RunGone, match="its arena was removed while it was under way"):
            Engine(run, n_threads=2, idle_seconds=5).work(
                seconds=30, progress=lambda: removed or removed.append(delete_arena(arena))
            )
