"""Style sheets name sides as lines begin and end, so that pages are whole in languages that are written from right to left."""

import re

import pytest

from tests.test_architecture import ROOT

SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
DRAWN = (".md", ".calib", ".timeplot")  # formulas and plots run from left to right in every language
_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
_BY_SIDE = re.compile(r"(?:(?:margin|padding|border|scroll-margin)-)?(?:left|right)(?:-\w+)?\s*:|text-align\s*:\s*(left|right)")
_ALL_SIDES = re.compile(r"(margin|padding|inset|border-radius)\s*:\s*([^;()]+)(?:;|$)")


def uneven(name: str, values: list[str]) -> bool:
    """Of four values the second is the right side and the fourth the left; of a radius, each is a corner."""
    return len(set(values)) > 1 if name == "border-radius" else len(values) == 4 and values[1] != values[3]


@pytest.mark.parametrize("path", SHEETS, ids=[path.name for path in SHEETS])
def test_no_side_is_left_or_right(path):
    rules = [(selector.strip(), style) for selector, style in _RULE.findall(path.read_text())]
    found = [
        f"{selector} {{ {declaration.strip()} }}"
        for selector, style in rules
        if not any(drawn in selector for drawn in DRAWN)
        for declaration in style.split(";")
        if _BY_SIDE.match(declaration.strip())
        or any(uneven(name, values.split()) for name, values in _ALL_SIDES.findall(declaration.strip()))
    ]
    assert found == []
