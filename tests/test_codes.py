"""Programs go by codes and keys: no module reads a sentence of ours, or looks anything up by what it is called for people."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SENTENCES = {
    "note", "reason", "message", "sentence", "cause", "badge", "error", "unrated_because", "set_aside_reason", "formula",
    "title", "warning", "method_name",
}  # fmt: skip
"""What variables and fields that hold a sentence for people are called."""
PARSING = {
    "startswith", "endswith", "removeprefix", "removesuffix", "replace", "find", "index", "count", "partition", "rpartition",
    "match", "search", "fullmatch", "split", "sub",
}  # fmt: skip
FIGURES = re.compile(r"figure|label")
WORDS = re.compile(r"[A-Za-z][\w'’-]*( [\w'’(-]+)+[.)]?")

OTHERS = {
    "arena/config/errors/command_errors.py": "words of the database, which has no code for these",
    "arena/config/errors/unavailable.py": "words of the database, which has no code for these",
    "arena/config/redaction.py": "a sentence of Django in its own log",
    "arena/config/worker/broker_check.py": "what a broker says, on one line",
    "arena/importing/files/reading.py": "what Python's csv module says of a broken file",
    "arena/llm": "what providers say",
    "arena/texts": "prompts and answers",
    "judges/fakellm": "a provider of tests, which reads requests",
    "judges/replies": "what judges reply",
    "judges/safeguards": "answers that speak to their judge",
    "judges/verdicts/reply_endings.py": "what judges reply",
}
"""Where texts of others are read; those have no codes."""
STORED = {
    "arena/evidence/curation.py": {"TAKEN_BACK"},
    "arena/statements/vote_statements.py": {"TAKEN_BACK"},
    "arena/views/voting.py": {"TAKEN_BACK"},
    "ranking/comparisons/judge_notes.py": {"few battles"},
    "templates/ranking/leaderboard.html": {"not in both orders", "few battles", "one answer at a time", "a program"},
}
"""Codes with spaces that are stored: in snapshots, which never change and which the API gives, and with set-aside votes."""


def found_in(source: str) -> list[str]:
    """Each place where a sentence is taken apart, compared or used as a key."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if _is_wrong(node)]


def _is_wrong(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
            return _is_words(key) and not _is_request(value)
        case ast.Call(func=ast.Attribute(attr="filter" | "exclude"), keywords=[_, *_] as keywords):
            return any(_is_sentence_column(each.arg) and _is_constant(each.value) for each in keywords)
        case ast.Call(func=ast.Attribute(attr="split"), args=[]):
            return False  # white space
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args) if attr in PARSING:
            return _is_sentence(value) or (attr in {"match", "search", "fullmatch"} and any(map(_is_sentence, args)))
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return _is_sentence(right) or (
                isinstance(right, ast.Set | ast.Tuple | ast.List) and any(map(_is_words, right.elts))
            )
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            sides = (left, right)
            return any(map(_is_words, sides)) or (any(map(_is_sentence, sides)) and any(map(_is_constant, sides)))
        case ast.Subscript(slice=key):
            return _is_words(key)
        case ast.DictComp(key=ast.Attribute(value=ast.Name(id=name), attr="name")):
            return bool(FIGURES.search(name))
        case ast.DictComp(key=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value="name"))):
            return bool(FIGURES.search(name))
    return False


def _is_sentence(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SENTENCES
        case ast.Subscript(slice=ast.Constant(value=name)):
            return name in SENTENCES
        case ast.Call(func=ast.Name(id="str"), args=[value]):
            return _is_sentence(value)
    return False


def _is_sentence_column(name: str | None) -> bool:
    return any(part in SENTENCES for part in (name or "").split("__"))


def _is_words(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORDS.fullmatch(node.value))


def _is_constant(node: ast.expr) -> bool:
    """A text, or the name of one; the empty text says that there is none."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value)
    return isinstance(node, ast.Name) and node.id.isupper()


def _is_request(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"headers", "META"}


IN_TEMPLATES = re.compile(r"""(?:[!=]=|\bnot in|\bin) (["'])(?P<words>[A-Za-z][^"'%{}]* [^"'%{}]*)\1""")
OF_SENTENCES = re.compile(rf"""(["'])(?P<words>[^"']+)\1 (?:not )?in [\w.]*\b(?:{"|".join(sorted(SENTENCES))})\b""")
IN_SCRIPTS = re.compile(r"""(?:[!=]==?\s*|\.(?:includes|startsWith|endsWith)\()(["'`])(?P<words>[A-Za-z]+(?: [A-Za-z]+)+)""")


def words_in_template(source: str) -> set[str]:
    tags = " ".join(re.findall(r"\{%.*?%\}", source, re.DOTALL))
    return {found["words"] for pattern in (IN_TEMPLATES, OF_SENTENCES) for found in pattern.finditer(tags)}


def words_in_script(source: str) -> set[str]:
    return {found["words"] for found in IN_SCRIPTS.finditer(source)}


def sources(*patterns: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name and not any(name == other or name.startswith(f"{other}/") for other in OTHERS):
                yield name, path.read_text()


def test_no_module_reads_a_sentence_of_ours():
    found = {name: found_in(source) for name, source in sources("arena/**/*.py", "judges/**/*.py", "ranking/**/*.py")}
    wrong = {
        name: [each for each in places if not any(code in each for code in STORED.get(name, ()))]
        for name, places in found.items()
    }
    assert {name: places for name, places in wrong.items() if places} == {}


def test_no_template_or_script_compares_words():
    templates = {name: words_in_template(source) - STORED.get(name, set()) for name, source in sources("templates/**/*.html")}
    scripts = {name: words_in_script(source) for name, source in sources("static/**/*.js")}
    assert {name: words for name, words in (templates | scripts).items() if words} == {}


def test_exceptions_are_still_needed():
    assert [path for path in OTHERS if not (ROOT / path).exists()] == []
    for name, codes in STORED.items():
        text = (ROOT / name).read_text()
        assert [code for code in codes if code not in text] == [], name


@pytest.mark.parametrize(
    "planted",
    [
        'if note.startswith("neither people"): pass',
        'x = figure.note.replace("a", "b")',
        "notes = [note for note in notes if GOT_ANSWERS in note]",
        'is_large = "AGON_" in board.error',
        'is_one = selected["note"] == ONE_ORDER',
        'if str(error) == "no games": pass',
        'if "no games" in str(error): pass',
        'if juror.measured == "few battles": pass',
        'gamma = known.get("slot intercept gamma")',
        'gamma = known["slot intercept gamma"]',
        'known = {figure["name"]: figure for figure in figures}',
        "known = {label.name: part for part, label in rules}",
        'held = each.name in {"first-slot rate", "slot intercept gamma"}',
        're.search("lacks", entry.unrated_because)',
        "WIDE.search(reason)",
        "votes.exclude(set_aside_reason=TAKEN_BACK)",
    ],
)
def test_what_reads_a_sentence_is_found(planted):
    assert found_in(planted)


@pytest.mark.parametrize(
    "fine",
    [
        'if note.code == "nobody_says": pass',
        'gamma = known.get("slot_gamma")',
        "names = {competitor.name: competitor for competitor in some}",
        '" ".join(reason.split())',
        "boards.exclude(error='')",
        'path = name.replace("-", "_")',
        'if board.error == "": pass',
        'said = request.headers.get("HX-Request")',
        'lines = {"Rank ranges": said}',
    ],
)
def test_what_goes_by_codes_is_not(fine):
    assert not found_in(fine)


def test_words_are_found_in_templates_and_scripts():
    assert words_in_template('{% if not_now == "vote first" %}') == {"vote first"}
    assert words_in_template("{% if 'AGON_' in board.error %}") == {"AGON_"}
    assert words_in_template('<p>a == "b c"</p>{% if key == "one_order" %}{% for a in b %}') == set()
    assert words_in_script('if (said === "no pair left") return;') == {"no pair left"}
    assert words_in_script('if (key === "Enter") return; html.includes("<html")') == set()
