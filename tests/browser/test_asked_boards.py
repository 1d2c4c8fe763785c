"""Boards by question in a browser: filters apply at once, and each combination is a board or a sentence within five seconds."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
SECONDS = 60  # five where nothing else runs; how long a machine takes is not what is asked here
COMBINATIONS = [
    "category=coding&category=maths",
    "language=en",
    "turns=1",
    "min_chars=40",
    "since=2026-01-01",
    "voters=imported",
    "category=coding&language=en",
    "language=en&turns=1",
    "category=coding&category=maths&language=en&max_chars=2000",
    "since=2000-01-01&until=2000-02-01",
    "style=on&category=coding&category=writing",
    "board=sample-judges&turns=1",
]


def answer_of(page) -> str:
    """The sentence, or how many models stand on the board; "" while neither is there."""
    return page.evaluate(
        """() => {
          const waits = document.querySelector('#live').getAttribute('hx-trigger') === 'every 1s';
          const rows = document.querySelectorAll('#board tr[data-lo]').length;
          return waits ? '' : rows ? `${rows} models` : document.querySelector('#live .empty')?.innerText ?? '';
        }"""
    )


@pytest.mark.parametrize("query", COMBINATIONS)
def test_a_combination_becomes_a_board_or_a_sentence(browser, site, query):
    page = browser.new_context(base_url=site[0]).new_page()
    started = time.monotonic()
    page.goto(f"/arenas/sample/?{query}")
    while not answer_of(page) and time.monotonic() - started < SECONDS:
        page.wait_for_timeout(50)
    assert answer_of(page), f"after {time.monotonic() - started:.1f} s"


def test_filters_apply_at_once_and_combine(browser, site):
    page = browser.new_context(base_url=site[0]).new_page()
    page.goto("/arenas/sample/")
    page.get_by_text("Category", exact=True).first.click()
    page.get_by_label("coding", exact=True).check()
    expect(page).to_have_url(re.compile(r"\?category=coding$"))
    expect(page.locator(".chosen bdi")).to_have_text(["coding"])
    page.get_by_label("maths", exact=True).check()
    expect(page).to_have_url(re.compile(r"\?category=coding&category=maths$"))
    wait_until(page, "document.querySelectorAll('#board tr[data-lo]').length > 1")
    page.get_by_role("link", name="coding remove").click()
    expect(page).to_have_url(re.compile(r"\?category=maths$"))
    assert page.get_by_label("coding", exact=True).is_checked() is False


def test_all_of_the_page_follows_the_filters_and_goes_back_with_them(browser, site):
    page = browser.new_context(base_url=site[0]).new_page()
    page.goto("/arenas/sample/")
    page.get_by_text("Category", exact=True).first.click()
    page.get_by_label("coding", exact=True).check()
    expect(page).to_have_title(re.compile("coding"))
    filtered = "/arenas/sample/?category=coding"
    expect(page.locator(".tongues input[name=next]")).to_have_value(filtered)
    assert page.locator("a.enter").get_attribute("href").endswith("?next=%2Farenas%2Fsample%2F%3Fcategory%3Dcoding")
    assert page.locator("link[rel=alternate]").count() == page.locator("#live[data-feed]").count()
    page.get_by_label("maths", exact=True).check()
    expect(page).to_have_url(re.compile(r"category=maths$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?category=coding$"))
    expect(page.locator("input[name=category]:checked")).to_have_count(1)
    page.goto("/method/")
    page.go_back()
    expect(page.locator("input[name=category]:checked")).to_have_count(1)
    expect(page.locator(".chosen bdi")).to_have_text(["coding"])


@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing_in_unfolded_filters(browser, site, axe, width):
    page = browser.new_context(base_url=site[0], viewport={"width": width, "height": 800}).new_page()
    page.goto("/arenas/sample/?category=coding&category=maths&style=on")
    if width < 500:
        page.locator("label.reveal").click()
    for name in ("Category", "More filters"):
        page.get_by_text(name, exact=True).first.click()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
