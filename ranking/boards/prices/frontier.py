"""Pareto's line: what nothing else beats in two things at once."""

from collections.abc import Sequence


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """
    Places of the points (x, y) that no other point beats, in rising order of x: less x is better, and more y.

    One point beats another if it is at least as good in both, and better in one; of two equal points neither beats the other.

    Examples
    --------
    >>> frontier([(1, 10), (2, 30), (3, 20), (4, 40)])
    [0, 1, 3]
    >>> frontier([(1, 10), (1, 10), (1, 9), (2, 10)])
    [0, 1]
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i))
    best: list[int] = []
    for i in order:
        if not best or points[i][1] > points[best[-1]][1] or points[i] == points[best[-1]]:
            best.append(i)
    return best
