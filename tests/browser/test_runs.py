"""A run in a real browser while its server dies and while it ends: the page says so by itself."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Attempt, Call, Endpoint, Run
from tests.browser.test_judging_pages import SIZES, check, open_page, sign_in
from tests.factories import make_arena
from tests.judges.game_factories import make_call, make_judge, make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_going_run():
    run, judge = make_run(make_arena("going"), cap=None), make_judge("Magister")
    for number in range(8):
        make_call(run, judge, state="waiting" if number else "done", outcome="" if number else "ok", finished_at=timezone.now())
    return run, judge.endpoint


def server_dies(run, endpoint):
    until = timezone.now() + timedelta(seconds=200)
    Endpoint.objects.filter(pk=endpoint.pk).update(n_failures=9, open_until=until)
    for call in Call.objects.filter(run=run)[:3]:
        error = "no connection to the server (ConnectError)"
        Attempt.objects.create(call=call, endpoint=endpoint, state="failed", error=error, sent_at=timezone.now())
    return f"{timezone.localtime(until):%H:%M:%S}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_a_run_says_by_itself_that_its_server_died_and_that_it_ended(new_context, axe, size, scheme):
    run, endpoint = make_going_run()
    page = open_page(new_context, size, scheme)
    sign_in(page)
    page.goto(reverse("run", args=[run.pk]))
    assert "left at" in page.get_by_role("status").inner_text()
    page.get_by_label("Cap in dollars").fill("2.5")
    until = server_dies(run, endpoint)
    page.get_by_role("status").get_by_text(f"next try {until}").wait_for(timeout=20_000)
    assert "left at" not in page.get_by_role("status").inner_text()
    page.get_by_role("cell", name=f"resting after failures until {until}").wait_for()
    assert page.get_by_label("Cap in dollars").input_value() == "2.5", "what somebody types stays"
    page.get_by_role("button", name="Try now").focus()
    page.wait_for_timeout(2_500)
    assert page.evaluate("document.activeElement.id") == "act-try", "the focus stays"
    page.reload()
    check(page, "held up", axe)
    page.get_by_role("button", name="Try now").click()
    page.get_by_text("The endpoint is being tried with one call.").wait_for()
    Endpoint.objects.update(n_failures=0, open_until=None)
    Call.objects.filter(state="waiting").update(state="done", outcome="ok", finished_at=timezone.now())
    Run.objects.update(state="done", finished_at=timezone.now())
    page.get_by_role("status").get_by_text("Done").wait_for(timeout=20_000)
    for name in ("Pause", "Cancel", "Set cap", "Try now"):
        assert page.get_by_role("button", name=name).count() == 0
    page.get_by_role("link", name="Verdicts of this run").wait_for()
    check(page, "ended", axe)
    page.get_by_role("link", name="Verdicts of this run").click()
    page.get_by_role("heading", name="Games", exact=True).wait_for()
