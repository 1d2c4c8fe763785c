"""Boards as rows, a row a competitor: as the newest snapshot shows them, or with every snapshot that is kept."""

from collections.abc import Iterable, Iterator
from itertools import batched

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import access
from arena.exporting.tables import Chosen, Column, Kind, Reader, Row, Table, counted, figure
from arena.models import Arena
from ranking.models import Entry, Leaderboard, Snapshot

SNAPSHOTS_AT_ONCE = 20
FIGURES = ("rating", "se", "low", "high", "win_rate", "raw_win_rate")
COLUMNS = (
    Column("board", Kind.TEXT, gettext_lazy("The board’s short name.")),
    Column("board_name", Kind.TEXT, gettext_lazy("Its name.")),
    Column("method", Kind.TEXT, gettext_lazy("How it was fitted.")),
    Column("sources", Kind.TEXT, gettext_lazy("people, judges or both: whose word counts.")),
    Column("category", Kind.TEXT, gettext_lazy("Where it counts the prompts of one category alone.")),
    Column("language", Kind.TEXT, gettext_lazy("Where it counts the prompts of one language alone.")),
    Column("snapshot", Kind.TEXT, gettext_lazy("The key of the snapshot, as in its permanent link.")),
    Column("created_at", Kind.TIME, gettext_lazy("When the snapshot was made.")),
    Column("ledger_position", Kind.INTEGER, gettext_lazy("Up to where evidence was read.")),
    Column("evidence_hash", Kind.TEXT, gettext_lazy("SHA-256 of what it counts, by numbers of rows.")),
    Column("content_hash", Kind.TEXT, gettext_lazy("SHA-256 of the same by names and texts, alike on every site.")),
    Column("seed", Kind.INTEGER, gettext_lazy("Of its random draws.")),
    Column("code_version", Kind.TEXT, gettext_lazy("Of Agon.")),
    Column("competitor", Kind.TEXT, gettext_lazy("The model.")),
    Column("rating", Kind.NUMBER, gettext_lazy("Points; 1000 is the mean, 400/ln 10 a unit of log-odds.")),
    Column("se", Kind.NUMBER, gettext_lazy("Standard error of the rating.")),
    Column("low", Kind.NUMBER, gettext_lazy("Lower end of its 95 % interval.")),
    Column("high", Kind.NUMBER, gettext_lazy("Upper end of its 95 % interval.")),
    Column("rank", Kind.INTEGER, gettext_lazy("Its place.")),
    Column("rank_low", Kind.INTEGER, gettext_lazy("The best place that it might have.")),
    Column("rank_high", Kind.INTEGER, gettext_lazy("The worst place that it might have.")),
    Column("win_rate", Kind.NUMBER, gettext_lazy("Fitted chance against an opponent drawn from all.")),
    Column("raw_win_rate", Kind.NUMBER, gettext_lazy("Share of points won, a tie half.")),
    Column("n_votes", Kind.INTEGER, gettext_lazy("Results of it that count.")),
    Column("n_prompts", Kind.INTEGER, gettext_lazy("Prompts on which it has some.")),
    Column("unrated_because", Kind.TEXT, gettext_lazy("Why it has no rating.")),
)


class Boards(Table):
    key = "boards"
    title = gettext_lazy("Boards")
    told = gettext_lazy("Every board as its newest snapshot shows it, a row a model.")
    columns = COLUMNS

    def refusal(self, reader: Reader, arena: Arena) -> str:
        if access.sees_board(reader.visitor, arena):
            return ""
        told = _("for those who may read this arena’s boards: %(who)s")
        return told % {"who": arena.get_board_visibility_display()}

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(Entry.objects.filter(snapshot__in=self.snapshots(arena).values("pk")))

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        """A snapshot never changes: their numbers are read once."""
        for some in batched(list(self.snapshots(arena).values_list("pk", flat=True)), SNAPSHOTS_AT_ONCE):
            if self.refusal(reader, arena):
                return
            yield from _rows(some)

    def snapshots(self, arena: Arena) -> "QuerySet[Snapshot]":
        newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by().values("leaderboard").annotate(n=Max("pk"))
        boards = Leaderboard.objects.filter(arena=arena).annotate(newest=Subquery(newest.values("n")))
        return Snapshot.objects.filter(pk__in=boards.values("newest")).order_by("pk")


class Snapshots(Boards):
    key = "snapshots"
    title = gettext_lazy("Boards with their history")
    told = gettext_lazy("Every snapshot of every board that is kept, oldest first, a row a model.")

    def snapshots(self, arena: Arena) -> "QuerySet[Snapshot]":
        return Snapshot.objects.filter(leaderboard__arena=arena).order_by("pk")


def _rows(snapshots: Iterable[int]) -> Iterator[Row]:
    entries = Entry.objects.filter(snapshot__in=list(snapshots)).select_related("snapshot__leaderboard", "competitor")
    for entry in entries.order_by("snapshot", "rank", "pk").iterator(2_000):
        yield _row(entry)


def _row(entry: Entry) -> Row:
    snapshot, board = entry.snapshot, entry.snapshot.leaderboard
    own: Row = {
        "board": board.slug, "board_name": board.name, "method": snapshot.method, "sources": board.sources,
        "category": board.category or None, "language": board.language or None, "snapshot": snapshot.key,
        "created_at": snapshot.created_at, "ledger_position": snapshot.watermark, "evidence_hash": snapshot.evidence_hash,
        "content_hash": snapshot.content_hash, "seed": snapshot.seed, "code_version": snapshot.code_version,
    }  # fmt: skip
    return own | {name: figure(getattr(entry, name)) for name in FIGURES} | {
        "competitor": entry.competitor.name, "rank": entry.rank, "rank_low": entry.rank_low, "rank_high": entry.rank_high,
        "n_votes": entry.n_votes, "n_prompts": entry.n_prompts, "unrated_because": entry.unrated_because or None,
    }  # fmt: skip
