"""Poisson draws for many cells at once: by tables, faster than one by one and as exact."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from ranking.maths.data.arrays import Floats, Ints

BINS = 2**16
UNDECIDED = np.iinfo(np.uint16).max
LARGEST_MEAN = 10_000
MOST_TABLES = 256
# Below that, to make a table takes longer than the draws.
LEAST_DRAWS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class PoissonTable:
    """The inverse of a Poisson distribution function, read with 16 random bits.

    A bin of width ``2**-16`` that lies inside one step of the distribution function decides a draw; one
    that straddles a step takes a further uniform of 53 bits.

    Parameters
    ----------
    values : (2**16,) uint16
        What a bin decides, or `UNDECIDED`.
    steps : (K,) int64
        Successive values that a draw can have (all others have a probability under 1e-20).
    chances : (K,) float64
        Chance of at most that value.
    """

    values: NDArray[np.uint16]
    steps: Ints
    chances: Floats

    @classmethod
    def of(cls, mean: float) -> "PoissonTable":
        """The table of one mean, in (0, 10,000].

        Examples
        --------
        >>> PoissonTable.of(1.0).values[[0, 20_000, 40_000, 60_000]].tolist()
        [0, 0, 1, 2]
        """
        spread = 10 * mean**0.5
        steps = np.arange(max(0, int(mean - spread) - 10), int(mean + 1.2 * spread) + 30)
        chances = np.asarray(pdtr(steps, mean), dtype=np.float64)
        cuts = np.floor(chances * BINS).astype(np.int64)
        cuts[-1] = BINS
        values = np.repeat(steps.astype(np.uint16), np.diff(cuts, prepend=0))
        values[cuts[cuts < BINS]] = UNDECIDED
        return cls(values=values, steps=steps, chances=chances)

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.uint16]:
        """Independent draws, (size,).

        Examples
        --------
        >>> draws = PoissonTable.of(3.0).draw(100_000, np.random.default_rng(1))
        >>> draws.mean().round(1).item(), draws.var().round(1).item()
        (3.0, 3.0)
        """
        bins = np.frombuffer(rng.bytes(2 * size), dtype="<u2")
        drawn: NDArray[np.uint16] = self.values.take(bins)
        open_rows = np.flatnonzero(drawn == UNDECIDED)
        uniform = (bins[open_rows] + rng.random(len(open_rows))) / BINS
        place = np.searchsorted(self.chances, uniform, side="right").clip(max=len(self.steps) - 1)
        drawn[open_rows] = self.steps[place]
        return drawn


@dataclass(frozen=True, slots=True, eq=False)
class PoissonCells:
    """Cells with their means; those of equal mean are drawn together.

    Parameters
    ----------
    groups : tuple of (C_k,) int64
        The cells of one mean each; cells of mean zero are in none.
    means : (K,) float64
    tables : tuple of PoissonTable or None
        None = drawn one by one: too large a mean, or too few draws to make a table for.
    n_cells : int
    """

    groups: tuple[Ints, ...]
    means: Floats
    tables: tuple[PoissonTable | None, ...]
    n_cells: int

    @classmethod
    def of(cls, means: Floats, *, n_resamples: int) -> "PoissonCells":
        """Prepare to draw cells of these means, (C,) >= 0, so many times in all.

        Examples
        --------
        >>> PoissonCells.of(np.array([2.0, 0.0, 2.0, 5.0]), n_resamples=10).means.tolist()
        [2.0, 5.0]
        """
        order = np.argsort(means, kind="stable")
        distinct, starts = np.unique(means[order], return_index=True)
        groups = np.split(order, starts[1:])
        sizes = np.diff(starts, append=len(means)) * n_resamples * (distinct > 0) * (distinct <= LARGEST_MEAN)
        tabled = set(np.argsort(-sizes, kind="stable")[:MOST_TABLES]) & set(np.flatnonzero(sizes >= LEAST_DRAWS))
        drawn = np.flatnonzero(distinct > 0)
        return cls(
            groups=tuple(groups[k] for k in drawn),
            means=distinct[drawn],
            tables=tuple(PoissonTable.of(float(distinct[k])) if k in tabled else None for k in drawn),
            n_cells=len(means),
        )

    def draw(self, size: int, rng: np.random.Generator) -> Floats:
        """Independent Poisson draws of every cell, (C, size) float64.

        Examples
        --------
        >>> PoissonCells.of(np.array([0.0, 1e9]), n_resamples=1).draw(2, np.random.default_rng(1)).round(-6).tolist()
        [[0.0, 0.0], [1000000000.0, 1000000000.0]]
        """
        drawn = np.zeros((self.n_cells, size))
        for group, mean, table in zip(self.groups, self.means, self.tables, strict=True):
            n = len(group) * size
            drawn[group] = (rng.poisson(mean, n) if table is None else table.draw(n, rng)).reshape(-1, size)
        return drawn
