"""One vote a ballot, whatever is sent."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from arena.evidence import ledger, voting
from arena.evidence.voting import cast_vote, take_back
from arena.models import Ballot, Event, Vote
from arena.outcomes import Outcome, Side
from arena.pairing.matchmaking import serve_ballot
from tests.arena.pairing.test_matchmaking import make_contest
from tests.factories import make_voter

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def open_ballot(first_shown=None, **fields):
    voter = make_voter(make_contest(2, 1, **fields))
    ballot = serve_ballot(voter, ahead=False, rng=random.Random(0), now=NOW)
    if first_shown:
        Ballot.objects.filter(pk=ballot.pk).update(first_shown=first_shown)
    return ballot


@pytest.mark.parametrize(
    ("first_shown", "shown", "stored"),
    [("a", "a", "a"), ("a", "b", "b"), ("b", "a", "b"), ("b", "b", "a"), ("b", "tie", "tie"), ("b", "both_bad", "both_bad")],
)
def test_the_outcome_is_of_the_battle_not_of_the_sides_shown(first_shown, shown, stored):
    ballot = open_ballot(first_shown)
    vote = cast_vote(ballot.key, ballot.voter, Outcome(shown), now=NOW).vote
    assert (vote.outcome, vote.first_shown) == (stored, first_shown)


def test_a_vote_carries_what_was_said_and_how_long_it_took():
    ballot = open_ballot()
    now = NOW + timedelta(seconds=12.5)
    cast_vote(ballot.key, ballot.voter, Outcome.A, strength=2, reasons=["clear", "correct"], comment="short", now=now)
    vote = Vote.objects.get()
    assert (vote.strength, vote.reasons, vote.comment, vote.dwell_ms) == (2, ["clear", "correct"], "short", 12_500)
    assert (vote.voted_at, vote.voter, vote.battle) == (now, ballot.voter, ballot.battle)


def test_a_tie_has_no_strength():
    ballot = open_ballot()
    assert cast_vote(ballot.key, ballot.voter, Outcome.TIE, strength=2, now=NOW).vote.strength is None


def test_a_vote_is_an_event_in_the_ledger():
    ballot = open_ballot(Side.A)
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    ledger.sequence()
    event = Event.objects.get()
    assert (event.kind, event.before, event.after, event.arena) == ("vote_cast", "", "a", ballot.voter.arena)


def test_a_second_vote_on_a_ballot_changes_nothing_and_gets_the_first_back():
    ballot = open_ballot(Side.A)
    first = cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    second = cast_vote(ballot.key, ballot.voter, Outcome.B, now=NOW)
    assert (first.is_new, second.is_new) == (True, False)
    assert (second.vote, second.vote.outcome) == (first.vote, "a")
    assert (Vote.objects.count(), Event.objects.count()) == (1, 1)


def test_the_ballot_of_somebody_else_is_unknown():
    ballot = open_ballot()
    with pytest.raises(voting.BallotUnknown):
        cast_vote(ballot.key, make_voter(ballot.voter.arena), Outcome.A, now=NOW)
    assert not Vote.objects.exists()


def test_a_forged_key_is_unknown():
    ballot = open_ballot()
    with pytest.raises(voting.BallotUnknown):
        cast_vote("forged", ballot.voter, Outcome.A, now=NOW)


def test_a_closed_arena_takes_no_vote():
    ballot = open_ballot()
    ballot.voter.arena.voting = "closed"
    ballot.voter.arena.save()
    with pytest.raises(voting.VotingClosed):
        cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    ballot.refresh_from_db()
    assert (ballot.state, Vote.objects.count()) == ("open", 0)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"shown": "model_a"}, "'model_a'"), ({"strength": 3}, "strength 3"), ({"reasons": ["pretty"]}, "'pretty'")],
)
def test_unknown_labels_are_named(arguments, named):
    ballot = open_ballot()
    with pytest.raises(ValueError, match=named):
        cast_vote(ballot.key, ballot.voter, **{"shown": Outcome.A, "now": NOW} | arguments)
    assert not Vote.objects.exists()


def test_a_vote_can_be_taken_back_for_ten_seconds():
    ballot = open_ballot(Side.A)
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    vote = take_back(ballot.key, ballot.voter, now=NOW + timedelta(seconds=10))
    assert (vote.is_counted, vote.set_aside_reason, Vote.objects.counted().count()) == (False, "taken back by its voter", 0)
    event = Event.objects.last()
    assert (event.kind, event.before, event.after, event.reason) == ("vote_set_aside", "a", "", "taken back by its voter")


def test_after_ten_seconds_a_vote_counts():
    ballot = open_ballot()
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    with pytest.raises(voting.TooLate):
        take_back(ballot.key, ballot.voter, now=NOW + timedelta(seconds=10.1))
    assert Vote.objects.counted().count() == 1


def test_taking_back_twice_is_one_event():
    ballot = open_ballot()
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    for _ in range(2):
        take_back(ballot.key, ballot.voter, now=NOW)
    assert Event.objects.filter(kind=Event.Kind.VOTE_SET_ASIDE).count() == 1


def test_nobody_takes_back_the_vote_of_somebody_else():
    ballot = open_ballot()
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    with pytest.raises(voting.BallotUnknown):
        take_back(ballot.key, make_voter(ballot.voter.arena), now=NOW)


def test_a_form_replayed_after_taking_back_does_not_bring_the_vote_back():
    ballot = open_ballot()
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    take_back(ballot.key, ballot.voter, now=NOW)
    assert not cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW).is_new
    assert Vote.objects.counted().count() == 0


def test_a_skipped_ballot_takes_no_vote():
    ballot = open_ballot()
    voting.skip(ballot.key, ballot.voter)
    with pytest.raises(voting.BallotSpent, match="You skipped this pair"):
        cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)


def test_a_flag_keeps_its_note():
    ballot = open_ballot()
    flagged = voting.flag(ballot.key, ballot.voter, note="both answers are empty")
    assert (flagged.state, flagged.note) == ("flagged", "both answers are empty")


def test_skipping_after_the_vote_changes_nothing():
    ballot = open_ballot()
    cast_vote(ballot.key, ballot.voter, Outcome.A, now=NOW)
    assert voting.skip(ballot.key, ballot.voter).state == "voted"
    assert Vote.objects.counted().count() == 1
