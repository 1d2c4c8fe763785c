"""Panels: strict majorities of independent votes, and nothing that depends on the order of a list."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.verdicts.combiners import PlayedGame
from judges.verdicts.panels import JurorVote, juror_vote, log_odds_weight, strict_majority, weighted_majority
from judges.verdicts.verdict import Verdict

PANELS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "tie", "both_bad", None]), st.sampled_from([0.0, 0.1, 0.2, 0.3, 1e-17, 1.0, 1e17])),
    max_size=6,
)


def panel(*outcomes: str | None) -> list[JurorVote]:
    return [JurorVote(f"juror {n}", outcome) for n, outcome in enumerate(outcomes)]


@settings(deadline=None, max_examples=100)
@given(PANELS)
def test_permuting_the_jurors_changes_nothing(cast):
    votes = [JurorVote(f"juror {n}", outcome, weight) for n, (outcome, weight) in enumerate(cast)]
    for rule in (strict_majority, weighted_majority):
        assert len({rule(list(order)) for order in permutations(votes)}) == 1


@settings(deadline=None, max_examples=100)
@given(PANELS)
def test_what_is_decided_has_more_than_half_of_all(cast):
    votes = [JurorVote(f"juror {n}", outcome, weight) for n, (outcome, weight) in enumerate(cast)]
    outcome = strict_majority(votes).outcome
    behind = sum(vote.outcome == outcome for vote in votes)
    assert outcome is None or (2 * behind > len(votes) and sum(vote.outcome is not None for vote in votes) >= 2)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        (("a", "a", "b"), "a"),
        (("a", "b"), None),
        (("a", "a"), "a"),
        (("tie", "tie", "a"), "tie"),
        (("both_bad", "both_bad", "tie"), "both_bad"),
        (("a", "a", "b", "b", "tie"), None),
        (("a", "a", None), "a"),
        (("a", "a", None, None), None),
        (("a", None), None),
        (("a",), None),
        ((), None),
    ],
)
def test_strict_majority_with_abstentions_in_the_denominator(votes, outcome):
    assert strict_majority(panel(*votes)).outcome == outcome


def test_a_panel_of_one_vote_decides_nothing_and_says_so():
    assert strict_majority(panel("a", None, None)).reason == "1 of 3 jurors voted: 2 are needed"


def test_a_vote_without_weight_is_no_vote():
    votes = [JurorVote("x", "a", 1.0), JurorVote("y", "a", 0.0)]
    assert weighted_majority(votes).reason == "1 of 2 jurors voted: 2 are needed"


def test_weights_decide_among_more_jurors():
    votes = [JurorVote("x", "a", 2.5), JurorVote("y", "b", 1.0), JurorVote("z", "b", 1.0)]
    assert (weighted_majority(votes).outcome, strict_majority(votes).outcome) == ("a", "b")


def test_a_juror_whose_orders_disagree_abstains():
    one_slot = [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first"))]
    firm = [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("second"))]
    votes = [juror_vote("x", one_slot), juror_vote("y", firm), juror_vote("z", firm)]
    assert [vote.outcome for vote in votes] == [None, "a", "a"]
    assert strict_majority(votes).reason == "a has 2 of 3"


def test_bad_votes_are_refused():
    with pytest.raises(ValueError, match="juror 'x' votes twice"):
        strict_majority([JurorVote("x", "a"), JurorVote("x", "a")])
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite and at least 0"):
            JurorVote("x", "a", weight)
    with pytest.raises(ValueError, match="5 right of 4"):
        log_odds_weight(5, 4)
