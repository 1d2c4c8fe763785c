"""A model's thinking, separated from its answer: by blocks in the text, in the forms that models and templates use.

A block counts where models put it: at the beginning of the reply (or right behind another block), up to its closing tag or the
end of the text; or before a closing tag alone, where the template of the prompt has opened it. The same tag within a sentence,
in code, or further down is part of the answer.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from arena.lazy_patterns import LazyPattern

_WORD = (
    r"(?:think|thinking|thinks|thoughts?|(?:think|thought|reasoning)_?process|reasoning|reason|reasoning_?content|reflection"
    r"|scratch_?pad|inner_?(?:monologue|thoughts)|deliberation|chain_?of_?thought|cot)"
)
_NAME = rf"(?:[a-z][\w-]{{0,15}}[:_])?{_WORD}"  # <seed:think>, <ant_thinking>
_OPENS = LazyPattern(
    rf"<{_NAME}(?:\s[^<>\n]{{0,60}})?>|\[THINK(?:ING)?\]|◁think▷|<unused94>(?:thought\n)?|<\|(?:begin|start)_?(?:of_?)?{_WORD}\|>"
    rf"|<\|{_WORD}\|>|<\|channel\|?>\s*(?:analysis|commentary|thought|thinking)\b[^<\n]{{0,80}}(?:<\|message\|>|\n|$)",
    re.I,
)
_CLOSES = LazyPattern(rf"</{_NAME}\s?>|\[/THINK(?:ING)?\]|◁/think▷|<unused95>|<\|end_?(?:of_?)?{_WORD}\|>|<\|/{_WORD}\|>", re.I)
# Channels end where the next message starts, with or without the marks of turns between.
_CHANNEL_ENDS = LazyPattern(r"<\|(?:end|return|call)\|>|<channel\|>|(?=<\|start\|>|<\|channel\|?>)", re.I)
_TURN = LazyPattern(r"(?:<\|start\|>)?\s*(?:assistant\b[^<\n]{0,80})?\s*(?=<\|channel\|?>)", re.I)
# Marks round the answer: part of the template, not of the answer.
_ANSWER_MARKS = LazyPattern(
    r"(?:<\|start\|>\s*assistant\b[^<\n]{0,40}|assistant\s*)?<\|channel\|?>\s*final\b[^<\n]{0,80}<\|message\|>"
    r"|<\|begin_of_solution\|>|<\|START_RESPONSE\|>",
    re.I,
)
_END_MARKS = LazyPattern(
    r"\s*(?:<\|end_of_solution\|>|<\|END_RESPONSE\|>|<\|return\|>|<\|end\|>|<\|im_end\|>|<\|eot_id\|>)\s*$", re.I
)
# The marks of the channels were dropped as special tokens.
_BARE_CHANNELS = LazyPattern(r"\s*analysis(?=\S)(?![a-z]).*?assistant\s*final", re.DOTALL)
_CODE = LazyPattern(
    r"^[ \t]{0,3}(```+|~~~+)[^\n]*$.*?(?:^[ \t]{0,3}\1[ \t]*$|\Z)|(`{1,4})(?!`)[^\n]{0,400}?(?<!`)\2(?!`)", re.M | re.DOTALL
)
_PROSE_BEFORE = LazyPattern(r"[\w,;:(\"'“‘`][ \t]+$|[(\"'“‘`]$")
_PROSE_AFTER = LazyPattern(r"[.,;:!?)\"'”’`]|[ \t]+[a-z,;]")


def thought_spans(text: str) -> list[tuple[int, int]]:
    """
    Where the text is thinking: spans from the beginning of each block to its end, in order and apart.

    Examples
    --------
    >>> thought_spans("<think>Hm.</think>42")
    [(0, 18)]
    >>> thought_spans("Hm.\\n</think>\\n42"), thought_spans("Close <think> by </think> in XML.")
    ([(0, 12)], [])
    """
    spans = list(_spans(text))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def parted(text: str) -> tuple[str, str]:
    """
    The answer, and what was thought before it.

    Examples
    --------
    >>> parted("<think>\\nTwo and two.\\n</think>\\n\\nFour.")
    ('Four.', '<think>\\nTwo and two.\\n</think>')
    >>> parted("Four.")
    ('Four.', '')
    """
    spans = thought_spans(text)
    if not spans:
        return text, ""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    answer = "".join([*kept, text[at:]])
    answer = _END_MARKS.sub("", answer).strip()
    return answer, "\n".join(text[start:end] for start, end in spans).strip()


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    if channels := _BARE_CHANNELS.match(text):
        yield channels.span()
        return
    while True:
        begin = _after_blank(text, at)
        turn = _TURN.match(text, begin)
        opened = _OPENS.match(text, turn.end() if turn else begin)
        if opened is None:
            break
        end = _end_of_block(text, opened)
        yield at, end
        at = end
    if (closed := _stray_end(text, at)) is not None:
        yield at, closed
        at = closed
    begin = _after_blank(text, at)
    if (mark := _ANSWER_MARKS.match(text, begin)) is not None:
        yield at, mark.end()


def _end_of_block(text: str, opened: re.Match[str]) -> int:
    """Behind its closing tag; the end of the text where it is not closed."""
    is_channel = opened[0].lower().startswith("<|channel")
    closed = (_CHANNEL_ENDS if is_channel else _CLOSES).search(text, opened.end())
    if closed is None:
        return len(text)
    return closed.end()


def _stray_end(text: str, at: int) -> int | None:
    """Behind the last closing tag that no tag opens, where it stands as the end of thinking and not within prose or code."""
    closing = list(_CLOSES.finditer(text, at))
    if not closing:
        return None
    first_open = _OPENS.search(text, at)
    limit = first_open.start() if first_open else len(text)
    code = [block.span() for block in _CODE.finditer(text, at)]
    starts = [start for start, _ in code]
    for tag in reversed(closing):
        if tag.start() > limit:
            continue
        place = bisect_right(starts, tag.start()) - 1
        in_code = place >= 0 and tag.start() < code[place][1]
        if not in_code and not _is_prose(text, tag):
            return tag.end()
    return None


def _is_prose(text: str, tag: re.Match[str]) -> bool:
    """Whether the tag is only mentioned: within a sentence, in quotes, or followed by punctuation."""
    before = text[max(tag.start() - 40, 0) : tag.start()].rpartition("\n")[2]
    return bool(_PROSE_BEFORE.search(before) and _PROSE_AFTER.match(text, tag.end())) or bool(
        re.match(r"[.,;:)\"'”’`]", text[tag.end() : tag.end() + 1])
    )


def _after_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\u200b\ufeff":
        at += 1
    return at
