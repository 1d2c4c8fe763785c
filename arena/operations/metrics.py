"""Metrics for monitoring. Few labels with few values: a monitoring system stores every combination."""

import os
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from arena.clock import SLACK
from arena.evidence import ledger
from arena.models import Event, Import, Vote, WorkerSeen

type Gauges = Iterator[Metric]


def gauges() -> Gauges:
    yield GaugeMetricFamily("agon_votes", "Votes that are stored.", value=Vote.objects.count())
    yield GaugeMetricFamily("agon_ledger_head", "The ledger's last position.", value=ledger.head())
    unsequenced = Event.objects.filter(position=None).count()
    yield GaugeMetricFamily("agon_ledger_unsequenced_events", "Events that have no position yet.", value=unsequenced)
    yield _imports()
    yield GaugeMetricFamily("agon_disk_free_bytes", "Free on the disk of the data folder.", value=free_bytes())
    if connection.vendor == "postgresql":
        yield from _connections()
    seconds = seconds_since_worker()
    if seconds is not None:
        yield GaugeMetricFamily("agon_worker_seen_seconds", "Seconds since a worker answered the beat.", value=seconds)


def free_bytes() -> int:
    """Free bytes on the data folder's disk, for an account that is not root."""
    disk = os.statvfs(settings.DATA_DIR)
    return disk.f_bavail * disk.f_frsize


def _connections() -> Gauges:
    """Connections of all programs to the PostgreSQL server, and its limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE datname = current_database()), current_setting('max_connections')::int"
            " FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        n_all, n_ours, most = cursor.fetchone()
    yield GaugeMetricFamily("agon_database_connections", "Connections to this site's database.", value=n_ours)
    yield GaugeMetricFamily("agon_database_server_connections", "Connections to its server, of all programs.", value=n_all)
    yield GaugeMetricFamily("agon_database_server_connections_most", "Most connections that the server accepts.", value=most)


def seconds_since_worker() -> float | None:
    """Seconds since any worker last answered the beat; None if none ever did (a clock that was ahead may hide one)."""
    now = timezone.now()
    newest = WorkerSeen.objects.filter(seen_at__lte=now + SLACK).order_by("-seen_at").first()
    return None if newest is None else max((now - newest.seen_at).total_seconds(), 0.0)


def _imports() -> Metric:
    family = GaugeMetricFamily("agon_imports", "Imports by their state.", labels=["state"])
    counts = dict(Import.objects.order_by().values_list("state").annotate(n=Count("pk")))
    for state in Import.State.values:
        family.add_metric([state], counts.get(state, 0))
    return family
