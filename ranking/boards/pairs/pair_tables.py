"""All pairs of a board as tables: who won how often, and what the ratings expect. Pages read it, so it fits nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ranking.boards.pairs.pair_rows import read_pair_list
from ranking.models import Entry, Leaderboard, PairTable, Snapshot
from ranking.scale import expected_share

type Floats = NDArray[np.float64]
type Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Pairs that met, by ids of competitors (k, 2); times the first won, the second won, they tied, both were bad, (k, 4)."""

    pairs: Counts
    record: Counts


@dataclass(frozen=True, slots=True, eq=False)
class PairTables:
    """Of m entries of one snapshot, in their order; all (m, m).

    Attributes
    ----------
    wins : int64
        `wins[i, j]`: times i beat j.
    ties, both_bad : int64
        Symmetric; a tie is no "both bad" here.
    fitted : float64
        What the ratings expect i to win of a point against j, in [0, 1]; NaN where one of them has no rating.
    """

    entries: Sequence[Entry]
    wins: Counts
    ties: Counts
    both_bad: Counts
    fitted: Floats

    @property
    def totals(self) -> Counts:
        return self.wins + self.wins.T + self.ties + self.both_bad

    @property
    def points(self) -> Floats:
        """Won by i of j, a tie as half."""
        return np.asarray(self.wins + (self.ties + self.both_bad) / 2, dtype=np.float64)

    @property
    def observed(self) -> Floats:
        """Share of the points that i won against j; NaN where they never met."""
        totals, shares = self.totals, np.full(self.wins.shape, np.nan)
        np.divide(self.points, totals, out=shares, where=totals > 0)
        return shares


def pair_tables(snapshot: Snapshot, entries: Sequence[Entry], counted: Counted) -> PairTables:
    """Of these entries of a snapshot, all or some."""
    (i, j), (won, lost, tied, bad) = _placed(entries, counted)
    wins, ties, both_bad = (np.zeros((len(entries), len(entries)), dtype=np.int64) for _ in range(3))
    wins[i, j], wins[j, i] = won, lost
    ties[i, j] = ties[j, i] = tied
    both_bad[i, j] = both_bad[j, i] = bad
    ratings = _ratings(entries)
    fitted = expected_on(snapshot, ratings[:, None] - ratings)
    np.fill_diagonal(fitted, np.nan)
    return PairTables(entries, wins, ties, both_bad, fitted)


def expected_points(snapshot: Snapshot, entries: Sequence[Entry], counted: Counted) -> Floats:
    """What the ratings expect each of these entries to win of all points that it played for among them, (m,).

    NaN where one that it met has no rating.
    """
    (i, j), record = _placed(entries, counted)
    n, ratings, m = record.sum(axis=0), _ratings(entries), len(entries)
    share = expected_on(snapshot, ratings[i] - ratings[j])
    return np.bincount(i, weights=n * share, minlength=m) + np.bincount(j, weights=n * (1 - share), minlength=m)


def expected_on(snapshot: Snapshot, ahead: Floats) -> Floats:
    """What is expected of one who is so many points ahead, by the method of a snapshot.

    NaN on a snapshot by a method with ties of their own that did not keep how wide these are, and where scores are made of
    places: these tell nothing of chances.
    """
    if snapshot.way:
        return np.full(np.shape(ahead), np.nan)
    width = snapshot.parameters.get("tie_width")
    if width is None and snapshot.method in (Leaderboard.Method.DAVIDSON, Leaderboard.Method.RAO_KUPPER):
        return np.full(np.shape(ahead), np.nan)
    return expected_share(ahead, method=snapshot.method, tie_width=width or 0.0)


def _ratings(entries: Sequence[Entry]) -> Floats:
    return np.array([np.nan if entry.rating is None else entry.rating for entry in entries], dtype=np.float64)


def _placed(entries: Sequence[Entry], counted: Counted) -> tuple[Counts, Counts]:
    """Places of the pairs among these entries (2, k), and their records, (4, k)."""
    ids = np.array([entry.competitor_id for entry in entries], dtype=np.int64)
    order = np.argsort(ids)
    if not len(ids) or not len(counted.pairs):
        return np.zeros((2, 0), dtype=np.int64), np.zeros((4, 0), dtype=np.int64)
    at = np.minimum(np.searchsorted(ids[order], counted.pairs), len(ids) - 1)
    known = (ids[order][at] == counted.pairs).all(axis=1)
    return order[at[known]].T, counted.record[known].T


def pairs_counted(snapshot: Snapshot) -> Counted:
    """By the newest fit where it is of this snapshot, else from the evidence."""
    table = PairTable.objects.filter(leaderboard=snapshot.leaderboard_id, snapshot=snapshot).first()
    if table is None:  # its method makes none, or a newer fit has written its own
        return _counted_anew(snapshot.key)
    known = read_pair_list(table)
    met = known.record.any(axis=1)
    ids = np.array(table.competitor_ids, dtype=np.int64)
    return Counted(ids[known.pairs[met]], known.record[met].astype(np.int64))


@lru_cache(maxsize=4)  # a snapshot does not change
def _counted_anew(key: str) -> Counted:
    from ranking.boards.publishing import source_then  # scipy: a second that other pages need not wait for

    snapshot = Snapshot.objects.select_related("leaderboard").get(key=key)
    cells = source_then(snapshot, from_rows=False).evidence.tally.cells()
    pairs, place = np.unique(np.column_stack([cells.a, cells.b]), axis=0, return_inverse=True)
    record = np.zeros((len(pairs), 4), dtype=np.int64)
    np.add.at(record, (place.reshape(-1), cells.outcome.astype(np.int64)), cells.count)
    return Counted(pairs.reshape(-1, 2), record)
