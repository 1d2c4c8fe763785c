"""The header on a phone and on a desk: it names the page, leads on without a script, and fits; so do pages of errors."""

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from playwright.sync_api import expect

from tests.arena.admin.test_overview import fill
from tests.browser.test_judging_pages import SIZES, sign_in
from tests.factories import make_arena, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "An arena whose name is as long as names of arenas may ever be: " + "x" * 57
IN_AN_ARENA = {"leaderboard": "Board", "compare": "Compare", "judges": "Judges", "exports": "Exports", "contents": "Contents"}
ELSEWHERE = {"arenas": "Arenas", "method": "Method", "imports": "Import", "runs": "Runs", "admin:index": "Curate"}


def header_names(page):
    """The text of what is marked as the page in the header, as far as it is seen."""
    marked = page.locator(".top [aria-current=page]").all()
    return [each.inner_text() for each in marked if each.is_visible()]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", SIZES)
def test_each_page_is_named_and_fits_for_a_curator(new_context, size):
    arena = make_arena("poems", name=LONG)
    page = new_context(viewport=SIZES[size], java_script_enabled=True).new_page()
    sign_in(page)
    for name, text in (IN_AN_ARENA | ELSEWHERE).items():
        page.goto(reverse(name, args=[arena.slug] if name in IN_AN_ARENA else []))
        assert header_names(page) == [text], name
        assert fits(page), name


def test_a_visitor_finds_the_way_on_without_a_script(new_context):
    arena = make_arena("poems", name=LONG, board_visibility="public")
    page = new_context(viewport=SIZES["phone"], java_script_enabled=False).new_page()
    page.goto(arena.get_absolute_url())
    assert header_names(page) == ["Board"]
    page.locator("nav summary").click()
    page.get_by_role("link", name="Compare", exact=True).click()
    assert header_names(page) == ["Compare"]
    page.locator("nav summary").click()
    expect(page.locator("nav details").get_by_role("link", name="Method")).to_be_visible()
    page.locator(".menu summary").first.click()
    page.get_by_role("link", name="All arenas").click()
    assert header_names(page) == ["Arenas"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_fits_and_axe_finds_nothing(new_context, axe, scheme):
    page = new_context(viewport=SIZES["phone"], color_scheme=scheme).new_page()
    sign_in(page)
    for number in range(2):
        fill(make_arena(f"arena-{number}-x", name=f"{number} {LONG}"[:120], voting="anyone"))
    for address in ("/admin/", "/"):
        page.goto(address)
        for size in SIZES.values():
            page.set_viewport_size(size)
            assert fits(page), address
            assert axe(page) == [], address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_pages_of_failures_fit_and_axe_finds_nothing(new_context, axe, live_server, scheme, name):
    page = new_context(viewport=SIZES["phone"], color_scheme=scheme).new_page()
    html = render_to_string(name, {"reason": "The disk of this site is full."})
    page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", body=html))
    page.goto("/broken/")
    assert page.get_by_role("link", name="Arenas", exact=True).is_visible()
    assert fits(page)
    assert axe(page) == []


@pytest.mark.parametrize("path", ["/no/such/page/", "/runs/"])
def test_pages_that_are_refused_fit_on_a_phone_in_the_dark(new_context, axe, path):
    user = make_user("anna")
    page = new_context(viewport=SIZES["phone"], color_scheme="dark").new_page()
    page.goto(f"/login/?next={path}")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", "a long password")
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_be_visible()
    assert fits(page)
    assert axe(page) == []
