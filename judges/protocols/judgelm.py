"""Two scores in one game, 1 to 10: after JudgeLM (Zhu et al. 2023).

The source writes the scores first, `8 6`, and the reasons below; here they come last. Both are read.
"""

from judges.protocols.protocol import CONTEXT, FAIRNESS, PairProtocol, choice_field, text_field
from judges.replies.labels import PairScoreLabels
from judges.sayings import gettext_noop
from judges.verdicts.verdict import Verdict, scored

LABELS = PairScoreLabels(1, 10)


def _verdict(label: str) -> Verdict:
    first, second = label.split()
    return scored(float(first), float(second), margin=0)


JUDGELM = PairProtocol(
    key="judgelm",
    version=1,
    title=gettext_noop("Two scores in one game"),
    source="After JudgeLM (Zhu et al. 2023, arXiv 2310.17631)",
    system=(
        "You assess how well two assistants answered a user: helpfulness, relevance, accuracy and level of detail. Each of "
        f"them gets a score from 1 to 10, and a higher score means a better answer. {FAIRNESS}"
    ),
    template=f"""{CONTEXT}

The answer of assistant 1:
{{answer_1}}

The answer of assistant 2:
{{answer_2}}""",
    ending=(
        "Explain your assessment first. Then end with one line that holds nothing but the two scores, that of assistant 1 "
        "first, with a space between them."
    ),
    json_ending=(
        "Reply with a JSON object of three fields in this order: reasoning, your assessment; score_1, the score of "
        "assistant 1; score_2, the score of assistant 2. Both are whole numbers from 1 to 10."
    ),
    properties={
        "reasoning": text_field("The assessment, before the scores."),
        "score_1": choice_field(*range(1, 11)),
        "score_2": choice_field(*range(1, 11)),
    },
    labels=lambda n_criteria: LABELS,
    verdicts=_verdict,
)
