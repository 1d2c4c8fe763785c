"""Pairs and single answers, one turn and two: after MT-bench (Zheng et al. 2023).

Labels are those of the source: [[A]] [[B]] [[C]] for pairs, [[7]] or [[7.5]] from 1 to 10 for single answers. All forms show
the whole conversation. The source asks about the first turn in one game and about the second in another, and takes both;
`mt_pair` and `mt_single` ask about all turns in one game, the two-turn forms about the last, as the source's second game.
"""

from judges.protocols import pairwise
from judges.protocols.protocol import CONTEXT, FAIRNESS, PairProtocol, SingleProtocol, choice_field, number, text_field
from judges.replies.labels import ScoreLabels
from judges.sayings import gettext_noop

SOURCE = "After MT-bench (Zheng et al. 2023, arXiv 2306.05685)"
SCORES = ScoreLabels(1, 10)
QUALITIES = "helpfulness, relevance, accuracy, depth, creativity and level of detail"
LAST_TURN = (
    "The request is a conversation of several turns. Judge the answers to its last turn; the earlier ones are its context."
)
ALL_TURNS = (
    "The request is a conversation of several turns. Judge the answers to all its turns, each in the light of what was said "
    "before it, with the last turn in focus."
)
ONE_ANSWER = """\
The assistant's answer:
{answer}"""
PAIR_SYSTEM = f"You are an impartial judge of two assistants who answered the same user. Weigh their {QUALITIES}. {FAIRNESS}"
SINGLE_SYSTEM = f"You are an impartial judge of an assistant's answer. Weigh its {QUALITIES}. {FAIRNESS}"
SINGLE_ENDING = """\
Explain your judgement first. Then write your rating, a number from 1 (useless) to 10 (could not be better), on a last line of \
its own and in double square brackets, in this form: Rating: [[number]]"""
SINGLE_JSON_ENDING = """\
Reply with a JSON object. Its first field, reasoning, explains your judgement; its last field, score, is a number from 1 \
(useless) to 10 (could not be better)."""
PAIR_PROPERTIES = {
    "reasoning": text_field("The comparison, before the verdict."),
    "verdict": choice_field("A", "B", "C"),
}
SINGLE_PROPERTIES = {
    "reasoning": text_field("The explanation, before the score."),
    "score": {"type": "number", "description": "From 1 to 10."},
}

MT_PAIR = PairProtocol(
    key="mt_pair",
    version=2,
    title=gettext_noop("MT-bench, pairs"),
    source=SOURCE,
    system=PAIR_SYSTEM,
    template=f"{CONTEXT}\n\n{pairwise.TWO_ANSWERS}",
    ending=pairwise.ENDING,
    json_ending=pairwise.JSON_ENDING,
    properties=PAIR_PROPERTIES,
    labels=lambda n_criteria: pairwise.LABELS,
    verdicts=pairwise.VERDICTS,
    several=ALL_TURNS,
)
MT_PAIR_TWO_TURNS = PairProtocol(
    key="mt_pair_two_turns",
    version=1,
    title=gettext_noop("MT-bench, pairs, two turns"),
    source=SOURCE,
    system=f"{PAIR_SYSTEM} {LAST_TURN}",
    template=f"{CONTEXT}\n\n{pairwise.TWO_ANSWERS}",
    ending=pairwise.ENDING,
    json_ending=pairwise.JSON_ENDING,
    properties=PAIR_PROPERTIES,
    labels=lambda n_criteria: pairwise.LABELS,
    verdicts=pairwise.VERDICTS,
    turns="several",
)
MT_SINGLE = SingleProtocol(
    key="mt_single",
    version=2,
    title=gettext_noop("MT-bench, single answers 1-10"),
    source=SOURCE,
    system=SINGLE_SYSTEM,
    template=f"{CONTEXT}\n\n{ONE_ANSWER}",
    ending=SINGLE_ENDING,
    json_ending=SINGLE_JSON_ENDING,
    properties=SINGLE_PROPERTIES,
    labels=lambda n_criteria: SCORES,
    grade=number,
    low=1,
    high=10,
    several=ALL_TURNS,
)
MT_SINGLE_TWO_TURNS = SingleProtocol(
    key="mt_single_two_turns",
    version=1,
    title=gettext_noop("MT-bench, single answers 1-10, two turns"),
    source=SOURCE,
    system=f"{SINGLE_SYSTEM} {LAST_TURN}",
    template=f"{CONTEXT}\n\n{ONE_ANSWER}",
    ending=SINGLE_ENDING,
    json_ending=SINGLE_JSON_ENDING,
    properties=SINGLE_PROPERTIES,
    labels=lambda n_criteria: SCORES,
    grade=number,
    low=1,
    high=10,
    turns="several",
)
