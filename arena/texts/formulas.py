r"""LaTeX in Markdown -> MathML, before Markdown can touch it.

What is a formula: `$..$`, `$$..$$`, `\(..\)`, `\[..\]` and `\begin{..}..\end{..}` of mathematical environments, with or without
delimiters around; other environments are shown as they were written. A dollar opens
one only where no space follows and no letter or digit stands before it, and closes it only where no space stands before and no
letter or digit follows: `$5 and $6` are amounts. Beside letters and digits it does so where the formula can be nothing else:
`3$\times$3`, `$n$th`. GitHub's forms are read too: $`..`$ and blocks of code in the language `math`. What cannot be converted
is shown as it was written, with its delimiters; so is what would hide a part of itself, which judges read. The MathML is not
safe by itself: whoever shows it cleans it with `ELEMENTS`, `CLASSES` and `attribute` of arena/texts/mathml.py.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from arena.lazy_patterns import LazyPattern
from arena.texts.latex import Sign
from arena.texts.mathml import LONGEST, mathml

_ENVIRONMENT = (
    r"(?:equation|align(?:ed)?(?:at)?|aligned|gather|gathered|multlined?|split|eqnarray|flalign|[dr]?cases|array"
    r"|[pbBvV]?matrix|smallmatrix)\*?"
)
_MATHEMATICAL = LazyPattern(rf"\\begin\{{{_ENVIRONMENT}\}}")
_HIDING = LazyPattern(
    r"(?<!\\)%.*\S|\\[hv]?phantom(?!\s*(?:\{[^{}]{0,3}\}|\w))|\\(?:href|class|cssId|style|data)(?![a-zA-Z])"
    r"|\\rule(?!(?:\{[\d.]+\s*[a-z]{2}\}){2})"
    r"|\\label(?!\{[\w:.-]{0,20}\})|\\[hv]space\*?(?!\*|\s*\{\s*-?[\d.]+\s*[a-z]{2}\s*\})"
    rf"|\\begin(?!\s*\{{{_ENVIRONMENT}\}})"
)
_BEGIN = LazyPattern(r"\\begin\{([a-zA-Z]+\*?)\}")
_SIDES = LazyPattern(r"\\(begin|end)\{([a-zA-Z*]+)\}")
_OPENING = LazyPattern(rf"\$\$|\\\[|{_BEGIN.pattern}")
_CLOSING = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$`": "`$"}
_AFTER = LazyPattern(r"[ \t]*([.,;:]?)[ \t]*$", re.MULTILINE)  # what may follow a displayed formula on its last line
_AMOUNT = LazyPattern(r"\d[\d.,]*\s+\w{2,}[^\\^_={}]*\Z")  # "5 dollars and more" between two dollar signs
# What stands beside letters or digits and is a formula all the same: a command, or a sign above or below.
_SURELY = LazyPattern(r"(?:[^\s\d$][^$]*)?(?<![A-Za-z]{2})(?:\\[a-zA-Z]{2,}|[\^])[^$]*|[A-Za-z]?_(?:\w|\{[^$]*\})")
_BARE = LazyPattern(r"[\\^_][^$]*")
_ORDINAL = LazyPattern(
    r"(?:[A-Za-z]|\d{1,3}|\(?[A-Za-z]\s?[+-]\s?\w\)?)\$(?:st|nd|rd|th|ths|s|es|D|fold|ary|gon|grams?)(?![A-Za-z0-9$])"
)
_DOLLAR = LazyPattern(r"\\.|[{}$]", re.DOTALL)
_CELL = LazyPattern(r"(?<!\\)\|")
_IN_ROW = LazyPattern(r"`+[^`]*`+|\\\$|\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]|\$")


def formulas(markdown: MarkdownIt) -> None:
    """A plugin of markdown-it: formulas become tokens `formula` before any other rule sees them."""
    markdown.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.inline.ruler.before("escape", "formula", _inline)
    markdown.add_render_rule("formula", _shown)
    markdown.core.ruler.after("block", "math fences", _fences)


def _fences(state: StateCore) -> None:
    """Blocks of code in the language `math` are formulas."""
    for token in state.tokens:
        if token.type == "fence" and token.info.split()[:1] == ["math"]:
            token.type, token.markup, token.info, token.block = "formula", "", "", True


def _shown(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    r"""Displayed where `$$`, `\[` or an environment stood, whether alone on its lines or within a sentence."""
    token = tokens[at]
    source = f"{token.markup}{token.content}{_CLOSING.get(token.markup, token.markup)}" if token.markup else token.content
    is_formula = bool(token.markup) or not _BEGIN.match(token.content) or _MATHEMATICAL.match(token.content) is not None
    made = (
        mathml(token.content, is_display=token.markup not in {"$", "\\("})
        if is_formula and not _HIDING.search(token.content)
        else None
    )
    after = escapeHtml(token.info)
    if token.block:
        return f"<pre>{escapeHtml(source)}{after}</pre>\n" if made is None else f"<p>{made}{after}</p>\n"
    return f"<code>{escapeHtml(source)}</code>" if made is None else made


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A displayed formula that has its lines to itself; it may interrupt a paragraph and hold blank lines."""
    if state.is_code_block(start):
        return False
    opening = _OPENING.match(state.src, state.bMarks[start] + state.tShift[start], state.eMarks[start])
    if not opening:
        return False
    closing = f"\\end{{{opening[1]}}}" if opening[1] else _CLOSING[opening[0]]
    last = _last_line(state, start, end, opening.end(), closing)
    if last is None:
        return False
    if not silent:
        text = state.getLines(start, last + 1, state.blkIndent, False).strip()
        inner, _, after = text.rpartition(closing)
        token = state.push("formula", "math", 0)
        token.markup = "" if opening[1] else opening[0]
        token.content = inner + closing if opening[1] else inner[len(opening[0]) :]
        token.info, token.block, token.map = after.strip(), True, [start, last + 1]
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, begin: int, closing: str) -> int | None:
    """The line of this block that ends with the closing delimiter."""
    if state.src.find(closing, begin, begin + LONGEST) < 0:
        return None
    for line in range(start, end):
        if line > start and state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return None  # the list item or quotation ends before the formula does
        first = begin if line == start else state.bMarks[line] + state.tShift[line]
        closing_at = state.src.find(closing, first, state.eMarks[line])
        if closing_at >= 0:
            return line if _AFTER.match(state.src, closing_at + len(closing), state.eMarks[line]) else None
    return None


def _inline(state: StateInline, silent: bool) -> bool:
    r"""`$..$`, `$$..$$`, `\(..\)`, `\[..\]`, `\begin{..}..\end{..}` within a line of text."""
    if begin := _BEGIN.match(state.src, state.pos, state.posMax):
        return _environment(state, begin, silent)
    markup = next((each for each in ("$$", "$`", "$", "\\(", "\\[") if state.src.startswith(each, state.pos)), None)
    if markup is None:
        return False
    inner = between_dollars(state.src, state.pos, state.posMax) if markup == "$" else _between(state, markup)
    if inner is None:
        return _as_written(state, markup, silent)
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup, token.block = inner, markup, False
    state.pos += len(inner) + len(markup) + len(_CLOSING.get(markup, markup))
    return True


def _environment(state: StateInline, begin: re.Match[str], silent: bool) -> bool:
    """To the end that belongs to this beginning; without one it is text like any other."""
    depth = 0
    for side in _SIDES.finditer(state.src, begin.start(), min(state.posMax, begin.start() + LONGEST)):
        if side[2] == begin[1]:
            depth += 1 if side[1] == "begin" else -1
        if depth == 0:
            if not silent:
                token = state.push("formula", "math", 0)
                token.content, token.markup, token.block = state.src[begin.start() : side.end()], "", False
            state.pos = side.end()
            return True
    return False


def _between(state: StateInline, markup: str) -> str | None:
    begin = state.pos + len(markup)
    end = state.src.find(_CLOSING[markup], begin, state.posMax)
    return state.src[begin:end] if end > begin and state.src[begin:end].strip() else None


def between_dollars(src: str, at: int, most: int) -> str | None:
    """The formula that the dollar at this place opens, if it opens one."""
    begin = at + 1
    before, first = src[max(0, at - 1) : at], src[begin : begin + 1]
    if not first.strip() or before == "$":
        return None
    end = _closing_dollar(src, begin, min(most, begin + LONGEST))
    after = src[end + 1 : min(most, end + 2)]
    if end <= begin or src[end - 1].isspace() or after in {"$", "{"}:  # ${HOME}:${PATH}
        return None
    inner = src[begin:end]
    if _is_wordy(before) or _is_wordy(after):
        return inner if _stands_beside_words(inner, src, begin, before, after) else None
    return None if _AMOUNT.match(inner) else inner


def _closing_dollar(src: str, begin: int, most: int) -> int:
    """The next dollar outside braces: `\\text{..}` may hold formulas of its own."""
    depth = 0
    for sign in _DOLLAR.finditer(src, begin, most):
        if sign[0] == "$" and depth <= 0:
            return sign.start()
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
    return -1


def _stands_beside_words(inner: str, src: str, begin: int, before: str, after: str) -> bool:
    r"""Before a digit, which mostly is an amount, only a sign or an index: `3$\times$3`, but not `$x$5`."""
    if after.isdigit():
        return bool(_BARE.fullmatch(inner))
    if _SURELY.fullmatch(inner):
        return True
    return not _is_wordy(before) and bool(_ORDINAL.match(src, begin))


def _is_wordy(sign: str) -> bool:
    """A digit, or a letter of a script that writes words apart: Chinese has no spaces around a formula."""
    return sign.isdigit() or sign.lower() != sign.upper()


def _as_written(state: StateInline, markup: str, silent: bool) -> bool:
    r"""A delimiter without its partner: Markdown would take the backslash of `\(` away."""
    if markup not in {"\\(", "\\["}:
        return False
    if not silent:
        state.pending += markup
    state.pos += len(markup)
    return True


def in_row(row: str, n_columns: int) -> str:
    """
    A row of a table with stand-ins for the bars of its formulas, which are no ends of cells; as long as it was.

    A bar in `$..$` is one where the row has too many cells otherwise, or where the formula has more than letters and numbers:
    `| $5 | 10$ |` has two cells. As everywhere in a table, `\\|` stands for a bar; only before an index it is a norm.
    """
    too_many = len(_CELL.findall(row.strip().strip("|"))) >= n_columns
    parts, at = [], 0
    while match := _IN_ROW.search(row, at):
        formula = match[0]
        if formula == "$":
            inner = between_dollars(row, match.start(), len(row))
            is_one = inner is not None and (too_many or re.search(r"[\\^_{}]", inner))
            formula = f"${inner}$" if is_one else formula
        end = match.start() + len(formula)
        is_text = formula.startswith(("`", "\\$")) or formula == "$"
        parts += [row[at : match.start()], formula if is_text else _with_stand_ins(formula)]
        at = end
    return "".join(parts) + row[at:]


def _with_stand_ins(formula: str) -> str:
    if re.search(r"\\\|\s*_", formula):
        formula = formula.replace("\\|", "\\" + Sign.BAR)
    return _CELL.sub(Sign.BAR, formula)
