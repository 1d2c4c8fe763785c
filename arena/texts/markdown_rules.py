r"""Agon's differences from CommonMark, as a plugin of markdown-it.

`<br>`, `<sub>..</sub>` and `<sup>..</sup>` mean what they say, without attributes; bold ends and begins beside Chinese and
Japanese punctuation; a footnote is text; and a bar in a formula is no end of a cell.

Judges read the source, so nothing of it may be hidden from people: definitions of links and titles are shown, and a table with
cells that have no column stays as it was written.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock, reference, table
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.token import Token

from arena.lazy_patterns import LazyPattern
from arena.texts.formulas import in_row
from arena.texts.latex import Sign

_BREAK = LazyPattern(r"<br\s?/?>", re.IGNORECASE)
_RAISED = LazyPattern(r"<(sub|sup)>([^<>\n]{1,200})</\1>", re.IGNORECASE)
_DELIMITER_ROW = LazyPattern(r"[ \t]*[|:-][ \t|:-]*")
_BAR = LazyPattern(r"(?<!\\)\|")
_WIDE = LazyPattern("[\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")  # signs of East Asia


def plugin(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("html_inline", "plain tags", _tags)
    markdown.inline.ruler.at("emphasis", _emphasis)
    markdown.block.ruler.at("reference", _reference)
    markdown.add_render_rule("definition", _definition)
    markdown.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def _tags(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    if match := _BREAK.match(state.src, state.pos, state.posMax):
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = match.end()
        return True
    match = _RAISED.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        tag, most = match[1].lower(), state.posMax
        state.push(f"{tag}_open", tag, 1)
        state.pos, state.posMax = match.span(2)
        state.md.inline.tokenize(state)
        state.push(f"{tag}_close", tag, -1)
        state.posMax = most
    state.pos = match.end()
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    """CommonMark's rule, with the known amendment for scripts that have no spaces: beside their signs `**` opens and closes."""
    begin, n_before = state.pos, len(state.delimiters)
    if not emphasis.tokenize(state, silent):
        return False
    before, after = state.src[max(0, begin - 1) : begin] or " ", state.src[state.pos : min(state.pos + 1, state.posMax)] or " "
    if state.src[begin] == "*" and (_WIDE.match(before) or _WIDE.match(after)):
        for delimiter in state.delimiters[n_before:]:
            delimiter.open, delimiter.close = _flanks(after, before), _flanks(before, after)
    return True


def _flanks(inside: str, outside: str) -> bool:
    return not inside.isspace() and (
        not _is_mark(inside) or outside.isspace() or _is_mark(outside) or bool(_WIDE.match(outside))
    )


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PS" and not _WIDE.match(sign)


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The definition of a link, which is shown as well; but not `[^1]: Smith`, which is a footnote."""
    if state.src.startswith("[^", state.bMarks[start] + state.tShift[start]) or not reference(state, start, end, silent):
        return False
    if not silent:
        token = state.push("definition", "", 0)
        token.content, token.map = state.getLines(start, state.line, state.blkIndent, False).strip(), [start, state.line]
    return True


def _definition(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    return f'<p dir="auto">{escapeHtml(tokens[at].content).replace("\n", "<br>")}</p>\n'


def show_what_links_hide(line: Token, is_shown: Callable[[str], bool]) -> None:
    """Titles of links, and addresses that nobody can see: of links without a text, or that lead nowhere."""
    shown: list[Token] = []
    hidden: list[str] = []
    for token in line.children or ():
        if token.type == "link_open":
            address, n_before = unquote(str(token.attrs.get("href", ""))), len(shown)
            title = str(token.attrs.pop("title", ""))
        shown.append(token)
        if token.type == "link_close":
            is_bare = not any(each.content.strip() for each in shown[n_before + 1 :])
            hidden = [address] if address and (is_bare or not is_shown(address)) else []
            hidden += [title] if title else []
            if hidden:
                shown.append(Token("text", "", 0, content=f" ({', '.join(hidden)})"))
    line.children = shown


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table none of whose rows has more cells than columns: those would be left out."""
    n_tokens = len(state.tokens)
    if not _table_with_formulas(state, start, end, silent):
        return False
    if silent or not _has_cells_too_many(state, start):
        return True
    del state.tokens[n_tokens:]
    state.line = start
    return False


def _has_cells_too_many(state: StateBlock, start: int) -> bool:
    n_columns, *others = (
        _n_cells(state.src[state.bMarks[line] : state.eMarks[line]]) for line in range(start, state.line) if line != start + 1
    )
    return any(n > n_columns for n in others)


def _n_cells(row: str) -> int:
    cells = _BAR.split(in_row(row.strip(), 0))
    return len(cells) - (not cells[0].strip()) - (len(cells) > 1 and not cells[-1].strip())


def _table_with_formulas(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table whose formulas may hold bars."""
    if start + 2 > end or not _DELIMITER_ROW.fullmatch(state.src, state.bMarks[start + 1], state.eMarks[start + 1]):
        return False
    if "$" not in state.src and "\\(" not in state.src:
        return table(state, start, end, silent)
    source, n_tokens, marks = state.src, len(state.tokens), state.bMarks
    n_columns = len(source[marks[start + 1] + state.tShift[start + 1] : state.eMarks[start + 1]].strip().strip("|").split("|"))
    last = start + 1 if silent else next((line for line in range(start, end) if state.isEmpty(line)), end)
    rows = (in_row(source[marks[line] : state.eMarks[line]], n_columns) for line in range(start, last))
    begin, stop = marks[start], state.eMarks[last - 1]
    between = [source[state.eMarks[line] : marks[line + 1]] for line in range(start, last - 1)]
    shown = "".join(row + gap for row, gap in zip(rows, [*between, ""], strict=True))
    state.src = source[:begin] + shown + source[stop:]
    try:
        return table(state, start, end, silent)
    finally:
        state.src = source
        for token in state.tokens[n_tokens:]:
            token.content = token.content.replace(Sign.BAR, "|")
