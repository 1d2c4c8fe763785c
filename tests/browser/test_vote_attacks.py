"""The vote and battle pages under attack, in a real Chromium."""

import pytest
from django.urls import reverse

from arena.models import Battle, Vote
from tests.arena.texts.test_rendering import PAYLOADS
from tests.browser.conftest import settled
from tests.browser.test_vote import cast, vote_page
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_twenty_payloads_in_prompts_answers_and_names_do_nothing(page, transactional_db, live_server):
    arena = make_arena("attacked", voting="anyone", content_visibility="public", name=PAYLOADS[0])
    competitors = [
        make_competitor(arena, f"{n} {payload}"[:200], organisation=payload[:120]) for n, payload in enumerate(PAYLOADS)
    ]
    for n, payload in enumerate(PAYLOADS):
        prompt = make_prompt(arena, payload, category=payload[:60], language="en")
        for competitor in (competitors[n], competitors[n - 1]):
            make_response(prompt, competitor, f"{payload}\n\n{competitor.pk}")
    dialogs, foreign, errors = [], [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: request.url.startswith((live_server.url, "data:")) or foreign.append(request.url))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    vote_page(page, arena)
    for _ in PAYLOADS[1:]:
        cast(page, "1")
    settled(page).keyboard.press("1")
    page.wait_for_selector("text=No pair is left for you")
    page.goto(reverse("battles", args=[arena.slug]))
    for battle in Battle.objects.all():
        page.goto(reverse("battle", args=[arena.slug, battle.pk]))
        assert page.locator("article.answer").count() == 2
        assert page.locator("article.answer :is(script, img, svg, iframe, style, form, input, object)").count() == 0
    assert len(PAYLOADS) == Vote.objects.count() == 20
    assert (dialogs, foreign, errors) == ([], [], [])
