"""What holds a run up is said with its reason and the time of the next try, and a person can ask for that try at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.commands import run_progress
from arena.models import Allowance, Call, Endpoint, Run
from arena.runs import control
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from tests.arena.runs.rows import add_calls, fake, make_endpoint, make_run, work

pytestmark = pytest.mark.django_db(transaction=True)


def dead_endpoint(settings, **fields):
    """Of a server that has just gone, and its port."""
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server, **fields)
    return endpoint, int(server.address.rpartition(":")[2])


@pytest.mark.parametrize("is_proven", [True, False])
def test_a_dead_server_is_named_with_the_next_try_and_no_time_left(settings, admin_client, is_proven):
    endpoint, port = dead_endpoint(settings, is_proven=is_proven)
    run = work(make_run(endpoint, 30), idle_seconds=1)
    (held,) = control.progress(run).held
    assert (held.endpoint, held.does, held.can_be_tried) == (endpoint.name, "does not answer", True)
    assert "no connection" in held.reason
    assert "no connection" in run_progress.held_in_words(held)
    assert (held.n_waiting, held.most_attempts) == (30, 6)
    by_program = admin_client.get(f"/api/v1/runs/{run.pk}/").json()["progress"]
    assert by_program["seconds_left"] is None
    assert [(each["endpoint"], each["does"], each["n_waiting"]) for each in by_program["held"]] == [
        (endpoint.name, "does not answer", 30)
    ]
    assert "no connection" in by_program["held"][0]["reason"]
    assert control.progress(run).seconds_left is None
    address = reverse("run", args=[run.pk])
    page = admin_client.get(address).content.decode()
    assert f"{endpoint.name}</b> does not answer: " in page
    assert "Try now" in page
    assert "30 calls wait for it; each is given up if it fails 6 times." in page
    assert "left at" not in page
    with serving(Script(), port=port):
        Endpoint.objects.update(open_until=timezone.now() + timedelta(seconds=250))
        Call.objects.filter(run=run, state="waiting").update(not_before=timezone.now() + timedelta(seconds=250))
        until = timezone.localtime(Endpoint.objects.get().open_until)
        assert f">{until:%H:%M:%S}</time>" in admin_client.get(address).content.decode()
        assert "The endpoint is being tried" in admin_client.post(address, {"act": "try"}, follow=True).content.decode()
        assert work(run).state == "done"
    assert "No endpoint is resting" not in admin_client.get(address).content.decode()


def test_few_calls_that_all_wait_for_another_try_say_so(settings):
    endpoint, _ = dead_endpoint(settings)
    run = make_run(endpoint, 2)
    Endpoint.objects.update(n_failures=2)
    assert control.progress(run).held == ()
    due = timezone.now() + timedelta(seconds=40)
    Call.objects.update(not_before=due)
    (held,) = control.progress(run).held
    assert held.until == due
    assert control.try_now(run) == 1
    assert not Call.objects.exclude(not_before=None).exists()


def test_a_pause_that_a_server_asked_for_is_told_and_not_cut_short(settings):
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server)
    run = make_run(endpoint, 2)
    now = timezone.now()
    until = now + timedelta(minutes=10)
    Allowance.objects.create(
        base_url=endpoint.base_url, key_name="", per_minute=60, filled_at=now, started_at=now, grown_at=now, blocked_until=until
    )
    (held,) = control.progress(run).held
    assert (held.does, held.until, held.can_be_tried) == ("asked for a pause between calls", until, False)
    assert control.try_now(run) == 0
    assert Allowance.objects.get().blocked_until == until


def test_an_endpoint_that_is_paused_is_told_while_the_others_go_on(settings):
    with fake(Script(), settings) as server:
        run = make_run(make_endpoint(server, paused_because="too dear"), 1)
        add_calls(run, make_endpoint(server), 1, first=1)
    (held,) = control.progress(run).held
    assert (held.does, held.reason) == ("is paused", "too dear")


def test_only_a_running_run_tries_its_endpoints(settings):
    endpoint, _ = dead_endpoint(settings)
    run = make_run(endpoint, 1, state="paused", paused_because="x")
    with pytest.raises(control.NotPossible, match="only a running run"):
        control.try_now(run)


def test_a_run_that_is_paused_has_no_time_left_and_a_new_one_is_not_called_silent(settings, admin_client):
    with fake(Script(), settings) as server:
        run = make_run(make_endpoint(server), 3)
    Call.objects.filter(place=0).update(state="done", outcome="ok", finished_at=timezone.now())
    Call.objects.filter(place=1).update(lease_token="t", lease_until=timezone.now() + timedelta(minutes=1))
    assert control.progress(run).seconds_left is not None
    control.pause(run)
    assert control.progress(run).seconds_left is None
    control.resume(run)
    Call.objects.filter(place=0).update(finished_at=timezone.now() - timedelta(minutes=3))
    page = admin_client.get(reverse("run", args=[run.pk])).content.decode()
    assert ("The first calls are under way." in page, "No reply came in" in page) == (True, False)
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert "No reply came in" in admin_client.get(reverse("run", args=[run.pk])).content.decode()
