"""Grades on five points: of votes, and of a judge that can say "much better"."""

import pytest

from judges.audits.figures.five_point_grades import judged_grade, knows_strengths, middle_grade
from judges.audits.figures.inputs import AuditGame
from judges.protocols import PROTOCOLS
from judges.verdicts.verdict import Verdict


def said(order: str, winner: str, strength: int = 1) -> AuditGame:
    return AuditGame("1", "1", "x", "y", order, 0, Verdict(winner, strength))


@pytest.mark.parametrize(
    ("grades", "middle"), [([2], 2), ([2, 1], 1), ([-2, -1], -1), ([1, 0], 0), ([2, 1, 1], 1), ([-2, -2, 0], -1), ([], None)]
)
def test_the_mean_is_rounded_and_a_half_goes_towards_the_middle(grades, middle):
    assert middle_grade(grades) == middle


def test_only_arena_hard_knows_much_better():
    assert [key for key in PROTOCOLS if knows_strengths(key)] == ["arena_hard"]


def test_a_judge_grades_where_its_orders_agree():
    both = [said("ab", "first", 2), said("ba", "second", 2)]
    assert judged_grade(both, "a") == 2
    assert judged_grade([said("ab", "second", 2), said("ba", "first")], "b") == -1
    assert judged_grade([said("ab", "tie"), said("ba", "tie")], "tie") == 0
    assert judged_grade(both, None) is None
