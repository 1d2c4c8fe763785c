"""Five labels, and the judge answers the request itself before it compares: after Arena-Hard (Li et al. 2024).

Labels are those of the source: [[A>>B]] [[A>B]] [[A=B]] [[B>A]] [[B>>A]]; its tables also know the mirrored spellings
[[A<B]], [[A<<B]] and [[B=A]].
"""

from judges.protocols.pairwise import TWO_ANSWERS
from judges.protocols.protocol import CONTEXT, FAIRNESS, PairProtocol, choice_field, from_table, text_field
from judges.replies.labels import BracketedLabels
from judges.sayings import gettext_noop
from judges.verdicts.verdict import Verdict

CHOICES = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
MIRRORED = {"B<<A": "A>>B", "B<A": "A>B", "B=A": "A=B", "A<B": "B>A", "A<<B": "B>>A"}
LABELS = BracketedLabels({label.lower(): label for label in CHOICES} | {old.lower(): new for old, new in MIRRORED.items()})
VERDICTS = {
    "A>>B": Verdict("first", 2),
    "A>B": Verdict("first"),
    "A=B": Verdict("tie"),
    "B>A": Verdict("second"),
    "B>>A": Verdict("second", 2),
}

ARENA_HARD = PairProtocol(
    key="arena_hard",
    version=1,
    title=gettext_noop("Pairwise, five labels, own answer first"),
    source="After Arena-Hard and BenchBuilder (Li et al. 2024, arXiv 2406.11939)",
    system=(
        "You are an expert in what the request is about, and you judge two answers to it. First write the answer that you "
        "would give yourself. Hold both answers against it and against the request: find their mistakes, then ask which one "
        "helps more, keeps closer to the request, says what matters and leaves out what does not, and whether something that "
        f"the person needs is missing. {FAIRNESS}"
    ),
    template=f"{CONTEXT}\n\n{TWO_ANSWERS}",
    ending=(
        "Write your own answer, then your comparison. Then write one of these labels on a last line of its own: [[A>>B]] where "
        "answer A is much better, [[A>B]] where it is a little better, [[A=B]] where they are about equally good, [[B>A]] "
        "where answer B is a little better, [[B>>A]] where it is much better."
    ),
    json_ending=(
        "Reply with a JSON object of three fields in this order: own_answer, your own answer to the request; reasoning, your "
        "comparison; verdict, one of A>>B (answer A is much better), A>B (a little better), A=B (about equal), B>A (answer B "
        "is a little better), B>>A (much better)."
    ),
    properties={
        "own_answer": text_field("Your own answer to the request."),
        "reasoning": text_field("The comparison, before the verdict."),
        "verdict": choice_field(*CHOICES),
    },
    labels=lambda n_criteria: LABELS,
    verdicts=from_table(VERDICTS),
    has_strengths=True,
)
