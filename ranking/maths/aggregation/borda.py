"""Borda: one ranking from many tables of scores, equal scores as equal places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.agreement.rank_correlation import average_ranks
from ranking.maths.data.arrays import Floats
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Provenance
from ranking.maths.estimation.scores import Scores

TIES = "average ranks"


def borda(table: ArrayLike, *, names: Sequence[str], weights: ArrayLike | None = None) -> Scores:
    """One-level Borda count: ``score[i] = sum over tasks of weight * (others beaten + others tied / 2)``.

    Without weights that is the sum of ascending average ranks, less one a task. Equal scores never depend on the
    order of rows, as they do with ``argsort(argsort(...))``.

    Parameters
    ----------
    table : (m, T) of float
        Score of each competitor on each task, more is better; every entry is needed.
    names : sequence of str
        The m competitors.
    weights : (T,) of float, optional
        How much each task counts, above 0; 1 each where none are given.

    Returns
    -------
    Scores
        Points, 0 to ``sum(weights) (m - 1)``.

    Raises
    ------
    ValueError
        If the shape or a weight is not allowed or an entry is missing: a sum over different tasks compares nothing
        (`mean_win_rate` allows for it).

    References
    ----------
    P. Colombo, N. Noiry, E. Irurozki, S. Clémençon, "What are the best systems? New perspectives on
    NLP benchmarking", NeurIPS 2022, section 3. They break ties by row order; here they share a rank.

    Examples
    --------
    x and y tie on the second task:

    >>> borda([[3, 1], [2, 1], [1, 0]], names=["x", "y", "z"]).scores.tolist()
    [3.5, 2.5, 0.0]
    """
    scores = _checked_table(table, names)
    _refuse_missing(scores, names)
    return _scores(
        names,
        _points(scores, _checked_weights(weights, scores.shape[1])),
        "points over others",
        "borda",
        {"n_tasks": scores.shape[1]},
    )


def borda_two_level(tables: Sequence[ArrayLike], *, names: Sequence[str], weights: ArrayLike | None = None) -> Scores:
    """Two-level Borda count: over the instances inside each task, then over the tasks.

    Every task counts by its weight, however many instances it has.

    Parameters
    ----------
    tables : sequence of (m, n_t) of float
        For each task the score of each competitor on each instance, more is better; every entry is needed.
    names : sequence of str
        The m competitors.
    weights : (T,) of float, optional
        How much each task counts, above 0; 1 each where none are given.

    Returns
    -------
    Scores
        Points, 0 to ``sum(weights) (m - 1)``.

    Raises
    ------
    ValueError
        If there is no task, a shape or a weight is not allowed, or an entry is missing.

    References
    ----------
    Colombo et al., 2022 (see `borda`), section 3.

    Examples
    --------
    x wins the first task 2 to 1; y the second:

    >>> borda_two_level([[[1, 1, 0], [0, 0, 1]], [[0], [1]]], names=["x", "y"]).scores.tolist()
    [1.0, 1.0]
    """
    if not tables:
        raise ValueError("there are no tasks: at least one table is needed")
    by_task = []
    for table in tables:
        scores = _checked_table(table, names)
        _refuse_missing(scores, names)
        by_task.append(_points(scores))
    points = _points(np.stack(by_task, axis=1), _checked_weights(weights, len(by_task)))
    return _scores(names, points, "points over others", "borda_two_level", {"n_tasks": len(by_task)})


def mean_win_rate(table: ArrayLike, *, names: Sequence[str], weights: ArrayLike | None = None) -> Scores:
    """Mean over tasks of the share of other competitors beaten on it, ties as half (HELM's aggregate).

    ``score[i] = mean over the tasks t of i of (beaten + tied / 2) / (competitors on t - 1)``. A competitor
    is compared on the tasks that it has, with those who have them; tasks of one competitor say nothing.

    Parameters
    ----------
    table : (m, T) of float
        Score of each competitor on each task, more is better; NaN = missing.
    names : sequence of str
        The m competitors.
    weights : (T,) of float, optional
        How much each task counts in the mean, above 0; 1 each where none are given.

    Returns
    -------
    Scores
        Shares in [0, 1]. A competitor without a task shared with another is unrated.

    Raises
    ------
    ValueError
        If the shape or a weight is not allowed.

    References
    ----------
    P. Liang et al., "Holistic evaluation of language models", TMLR 2023, section 8 ("mean win rate").

    Examples
    --------
    z is missing on the second task, where x ties y:

    >>> mean_win_rate([[3, 1], [2, 1], [1, np.nan]], names=["x", "y", "z"]).scores.tolist()
    [0.75, 0.5, 0.0]
    """
    scores = _checked_table(table, names)
    shares = np.full(scores.shape, np.nan)
    for column, share in zip(scores.T, shares.T, strict=True):
        present = ~np.isnan(column)
        if present.sum() > 1:
            share[present] = (average_ranks(column[present]) - 1) / (present.sum() - 1)
    rated = ~np.isnan(shares).all(axis=1)
    counting = _checked_weights(weights, scores.shape[1]) * ~np.isnan(shares[rated])
    points = np.nansum(shares[rated] * counting, axis=1) / counting.sum(axis=1)
    return Scores(
        names=tuple(name for name, one in zip(names, rated, strict=True) if one),
        scores=points,
        unit="mean share of others beaten",
        unrated=tuple(
            Unrated(name, "no task shared with another competitor") for name, one in zip(names, rated, strict=True) if not one
        ),
        provenance=Provenance(method="mean_win_rate", ties=TIES, parameters={"n_tasks": scores.shape[1]}),
    )


def _checked_table(table: ArrayLike, names: Sequence[str]) -> Floats:
    scores = np.asarray(table, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[0] != len(names) or not scores.size:
        raise ValueError(f"the table has shape {scores.shape}: one row for each of {len(names)} names and at least one task")
    return scores


def _refuse_missing(scores: Floats, names: Sequence[str]) -> None:
    if np.isnan(scores).any():
        row, task = np.argwhere(np.isnan(scores))[0]
        raise ValueError(f"{names[row]!r} has no score on task {task}: leave one of them out, or use mean_win_rate")


def _checked_weights(weights: ArrayLike | None, n_tasks: int) -> Floats:
    checked = np.ones(n_tasks) if weights is None else np.asarray(weights, dtype=np.float64)
    if checked.shape != (n_tasks,) or not np.isfinite(checked).all() or not (checked > 0).all():
        raise ValueError(f"weights are {checked.tolist()}: one above 0 for each of {n_tasks} tasks")
    return checked


def _points(scores: Floats, weights: Floats | None = None) -> Floats:
    """Competitors beaten, ties as half, summed over the columns by their weights: (m,)."""
    weights = np.ones(scores.shape[1]) if weights is None else weights
    by_task = [weight * (average_ranks(column) - 1) for weight, column in zip(weights, scores.T, strict=True)]
    return np.asarray(np.sum(by_task, axis=0), dtype=np.float64)


def _scores(names: Sequence[str], points: Floats, unit: str, method: str, parameters: dict[str, float]) -> Scores:
    provenance = Provenance(method=method, ties=TIES, parameters=parameters)
    return Scores(names=tuple(names), scores=points, unit=unit, unrated=(), provenance=provenance)
