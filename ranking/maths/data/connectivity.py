"""Connectivity: which competitors are linked by comparisons, whatever the outcomes."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ranking.maths.data.arrays import Ints
from ranking.maths.data.comparisons import Comparisons


def linked_groups(comparisons: Comparisons) -> Ints:
    """Number of the group that each competitor is in, (m,); comparisons lead from any member of a group to any other.

    Examples
    --------
    Names are in the order v, w, x, y.

    >>> linked_groups(Comparisons.from_names(["x", "v"], ["y", "w"], ["a", "b"])).tolist()
    [0, 0, 1, 1]
    """
    m, counted = len(comparisons.names), comparisons.weights() > 0
    a, b = comparisons.a[counted], comparisons.b[counted]
    met = coo_array((np.ones(len(a), dtype=np.int64), (a, b)), shape=(m, m))
    return np.asarray(connected_components(met, directed=False)[1], dtype=np.int64)
