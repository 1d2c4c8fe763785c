"""The slider over a board's snapshots, by keyboard and without a script; pages of changes fit every screen."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_battle, make_competitor, make_contest, make_prompt, make_vote

pytestmark = [pytest.mark.browser]


@pytest.fixture
def board(transactional_db):
    arena, (a, b, _c) = make_contest(3, 3, name="House")
    board = ensure_boards(arena)[0]
    publish_snapshot(board)
    new = make_competitor(arena, "A model whose name is long " + "x" * 60)
    for winner, loser, n in ((b, a, 4), (new, a, 2), (b, new, 2)):
        for _ in range(n):
            battle = make_battle(winner, loser, make_prompt(arena))
            make_vote(battle, "a" if battle.competitor_a_id == winner.pk else "b")
    publish_snapshot(board)
    return board


def test_the_slider_tells_each_snapshot_by_keyboard_and_leads_there(page, axe, board):
    first = board.snapshots.order_by("pk").first()
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(board.arena.get_absolute_url())
    slider = page.get_by_role("slider", name="The board as of")
    expect(slider).to_have_attribute("aria-valuetext", page.locator("[data-moments] output").inner_text())
    assert "26 votes (+8) · 1 more model · now" in page.locator("[data-moments] output").inner_text()
    assert axe(page) == []
    slider.press("ArrowLeft")
    expect(page.locator("[data-moments] output")).to_contain_text("18 votes")
    slider.press("Enter")
    expect(page).to_have_url(f"{page.url.partition('/arenas')[0].partition('/snapshots')[0]}{first.get_absolute_url()}")


def test_without_a_script_it_is_a_list_with_a_button(new_context, board):
    page = new_context(java_script_enabled=False).new_page()
    first = board.snapshots.order_by("pk").first()
    page.goto(board.arena.get_absolute_url())
    page.get_by_label("The board as of").select_option(first.key)
    page.get_by_label("Snapshots").get_by_role("button", name="Show").click()
    assert page.url.endswith(first.get_absolute_url())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_changes_fit_and_axe_finds_nothing(page, axe, board, scheme):
    page.emulate_media(color_scheme=scheme)
    older, newer = board.snapshots.order_by("pk")
    for address in (reverse("changes", args=[older.key, newer.key]), reverse("over-time", args=[board.arena.slug])):
        page.goto(address)
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{address} at {width} px"
        assert axe(page) == [], address
