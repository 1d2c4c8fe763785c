"""Work is a row: one worker at a time, and who lost the row writes nothing."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from arena.leases import LeasedQuerySet, LeaseLost, heartbeat
from arena.models import Import
from tests.factories import make_arena

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LEASE = 10


def _work():
    return Import.objects.create(arena=make_arena(), kind="battles", format="llmfao", filename="f.csv", digest="d", path="")


def _in_thread(function):
    """Run it on a connection of its own."""

    def run():
        try:
            function()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db
def test_a_claimed_row_is_not_claimed_again():
    work = _work()
    assert Import.objects.claim(work.pk, seconds=LEASE, now=NOON)
    assert Import.objects.claim(work.pk, seconds=LEASE, now=NOON + timedelta(seconds=9)) is None


@pytest.mark.django_db
def test_a_row_whose_lease_ran_out_is_claimed_by_the_next():
    work = _work()
    first = Import.objects.claim(work.pk, seconds=LEASE, now=NOON)
    second = Import.objects.claim(work.pk, seconds=LEASE, now=NOON + timedelta(seconds=11))
    assert second not in (None, first)
    assert Import.objects.get().n_attempts == 2


@pytest.mark.django_db
def test_the_result_is_written_and_the_row_given_back_in_one():
    work = _work()
    token = Import.objects.claim(work.pk, seconds=LEASE)
    Import.objects.finish(work.pk, token, state=Import.State.PUBLISHED)
    work.refresh_from_db()
    assert (work.state, work.lease_token, work.lease_until) == (Import.State.PUBLISHED, "", None)


@pytest.mark.django_db
def test_a_result_after_three_times_the_lease_is_not_written_a_second_time():
    """The worker that slept, and the one that did its work in the meantime."""
    work = _work()
    slept = Import.objects.claim(work.pk, seconds=LEASE, now=NOON)
    later = NOON + timedelta(seconds=3 * LEASE)
    awake = Import.objects.claim(work.pk, seconds=LEASE, now=later)
    Import.objects.finish(work.pk, awake, n_added=1)
    with pytest.raises(LeaseLost, match=f"Import {work.pk} was taken over by another worker"):
        Import.objects.finish(work.pk, slept, n_added=2)
    assert Import.objects.get().n_added == 1


@pytest.mark.django_db
def test_a_late_result_is_written_where_nobody_took_the_row():
    """Nothing was done twice: throwing the work away would help nobody."""
    work = _work()
    slept = Import.objects.claim(work.pk, seconds=LEASE, now=NOON - timedelta(seconds=3 * LEASE))
    Import.objects.finish(work.pk, slept, n_added=1)
    assert Import.objects.get().n_added == 1


@pytest.mark.django_db
def test_a_finished_token_opens_nothing():
    work = _work()
    token = Import.objects.claim(work.pk, seconds=LEASE)
    Import.objects.finish(work.pk, token, n_added=1)
    with pytest.raises(LeaseLost):
        Import.objects.finish(work.pk, token, n_added=2)


@pytest.mark.django_db
def test_an_empty_token_opens_nothing():
    """An empty token never matches, so a free row cannot be finished."""
    work = _work()
    with pytest.raises(LeaseLost):
        Import.objects.finish(work.pk, "", n_added=1)
    assert not Import.objects.renew(work.pk, "", seconds=LEASE)


@pytest.mark.django_db
def test_a_renewed_lease_holds_longer():
    work = _work()
    token = Import.objects.claim(work.pk, seconds=LEASE, now=NOON)
    assert Import.objects.renew(work.pk, token, seconds=LEASE, now=NOON + timedelta(seconds=8))
    assert Import.objects.claim(work.pk, seconds=LEASE, now=NOON + timedelta(seconds=17)) is None


@pytest.mark.django_db
def test_a_lost_lease_is_not_renewed():
    work = _work()
    slept = Import.objects.claim(work.pk, seconds=LEASE, now=NOON)
    Import.objects.claim(work.pk, seconds=LEASE, now=NOON + timedelta(seconds=30))
    assert not Import.objects.renew(work.pk, slept, seconds=LEASE)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_the_row():
    work, tokens, start = _work(), [], threading.Barrier(8)

    def claim():
        start.wait()
        tokens.append(Import.objects.claim(work.pk, seconds=LEASE))

    for thread in [_in_thread(claim) for _ in range(8)]:
        thread.join()
    assert sum(token is not None for token in tokens) == 1
    assert Import.objects.get().n_attempts == 1


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_keeps_the_row_for_as_long_as_the_work_takes():
    work = _work()
    token = Import.objects.claim(work.pk, seconds=1)
    with heartbeat(Import.objects.all(), work.pk, token, seconds=1):
        time.sleep(2.2)
        assert Import.objects.claim(work.pk, seconds=1) is None
    Import.objects.finish(work.pk, token, n_added=1)


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_ends_with_the_work():
    work = _work()
    token = Import.objects.claim(work.pk, seconds=0.3)
    with pytest.raises(ZeroDivisionError), heartbeat(Import.objects.all(), work.pk, token, seconds=0.3):
        raise ZeroDivisionError
    time.sleep(0.5)
    assert Import.objects.claim(work.pk, seconds=LEASE), "nobody renews the lease of work that failed"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("heartbeat")]


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_that_fails_once_goes_on(monkeypatch):
    work, failures = _work(), []
    token = Import.objects.claim(work.pk, seconds=1)
    renew = LeasedQuerySet.renew

    def fail_once(self, *args, **kwargs):
        if not failures:
            failures.append(1)
            raise OperationalError("the database is away for a moment")
        return renew(self, *args, **kwargs)

    monkeypatch.setattr(LeasedQuerySet, "renew", fail_once)
    with heartbeat(Import.objects.all(), work.pk, token, seconds=1):
        time.sleep(1.5)
        assert Import.objects.claim(work.pk, seconds=1) is None
    assert failures
