r"""LaTeX as people write it -> the LaTeX that the converter knows.

What it would set wrongly or leave out is written another way here; what it does not know and what has no other way stays, and
the formula is shown as it was written. The signs in `Sign` stand for what the
converter does not carry over; arena/texts/mathml.py reads them.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from arena.lazy_patterns import LazyPattern


class Sign(StrEnum):
    """Signs that no formula may hold: from the private-use area of Unicode."""

    LESS = "\ue000"
    MORE = "\ue001"
    COLUMNS = "\ue002"  # at the beginning of an array: the next of `Prepared.columns` is about it
    LINE = "\ue003"  # at the beginning of a row: a line above it
    DISPLAY = "\ue004"  # at the beginning of a table: its cells are in display style
    OPEN = "\ue005"
    CLOSE = "\ue006"
    BAR = "\ue007"  # of a formula in a row of a table; arena/texts/formulas.py


MARKS = frozenset(Sign)


@dataclass(frozen=True)
class Prepared:
    """A formula in the converter's LaTeX, and the columns of its arrays in order: letters, with bars for lines between them."""

    tex: str
    columns: list[str] = field(default_factory=list)


# Numbers and names of formulas do not change their meaning; nor do commands that only a typesetting program needs.
_NAMING = LazyPattern(
    r"\\(?:label|require)\s*\{[^{}]*\}|\\(?:no)?limits(?!\s*[_^a-zA-Z])|\\(?:nonumber|notag|allowbreak|nobreak)(?![a-zA-Z])"
)
_REFERENCE = LazyPattern(r"\\(eqref|ref)\s*(\{[^{}]*\})")
_UPRIGHT = LazyPattern(r"\\mathrm\s*(\{[a-zA-Z]\})")  # the converter takes one upright letter for a slanted one
_DEFINING = LazyPattern(
    r"\\(?:(?:re)?newcommand|providecommand|[egx]?def|let|(?:re)?newenvironment|DeclareMathOperator)(?![a-zA-Z])"
)
_UNSAFE = LazyPattern(r"\\(?:fcolorbox|genfrac|sideset|skew|raise|lower|moveleft|moveright|[lrc]lap|verb|style)(?![a-zA-Z])")
_SPACING = LazyPattern(r"(\\\\)(?:\*|\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|\\baselineskip)\s*\])")  # behind a row
_SIDE = LazyPattern(r"\\(begin|end)\s*\{\s*([a-zA-Z]+\*?)\s*\}")
_ARRAY = LazyPattern(r"\\begin\{array\}\s*(?:\[[tbc]\])?\s*\{")
_LINES = LazyPattern(r"\\(?:hline|hdashline|toprule|midrule|bottomrule)(?![a-zA-Z])")
_REPEATED = LazyPattern(r"\*\{(\d)\}\{([lcr|]{1,9})\}")
_NO_COLUMN = LazyPattern(r"[@!>]\{[^{}]*\}|\s+")
_WIDE_COLUMN = LazyPattern(r"[pmbX]\{[^{}]*\}")
_COMMAND = LazyPattern(r"\\([a-zA-Z]+)")
_SAME = {
    "bm": r"\boldsymbol", "mathds": r"\mathbb", "mathbbm": r"\mathbb", "R": r"\mathbb{R}", "N": r"\mathbb{N}",
    "Z": r"\mathbb{Z}", "arg": r"\operatorname{arg}", "Tr": r"\operatorname{Tr}", "tr": r"\operatorname{tr}",
    "rank": r"\operatorname{rank}", "sgn": r"\operatorname{sgn}", "diag": r"\operatorname{diag}",
    "Var": r"\operatorname{Var}", "Cov": r"\operatorname{Cov}", "qed": r"\square", "hdots": r"\ldots",
    "degree": r"{}^\circ", "textdegree": r"{}^\circ", "celsius": r"{}^\circ\mathrm{C}", "tag": r"\qquad\tag",
    "underbar": r"\underline", "nicefrac": r"\tfrac",
}  # fmt: skip
# Environments that the converter does not know, or sets in one line: how it knows them.
_LIKE = {
    "aligned": ("align*", ""), "split": ("align*", ""), "align": ("align*", ""), "alignat": ("align*", ""),
    "alignat*": ("align*", ""), "alignedat": ("align*", ""), "flalign": ("align*", ""), "flalign*": ("align*", ""),
    "eqnarray": ("align*", ""), "eqnarray*": ("align*", ""), "equation": ("equation*", ""),
    "gathered": ("matrix", Sign.DISPLAY), "gather": ("matrix", Sign.DISPLAY), "gather*": ("matrix", Sign.DISPLAY),
    "multline": ("matrix", Sign.DISPLAY), "multline*": ("matrix", Sign.DISPLAY), "multlined": ("matrix", Sign.DISPLAY),
    "dcases": ("cases", Sign.DISPLAY),
}  # fmt: skip
_OPTION = LazyPattern(r"\s*\[[tbc]\]")
_NUMBER = LazyPattern(r"\s*\{\d*\}")
_RCASES = {"rcases": "", "drcases": Sign.DISPLAY}
_ANGLE = LazyPattern(r"(\\(?:left|right|middle|[bB]igg?[lrm]?))\s*([<>])")
_OPERATOR = LazyPattern(r"\\operatorname(\*?)\s*\{((?:[^{}\\]|\\[,;:! ])*)\}(?=(\s*[_^])?)")
_RULE = LazyPattern(r"\\rule\s*(?:\[[^\]]*\])?\s*(\{[^{}]*\})\s*\{[^{}]*\}")
_COLOUR = LazyPattern(r"\\colorbox\s*\{[^{}]*\}\s*(?=\{)")
_TEXT = LazyPattern(r"\\(text(?:bf|it|md|normal|rm|sf|tt|up)?|mbox|hbox|fbox)\s*\{")
_IN_TEXT = LazyPattern(r"\$((?:\\.|[^\\$])+)\$|\\\((.+?)\\\)|\\(text(?:bf|it|md|normal|rm|sf|tt|up)?|emph)\s*\{", re.DOTALL)
_ESCAPED = LazyPattern(r"\\([%$&_#{}])|\\[ ,;:]|~|([{}])|\n")
_BRACE = LazyPattern(r"\\.|[{}]", re.DOTALL)


def prepared(source: str) -> Prepared | None:
    """None where something would be left out: half an environment, half a group, a command that defines others."""
    if MARKS & set(source) or _DEFINING.search(source) or _UNSAFE.search(source):
        return None
    tex = _REFERENCE.sub(lambda match: rf"(\text{match[2]})" if match[1] == "eqref" else rf"\text{match[2]}", source)
    tex = _SIDE.sub(r"\\\1{\2}", _SPACING.sub(r"\1", _NAMING.sub("", tex)))
    with_texts = _with_texts(_COLOUR.sub(r"\\text", tex)) if _is_closed(tex) else None
    if with_texts is None:
        return None
    tex = _RULE.sub(r"\\underline{\\hspace\1}", _OPERATOR.sub(_operator, with_texts))
    tex = _COMMAND.sub(lambda match: _SAME.get(match[1], match[0]), tex)
    tex = _UPRIGHT.sub(r"\\mathrm{\1}", tex)
    columns: list[str] = []
    arrayed = _with_arrays(_with_environments(tex), columns)
    if arrayed is None:
        return None
    tex = _LINES.sub(Sign.LINE, arrayed)
    tex = _ANGLE.sub(lambda match: match[1] + {"<": r"\langle ", ">": r"\rangle "}[match[2]], tex)
    return Prepared(tex.replace("<", Sign.LESS).replace(">", Sign.MORE), columns)


def _is_closed(tex: str) -> bool:
    """Whether every environment that begins ends, in order: the converter leaves out what does not."""
    open_ones: list[str] = []
    for side, name in _SIDE.findall(tex):
        if side == "begin":
            open_ones.append(name)
        elif not open_ones or open_ones.pop() != name:
            return False
    return not open_ones


def _closing(tex: str, begin: int) -> int | None:
    """Where the group ends whose opening brace stands before `begin`."""
    depth = 1
    for brace in _BRACE.finditer(tex, begin):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.start()
    return None


def _with_texts(tex: str) -> str | None:
    r"""`\text{..}` with signs instead of escapes, and with its formulas beside it."""
    parts, at = [], 0
    while match := _TEXT.search(tex, at):
        end = _closing(tex, match.end())
        if end is None:
            return None
        name = {"mbox": "text", "hbox": "text", "fbox": "text"}.get(match[1], match[1])
        inner = _text(name, tex[match.end() : end])
        if inner is None:
            return None
        parts += [tex[at : match.start()], rf"\boxed{{{inner}}}" if match[1] == "fbox" else f"{{{inner}}}"]
        at = end + 1
    return "".join(parts) + tex[at:]


def _text(name: str, inner: str) -> str | None:
    parts, at = [], 0
    while match := _IN_TEXT.search(inner, at):
        parts.append(_plain(name, inner[at : match.start()]))
        if match[3]:
            end = _closing(inner, match.end())
            nested = None if end is None else _text({"emph": "textit"}.get(match[3], match[3]), inner[match.end() : end])
            at = (end or 0) + 1
        else:
            nested = _with_texts(match[1] or match[2])
            at = match.end()
        if nested is None:
            return None
        parts.append(f"{{{nested}}}")
    return "".join([*parts, _plain(name, inner[at:])]) or "{}"


def _plain(name: str, words: str) -> str:
    signs = {"{": Sign.OPEN, "}": Sign.CLOSE}
    words = _ESCAPED.sub(lambda match: signs.get(match[1], match[1]) if match[1] else "" if match[2] else " ", words)
    return rf"\{name}{{{words}}}" if words else ""


def _operator(match: re.Match[str]) -> str:
    r"""Names of several words: the converter knows letters only, and `arg max` by a name of its own."""
    name = re.sub(r"\\.", " ", match[2])
    if name.isalpha():
        return rf"\operatorname{match[1]}{{{name}}}"
    if "".join(name.split()) in {"argmax", "argmin"} and match[1]:
        return "\\" + "".join(name.split()) + " "
    return rf"\text{{{name}}}" + (r"\limits" if match[1] and match[3] else "")


def _with_environments(tex: str) -> str:
    parts, at = [], 0
    for match in _SIDE.finditer(tex):
        side, name = match.groups()
        parts.append(tex[at : match.start()])
        at = match.end()
        if name in _RCASES:
            parts.append(rf"\left.\begin{{array}}{{ll}}{_RCASES[name]}" if side == "begin" else r"\end{array}\right\}")
            continue
        other, mark = _LIKE.get(name, (name, ""))
        parts.append(rf"\{side}{{{other}}}" + (mark if side == "begin" else ""))
        if side == "begin" and name in _LIKE and (option := (_NUMBER if "at" in name else _OPTION).match(tex, at)):
            at = option.end()
    return "".join(parts) + tex[at:]


def _with_arrays(tex: str, columns: list[str]) -> str | None:
    """Arrays whose columns are letters alone; lines between them are kept in `columns`."""
    parts, at = [], 0
    while match := _ARRAY.search(tex, at):
        end = _closing(tex, match.end())
        if end is None:
            return None
        written = _NO_COLUMN.sub("", _WIDE_COLUMN.sub("l", tex[match.end() : end]))
        written = _REPEATED.sub(lambda match: match[2] * int(match[1]), written)
        if not re.fullmatch(r"[lcr|]{1,60}", written):
            return None
        columns.append(written)
        parts += [tex[at : match.start()], rf"\begin{{array}}{{{written.replace('|', '')}}}{Sign.COLUMNS}"]
        at = end + 1
    return "".join(parts) + tex[at:]
