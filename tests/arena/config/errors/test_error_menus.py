"""Whatever fails, there is a way on: pages for failures of the site need no database for their menu."""

import re

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.utils import translation

from arena.config.errors.error_pages import server_error
from arena.config.errors.unavailable import answer
from tests.factories import make_user

WAYS_ON = ['href="/"', 'href="/method/"', 'href="/account/"']


def menu_of(text):
    return re.search(r'<nav aria-label="Main">.*?</nav>', text, re.DOTALL)[0]


def test_a_500_has_a_menu_and_leads_home_without_a_database(rf):
    page = server_error(rf.get("/arenas/poems/"))
    assert page.status_code == 500
    assert all(way in menu_of(page.text) for way in WAYS_ON)
    assert 'class="btn main" href="/"' in page.text


def test_a_503_has_the_same_menu_and_says_why(rf):
    page = answer(rf.get("/arenas/poems/"), OperationalError("database is locked"))
    assert page.status_code == 503
    assert all(way in menu_of(page.text) for way in WAYS_ON)
    assert "The database is busy" in page.text


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_its_language_and_direction_are_the_readers(name):
    with translation.override("ar"):
        assert '<html lang="ar" dir="rtl">' in render_to_string(name)


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("/no/such/page/", 404), ("/runs/", 403)])
def test_pages_that_are_not_there_or_not_open_have_the_readers_menu(client, address, status):
    client.force_login(make_user("anna"))
    page = client.get(address)
    assert page.status_code == status
    assert 'href="/"' in menu_of(page.text)
    assert ">anna</span></summary>" in page.text
