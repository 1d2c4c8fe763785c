"""What the house does by itself."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from arena.config import celery_app
from arena.config.tasks import clean_up, say_alive
from arena.models import AdminLink, RateWindow, WorkerSeen
from arena.operations import one_time_login


def _days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.mark.django_db
def test_what_has_run_out_is_taken_away_and_the_rest_stays():
    for number, days in enumerate((2, 0)):
        RateWindow.objects.create(key=f"key {number}", starts_at=_days_ago(days))
        WorkerSeen.objects.create(name=f"worker {number}", seen_at=_days_ago(days))
        Session.objects.create(session_key=f"session {number}", session_data="", expire_date=_days_ago(days - 1))
        one_time_login.make_link(now=_days_ago(days))
    clean_up()
    assert [model.objects.count() for model in (RateWindow, WorkerSeen, Session, AdminLink)] == [1, 1, 1, 1]


@pytest.mark.django_db
def test_a_worker_is_seen_in_one_row_however_often_it_says_so():
    for _ in range(3):
        say_alive.apply()
    assert (timezone.now() - WorkerSeen.objects.get().seen_at).total_seconds() < 60


@pytest.mark.django_db
def test_every_bell_of_the_beat_has_a_task_that_hears_it():
    celery_app.loader.import_default_modules()
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} <= set(celery_app.tasks)
