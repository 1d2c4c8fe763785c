"""The slots of a template: what each one holds, which templates are refused, and what is left out with an empty slot.

A slot without a text takes its own block with it, the lines between two blank lines, where no other slot stands in them;
else its own line, with the heading or the pair of tags that frames it. No line with another slot is ever left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from judges.sayings import Refused, Saying, gettext_noop

HOLDS: Mapping[str, str] = {
    "prompt": gettext_noop("what the user asked; where there are several turns, one below the other"),
    "answer_1": gettext_noop("the answer in the first place, all its turns"),
    "answer_2": gettext_noop("the answer in the second place, all its turns"),
    "answer": gettext_noop("the answer that is graded, all its turns"),
    "checklist": gettext_noop("the criteria of the prompt, numbered"),
    "system_prompt": gettext_noop("the system prompt that the assistants were given, where there was one"),
    "reference": gettext_noop("the prompt's reference answer, where there is one and the parameter reference shows it"),
    "criteria": gettext_noop("the parameter criteria: your rubric in words"),
}
SLOTS = frozenset(HOLDS)

# What is wrong with a template.
ITS_SLOTS = gettext_noop("Its slots are %(needed)s, once each, and if you like %(optional)s")
LACKS = gettext_noop("the template lacks %(slots)s")
NO_SLOT = gettext_noop("%(slots)s is no slot of this protocol")
NEARLY_A_SLOT = gettext_noop("%(slots)s is no slot of this protocol (did you mean %(nearest)s?)")
BOTH = gettext_noop("%(one)s, and %(other)s")
WITHOUT_ADVICE = gettext_noop("%(fault)s. %(told)s")
WITH_ADVICE = gettext_noop("%(fault)s. %(told)s; to show braces as they are, write a space inside them: { so }")
TWICE = gettext_noop("the template shows %(slots)s more than once; leave one. %(told)s")
BESIDE = gettext_noop(
    "%(slots)s stands on a line with %(others)s: give it a line of its own, which is left out where there is no such text"
)
BESIDE_ANOTHER = gettext_noop(
    "%(slots)s stands on a line with another slot: give it a line of its own, which is left out where there is no such text"
)

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
# What somebody may have meant as a slot: {Category}, {answers[0]}, {{ prompt }}, {0}; not {"verdict": "A"}, {}, \frac{a}{b}.
_MEANT = re.compile(r"\{\{\s*([A-Za-z_][\w.\[\]-]*)\s*\}\}|\{([A-Za-z_][\w.\[\]-]*)\}|(?<!\S)\{(\d+)\}")
_FORMULA = re.compile(r"\\[A-Za-z]+(?:\{[^{}\n]*\})+|[\^_]\{[^{}\n]*\}")
_GAP = re.compile(r"(\n(?:[ \t]*\n)+)")
_OPENS = re.compile(r"<[^/<>][^<>]*>|\[(?!/)[^\[\]]*\]|\*\*[^*]+\*\*|#+ .*|.*:\**|```\w*|---+|===+")
_CLOSES = re.compile(r"</[^<>]+>|\[[^\[\]]*\]|```")
_FRAMES = ("<", "[", "`")


def slots_in(template: str) -> frozenset[str]:
    """Names of the slots that a template fills."""
    return frozenset(_SLOT.findall(template)) & SLOTS


def check_template(template: str, *, needed: frozenset[str], optional: frozenset[str]) -> None:
    """Raise if a template would leave out a text that its protocol needs, show one twice, or contain an unknown slot."""
    slots = Saying(ITS_SLOTS, {"needed": _listed(needed), "optional": _listed(optional)})
    missing = needed - slots_in(template)
    unknown = sorted({name for name in _meant(template) if name not in needed | optional})
    lacks, no_slot = Saying(LACKS, {"slots": _listed(missing)}), _no_slot(unknown, needed | optional)
    if unknown:
        raise Refused(WITH_ADVICE, fault=Saying(BOTH, {"one": lacks, "other": no_slot}) if missing else no_slot, told=slots)
    if missing:
        raise Refused(WITHOUT_ADVICE, fault=lacks, told=slots)
    slots_written = [name for name in _SLOT.findall(template) if name in SLOTS]
    if twice := sorted({name for name in slots_written if slots_written.count(name) > 1}):
        raise Refused(TWICE, slots=_braced(twice), told=slots)
    for line in template.split("\n"):
        named = slots_in(line)
        if len(named) > 1 and named & optional:
            others = named - optional
            raise Refused(BESIDE if others else BESIDE_ANOTHER, slots=_listed(named & optional), others=_listed(others))


def without_empty(template: str, filled: frozenset[str]) -> str:
    """The template for a request in which only these slots have a text."""
    empty = SLOTS - filled
    pieces = _GAP.split(template)
    kept = [
        (gap, rest)
        for gap, block in zip(["", *pieces[1::2]], pieces[::2], strict=True)
        if (rest := _block_without(block, empty)) is not None
    ]
    return "".join(f"{gap if number else ''}{rest}" for number, (gap, rest) in enumerate(kept))


def fill(template: str, blocks: Mapping[str, str]) -> str:
    """In one pass, so that a slot in a text stays text; braces around any other word stay as they are."""
    return _SLOT.sub(lambda match: blocks.get(match[1], match[0]), without_empty(template, frozenset(blocks)))


def parts_of(name: str, text: str | Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and texts of the blocks of a slot: one, or one for each turn or criterion."""
    if isinstance(text, str):
        yield name, text
        return
    unit = "item" if name == "checklist" else "turn"
    for number, one in enumerate(text, 1):
        yield f"{name} {unit} {number}", one


def _block_without(block: str, empty: frozenset[str]) -> str | None:
    named = slots_in(block)
    if not named & empty:
        return block
    if named <= empty:
        return None
    lines = block.split("\n")
    dropped = {number for number, line in enumerate(lines) if slots_in(line) and slots_in(line) <= empty}
    for number in sorted(dropped):
        dropped |= _frame_of(number, lines)
    kept = "\n".join(line for number, line in enumerate(lines) if number not in dropped)
    return _SLOT.sub(lambda match: "" if match[1] in empty else match[0], kept)  # of a line that it shares with another slot


def _frame_of(number: int, lines: Sequence[str]) -> set[int]:
    """The heading right above a slot that stands alone on its line; the tag below it too, where that is a pair of tags."""
    above = lines[number - 1].strip() if number else ""
    if not _SLOT.fullmatch(lines[number].strip()) or slots_in(above) or not _OPENS.fullmatch(above):
        return set()
    below = lines[number + 1].strip() if number + 1 < len(lines) else ""
    is_pair = above.startswith(_FRAMES) and below[:1] == above[:1] and bool(_CLOSES.fullmatch(below))
    return {number - 1, number + 1} if is_pair else {number - 1}


def _meant(template: str) -> Iterator[str]:
    for match in _MEANT.finditer(_FORMULA.sub("", template)):
        yield f"{{{match[1]}}}" if match[1] else match[2] or match[3]


def _no_slot(unknown: Sequence[str], allowed: frozenset[str]) -> Saying:
    """With the slot that the first of them may stand for."""
    nearest = get_close_matches(unknown[0].lower(), sorted(allowed), n=1) if unknown else []
    return Saying(NEARLY_A_SLOT if nearest else NO_SLOT, {"slots": _braced(unknown), "nearest": _braced(nearest)})


def _listed(names: frozenset[str]) -> str:
    return _braced([name for name in HOLDS if name in names])


def _braced(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
