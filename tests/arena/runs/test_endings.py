"""Commands and pages tell whether work is done: the exit status, the state, why calls failed, what nobody knows yet."""

import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.exit_codes import MEANINGS, Exit
from arena.models import Attempt, Call, Response, Run
from arena.runs import control, forecasting
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from tests.arena.runs.rows import ROOT, environment, fake, make_endpoint, make_run, work
from tests.factories import make_arena, make_prompts
from tests.judges.judging_factories import fake_endpoint, make_battles


def _generate(endpoint, *more):
    out = StringIO()
    call_command("generate", "--arena", "sums", "--competitor", "one", "--endpoint", endpoint.name, "--yes", *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def server(settings):
    with serving(Script()) as server:
        settings.ENDPOINTS_ALLOWED = {server.address}
        yield server


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("script", "code", "state"),
    [
        ({"behaviours": ("policy",) * 4}, Exit.FAILED, "failed"),
        ({"behaviours": ("policy",)}, Exit.PARTLY, "done"),
        ({"behaviours": ("unauthorized",) * 4}, Exit.PAUSED, "paused"),
    ],
)
def test_work_that_failed_or_was_paused_is_no_success(server, capsys, script, code, state):
    make_prompts(make_arena("sums"), 4)
    server.script = Script(**script)
    with pytest.raises(CommandError) as ended:
        _generate(make_endpoint(server, is_proven=False, proven_with=[]))
    assert (ended.value.returncode, Run.objects.get().state) == (code, state)


@pytest.mark.django_db
def test_what_is_done_is_success_also_the_second_time(server):
    make_prompts(make_arena("sums"), 2)
    endpoint = make_endpoint(server)
    _generate(endpoint)
    _generate(endpoint)
    assert (Response.objects.count(), Run.objects.get().state) == (2, "done")


@pytest.mark.django_db
def test_judge_says_why_calls_failed_with_counts_as_the_page_does(settings, admin_client):
    script = Script(behaviours=("context_length",) * 4 + ("policy",) * 2)
    with serving(script) as server:
        arena, _ = make_battles(n_prompts=1)
        fake_endpoint(server, settings, name="fake")
        out = StringIO()
        with pytest.raises(CommandError) as ended:
            call_command("judge", "--arena", arena.slug, "--endpoint", "fake", "--yes", stdout=out)
    run = Run.objects.get()
    assert (ended.value.returncode, run.state) == (Exit.FAILED, "failed")
    lines = out.getvalue().split("Why calls failed:\n")[1].splitlines()
    (often, first), (rare, second) = [line.split(maxsplit=1) for line in lines]
    assert (often, rare) == ("4", "2")
    page = admin_client.get(reverse("run", args=[run.pk])).content.decode()
    assert "Failed</span>" in page
    for reason in (first, second):
        assert reason.partition(": ")[2][:40].replace("'", "&#x27;") in page
    assert admin_client.get("/api/v1/runs/?state=failed").json()["results"][0]["state"] == "failed"
    assert "failed" in admin_client.get(reverse("runs")).content.decode()


@pytest.mark.django_db
def test_a_failed_run_goes_on_when_its_calls_are_asked_again(settings):
    with fake(Script(behaviours=("policy", "policy")), settings) as server:
        run = make_run(make_endpoint(server), 2)
        assert work(run).state == "failed"
        assert control.ending(run) == Exit.FAILED
        control.again(run)
        assert work(run).state == "done"
        assert control.ending(run) == Exit.DONE


@pytest.mark.django_db
def test_a_forecast_learns_from_replies_alone(settings):
    with fake(Script(behaviours=("policy",) * 6, usage=(10, 20)), settings) as server:
        run = make_run(make_endpoint(server, price_in=1_000_000, price_out=1_000_000), 12)
        work(run)
    assert Call.objects.filter(state="failed").count() == 6
    past = forecasting.past_calls(Call.objects.filter(run=run))
    assert [each.cost for each in past] == [30] * 6
    Attempt.objects.filter(state="ok").update(state="lost")
    assert forecasting.past_calls(Call.objects.filter(run=run)) == []


def test_the_table_has_every_code_and_the_help_shows_it(capsys):
    assert set(MEANINGS) == set(Exit)
    for command in ("generate", "judge", "write_checklists"):
        with pytest.raises(SystemExit):
            call_command(command, "--help")
        told = " ".join(capsys.readouterr().out.split())
        for code, meaning in MEANINGS.items():
            assert f"{code.value} {meaning}" in told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("behaviour", "code"), [("policy", 4), ("unauthorized", 3)])
def test_a_process_ends_with_the_code(server, behaviour, code):
    make_prompts(make_arena("sums"), 2)
    server.script = Script(behaviours=(behaviour,) * 2)
    endpoint = make_endpoint(server, is_proven=False, proven_with=[])
    said = ("--arena", "sums", "--competitor", "one", "--endpoint", endpoint.name, "--yes")
    result = subprocess.run(
        [sys.executable, "manage.py", "generate", *said],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == code, result.stderr
    assert MEANINGS[Exit(code)] in result.stderr
