"""What a judge is held against: guessing, people among each other, other judges, and the probabilities that it states."""

import pytest

from judges.audits.refresh import audit_judge
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db
TURNED = {"a": "second", "b": "first", "tie": "tie", "both_bad": "both_bad"}
SLOT = {"a": "first", "b": "second", "tie": "tie", "both_bad": "both_bad"}


@pytest.fixture
def arena():
    return make_arena("garden")


def make_judged(arena, rows, judge, **fields):
    """A battle for each (votes, what the judge says of A first), on a prompt of its own."""
    a, b = make_competitor(arena, "Alder"), make_competitor(arena, "Birch")
    battles = []
    for votes, said in rows:
        battle = make_battle(a, b, make_prompt(arena))
        for vote in votes:
            make_vote(battle, vote)
        make_game(battle, judge, SLOT[said], **fields)
        battles.append(battle)
    return battles


def figures_of(audit):
    return {figure["key"]: figure for figures in audit.figures.values() for figure in figures}


def test_people_are_held_against_most_of_the_others_and_guessing_against_both_shares(arena):
    """Votes aab: each a has a and b beside it (split, left out), b has a a (not alike): 0 of 1. aa: 2 of 2; one vote: nobody.

    Labels a, a, b; the judge says a, b, b: p_e = 1/3 * 2/3 + 2/3 * 1/3 = 4/9.
    """
    judge = make_judge()
    make_judged(arena, [("aab", "a"), ("aa", "b"), ("b", "b")], judge)
    found = figures_of(audit_judge(judge, arena))
    among = found["agreement_among_people"]
    assert (among["value"], among["n"]) == (0.5, 2)
    assert found["agreement_by_chance"]["value"] == pytest.approx(4 / 9)
    assert found["agreement_with_people"]["value"] == pytest.approx(2 / 3)


def test_without_votes_there_is_nothing_to_be_held_against(arena):
    judge = make_judge()
    make_judged(arena, [("", "a")], judge)
    audit = audit_judge(judge, arena)
    found = figures_of(audit)
    assert (found["agreement_among_people"]["value"], found["agreement_by_chance"]["value"]) == (None, None)
    assert (audit.coverage["said"], audit.coverage["chances"], audit.coverage["beside"]) == ([], [], [])


def test_what_it_says_is_counted_by_strength_against_the_label(arena):
    judge = make_judge()
    make_judged(arena, [("a", "a"), ("b", "a"), (("tie",), "a"), (("both_bad",), "tie"), ("a", "both_bad")], judge)
    strong = make_battle(*arena.competitors.order_by("pk"), make_prompt(arena))
    make_vote(strong, "b")
    make_game(strong, judge, "second", strength=2)
    assert audit_judge(judge, arena).coverage["said"] == [
        {"strength": "much", "n_same": 1, "n_level": 0, "n_other": 0},
        {"strength": "better", "n_same": 1, "n_level": 1, "n_other": 1},
        {"strength": "level", "n_same": 1, "n_level": 0, "n_other": 1},
    ]


def test_stated_probabilities_are_calibrated_whichever_answer_stood_first(arena):
    """.8 for a of four battles, three of which people give to a; Brier: three times .2 squared and once .8, by 4."""
    judge = make_judge(kind="imported", protocol="plain")
    battles = make_judged(arena, [("a", "a")] * 3 + [("b", "a")], judge, score_first=0.7, score_second=0.3)
    for battle in battles:
        make_game(battle, judge, TURNED["a"], order="ba", score_first=0.1, score_second=0.9)
    audit = audit_judge(judge, arena)
    (point,) = audit.coverage["chances"]
    assert (point["stated"], point["observed"], point["n"]) == (pytest.approx(0.8), 0.75, 4)
    assert figures_of(audit)["brier_score"]["value"] == pytest.approx(0.19)


@pytest.mark.parametrize("points", [(7, 3), (1, 0)])
def test_points_that_are_no_chances_are_not_calibrated(arena, points):
    judge = make_judge()
    make_judged(arena, [("a", "a")], judge, score_first=points[0], score_second=points[1])
    assert audit_judge(judge, arena).coverage["chances"] == []


def test_judges_are_compared_game_by_game_in_the_same_order(arena):
    """Both say a, both level, and once not the same; a game in the other order, one set aside and a silent one do not count."""
    one, two = make_judge("one"), make_judge("two")
    battles = make_judged(arena, [("", "a"), ("", "tie"), ("", "b"), ("", "a"), ("", "a"), ("", "a")], one)
    for battle, said, fields in zip(
        battles,
        ("first", "both_bad", "first", "first", "first", ""),
        ({}, {}, {}, {"order": "ba"}, {"is_counted": False}, {}),
        strict=True,
    ):
        make_game(battle, two, said, **fields)
    assert audit_judge(one, arena).coverage["beside"] == [{"judge": two.pk, "n": 3, "n_same": 2}]
    assert audit_judge(two, arena).coverage["beside"] == [{"judge": one.pk, "n": 3, "n_same": 2}]
