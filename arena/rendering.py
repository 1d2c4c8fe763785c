"""Untrusted Markdown -> safe HTML, once, when the text arrives.

`RENDERED_BY` names the rules and the libraries; a row rendered by other ones is rendered again when it is next read, or all
at once by `manage.py render_texts`.
"""

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from arena.models import Prompt, Response

RULES = 4
NEXT_TURN = (
    "<!--next turn-->"  # between the turns of stored HTML; no text can hold it, since comments are escaped or cleaned away
)
LONGEST = 200_000  # characters that are read as Markdown
MOST_MARKS = 5_000  # of each mark for which the time to read grows with the square of their number
_COSTLY = "[]`*_~<>"
RENDERED_BY = f"{RULES}/markdown-it {version('markdown-it-py')}/nh3 {version('nh3')}"

_TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
# Controls that turn or hide text: shown as what they are.
_HIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False, "typographer": False}).disable("image")


def visible_controls(text: str) -> str:
    """Invisible direction and control characters, made visible as [U+202E]."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def render(text: str) -> SafeString:
    """Markdown with raw HTML off, then an allow-list of tags: no images, no styles, links that open nothing by themselves."""
    if len(text) > LONGEST or max(text.count(mark) for mark in _COSTLY) > MOST_MARKS:
        # Markdown would take too long.
        return format_html('<pre tabindex="0">{}</pre>', visible_controls(text))
    tokens = _markdown.parse(visible_controls(text))
    _in_heading_order(tokens)
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            token.info = ""
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    safe = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )  # fmt: skip
    # A scrolling block must be reachable by keyboard.
    return mark_safe(safe.replace("<pre>", '<pre tabindex="0">'))  # noqa: S308 # nosec


def _in_heading_order(tokens: Sequence[Token]) -> None:
    """Headings begin below those of the page, h3, and never leave out a level on the way down."""
    level = 2
    for token in tokens:
        if token.type == "heading_open":
            level = min(6, int(token.tag[1]) + 2, level + 1)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"


def rendered[Row: Prompt | Response](row: Row) -> Row:
    """The row with its HTML filled in, turn by turn where there are several; not yet saved."""
    turns = [str(turn) for turn in row.turns] if len(row.turns) > 1 else [row.text]
    row.html, row.rendered_by = NEXT_TURN.join(render(turn) for turn in turns), RENDERED_BY
    return row


def html_of(row: Prompt | Response) -> SafeString:
    """The stored HTML, made again first where other rules made it."""
    if row.rendered_by != RENDERED_BY:
        type(row).objects.filter(pk=rendered(row).pk).update(html=row.html, rendered_by=row.rendered_by)
    return mark_safe(row.html)  # noqa: S308 # nosec


def turns_of(row: Prompt | Response) -> list[SafeString]:
    """The text turn by turn; nothing where it is empty."""
    if not row.text.strip() and len(row.turns) < 2:
        return []
    return [mark_safe(turn) for turn in html_of(row).split(NEXT_TURN)]  # noqa: S308 # nosec


def refresh(rows: Iterable[Prompt | Response]) -> int:
    """Render again what other rules made; how many rows that were."""
    n_rendered = 0
    for row in rows:
        if row.rendered_by != RENDERED_BY:
            html_of(row)
            n_rendered += 1
    return n_rendered
