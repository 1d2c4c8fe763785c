"""Existence: whether a ranking without a prior has finite ratings, and for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.notes import Note, noted

LIGHTEST = 1e-12
"""A result that weighs less than this share of the heaviest is ignored when deciding who can be rated."""


@dataclass(frozen=True, slots=True)
class Unrated:
    """A competitor that has no rating, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Existence(HoldsArrays):
    """Who can be rated together.

    Parameters
    ----------
    components : tuple of tuple of str
        Strong components of "won or tied against", best first. Components that no comparison links
        have no order: the larger stands first.
    fitted : (M,) bool
        The members of the component that has finite ratings (none where all are of size one).
    unrated : tuple of Unrated
        All others, each with the reason.
    notes : tuple of str
        Results too light to count.
    """

    components: tuple[tuple[str, ...], ...]
    fitted: Bools
    unrated: tuple[Unrated, ...]
    notes: tuple[str, ...] = ()


def check_existence(names: tuple[str, ...], half_wins: Floats) -> Existence:
    """Find the competitors whose half-win Bradley-Terry ratings are finite.

    The maximum exists, and is unique up to a shift, if and only if the directed graph
    "x -> y where x won or tied against y at least once" is strongly connected [1]_. Where it is not,
    the largest strong component is fitted (equal in size: the one with more comparisons). A result that weighs less than
    `LIGHTEST` of the heaviest would set a rating by what rounding does to the others: it links nobody, and is noted.

    Parameters
    ----------
    names : tuple of str
        M competitors.
    half_wins : (M, M) float64
        ``half_wins[i, j]`` = wins of i over j, plus half the ties.

    References
    ----------
    .. [1] L. R. Ford, "Solution of a ranking problem from binary comparisons", American Mathematical
       Monthly 64(8), 1957, 28-33.

    Examples
    --------
    >>> existence = check_existence(("x", "y", "z"), np.array([[0, 1.0, 2.0], [1.0, 0, 1.0], [0, 0, 0]]))
    >>> existence.components, existence.unrated[0].reason
    ((('x', 'y'), ('z',)), 'never won or tied (3 comparisons)')
    """
    given, half_wins = half_wins, heavy_enough(half_wins)
    beats = half_wins > 0
    label = strong_labels(half_wins)
    n_components = int(label.max(initial=-1)) + 1
    volume = np.triu(half_wins + half_wins.T)
    n_votes = np.array([volume[np.ix_(label == c, label == c)].sum() for c in range(n_components)])
    sizes = np.bincount(label, minlength=n_components)
    order = _topological_order(beats, label, sizes)
    best = max(order, key=lambda c: (sizes[c], n_votes[c]), default=0)
    fitted = (label == best) & (sizes[label] > 1) if names else np.zeros(0, dtype=np.bool_)
    return Existence(
        components=tuple(tuple(names[i] for i in np.flatnonzero(label == c)) for c in order),
        fitted=fitted,
        unrated=tuple(Unrated(names[i], _reason(half_wins, label == label[i], fitted)) for i in np.flatnonzero(~fitted)),
        notes=light_notes(names, given, half_wins),
    )


def heavy_enough(results: Floats) -> Floats:
    """The same table without results that weigh less than `LIGHTEST` of the heaviest: they link nobody.

    Examples
    --------
    >>> heavy_enough(np.array([[0.0, 1.0], [1e-30, 0.0]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return np.where(results >= LIGHTEST * results.max(initial=0.0), results, 0.0)


def light_notes(names: tuple[str, ...], given: Floats, counted: Floats) -> tuple[str, ...]:
    """A note on results that were given but are too light to count; (M, M) each, a row over a column.

    Examples
    --------
    >>> given = np.array([[0.0, 1.0], [1e-30, 0.0]])
    >>> light_notes(("x", "y"), given, heavy_enough(given))[0].partition(";")[0]
    'results too light to link anybody, beside others that weigh up to 1: y over x (1e-30)'
    """
    is_light = (given > 0) & (counted == 0)
    if not is_light.any():
        return ()
    light = [(i, j, float(given[i, j])) for i, j in np.argwhere(is_light).tolist()]
    return light_note(names, light, float(given.max(initial=0.0)))


def light_note(names: tuple[str, ...], light: Sequence[tuple[int, int, float]], heaviest: float) -> tuple[str, ...]:
    """The note itself: (winner, loser, weight) of results that are too light beside the heaviest.

    Examples
    --------
    >>> light_note(("x", "y"), [], 1.0)
    ()
    """
    if not len(light):
        return ()
    shown: Any = [noted("light_result", winner=names[i], loser=names[j], weight=weight) for i, j, weight in light[:3]]
    if len(light) > 3:
        shown = noted("and_more", names=shown, n=len(light) - 3)
    return (noted("light", heaviest=heaviest, shown=shown),)


def never_met(names: tuple[str, ...], half_wins: Floats) -> tuple[str, ...]:
    """A note on groups that no comparisons link, for ratings that a prior puts on one scale.

    Examples
    --------
    >>> pair = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> never_met(("x", "y", "z", "w"), np.block([[pair, 0 * pair], [0 * pair, pair]]))
    ('x, y | z, w: no comparisons link these groups; how far they stand apart is the prior alone',)
    """
    n, label = connected_components(half_wins > 0, directed=False)
    if n < 2:
        return ()
    groups = [", ".join(_few([names[i] for i in np.flatnonzero(label == group)])) for group in range(min(n, 4))]
    more = f" | and {n - 4} more" if n > 4 else ""
    return (f"{' | '.join(groups)}{more}: no comparisons link these groups; how far they stand apart is the prior alone",)


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} others"]


def strong_labels(half_wins: Floats) -> Ints:
    """The strong component of each competitor in "won or tied against", numbered from 0: (M,) int64.

    Examples
    --------
    >>> strong_labels(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
    [0, 0]
    """
    # As booleans, since the sparse graph treats weights under 1e-8 as zero.
    won = half_wins > 0
    if np.count_nonzero(won) == won.size - len(won) and not won.diagonal().any():
        return np.zeros(len(won), dtype=np.int64)  # everybody won or tied against everybody
    _, label = connected_components(won, directed=True, connection="strong")
    return label.astype(np.int64)


def _topological_order(beats: Bools, label: Ints, sizes: Ints) -> list[int]:
    """The components in an order in which none is above one that beat it; ties are ordered by size, then first member."""
    n = len(sizes)
    if n < 2:
        return list(range(n))
    above = np.zeros((n, n), dtype=np.bool_)
    winners, losers = np.nonzero(beats)
    above[label[winners], label[losers]] = True
    np.fill_diagonal(above, False)
    met = above.any(axis=0) | above.any(axis=1)
    first = np.full(n, len(label))
    np.minimum.at(first, label, np.arange(len(label)))
    waiting, order = set(range(n)), []
    pending = above.sum(axis=0)
    while waiting:
        free = [c for c in waiting if not pending[c]]
        chosen = min(free, key=lambda c: (sizes[c] == 1 and not met[c], -sizes[c], first[c]))
        waiting.remove(chosen)
        order.append(chosen)
        pending = pending - above[chosen]
    return order


def _reason(half_wins: Floats, group: Bools, fitted: Bools) -> Note:
    """Why the members of a strong component other than the fitted one have no rating."""
    return unrated_because(
        won=bool(half_wins[group][:, ~group].any()),
        lost=bool(half_wins[~group][:, group].any()),
        size=int(group.sum()),
        linked=not fitted.any() or _linked(half_wins, group, fitted),
        n_comparisons=float(half_wins[group].sum() + half_wins[:, group].sum()),
    )


def unrated_because(*, won: bool, lost: bool, size: int, linked: bool, n_comparisons: float) -> Note:
    """The reason in words, of a strong component of some size that won or lost against others.

    `linked`: comparisons lead to the rated group, or nobody is rated. `n_comparisons`: of a single competitor.

    Examples
    --------
    >>> unrated_because(won=True, lost=False, size=1, linked=True, n_comparisons=2.0)
    'never lost or tied (2 comparisons)'
    """
    if size == 1 and not (lost or won):
        return noted("no_comparisons")
    if not linked:
        return noted("not_connected")
    if lost and won:
        return noted("no_chain")
    never = "never_won" if lost else "never_lost"
    return noted(never, n=n_comparisons) if size == 1 else noted(f"group_{never}", n=size)


def _linked(half_wins: Floats, group: Bools, fitted: Bools) -> bool:
    _, label = connected_components(half_wins > 0, directed=False)
    return bool(label[np.argmax(group)] == label[np.argmax(fitted)])
