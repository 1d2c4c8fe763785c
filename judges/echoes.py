"""What of a reply is not the judge's own last word: echoed material and thinking. Both are cut before labels are looked for.

Both are read in one pass: a reply of a hundred thousand opening tags costs no more than one of prose.
"""

import re
from dataclasses import dataclass

from judges.tracing import Traced

_WORD = r"(?:think|thinking|thought|thoughts|reasoning)"
_THOUGHT = re.compile(
    rf"(?P<open><{_WORD}>|\[THINK\]|<\|channel\|>analysis<\|message\|>)|(?P<close></{_WORD}>|\[/THINK\])"
    # These also end turns that were no thoughts: they close what is open and mean nothing else.
    r"|(?P<turn><\|end\|>|<\|start\|>)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker of a request, as it stands in a text."""

    is_begin: bool
    start: int
    end: int


def marks_in(text: str, fence: str) -> list[Mark]:
    """Markers of fenced blocks in any text, however a reply that echoes them has framed them."""
    if fence.lower() not in text.lower():
        return []
    marker = re.compile(rf"[<＜]{{0,3}}\s{{0,3}}{re.escape(fence)}\s{{1,3}}(begin|end)\b[^\n<>]{{0,80}}[>＞]{{0,3}}", re.I)
    return [Mark(found[1].lower() == "begin", *found.span()) for found in marker.finditer(text)]


def without_echo(text: Traced, fence: str | None) -> Traced:
    """Without what stands inside the request's fences; with a fence left open, without all that might stand inside."""
    return text if fence is None else text.cut(_between(marks_in(text.text, fence), len(text.text)))


def without_thoughts(text: Traced) -> Traced:
    """Without <think> blocks; what comes before an end without a beginning, or after a beginning without an end, is one too."""
    marks: list[Mark] = []
    for found in _THOUGHT.finditer(text.text):
        if found["turn"] and not (marks and marks[-1].is_begin):
            continue
        marks.append(Mark(bool(found["open"]), *found.span()))
    return text.cut(_between(marks, len(text.text)))


def _between(marks: list[Mark], length: int) -> list[tuple[int, int]]:
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
