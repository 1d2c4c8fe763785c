"""Rankings from pairwise comparisons, with what is known about how sure they are.

Pure: numpy and scipy, no database, no clock; randomness comes in as ``rng``. Ratings are natural
log-odds with mean zero; one unit is ``400 / ln 10 = 173.7`` Elo points.

Examples
--------
>>> import numpy as np
>>> from ranking.maths import Comparisons, fit_bradley_terry, intervals, rank_sets
>>> c = Comparisons.from_names(["x", "y", "x", "z"] * 30, ["y", "x", "z", "y"] * 30, ["a", "tie", "a", "b"] * 30)
>>> fit = fit_bradley_terry(c)
>>> fit.names, fit.unrated[0]
(('x', 'y'), Unrated(name='z', reason='never won or tied (60 comparisons)'))
>>> rank_sets(fit, rng=np.random.default_rng(1)).low.tolist()
[1, 2]
"""

from ranking.maths.bootstrap import Bootstrap, BootstrapIntervals, bootstrap
from ranking.maths.bradley_terry import fit_bradley_terry
from ranking.maths.cells import Cells, Counts, count_cells, counts
from ranking.maths.comparisons import OUTCOMES, Comparisons
from ranking.maths.existence import Existence, Unrated, check_existence
from ranking.maths.fit import Diagnostics, Fit, Parameter, Provenance
from ranking.maths.intervals import Differences, Intervals, differences, intervals
from ranking.maths.newton import NotConvergedError
from ranking.maths.ranks import RankSets, rank_sets
from ranking.maths.tally import CellRows, Tally, TallyFileError

__all__ = [
    "OUTCOMES",
    "Bootstrap",
    "BootstrapIntervals",
    "CellRows",
    "Cells",
    "Comparisons",
    "Counts",
    "Diagnostics",
    "Differences",
    "Existence",
    "Fit",
    "Intervals",
    "NotConvergedError",
    "Parameter",
    "Provenance",
    "RankSets",
    "Tally",
    "TallyFileError",
    "Unrated",
    "bootstrap",
    "check_existence",
    "count_cells",
    "counts",
    "differences",
    "fit_bradley_terry",
    "intervals",
    "rank_sets",
]
