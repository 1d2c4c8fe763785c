"""Docstrings of the library -> texts of the Method page: nothing is written twice."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from arena.wording import gettext
from ranking.note_texts.words import gettext_noop

SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)
CODE = re.compile(r"``(.+?)``|`([^`]+?)`", re.DOTALL)
CITATION = re.compile(r"\s*\[\d+\]_")
REFERENCE = re.compile(r"^\.\. \[\d+\] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, or of code."""

    text: str
    is_code: bool


type Paragraph = list[Piece]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A function of the library as its docstring explains it."""

    key: str
    name: str
    function: str
    summary: Paragraph
    paragraphs: list[Paragraph]
    references: list[Paragraph]


@cache
def explained(key: str, name: str, function: Callable[..., Any]) -> Explanation:
    """The function's docstring as paragraphs; its parameters and examples are for programmers and stay in the code."""
    sections = _sections(inspect.getdoc(function) or "")
    summary, *more = list(_paragraphs(sections[""])) or [[]]
    references = list(_paragraphs(REFERENCE.sub("\n", sections.get("References", ""))))
    return Explanation(key, name, function.__name__, summary, more, references)


def methods_explained() -> list[Explanation]:
    """All methods of boards, then how intervals and rank ranges are computed."""
    # brings the fitting library with it, which no other page waits for
    from ranking import maths
    from ranking.boards.methods import METHODS
    from ranking.maths.estimation.covariance import spread

    methods = [explained(method.key, method.name, method.explained_by) for method in METHODS.values()]
    explanations = [
        *methods,
        explained("spread", gettext_noop("Which variance counts"), spread),
        explained("bootstrap", gettext_noop("Bootstrap"), maths.bootstrap),
        explained("rank-sets", gettext_noop("Rank ranges"), maths.rank_sets),
    ]
    return [replace(each, name=gettext(each.name)) for each in explanations]


def _sections(docstring: str) -> dict[str, str]:
    """The text under each title; what stands before the first one is under ""."""
    parts = SECTION.split(docstring)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for block in re.split(r"\n\s*\n|\n(?=\s*- )", text):
        words = " ".join(CITATION.sub("", block).split()).removeprefix("- ")
        if words:
            yield list(_pieces(words))


def _pieces(words: str) -> Iterator[Piece]:
    end = 0
    for code in CODE.finditer(words):
        if code.start() > end:
            yield Piece(words[end : code.start()], is_code=False)
        yield Piece(code[1] or code[2], is_code=True)
        end = code.end()
    if end < len(words):
        yield Piece(words[end:], is_code=False)
