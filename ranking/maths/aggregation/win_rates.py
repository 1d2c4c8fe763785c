"""Counting: points won, and the mean win rate over opponents, with no model behind them."""

from collections.abc import Mapping

import numpy as np

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.data.cells import count_cells
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Provenance
from ranking.maths.estimation.scores import Scores


def counting(comparisons: Comparisons, *, win: float = 1.0, tie: float = 0.5) -> Scores:
    """Points: ``score[i] = win * (wins of i) + tie * (ties of i)``, "both bad" as a tie.

    It favours who played more; `win_rate` does not.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; a row of weight w counts w times.
    win, tie : float
        Points for a win and for a tie; ``0 <= tie <= win`` and ``win > 0``.

    Returns
    -------
    Scores
        Points. A competitor without comparisons is unrated.

    Raises
    ------
    ValueError
        If `win` or `tie` is not allowed.

    References
    ----------
    J. de Borda's count for pairs; also A. H. Copeland, 1951. Golden values: evalica 0.4, `counting`.

    Examples
    --------
    >>> counting(Comparisons.from_names(["x", "x", "y"], ["y", "y", "x"], ["a", "tie", "a"])).scores.tolist()
    [1.5, 1.5]
    """
    if not 0 <= tie <= win < np.inf or win == 0:
        raise ValueError(f"win is {win} and tie is {tie}: 0 <= tie <= win and win > 0 are needed")
    cells = count_cells(comparisons)
    points = win * cells.wins.sum(axis=1) + tie * cells.ties.sum(axis=1)
    played = cells.totals.sum(axis=1) > 0
    return _scores(comparisons.names, points, played, "points", "counting", {"win": win, "tie": tie})


def win_rate(comparisons: Comparisons) -> Scores:
    """Mean over opponents of the share of comparisons won, a tie (and "both bad") as half a win.

    ``score[i] = mean over the j that i met of (wins_ij + ties_ij / 2) / n_ij``. Every opponent that was
    met counts the same, however often; pairs never met are left out, so competitors with
    different opponents compare only as far as those are alike.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; a row of weight w counts w times.

    Returns
    -------
    Scores
        Shares in [0, 1]. A competitor without comparisons is unrated.

    References
    ----------
    N. B. Shah, M. J. Wainwright, "Simple, robust and optimal ranking from pairwise comparisons", 2017.
    Golden values: evalica 0.4, `average_win_rate`.

    Examples
    --------
    x takes 3/4 from y and 1 from z, whom y never met:

    >>> c = Comparisons.from_names(["x"] * 5, ["y"] * 4 + ["z"], ["a", "a", "a", "b", "a"])
    >>> win_rate(c).scores.tolist()
    [0.875, 0.25, 0.0]
    """
    cells = count_cells(comparisons)
    totals = cells.totals
    met = totals > 0
    shares = np.divide(cells.half_wins, totals, out=np.zeros_like(totals), where=met)
    n_met = met.sum(axis=1)
    rate = shares.sum(axis=1) / np.maximum(n_met, 1)
    return _scores(comparisons.names, rate, n_met > 0, "mean share won over opponents", "win_rate", {})


def _scores(
    names: tuple[str, ...], scores: Floats, played: Bools, unit: str, method: str, parameters: Mapping[str, float]
) -> Scores:
    return Scores(
        names=tuple(name for name, one in zip(names, played, strict=True) if one),
        scores=scores[played],
        unit=unit,
        unrated=tuple(Unrated(name, "no comparisons yet") for name, one in zip(names, played, strict=True) if not one),
        provenance=Provenance(method=method, ties="half a win each, both bad as a tie", parameters=parameters),
    )
