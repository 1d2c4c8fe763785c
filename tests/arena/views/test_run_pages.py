"""Runs in the browser: figures, and what curators may do to them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Attempt, Call, Endpoint, Run
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user
from tests.judges.game_factories import make_game, make_judge

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


def test_the_list_shows_each_run_as_a_bar_of_its_calls(client, curator):
    run = make_run()
    make_calls(run, 3, state="done", outcome="ok")
    make_calls(run, 1, state="failed", outcome="error")
    make_run(name="none needed", state="done")
    page = client.get(reverse("runs")).text
    assert page.count('<svg class="parts thin"') == 1
    assert '<rect class="done" x="0.00%" width="75.00%" height="100%"/><rect class="failed" x="75.00%" width="25.00%"' in page


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


@pytest.mark.parametrize(("cap", "told"), [("0.50", "The cap is $0.50 now"), ("", "The cap is removed")])
def test_a_cap_that_lets_a_run_go_on_says_so_on_its_button_and_in_its_message(client, curator, cap, told):
    run = make_run(cap=10_000, spent=9_000, state="paused", paused_because="budget: $0.009 of $0.01 spent")
    address = reverse("run", args=[run.pk])
    assert ">Set cap and resume</button>" in client.get(address).text
    page = client.post(address, {"act": "cap", "cap": cap}, follow=True).text
    assert f"{told}, and the run goes on: calls cost money again." in page
    assert ">Set cap</button>" in page
    page = client.post(address, {"act": "cap", "cap": cap}, follow=True).text
    assert f"{told}." in page
    run.refresh_from_db()
    assert run.state == "running"


def test_a_cap_leaves_a_run_paused_that_paused_for_another_reason(client, curator):
    run = make_run(cap=10_000, state="paused", paused_because="by hand")
    page = client.post(reverse("run", args=[run.pk]), {"act": "cap", "cap": "2"}, follow=True).text
    assert "The cap is $2.00 now." in page
    assert ">Set cap</button>" in page
    run.refresh_from_db()
    assert run.state == "paused"


def test_a_run_over_its_cap_says_so_and_what_to_do(client, curator):
    run = make_run(cap=1_000_000, spent=11_000_000, bounded=1_000_000, state="paused", paused_because="budget: charged more")
    make_calls(run, 1)
    address = reverse("run", args=[run.pk])
    page = client.get(address).content.decode()
    assert "passed by $10.00" in page
    assert "never passed" not in page
    assert "could pass it" not in page
    for act in ("resume", "resume"):
        page = client.post(address, {"act": act}, follow=True).content.decode()
        assert "stays paused: $11.00 are spent or held, over its cap of $1.00: set a cap of $11.00 or more" in page
    client.post(address, {"act": "cap", "cap": "11"})
    run.refresh_from_db()
    assert run.state == "running"


def test_a_run_over_its_cap_is_cancelled(client, curator):
    run = make_run(cap=1_000_000, spent=11_000_000, state="paused")
    (call,) = make_calls(run, 1)
    client.post(reverse("run", args=[run.pk]), {"act": "cancel"})
    run.refresh_from_db()
    call.refresh_from_db()
    assert (run.state, call.state) == ("cancelled", "cancelled")


def test_failed_calls_are_asked_again(client, curator):
    run = make_run(state="done")
    make_calls(run, 2, state="failed", outcome="error")
    page = client.post(reverse("run", args=[run.pk]), {"act": "again"}, follow=True).content.decode()
    assert "2 failed calls will be retried" in page
    assert Call.objects.filter(state="waiting").count() == 2


def test_an_act_that_is_none_changes_nothing(client, curator):
    run = make_run()
    client.post(reverse("run", args=[run.pk]), {"act": "explode"})
    run.refresh_from_db()
    assert run.state == "running"


def poll(client, run, seen="running", **headers):
    return client.get(reverse("run", args=[run.pk]), {"seen": seen}, headers={"HX-Request": "true"} | headers)


def test_a_poll_brings_whatever_the_page_would_show(client, curator):
    """An endpoint that went away, a rate that fell: not only the figures of the calls."""
    run = make_run()
    make_calls(run, 2)
    first = poll(client, run)
    assert poll(client, run, **{"If-None-Match": first["ETag"]}).status_code == 304
    Endpoint.objects.update(n_failures=9, open_until=timezone.now() + timedelta(seconds=100))
    second = poll(client, run, **{"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert "does not answer" in second.text
    assert 'id="endpoints" hx-swap-oob="true"' in second.text
    assert "resting</span> after failures until" in second.text


def test_a_run_that_ends_while_one_watches_brings_the_whole_page(client, curator):
    run = make_run(state="done", finished_at=timezone.now())
    make_calls(run, 1, state="done", outcome="ok")
    told = poll(client, run)
    assert (told["HX-Retarget"], told["HX-Reselect"], told["HX-Reswap"]) == ("#main", "#main", "outerHTML")
    for gone in ("Pause", "Set cap", 'value="cancel"', "a minute"):
        assert gone not in told.text
    assert "HX-Retarget" not in poll(client, run, seen="done")


def test_a_cancelled_run_says_what_was_never_sent(client, curator):
    run = make_run(state="cancelled", finished_at=timezone.now())
    make_calls(run, 1, state="done", outcome="ok", n_sent=1)
    make_calls(run, 1, state="failed", outcome="error", n_sent=1)
    make_calls(run, 3, state="cancelled", n_sent=2)
    make_calls(run, 314, state="cancelled")
    make_calls(run, 2, state="cancelled", outcome="not_asked")
    page = client.get(reverse("run", args=[run.pk])).text
    assert "4 of 321 calls, 314 never sent, 3 given up after an attempt without an answer" in page
    assert '<rect class="cancelled" x="1.25%" width="98.75%"' in page
    assert " 317 cancelled</span>" in page
    assert "1 failed, 2 left out<" in page
    assert "waiting" not in page
    assert ">4</td>" in client.get(reverse("runs")).text


def test_a_run_without_a_cap_says_so(client, curator):
    page = client.get(reverse("run", args=[make_run().pk])).text
    assert "nothing limits what this run may cost" in page
    assert "never passed" not in page
    assert "no call is sent that could pass it" in client.get(reverse("run", args=[make_run_of(cap=5).pk])).text


def make_run_of(**fields):
    arena = make_arena("another")
    return Run.objects.create(arena=arena, kind="judge", name="another", **fields)


@pytest.mark.parametrize(("kind", "words"), [("judge", "Verdicts of this run"), ("generate", "Have the answers judged"),
                                             ("checklist", "Checklists")])  # fmt: skip
def test_a_run_that_is_over_leads_to_what_came_of_it(client, curator, kind, words):
    run = make_run(kind=kind, state="done", finished_at=timezone.now())
    (call,) = make_calls(run, 1, state="done", outcome="ok")
    if kind == "judge":
        battle = make_battle(make_competitor(run.arena), make_competitor(run.arena), make_prompt(run.arena))
        make_game(battle, make_judge("Magister"), run=run, call=call)
        make_game(battle, make_judge("Other"))
    page = client.get(reverse("run", args=[run.pk]))
    links = page.context["results"]
    assert words in page.text
    assert ("Judge Magister" in page.text) == (kind == "judge")
    for link in links:
        assert client.get(link.address, follow=True).status_code == 200, link
    if kind == "judge":
        assert "1 game" in client.get(links[0].address).text


def test_requests_that_failed_alike_stand_together(client, curator):
    run = make_run()
    for call, error in zip(
        make_calls(run, 30, state="failed", outcome="error"), ["no connection"] * 29 + ["HTTP 500"], strict=True
    ):
        Attempt.objects.create(call=call, endpoint=call.endpoint, state="failed", error=error, sent_at=timezone.now(), cost=2)
    page = client.get(reverse("run", args=[run.pk]))
    assert [(each["error"], each["n"], each["paid"]) for each in page.context["failures"]] == [
        ("HTTP 500", 1, 2), ("no connection", 29, 58)
    ]  # fmt: skip
    assert page.text.count("no connection") == 1
