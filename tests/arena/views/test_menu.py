"""The usual menu on pages that have no view of ours, the icon that browsers ask for, and the log of forms."""

import logging

import pytest
from django.urls import reverse

from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db
CURATORS = ("Import", "Runs", "Curate")


@pytest.mark.parametrize("address", ["/no-such-page/", "/arenas/no-such-arena/", "/runs/1/", "/api/v1/", "/password/"])
def test_curators_have_their_menu_everywhere(client, address):
    make_arena()
    menu = [f">{word}</a>" for word in CURATORS]
    assert not any(word in client.get(address).text for word in menu)
    client.force_login(make_user("cora", is_staff=True))
    page = client.get(address).text
    assert all(word in page for word in menu)


def test_the_choice_of_theme_is_named_for_whoever_is_signed_in(client):
    assert "<span>Theme</span></summary>" in client.get("/method/").text
    client.force_login(make_user("cora"))
    page = client.get("/method/").text
    assert "<span>cora</span></summary>" in page
    assert '<legend class="label">Theme</legend>' in page


def test_browsers_find_the_icon(client):
    reply = client.get("/favicon.ico")
    assert (reply.status_code, reply["Location"].startswith("/static/img/mark")) == (302, True)


def refusal(status):
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Unprocessable: %s", ("/runs/new/",), None)
    record.status_code = status
    return record


@pytest.mark.parametrize(("level", "is_shown"), [("INFO", True), ("WARNING", False)])
def test_a_form_to_correct_is_no_warning(level, is_shown, settings):
    from arena.config.redaction import OneLineForRefusals

    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        record = refusal(422)
        assert OneLineForRefusals().filter(record) is is_shown
        assert record.levelname == "INFO"
        assert OneLineForRefusals().filter(refusal(404)) is True
    finally:
        root.setLevel(before)


def test_the_first_page_of_the_admin_says_where_to_begin(client):
    client.force_login(make_user("cora", is_staff=True))
    page = client.get(reverse("admin:index")).text
    steps = page[page.index("First steps") :].partition("</section>")[0]
    places = [
        steps.index(f'href="{reverse(name)}"') for name in ("admin:arena_endpoint_add", "admin:judges_judge_add", "new-run")
    ]
    assert places == sorted(places)
