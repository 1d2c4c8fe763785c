"""Figures for whoever watches the machine. Few labels, few values: a monitoring system keeps every one of them."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from arena import ledger
from arena.models import Event, Import, Vote, WorkerSeen

type Gauges = Iterator[Metric]


def gauges() -> Gauges:
    yield GaugeMetricFamily("agon_votes", "Votes that are stored.", value=Vote.objects.count())
    yield GaugeMetricFamily("agon_ledger_head", "Last position of the ledger.", value=ledger.head())
    unsequenced = Event.objects.filter(position=None).count()
    yield GaugeMetricFamily("agon_ledger_unsequenced_events", "Events that have no position yet.", value=unsequenced)
    yield _imports()
    seconds = seconds_since_worker()
    if seconds is not None:
        yield GaugeMetricFamily("agon_worker_seen_seconds", "Seconds since a worker answered the beat.", value=seconds)


def seconds_since_worker() -> float | None:
    """Since any worker last answered the beat; None where none ever did."""
    newest = WorkerSeen.objects.order_by("-seen_at").first()
    return None if newest is None else (timezone.now() - newest.seen_at).total_seconds()


def _imports() -> Metric:
    family = GaugeMetricFamily("agon_imports", "Imports by their state.", labels=["state"])
    counts = dict(Import.objects.order_by().values_list("state").annotate(n=Count("pk")))
    for state in Import.State.values:
        family.add_metric([state], counts.get(state, 0))
    return family
