"""LaTeX -> MathML that Chromium draws as intended, with or without a font for formulas; and which of it is harmless.

The converter's MathML is mended as a tree: lines of tables and over groups get classes that static/css/site.css draws, since
MathML Core has none of them. What is not understood completely is not a formula: None, and its source is shown.
"""

import re
import unicodedata
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring  # makes elements and reads none  # nosec B405

from latex2mathml.converter import Converter

from arena.lazy_patterns import LazyPattern
from arena.texts.latex import Prepared, Sign, prepared

LONGEST = 4_000  # characters of one formula
DEEPEST = 40  # braces in braces
ELEMENTS = {
    "math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "msub", "msup",
    "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mtable", "mtr", "mtd", "menclose", "mphantom",
}  # fmt: skip
CLASSES = {
    "mrow": {"fx-over", "fx-under", "fx-overbrace", "fx-underbrace", "fx-overbracket", "fx-underbracket", "fx-hat", "fx-tilde",
             "fx-right", "fx-left", "fx-both", "fx-under-right", "fx-under-left", "fx-under-both"},
    "mo": {"fx-drawn"},
    "mtd": {"fx-line-top", "fx-line-bottom", "fx-line-left", "fx-line-right"},
}  # fmt: skip
_WORDS = LazyPattern(r"[a-z0-9#.+-]{1,40}", re.IGNORECASE)
_LENGTH = LazyPattern(r"\+?\d?\d?(\.\d+)?(em|ex|px|pt)|\d(\.\d+)?(cm|in)|\d?\d(\.\d+)?mm|-?[0-2]?(\.\d+)?(em|ex)|0")
_LENGTHS = {"width", "height", "depth", "lspace", "rspace", "voffset", "linethickness", "minsize", "maxsize"}
_PLAIN = {
    "display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "separator", "symmetric", "largeop",
    "movablelimits", "accent", "accentunder", "mathvariant", "columnalign", "notation",
}  # fmt: skip
ATTRIBUTES = _LENGTHS | _PLAIN
_SPACES = {
    "thinmathspace": "0.167em", "mediummathspace": "0.222em", "thickmathspace": "0.278em",
    "negativethinmathspace": "-0.167em", "negativemediummathspace": "-0.222em", "negativethickmathspace": "-0.278em",
}  # fmt: skip

_ENTITY = LazyPattern("&#x([0-9A-Fa-f]{1,6});")
_SIGNS = {Sign.LESS: "<", Sign.MORE: ">", Sign.OPEN: "{", Sign.CLOSE: "}"}
_LEAVES = {"mi", "mo", "mn", "mtext", "ms"}
_WITH_LIMITS = {
    "lim", "max", "min", "sup", "inf", *"\u2211\u220f\u2210\u22c0\u22c1\u22c2\u22c3\u2a00\u2a01\u2a02\u2a03\u2a04\u2a05\u2a06",
}  # fmt: skip
_NOT_OPERATORS = set("\u221e\u2205\u2202\u2201\u00ac\u0338")
_UNSPACED = set("|\u2016/\u2026\u22ef\u22ee\u22f1")
_FENCES = set("|\u2016\u27e8\u27e9\u2308\u2309\u230a\u230b(){}[]")
_LIMITED = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
# Marks drawn over or under a group, by the sign that the converter puts there.
_DRAWN = {
    ("mover", "\u2015"): "fx-over", ("munder", "\u2015"): "fx-under", ("mover", "\u00af"): "fx-over",
    ("mover", "\u23de"): "fx-overbrace", ("munder", "\u23df"): "fx-underbrace", ("mover", "\u23b4"): "fx-overbracket",
    ("munder", "\u23b5"): "fx-underbracket", ("mover", "^"): "fx-hat", ("mover", "~"): "fx-tilde",
    ("mover", "\u2192"): "fx-right", ("mover", "\u2190"): "fx-left", ("mover", "\u2194"): "fx-both",
    ("munder", "\u2192"): "fx-under-right", ("munder", "\u2190"): "fx-under-left", ("munder", "\u2194"): "fx-under-both",
}  # fmt: skip
_SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
_THIN = "0.167em"
_ALWAYS = {"\u2015", "\u23b4", "\u23b5"}
_LETTERS = {"double-struck": ("DOUBLE-STRUCK",), "script": ("SCRIPT",), "fraktur": ("FRAKTUR", "BLACK-LETTER")}


class NoFormulaError(Exception):
    """The converter's output does not match its input."""


def attribute(tag: str, name: str, value: str) -> str | None:
    """The attribute of a MathML element if it is harmless: no address, no colour, nothing that moves far from its place."""
    if name == "class":
        return value if set(value.split()) <= CLASSES.get(tag, set()) else None
    if name in _LENGTHS:
        return value if _LENGTH.fullmatch(value) else None
    return value if name in _PLAIN and all(map(_WORDS.fullmatch, value.split())) else None


def mathml(source: str, *, is_display: bool) -> str | None:
    """The formula as MathML, or None where it cannot be converted."""
    if not source.strip() or len(source) > LONGEST or _depth(source) > DEEPEST:
        return None
    formula = prepared(source)
    if formula is None:
        return None
    made = _converted(formula.tex, is_display)
    if made is not None and any(space.get("linebreak") for space in made.iter("mspace")):  # rows without an environment
        made = _converted(rf"\begin{{matrix}}{Sign.DISPLAY}{formula.tex}\end{{matrix}}", is_display)
    if made is None:
        return None
    try:
        _mend(made, formula, source)
    except NoFormulaError:
        return None
    return tostring(made, encoding="unicode").replace("<math ", '<math dir="ltr" ', 1)


def _depth(source: str) -> int:
    deepest = depth = 0
    for brace in re.findall(r"\\.|[{}]", source, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        deepest = max(deepest, depth)
    return deepest


def _converted(tex: str, is_display: bool) -> Element | None:
    try:
        return Converter(display="block" if is_display else "inline").convert_to_element(tex)
    except Exception:  # the library raises many kinds of error, RecursionError among them
        return None


def _mend(made: Element, formula: Prepared, source: str) -> None:
    parents = {child: parent for parent in made.iter() for child in parent}
    for each in list(made.iter()):
        _attributes(each)
        _leaf(each)
    columns = iter(formula.columns)
    for table in list(made.iter("mtable")):
        _table(table, columns)
    if any(sign in (each.text or "") for each in made.iter() for sign in (Sign.COLUMNS, Sign.LINE, Sign.DISPLAY)):
        raise NoFormulaError
    for each in list(made.iter()):
        _negated(each)
        _limits(each, source)
        _over_and_under(each)
        _named(each, parents)
        if each.tag == "mo" and (each.text or "") in _FENCES and _is_beside_table(each, parents):
            each.set("stretchy", "true")
            each.set("fence", "true")


def _attributes(each: Element) -> None:
    if each.get("linebreak"):
        raise NoFormulaError
    if each.get("width") in _SPACES:
        each.set("width", _SPACES[each.attrib["width"]])
    for name in set(each.attrib) - ATTRIBUTES - {"xmlns"}:
        del each.attrib[name]


def _leaf(each: Element) -> None:
    """Signs instead of the library's entities. A backslash that it left in place is a command that it does not know."""
    text = each.text or ""
    if "\\" in text or (text in {"&", "{", "}"} and each.tag != "mtext"):
        raise NoFormulaError
    text = _ENTITY.sub(_sign, text)
    if text in {Sign.LESS, Sign.MORE, "~"} and each.tag == "mi":
        each.tag, text = "mo", {"~": "\u223c"}.get(text, text)
    for mark, sign in _SIGNS.items():
        text = text.replace(mark, sign)
    if each.tag in _LEAVES and len(each):
        each.tag = "mrow"  # \mathop{..}, \mathrel{..}: the library puts elements where only text may stand
        each.attrib.clear()
    if each.tag in {"mi", "mn"} and (names := _LETTERS.get(each.get("mathvariant", ""))):
        text = "".join(_letter(letter, names) for letter in text)
    each.text = {"\u29f5": "\u2216"}.get(text, text) or None
    _as_operator(each)
    if each.tag == "mrow" and len(each) == 1 and each[0].text == ",":
        _as_operator(each[0], is_alone=True)  # 1{,}000
    _arrow_labels(each)


def _as_operator(each: Element, *, is_alone: bool = False) -> None:
    """What Chromium's table of operators does not know, or knows otherwise than LaTeX."""
    text = each.text or ""
    if each.tag == "mi" and len(text) == 1 and unicodedata.category(text) == "Sm" and text not in _NOT_OPERATORS:
        each.tag = "mo"
    elif each.tag == "mo" and text in _NOT_OPERATORS:
        each.tag = "mi"
    if each.tag != "mo":
        return
    if text in _UNSPACED or is_alone:
        each.set("lspace", "0")
        each.set("rspace", "0")
    if text in _FENCES and not each.get("stretchy") and not each.get("minsize"):
        each.set("stretchy", "false")


def _arrow_labels(each: Element) -> None:
    """MathML Core has no widths like `+1em`: the library's label of an arrow would cover what stands beside it."""
    if each.tag == "mpadded" and each.get("width", "").startswith("+"):
        each.tag = "mrow"
        each.attrib.clear()
        each.insert(0, Element("mspace", {"width": "0.4em"}))
        each.append(Element("mspace", {"width": "0.4em"}))


def _negated(row: Element) -> None:
    r"""`\not` before a sign: one sign, where the library lays a bar over it that few fonts have."""
    for bar, sign in zip(list(row), list(row)[1:], strict=False):
        if bar.tag == "mpadded" and len(bar) == 1 and bar[0].text == "\u29f8":
            if sign.tag not in {"mo", "mi"} or len(sign.text or "") != 1:
                raise NoFormulaError
            row.remove(bar)
            sign.text = unicodedata.normalize("NFC", f"{sign.text}\u0338")


def _sign(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    if code < 32 or 0xD800 <= code < 0xF900 or code > 0x10FFFF:
        raise NoFormulaError
    return chr(code)


def _letter(letter: str, names: tuple[str, ...]) -> str:
    r"""The sign for a letter of `\mathbb` and the like: browsers know these letters by their own code points only."""
    kind = "DIGIT " if letter.isdigit() else "CAPITAL " if letter.isupper() else "SMALL "
    letter_name = unicodedata.name(letter, "").rpartition(" ")[2]
    for name in (
        *(f"MATHEMATICAL {each} {kind}{letter_name}" for each in names),
        *(f"{each} {kind}{letter_name}" for each in names),
    ):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue
    return letter


def _table(table: Element, columns: Iterable[str]) -> None:
    rows, above = list(table), []
    spec = None
    for row in rows:
        n_lines = 0
        for leaf in list(row[0]) if len(row) else []:
            if leaf.text not in {Sign.COLUMNS, Sign.LINE, Sign.DISPLAY}:
                continue
            row[0].remove(leaf)
            n_lines += leaf.text == Sign.LINE
            if leaf.text == Sign.COLUMNS:
                spec = next(iter(columns), None)
            if leaf.text == Sign.DISPLAY:
                table.set("displaystyle", "true")
        above.append(n_lines > 0)
    if rows and len(rows[-1]) <= 1 and not any(len(cell) for cell in rows[-1]):  # what stood behind the last row
        table.remove(rows.pop())
    if any(above) or "|" in (spec or ""):
        _lines(rows, above, spec or "")


def _lines(rows: list[Element], above: list[bool], spec: str) -> None:
    """Lines between columns and rows, as classes of cells; short rows are filled up, for a line has no gaps."""
    width = max((len(row) for row in rows), default=0)
    before = [bool(bars) for bars in re.findall(r"(\|*)[lcr]", spec)]
    is_right = spec.endswith("|")
    for row, line, is_last in zip(rows, above, [False] * (len(rows) - 1) + [True], strict=False):
        while len(row) < width:
            SubElement(row, "mtd")
        for at, cell in enumerate(row):
            drawn = [
                ("fx-line-top", line), ("fx-line-bottom", is_last and len(above) > len(rows) and above[-1]),
                ("fx-line-left", at < len(before) and before[at]), ("fx-line-right", is_right and at == width - 1),
            ]  # fmt: skip
            if classes := " ".join(name for name, is_drawn in drawn if is_drawn):
                cell.set("class", classes)


def _limits(each: Element, source: str) -> None:
    r"""In display style below and above, in text style behind: the browser decides. `\limits` decides for it."""
    if not len(each):
        return
    base = _core(each[0])
    if base is None or not (base.text in _WITH_LIMITS or base.get("movablelimits")):
        return
    if each.tag in _LIMITED and r"\nolimits" not in source:
        each.tag = _LIMITED[each.tag]
        base.set("movablelimits", "true")
    elif each.tag in _LIMITED.values() and r"\limits" in source:
        base.set("movablelimits", "false")


def _named(each: Element, parents: dict[Element, Element]) -> None:
    """Names of functions have a little space before and behind, where a letter or number stands."""
    if each.tag not in {"mi", "mo"} or len(each.text or "") < 2 or not (each.text or "")[:1].isalpha() or len(each):
        return
    outer = each
    while (parent := parents.get(outer)) is not None and parent.tag in _SCRIPTED and parent[0] is outer:
        outer = parent
    siblings = list(parents[outer])
    at = siblings.index(outer)
    each.tag = "mo"
    each.set("lspace", _THIN if at > 0 and _is_word(siblings[at - 1]) else "0")
    each.set("rspace", _THIN if at + 1 < len(siblings) and _is_word(siblings[at + 1]) else "0")


def _is_word(each: Element) -> bool:
    """Whether it is no operator or bracket, and does not begin with one."""
    while len(each) and each.tag in {*_SCRIPTED, "mrow", "mstyle"}:
        each = each[0]
    return each.tag != "mspace" and (each.tag != "mo" or (each.text or "")[:1].isalpha())


def _core(each: Element) -> Element | None:
    """The operator that stands alone in these braces, or is the base of these signs above and below."""
    while each.tag == "mrow" and len(each) == 1:
        each = each[0]
    return each if each.tag == "mo" else None


def _over_and_under(each: Element) -> None:
    if each.tag not in {"mover", "munder"} or len(each) != 2 or each[1].tag != "mo":
        return
    base, sign = each
    drawn = _DRAWN.get((each.tag, sign.text or ""))
    is_short = sign.text in {"^", "~"} and (each.get("accent") or sign.get("stretchy") == "false")  # \hat, \tilde
    if drawn is None or is_short or (sign.text not in _ALWAYS and len("".join(base.itertext())) <= 1):
        return
    held = Element("mrow", {"class": drawn})
    each.remove(base)
    held.append(base)
    each.insert(0, held)
    sign.attrib.clear()
    sign.set("class", "fx-drawn")
    sign.set("stretchy", "false")


def _is_beside_table(each: Element, parents: dict[Element, Element]) -> bool:
    siblings = list(parents.get(each, ()))
    at = siblings.index(each) if each in siblings else -1
    return any(0 <= near < len(siblings) and siblings[near].tag == "mtable" for near in (at - 1, at + 1)) if at >= 0 else False
