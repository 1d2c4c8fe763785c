"""Untrusted Markdown becomes harmless HTML, once; another version of the rules renders it again."""

import re
import time
from io import StringIO

import pytest
from django.core.management import call_command

from arena import rendering
from arena.rendering import RENDERED_BY, html_of, render, turns_of
from tests.factories import make_arena, make_competitor, make_prompt, make_response

PAYLOADS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "![x](https://evil.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "<svg onload=alert(1)>",
    "<iframe src='https://evil.example/'></iframe>",
    "<a href='https://evil.example/' onclick='alert(1)'>x</a>",
    "<style>body{background:url(https://evil.example/)}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example/><button>vote</button></form>",
    '```html" onmouseover="alert(1)\ncode\n```',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<object data=https://evil.example/></object>",
    "[x]: https://evil.example/ \"onclick='alert(1)'\"\n\n![x]",
    "<details open ontoggle=alert(1)>x</details>",
    '</div></article><input autofocus onfocus="alert(1)" name=ballot form=decide>',
]
LIVE = [
    "<script",
    "<img",
    "<svg",
    "<iframe",
    "<style",
    "<link",
    "<base",
    "<meta",
    "<form",
    "<object",
    "<input",
    "<details",
    "<math",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_or_loads_is_left(payload):
    html = render(payload)
    assert not [tag for tag in LIVE if tag in html]
    attributes = html.replace("&quot;", "").split("<")
    assert not [part for part in attributes if " on" in part.split(">")[0] or "javascript:" in part.split(">")[0]]


def test_formatting_stays():
    html = render("# Title\n\n**bold** `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n3. three")
    for part in ("<h3>Title</h3>", "<strong>bold</strong>", "<code>code</code>", "<td>1</td>", '<ol start="3">'):
        assert part in html


def test_links_lead_out_without_a_trace():
    assert render("[x](https://example.org/)") == (
        '<p><a href="https://example.org/" rel="noopener noreferrer nofollow ugc">x</a></p>\n'
    )


def test_characters_that_turn_or_hide_text_are_shown():
    assert "[U+202E]" in render("\u202eabc")


def test_code_can_be_scrolled_by_keyboard():
    assert '<pre tabindex="0">' in render("```\ncode\n```")


@pytest.mark.django_db
def test_a_text_is_rendered_once_and_stored():
    prompt = make_prompt(make_arena(), "**bold**")
    assert "<strong>" in html_of(prompt)
    prompt.refresh_from_db()
    assert (prompt.rendered_by, "<strong>" in prompt.html) == (RENDERED_BY, True)


@pytest.mark.django_db
def test_what_other_rules_rendered_is_not_shown():
    prompt = make_prompt(make_arena(), "safe", html="<script>old rules</script>", rendered_by="0/old")
    assert "script" not in html_of(prompt)


@pytest.mark.django_db
def test_several_turns_are_shown_one_by_one():
    prompt = make_prompt(make_arena())
    prompt.turns = ["first **one**", "second"]
    assert turns_of(prompt) == ["<p>first <strong>one</strong></p>\n", "<p>second</p>\n"]


@pytest.mark.django_db
def test_an_empty_answer_has_no_turns():
    arena = make_arena()
    assert turns_of(make_response(make_prompt(arena), make_competitor(arena), " \n")) == []


@pytest.mark.django_db
def test_the_command_renders_again_what_other_rules_rendered(monkeypatch):
    arena = make_arena()
    response = make_response(make_prompt(arena), make_competitor(arena), "**bold**")
    call_command("render_texts", stdout=StringIO())
    monkeypatch.setattr(rendering, "RENDERED_BY", "99/new rules")
    monkeypatch.setattr("arena.management.commands.render_texts.RENDERED_BY", "99/new rules")
    out = StringIO()
    call_command("render_texts", stdout=out)
    call_command("render_texts", stdout=out)
    assert out.getvalue().splitlines() == [
        "prompts: 1 rendered by 99/new rules", "responses: 1 rendered by 99/new rules",
        "prompts: 0 rendered by 99/new rules", "responses: 0 rendered by 99/new rules",
    ]  # fmt: skip
    response.refresh_from_db()
    assert response.rendered_by == "99/new rules"


@pytest.mark.parametrize("mark", list("[]`*_~<>"))
def test_a_text_that_would_take_long_to_read_as_markdown_is_shown_as_it_is(mark):
    began = time.process_time()
    html = render(mark * 60_000 + "\nend")
    assert html.startswith("<pre")
    assert html.endswith("end</pre>")
    assert time.process_time() - began < 2


def test_several_turns_are_rendered_once_and_read_back_one_by_one(db):
    arena = make_arena()
    answer = make_response(
        make_prompt(arena), make_competitor(arena), "one\n\ntwo", turns=["one <!--next turn--> still one", "**two**"]
    )
    turns = turns_of(answer)
    assert len(turns) == 2
    assert "<strong>two</strong>" in turns[1]
    answer.refresh_from_db()
    assert answer.rendered_by == RENDERED_BY


def test_headings_stand_below_the_page_and_leave_out_no_level():
    html = render("##### deep\n\ntext\n\n# top\n\n### third\n\n## second\n")
    assert re.findall(r"<h(\d)>", html) == ["3", "3", "4", "4"]
