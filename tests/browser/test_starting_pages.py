"""Pages that start a run in a real browser: they fit, break no policy, need no script, and axe finds nothing."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from arena.models import Attempt, Call, Endpoint, Run
from tests.browser.test_judging_pages import SIZES, look, open_page, sign_in
from tests.factories import make_arena, make_competitor, make_pool, make_prompt, make_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = f"A competitor whose name nobody would want to read to its end: {'x' * 90}"


def make_asked_arena():
    """Two pools, an answer that is here, two endpoints of which one has been asked before."""
    arena = make_arena("asked", content_visibility="public")
    for number in range(4):
        make_prompt(arena, f"Question {number}?", pool=make_pool(arena, ("main", "hard")[number % 2]))
    make_response(arena.prompts.first(), make_competitor(arena, LONG), "Mine.")
    fast = make_priced_endpoint("fast")
    make_priced_endpoint("careful", paused_because="the key AGON_KEY_CAREFUL was refused (401): put it right")
    plan = {"settings": {"max_tokens": 1024}}
    for kind in ("generate", "checklist"):
        run = Run.objects.create(arena=arena, kind=kind, name="answers of Umber", plan=plan, state="done")
        for place in range(6):
            outcome = "ok" if place else "unparsable"
            call = Call.objects.create(
                run=run, endpoint=fast, place=place, outcome=outcome, state="done" if place else "failed",
                reason="" if place else "no checklist in the reply: it has no JSON object with criteria.",
            )  # fmt: skip
            Attempt.objects.create(call=call, endpoint=fast, reserved=11_000, cost=2_500 + 100 * place, sent_at=timezone.now())
    return arena


def make_priced_endpoint(name, **fields):
    fields = {"price_in": 2_500_000, "price_out": 10_000_000} | fields
    return Endpoint.objects.create(name=name, model=f"{name}-model-2026", base_url="https://llm.example/v1", **fields)


def choose(page):
    page.get_by_label("Model", exact=True).fill(LONG)
    page.get_by_label("Endpoint", exact=True).select_option(index=2)
    page.get_by_label("Model 2").fill("Umber")
    page.get_by_label("Endpoint 2").select_option(index=1)
    for title in ("Prompts", "Replies", "Cap"):
        page.get_by_role("button", name="Continue").click()
        page.locator("[aria-current=step]", has_text=title).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_that_start_a_run_fit_and_axe_finds_nothing(new_context, axe, size, scheme):
    make_asked_arena()
    page = open_page(new_context, size, scheme)
    sign_in(page)
    for name in ("new-answers", "new-checklists"):
        look(page, reverse(name), axe)
        look(page, f"{reverse(name)}?arena=asked", axe)
    look(page, reverse("runs"), axe)
    look(page, reverse("run", args=[Run.objects.first().pk]), axe)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_counted_and_what_was_wrong_fit(new_context, axe, size):
    make_asked_arena()
    page = open_page(new_context, size)
    sign_in(page)
    page.goto(f"{reverse('new-answers')}?arena=asked")
    choose(page)
    page.get_by_role("button", name="Estimate").click()
    page.get_by_role("heading", name="Estimate: nothing sent yet").wait_for()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{reverse('new-answers')}?arena=asked")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Name at least one model.").wait_for()
    assert axe(page) == []
    assert [text for text in page.complaints if "422" not in text] == []


def test_answers_of_two_new_competitors_are_started_without_javascript(new_context):
    make_asked_arena()
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page)
    page.goto(reverse("runs"))
    page.get_by_role("link", name="Generate answers").click()
    page.get_by_role("link", name="Asked").click()
    choose(page)
    page.get_by_role("button", name="Estimate").click()
    page.get_by_role("button", name="Start it").click()
    expect(page.locator("h1")).to_have_text(re.compile(r"^\s*answers of "))
    run = Run.objects.first()
    assert run.calls.count() == 7
    assert set(run.calls.values_list("assignment__competitor__name", "endpoint__name")) == {
        (LONG, "fast"),
        ("Umber", "careful"),
    }
