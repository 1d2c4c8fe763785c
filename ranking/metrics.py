"""Metrics of the boards, for monitoring."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from arena.evidence import ledger
from arena.models import Arena
from ranking.models import Leaderboard


def gauges() -> Iterator[Metric]:
    boards = Leaderboard.objects.live()
    yield GaugeMetricFamily("agon_boards", "Live leaderboards.", value=boards.count())
    behind = sum(boards.filter(arena=arena, read_to__lt=ledger.head(arena.pk)).count() for arena in Arena.objects.all())
    yield GaugeMetricFamily("agon_boards_due", "Live leaderboards that are behind the ledger.", value=behind)
    broken = boards.exclude(error="").count()
    yield GaugeMetricFamily("agon_boards_failing", "Boards whose newest fit failed.", value=broken)
