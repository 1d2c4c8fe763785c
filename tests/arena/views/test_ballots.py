"""Races: one vote each, on SQLite and on PostgreSQL."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from arena.evidence import voting
from arena.models import Ballot, Battle, Event, Vote
from arena.outcomes import Outcome
from arena.pairing.matchmaking import serve_ballot
from tests.arena.pairing.test_matchmaking import make_contest
from tests.factories import make_voter

pytestmark = pytest.mark.django_db(transaction=True)
N = 6


def at_once(act, n=N):
    """Results of `act(i)` from n threads that start together."""
    start = Barrier(n)

    def one(i):
        try:
            start.wait(20)
            return act(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as threads:
        return list(threads.map(one, range(n)))


def serve(voter, seed=0, *, ahead=False):
    return serve_ballot(voter, ahead=ahead, rng=random.Random(seed))


def test_a_double_click_is_one_vote():
    voter = make_voter(make_contest(2, 1))
    ballot = serve(voter)
    outcomes = list(Outcome)
    casts = at_once(lambda i: voting.cast_vote(ballot.key, voter, outcomes[i % 4], now=timezone.now()))
    assert sum(cast.is_new for cast in casts) == 1
    assert len({(cast.vote.pk, cast.vote.outcome) for cast in casts}) == 1
    assert (Vote.objects.count(), Event.objects.count()) == (1, 1)


def test_two_voters_on_one_battle_have_one_vote_each():
    arena = make_contest(2, 1)
    voters = [make_voter(arena) for _ in range(N)]
    ballots = at_once(lambda i: serve(voters[i], i))
    at_once(lambda i: voting.cast_vote(ballots[i].key, voters[i], Outcome.A, now=timezone.now()))
    assert Battle.objects.count() == 1
    assert sorted(Vote.objects.values_list("voter_id", flat=True)) == sorted(voter.pk for voter in voters)


def test_tabs_of_one_voter_are_served_the_same_pair():
    voter = make_voter(make_contest(5, 5))
    assert len({ballot.pk for ballot in at_once(lambda i: serve(voter, i))}) == 1
    assert Ballot.objects.count() == 1


def test_tabs_that_fetch_ahead_open_two_ballots_at_most():
    voter = make_voter(make_contest(5, 5))
    at_once(lambda i: serve(voter, i, ahead=i % 2 == 0))
    assert Ballot.objects.count() <= 2


def test_a_vote_and_a_skip_that_race_leave_one_of_them():
    voter = make_voter(make_contest(2, 1))
    ballot = serve(voter)

    def act(i):
        try:
            if i % 2:
                return voting.skip(ballot.key, voter).state
            voting.cast_vote(ballot.key, voter, Outcome.A, now=timezone.now())
        except voting.BallotSpent:
            return "skipped"
        return "voted"

    said = set(at_once(act))
    assert said == {Ballot.objects.get().state}
    assert Vote.objects.count() == (said == {"voted"})


def test_taking_back_at_once_is_one_event():
    voter = make_voter(make_contest(2, 1))
    ballot = serve(voter)
    voting.cast_vote(ballot.key, voter, Outcome.A, now=timezone.now())
    at_once(lambda i: voting.take_back(ballot.key, voter, now=timezone.now()))
    assert Event.objects.filter(kind=Event.Kind.VOTE_SET_ASIDE).count() == 1
