"""Comparisons for tests: from a few words, at random, or by Hypothesis."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.maths import Comparisons
from ranking.maths.data.arrays import Floats


def battles(text: str, *, prompt: object = None, **columns: object) -> Comparisons:
    """``battles("x>y x=y*3 x#z")``: x beat y, three ties of x and y, one "both bad" of x and z."""
    signs = {">": "a", "<": "b", "=": "tie", "#": "both_bad"}
    a, b, outcome = [], [], []
    for word in text.split():
        pair, _, times = word.partition("*")
        sign = next(s for s in signs if s in pair)
        left, right = pair.split(sign)
        a += [left] * int(times or 1)
        b += [right] * int(times or 1)
        outcome += [signs[sign]] * int(times or 1)
    return Comparisons.from_names(a, b, outcome, prompt=prompt, **columns)  # type: ignore[arg-type]


def simulated(ratings: Floats, *, n: int, n_prompts: int, rng: np.random.Generator, tie_rate: float = 0.0) -> Comparisons:
    """Uniformly drawn pairs and prompts, outcomes of the Bradley-Terry model."""
    m = len(ratings)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    wins = rng.random(n) < 1 / (1 + np.exp(ratings[b] - ratings[a]))
    outcome = np.where(rng.random(n) < tie_rate, 2, np.where(wins, 0, 1))
    names = tuple(f"m{i:03d}" for i in range(m))
    return Comparisons(names=names, a=a, b=b, outcome=outcome, prompt=rng.integers(n_prompts, size=n))


def repeated(c: Comparisons, *, prompt: object) -> Comparisons:
    """Every row twice, with the prompts given for both halves."""
    twice = {name: np.tile(getattr(c, name), 2) for name in ("a", "b", "outcome")}
    return replace(c, **twice, weight=np.tile(c.weights(), 2), prompt=prompt)  # type: ignore[arg-type]


@st.composite
def comparable(draw: st.DrawFn, *, unknown: bool = True) -> Comparisons:
    """2 to 6 competitors, a ring of wins that connects them, and up to 40 comparisons of weight 1 to 3."""
    m = draw(st.integers(2, 6))
    ring = [(i, (i + 1) % m, 0, 1, i % 2) for i in range(m)]
    row = st.tuples(
        st.integers(0, m - 1), st.integers(1, m - 1), st.integers(0, 3), st.integers(1, 3), st.integers(-1 if unknown else 0, 5)
    )
    rows = ring + [(a, (a + d) % m, o, w, p) for a, d, o, w, p in draw(st.lists(row, max_size=40))]
    a, b, outcome, weight, prompt = (np.array(column) for column in zip(*rows, strict=True))
    names = tuple("abcdef"[:m])
    return Comparisons(names=names, a=a, b=b, outcome=outcome, weight=weight.astype(float), prompt=prompt)


def law(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hypothesis' `given`, without the clock: a busy machine proves nothing about a law."""
    return lambda test: settings(deadline=None, max_examples=40)(given(*strategies)(test))
