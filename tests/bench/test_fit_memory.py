"""A fit takes what it says beforehand, or less. Run: ``pytest -m bench tests/bench/test_fit_memory.py``."""

import subprocess
import sys

import pytest

from arena.fit_memory import needed

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

# In a process of its own: the highest point is the process'.
FIT = """
import resource, sys
import django
django.setup()
import numpy as np
from ranking import maths
from ranking.boards.fitting import fit_board
from ranking.boards.methods import Definition

n, n_prompts, method = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = np.random.default_rng(1)
strength, a = rng.normal(size=n), rng.integers(n, size=40_000)
b = (a + rng.integers(1, n, size=40_000)) % n
lost = rng.random(40_000) > 1 / (1 + np.exp(strength[b] - strength[a]))
outcome = np.where(rng.random(40_000) < 0.15, 2, lost).astype(np.int8)
names = tuple(f"n{i}" for i in range(n))
given = maths.Comparisons(names=names, a=a, b=b, outcome=outcome, prompt=rng.integers(n_prompts, size=40_000))
held = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = held()
fit_board(given, Definition(method="bradley_terry" if method == "listed" else method), list(range(n)))
print(held() - before)
"""


@pytest.mark.parametrize(
    ("n", "n_prompts", "method"),
    [
        (500, 300, "bradley_terry"),
        (500, 20_000, "bradley_terry"),
        (500, 2_000, "rao_kupper"),
        (500, 2_000, "elo"),
        (1_000, 2_000, "listed"),
        (1_000, 2_000, "davidson"),
        (2_000, 2_000, "listed"),
    ],
)
def test_a_fit_takes_no_more_than_it_says(n, n_prompts, method):
    command = [sys.executable, "-c", FIT, str(n), str(n_prompts), method]
    taken = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert 0.3 * needed(n, n_prompts, method) < taken < needed(n, n_prompts, method)
