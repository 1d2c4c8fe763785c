"""One answer held against criteria that were written once for its prompt: after WildBench and TICK.

A judge, or a person, writes the criteria of a prompt once and people may edit them; the answer's score is the weighted share
of the criteria that it meets.
"""

from collections.abc import Sequence

from arena.llm.wires.messages import Message
from arena.llm.wires.replies import storable
from judges.protocols.judge_input import Criterion
from judges.protocols.mt_bench import ONE_ANSWER
from judges.protocols.protocol import CONTEXT, FAIRNESS, Schema, SingleProtocol, as_slot, text_field
from judges.replies.cleaning import without_echo, without_thoughts
from judges.replies.json_objects import objects_in
from judges.replies.labels import CheckLabels
from judges.replies.offset_text import OffsetText
from judges.safeguards import delimiters
from judges.sayings import gettext_noop

MOST_CRITERIA = 20
MOST_WEIGHT = 100
WRITING_SYSTEM = """\
You write a checklist for judging answers to a request. Each criterion is one question about an answer that can be answered \
with yes or no, where yes is good; it asks one thing, can be checked without knowing other answers, and does not ask for a \
style that the request does not ask for."""
WRITING_TEMPLATE = """\
The system prompt that the assistants are given:
{system_prompt}

What the user asked:
{prompt}

A reference answer, written by the operator and taken to be right:
{reference}

Reply with a JSON object. Its first field, reasoning, says what a good answer must do; its last field, criteria, is a list of \
3 to 10 objects, each with text, the question, and weight, a whole number from 1 (nice to have) to 3 (without it the answer \
fails)."""
WRITING_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "reasoning": text_field("What a good answer must do."),
        "criteria": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"text": text_field("A yes or no question."), "weight": {"type": "integer", "enum": [1, 2, 3]}},
                "required": ["text", "weight"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["reasoning", "criteria"],
    "additionalProperties": False,
}
_CHECK = {
    "type": "object",
    "properties": {
        "number": {"type": "integer"},
        "reasoning": text_field("Why, before the answer."),
        "met": {"type": "string", "enum": ["yes", "no"]},
    },
    "required": ["number", "reasoning", "met"],
    "additionalProperties": False,
}


def weighted_share(label: str, checklist: Sequence[Criterion]) -> float:
    """
    The weight of the criteria that are met, as a share of all weight.

    Examples
    --------
    >>> weighted_share("yes no", [Criterion("Names the capital?", 3), Criterion("One sentence?", 1)])
    0.75
    """
    answers = label.split()
    if len(answers) != len(checklist) or not checklist:
        raise ValueError(
            f"the label answers {len(answers)} of the {len(checklist)}; give the checklist that the game was played with"
        )
    met = sum(criterion.weight for criterion, answer in zip(checklist, answers, strict=True) if answer == "yes")
    return met / sum(criterion.weight for criterion in checklist)


def compose_writing(turns: Sequence[str], *, system_prompt: str = "", reference: str | None, fence: str) -> tuple[Message, ...]:
    """The request that has the criteria of one prompt written; no answer is shown, so that none shapes them."""
    slots = {"prompt": as_slot(turns)}
    slots |= {name: text for name, text in (("system_prompt", system_prompt), ("reference", reference)) if text}
    return delimiters.compose(WRITING_SYSTEM, WRITING_TEMPLATE, slots, fence=fence, needed=frozenset({"prompt"}))


def read_writing(text: str, *, fence: str | None = None) -> tuple[Criterion, ...]:
    """The criteria in a reply to `compose_writing`; raises ValueError where it holds none, so that a person looks at it."""
    # A string in JSON may hold the word <think>; only what is no object as a whole is cut.
    is_object = text.lstrip().startswith(("{", "```"))
    written = text if is_object else without_thoughts(without_echo(OffsetText.of(text), fence)).text
    checklists = [one.fields["criteria"] for one in objects_in(written) if "criteria" in one.fields]
    if not checklists:
        raise ValueError("no checklist in the reply: it has no JSON object with criteria. Ask again or write them by hand")
    try:
        criteria = tuple(_criterion(row) for row in _listed(checklists[-1]))
    except ValueError as reason:
        raise ValueError(f"no checklist in the reply: {reason}. Ask again or write the criteria by hand") from reason
    if not 1 <= len(criteria) <= MOST_CRITERIA:
        raise ValueError(f"{len(criteria)} criteria; allowed are 1 to {MOST_CRITERIA}. Ask again or write them by hand")
    return criteria


def _listed(rows: object) -> list[object]:
    if not isinstance(rows, list):
        raise ValueError("its criteria are no list")  # a reply is of the wrong form, not a caller
    return rows


def _criterion(row: object) -> Criterion:
    text, weight = (row.get("text"), row.get("weight")) if isinstance(row, dict) else (None, None)
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a criterion without a text")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= MOST_WEIGHT:
        raise ValueError(f"weight {str(weight)[:20]!r} of a criterion; allowed are numbers above 0, at most {MOST_WEIGHT}")
    return Criterion(storable(text.strip()), weight)


CHECKLIST = SingleProtocol(
    key="checklist",
    version=1,
    title=gettext_noop("Checklist, single answers"),
    source="After WildBench (Lin et al. 2024, arXiv 2406.04770) and TICK (Cook et al. 2024, arXiv 2410.03608)",
    system=(
        "You check an answer against a list of criteria. Go through them one by one; a criterion is met only where the answer "
        f"itself shows it. {FAIRNESS}"
    ),
    template=f"""{CONTEXT}

The criteria, numbered in their markers:
{{checklist}}

{ONE_ANSWER}""",
    ending=(
        "Write your reasons for each criterion first. Then end with one line for each criterion and nothing below: its number, "
        "a colon, and yes where the answer meets it or no where it does not."
    ),
    json_ending=(
        "Reply with a JSON object. Its first field, reasoning, looks at the answer as a whole; its last field, checks, is a "
        "list with an object for each criterion: its number, the reasoning, and met, which is yes or no."
    ),
    properties={
        "reasoning": text_field("The answer as a whole, before the checks."),
        "checks": {"type": "array", "items": _CHECK},
    },
    labels=CheckLabels,
    grade=weighted_share,
    low=0,
    high=1,
    needed=frozenset({"prompt", "answer", "checklist"}),
)
