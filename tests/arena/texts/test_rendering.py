"""Untrusted Markdown becomes harmless HTML, once; another version of the rules renders it again."""

import re
import time
from io import StringIO

import pytest
from django.core.management import call_command

from arena.texts import rendering
from arena.texts.rendering import RENDERED_BY, html_of, render, turns_of
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
    for part in (
        '<h3 dir="auto">Title</h3>',
        "<strong>bold</strong>",
        '<code dir="ltr">code</code>',
        "<td>1</td>",
        '<ol start="3" dir="ltr">',
    ):
        assert part in html


def test_links_lead_out_without_a_trace():
    assert render("[x](https://example.org/)") == (
        '<p dir="auto"><a href="https://example.org/" target="_blank" rel="noopener noreferrer nofollow ugc">x</a></p>\n'
    )


def test_characters_that_turn_or_hide_text_are_shown():
    assert "[U+202E]" in render("\u202eabc")


def test_code_can_be_scrolled_by_keyboard():
    assert '<pre tabindex="0" dir="ltr">' in render("```\ncode\n```")


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
    assert turns_of(prompt) == ['<p dir="auto">first <strong>one</strong></p>\n', '<p dir="auto">second</p>\n']


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
        "prompts: 1 rendered by 99/new rules", "answers: 1 rendered by 99/new rules",
        "prompts: 0 rendered by 99/new rules", "answers: 0 rendered by 99/new rules",
    ]  # fmt: skip
    response.refresh_from_db()
    assert response.rendered_by == "99/new rules"


@pytest.mark.parametrize("mark", list("[]`*_~<>"))
def test_a_text_that_would_take_long_to_read_as_markdown_is_shown_as_it_is(mark):
    began = time.process_time()
    html = render(mark * 60_000 + "\nend")
    assert html.startswith('<p class="small"><em>Shown as source: it contains one mark more than 5,000 times.</em></p><pre')
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
    assert re.findall(r"<h(\d)[ >]", html) == ["3", "3", "4", "4"]


def test_code_of_a_named_language_is_coloured_and_no_language_is_guessed():
    html = render("```python\nif x < 1:  # why\n    print('a')\n```")
    assert '<span class="hl-k">if</span>' in html
    assert '<span class="hl-c"># why</span>' in html
    assert "x &lt; " in html
    for fence in ("```\nif x:\n```", "```nonsense\nif x:\n```", "```mermaid\ngraph TD; A-->B\n```", "    if x:"):
        assert "<span" not in render(fence)


@pytest.mark.parametrize("language", ["python", "html", "bash", "latex", "yaml", "diff", "c++", "tsx"])
def test_coloured_code_is_the_same_text_and_nothing_more(language):
    code = "a<b> & \"c\" <script>alert(1)</script> 'd' $x # {e}\n+ f\n- g\n"
    html = render(f"```{language}\n{code}```")
    text = re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert text.strip() == code.strip()
    assert set(re.findall(r"<([a-z]+)", html)) <= {"pre", "code", "span"}


def test_tasks_are_boxes():
    html = render("- [x] done\n- [ ] open\n\n[x] no task\n\n1. [X] third")
    assert re.findall("[\u2610\u2611] [a-z]+", html) == ["\u2611 done", "\u2610 open", "\u2611 third"]
    assert "[x] no task" in html


def test_links_open_a_new_tab_and_none_leads_into_this_site():
    html = render(
        "[a](/logout/) [b](#decide) [c](//host/x) [d](vote/cast/) [e](HTTPS://example.org/) [f](mailto:a@example.org)"
    )
    assert re.findall('href="([^"]*)"', html) == ["HTTPS://example.org/", "mailto:a@example.org"]
    for tag in re.findall("<a [^>]*>", html):
        assert 'target="_blank"' in tag
        assert "noopener" in tag


def test_a_wide_table_has_a_box_of_its_own():
    html = render("|" + "a|" * 13 + "\n|" + "-|" * 13)
    assert html.count("<table") == html.count('<div class="wide-table" tabindex="0"') == html.count("</table></div>") == 1


def test_each_block_takes_its_own_direction_and_code_goes_left_to_right():
    html = render(
        "\u0645\u0631\u062d\u0628\u0627\n\nEnglish\n\n- \u0648\u0627\u062d\u062f\n\n> x\n\n`code`\n\n```\ncode\n```\n\n$x$"
    )
    assert html.count('<p dir="auto">') >= 4
    for part in (
        '<ul dir="rtl">\n<li>',
        '<blockquote dir="ltr">\n<p>',
        '<code dir="ltr">',
        '<pre tabindex="0" dir="ltr">',
        '<math dir="ltr"',
    ):
        assert part in html


@pytest.mark.parametrize(
    "text", ["a\n=\n" * 49_000, "1. a\n" * 40_000, "|a|b|\n|-|-|\n" + "|1|2|\n" * 30_000, "- " * 60_000, "a\n\n" * 60_000]
)
def test_one_text_has_a_second_of_the_processor(text):
    began = time.thread_time()
    assert render(text)
    assert time.thread_time() - began < 2.5


def test_the_beginning_of_a_very_long_text_is_shown_and_that_it_is_one(db):
    arena = make_arena()
    answer = make_response(make_prompt(arena), make_competitor(arena), "word " * 700_000)
    html = html_of(answer)
    assert len(html) < 60_000
    assert "These are the first 50,000 of 3,500,000 characters." in html
    assert rendering.is_folded(answer)
    assert not rendering.is_folded(
        make_response(make_prompt(arena, "These are the first"), make_competitor(arena, "b"), "short")
    )


LONG, SHORT = "word " * 50_000, "A **short** answer. " * 4_000


def pair(db, *texts):
    prompt = make_prompt(make_arena())
    return [make_response(prompt, make_competitor(prompt.arena), text) for text in texts]


@pytest.mark.parametrize("first_is_long", [True, False])
def test_where_one_answer_of_a_pair_is_shown_as_source_both_are_and_both_say_so(db, first_is_long):
    answers = pair(db, LONG, SHORT)[:: 1 if first_is_long else -1]
    shown = rendering.alike(answers)
    reasons = ["longer than 200,000 characters", "so is the other answer"][:: 1 if first_is_long else -1]
    for one, reason in zip(shown, reasons, strict=True):
        assert one.turns[0].startswith(f'<p class="small"><em>Shown as source: {reason}.</em></p><pre')
        assert "These are the first 50,000 of" in one.turns[0]
        assert one.is_folded
        assert "<strong>" not in one.turns[0]


def test_a_short_answer_beside_one_that_is_too_costly_is_source_and_whole(db):
    costly, short = rendering.alike(pair(db, "*" * 6_000, "A **short** one, <b>\u202e"))
    assert "Shown as source: it contains one mark" in costly.turns[0]
    assert "A **short** one, &lt;b&gt;[U+202E]</pre>" in short.turns[0]
    assert (costly.is_folded, short.is_folded) == (False, False)


def test_answers_that_can_be_formatted_are_and_one_that_is_missing_stays_so(db):
    (answer,) = pair(db, "**x** *Shown as source: no*\n\n- *Shown as source: no*\n\n  a")
    shown, missing = rendering.alike([answer, None])
    assert "<strong>x</strong>" in shown.turns[0]
    assert missing is None


def test_turns_beside_a_source_are_source_each(db):
    prompt = make_prompt(make_arena())
    two = make_response(prompt, make_competitor(prompt.arena), "x", turns=["**one**", "**two**"])
    long = make_response(prompt, make_competitor(prompt.arena), "y", turns=["short", LONG])
    shown, other = rendering.alike([two, long])
    assert [turn.count("Shown as source") for turn in shown.turns + other.turns] == [1, 1, 1, 1]


def test_breaks_and_indices_are_what_they_say_and_nothing_more():
    html = render("| a<br>b | H<sub>2</sub>O |\n|---|---|\n| x<sup>2</sup><br/> | <sub>**n**</sub> |")
    assert html.count("<br>") == 2
    for part in ("H<sub>2</sub>O", "x<sup>2</sup>", "<sub><strong>n</strong></sub>"):
        assert part in html
    for written in (
        "<br onload=alert(1)>", "<sub onclick=alert(1)>x</sub>", "<sup>x", "x</sub>", "<sub><script>x</script></sub>", "`<br>`",
        "<sub>x</sup>",
    ):  # fmt: skip
        assert not re.search("<(br|sub|sup|script)", render(written)), written


@pytest.mark.parametrize(
    "written",
    [
        "**太字。**次", "**第一步：**打开", "**「太字」**は", "**“引用”**的", "这是**重点。**下面", "**重要（注意）**です",
        "한국어**(강조)**는", "项目：**值**。", "**是**",
    ],
)  # fmt: skip
def test_bold_ends_and_begins_beside_the_punctuation_of_east_asia(written):
    html = render(written)
    assert html.count("<strong>") == html.count("</strong>") == 1
    assert "*" not in html


@pytest.mark.parametrize("written", ["a**b.**c", "**Note:**text", "2 ** 3 ** 4", "這** 不是 **", "a * b * c"])
def test_bold_is_otherwise_what_commonmark_says(written):
    assert "<strong>" not in render(written)


def test_a_footnote_is_text():
    html = render("As shown[^1] by many[^2].\n\n[^1]: Smith\n[^2]: https://example.org/\n\n[x]\n\n[x]: https://example.org/")
    for part in ("shown[^1]", "many[^2]", "[^1]: Smith", "[^2]: https://example.org/"):
        assert part in html
    assert html.count("<a ") == 1


HIDING = [
    "Good answer.\n\n[//]: # (NOTE)\n\nEnd.", "[note]: <x> 'NOTE'", "[NOTE]: /x", "> [a]: /x\n> 'NOTE'", "- [a]: /x (NOTE)",
    "[a]\n\n[a]: https://a.example 'NOTE'", "[a](https://a.example 'NOTE')", "![a](https://a.example 'NOTE')", "[a](#NOTE)",
    "[](https://a.example/NOTE)", "```python NOTE\nx\n```", f"```{'x' * 20}NOTE\nx\n```", "<!-- NOTE -->", "<p title=NOTE>",
    "| a |\n|---|\n| b | NOTE |", "| a | b |\n|---|---|\n| $c$ | d | NOTE", "$a % NOTE$", "$\\phantom{NOTE} a$",
    "$\\label{NOTE judge} a$", "$\\href{NOTE}{a}$", "$\\class{NOTE}{a}$", "$\\hspace{NOTE} a$", "$\\begin{NOTE}a\\end{NOTE}$",
]  # fmt: skip


@pytest.mark.parametrize("text", HIDING)
def test_what_judges_read_is_shown_to_people(text):
    assert "NOTE" in re.sub(r"<mphantom>.*?</mphantom>|<[^>]*>", "", render(text))


@pytest.mark.parametrize(
    "text", ["\U000e0041\U000e0042", "a\u200b\u200c\u200d\u200b", "a\ufe00\U000e0101", "&#x202e;a", "\ufff9"]
)
def test_signs_without_a_shape_that_carry_a_text_are_shown(text):
    assert "[U+" in render(text)


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👩\u200d🔬", "❤\ufe0f", "soft\u00adhyphen"])
def test_signs_that_scripts_need_stay(text):
    assert text in render(text)


def test_a_table_of_the_right_width_stays_one():
    assert "<table" in render("| a | b |\n|---|:-:|\n| `x` | $|c|$ |\n| d |\n")


def test_an_empty_corner_of_a_table_is_no_heading():
    html = render("| | a |\n|---|---|\n| x | 1 |\n")
    assert ("<td></td>\n<th>a</th>" in html, "<th></th>" in html) == (True, False)
