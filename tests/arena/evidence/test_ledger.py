"""What was read up to a position stays what it was."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from arena.evidence import ledger
from arena.evidence.curation import delete_arena
from arena.models import Event
from tests.factories import make_arena, make_battle, make_competitor, make_vote


def _vote(arena):
    return make_vote(make_battle(make_competitor(arena), make_competitor(arena)))


@pytest.mark.django_db
def test_positions_follow_the_order_of_the_events():
    arena = make_arena()
    votes = [_vote(arena) for _ in range(3)]
    assert ledger.sequence() == 3
    assert list(Event.objects.order_by("position").values_list("vote_id", flat=True)) == [vote.pk for vote in votes]


@pytest.mark.django_db
def test_sequencing_twice_changes_nothing():
    _vote(make_arena())
    assert (ledger.sequence(), ledger.sequence()) == (1, 1)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers")
@pytest.mark.django_db(transaction=True)
def test_sqlites_only_writer_numbers_events_by_one_statement():
    _vote(make_arena())
    with CaptureQueriesContext(connection) as log:
        ledger.number_events()
    assert [query["sql"].split()[0] for query in log] == ["SELECT", "UPDATE"]
    assert Event.objects.get().position == 1


@pytest.mark.django_db
def test_head_of_an_arena_is_its_own_last_position():
    first, second = make_arena(), make_arena()
    _vote(first)
    _vote(second)
    ledger.sequence()
    assert (ledger.head(first.pk), ledger.head(second.pk), ledger.head()) == (1, 2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_lower_id_that_commits_later_gets_a_later_position():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: transactions cannot overlap")
    arena = make_arena()
    begun, may_commit = threading.Event(), threading.Event()
    ids = {}

    def slow_transaction():
        with transaction.atomic():
            ids["slow"] = Event.objects.get(vote=_vote(arena)).pk
            begun.set()
            may_commit.wait(10)
        connection.close()

    slow = threading.Thread(target=slow_transaction)
    slow.start()
    begun.wait(10)
    ids["quick"] = Event.objects.get(vote=_vote(arena)).pk
    read_by_a_snapshot = ledger.sequence()
    may_commit.set()
    slow.join()
    ledger.sequence()

    assert ids["slow"] < ids["quick"]
    assert Event.objects.get(pk=ids["quick"]).position <= read_by_a_snapshot
    assert Event.objects.get(pk=ids["slow"]).position > read_by_a_snapshot


@pytest.mark.django_db
def test_positions_of_a_removed_arena_are_never_given_again():
    kept, removed = make_arena(), make_arena()
    _vote(kept)
    _vote(removed)
    before = ledger.sequence()
    delete_arena(removed)
    assert ledger.sequence() == before == 2
    _vote(kept)
    assert ledger.sequence() == before + 1
