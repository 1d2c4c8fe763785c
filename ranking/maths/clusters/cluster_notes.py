"""What a reader is told of clusters, in words: how few there are, and which competitors stand on few of them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.notes import Note, numbered

FEWEST_CLUSTERS = 30
FEW = 10
"""A competitor whose rating stands on fewer effective clusters is named."""

MOST_NAMED = 3

OUTWEIGHED = 1.5
"""With fewer effective clusters than these, a number of them would puzzle its reader: one cluster says nearly all."""

HELD = "leave it near its start, so its interval is narrower than by other methods and no surer"
"""Of a competitor on few clusters where a fixed start holds ratings."""

ON = {"prompt": "on", "voter": "by", "judge": "by"}


class ClustersBehind(Protocol):
    """How many clusters stand behind ratings: a `LeaveOut`, or a `ManyLeftOut`."""

    @property
    def n_clusters(self) -> float: ...

    @property
    def ratings(self) -> Floats: ...

    @property
    def carried_ratings(self) -> Bools: ...


def notes_of(c: Comparisons, column: Column, left_out: ClustersBehind, *, is_pulled: bool = False) -> Iterator[str]:
    """Sentences on the clusters of one column: of all, of single comparisons, of competitors that stand on few.

    `c` : the rows between the m rated. `is_pulled` : a fixed start holds ratings on few comparisons near it, so that few
    make an interval narrow, not wide.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, None])
    >>> fit = fit_bradley_terry(c)
    >>> list(notes_of(c, "prompt", fit.leave_out("prompt")))[:2]
    ['only 3 prompts: holds for these prompts', '1 comparison names no prompt: it counts as a prompt of its own']
    """
    m, n = len(c.names), left_out.n_clusters
    usual = float(np.median(left_out.ratings))
    if n < FEWEST_CLUSTERS:
        yield Note(f"only {numbered(n, column)}: holds for {_these(n, column)}", "few_clusters")
    elif n <= m:
        yield Note(f"only {numbered(n, column)} for {m} competitors: holds for {_these(n, column)}", "few_clusters")
    elif usual < OUTWEIGHED:
        yield f"one {column} outweighs the other {n - 1:g}{'' if is_pulled else ', so intervals are very wide'}"
    elif usual < FEWEST_CLUSTERS * 2 / 3:
        yield (
            f"most comparisons are {ON[column]} a few of {n:g} {column}s: they tell as much as {_about(usual)} {column}s with "
            f"as many each{'' if is_pulled else ', so intervals are wide'}"
        )
    unknown = float(c.multiples()[c.clusters(column) < 0].sum())
    if unknown == 1:
        yield f"1 comparison names no {column}: it counts as a {column} of its own"
    elif unknown:
        yield f"{unknown:g} comparisons name no {column}: each counts as a {column} of its own"
    yield from _named(c, column, left_out, below=min(FEW, usual / 2), is_pulled=is_pulled)


def _these(n: float, column: Column) -> str:
    return f"this {column}" if n == 1 else f"these {column}s"


def _named(c: Comparisons, column: Column, left_out: ClustersBehind, *, below: float, is_pulled: bool) -> Iterator[str]:
    """Competitors that stand on fewer clusters than the others do."""
    few = np.flatnonzero((left_out.ratings < below) | left_out.carried_ratings)
    few = few[np.argsort(left_out.ratings[few], kind="stable")]
    for i in few[:MOST_NAMED]:
        yield _of_one(c, column, int(i), left_out, is_pulled=is_pulled)
    if len(few) > MOST_NAMED:
        more = len(few) - MOST_NAMED
        yield f"{more} more competitor{'s' if more > 1 else ''} stand{'' if more > 1 else 's'} on few {column}s too"


def _of_one(c: Comparisons, column: Column, i: int, left_out: ClustersBehind, *, is_pulled: bool) -> Note:
    n_votes, n_clusters = _met(c, column, i)
    what = f"{c.names[i]}: {n_votes:g} vote{'' if n_votes == 1 else 's'} {ON[column]} {n_clusters:g} {column}"
    what += "" if n_clusters == 1 else "s"
    if left_out.carried_ratings[i]:
        why = (
            f"{what}; without one of them nothing would link it with the others, so it has no interval and no place yet"
            if (n_clusters > 1)
            else f"{what}: too little to say how it does on others, so it has no interval and no place yet"
        )
        return Note(why, "one_competitor")
    if is_pulled:
        return Note(f"{what}: so few {HELD}", "near_start")
    return Note(_width_of_one(what, column, n_clusters, float(left_out.ratings[i])), "one_competitor")


def _width_of_one(what: str, column: Column, n_clusters: float, effective: float) -> str:
    if n_clusters > 2 * effective and effective < OUTWEIGHED:
        return f"{what}, and one of them outweighs the others, so its interval is very wide"
    if n_clusters > 2 * effective:
        return f"{what}, most {ON[column]} a few: they tell as much as {_about(effective)}, so its interval is wide"
    return f"{what}: so few make its interval wide"


def unlinked_note(names: Sequence[str]) -> str:
    """Of those whom no comparisons link with most of the rated.

    Examples
    --------
    >>> unlinked_note(["x", "y"])
    'nothing links x, y with the others: they have numbers, and no interval and no place yet'
    """
    it_has = "it has a number" if len(names) == 1 else "they have numbers"
    return f"nothing links {_few(names)} with the others: {it_has}, and no interval and no place yet"


def apart_note(groups: Sequence[Sequence[str]]) -> str:
    """Of groups that no comparisons link, none of which is most of the rated; the largest come first.

    Examples
    --------
    >>> apart_note([["x", "y"], ["u", "v"]])
    'no comparisons link the groups {x, y} and {u, v}: they have numbers, and no interval and no place yet'
    """
    shown = [f"{{{_few(names)}}}" for names in groups[:MOST_NAMED]]
    n_more = len(groups) - len(shown)
    last = f"{n_more} more" if n_more else shown.pop()
    return f"no comparisons link the groups {', '.join(shown)} and {last}: they have numbers, and no interval and no place yet"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _about(effective: float) -> str:
    return f"{effective:.0f}" if effective >= 2 else f"{effective:.1f}"


def _met(c: Comparisons, column: Column, i: int) -> tuple[float, float]:
    """Votes and clusters of one competitor."""
    rows = np.flatnonzero(((c.a == i) | (c.b == i)) & (c.weights() > 0))
    codes, multiples = c.clusters(column)[rows], c.multiples(rows)
    known: Floats = np.unique(codes[codes >= 0])
    return float(multiples.sum()), len(known) + float(multiples[codes < 0].sum())
