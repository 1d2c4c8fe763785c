"""One answer graded by a rubric, 1-5 or 1-10, whole points: after Prometheus 2 (Kim et al. 2024).

Labels [[4]]; the source's `[RESULT] 4` is read as well.
"""

from judges.protocols.mt_bench import ONE_ANSWER
from judges.protocols.protocol import CONTEXT, FAIRNESS, SingleProtocol, choice_field, number, text_field
from judges.replies.labels import ScoreLabels
from judges.sayings import gettext_noop

SYSTEM = (
    "You grade an answer by a rubric. Where the operator gives criteria, they are the rubric; where none are given, grade "
    "whether the answer is right, complete and clear. Grade this answer for itself, not against another one that you imagine. "
    f"{FAIRNESS}"
)


def _rubric(points: int, title: str, middle: str) -> SingleProtocol:
    scale = f"1 means that the answer fails the rubric, {middle}, and {points} that it meets the rubric in every point"
    return SingleProtocol(
        key=f"rubric_{points}",
        version=1,
        title=title,
        source="After Prometheus 2 (Kim et al. 2024, arXiv 2405.01535)",
        system=SYSTEM,
        template=f"{CONTEXT}\n\n{ONE_ANSWER}",
        ending=(
            f"Hold the answer against the rubric, point by point. Then write a whole number from 1 to {points}, in double "
            f"square brackets and on a last line of its own, in this form: [[number]]. There {scale}."
        ),
        json_ending=(
            "Reply with a JSON object. Its first field, reasoning, holds the answer against the rubric, point by point; its "
            f"last field, score, is a whole number from 1 to {points}. There {scale}."
        ),
        properties={
            "reasoning": text_field("The rubric, point by point, before the score."),
            "score": choice_field(*range(1, points + 1)),
        },
        labels=lambda n_criteria: ScoreLabels(1, points, whole_points=True),
        grade=number,
        low=1,
        high=points,
    )


RUBRIC_5 = _rubric(5, gettext_noop("Rubric, single answers 1-5"), "3 that it meets the main points and misses others")
RUBRIC_10 = _rubric(10, gettext_noop("Rubric, single answers 1-10"), "4 to 6 that it meets the main points and misses others")
