"""How often somebody may do something, counted in the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from arena.models import RateWindow
from arena.visitors import rate_windows

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def allow(key="somebody", *, at_most=3, now=NOON):
    return rate_windows.allow(key, at_most=at_most, seconds=60, now=now)


@pytest.mark.django_db
def test_as_many_as_allowed_pass_and_no_more():
    assert [allow() for _ in range(5)] == [True, True, True, False, False]


@pytest.mark.django_db
def test_everybody_is_counted_alone():
    assert all(allow(key) for key in ("one", "two", "three", "four"))


@pytest.mark.django_db
def test_the_next_window_begins_anew():
    assert [allow(at_most=1, now=NOON + timedelta(seconds=s)) for s in (0, 54, 55)] == [True, False, True]


@pytest.mark.django_db
def test_waiting_for_as_long_as_told_is_enough():
    assert allow(at_most=1)
    later = NOON + timedelta(seconds=rate_windows.retry_after(60, NOON))
    assert allow(at_most=1, now=later)


@pytest.mark.django_db
def test_a_key_leaves_one_row_at_a_time_and_is_not_readable_in_it():
    for minute in range(5):
        allow("192.0.2.1", now=NOON + timedelta(minutes=minute))
    assert "192.0.2.1" not in RateWindow.objects.get().key


@pytest.mark.django_db
def test_old_windows_are_forgotten():
    allow("long ago", now=NOON - timedelta(days=3))
    allow("now")
    assert rate_windows.forget_old(NOON) == 1
    assert RateWindow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_are_counted_one_after_the_other():
    def ask(_):
        try:
            return allow(at_most=7)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(24))) == 7
