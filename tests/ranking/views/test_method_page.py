"""The Method page has a way in: contents, a part for everyone, and an anchor for each link that leads to it."""

import re

import pytest
from django.urls import reverse

from ranking.boards.methods import METHODS
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def linked():
    """Anchors of the Method page that templates name."""
    return {(path.name, anchor) for path in TEMPLATES for anchor in re.findall(r"'method' %\}#([\w-]+)", path.read_text())}


def anchors_of(page):
    return set(re.findall(r' id="([\w-]+)"', page))


def test_each_link_to_the_method_page_leads_to_its_own_anchor(client, linked):
    assert len(linked) >= 6
    anchors = anchors_of(client.get(reverse("method")).text)
    assert {(name, anchor) for name, anchor in linked if anchor not in anchors} == set()


def test_each_method_of_a_board_has_its_anchor(client):
    assert set(METHODS) <= anchors_of(client.get(reverse("method")).text)


def test_the_contents_list_every_section_once_and_in_their_order(client):
    page = client.get(reverse("method")).text
    contents, article = page.split('<nav class="contents"')[1].split("</nav>")
    sections = re.findall(r'<h[23] id="([\w-]+)"', article)
    assert re.findall(r'href="#([\w-]+)"', contents) == sections
    assert len(sections) == len(set(sections))


def test_every_link_within_the_page_has_its_anchor(client):
    page = client.get(reverse("method")).text
    assert set(re.findall(r'href="#([\w-]+)"', page)) - anchors_of(page) - {"main"} == set()


def test_the_part_for_everyone_comes_first_and_explains_the_style_switch(client):
    page = client.get(reverse("method")).text
    everyone, statisticians = page.split('id="statisticians"')[0], page.split('id="statisticians"')[1]
    for anchor in ("rating-in-short", "range-in-short", "ties-in-short", "orders-in-short", "style"):
        assert f'id="{anchor}"' in everyone
    assert "maximum likelihood" not in everyone
    assert "maximum likelihood" in statisticians


@pytest.mark.parametrize(("points", "percent"), [(0, 50), (50, 57), (100, 64), (200, 76), (400, 91)])
def test_the_table_of_chances_is_that_of_the_model(client, points, percent):
    """1 / (1 + 10 ** (-points / 400))."""
    assert round(100 / (1 + 10 ** (-points / 400))) == percent
    assert f'<th scope="row" class="n">{points}</th><td class="n">{percent} %</td>' in client.get(reverse("method")).text
