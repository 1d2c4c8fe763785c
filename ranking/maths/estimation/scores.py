"""Scores: the frozen result of methods that rate competitors without a likelihood."""

from dataclasses import dataclass
from typing import ClassVar

from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Provenance


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scores(HoldsArrays, Tabled):
    """One number a competitor, more is better; it has no covariance of its own (see `bootstrap` for intervals).

    Parameters
    ----------
    names : tuple of str
        The m competitors that have a score, in the order of the comparisons' names.
    scores : (m,) float64
    unit : str
        What a score is: "Elo points", "share of points won", "log-odds" ...
    unrated : tuple of Unrated
        The others, each with the reason.
    provenance : Provenance
    notes : tuple of str
        What to say beside the scores.

    Examples
    --------
    >>> import numpy as np
    >>> Scores(("x",), np.array([1000.0]), "Elo points", (), Provenance("elo", "half a win each", {})).scores.tolist()
    [1000.0]
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("scores",)

    names: tuple[str, ...]
    scores: Floats
    unit: str
    unrated: tuple[Unrated, ...]
    provenance: Provenance
    notes: tuple[str, ...] = ()
