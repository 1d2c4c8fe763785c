"""Untrusted Markdown -> safe HTML, rendered once, when the text arrives.

`RENDERED_BY` names the rules and the libraries; a row rendered by other versions is rendered again when next read, or with all
others by `manage.py render_texts`. A text that takes too long is shown as source, with a note that says so.
If one answer of a pair is shown as source, so is the other: form must not decide between them.
"""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from unicodedata import bidirectional

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from arena.lazy_patterns import LazyPattern
from arena.models import Prompt, Response
from arena.texts import code_colours, formulas, markdown_rules, mathml

RULES = 8
NEXT_TURN = (
    "<!--next turn-->"  # between the turns of stored HTML; no text can hold it, since comments are escaped or cleaned away
)
LONGEST = 200_000  # characters that are read as Markdown
MOST_MARKS = 5_000  # of each mark for which the time to read grows with the square of their number
MOST_SECONDS = 1.0  # of the processor, for one text
_COSTLY = [*"[]`*_~<>$", "\\("]
FOLDED = 50_000  # characters that are shown of a text longer than that: the rest is folded away
HEAVIEST = 600_000  # characters of HTML; beyond, the source is shown
# With a class that no text can bring along: it marks the rows that hold these.
_BEGINNING = '<p class="small"><em>These are the first '
_AS_SOURCE = '<p class="small"><em>Shown as source: '
_LIBRARIES = ("markdown-it-py", "nh3", "latex2mathml", "Pygments")
RENDERED_BY = f"{RULES}/" + blake2b(" ".join(map(version, _LIBRARIES)).encode(), digest_size=6).hexdigest()

_TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "span",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "sub", "sup",
} | mathml.ELEMENTS  # fmt: skip
# The outermost ones take the direction of their text. Those within have no `dir`: a list whose items have one of their own
# counts as left to right, with its marks outside. The sheet gives the lines in them their directions.
_BLOCKS = {"p", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6", "table", "th", "td"}
_LINES = {"p", "h3", "h4", "h5", "h6"}
_ATTRIBUTES: dict[str, set[str]] = (
    {tag: {"dir"} for tag in _BLOCKS | {"pre", "code"}}
    | {tag: set(mathml.ATTRIBUTES) for tag in mathml.ELEMENTS}
    | {"a": {"href"}, "ol": {"start", "dir"}, "math": mathml.ATTRIBUTES | {"dir"}}
)
_ABSOLUTE = LazyPattern(r"(https?://|mailto:)", re.IGNORECASE)
_TASK = LazyPattern(r"\[([ xX])\]\s")
# Controls that turn or hide text, and signs without a shape of which only a row hides one: shown as what they are.
_HIDDEN = LazyPattern(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufff9-\ufffb"
    "\U000e0000-\U000e007f]|[\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufeff]{3,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
)


LONGEST_LANGUAGE = 20  # characters that need not be shown beside a block of code
UNTIL = "until"  # seconds of the processor's clock of this thread


class TooLong(Exception):
    """The text would exceed its time limit."""


def visible_controls(text: str) -> str:
    """Invisible direction and control characters, made visible as [U+202E]."""
    return _HIDDEN.sub(lambda match: "".join(f"[U+{ord(sign):04X}]" for sign in match[0]), text)


def render(text: str) -> SafeString:
    """Markdown with raw HTML off, then an allow-list of tags: no images, no styles, links that lead out into a new tab."""
    if not text:  # as of thousands of prompts that a file only names: to clean even nothing takes a quarter of a millisecond
        return SafeString("")
    text = visible_controls(text)
    if len(text) > LONGEST:
        return _source(text, f"longer than {LONGEST:,} characters")
    if max(text.count(mark) for mark in _COSTLY) > MOST_MARKS:
        return _source(text, f"it contains one mark more than {MOST_MARKS:,} times")
    environment = {UNTIL: time.thread_time() + MOST_SECONDS}
    try:
        tokens = _markdown.parse(text, environment)
        _prepare(tokens)
        html = _markdown.renderer.render(tokens, _markdown.options, environment)
    except TooLong:
        return _source(text, "it takes too long to read as Markdown")
    return _safe(html) if len(html) <= HEAVIEST else _source(text, f"longer than {HEAVIEST:,} characters with its marks")


def _source(text: str, why: str, *, longest: int = LONGEST) -> SafeString:
    shown = text if len(text) <= longest else text[:FOLDED]
    html = format_html(_AS_SOURCE + '{}.</em></p><pre tabindex="0" dir="auto">{}</pre>', why, shown)
    return (
        html
        if shown == text
        else html + format_html(_BEGINNING + "{} of {} characters.</em></p>", f"{FOLDED:,}", f"{len(text):,}")
    )


def is_folded(row: Prompt | Response) -> bool:
    """Whether the page shows only a part of the text."""
    return len(row.text) > LONGEST and _BEGINNING in html_of(row)


def _safe(html: str) -> SafeString:
    safe = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=_attribute, url_schemes={"http", "https", "mailto"},
        allowed_classes={"span": code_colours.CLASSES} | mathml.CLASSES, set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow ugc",
    )  # fmt: skip
    safe = visible_controls(safe)  # of entities
    # Scrollable elements must be reachable by keyboard.
    safe = safe.replace("<pre", '<pre tabindex="0"').replace("</table>", "</table></div>")
    return mark_safe(safe.replace("<table", '<div class="wide-table" tabindex="0" role="group" aria-label="Table"><table'))  # noqa: S308  # cleaned by nh3  # nosec B308, B703


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Links lead to other sites, never to a page of this one; in formulas only harmless attributes are kept."""
    if tag == "a" and name == "href":
        return value if _ABSOLUTE.match(value) else None
    return mathml.attribute(tag, name, value) if tag in mathml.ELEMENTS and name != "dir" else value


def _prepare(tokens: Sequence[Token]) -> None:
    _in_heading_order(tokens)
    for at, (before, token) in enumerate(zip([None, *tokens], tokens, strict=False)):
        if token.nesting == 1 and token.level == 0 and token.tag in _BLOCKS:
            # Chromium takes seconds for a list of thousands whose direction it has to find.
            token.attrSet("dir", "auto" if token.tag in _LINES else _direction(tokens[at + 1 :]))
        if token.type == "inline":
            markdown_rules.show_what_links_hide(token, lambda address: bool(_ABSOLUTE.match(address)))
        if token.type == "inline" and before is not None and before.type == "paragraph_open":
            _tick(token)
        if before is not None and before.type == "th_open" and not token.content.strip():
            before.tag = tokens[at + 1].tag = "td"  # it heads nothing: the corner above names of rows


def _direction(inside: Sequence[Token]) -> str:
    """Of a list, a quotation or a table: that of the first letter in it, as `dir="auto"` has it; formulas have none."""
    for token in inside:
        if token.level == 0:
            break
        for piece in token.children or ():
            for letter in piece.content if piece.type in ("text", "code_inline") else "":
                if (kind := bidirectional(letter)) in ("L", "R", "AL"):
                    return "ltr" if kind == "L" else "rtl"
    return "ltr"


def _tick(line: Token) -> None:
    """`[x]` at the start of a list item becomes a ticked box."""
    first = line.children[0] if line.children else None
    if line.level >= 3 and first is not None and first.type == "text" and (task := _TASK.match(first.content)):
        first.content = ("\u2610 " if task[1] == " " else "\u2611 ") + first.content[task.end() :]


def _in_heading_order(tokens: Sequence[Token]) -> None:
    """Headings begin below those of the page, h3, and never leave out a level on the way down."""
    level = 2
    for token in tokens:
        if token.type == "heading_open":
            level = min(6, int(token.tag[1]) + 2, level + 1)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"


def _check_clock(state: StateBlock | StateInline, *_: object) -> bool:
    if time.thread_time() > state.env[UNTIL]:
        raise TooLong
    return False


def _block_of_code(_: object, tokens: Sequence[Token], at: int, __: object, environment: dict[str, float]) -> str:
    if time.thread_time() > environment[UNTIL]:
        raise TooLong
    token = tokens[at]
    language, *more = token.info.split() or [""]
    html = code_colours.coloured(token.content, language) if language else None
    info = f"<p>{escapeHtml(token.info.strip())}</p>" if more or len(language) > LONGEST_LANGUAGE else ""
    return info + f'<pre dir="ltr"><code>{escapeHtml(token.content) if html is None else html}</code></pre>\n'


def _reader() -> MarkdownIt:
    made = MarkdownIt("js-default", {"breaks": True, "linkify": False, "typographer": False}).disable("image")
    made.use(formulas.formulas)
    made.use(markdown_rules.plugin)
    made.block.ruler.before("table", "clock", _check_clock, {"alt": ["paragraph", "reference", "blockquote", "list", "table"]})
    made.inline.ruler.before("text", "clock", _check_clock)
    made.add_render_rule("fence", _block_of_code)
    made.add_render_rule("code_block", _block_of_code)
    made.add_render_rule("code_inline", lambda _, tokens, at, *__: f'<code dir="ltr">{escapeHtml(tokens[at].content)}</code>')
    return made


_markdown = _reader()


def rendered[Row: Prompt | Response](row: Row) -> Row:
    """The row with its HTML filled in, turn by turn where there are several; not yet saved."""
    turns = [str(turn) for turn in row.turns] if len(row.turns) > 1 else [row.text]
    row.html, row.rendered_by = NEXT_TURN.join(render(turn) for turn in turns), RENDERED_BY
    return row


def html_of(row: Prompt | Response) -> SafeString:
    """The stored HTML, rendered again first if other rules made it."""
    if row.rendered_by != RENDERED_BY:
        type(row).objects.filter(pk=rendered(row).pk).update(html=row.html, rendered_by=row.rendered_by)
    return mark_safe(row.html)  # noqa: S308  # stored as cleaned  # nosec B308, B703


def turns_of(row: Prompt | Response) -> list[SafeString]:
    """The text turn by turn; nothing where it is empty."""
    if not row.text.strip() and len(row.turns) < 2:
        return []
    return [mark_safe(turn) for turn in html_of(row).split(NEXT_TURN)]  # noqa: S308  # stored as cleaned  # nosec B308, B703


@dataclass(frozen=True)
class Shown:
    """An answer as it is shown beside another one."""

    turns: list[SafeString]
    is_folded: bool


def alike(answers: Sequence[Response | None]) -> list[Shown | None]:
    """The answers of a pair in one form: if one is shown as source, or only in part, so are the others."""
    here = [answer for answer in answers if answer is not None]
    if not any(_AS_SOURCE in html_of(answer) for answer in here):
        return [None if answer is None else Shown(turns_of(answer), is_folded=False) for answer in answers]
    longest = FOLDED if any(map(is_folded, here)) else LONGEST
    return [None if answer is None else _shown_as_source(answer, longest) for answer in answers]


def _shown_as_source(answer: Response, longest: int) -> Shown:
    texts = [str(turn) for turn in answer.turns] if len(answer.turns) > 1 else [answer.text]
    own = turns_of(answer)
    turns = [
        turn if _AS_SOURCE in turn and (_BEGINNING in turn or len(text) <= longest)
        else _source(visible_controls(text), "so is the other answer", longest=longest)
        for text, turn in zip(texts, own, strict=False)
    ]  # fmt: skip
    return Shown(turns, is_folded=any(_BEGINNING in turn for turn in turns))


def refresh(rows: Iterable[Prompt | Response]) -> int:
    """Render rows again that other rules rendered; returns how many."""
    n_rendered = 0
    for row in rows:
        if row.rendered_by != RENDERED_BY:
            html_of(row)
            n_rendered += 1
    return n_rendered
