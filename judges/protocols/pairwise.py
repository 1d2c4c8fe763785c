"""Which of two answers is better, or a tie: the plainest protocol, with reasons first.

Labels as in MT-bench (Zheng et al. 2023): [[A]], [[B]], [[C]] for a tie.
"""

from judges.protocols.protocol import CONTEXT, FAIRNESS, PairProtocol, choice_field, from_table, text_field
from judges.replies.labels import BracketedLabels
from judges.sayings import gettext_noop
from judges.verdicts.verdict import Verdict

LABELS = BracketedLabels({"a": "A", "b": "B", "c": "C", "tie": "C"})
VERDICTS = from_table({"A": Verdict("first"), "B": Verdict("second"), "C": Verdict("tie")})
TWO_ANSWERS = """\
Answer A, of the first assistant:
{answer_1}

Answer B, of the second assistant:
{answer_2}"""
ENDING = """\
Write your reasons first. Then, on a last line of its own, write [[A]] where answer A is better, [[B]] where answer B is \
better, or [[C]] where neither is better than the other."""
JSON_ENDING = """\
Reply with a JSON object. Its first field, reasoning, holds your reasons; its last field, verdict, holds A where answer A is \
better, B where answer B is better, or C where neither is."""

PAIRWISE = PairProtocol(
    key="pairwise",
    version=1,
    title=gettext_noop("Pairwise, three labels"),
    source="Own protocol, with the labels of MT-bench (Zheng et al. 2023, arXiv 2306.05685)",
    system=(
        "You compare two answers to the same request. Say which of them serves the person who asked better: whether it is "
        f"right, does what was asked, is complete without padding, and is clear. {FAIRNESS}"
    ),
    template=f"{CONTEXT}\n\n{TWO_ANSWERS}",
    ending=ENDING,
    json_ending=JSON_ENDING,
    properties={
        "reasoning": text_field("Why, before the verdict."),
        "verdict": choice_field("A", "B", "C"),
    },
    labels=lambda n_criteria: LABELS,
    verdicts=VERDICTS,
)
