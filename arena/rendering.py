"""Untrusted Markdown -> safe HTML, once, when the text arrives.

`RENDERED_BY` names the rules and the libraries; a row rendered by other ones is rendered again when it is next read, or all
at once by `manage.py render_texts`.
"""

import re
from collections.abc import Iterable
from importlib.metadata import version

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from arena.models import Prompt, Response

RULES = 2
RENDERED_BY = f"{RULES}/markdown-it {version('markdown-it-py')}/nh3 {version('nh3')}"

_TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_SHIFT = {f"h{level}": f"h{min(6, level + 2)}" for level in range(1, 7)}
# Controls that turn or hide text: shown as what they are.
_HIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False, "typographer": False}).disable("image")


def visible_controls(text: str) -> str:
    """Invisible direction and control characters, made visible as [U+202E]."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def render(text: str) -> SafeString:
    """Markdown with raw HTML off, then an allow-list of tags: no images, no styles, links that open nothing by themselves."""
    tokens = _markdown.parse(visible_controls(text))
    for token in tokens:
        token.tag = _SHIFT.get(token.tag, token.tag)
        if token.type in {"fence", "code_block"}:
            token.info = ""
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    safe = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )  # fmt: skip
    # A scrolling block must be reachable by keyboard.
    return mark_safe(safe.replace("<pre>", '<pre tabindex="0">'))  # noqa: S308 # nosec


def rendered[Row: Prompt | Response](row: Row) -> Row:
    """The row with its HTML filled in, not yet saved."""
    row.html, row.rendered_by = render(row.text), RENDERED_BY
    return row


def html_of(row: Prompt | Response) -> SafeString:
    """The stored HTML, made again first where other rules made it."""
    if row.rendered_by != RENDERED_BY:
        type(row).objects.filter(pk=rendered(row).pk).update(html=row.html, rendered_by=row.rendered_by)
    return mark_safe(row.html)  # noqa: S308 # nosec


def turns_of(row: Prompt | Response) -> list[SafeString]:
    """The text turn by turn; nothing where it is empty. Single texts are rendered already, several turns are few."""
    if len(row.turns) > 1:
        return [render(str(turn)) for turn in row.turns]
    return [html_of(row)] if row.text.strip() else []


def refresh(rows: Iterable[Prompt | Response]) -> int:
    """Render again what other rules made; how many rows that were."""
    n_rendered = 0
    for row in rows:
        if row.rendered_by != RENDERED_BY:
            html_of(row)
            n_rendered += 1
    return n_rendered
