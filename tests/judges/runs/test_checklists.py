"""Checklists that a model writes, over real HTTP: one a prompt, once, and never over what a person wrote."""

from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.evidence.curation import delete_arena
from arena.models import Attempt, Call, Run
from arena.models.endpoints import DOLLAR
from arena.runs import control
from arena.runs.planning import PlanStale
from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script, ScriptRule
from judges.fakellm.server import serving
from judges.models import Checklist, ChecklistCall, Game
from judges.runs import checklist_writing
from judges.runs.checklist_writing import ChecklistRequest, ChecklistSettings
from judges.runs.planning import draw_up, plan_judging
from tests.arena.runs.rows import in_threads
from tests.factories import make_arena, make_pool, make_prompt, make_user
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db(transaction=True)
MINE = [{"text": "Is it mine?", "weight": 2}]


@pytest.fixture
def fake(settings):
    with serving(Script(usage=(200, 50))) as server:
        settings.ENDPOINTS_ALLOWED = frozenset({server.address})
        yield server


@pytest.fixture
def arena():
    arena = make_arena("garden")
    for number in range(3):
        make_prompt(arena, f"Question {number}?", key=f"p{number}", reference="So.", system_prompt="Be kind.")
    return arena


def write(arena, endpoint, *arguments):
    call_command("write_checklists", "--arena", arena.slug, "--endpoint", endpoint.name, *arguments)


def planned(arena, endpoint, **wish):
    return checklist_writing.start(checklist_writing.drafted(arena, ChecklistRequest(endpoint, ChecklistSettings(), **wish)))


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_checklist_is_written_for_every_prompt_without_one_and_its_call_is_on_record(fake, settings, arena, wire, capsys):
    by_hand = Checklist.objects.create(prompt=arena.prompts.first(), criteria=MINE, written_by=make_user())
    write(arena, fake_endpoint(fake, settings, wire=wire, price_in=DOLLAR, price_out=DOLLAR), "--yes")
    said = capsys.readouterr().out
    assert "2 checklists are missing, 1 here." in said
    assert "2 calls, at most" in said
    assert "2 of 2 calls (2 ok)" in said
    first, second = Checklist.objects.exclude(pk=by_hand.pk)
    assert [row["weight"] for row in first.criteria] == [3, 2, 1]
    assert first.criteria[0]["text"] == "Does it answer what was asked?"
    assert (first.written_by, first.call.run, first.call.attempts.get().cost) == (None, Run.objects.get(), 250)
    assert {first.call, second.call} == set(Call.objects.all())
    by_hand.refresh_from_db()
    assert (by_hand.criteria, by_hand.call) == (MINE, None)


def test_the_request_shows_prompt_system_prompt_and_reference_between_fences_and_asks_for_json(fake, settings, arena):
    write(arena, fake_endpoint(fake, settings), "--yes", "--prompts", "1", "--max-tokens", "77")
    body = fake.requests[0].body
    fence = Attempt.objects.get().fence
    for name, text in (("prompt", "Question 0?"), ("system_prompt", "Be kind."), ("reference", "So.")):
        assert f"<<<{fence} begin {name}>>>\n{text}\n<<<{fence} end {name}>>>" in body["messages"][1]["content"]
    schema = body["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "criteria"]
    assert (body.get("max_completion_tokens") or body.get("max_tokens")) == 77


def test_a_second_command_asks_nothing_and_costs_nothing(fake, settings, arena, capsys):
    endpoint = fake_endpoint(fake, settings)
    write(arena, endpoint, "--yes")
    write(arena, endpoint)  # no terminal and no --yes: nothing is to be agreed to
    assert "Every checklist is here already" in capsys.readouterr().out
    assert (len(fake.requests), Run.objects.count()) == (3, 1)


@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    [
        ("refusal", "refused", "refused"), ("cut", "truncated", "cut at the token limit"),
        ("null_filtered", "filtered", "filter"), ("empty", "unparsable", "no checklist in the reply"),
        ("two_labels", "unparsable", "no checklist in the reply"),
    ],
)  # fmt: skip
def test_a_reply_that_holds_no_checklist_says_why_and_can_be_asked_again(fake, settings, arena, behaviour, outcome, reason):
    fake.script = Script(mix={behaviour: 1.0})
    with pytest.raises(CommandError, match="nothing came of any of its calls"):
        write(arena, fake_endpoint(fake, settings), "--yes", "--prompts", "1")
    run, call = Run.objects.get(), Call.objects.get()
    assert (run.state, call.state, call.outcome, Checklist.objects.count()) == ("failed", "failed", outcome, 0)
    assert reason in call.reason
    fake.script = Script()
    assert control.again(run) == 1
    work(run)
    assert Checklist.objects.get().call == call


def test_criteria_that_a_checklist_may_not_have_are_no_checklist(fake, settings, arena):
    reply = '{"reasoning": "x", "criteria": [{"text": "Good?", "weight": -1}]}'
    fake.script = Script(rules=(ScriptRule("Question", reply=reply),))
    with pytest.raises(CommandError, match="nothing came of any of its calls"):
        write(arena, fake_endpoint(fake, settings), "--yes", "--prompts", "1")
    assert Call.objects.get().outcome == "unparsable"
    assert "weight '-1'" in Call.objects.get().reason


def test_a_server_that_takes_no_schema_costs_one_refused_call(fake, settings, arena):
    fake.script = Script(refuse=frozenset({"response_format"}))
    write(arena, fake_endpoint(fake, settings, is_proven=False), "--yes")
    assert Checklist.objects.count() == 3
    assert Attempt.objects.filter(state="failed").count() == 1


def test_the_cap_is_kept(fake, settings, arena):
    fake.script = Script(usage="bound")
    endpoint = fake_endpoint(fake, settings, price_out=10 * DOLLAR)
    with pytest.raises(CommandError, match="the run is paused") as paused:
        write(arena, endpoint, "--yes", "--max-tokens", "1000", "--cap", "0.02")
    assert paused.value.returncode == 3
    run = Run.objects.get()
    assert (len(fake.requests), run.state, run.spent, Checklist.objects.count()) == (2, "paused", DOLLAR // 50, 2)


def test_calls_that_are_over_tell_what_others_will_cost(fake, settings, arena, capsys):
    endpoint = fake_endpoint(fake, settings, price_in=DOLLAR, price_out=DOLLAR)
    for number in range(4):
        make_prompt(arena, f"Another {number}?")
    write(arena, endpoint, "--yes", "--prompts", "5")
    assert "is expected" not in capsys.readouterr().out
    write(arena, endpoint, "--yes")
    assert "is expected, with 95 % certainty $0.0003" in capsys.readouterr().out


def test_only_a_pool_and_no_prompt_that_is_retired(fake, settings, arena):
    make_prompt(arena, pool=make_pool(arena, "other"))
    make_prompt(arena, pool=make_pool(arena, "other"), status="retired")
    write(arena, fake_endpoint(fake, settings), "--yes", "--pool", "other")
    assert Checklist.objects.get().prompt.pool.slug == "other"


def test_what_a_person_writes_while_the_model_is_asked_stands(fake, settings, arena):
    """The model thinks; meanwhile a person writes one; the reply is paid, and changes nothing."""
    prompt = arena.prompts.first()
    fake.script = Script(latency=1.0)
    run = planned(arena, fake_endpoint(fake, settings), n_prompts=1)
    in_threads([partial(work, run), partial(_write_by_hand, fake, prompt)])
    assert (Checklist.objects.get().criteria, Checklist.objects.get().call) == (MINE, None)
    assert Call.objects.get().outcome == "ok"


def _write_by_hand(fake, prompt):
    while not fake.requests:
        pass
    Checklist.objects.create(prompt=prompt, criteria=MINE)


def test_a_prompt_that_has_a_checklist_by_now_is_not_asked_about(fake, settings, arena):
    run = planned(arena, fake_endpoint(fake, settings))
    Checklist.objects.create(prompt=arena.prompts.first(), criteria=MINE)
    work(run)
    assert len(fake.requests) == 2
    assert run.calls.get(reason=checklist_writing.HERE_ALREADY).outcome == "ok"
    assert Checklist.objects.filter(criteria=MINE).count() == 1


def test_an_edited_checklist_is_not_written_over_by_calls_that_are_asked_again(fake, settings, arena):
    endpoint = fake_endpoint(fake, settings)
    run = planned(arena, endpoint, n_prompts=1)
    work(run)
    Checklist.objects.update(criteria=MINE, written_by=make_user())
    Call.objects.update(state="failed")
    control.again(run)
    work(run)
    assert Checklist.objects.get().criteria == MINE
    assert len(fake.requests) == 1


def test_several_engines_write_each_checklist_once(fake, settings, arena):
    for number in range(20):
        make_prompt(arena, f"More {number}?")
    run = planned(arena, fake_endpoint(fake, settings))
    in_threads([partial(_work_apart, run.pk)] * 3)
    assert Checklist.objects.count() == Checklist.objects.values("call").distinct().count() == len(fake.requests) == 23


def _work_apart(pk):
    work(Run.objects.get(pk=pk))


def test_of_plans_for_the_same_prompts_that_start_at_once_one_is_started(fake, settings, arena):
    draft = checklist_writing.drafted(arena, ChecklistRequest(fake_endpoint(fake, settings), ChecklistSettings()))
    stale = in_threads([partial(_is_stale, draft)] * 4)
    assert sorted(stale) == [False, True, True, True]
    assert (Run.objects.count(), ChecklistCall.objects.count()) == (1, 3)


def _is_stale(draft):
    try:
        checklist_writing.start(draft)
    except PlanStale:
        return True
    return False


def test_what_a_paused_run_is_still_to_ask_is_not_asked_twice(fake, settings, arena, capsys):
    endpoint = fake_endpoint(fake, settings)
    run = planned(arena, endpoint, n_prompts=2)
    control.pause(run)
    with pytest.raises(CommandError, match=f"run {run.pk} is paused") as ended:  # it ended as if all were done
        write(arena, endpoint, "--yes")
    assert ended.value.returncode == 3
    assert f"--resume {run.pk}" in capsys.readouterr().out
    assert (len(fake.requests), Checklist.objects.count()) == (1, 1)
    call_command("write_checklists", "--arena", arena.slug, "--resume", str(run.pk))
    assert (len(fake.requests), Checklist.objects.count()) == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nobody can agree, as the input is not a terminal"),
        (["--pool", "none"], "no active prompt in none"), (["--prompts", "0"], "at least 1"),
        (["--resume", "99"], "has no such run"), (["--cap", "nan"], "dollars, 0 or more"), (["--seed", "-1"], "0 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(fake, settings, arena, arguments, message):
    with pytest.raises(CommandError, match=message) as refused:
        write(arena, fake_endpoint(fake, settings), *arguments)
    assert (refused.value.returncode, len(fake.requests), Run.objects.count()) == (2, 0, 0)


def test_an_endpoint_is_named(arena):
    with pytest.raises(CommandError, match="--endpoint NAME is required"):
        call_command("write_checklists", "--arena", arena.slug)


def test_a_judge_without_checklists_says_what_to_do_and_grades_by_those_that_were_written(fake, settings):
    fake.script = Script(judge=JudgeScript())
    arena, battles = make_battles(n_prompts=2)
    endpoint = fake_endpoint(fake, settings)
    judge = called_judge(endpoint, "checklist")
    run, counts = plan_judging(arena, [judge], ids(battles))
    assert (counts.n_misfits, run.calls.count()) == (12, 0)
    assert "manage.py write_checklists" in next(iter(draw_up(arena, [judge], ids(battles)).misfits))
    write(arena, endpoint, "--yes")
    run, counts = plan_judging(arena, [judge], ids(battles))
    work(run)
    assert (counts.n_misfits, Game.objects.filter(state="ok").count()) == (0, 12)


def test_the_admin_says_who_wrote_a_checklist_and_an_edit_is_its_editors(client, fake, settings, arena):
    write(arena, fake_endpoint(fake, settings, model="magister-7"), "--yes", "--prompts", "1")
    curator = make_user("cora", is_staff=True)
    client.force_login(curator)
    made = Checklist.objects.get()
    assert "a model (magister-7)" in client.get(reverse("admin:judges_checklist_changelist")).text
    address = reverse("admin:judges_checklist_change", args=[made.pk])
    assert reverse("run", args=[made.call.run_id]) in client.get(address).text
    client.post(address, {"criteria": '[{"text": "Is it mine?", "weight": 2}]'})
    made.refresh_from_db()
    assert (made.criteria, made.written_by, made.call) == (MINE, curator, Call.objects.get())
    assert "cora" in client.get(reverse("admin:judges_checklist_changelist")).text


def test_looking_at_a_checklist_and_saving_it_as_it_is_makes_nobody_its_author(client, fake, settings, arena):
    write(arena, fake_endpoint(fake, settings), "--yes", "--prompts", "1")
    client.force_login(make_user("cora", is_staff=True))
    made = Checklist.objects.get()
    address = reverse("admin:judges_checklist_change", args=[made.pk])
    as_it_is = client.get(address).context["adminform"].form["criteria"].value()
    client.post(address, {"criteria": as_it_is, "initial-criteria": as_it_is})
    made.refresh_from_db()
    assert made.written_by is None


def test_an_arena_is_removed_with_its_checklists_and_their_calls(fake, settings, arena):
    write(arena, fake_endpoint(fake, settings), "--yes")
    delete_arena(arena)
    assert (Checklist.objects.count(), ChecklistCall.objects.count(), Call.objects.count()) == (0, 0, 0)
