"""Replay: random knock-out brackets on results that are known already, prompt by prompt."""

from dataclasses import dataclass

import numpy as np

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.notes import noted

PLAYERS_A_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Replay(HoldsArrays):
    """What random brackets on stored results would have played.

    Parameters
    ----------
    played : Comparisons
        The stored rows that were matches, each once. A row's weight is the share of the prompt's
        complete brackets in which it was played: a prompt of k competitors weighs k - 1 in all, as
        much as one bracket.
    n_brackets : int
        Brackets drawn, over all prompts.
    n_brackets_void : int
        Those discarded because a match had no stored result.
    n_prompts, n_prompts_void : int
        Known prompts with at least one comparison, and those without any complete bracket.
    notes : tuple of str
        What the reader must know.

    Examples
    --------
    >>> c = Comparisons.from_names(["x", "x"], ["y", "z"], ["a", "tie"], prompt=[1, 1])
    >>> replay = replay_tournament(c, n_brackets=100, rng=np.random.default_rng(1))
    >>> replay.n_brackets, 0 < replay.n_brackets_void < 100, replay.n_prompts, replay.n_prompts_void
    (100, True, 1, 0)
    """

    played: Comparisons
    n_brackets: int
    n_brackets_void: int
    n_prompts: int
    n_prompts_void: int
    notes: tuple[str, ...]


def replay_tournament(comparisons: Comparisons, *, n_brackets: int, rng: np.random.Generator) -> Replay:
    """Play `n_brackets` random single-elimination brackets a prompt on its stored results.

    The k competitors of a prompt's comparisons are drawn in random order, neighbours meet, the winner goes
    on (as in `single_elimination`). A match takes the stored result of that pair on that prompt, one drawn
    with chances as their weights where there are several. A stored tie (or "both bad") is played as the tie
    that it is, and a fair coin says who goes on. A match without stored result makes the bracket void: it is
    discarded and counted, nothing is invented.

    Fit `fit_bradley_terry` on `Replay.played`, clustered by prompt: its rows of a prompt depend on each other.

    Parameters
    ----------
    comparisons : Comparisons
        n rows; rows of unknown prompt or weight zero are left out.
    n_brackets : int
        A prompt; more of them leave less to the draw of the brackets, not of the data.
    rng : numpy.random.Generator

    Returns
    -------
    Replay

    Raises
    ------
    ValueError
        If `n_brackets` is below 1.

    References
    ----------
    S. Son et al., "Arena-Lite: efficient and reliable large language model evaluation via tournament-based
    direct comparisons", EMNLP 2025, arXiv 2411.01281. There the matches are judged as they come up; here
    they were judged before, so that any complete round robin gives a tournament board.

    Examples
    --------
    On the first of three prompts the two winners never met: all its brackets are void.

    >>> c = Comparisons.from_names(["x", "y", "z", "x"], ["z", "w", "x", "y"], ["b", "a", "a", "a"], prompt=[1, 1, 2, 3])
    >>> replay = replay_tournament(c, n_brackets=10, rng=np.random.default_rng(1))
    >>> replay.n_brackets, replay.n_brackets_void, replay.played.prompt.tolist(), replay.played.weights().tolist()
    (30, 10, [1, 2], [1.0, 1.0])
    """
    checked_rng(rng)
    if n_brackets < 1:
        raise ValueError(f"n_brackets is {n_brackets}: at least 1 bracket a prompt is needed")
    stored = _Stored.of(comparisons)
    times = np.zeros(len(comparisons))
    n_prompts = n_prompts_void = n_brackets_void = 0
    for prompts, entrants in _fields(comparisons, stored.rows):
        n_prompts += len(prompts)
        block = max(1, PLAYERS_A_BLOCK // (n_brackets * entrants.shape[1]))
        for start in range(0, len(prompts), block):
            is_wanted()
            part = slice(start, start + block)
            rows, complete = stored.play(prompts[part], entrants[part], n_brackets, rng)
            times += _shares(rows, complete, len(comparisons))
            n_brackets_void += int((~complete).sum())
            n_prompts_void += int((~complete.any(axis=1)).sum())
    return Replay(
        played=comparisons.reweighted(times),
        n_brackets=n_prompts * n_brackets,
        n_brackets_void=n_brackets_void,
        n_prompts=n_prompts,
        n_prompts_void=n_prompts_void,
        notes=_notes(comparisons, n_prompts * n_brackets, n_brackets_void, n_prompts, n_prompts_void),
    )


def neighbours(players: Ints) -> tuple[Ints, Ints, Ints]:
    """The two sides of the next round of many brackets, and who has a bye: (R, k) gives (R, k // 2) twice, (R, k % 2).

    Examples
    --------
    >>> [side.tolist() for side in neighbours(np.array([[7, 5, 9]]))]
    [[[7]], [[5]], [[9]]]
    """
    even = players.shape[1] // 2 * 2
    return players[:, 0:even:2], players[:, 1:even:2], players[:, even:]


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """Rows in order of prompt and pair: where the results of a pair stand, and what each led to.

    `rows` are row numbers, sorted by their `keys`; `until` is the cumulated weight, with a leading zero.
    """

    m: int
    rows: Ints
    keys: Ints
    until: Floats
    a: Ints
    score: Floats

    @classmethod
    def of(cls, comparisons: Comparisons) -> "_Stored":
        prompt, weight = comparisons.clusters("prompt"), comparisons.weights()
        rows = np.flatnonzero((prompt >= 0) & (weight > 0))
        m = len(comparisons.names)
        a, b = comparisons.a[rows].astype(np.int64), comparisons.b[rows].astype(np.int64)
        keys = _pair_keys(prompt[rows].astype(np.int64), a, b, m)
        order = np.argsort(keys, kind="stable")
        return cls(
            m=m,
            rows=rows[order],
            keys=keys[order],
            until=np.append(0.0, np.cumsum(weight[rows[order]])),
            a=a[order],
            score=np.array([1.0, 0.0, 0.5, 0.5])[comparisons.outcome[rows[order]]],
        )

    def play(self, prompts: Ints, entrants: Ints, n_brackets: int, rng: np.random.Generator) -> tuple[Ints, Bools]:
        """Row numbers of all matches, (prompts, brackets, k - 1), and which brackets are complete, (prompts, brackets)."""
        n_prompts, k = entrants.shape
        players = rng.permuted(np.repeat(entrants, n_brackets, axis=0), axis=1)
        prompt = np.repeat(prompts, n_brackets)[:, None]
        complete = np.ones(len(players), dtype=np.bool_)
        played = []
        while players.shape[1] > 1:
            left, right, bye = neighbours(players)
            place, known = self._drawn(_pair_keys(prompt, left, right, self.m), rng)
            complete &= known.all(axis=1)
            left_score = np.where(self.a[place] == left, self.score[place], 1 - self.score[place])
            # A half beats the coin half of the time, 0 never, 1 always.
            players = np.concatenate([bye, np.where(rng.random(left.shape) < left_score, left, right)], axis=1)
            played.append(self.rows[place])
        return np.concatenate(played, axis=1).reshape(n_prompts, n_brackets, k - 1), complete.reshape(n_prompts, n_brackets)

    def _drawn(self, wanted: Ints, rng: np.random.Generator) -> tuple[Ints, Bools]:
        """A place in `rows` for each pair, drawn by weight, and whether there is one (a wrong place where not)."""
        low, high = np.searchsorted(self.keys, wanted), np.searchsorted(self.keys, wanted, side="right")
        at = self.until[low] + rng.random(wanted.shape) * (self.until[high] - self.until[low])
        place = np.searchsorted(self.until, at, side="right") - 1
        return np.clip(place, low, np.maximum(high - 1, 0)), high > low


def _pair_keys(prompt: Ints, a: Ints, b: Ints, m: int) -> Ints:
    """One number for a prompt and an unordered pair."""
    return (prompt * m + np.minimum(a, b)) * m + np.maximum(a, b)


def _fields(comparisons: Comparisons, rows: Ints) -> list[tuple[Ints, Ints]]:
    """Prompts of equal numbers of competitors together: their codes (P,), and who took part (P, k)."""
    m = np.int64(len(comparisons.names))
    prompt = comparisons.clusters("prompt")[rows]
    met = np.unique(np.concatenate([prompt * m + comparisons.a[rows], prompt * m + comparisons.b[rows]]))
    codes, sizes = np.unique(met // m, return_counts=True)
    size_of_each = np.repeat(sizes, sizes)
    return [(codes[sizes == k], (met[size_of_each == k] % m).reshape(-1, k)) for k in np.unique(sizes)]


def _shares(rows: Ints, complete: Bools, n_rows: int) -> Floats:
    """In what share of its prompt's complete brackets each row was played: (n_rows,)."""
    played = rows[complete]
    of = np.ones(n_rows)
    of[played] = np.repeat(complete.sum(axis=1), complete.sum(axis=1))[:, None]
    return np.bincount(played.ravel(), minlength=n_rows) / of


def _notes(comparisons: Comparisons, n_brackets: int, n_void: int, n_prompts: int, n_prompts_void: int) -> tuple[str, ...]:
    notes = []
    n_unknown = int(((comparisons.clusters("prompt") < 0) & (comparisons.weights() > 0)).sum())
    if n_unknown:
        notes.append(noted("rows_without_prompt", n=n_unknown))
    if n_void:
        notes.append(noted("void_brackets", n_void=n_void, n=n_brackets))
    if n_prompts_void:
        notes.append(noted("void_prompts", n_void=n_prompts_void, n=n_prompts))
    return tuple(notes)
