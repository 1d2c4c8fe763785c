"""Matches: which ones a tournament asks for, the results it takes, and how it ends."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np

from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.comparisons import OUTCOMES, Comparisons


@dataclass(frozen=True, slots=True)
class Match:
    """Two competitors about to be compared; `a` is the one listed first.

    Examples
    --------
    >>> Match("x", "y").a
    'x'
    """

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class PlayedMatch:
    """A match, its result ("a", "b" or "tie") and its round, counted from 1.

    Examples
    --------
    >>> PlayedMatch(Match("x", "y"), "tie", 1).result
    'tie'
    """

    match: Match
    result: str
    round: int


@dataclass(frozen=True, slots=True, eq=False)
class TournamentResult(HoldsArrays):
    """How a tournament ended.

    Parameters
    ----------
    format : str
        The function that ran it.
    names : tuple of str
        The m competitors, in the order given.
    places : (m,) float64
        1 = best; those who left together, or have equal points, share the average of their places.
    played : tuple of Played
        Every match, replays too, in order.
    byes : tuple of str
        Who went through a round without a match.

    Examples
    --------
    >>> from ranking.maths.tournaments.formats import round_robin
    >>> end = play(round_robin(["x", "y", "z"]), lambda match: "a" if match.a < match.b else "b")
    >>> end.names, end.places.tolist(), len(end.comparisons())
    (('x', 'y', 'z'), [1.0, 2.0, 3.0], 3)
    """

    format: str
    names: tuple[str, ...]
    places: Floats
    played: tuple[PlayedMatch, ...]
    byes: tuple[str, ...]

    def comparisons(self) -> Comparisons:
        """The matches as rows that a model can be fitted to; a broken tie is still a tie here.

        Examples
        --------
        >>> from ranking.maths.tournaments.formats import anchored
        >>> play(anchored(["x", "y"], anchor="y"), lambda match: "tie").comparisons().outcome.tolist()
        [2]
        """
        code = {name: i for i, name in enumerate(self.names)}
        return Comparisons(
            names=self.names,
            a=np.array([code[played.match.a] for played in self.played], dtype=np.int32),
            b=np.array([code[played.match.b] for played in self.played], dtype=np.int32),
            outcome=np.array([OUTCOMES.index(played.result) for played in self.played], dtype=np.int8),
        )


type Rounds = Generator[tuple[Match, ...], Sequence[str], TournamentResult]
"""A running tournament: yields matches, takes as many results, returns its standing."""

RESULTS = ("a", "b", "tie")
"""What a match can give, where ties are allowed."""


def play(rounds: Rounds, judge: Callable[[Match], str]) -> TournamentResult:
    """Run a tournament to its end, `judge` giving the result of each match.

    Parameters
    ----------
    rounds : generator
        Of `single_elimination`, `swiss` ..., not yet started.
    judge : callable
        From a `Match` to "a" (its `a` won), "b" or "tie".

    Raises
    ------
    ValueError
        If `judge` gives a result that the tournament does not allow.

    References
    ----------
    The protocol, results sent into a generator: PEP 342, "Coroutines via enhanced generators", 2005.

    Examples
    --------
    >>> from ranking.maths.tournaments.formats import seeded_elimination
    >>> play(seeded_elimination(["x", "y", "z"]), lambda match: "a").places.tolist()
    [1.0, 2.0, 3.0]
    """
    results: tuple[str, ...] | None = None
    while True:
        try:
            matches = next(rounds) if results is None else rounds.send(results)
        except StopIteration as end:
            standing: TournamentResult = end.value
            return standing
        results = tuple(judge(match) for match in matches)


def average_places(score: Floats) -> Floats:
    """Places by a score, 1 for the largest; equal scores share the average of their places: (m,) float64.

    Examples
    --------
    >>> average_places(np.array([5.0, 7.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    above = (score[:, None] < score).sum(axis=1)
    level = (score[:, None] == score).sum(axis=1)
    return np.asarray(above + (level + 1) / 2, dtype=np.float64)


def checked_results(results: Sequence[str] | None, matches: tuple[Match, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return one allowed result for each match; raise ValueError where they are not that."""
    given = () if results is None else tuple(results)
    if len(given) != len(matches):
        raise ValueError(f"{len(given)} results for {len(matches)} matches: send one result for each match, in their order")
    for match, result in zip(matches, given, strict=True):
        if result not in allowed:
            raise ValueError(f"{match.a!r} against {match.b!r} gave {result!r}: allowed are {', '.join(map(repr, allowed))}")
    return given
