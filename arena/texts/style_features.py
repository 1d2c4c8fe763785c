"""Countable features of an answer's style: the covariates of style control."""

import re
from typing import TypedDict

from arena.lazy_patterns import LazyPattern

_HEADER = LazyPattern(r"^#{1,6}\s", re.MULTILINE)
_LIST_ITEM = LazyPattern(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])\s", re.MULTILINE)
_BOLD = LazyPattern(r"\*\*[^*\n]+\*\*|__[^_\n]+__")
_FENCE = LazyPattern(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_FENCED = LazyPattern(r"^[ \t]*(```|~~~).*?^[ \t]*\1[^\n]*$", re.MULTILINE | re.DOTALL)


class StyleFeatures(TypedDict):
    n_characters: int
    n_headers: int
    n_list_items: int
    n_bold: int
    n_code_blocks: int


def style_features(text: str) -> StyleFeatures:
    """Counts in Markdown; what stands inside code fences is code, not headers or lists."""
    has_fences = "```" in text or "~~~" in text
    prose = _FENCED.sub("", text) if has_fences else text
    return StyleFeatures(
        n_characters=len(text),
        n_headers=len(_HEADER.findall(prose)),
        n_list_items=len(_LIST_ITEM.findall(prose)),
        n_bold=len(_BOLD.findall(prose)),
        n_code_blocks=(len(_FENCE.findall(text)) + 1) // 2 if has_fences else 0,
    )
