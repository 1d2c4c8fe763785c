"""Two answers, a verdict 1, 2 or Tie, and the judge's own reference answer: after PandaLM (Wang et al. 2023).

The source writes verdict, reason, reference; here the judge's own answer and the reasons come before the verdict. Replies
of the source's own model, with the verdict on the first line, are read with pick="first".
"""

from judges.protocols.protocol import CONTEXT, FAIRNESS, PairProtocol, choice_field, from_table, text_field
from judges.replies.labels import LineLabels
from judges.sayings import gettext_noop
from judges.verdicts.verdict import Verdict

LABELS = LineLabels({"1": "1", "2": "2", "tie": "Tie"})

PANDALM = PairProtocol(
    key="pandalm",
    version=1,
    title=gettext_noop("Pairwise with the judge's own reference"),
    source="After PandaLM (Wang et al. 2023, arXiv 2306.05087)",
    system=(
        "You evaluate two responses to one instruction. Look at whether they follow it, are right, and are brief and clear. "
        f"Before you decide, write down how the instruction should have been answered. {FAIRNESS}"
    ),
    template=f"""{CONTEXT}

Response 1:
{{answer_1}}

Response 2:
{{answer_2}}""",
    ending=(
        "Write your own reference response, then your reasons. Then end with one line that says Verdict: 1 where response 1 is "
        "better, Verdict: 2 where response 2 is better, or Verdict: Tie where neither is."
    ),
    json_ending=(
        "Reply with a JSON object of three fields in this order: reference, the response that you would have given; reasoning, "
        "your reasons; verdict, which is 1 where response 1 is better, 2 where response 2 is better, or Tie."
    ),
    properties={
        "reference": text_field("Your own response to the instruction."),
        "reasoning": text_field("The reasons, before the verdict."),
        "verdict": choice_field("1", "2", "Tie"),
    },
    labels=lambda n_criteria: LABELS,
    verdicts=from_table({"1": Verdict("first"), "2": Verdict("second"), "Tie": Verdict("tie")}),
)
