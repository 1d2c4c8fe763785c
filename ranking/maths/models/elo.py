"""Elo: ratings that move with every comparison, in one order and as the mean over random orders.

Its bootstrap is in `ranking.maths.resampling.elo_bootstrap`.
"""

from dataclasses import dataclass
from math import tanh
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from ranking.maths.data.arrays import Bools, Codes, Floats, HoldsArrays
from ranking.maths.data.cells import count_cells
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Provenance
from ranking.maths.estimation.half_wins import SCORES, win_chances
from ranking.maths.estimation.scores import Scores
from ranking.maths.models.bradley_terry import maximise

type Keys = NDArray[np.unsignedinteger[Any]]

FORGOTTEN = 1e-6
"""What is left of a competitor's start, in Elo points, where only the last rows of an order are played."""

SAFETY = 1.25
"""The rate of forgetting is a first-order one, at fitted ratings: this many times the rows it asks for are played."""

PSEUDO_WIN = 0.05
"""Added to both sides of every pair that met, so that the rate of forgetting exists for the undefeated too."""

MOST_ROWS = 1_000_000_000
"""Comparisons of one random order; each takes a byte or more."""

BLOCK_BYTES = 1 << 28
ROWS_A_CHUNK = 1_024
SPARE_DRAWS = 100
NOTHING = 1
"""The key of a row without effect: competitor 0 ties with itself."""


@dataclass(frozen=True, slots=True, eq=False)
class EloOverOrders(HoldsArrays):
    """Final Elo ratings over random orders of the same rows.

    Parameters
    ----------
    scores : Scores
        The mean over orders, Elo points.
    sd : (m,) float64
        Standard deviation over orders, Elo points: how far one order's rating is from the mean. The
        error of the mean is ``sd / sqrt(n_orders)``.
    n_orders : int
    n_rows : int
        Comparisons (a row of weight w is w of them).
    n_played : int
        The last rows of each order that were played; the rest is forgotten (see `elo_over_orders`).
    """

    scores: Scores
    sd: Floats
    n_orders: int
    n_rows: int
    n_played: int


def elo(
    comparisons: Comparisons, *, k: float = 4.0, initial: float = 1000.0, base: float = 10.0, scale: float = 400.0
) -> Scores:
    """Elo ratings, updated row by row in the order given (the order of time).

    ``R_a += k w (s - E)`` and ``R_b -= k w (s - E)`` with ``E = 1 / (1 + base**((R_b - R_a) / scale))``;
    s is 1 if a won, 0 if b won, 1/2 for a tie or "both bad". The sum of all ratings never changes.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors. A row of weight w is *one* update of w times the step.
    k : float
        Step, Elo points (> 0).
    initial : float
        Everybody's start, Elo points.
    base, scale : float
        A lead of `scale` points multiplies the odds by `base` (> 1; > 0).

    Returns
    -------
    Scores
        Elo points. A competitor without comparisons is unrated.

    Raises
    ------
    ValueError
        If k, base or scale is not allowed, or a weight is so large that one update goes further than `scale`.

    References
    ----------
    A. E. Elo, "The Rating of Chessplayers, Past and Present", 1978, section 8.

    Examples
    --------
    Equals meet: the winner takes half of k.

    >>> elo_scores = elo(Comparisons.from_names(["x"], ["y"], ["a"]), k=32)
    >>> elo_scores.names, elo_scores.scores.tolist()
    (('x', 'y'), [1016.0, 984.0])
    """
    rate = _checked_rate(k, base, scale)
    heaviest = float(comparisons.weights().max(initial=0.0))
    if k * heaviest > scale:
        raise ValueError(
            f"weight[{int(comparisons.weights().argmax())}] is {heaviest:g}: one update of up to {k * heaviest:g} points goes "
            f"further than the scale of {scale:g}; give it as rows of smaller weights"
        )
    natural = [0.0] * len(comparisons.names)
    rows = zip(
        comparisons.a.tolist(),
        comparisons.b.tolist(),
        SCORES[comparisons.outcome].tolist(),
        (rate * comparisons.weights()).tolist(),
        strict=True,
    )
    for a, b, score, step in rows:
        gap = natural[a] - natural[b]
        move = step * (score - 0.5 - 0.5 * tanh(gap / 2))
        natural[a] += move
        natural[b] -= move
    met = _met(comparisons)
    points = initial + np.array(natural)[met] * (scale / np.log(base))
    return _scores(comparisons.names, met, points, "elo", {"k": k, "initial": initial, "base": base, "scale": scale})


def elo_mean_over_orders(
    comparisons: Comparisons,
    *,
    k: float = 4.0,
    initial: float = 1000.0,
    base: float = 10.0,
    scale: float = 400.0,
    n_orders: int = 100,
    rng: np.random.Generator,
) -> Scores:
    """The mean of Elo's final ratings over random orders of the rows; see `elo_over_orders`, which also gives their sd.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors, of whole weights.
    k, initial, base, scale : float
        As in `elo`.
    n_orders : int
        Random orders (>= 2).
    rng : numpy.random.Generator

    Returns
    -------
    Scores
        Elo points. A competitor without comparisons is unrated.

    Raises
    ------
    ValueError
        If a weight is no whole number, or an option is not allowed.

    References
    ----------
    As for `elo_over_orders`.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 40, ["y"] * 40, ["a"] * 30 + ["b"] * 10)
    >>> elo_mean_over_orders(c, k=4, rng=np.random.default_rng(1)).scores.round().tolist()
    [1032.0, 968.0]
    """
    return elo_over_orders(comparisons, k=k, initial=initial, base=base, scale=scale, n_orders=n_orders, rng=rng).scores


def elo_over_orders(
    comparisons: Comparisons,
    *,
    k: float = 4.0,
    initial: float = 1000.0,
    base: float = 10.0,
    scale: float = 400.0,
    n_orders: int = 100,
    rng: np.random.Generator,
) -> EloOverOrders:
    """Elo's final ratings over random orders of the rows: mean and standard deviation.

    All orders advance together, one row each at a time. Elo forgets: where two starts differ by D (in
    total zero), a row multiplies D by ``I - g (e_a - e_b)(e_a - e_b)'`` with ``g = r p (1 - p)`` and
    ``r = k ln(base) / scale``. Over a random order of N rows |D| shrinks, a row, at least by the factor
    ``exp(-r (1 - r / 4) lambda / N)``, to first order and on average; lambda is the least positive
    eigenvalue of the Fisher information ``sum p (1 - p) (e_a - e_b)(e_a - e_b)'`` at the half-win
    Bradley-Terry ratings (every pair that met has `PSEUDO_WIN` more for both). So only the last rows of
    an order are played: `SAFETY` times those after which |D| is `FORGOTTEN` (1e-6 points), from the
    distance of the common start to the fitted ratings and their fluctuation. Where there are no more
    than those, all are played. That is usual if some competitor has few comparisons (under about
    5,000 at k = 4): nothing that it remembers is left out.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors. Weights must be whole: a row of weight w is w rows, each with
        its own place in the order.
    k, initial, base, scale : float
        As in `elo`.
    n_orders : int
        Random orders (>= 2); the error of the mean is ``sd / sqrt(n_orders)``.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If a weight is no whole number, or an option is not allowed.

    References
    ----------
    M. Boubdir et al., "Elo Uncovered: Robustness and Best Practices in Language Model Evaluation",
    2023, section 4. (The truncation is ours.)

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 40, ["y"] * 40, ["a"] * 30 + ["b"] * 10)
    >>> over_orders = elo_over_orders(c, k=4, rng=np.random.default_rng(1))
    >>> over_orders.scores.scores.round().tolist(), over_orders.sd.round(1).tolist(), over_orders.n_played
    ([1032.0, 968.0], [1.1, 1.1], 40)
    """
    checked_rng(rng)
    rate = _checked_rate(k, base, scale)
    if n_orders < 2:
        raise ValueError(f"n_orders is {n_orders}: at least 2 are needed, 100 are usual")
    point = scale / np.log(base)
    m, units = len(comparisons.names), _unit_rows(comparisons)
    n_played = min(len(units), _rows_to_forget(comparisons, rate, FORGOTTEN / point))
    blocks = [
        _play([_last_rows(units, n_played, rng) for _ in range(size)], m, rate=rate, n_forget=n_played)
        for size in _block_sizes(n_orders, units.itemsize * n_played)
    ]
    met = _met(comparisons)
    ratings = initial + point * np.concatenate(blocks)[:, met]
    parameters = {"k": k, "initial": initial, "base": base, "scale": scale, "n_orders": n_orders}
    return EloOverOrders(
        scores=_scores(comparisons.names, met, ratings.mean(axis=0), "elo_mean_over_orders", parameters),
        sd=ratings.std(axis=0, ddof=1),
        n_orders=n_orders,
        n_rows=len(units),
        n_played=n_played,
    )


def _checked_rate(k: float, base: float, scale: float) -> float:
    """k in natural log-odds."""
    for name, value, least in (("k", k, 0.0), ("base", base, 1.0), ("scale", scale, 0.0)):
        if not least < value < np.inf:
            raise ValueError(f"{name} is {value}: it must be finite and above {least:g}")
    return float(k * np.log(base) / scale)


def _met(comparisons: Comparisons) -> Bools:
    """The competitors with a counted comparison, (M,) bool."""
    counted = comparisons.weights() > 0
    met = np.zeros(len(comparisons.names), dtype=np.bool_)
    met[comparisons.a[counted]] = True
    met[comparisons.b[counted]] = True
    return met


def _scores(names: tuple[str, ...], met: Bools, points: Floats, method: str, parameters: dict[str, float]) -> Scores:
    return Scores(
        names=tuple(name for name, one in zip(names, met, strict=True) if one),
        scores=points,
        unit="Elo points",
        unrated=tuple(Unrated(name, "no comparisons yet") for name, one in zip(names, met, strict=True) if not one),
        provenance=Provenance(method=method, ties="half a win each, both bad as a tie", parameters=parameters),
    )


def _unit_rows(comparisons: Comparisons) -> Keys:
    """``(winner * M + loser) * 2 + tied`` of every single comparison: (sum of weights,), as small as they go."""
    m = len(comparisons.names)
    a, b, lost = comparisons.a.astype(np.uint32), comparisons.b.astype(np.uint32), comparisons.outcome == 1
    keys = (np.where(lost, b, a) * np.uint32(m) + np.where(lost, a, b)) * np.uint32(2) + (comparisons.outcome > 1)
    small = np.uint16 if 2 * m * m <= np.iinfo(np.uint16).max else np.uint32
    return np.repeat(keys.astype(small), _whole_weights(comparisons))


def _whole_weights(comparisons: Comparisons) -> Codes:
    weights = comparisons.weights()
    whole = weights == np.floor(weights)
    if not whole.all():
        row = int(np.argmin(whole))
        raise ValueError(f"weight[{row}] is {weights[row]}: random orders need whole counts (`elo` takes smaller weights too)")
    if weights.sum() > MOST_ROWS:
        raise ValueError(f"the weights sum to {weights.sum():.3g}: random orders are of {MOST_ROWS:,} comparisons at most")
    return weights.astype(np.int32)


def _n_present(units: Keys, m: int) -> int:
    """How many competitors occur in some keys."""
    pairs = np.flatnonzero(np.bincount(units >> 1, minlength=m * m))
    return len(np.unique(np.concatenate([pairs // m, pairs % m])))


def _rows_to_forget(comparisons: Comparisons, rate: float, left: float) -> int:
    """Rows of a random order after which no more than `left` (natural log-odds) of any start is left."""
    half_wins = count_cells(comparisons).half_wins
    totals = half_wins + half_wins.T
    _, label = connected_components(totals > 0, directed=False)
    groups = [label == group for group in np.flatnonzero(np.bincount(label) > 1)]
    # Groups that never meet: each keeps its own sum of ratings, and forgets at its own rate.
    n_rows = max((_rows_of_group(half_wins[np.ix_(group, group)], rate, left) for group in groups), default=0.0)
    return int(np.ceil(min(SAFETY * n_rows * totals.sum() / 2, np.iinfo(np.int32).max)))


def _rows_of_group(half_wins: Floats, rate: float, left: float) -> float:
    """`_rows_to_forget` of a connected group, as a share of all rows (above 1: more than there are)."""
    if rate >= 4:
        return np.inf
    smoothed = half_wins + PSEUDO_WIN * (half_wins + half_wins.T > 0)
    ratings = maximise(smoothed, max_steps=200, tolerance=1e-6).ratings
    chance = win_chances(ratings)
    information = -(half_wins + half_wins.T) * chance * chance.T
    np.fill_diagonal(information, -information.sum(axis=1))
    slowest = float(np.linalg.eigvalsh(information)[1])
    start = np.sqrt(np.square(ratings).sum() + len(ratings) * rate / 2)
    return float(np.log(start / left) / (rate * (1 - rate / 4) * slowest)) if start > left else 0.0


def _last_rows(units: Keys, n: int, rng: np.random.Generator) -> Keys:
    """The last n of the units in a random order, or all if there are fewer."""
    if 2 * n >= len(units):
        return rng.permutation(units)[:n]
    # Places drawn with replacement, the first of equals kept: the same order, its rest never drawn.
    n_resamples = int(-np.log1p(-n / len(units)) * len(units) * 1.01) + SPARE_DRAWS
    first = np.empty(len(units), dtype=np.int32)
    kept = np.empty(0, dtype=np.int32)
    while len(kept) < n:
        places = rng.integers(len(units), size=n_resamples, dtype=np.int32)
        first[places[::-1]] = np.arange(n_resamples - 1, -1, -1, dtype=np.int32)
        kept = places[first[places] == np.arange(n_resamples, dtype=np.int32)]
        n_resamples *= 2
    return units[kept[:n]]


def _block_sizes(n: int, bytes_each: int) -> list[int]:
    size = max(BLOCK_BYTES // max(bytes_each, 1), 1)
    return [min(size, n - start) for start in range(0, n, size)]


def _play(orders: list[Keys], m: int, *, rate: float, n_forget: int) -> Floats:
    """Ratings of orders that advance together: (C, m) natural log-odds.

    The mean of the ratings after every `ROWS_A_CHUNK` rows once `n_forget` rows are played, and after
    the last. Shorter orders start later, so that all end together.
    """
    n_rows = max(len(order) for order in orders)
    sampled_from = min(n_forget + n_rows - min(len(order) for order in orders), n_rows)
    # Half log-odds, because 2 P - 1 = tanh(half the gap).
    half, total, n_samples = np.zeros((len(orders), m)), np.zeros((len(orders), m)), 0
    for start in range(0, n_rows, ROWS_A_CHUNK):
        stop = min(start + ROWS_A_CHUNK, n_rows)
        _advance(half.reshape(-1), _side_by_side(orders, n_rows - start, n_rows - stop), m, rate)
        if stop >= sampled_from:
            total += half
            n_samples += 1
    return 2 * total / max(n_samples, 1)


def _side_by_side(orders: list[Keys], first: int, last: int) -> Keys:
    """The rows of all orders from `first` to `last` places before the end: (first - last, C)."""
    keys = np.full((first - last, len(orders)), NOTHING, dtype=orders[0].dtype)
    for column, order in zip(keys.T, orders, strict=True):
        part = order[max(len(order) - first, 0) : max(len(order) - last, 0)]
        column[len(column) - len(part) :] = part
    return keys


def _advance(half: Floats, keys: Keys, m: int, rate: float) -> None:
    """Play some rows, in place: `half` is (C * m,) half log-odds, `keys` (rows, C)."""
    pair = keys >> 1
    places = np.stack([pair // m, pair % m], axis=1) + np.arange(keys.shape[1]) * m
    # Winner's score less loser's, over 4 because of the halves: 1 for a win, 0 for a tie.
    decided = 1.0 - (keys & 1)
    both = np.empty((2, keys.shape[1]))
    winner, loser = both
    move = np.empty(keys.shape[1])
    for place, score in zip(places, decided, strict=True):
        half.take(place, out=both, mode="clip")
        np.subtract(winner, loser, out=move)
        np.tanh(move, out=move)
        np.subtract(score, move, out=move)
        np.multiply(move, rate / 4, out=move)
        np.add(winner, move, out=winner)
        np.subtract(loser, move, out=loser)
        half[place] = both
