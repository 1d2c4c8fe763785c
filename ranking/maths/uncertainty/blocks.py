"""Blocks: the unit of anytime-valid statements, one mean of a pair's points a prompt."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints


@dataclass(frozen=True, slots=True, eq=False)
class BlockMeans(HoldsArrays):
    """One mean of points a prompt, in the order in which the prompts began, or were closed.

    Parameters
    ----------
    values : (T,) float64
        Of the closed blocks, in [0, 1].
    last : float
        Of the block that is still open; NaN if there is none. It is no evidence yet.
    n_late : float
        Votes that came after their block was closed: they are left out.
    n_open : float
        Votes on prompts that are not done: they are no evidence yet.

    Examples
    --------
    >>> BlockMeans(np.array([0.5]), 1.0, 0.0).closed().values.tolist()
    [0.5, 1.0]
    """

    values: Floats
    last: float
    n_late: float
    n_open: float = 0.0

    def closed(self) -> "BlockMeans":
        """The same with the last block closed: its prompt is known to be done.

        Examples
        --------
        >>> block_means([1, 1, 2], [1.0, 0.0, 1.0]).closed().values.tolist()
        [0.5, 1.0]
        """
        return self if np.isnan(self.last) else BlockMeans(np.append(self.values, self.last), np.nan, self.n_late)


def block_means(
    prompt: ArrayLike,
    points: ArrayLike,
    *,
    first: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    done: ArrayLike | None = None,
) -> BlockMeans:
    """Means of one pair's points by prompt, votes given in the order in which they arrived.

    Where votes on several prompts arrive between each other, say which prompts are `done`: each of them is one block of
    all its votes, in the order given, and no vote is lost. Append to that list as prompts close, never insert, and close a
    prompt for good, without a look at how its votes came out. The price: votes on open prompts wait.

    Without `done` a block is open from the first vote on its prompt to the first vote on a new one, and never opened
    again: a later vote for a closed prompt is left out and counted. Else a block would change after it was
    bet on. How many votes a prompt gets, and when the next begins, must not depend on how they came out.

    Where the order of a block's votes is known for all, and both occur, each order weighs half, so that a
    preference for the first slot cancels. Otherwise the mean is plain (and fair if the order is drawn).

    Parameters
    ----------
    prompt : (n,) int
        Codes >= 0; -1 = unknown, a block of its own.
    points : (n,) float
        In [0, 1]: 1 a win, 0.5 a tie, 0 a loss of the pair's first competitor.
    first : (n,) int, optional
        0 = the first competitor was shown first, 1 = the second, -1 = unknown.
    weight : (n,) float, optional
        Equal votes that a row stands for, above 0.
    done : (d,) int, optional
        Prompts that get no more votes, in the order in which they were closed, each once; those without a vote here are
        passed over.

    Returns
    -------
    BlockMeans

    Raises
    ------
    ValueError
        If lengths differ, points lie outside [0, 1], a prompt is done twice, or with `done` a vote has no prompt.

    References
    ----------
    Ours: a bet is placed before any of what it is on is seen, and votes on one prompt depend on each other. The
    bets are those of `e_process`.

    Examples
    --------
    Prompt 7 has both orders, (1 + 1 + 0) / 3 and 0: their mean 1/3. The last vote on it is late.

    >>> means = block_means([7, 7, 7, 7, 8, 7, 9], [1, 1, 0, 0, 0.5, 1, 0], first=[0, 0, 0, 1, 0, 0, 0])
    >>> means.values.round(3).tolist(), means.last, means.n_late
    ([0.333, 0.5], 0.0, 1.0)

    Two prompts in turn, of which 8 was closed first; 9 is open.

    >>> means = block_means([7, 8, 7, 8, 9], [1, 1, 0, 1, 1], done=[8, 7])
    >>> means.values.tolist(), means.n_late, means.n_open
    ([1.0, 0.5], 0.0, 1.0)
    """
    codes, won = np.asarray(prompt, dtype=np.int64), np.asarray(points, dtype=np.float64)
    side = np.full(len(codes), -1) if first is None else np.asarray(first, dtype=np.int64)
    times = np.ones(len(codes)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(codes) == len(won) == len(side) == len(times):
        raise ValueError(f"prompt, points, first and weight have {len(codes)}, {len(won)}, {len(side)} and {len(times)} rows")
    if len(won) and not (won.min() >= 0 and won.max() <= 1):
        raise ValueError(f"points lie between {won.min():g} and {won.max():g}: allowed are 0 to 1")
    if done is not None:
        block = _done_blocks(codes, np.asarray(done))
        kept = block >= 0
        values = _balanced_means(block[kept], won[kept], side[kept], times[kept])
        return BlockMeans(values, np.nan, 0.0, float(times[~kept].sum()))
    block, kept = _blocks(codes)
    values = _balanced_means(block[kept], won[kept], side[kept], times[kept])
    last = np.nan if not len(values) or codes[kept][-1] < 0 else float(values[-1])
    return BlockMeans(values[:-1] if np.isfinite(last) else values, last, float(times[~kept].sum()))


def _done_blocks(codes: Ints, done: NDArray[Any]) -> Ints:
    """The place of each row's prompt among those that are done and have a row, -1 = it is open: (n,)."""
    if done.ndim != 1 or (len(done) and done.dtype.kind not in "iu"):
        raise ValueError(f"done has shape {done.shape} and type {done.dtype}: give the codes of closed prompts, in their order")
    closed, first = np.unique(done.astype(np.int64), return_index=True)
    if len(closed) < len(done):
        raise ValueError("a prompt is done twice: name each once, where it was closed")
    if len(codes) and codes.min() < 0:
        raise ValueError(f"row {int(np.argmin(codes))} has no prompt: with `done` every vote needs one, if of its own")
    if not len(done):
        return np.full(len(codes), -1)
    at = np.minimum(np.searchsorted(closed, codes), len(closed) - 1)
    place = np.where(closed[at] == codes, first[at], -1)
    present, dense = np.unique(place, return_inverse=True)
    return np.asarray(dense - int((present < 0).any()), dtype=np.int64)


def _blocks(codes: Ints) -> tuple[Ints, Bools]:
    """The number of the block that was open at each row, and whether the row is of that block: (n,) each."""
    new = codes < 0
    new[np.unique(codes, return_index=True)[1]] = True
    block = np.cumsum(new) - 1
    started = np.flatnonzero(new)
    return block, codes == codes[started[block]] if len(codes) else np.zeros(0, dtype=np.bool_)


def _balanced_means(block: Ints, points: Floats, side: Ints, weight: Floats) -> Floats:
    """Mean points of each block, both orders weighing half where all are known and both occur: (T,)."""
    n = int(block.max(initial=-1)) + 1
    keys = block * 3 + side + 1
    votes = np.bincount(keys, weights=weight, minlength=3 * n).reshape(n, 3)
    won = np.bincount(keys, weights=weight * points, minlength=3 * n).reshape(n, 3)
    values = won.sum(axis=1) / votes.sum(axis=1)
    both = (votes[:, 0] == 0) & (votes[:, 1:] > 0).all(axis=1)
    values[both] = (won[both, 1:] / votes[both, 1:]).mean(axis=1)
    return np.asarray(values, dtype=np.float64)
