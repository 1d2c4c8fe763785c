"""Runs in the browser: figures, and what curators may do to them."""

import pytest
from django.urls import reverse

from arena.models import Attempt, Call, Endpoint, Run
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user("curator", is_staff=True)
    client.force_login(user)
    return user


def make_run(**fields) -> Run:
    return Run.objects.create(arena=make_arena(), **{"kind": "judge", "name": "Coding, all pairs"} | fields)


def make_calls(run: Run, n: int, **fields) -> list[Call]:
    endpoint, _ = Endpoint.objects.get_or_create(name="judge", base_url="https://llm.example/v1", model="m")
    return [
        Call.objects.create(run=run, endpoint=endpoint, place=place, **fields)
        for place in range(Call.objects.count(), Call.objects.count() + n)
    ]


def test_runs_are_for_curators(client):
    run = make_run()
    for address in (reverse("runs"), reverse("run", args=[run.pk])):
        assert client.get(address).status_code == 302
        client.force_login(make_user(f"reader {address}"))
        assert client.get(address).status_code == 403
        client.logout()


def test_the_list_says_what_each_run_did_and_cost(client, curator):
    run = make_run(cap=2_000_000, spent=1_250_000, state="done")
    make_calls(run, 3, state="done", outcome="ok")
    page = client.get(reverse("runs")).content.decode()
    assert "Coding, all pairs" in page
    assert "$1.25" in page
    assert "$2.00" in page


def test_a_reason_of_an_endpoint_cannot_turn_the_page_around(client, curator):
    run = make_run(state="paused", paused_because="\u202eno credit")
    (failed,) = make_calls(run, 1, state="failed", outcome="error")
    Attempt.objects.create(call=failed, endpoint=failed.endpoint, state="failed", error="\u2066no", sent_at=run.created_at)
    page = client.get(reverse("run", args=[run.pk])).text
    assert not set("\u202e\u2066") & set(page)
    assert "[U+202E]no credit" in page


def test_without_runs_the_list_says_how_to_start_one(client, curator):
    assert "manage.py judge" in client.get(reverse("runs")).content.decode()


def test_a_run_shows_progress_end_states_and_the_newest_failures(client, curator):
    run = make_run(cap=1_000_000)
    make_calls(run, 2, state="done", outcome="ok")
    (failed,) = make_calls(run, 1, state="failed", outcome="refused")
    Attempt.objects.create(
        call=failed, endpoint=failed.endpoint, state="failed", error="<b>no</b>", status=400, sent_at=run.created_at
    )
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert "3 of 3 calls" in page
    assert "refused" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page


def test_a_run_says_why_calls_failed_the_most_frequent_reason_first(client, curator):
    run = make_run(state="done")
    make_calls(run, 1, state="failed", outcome="unparsable", reason="<b>no checklist</b>")
    make_calls(run, 2, state="failed", outcome="refused", reason="The model refused in words.")
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert page.index("The model refused in words.") < page.index("&lt;b&gt;no checklist&lt;/b&gt;")


def test_a_poll_gets_the_figures_alone_and_nothing_while_they_stand(client, curator):
    run = make_run()
    make_calls(run, 1)
    address = reverse("run", args=[run.pk])
    first = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    assert client.get(address, headers={"HX-Request": "true", "If-None-Match": first["ETag"]}).status_code == 304


def test_a_run_is_paused_resumed_and_cancelled(client, curator):
    run = make_run()
    make_calls(run, 2)
    address = reverse("run", args=[run.pk])
    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert client.post(address, {"act": act}).status_code == 302
        run.refresh_from_db()
        assert run.state == state
    assert "the run is over already" in client.post(address, {"act": "cancel"}, follow=True).content.decode().lower()


def test_a_cap_is_an_amount_in_dollars(client, curator):
    run = make_run(cap=1_000_000, spent=600_000)
    make_calls(run, 1)
    address = reverse("run", args=[run.pk])
    client.post(address, {"act": "cap", "cap": "2.50"})
    run.refresh_from_db()
    assert run.cap == 2_500_000
    assert (
        "a cap is an amount in dollars"
        in client.post(address, {"act": "cap", "cap": "much"}, follow=True).content.decode().lower()
    )
    assert "the cap cannot be" in client.post(address, {"act": "cap", "cap": "0.10"}, follow=True).content.decode().lower()
    client.post(address, {"act": "cap", "cap": ""})
    run.refresh_from_db()
    assert run.cap is None


def test_failed_calls_are_asked_again(client, curator):
    run = make_run(state="done")
    make_calls(run, 2, state="failed", outcome="error")
    page = client.post(reverse("run", args=[run.pk]), {"act": "again"}, follow=True).content.decode()
    assert "2 failed calls are asked again" in page
    assert Call.objects.filter(state="waiting").count() == 2


def test_an_act_that_is_none_changes_nothing(client, curator):
    run = make_run()
    client.post(reverse("run", args=[run.pk]), {"act": "explode"})
    run.refresh_from_db()
    assert run.state == "running"
