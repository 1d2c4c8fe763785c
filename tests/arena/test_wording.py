"""Counts agree with their nouns wherever they are printed."""

import re
from pathlib import Path

import pytest

from arena.wording import agreeing, counted
from ranking.maths.notes import numbered

ROOT = Path(__file__).resolve().parents[2]
NOUNS = (
    "votes|rows|prompts|answers|battles|comparisons|games|verdicts|calls|seconds|minutes|models|competitors|voters|judges"
    "|problems|pairs|texts|labels|clusters|criteria"
)
# More than one by nature or by a condition, a word that is no count, or what only programmers read.
BESIDE = re.compile(
    r"[A-Z][A-Z_]+(:,)?\}|raise ValueError|RuntimeError|SampleError|at most \{|(counted|numbered|agreeing)\(|> 1|each counts"
)
MANY = re.compile(r"\{% plural %\}.*?\{% endblocktranslate %\}", re.DOTALL)  # what a template says of more than one
OF_PROGRAMMERS = {"client.py", "comparisons.py", "packing.py", "formats.py", "fit_memory.py", "protocol.py"}


def test_counts_and_verbs():
    assert [counted(n, "vote", "votes") for n in (0, 1, 2, 1000)] == ["0 votes", "1 vote", "2 votes", "1,000 votes"]
    assert [counted(n, "reply", "replies") for n in (1, 3)] == ["1 reply", "3 replies"]
    assert [agreeing(n, "was", "were") for n in (0, 1, 2)] == ["were", "was", "were"]
    assert [numbered(n) for n in (1.0, 2.5)] == ["1 comparison", "2.5 comparisons"]


@pytest.mark.parametrize("folder", ["templates", "arena", "judges", "ranking"])
def test_no_page_or_message_prints_a_count_before_a_noun_that_is_always_plural(folder):
    """In templates and in code each count has both forms; where it is two at least, the code says so beside it."""
    pattern = re.compile(
        rf"(?<!least_seconds )(?<!least_seconds\|floatformat:0 )\}}\}} ({NOUNS})\b"
        if folder == "templates"
        else rf"\{{[^{{}}]+\}} ({NOUNS})\b"
    )
    found = []
    for path in sorted((ROOT / folder).rglob("*.html" if folder == "templates" else "*.py")):
        if "migrations" in path.parts or path.name in OF_PROGRAMMERS:
            continue
        text = MANY.sub(lambda many: "\n" * many[0].count("\n"), path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line) and not BESIDE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:150]}")
    assert found == []
