"""What machines that watch are told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from arena.models import WorkerSeen
from arena.operations import readiness
from tests.factories import make_arena, make_battle, make_competitor, make_vote


@pytest.fixture
def folder_broker(settings, tmp_path, monkeypatch):
    """The folder broker on a folder of this test, whatever the suite runs on."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery itself reads it, too
    from arena.config import celery_app

    celery_app.conf.broker_url = "folder://"
    celery_app.conf.broker_transport_options = {"folder": str(tmp_path / "broker")}
    yield
    celery_app.conf.broker_url = settings.CELERY_BROKER_URL
    celery_app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS


def _worker_seen(seconds_ago=0):
    WorkerSeen.objects.create(name="worker@here", seen_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_healthz_asks_nobody(client):
    """No database mark: a query would fail."""
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_a_site_with_database_broker_and_worker_is_ready(client, folder_broker):
    _worker_seen(seconds_ago=20)
    response = client.get("/readyz")
    assert (response.status_code, response.content.decode().count(": ok\n")) == (200, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("seconds_ago", [None, 61])
def test_a_site_whose_worker_is_silent_is_not_ready(client, folder_broker, seconds_ago):
    if seconds_ago:
        _worker_seen(seconds_ago)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "worker: no worker was seen" in response.content.decode()


@pytest.mark.django_db
def test_a_site_without_its_broker_is_not_ready_and_does_not_tell_where_it_is(client, folder_broker):
    from arena.config import celery_app

    celery_app.conf.broker_url = "redis://127.0.0.1:1/0"
    celery_app.conf.broker_transport_options = {"socket_connect_timeout": 1}
    _worker_seen()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "broker: failed" in response.content.decode()
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.django_db
def test_a_site_whose_tables_are_old_is_not_ready(client, folder_broker):
    from django.db.migrations.recorder import MigrationRecorder

    _worker_seen()
    MigrationRecorder.Migration.objects.filter(app="arena").exclude(name__startswith="0001").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "are not applied: run manage.py migrate" in response.content.decode()


def test_a_database_that_is_away_is_named():
    """No database mark: the connection is refused, as if nobody were there."""
    assert "database" in readiness.failures()


@pytest.mark.django_db
def test_metrics_count_what_is_there(client):
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    _worker_seen(seconds_ago=5)
    text = client.get("/metrics").content.decode()
    for line in [
        "agon_votes 1.0",
        "agon_ledger_unsequenced_events 1.0",
        'agon_imports{state="failed"} 0.0',
        "agon_boards_due 0.0",
    ]:
        assert line in text
    assert "agon_worker_seen_seconds 5." in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"REMOTE_ADDR": ""}]
)
def test_metrics_are_for_this_machine_only(client, headers):
    assert client.get("/metrics", **headers).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "status"), [("Bearer secret", 200), ("Bearer other", 403), ("Bearer ", 403), ("Basic secret", 403)]
)
def test_metrics_are_for_the_bearer_of_the_token(client, settings, given, status):
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=given).status_code == status


@pytest.mark.django_db
def test_an_empty_token_opens_nothing(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION="Bearer ").status_code == 403
