"""Removes what is not the judge's own answer, that is echoed material and thinking, before labels are looked for.

Both are read in one pass: a reply of a hundred thousand opening tags costs no more than one of prose.
"""

import re
from dataclasses import dataclass

from arena.lazy_patterns import LazyPattern
from judges.replies.offset_text import OffsetText

_WORD = (
    r"(?:think|thinking|thinks|thought|thoughts|think_?process|thought_?process|reasoning|reasoning_?process|reasoning_?content"
    r"|reflection|analysis|scratchpad|scratch_?pad|inner_?monologue|inner_?thoughts|deliberation|chain_?of_?thought|cot|rationale_?draft)"
)
_NAME = rf"(?:[a-z][\w-]{{0,15}}[:_])?{_WORD}"  # <seed:think>, <ant_thinking>
_THOUGHT = LazyPattern(
    rf"(?P<open><{_NAME}(?:\s[^<>\n]{{0,60}})?>|\[THINK(?:ING)?\]|◁think▷|<unused94>"
    rf"|<\|(?:begin|start)_?(?:of_?)?{_WORD}\|>|<\|{_WORD}\|>|<\|?channel\|?>\s?(?:analysis|thought)(?:<\|message\|>)?)"
    rf"|(?P<close></{_NAME}\s?>|\[/THINK(?:ING)?\]|◁/think▷|<unused95>|<channel\|>"
    rf"|<\|end_?(?:of_?)?{_WORD}\|>|<\|/{_WORD}\|>|(?<=[\w.!?)\]])assistantfinal"
    r"|(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>)"
    # These also end turns that were no thoughts: they close what is open and mean nothing else.
    r"|(?P<turn><\|end\|>|<\|start\|>)",
    re.I,
)
# What a text quotes as whole lines, as code, in a comment, or struck out.
_FENCE = LazyPattern(r"[ \t]*(?:[-*+•][ \t]+|\d{1,2}[.)][ \t]+)?(?P<ticks>`{3,}|~{3,})(?P<rest>[^`\n]*)$")
_BLOCK_QUOTE = LazyPattern(r"[ \t]{0,3}(?:[-*+•][ \t]+|\d{1,2}[.)][ \t]+)?(?:[>＞]|&gt;)")
# What ends a block quote or a footnote that goes on without its mark: a blank line, or the start of another block.
_NEW_BLOCK = LazyPattern(r"\s*$|[ \t]{0,3}(?:#{1,6}[ \t]|[-*+•][ \t]|\d{1,2}[.)][ \t]|(?:[-*_][ \t]*){3,}$|`{3}|~{3})")
_NOTE = LazyPattern(r"[ \t]{0,3}\[\^?[^\[\]\n]{1,30}\]:[ \t]*(?=\S)")  # a footnote, or the target of a link
# Marks of other templates round an answer: "<|The Start of Assistant B's Answer|>", "### End of assistant B's answer".
_ANSWER_MARK = LazyPattern(
    r"^[ \t]{0,3}[<\[(#*=|~-][^\w\n]{0,11}(?:the )?(?P<what>start|begin|beginning|end) of (?:the )?(?:\w+['’]?s? ){0,3}?"
    r"(?:answer|response|output|reply|conversation|completion|question|prompt|reference|candidate|solution|assistant|model)"
    r"(?:['’]s \w+)?(?: ?[#\w]{1,3})?[^\w\n]{0,12}$",
    re.I | re.M,
)
_SET_OFF = LazyPattern(
    r"(?P<open><(?:blockquote|pre|q|cite|del|strike)(?:\s[^<>\n]{0,60})?>|<!--)"
    r"|(?P<close></(?:blockquote|pre|q|cite|del|strike)\s?>|-->)",
    re.I,
)
_STRUCK = LazyPattern(r"~~(?=[^\s~])[^~\n]{1,200}~~")
QUOTED = "\n(quoted)\n"  # replaces a quotation: a line without a label
_LONGEST_ALONE = 60  # of a code block that may hold nothing but a label


@dataclass(frozen=True, slots=True)
class ThinkingMarker:
    """A marker of a request, as it stands in a text."""

    is_begin: bool
    start: int
    end: int


def marks_in(text: str, fence: str) -> list[ThinkingMarker]:
    """Markers of fenced blocks in any text, however a reply that echoes them has framed them."""
    if fence.lower() not in text.lower():
        return []
    marker = re.compile(rf"[<＜]{{0,3}}\s{{0,3}}{re.escape(fence)}\s{{1,3}}(begin|end)\b[^\n<>]{{0,80}}[>＞]{{0,3}}", re.I)
    return [ThinkingMarker(match[1].lower() == "begin", *match.span()) for match in marker.finditer(text)]


def without_echo(text: OffsetText, fence: str | None) -> OffsetText:
    """The text without what is inside the request's fences, and after an open fence without all that may be inside."""
    return text if fence is None else text.cut(_between(marks_in(text.text, fence), len(text.text)))


def without_marked_answers(text: OffsetText) -> OffsetText:
    """The text without what is between the marks that other templates put around an answer."""
    marks = [ThinkingMarker(match["what"].lower() != "end", *match.span()) for match in _ANSWER_MARK.finditer(text.text)]
    return text.cut(_between(marks, len(text.text)))


def without_thoughts(text: OffsetText) -> OffsetText:
    """The text without <think> blocks; an end tag without a start covers all before it, a start without an end all after it."""
    marks: list[ThinkingMarker] = []
    for match in _THOUGHT.finditer(text.text):
        if match["turn"] and not (marks and marks[-1].is_begin):
            continue
        marks.append(ThinkingMarker(bool(match["open"]), *match.span()))
    return text.cut(_between(marks, len(text.text)))


def _between(marks: list[ThinkingMarker], length: int) -> list[tuple[int, int]]:
    """The spans from beginnings to ends, in order."""
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for mark in marks:
        if mark.is_begin:
            opened = mark.start if opened is None else opened
        elif opened is None:  # an end without a beginning: all before it may have stood inside
            spans = [(0, mark.end)]
        else:
            spans.append((opened, mark.end))
            opened = None
    return spans if opened is None else [*spans, (opened, length)]


def without_quotations(text: OffsetText) -> OffsetText:
    """
    Without block quotes, code blocks, comments and struck words. A code block of one short line becomes that line in quotation
    marks, since some judges set their verdict so.

    Examples
    --------
    >>> without_quotations(OffsetText.of("> [[B]]")).text.split(), without_quotations(OffsetText.of("```")).text.split()
    (['(quoted)'], [])
    """
    text = text.cut(_set_off(text.text), fill=QUOTED)
    text = text.cut((match.span() for match in _STRUCK.finditer(text.text)), fill=" (struck) ")
    return text.put(_quoted_lines(text.text))


def _set_off(text: str) -> list[tuple[int, int]]:
    """The text between quoting tags; a tag without its counterpart is ignored."""
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for match in _SET_OFF.finditer(text):
        if match["open"]:
            opened = match.start() if opened is None else opened
        elif opened is not None:
            spans.append((opened, match.end()))
            opened = None
    return spans


def _quoted_lines(text: str) -> list[tuple[int, int, str]]:
    """Block quotes and code blocks, line by line, with their replacements."""
    pieces: list[tuple[int, int, str]] = []
    lines = list(re.finditer(r"[^\n]*(?:\n|$)", text))
    at = 0
    while at < len(lines):
        line = lines[at]
        if opening := _FENCE.match(line[0].rstrip("\n")):
            closing = _closing(lines, at, opening["ticks"])
            pieces += _code(text, line, lines[closing] if closing < len(lines) else None)
            at = closing
        elif _BLOCK_QUOTE.match(line[0]) or _NOTE.match(line[0]):
            pieces.append((*line.span(), QUOTED))
        at += 1
    return pieces


def quotations_that_go_on(text: str) -> list[tuple[int, int]]:
    """
    Lines without a mark that belong to the block quote or footnote above, as Markdown has it.

    Examples
    --------
    >>> quotations_that_go_on("> It says\\n[[B]]\\n\\n[[A]]")
    [(10, 16)]
    >>> quotations_that_go_on("> It says\\n>\\n[[B]]")
    []
    """
    spans: list[tuple[int, int]] = []
    goes_on = False
    for line in re.finditer(r"[^\n]+\n?|\n", text):
        if quoted := _BLOCK_QUOTE.match(line[0]) or _NOTE.match(line[0]):
            goes_on = bool(line[0][quoted.end() :].strip(" \t>＞\n"))  # an empty line of a quotation ends its paragraph
        elif goes_on := goes_on and not _NEW_BLOCK.match(line[0].rstrip("\n")):
            spans.append(line.span())
    return spans


def _closing(lines: list[re.Match[str]], at: int, ticks: str) -> int:
    """The number of the line that closes the block, or the number of lines if none does."""
    for number in range(at + 1, len(lines)):
        line = lines[number][0].strip()
        if line.startswith(ticks) and not line.strip(ticks[0]):
            return number
    return len(lines)


def _code(text: str, opening: re.Match[str], closing: re.Match[str] | None) -> list[tuple[int, int, str]]:
    end = len(text) if closing is None else closing.end()
    inside = text[opening.end() : len(text) if closing is None else closing.start()]
    code = inside.strip()
    if not code or "\n" in code or len(code) > _LONGEST_ALONE:
        return [(opening.start(), end, QUOTED if code else "\n")]
    begin = opening.end() + inside.index(code)
    return [(opening.start(), begin, '\n"'), (begin + len(code), end, '"\n')]
