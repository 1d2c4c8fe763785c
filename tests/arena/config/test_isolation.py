"""Names that run from right to left, within sentences that do not."""

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils.html import format_html

from tests.factories import make_arena, make_battle, make_competitor

ARABIC = "\u0646\u0645\u0648\u0630\u062c \u0639\u0631\u0628\u064a"
HEBREW = "\u05de\u05d5\u05d3\u05dc"


def shown(sentence):
    return Template("{% load texts %}{{ sentence|isolated }}").render(Context({"sentence": sentence}))


@pytest.mark.parametrize(
    ("sentence", "html"),
    [
        (f"{ARABIC}: 4 votes on 4 prompts", f"<bdi>{ARABIC}</bdi>: 4 votes on 4 prompts"),
        (f"{ARABIC} ({HEBREW}) beats x", f"<bdi>{ARABIC} ({HEBREW}</bdi>) beats x"),
        (f"gpt {HEBREW} 2, {ARABIC}", f"gpt <bdi>{HEBREW}</bdi> 2, <bdi>{ARABIC}</bdi>"),
        (f"<b>{HEBREW}</b> & 'x'", f"&lt;b&gt;<bdi>{HEBREW}</bdi>&lt;/b&gt; &amp; &#x27;x&#x27;"),
        ("a <plain> one", "a &lt;plain&gt; one"),
        (format_html("<b>{}</b>", "x"), "<b>x</b>"),
    ],
)
def test_a_sentence_isolates_them_and_is_escaped(sentence, html):
    assert shown(sentence) == html


@pytest.mark.django_db
def test_pages_isolate_them(client):
    arena = make_arena(content_visibility="public")
    battle = make_battle(make_competitor(arena, ARABIC), make_competitor(arena, "Umber"))
    assert (
        f"<h1><bdi>{ARABIC}</bdi> against <bdi>Umber</bdi></h1>"
        in client.get(reverse("battle", args=[arena.slug, battle.pk])).text
    )
    assert f"<bdi>{ARABIC}</bdi>" in client.get(reverse("battles", args=[arena.slug])).text
