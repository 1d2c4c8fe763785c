"""Checks of common arguments, with clear errors: the generator, the cluster, when to stop."""

from typing import Any

import numpy as np


def checked_rng(rng: Any) -> np.random.Generator:
    """`rng` itself if numbers can be drawn from it; else TypeError.

    Examples
    --------
    >>> checked_rng(1)
    Traceback (most recent call last):
    TypeError: rng is 1, of type int: give a generator, numpy.random.default_rng(1) for example
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng is {rng!r}, of type {type(rng).__name__}: give a generator, numpy.random.default_rng(1) for example"
        )
    return rng


def checked_stop(max_steps: int, tolerance: float) -> None:
    """Refuse with ValueError when Newton's method (or EM) could never stop.

    Examples
    --------
    >>> checked_stop(100, -1.0)
    Traceback (most recent call last):
    ValueError: tolerance is -1.0: it is a finite number, 0 or more
    """
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance is {tolerance}: it is a finite number, 0 or more")
    if max_steps < 0:
        raise ValueError(f"max_steps is {max_steps}: it is 0 or more")


def named_cluster(cluster: Any) -> Any:
    """`cluster` itself if it is None, a name or a tuple of them, a list as a tuple; else TypeError.

    Examples
    --------
    >>> named_cluster(["prompt", "voter"])
    ('prompt', 'voter')
    >>> named_cluster(np.array([1, 2]))
    Traceback (most recent call last):
    TypeError: cluster is of type ndarray: it names a column, "prompt" for example; its codes belong in the comparisons
    """
    hashable = tuple(cluster) if isinstance(cluster, list) else cluster
    names = hashable if isinstance(hashable, tuple) else (hashable,)
    if not all(name is None or isinstance(name, str) for name in names):
        raise TypeError(
            f'cluster is of type {type(cluster).__name__}: it names a column, "prompt" for example; '
            "its codes belong in the comparisons"
        )
    return hashable
