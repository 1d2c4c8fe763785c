"""The type of a list of pairs, in a separate module because pages read such lists without the fitting library."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PairList:
    """Of m competitors, k pairs.

    `pairs` (k, 2) int32: places i < j. `record` (k, 4) int32: times i won, j won, they tied, both were bad. `weights` (k,)
    float32: sum to 1 over all pairs. `others` (m, 2) float32: rating (natural log-odds) and v, for pairs that are not listed
    (see `ManyGains`; v is not a number where there is no rating: such a pair weighs as the heaviest); (0, 2) where all are.
    """

    pairs: NDArray[np.int32]
    record: NDArray[np.int32]
    weights: NDArray[np.float32]
    others: NDArray[np.float32]
