"""Cells: comparisons counted by pair and outcome. Every fit works on these, whatever the number of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.arrays import Bools, Codes, Floats, HoldsArrays, Ints, chunks
from ranking.maths.data.comparisons import OUTCOMES, Comparisons

# Keys of so many rows stay in the processor's cache between the steps that make and count them.
CACHED_ROWS = 131_072


FEW = 300
"""Up to so many competitors a table of all pairs is the quickest way to their counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells(HoldsArrays):
    """Counts of comparisons by pair.

    Parameters
    ----------
    wins : (M, M) float64
        ``wins[i, j]`` = times i beat j.
    ties : (M, M) float64
        Symmetric; "both bad" is in it, as a tie.
    both_bad : (M, M) float64
        Symmetric; the part of `ties` that was "both bad".
    """

    wins: Floats
    ties: Floats
    both_bad: Floats

    @property
    def half_wins(self) -> Floats:
        """Wins, a tie as half a win each: (M, M)."""
        return self.wins + self.ties / 2

    @property
    def totals(self) -> Floats:
        """Comparisons of each pair: (M, M), symmetric."""
        return self.wins + self.wins.T + self.ties

    def among(self, kept: Bools) -> "Cells":
        """Only the competitors marked in `kept`, (M,) bool."""
        if kept.all():
            return self
        square = np.ix_(kept, kept)
        return Cells(wins=self.wins[square], ties=self.ties[square], both_bad=self.both_bad[square])


def count_cells(comparisons: Comparisons, *, rows: Bools | None = None) -> Cells:
    """Count comparisons by pair and outcome, in one pass of ``np.bincount`` over chunks.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors.
    rows : (n,) bool, optional
        Count only these rows.

    Returns
    -------
    Cells
        Sums of weights, (M, M) each; rows without weight count one.

    References
    ----------
    These counts are all that the likelihoods need of the rows: R. A. Bradley, M. E. Terry, "Rank analysis of
    incomplete block designs", Biometrika 39, 1952; with ties R. R. Davidson, Journal of the American Statistical
    Association 65, 1970.

    Examples
    --------
    >>> c = Comparisons.from_names(["x", "x", "y"], ["y", "y", "x"], ["a", "tie", "a"])
    >>> count_cells(c).wins.tolist(), count_cells(c).ties.tolist()
    ([[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]])
    """
    m, k = len(comparisons.names), len(OUTCOMES)
    weighted = comparisons.weight is not None or rows is not None
    table: NDArray[Any] = np.zeros(m * m * k, dtype=np.float64 if weighted else np.int64)
    size = max(CACHED_ROWS, len(table))
    for part in (slice(start, start + size) for start in range(0, len(comparisons), size)):
        weight = None if comparisons.weight is None else comparisons.weight[part]
        if rows is not None:
            weight = comparisons.weights(part) * rows[part]
        table += np.bincount(short_keys(comparisons, part), weights=weight, minlength=len(table))
    a, b, tie, both_bad = np.moveaxis(table.reshape(m, m, k), -1, 0).astype(np.float64)
    both_bad = both_bad + both_bad.T
    return Cells(wins=a + b.T, ties=tie + tie.T + both_bad, both_bad=both_bad)


def short_keys(comparisons: Comparisons, rows: slice) -> Codes | Ints:
    """The keys of `cell_keys`, in 32 bits where those are enough: half the memory to move."""
    m, k = len(comparisons.names), len(OUTCOMES)
    keys = np.multiply(comparisons.a[rows], m * k, dtype=np.promote_types(np.int32, np.min_scalar_type(-m * m * k)))
    keys += comparisons.b[rows] * np.int32(k)
    keys += comparisons.outcome[rows]
    return keys


def cell_keys(comparisons: Comparisons, rows: slice | Ints) -> Ints:
    """``(a * M + b) * 4 + outcome`` of some rows: where a row lives in an (M, M, 4) table."""
    m, k = len(comparisons.names), len(OUTCOMES)
    keys = comparisons.a[rows].astype(np.int64)
    keys *= m
    keys += comparisons.b[rows]
    keys *= k
    keys += comparisons.outcome[rows]
    return keys


@dataclass(frozen=True, slots=True, eq=False)
class Counts(HoldsArrays):
    """Counts for each competitor, before any model. All arrays are (M,), in the order of `names`.

    Parameters
    ----------
    names : tuple of str
    n_votes : float64
        Comparisons it took part in (a sum of weights).
    n_prompts : int64
        Different known prompts among them.
    wins, ties, losses : float64
        They add up to `n_votes`; "both bad" is in `ties`.
    both_bad : float64
        The part of `ties` that was "both bad".
    raw_win_rate : float64
        ``(wins + ties / 2) / n_votes`` in [0, 1]; NaN without comparisons.
    """

    names: tuple[str, ...]
    n_votes: Floats
    n_prompts: Ints
    wins: Floats
    ties: Floats
    losses: Floats
    both_bad: Floats
    raw_win_rate: Floats


def counts(comparisons: Comparisons) -> Counts:
    """Votes, prompts, wins, ties and losses of every competitor.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors.

    Returns
    -------
    Counts
        (M,) each, in the order of ``comparisons.names``: sums of weights, but for `n_prompts`.

    References
    ----------
    The row sums of a table of paired comparisons, a tie half: H. A. David, "The Method of Paired Comparisons",
    1988.

    Examples
    --------
    >>> c = Comparisons.from_names(["x", "x", "x"], ["y", "y", "z"], ["a", "tie", "a"], prompt=[1, 1, 2])
    >>> n = counts(c)
    >>> n.names, n.n_votes.tolist(), n.n_prompts.tolist(), n.wins.tolist()
    (('x', 'y', 'z'), [3.0, 2.0, 1.0], [2, 1, 1], [2.0, 0.0, 0.0])
    >>> n.raw_win_rate.round(3).tolist()
    [0.833, 0.25, 0.0]
    """
    wins, losses, ties, both_bad = _by_competitor(comparisons)
    n_votes = wins + ties + losses
    rate = np.full(len(n_votes), np.nan)
    np.divide(wins + ties / 2, n_votes, out=rate, where=n_votes > 0)
    return Counts(
        names=comparisons.names,
        n_votes=n_votes,
        n_prompts=_prompts_met(comparisons),
        wins=wins,
        ties=ties,
        losses=losses,
        both_bad=both_bad,
        raw_win_rate=rate,
    )


def _by_competitor(comparisons: Comparisons) -> tuple[Floats, Floats, Floats, Floats]:
    """Wins, losses, ties (with both bad) and both bad of each competitor, (M,) each."""
    m, k = len(comparisons.names), len(OUTCOMES)
    if m <= FEW:
        cells = count_cells(comparisons)
        return cells.wins.sum(axis=1), cells.wins.sum(axis=0), cells.ties.sum(axis=1), cells.both_bad.sum(axis=1)
    sides = [
        np.bincount(side.astype(np.int64) * k + comparisons.outcome, comparisons.weights(), m * k).reshape(m, k).T
        for side in (comparisons.a, comparisons.b)
    ]
    (a_won, a_lost, a_tied, a_bad), (b_lost, b_won, b_tied, b_bad) = sides
    bad = a_bad + b_bad
    return a_won + b_won, a_lost + b_lost, a_tied + b_tied + bad, bad


def _prompts_met(comparisons: Comparisons) -> Ints:
    m = len(comparisons.names)
    prompt = comparisons.clusters("prompt")
    n_slots = (int(prompt.max(initial=-1)) + 1) * m
    parts = (_prompt_keys(comparisons, prompt, part) for part in chunks(len(comparisons)))
    if n_slots <= 16 * len(comparisons):
        # A flag for each (prompt, competitor) is 30 times faster than sorting, where flags are few.
        met = np.zeros(n_slots, dtype=np.bool_)
        for keys in parts:
            met[keys] = True
        return met.reshape(-1, m).sum(axis=0) if m else np.zeros(0, dtype=np.int64)
    keys = np.concatenate(list(parts))
    keys.sort()
    return np.bincount(keys[np.diff(keys, prepend=-1) > 0] % m, minlength=m)


def _prompt_keys(comparisons: Comparisons, prompt: Codes, part: slice) -> Ints:
    """``prompt * M + competitor`` of either side of the rows of a part that count and whose prompt is known."""
    counted = prompt[part] >= 0
    if comparisons.weight is not None:
        counted &= comparisons.weight[part] > 0
    begins = prompt[part][counted].astype(np.int64) * len(comparisons.names)
    return np.concatenate([begins + side[part][counted] for side in (comparisons.a, comparisons.b)])
