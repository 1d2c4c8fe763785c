"""Notes on clusters: how few there are, and which competitors stand on few of them."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from scipy.special import stdtrit

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.notes import Note, by_column, noted, shortened

FEWEST_CLUSTERS = 30
FEW = 10
"""A competitor whose rating stands on fewer effective clusters is named."""

MOST_NAMED = 3

OUTWEIGHED = 1.5
"""With fewer effective clusters than this, one cluster decides nearly everything, and their number would mislead."""


class ClustersBehind(Protocol):
    """How many clusters stand behind ratings: a `LeaveOut`, or a `ManyLeftOut`."""

    @property
    def n_clusters(self) -> float: ...

    @property
    def ratings(self) -> Floats: ...

    @property
    def carried_ratings(self) -> Bools: ...

    @property
    def variance(self) -> Floats: ...


def notes_of(c: Comparisons, column: Column, left_out: ClustersBehind, *, is_pulled: bool = False) -> Iterator[Note]:
    """Sentences on the clusters of one column: of all, of single comparisons, of competitors that stand on few.

    `c` : the rows between the m rated. `is_pulled` : a fixed start holds ratings on few comparisons near it, so that few
    make an interval narrow, not wide.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, None])
    >>> fit = fit_bradley_terry(c)
    >>> for note in list(notes_of(c, "prompt", fit.leave_out("prompt")))[:2]:
    ...     print(note)
    only 3 prompts, so results may differ with other prompts
    1 comparison names no prompt: it counts as a prompt of its own
    """
    m, n = len(c.names), left_out.n_clusters
    usual = float(np.median(left_out.ratings))
    if n < FEWEST_CLUSTERS:
        yield _note("few_clusters", column, n=n)
    elif n <= m:
        yield _note("few_clusters_for_many", column, n=n, m=m)
    elif usual < OUTWEIGHED:
        yield _note("outweighed" if is_pulled else "outweighed_and_wide", column, n=n - 1)
    elif usual < FEWEST_CLUSTERS * 2 / 3:
        yield _note("most_on_few" if is_pulled else "most_on_few_and_wide", column, n=n, about=_about(usual))
    unknown = float(c.multiples()[c.clusters(column) < 0].sum())
    if unknown:
        yield _note("without_cluster", column, n=unknown)
    yield from _named(c, column, left_out, below=min(FEW, usual / 2), is_pulled=is_pulled)


def _note(code: str, column: Column, **parameters: Any) -> Note:
    return noted(by_column(code, column), column=column, **parameters)


def _named(c: Comparisons, column: Column, left_out: ClustersBehind, *, below: float, is_pulled: bool) -> Iterator[Note]:
    """Competitors that stand on fewer clusters than the others do; the widest intervals come first."""
    few = np.flatnonzero((left_out.ratings < below) | left_out.carried_ratings)
    order = left_out.ratings if is_pulled else -_widths(left_out)
    few = few[np.lexsort((left_out.ratings[few], order[few]))]
    for i in few[:MOST_NAMED]:
        yield _of_one(c, column, int(i), left_out, is_pulled=is_pulled)
    if len(few) > MOST_NAMED:
        yield _note("more_on_few", column, n=len(few) - MOST_NAMED)


def _widths(left_out: ClustersBehind) -> Floats:
    """(m,) half widths of 95 % intervals by the clusters alone; infinite where one cluster carries a rating."""
    factors = -stdtrit(np.maximum(left_out.ratings - 1, 1.0), 0.025)
    return np.where(left_out.carried_ratings, np.inf, factors * np.sqrt(left_out.variance))


def _of_one(c: Comparisons, column: Column, i: int, left_out: ClustersBehind, *, is_pulled: bool) -> Note:
    n_votes, n_clusters = _met(c, column, i)
    effective = float(left_out.ratings[i])
    if left_out.carried_ratings[i]:
        code = "one_competitor.bridge" if n_clusters > 1 else "one_competitor.on_one"
    elif is_pulled:
        code = "near_start"
    elif n_clusters > 2 * effective and effective < OUTWEIGHED:
        code = "one_competitor.outweighed"
    else:
        code = "one_competitor.most_on_few" if n_clusters > 2 * effective else "one_competitor.few"
    votes, clusters = noted("votes", n=n_votes), _note("clusters", column, n=n_clusters)
    return _note(code, column, name=c.names[i], votes=votes, clusters=clusters, about=_about(effective))


def unlinked_note(names: Sequence[str]) -> Note:
    """Of those whom no comparisons link with most of the rated.

    Examples
    --------
    >>> unlinked_note(["x", "y"])
    'nothing links x, y with the others: they have numbers, and no interval and no place yet'
    """
    return noted("unlinked", names=shortened(names, MOST_NAMED), n=len(names))


def apart_note(groups: Sequence[Sequence[str]]) -> Note:
    """Of groups that no comparisons link, none of which is most of the rated; the largest come first.

    Examples
    --------
    >>> apart_note([["x", "y"], ["u", "v"]])
    'no comparisons link the groups {x, y} and {u, v}: they have numbers, and no interval and no place yet'
    """
    shown = [noted("group", names=shortened(names, MOST_NAMED)) for names in groups[:MOST_NAMED]]
    n_more = len(groups) - len(shown)
    last = noted("n_more", n=n_more) if n_more else shown.pop()
    return noted("apart", groups=shown, last=last)


def _about(effective: float) -> str:
    return f"{effective:.0f}" if effective >= 2 else f"{effective:.1f}"


def _met(c: Comparisons, column: Column, i: int) -> tuple[float, float]:
    """Votes and clusters of one competitor."""
    rows = np.flatnonzero(((c.a == i) | (c.b == i)) & (c.weights() > 0))
    codes, multiples = c.clusters(column)[rows], c.multiples(rows)
    known: Floats = np.unique(codes[codes >= 0])
    return float(multiples.sum()), len(known) + float(multiples[codes < 0].sum())
