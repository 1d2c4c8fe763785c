"""Boards as rows, a row per competitor: as the newest snapshot shows them, or with every snapshot that is kept."""

from collections.abc import Iterable, Iterator
from itertools import batched

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import access
from arena.exporting.access import Reader
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted
from arena.models import Arena
from arena.texts.csv_cells import figure
from ranking.models import Entry, Leaderboard, Snapshot

SNAPSHOTS_AT_ONCE = 20
FIGURES = ("rating", "se", "low", "high", "p_best", "win_rate", "raw_win_rate")
COLUMNS = (
    FileColumn("board", Holds.TEXT, gettext_lazy("The board’s short name.")),
    FileColumn("board_name", Holds.TEXT, gettext_lazy("Its name.")),
    FileColumn("method", Holds.TEXT, gettext_lazy("How it was fitted.")),
    FileColumn("sources", Holds.TEXT, gettext_lazy("people, judges or both: whose opinions count.")),
    FileColumn("category", Holds.TEXT, gettext_lazy("The category, if it counts the prompts of only one.")),
    FileColumn("language", Holds.TEXT, gettext_lazy("The language, if it counts the prompts of only one.")),
    FileColumn("snapshot", Holds.TEXT, gettext_lazy("The key of the snapshot, as in its permanent link.")),
    FileColumn("created_at", Holds.TIME, gettext_lazy("When the snapshot was made.")),
    FileColumn("ledger_position", Holds.INTEGER, gettext_lazy("Ledger position up to which evidence was read.")),
    FileColumn("evidence_hash", Holds.TEXT, gettext_lazy("SHA-256 of its evidence, by row ids.")),
    FileColumn("content_hash", Holds.TEXT, gettext_lazy("SHA-256 of its evidence by names and texts, the same on every site.")),
    FileColumn("seed", Holds.INTEGER, gettext_lazy("Of its random draws.")),
    FileColumn("code_version", Holds.TEXT, gettext_lazy("Of Agon.")),
    FileColumn("competitor", Holds.TEXT, gettext_lazy("The model.")),
    FileColumn("rating", Holds.NUMBER, gettext_lazy("Points; 1000 is the mean, 400/ln 10 a unit of log-odds.")),
    FileColumn("se", Holds.NUMBER, gettext_lazy("Standard error of the rating.")),
    # xgettext:no-python-format
    FileColumn("low", Holds.NUMBER, gettext_lazy("Lower end of its 95 % interval.")),
    # xgettext:no-python-format
    FileColumn("high", Holds.NUMBER, gettext_lazy("Upper end of its 95 % interval.")),
    FileColumn("rank", Holds.INTEGER, gettext_lazy("Its place.")),
    FileColumn("rank_low", Holds.INTEGER, gettext_lazy("The best place that it can hold.")),
    FileColumn("rank_high", Holds.INTEGER, gettext_lazy("The worst place that it can hold.")),
    FileColumn("p_best", Holds.NUMBER, gettext_lazy("Chance of being the best of those with a place.")),
    FileColumn("win_rate", Holds.NUMBER, gettext_lazy("Fitted chance to win against a uniformly drawn opponent.")),
    FileColumn("raw_win_rate", Holds.NUMBER, gettext_lazy("Share of points won, a tie half.")),
    FileColumn("n_votes", Holds.INTEGER, gettext_lazy("Its counted results.")),
    FileColumn("n_prompts", Holds.INTEGER, gettext_lazy("Prompts with results.")),
    FileColumn("unrated_because", Holds.TEXT, gettext_lazy("Why it has no rating.")),
)


class BoardRows(ExportTable):
    key = "boards"
    title = gettext_lazy("Boards")
    description = gettext_lazy("Every board as its newest snapshot shows it, a row a model.")
    columns = COLUMNS

    def refusal(self, reader: Reader, arena: Arena) -> str:
        if access.sees_board(reader.visitor, arena):
            return ""
        message = _("this arena’s boards are not open to you. Who may read them: %(who)s")
        return message % {"who": arena.get_board_visibility_display()}

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
        boards = Leaderboard.objects.named().filter(arena=arena).annotate(newest=Subquery(newest.values("n")))
        return Snapshot.objects.filter(pk__in=boards.values("newest")).order_by("pk")


class SnapshotRows(BoardRows):
    key = "snapshots"
    title = gettext_lazy("Boards with their history")
    description = gettext_lazy("Every snapshot of every board that is kept, oldest first, a row a model.")

    def snapshots(self, arena: Arena) -> "QuerySet[Snapshot]":
        return Snapshot.objects.filter(leaderboard__arena=arena, leaderboard__is_asked=False).order_by("pk")


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
