"""Ratings from integer arrays, in times of the one pass over the rows that nobody can do without."""

import os

import numpy as np
import pytest

from ranking.maths.data.comparisons import Comparisons
from ranking.maths.models.bradley_terry import fit_bradley_terry
from tests.bench.test_maths_speed import least_seconds, votes

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
MOST_TIMES = 2.2  # for 100 models; at 300 solving for the ratings is most of it


@pytest.mark.parametrize("m", [100, 300])
def test_integer_arrays_to_ratings(m, row):
    told = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    assert not told, f"run this without {' and '.join(told)} in the environment: numpy can be slower than it need be"
    data = votes(m=m)
    a, b, outcome, names = data.a - 1, data.b - 1, data.outcome, tuple(data.names.values())

    def counted():
        return np.bincount((a * m + b) * 4 + outcome, minlength=m * m * 4)

    ours = least_seconds(lambda: fit_bradley_terry(Comparisons(names=names, a=a, b=b, outcome=outcome)), runs=15)
    base = least_seconds(counted, runs=15)
    row(
        f"Integer arrays to ratings, 1 M comparisons of {m} models",
        f"{ours * 1000:.0f} ms, {ours / base:.1f} times coding and counting the rows ({base * 1000:.0f} ms)",
        f"{MOST_TIMES} times" if m == 100 else "",
    )
    assert m != 100 or ours <= MOST_TIMES * base
