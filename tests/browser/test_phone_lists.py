"""Lists, boards and headers on a phone show what they hold."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.arena.pairing.test_matchmaking import make_contest as make_pairs
from tests.browser.conftest import settled
from tests.factories import make_arena, make_battle, make_competitor, make_contest, make_prompt, make_user, make_vote
from tests.ranking.board_factories import make_board

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 375, "height": 800}
LONG = "A_model_with_a_very_long_name_indeed_SuperDuperUltraLanguageModel-v2.5-instruct-fp8-2026-11-29-preview"


def is_in_view(locator):
    box = locator.bounding_box()
    return box is not None and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_the_list_of_battles_shows_every_kind_of_vote(page, transactional_db):
    arena = make_arena("listed", content_visibility="public")
    battle = make_battle(make_competitor(arena, LONG), make_competitor(arena, "Umber"), make_prompt(arena))
    make_vote(battle, "tie")
    make_vote(battle, "both_bad")
    page.set_viewport_size(PHONE)
    page.goto(reverse("battles", args=[arena.slug]))
    for label in ("A better", "B better", "both good", "both bad"):
        assert is_in_view(page.locator(f"td[data-l='{label}']"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.click("text=Filters")
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator("select[name=competitor]").bounding_box()["width"] <= min(width - 32, 300)


@pytest.mark.parametrize("width", [375, 1280])
def test_sign_in_stands_in_the_header(page, transactional_db, width):
    arena, _ = make_contest(2, 2, name="An arena whose name is as long as they may become", board_visibility="public")
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", arena.get_absolute_url()):
        page.goto(address)
        link = page.get_by_role("link", name="Sign in")
        expect(link).to_be_visible()
        box = link.bounding_box()
        assert box["x"] + box["width"] <= width
        assert box["y"] < 60
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    link.click()
    page.wait_for_url(f"**{reverse('login')}**")


def test_a_board_where_nobody_is_rated_fits_and_one_vote_is_one(page, transactional_db):
    arena = make_arena("hard", board_visibility="public")
    make_vote(make_battle(make_competitor(arena, LONG), make_competitor(arena, LONG[::-1]), make_prompt(arena)), "a")
    publish_snapshot(ensure_boards(arena)[0])
    page.set_viewport_size(PHONE)
    page.goto(arena.get_absolute_url())
    assert "Not rated" in page.inner_text("main")
    assert "The 1 vote does not connect the models yet" in page.inner_text("main")
    assert "(1 comparison)" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_names_on_the_board_break_between_words_and_captions_are_whole(page, transactional_db):
    arena, competitors = make_contest(3, 4, board_visibility="public")
    competitors[0].name, competitors[0].organisation = "Handwritten, careful", "The Handwriting Organisation"
    competitors[0].save()
    publish_snapshot(ensure_boards(arena)[0])
    page.set_viewport_size(PHONE)
    page.goto(arena.get_absolute_url())
    name = page.get_by_role("link", name="Handwritten, careful").first
    assert name.bounding_box()["height"] < 30  # one line: there is room for it
    page.goto(reverse("competitor", args=[arena.slug, competitors[0].pk]))
    caption = page.locator("#opponents caption").bounding_box()
    assert caption["x"] + caption["width"] <= 375


def cells_in_view(page, table):
    """Cells that are shown, and those of them that stand in the window, from its left edge to its right."""
    shown = [cell for cell in page.locator(f"{table} tbody :is(th, td)").all() if cell.is_visible()]
    return len(shown), sum(is_in_view(cell) for cell in shown)


def test_what_is_wrong_with_a_file_stands_in_the_window(page, transactional_db, live_server, client):
    user = make_user(is_staff=True)
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page.set_viewport_size(PHONE)
    page.goto(reverse("imports"))
    page.set_input_files("input[type=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"id,nothing\n1,2\n"})
    page.click("summary:has-text('More')")
    page.select_option("[name=what]", "battles:chatbot-arena")
    page.fill("[name=new_arena]", "Wrong")
    page.click("button:has-text('Check')")
    page.wait_for_selector("#problems")
    n, n_seen = cells_in_view(page, "[aria-labelledby=problems]")
    assert n_seen == n >= 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_tables_of_a_model_stand_in_the_window_and_break_no_word(page, transactional_db):
    arena, competitors = make_contest(4, 4, board_visibility="public")
    publish_snapshot(ensure_boards(arena)[0])
    for method in ("davidson", "style_controlled"):
        publish_snapshot(make_board(arena, method=method, clusters="none"))
    page.set_viewport_size(PHONE)
    page.goto(reverse("competitor", args=[arena.slug, competitors[0].pk]))
    for table in ("#others", "#opponents"):
        n, n_seen = cells_in_view(page, table)
        assert n_seen == n >= 6
    for name in page.locator("#others tbody th a").all():
        assert name.bounding_box()["height"] < 30
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_undo_goes_in_time_also_where_no_pair_is_left(new_context, transactional_db):
    arena = make_pairs(2, 1)
    page = new_context(viewport=PHONE).new_page()
    page.goto(reverse("vote", args=[arena.slug]))
    settled(page).click("button:has-text('A better')")
    page.wait_for_url("**?done=*")
    assert "No pair is left" in page.inner_text("main")
    undo = page.get_by_role("button", name="Undo")
    assert undo.locator(".mute").inner_text().endswith(" s")
    expect(undo.locator("kbd")).to_be_hidden()
    undo.wait_for(state="detached", timeout=12_000)
