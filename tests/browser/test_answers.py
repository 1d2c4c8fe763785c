"""Answers as people expect to see them, in a real Chromium: formulas, code, tables, directions, links."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.arena.texts.test_formulas import BROKEN, CONVERTED
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RICH = (
    r"""
# Roots

The equation $ax^2+bx+c=0$ costs \$5 and has two roots:

\[
x_{1,2} = \frac{-b \pm \sqrt{b^2-4ac}}{2a}
\]

1. For $a < 0$:
   $$\begin{pmatrix} a & b \\ c & d \end{pmatrix}, \quad f(x)=\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}$$
2. \begin{align*} y &= \sum_{i=1}^n i \\ &= \boxed{\tfrac{n(n+1)}{2}} \end{align*}

- [x] checked
- [ ] open

```python
def roots(a: float, b: float) -> tuple[float, float]:  # both of them
    return "a line of code that must be scrolled sideways on every screen there is, however wide it may be", 3.5
```

| one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve | thirteen |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
| 1234567 | 2345678 | 3456789 | 4567890 | 5678901 | 6789012 | 7890123 | 8901234 | 9012345 | 1234567 | 2345678 | 3456789 | 45 |

[A link](https://example.org/)

"""
    + "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\n\nHere is an English paragraph.\n"
)


def battle_of(first: str, second: str):
    arena = make_arena("contest", voting="anyone", content_visibility="public")
    prompt = make_prompt(arena, "Solve $ax^2+bx+c=0$.")
    one, two = make_competitor(arena, "Kestrel"), make_competitor(arena, "Umber")
    make_response(prompt, one, first)
    make_response(prompt, two, second)
    return make_battle(one, two, prompt, with_answers=True)


def shown(page, battle, *, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(reverse("battle", args=[battle.arena.slug, battle.pk]))
    return page


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_rich_answer_reads_well_everywhere(page, axe, width, scheme):
    page.emulate_media(color_scheme=scheme)
    shown(page, battle_of(RICH, "Short."), width=width)
    assert page.locator("math").count() >= 6
    heights = page.evaluate("[...document.querySelectorAll('mfrac, mtable')].map(each => each.getBoundingClientRect().height)")
    assert min(heights) > 15  # drawn as formulas, not as a line of text
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('.md p[dir=auto]:last-of-type')).direction") == "ltr"
    colours = page.evaluate("[...document.querySelectorAll('[class^=hl-]')].map(each => getComputedStyle(each).color)")
    assert len(set(colours)) >= 3
    assert axe(page) == []


ARABIC = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645"
RIGHT_TO_LEFT = f"- {ARABIC}\n- {ARABIC}\n  - {ARABIC}\n\n> {ARABIC}\n\n"
RIGHT_TO_LEFT += f"| {ARABIC} | {ARABIC} |\n|---|---|\n| {ARABIC} | English |\n"


@pytest.mark.parametrize("width", [1280, 375])
def test_lists_quotations_and_tables_of_right_to_left_text_begin_at_the_right(page, width):
    shown(page, battle_of(RIGHT_TO_LEFT + "\n\nThen\n\n- English\n- " + ARABIC, "Short."), width=width)
    style = "e => { const s = getComputedStyle(e); return [s.direction, s.paddingRight, s.paddingLeft, s.borderRightWidth] }"
    rtl, ltr = page.locator(".md > ul").all()
    assert rtl.evaluate(style) == ["rtl", "24px", "0px", "0px"]  # so the marks stand within the text's column
    assert rtl.locator("li").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert rtl.locator("ul").evaluate(style)[:2] == ["rtl", "24px"]
    assert ltr.evaluate(style)[:3] == ["ltr", "0px", "24px"]
    assert page.locator(".md blockquote").evaluate(style) == ["rtl", "16px", "0px", "2px"]
    first, second = (cell.bounding_box()["x"] for cell in page.locator(".md th").all())
    assert first > second
    box = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect().right }"
    column = ltr.bounding_box()
    assert ltr.locator("li").nth(1).evaluate(box) > column["x"] + column["width"] - 4  # an Arabic line in an English list


def test_code_can_be_copied(new_context):
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = shown(context.new_page(), battle_of("```python\nx = 1\n```", "Short."), width=1280)
    page.hover(".md pre")
    page.click("text=Copy")
    expect(page.locator(".copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "x = 1\n"


def test_formulas_whole_or_broken_load_and_run_nothing(page):
    requests, reports = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: reports.append(message.text))
    page.on("pageerror", lambda error: reports.append(str(error)))
    text = "\n\n".join(
        [*(f"\\[{tex}\\]" for tex in CONVERTED), *(f"$${tex}$$ and \\({tex}\\)" for tex in BROKEN if len(tex) < 200)]
    )
    battle = battle_of(text, text)
    shown(page, battle, width=1280)
    assert page.locator("math").count() >= 2 * len(CONVERTED)
    site = page.evaluate("location.origin")
    assert all(url.startswith(site) for url in requests)
    assert reports == []


DRAWN = r"""
\[ \overline{x+y} + \underline{a+b} + \underbrace{a+b+\cdots+z}_{26} + \overbrace{a+b}^2 + \widehat{ABC}
 + \overrightarrow{AB} \]

\[ \begin{array}{r} 1 \\ 4567 \\ \hline 4568 \end{array} \quad \begin{array}{cc|c} 1 & 2 & 3 \\ 4 & 5 & 6 \end{array} \]

\[ \begin{aligned} x &= 1 \\ longer &= 2 \end{aligned} \]

\[ \lim_{n \to \infty} a_n \]

$\lim_{n \to \infty} a_n$

\[ X \xrightarrow{\text{in distribution}} Y \]
"""
GEOMETRY = """() => {
    const box = each => { const {left, right, top, bottom} = each.getBoundingClientRect(); return {left, right, top, bottom} }
    const content = row => { const boxes = [...row.children].map(box); return [boxes[0].left, boxes.at(-1).right] }
    const first = [...document.querySelectorAll('.md')].find(each => each.querySelector('mtable'))
    return {
        drawn: [...first.querySelectorAll('mrow[class^=fx-]')].map(row => {
            const [left, right] = content(row), style = getComputedStyle(row)
            return {covers: box(row).left <= left + 1 && box(row).right >= right - 1, name: row.className,
                lines: parseFloat(style.borderTopWidth) + parseFloat(style.borderBottomWidth), image: style.backgroundImage}
        }),
        ends: [...first.querySelectorAll('mtable')].map(table => [...table.querySelectorAll('mtd:first-child')].map(
            cell => content(cell))),
        columns: getComputedStyle(first.querySelector('.fx-line-left')).borderLeftWidth,
        rows: getComputedStyle(first.querySelector('.fx-line-top')).borderTopWidth,
        limits: [...first.querySelectorAll('munder')].filter(each => each.textContent.startsWith('lim')).map(
            each => box(each.children[1]).left >= box(each.children[0]).right - 1),
        arrow: [...first.querySelectorAll('math')].at(-1).querySelector('mover').getBoundingClientRect().width,
        label: [...first.querySelectorAll('math')].at(-1).querySelector('mtext').getBoundingClientRect().width,
    }
}"""


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("font", ["", "Liberation Serif"])
def test_formulas_are_drawn_as_they_were_meant_with_a_font_for_them_or_without(page, width, font):
    shown(page, battle_of(DRAWN, "Short."), width=width)
    page.evaluate("font => document.querySelectorAll('math').forEach(each => each.style.fontFamily = font)", font)
    found = page.evaluate(GEOMETRY)
    assert [each["name"] for each in found["drawn"]] == [
        "fx-over", "fx-under", "fx-underbrace", "fx-overbrace", "fx-hat", "fx-right",
    ]  # fmt: skip
    for each in found["drawn"]:
        assert each["covers"], each
        assert each["lines"] >= 1 if each["name"] in {"fx-over", "fx-under"} else "gradient" in each["image"], each
    total, _, aligned = found["ends"]
    for rows in (total, aligned):
        assert max(right for _, right in rows) - min(right for _, right in rows) <= 1  # flush right
        assert max(left for left, _ in rows) - min(left for left, _ in rows) > 5
    assert found["columns"] == found["rows"] == "1px"
    assert found["limits"] == [False, True]  # below in display style, behind in text
    assert found["arrow"] >= found["label"]
