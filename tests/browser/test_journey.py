"""The whole product, as a newcomer meets it: one command, a running site, a vote that moves the board."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def page(browser: Browser, site) -> Page:
    context = browser.new_context(base_url=site[0])
    yield context.new_page()
    context.close()


def test_the_first_page_leads_to_a_board_with_intervals(page):
    page.goto("/")
    page.get_by_role("link", name="Sample arena", exact=False).first.click()
    expect(page.locator("tbody tr[data-lo]")).to_have_count(8)
    expect(page.get_by_text("simulated").first).to_be_visible()


def test_the_admin_link_that_was_printed_signs_in_once(page, site):
    link = re.search(r"http://\S+/enter/\S+", site[1].read_text())[0]
    page.goto(link)
    page.get_by_role("button").filter(has_text=re.compile("sign in|enter", re.I)).click()
    expect(page).not_to_have_url(re.compile("/enter/"))
    page.goto("/admin/")
    assert page.locator("h1").inner_text() == "Curate"


def test_a_vote_moves_the_board_without_a_reload(page, browser, site):
    """Within ten seconds where nothing else takes the machine: that is measured by tests/bench/test_vote_to_board.py."""
    page.goto("/arenas/sample/")
    votes = page.locator(".head .dots").inner_text()
    voter = browser.new_context(base_url=site[0]).new_page()
    voter.goto("/arenas/sample/vote/")
    settled(voter).keyboard.press("2")
    page.wait_for_function("before => document.querySelector('.head .dots').innerText !== before", arg=votes, timeout=60_000)
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_a_sort_and_a_filter_work_without_javascript(browser, site):
    page = browser.new_context(base_url=site[0], java_script_enabled=False).new_page()
    page.goto("/arenas/sample/")
    page.get_by_role("link", name="Votes", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile(r"^\s*Votes"))
    page.get_by_text("Category", exact=True).first.click()
    page.locator("input[name=category]").first.check()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("category="))
    expect(page.locator("tbody tr[data-lo]").nth(1)).to_be_attached()


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize(
    "path", ["/", "/arenas/sample/", "/arenas/sample/vote/", "/arenas/sample/judges/", "/method/", "/login/", "/api/v1/"]
)
def test_pages_fit_their_window_and_break_no_policy(browser, site, path, width):
    page = browser.new_context(base_url=site[0], viewport={"width": width, "height": 800}).new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not complaints


@pytest.mark.parametrize(("scheme", "direction"), [("light", "ltr"), ("dark", "rtl")])
def test_axe_finds_nothing_on_any_public_page(browser, site, axe, scheme, direction):
    page = browser.new_context(base_url=site[0], color_scheme=scheme).new_page()
    page.goto("/arenas/sample/")
    model = page.locator("tbody th a").first.get_attribute("href")
    snapshot = page.locator("a[href^='/snapshots/']").first.get_attribute("href")
    for path in [
        "/",
        "/arenas/sample/",
        "/arenas/sample/vote/",
        "/arenas/sample/battles/",
        "/arenas/sample/judges/",
        model,
        snapshot,
        "/method/",
        "/login/",
        "/api/v1/",
    ]:
        page.goto(path)
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        assert axe(page) == [], path
