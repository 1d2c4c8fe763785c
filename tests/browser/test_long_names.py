"""Long names of models, organisations and arenas push nothing out of sight, on any screen."""

import pytest
from django.urls import reverse

from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.arena.admin.curators import make_account
from tests.factories import make_battle, make_contest, make_prompt, make_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "organisation-of-some-size/" + "a-very-long-model-name-" * 4 + "instruct-v0.3"
WIDTHS = [1280, 1024, 768, 375, 320]


@pytest.fixture
def arena(transactional_db):
    name = "An arena whose name is as long as names of arenas may well become " + "x" * 50
    arena, competitors = make_contest(4, 3, name=name, voting="anyone", content_visibility="public", description="word " * 60)
    prompt = make_prompt(arena, "w" * 300)
    for competitor, long in zip(competitors, (LONG, "w" * 130, "word " * 25, "short"), strict=True):
        competitor.name, competitor.organisation = long[:200].strip(), "The organisation of " + "o" * 40
        competitor.licence, competitor.price_out = "A licence of " + "l" * 80, 1_234_567 * competitor.pk
        competitor.save()
        make_response(prompt, competitor, f"{competitor.pk} " + "t" * 300)
    publish_snapshot(ensure_boards(arena)[0])
    return arena


def swapping(arena):
    """Two neighbours with votes that hold them."""
    rows = arena.leaderboards.get(is_default=True).newest_snapshot().neighbours.rows
    return next((row["above"], row["below"]) for row in rows if row["parts"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_screen(page, axe, arena, scheme):
    page.emulate_media(color_scheme=scheme)
    (competitor, other, *_), battle = arena.competitors.order_by("pk"), arena.battles.first()
    pages = [
        "/", arena.get_absolute_url(), reverse("competitor", args=[arena.slug, competitor.pk]),
        reverse("pair", args=[arena.slug, competitor.pk, other.pk]), reverse("matrix", args=[arena.slug]),
        f"{reverse('compare', args=[arena.slug])}?model={competitor.pk}&model={other.pk}",
        reverse("battles", args=[arena.slug]), reverse("battle", args=[arena.slug, battle.pk]),
        reverse("price", args=[arena.slug]), reverse("fairness", args=[arena.slug]),
        reverse("judges", args=[arena.slug]), reverse("vote", args=[arena.slug]),
        reverse("swap", args=[arena.slug, *swapping(arena)]),
    ]  # fmt: skip
    for address in pages:
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{address} at {width} px: {wider} px too wide"
        assert axe(page) == [], address


def test_the_vote_button_and_the_whiskers_stay_in_view(page, arena):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/")
        box = page.get_by_role("link", name="Vote in").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.goto(arena.get_absolute_url())
        whisker = page.locator("td.whisk svg").first.bounding_box()
        assert whisker["width"] >= 100
        assert whisker["x"] + whisker["width"] <= width
        height = page.locator(".top").bounding_box()["height"]
        page.evaluate("document.querySelector('.menu summary > span').textContent = 'Short'")
        assert page.locator(".top").bounding_box()["height"] == height


def test_a_printed_board_is_its_table_and_its_permanent_link(page, arena):
    """On the width of A4 within its margins."""
    page.set_viewport_size({"width": 688, "height": 1_000})
    page.goto(arena.get_absolute_url())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    seen = page.evaluate(
        "[...document.querySelectorAll('nav, button, summary, select, input')].filter(each => each.checkVisibility()).length"
    )
    assert seen == 0
    printed = page.inner_text("main")
    assert "short" in printed
    assert "Permanent link" in printed
    assert page.evaluate(
        "getComputedStyle(document.querySelector('#downloads > [href^=\"/snapshots/\"]'), '::after').content"
    ).startswith('": /snapshots/')
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


STACKS = "Z" + "\u0489" * 3_000 + " and then words"  # a combining mark that Chromium sets beside the last one


def test_stacks_of_combining_marks_widen_no_page(page, arena):
    a, b = arena.competitors.all()[:2]
    battle = make_battle(a, b, make_prompt(arena, f"{STACKS} to be read"), with_answers=True)
    for number, answer in enumerate((battle.response_a, battle.response_b)):
        answer.text = f"{number} {STACKS}"
        answer.save()
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(reverse("battle", args=[arena.slug, battle.pk]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.get_by_text("and then words").count() == 3


def test_long_names_widen_no_page_of_the_admin(new_context, arena):
    curator = make_account("cora", is_staff=True)
    curator.set_password("a long password")
    curator.save()
    competitor = arena.competitors.first()
    competitor.name = "n" * 200
    competitor.save()
    prompt = make_prompt(arena, f"{STACKS} {'w' * 3_000}", key="k" * 120, category="c" * 60)
    response = make_response(prompt, competitor, "t" * 3_000 + STACKS)
    page = new_context(viewport={"width": 375, "height": 800}).new_page()
    page.goto("/login/?next=/admin/")
    page.fill("[name=username]", "cora")
    page.fill("[name=password]", "a long password")
    page.click("main button[type=submit]")
    for model, pk in (("response", response.pk), ("prompt", prompt.pk), ("competitor", competitor.pk)):
        page.goto(reverse(f"admin:arena_{model}_change", args=[pk]))
        for width in (375, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{model} at {width} px"
