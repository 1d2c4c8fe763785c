"""The admin, the sign-in page and the documentation in a real browser, under the strict policy."""

import pytest
from playwright.sync_api import expect

from tests.arena.admin.curators import EVERYTHING, make_account, make_some_of_everything

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 800}}


def open_admin(new_context, size):
    """A curator's page, with a list that grows when the browser complains."""
    curator = make_account("cora", is_staff=True)
    curator.set_password("a long password")
    curator.save()
    make_some_of_everything(2)
    page = new_context(viewport=SIZES[size]).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login/?next=/admin/")
    page.fill("[name=username]", "cora")
    page.fill("[name=password]", "a long password")
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Curate")
    return page, complaints


def addresses(page):
    yield "/admin/"
    for model in EVERYTHING:
        address = f"/admin/{model.replace('_', '/')}/"
        yield address
        page.goto(address)
        yield page.locator("#result_list tbody th a, #result_list tbody td a").first.get_attribute("href")


def test_the_policy_breaks_no_page_of_the_admin_and_axe_finds_nothing(new_context, axe):
    """Each page wide, then as narrow as a phone without being loaded again."""
    page, complaints = open_admin(new_context, "desktop")
    for address in list(addresses(page)):
        page.goto(address)
        for size in SIZES.values():
            page.set_viewport_size(size)
            assert axe(page) == [], address
        assert complaints == [], address


def test_on_a_phone_a_list_comes_first_and_its_filters_unfold(new_context, axe):
    page, complaints = open_admin(new_context, "phone")
    page.goto("/admin/arena/vote/")
    filters, rows = page.locator("#changelist-filter"), page.locator("#result_list tbody tr").first
    expect(filters).to_be_hidden()
    assert rows.bounding_box()["y"] < SIZES["phone"]["height"]
    page.get_by_text("Filters", exact=True).click()
    expect(filters).to_be_visible()
    assert filters.bounding_box()["y"] < rows.bounding_box()["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []
    page.set_viewport_size(SIZES["desktop"])
    expect(page.get_by_text("Filters", exact=True)).to_be_hidden()
    expect(filters).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("path", ["/login/", "/api/v1/", "/no/such/page/"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_the_other_pages(new_context, axe, path, size):
    page = new_context(viewport=SIZES[size]).new_page()
    page.goto(path)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_votes_are_set_aside_by_hand(new_context):
    page, complaints = open_admin(new_context, "desktop")
    page.goto("/admin/arena/vote/")
    page.check("#action-toggle")
    page.select_option("[name=action]", "set_aside")
    page.click("button[name=index]")
    page.fill("[name=reason]", "two accounts of one person")
    page.click("input[value='Set aside']")
    expect(page.locator(".messagelist")).to_contain_text("2 votes set aside")
    assert complaints == []


def test_on_a_phone_the_header_names_the_page_and_leads_curators_on(new_context):
    page, _ = open_admin(new_context, "phone")
    header = page.get_by_role("navigation", name="Main")
    for name in ("Method", "Runs", "Import", "Curate"):
        header.get_by_role("link", name=name).click()
        expect(page.locator("h1").first).to_be_visible()
        expect(header.locator("[aria-current=page]")).to_have_text(name)
