"""What a board was about 30 days before a snapshot: for changes of ratings, and for how fast results come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from ranking.models import Entry, Snapshot

MONTH, DAY = timedelta(days=30), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Earlier:
    """`month_ago` is the newest snapshot at least 30 days older, `first` the oldest one since then that is a day old."""

    month_ago: int | None = None
    first: tuple[int, datetime] | None = None  # its results, and when it was made

    def ratings(self) -> dict[int, float]:
        """By competitor, those of 30 days ago; empty where the board is younger."""
        if self.month_ago is None:
            return {}
        rated = Entry.objects.filter(snapshot=self.month_ago).exclude(rating=None).values_list("competitor_id", "rating")
        return {competitor: rating for competitor, rating in rated if rating is not None}

    def rate(self, shown: Snapshot) -> tuple[float, int]:
        """Results a day and over how many days; 0 where none came, or no snapshot is a day old."""
        if self.first is None or self.first[0] >= shown.n_votes:
            return 0.0, 0
        days = (shown.created_at - self.first[1]) / DAY
        return (shown.n_votes - self.first[0]) / days, max(round(days), 1)


def earlier_than(shown: Snapshot) -> Earlier:
    """In one query."""
    board, at = Snapshot.objects.filter(leaderboard=shown.leaderboard_id), shown.created_at
    month_ago = board.filter(created_at__lte=at - MONTH).order_by("-pk").values("pk")[:1]
    first = board.filter(created_at__gt=at - MONTH, created_at__lte=at - DAY).order_by("pk").values("pk")[:1]
    rows = board.filter(Q(pk__in=month_ago) | Q(pk__in=first)).order_by("pk").values_list("pk", "n_votes", "created_at")
    earlier = Earlier()
    for pk, n_votes, created_at in rows:
        is_month_ago = created_at <= at - MONTH
        earlier = Earlier(pk, earlier.first) if is_month_ago else Earlier(earlier.month_ago, (n_votes, created_at))
    return earlier
