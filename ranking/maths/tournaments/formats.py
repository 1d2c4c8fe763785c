"""Tournaments: generators that yield the next matches and take their results, so that a judge run can drive them.

A tournament yields a tuple of `Match` and wants, by ``send``, one result for each in the same order. Its
return value is a `TournamentResult`. A wrong result raises and thereby ends the tournament.
"""

from collections.abc import Callable, Generator, Sequence

import numpy as np

from ranking.maths.data.arrays import Bools, Floats, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.tournaments.matches import (
    RESULTS,
    Match,
    PlayedMatch,
    Rounds,
    TournamentResult,
    average_places,
    checked_results,
)

type TieRule = Callable[[Match, int], str]
"""``rule(match, n_ties)`` says "a", "b" or "again" of a match that has tied `n_ties` times."""

WINS = ("a", "b")
CALLS = ("a", "b", "again")


def coin_flip(rng: np.random.Generator) -> TieRule:
    """A `break_tie` rule: either side goes through with chance 1/2.

    Parameters
    ----------
    rng : numpy.random.Generator

    References
    ----------
    Ours: cups in sport draw lots likewise.

    Examples
    --------
    >>> coin_flip(np.random.default_rng(1))(Match("x", "y"), 1) in ("a", "b")
    True
    """
    checked_rng(rng)
    return lambda match, n_ties: WINS[rng.integers(2)]


def play_again(at_most: int, *, then: TieRule) -> TieRule:
    """A `break_tie` rule: a tied match is played again up to `at_most` times, `then` the other rule decides.

    Parameters
    ----------
    at_most : int
        Replays of one match, at least 1.
    then : callable
        Another `break_tie` rule, such as `coin_flip`; it is told all ties, replays too.

    Raises
    ------
    ValueError
        If `at_most` is below 1.

    References
    ----------
    Ours: the replay of a drawn match, as football cups have it.

    Examples
    --------
    >>> rule = play_again(1, then=lambda match, n_ties: "a")
    >>> rule(Match("x", "y"), 1), rule(Match("x", "y"), 2)
    ('again', 'a')
    """
    if at_most < 1:
        raise ValueError(f"at_most is {at_most}: a match is played again at least once")
    return lambda match, n_ties: "again" if n_ties <= at_most else then(match, n_ties)


def single_elimination(competitors: Sequence[str], *, rng: np.random.Generator, break_tie: TieRule | None = None) -> Rounds:
    """Random knock-out: neighbours of a random order meet, the winner goes on, until one is left; n - 1 matches.

    An odd one out, the last of its round, has a bye and stands first in the next round, so that nobody has
    two. (The paper does not say who has the bye.) Those who lose in the same round share a place.

    Parameters
    ----------
    competitors : sequence of str
        At least 2, each once.
    rng : numpy.random.Generator
    break_tie : callable, optional
        ``break_tie(match, n_ties)`` gives "a", "b" or "again" for a match that has tied `n_ties` times:
        see `coin_flip` and `play_again`. It says who goes on; the match stays a tie in `Standing.played`.
        None: a tie is no result, and raises.

    Raises
    ------
    ValueError
        If competitors are fewer than 2 or named twice; later, for a result or call that is not allowed, or
        a number of results that is not the number of matches.

    References
    ----------
    S. Son et al., "Arena-Lite: efficient and reliable large language model evaluation via tournament-based
    direct comparisons", EMNLP 2025, arXiv 2411.01281.

    Examples
    --------
    >>> rounds = single_elimination(["x", "y", "z"], rng=np.random.default_rng(1))
    >>> len(next(rounds)), len(rounds.send(("a",)))
    (1, 1)
    """
    checked_rng(rng)
    names = _checked_names(competitors)
    order: list[str | None] = [names[i] for i in rng.permutation(len(names))]
    return _knock_out("single_elimination", names, order, break_tie)


def seeded_elimination(competitors: Sequence[str], *, break_tie: TieRule | None = None) -> Rounds:
    """Knock-out by strength: the standard bracket, in which the first and the second seed can only meet in the final.

    The bracket has the next power of two of places; the free places are byes of the best seeds. n - 1 matches.

    Parameters
    ----------
    competitors : sequence of str
        At least 2, each once, the strongest first.
    break_tie : callable, optional
        As in `single_elimination`.

    Raises
    ------
    ValueError
        As in `single_elimination`.

    References
    ----------
    A. J. Schwenk, "What is the correct way to seed a knockout tournament?", American Mathematical Monthly
    107(2), 2000, describes this bracket (and argues for another). The byes are those of sports.

    Examples
    --------
    >>> next(seeded_elimination(["first", "second", "third", "fourth"]))
    (Match(a='first', b='fourth'), Match(a='second', b='third'))
    """
    names = _checked_names(competitors)
    order = [0]
    while len(order) < len(names):
        order = [place for seed in order for place in (seed, 2 * len(order) - 1 - seed)]
    bracket = [names[seed] if seed < len(names) else None for seed in order]
    return _knock_out("seeded_elimination", names, bracket, break_tie)


def swiss(competitors: Sequence[str], *, n_rounds: int, rng: np.random.Generator) -> Rounds:
    """Rounds between competitors of like score; nobody meets again while that can be avoided, nor has two byes.

    The pairs of a round are an exact optimum (a matching of least total squared gap between shares of points
    won); equal optima are drawn at random. A bye, with an odd number of competitors, goes low in the
    standing, and counts as no match: neither a point nor a loss is invented.
    ``n_rounds * floor(n / 2)`` matches; places by the share of points won, a tie being half a point.

    Parameters
    ----------
    competitors : sequence of str
        n >= 2, each once. Pairing a round takes milliseconds for tens, seconds for hundreds.
    n_rounds : int
        1 to n - 1 (even n) or n (odd n): with more, everybody has met everybody.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If competitors are fewer than 2 or named twice, or `n_rounds` is out of range; later, as in
        `single_elimination`.

    References
    ----------
    The system: FIDE Handbook, C.04, "FIDE Swiss rules"; pairing by a weighted matching: S. Olafsson, "Weighted
    matching in chess tournaments", Journal of the Operational Research Society 41(1), 1990. The weights are
    ours, and so is a bye without a point (in chess it is a point).

    Examples
    --------
    >>> from ranking.maths.tournaments.matches import play
    >>> end = play(swiss(list("vwxyz"), n_rounds=3, rng=np.random.default_rng(1)), lambda match: "tie")
    >>> len(end.played), len(set(end.byes)), end.places.tolist()
    (6, 3, [3.0, 3.0, 3.0, 3.0, 3.0])
    """
    checked_rng(rng)
    names = _checked_names(competitors)
    most = len(names) - 1 + len(names) % 2
    if not 1 <= n_rounds <= most:
        raise ValueError(
            f"n_rounds is {n_rounds}: {len(names)} competitors have met each other after {most}; allowed are 1 to {most}"
        )
    return _swiss_rounds(names, n_rounds, rng)


def round_robin(competitors: Sequence[str]) -> Rounds:
    """Everybody meets everybody once, in rounds in which nobody plays twice: n (n - 1) / 2 matches.

    By the circle method: n - 1 rounds, or n with one bye each where n is odd. Places by points, a tie half.

    Parameters
    ----------
    competitors : sequence of str
        At least 2, each once.

    Raises
    ------
    ValueError
        If competitors are fewer than 2 or named twice; later, as in `single_elimination`.

    References
    ----------
    D. de Werra, "Scheduling in sports", in P. Hansen (ed.), "Studies on Graphs and Discrete Programming", 1981;
    the circle goes back to T. P. Kirkman, 1847.

    Examples
    --------
    >>> rounds = round_robin(["w", "x", "y", "z"])
    >>> next(rounds)
    (Match(a='w', b='z'), Match(a='x', b='y'))
    """
    return _circle(_checked_names(competitors))


def anchored(competitors: Sequence[str], *, anchor: str) -> Rounds:
    """Everybody meets the anchor once, in one round: n matches, or n - 1 where the anchor is a competitor.

    Places by the points won against the anchor, whose own are half a point: who beat it stands above.

    Parameters
    ----------
    competitors : sequence of str
        At least 2, each once.
    anchor : str
        One of them, or an outside reference, which then stands last in `Standing.names`.

    Raises
    ------
    ValueError
        If competitors are fewer than 2 or named twice; later, as in `single_elimination`.

    References
    ----------
    All against one baseline, as in T. Li et al., "From crowdsourced data to high-quality benchmarks: Arena-Hard
    and BenchBuilder pipeline", 2024. The anchor's own place is ours.

    Examples
    --------
    >>> from ranking.maths.tournaments.matches import play
    >>> end = play(anchored(["x", "y"], anchor="r"), lambda match: "a" if match.a == "x" else "b")
    >>> end.names, end.places.tolist()
    (('x', 'y', 'r'), [1.0, 3.0, 2.0])
    """
    names = _checked_names(competitors)
    return _one_round(names if anchor in names else (*names, anchor), anchor)


def insertion(ranking: Sequence[str], newcomer: str) -> Rounds:
    """Find a newcomer's place in a ranking by binary search: at most ``ceil(log2(n + 1))`` matches, one a round.

    A tie ends the search: the two share their places. The others keep their order, whatever the results.

    Parameters
    ----------
    ranking : sequence of str
        n >= 1 names, the best first.
    newcomer : str
        `a` of every match.

    Raises
    ------
    ValueError
        If a name occurs twice; later, as in `single_elimination`.

    References
    ----------
    D. E. Knuth, "The Art of Computer Programming", volume 3, 1998, section 5.2.1 (binary insertion). What a tie
    means is ours.

    Examples
    --------
    >>> from ranking.maths.tournaments.matches import play
    >>> end = play(insertion(["first", "second", "third"], "new"), lambda match: "a" if match.b == "third" else "b")
    >>> end.names, end.places.tolist(), len(end.played)
    (('first', 'second', 'third', 'new'), [1.0, 2.0, 4.0, 3.0], 2)
    """
    return _search(_checked_names([*ranking, newcomer]))


def _checked_names(competitors: Sequence[str]) -> tuple[str, ...]:
    names = tuple(competitors)
    if len(names) < 2:
        raise ValueError(f"{len(names)} competitors: a tournament needs at least 2")
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"competitor {name!r} is named twice: names must be unique")
    return names


def _knock_out(format: str, names: tuple[str, ...], bracket: list[str | None], break_tie: TieRule | None) -> Rounds:
    """Neighbours of `bracket` meet; None is an absent opponent."""
    played: list[PlayedMatch] = []
    byes: list[str | None] = []
    survived = dict.fromkeys(names, 0)
    n_round = 0
    while len(bracket) > 1:
        n_round += 1
        # The odd one out goes first, next to nobody: there it cannot be the odd one again.
        bracket = [bracket[-1], None, *bracket[:-1]] if len(bracket) % 2 else bracket
        pairs = list(zip(bracket[::2], bracket[1::2], strict=True))
        byes += [a for a, b in pairs if b is None]
        matches = tuple(Match(a, b) for a, b in pairs if a is not None and b is not None)
        winners = yield from _decided(matches, n_round, break_tie, played)
        bracket = [a if b is None else winners[a, b] for a, b in pairs if a is not None]
        survived.update({name: n_round for name in bracket if name is not None})
    places = average_places(np.array([survived[name] for name in names], dtype=np.float64))
    return TournamentResult(format, names, places, tuple(played), tuple(name for name in byes if name is not None))


def _decided(
    matches: tuple[Match, ...], n_round: int, break_tie: TieRule | None, played: list[PlayedMatch]
) -> Generator[tuple[Match, ...], Sequence[str], dict[tuple[str, str], str]]:
    """Play until each match has a winner, ties broken by the rule: the winner of each (a, b)."""
    winners: dict[tuple[str, str], str] = {}
    n_ties = 0
    while matches:
        results = checked_results((yield matches), matches, WINS if break_tie is None else RESULTS)
        played += [PlayedMatch(match, result, n_round) for match, result in zip(matches, results, strict=True)]
        n_ties += 1
        calls = [_call(match, result, n_ties, break_tie) for match, result in zip(matches, results, strict=True)]
        winners |= {(m.a, m.b): m.a if call == "a" else m.b for m, call in zip(matches, calls, strict=True) if call != "again"}
        matches = tuple(match for match, call in zip(matches, calls, strict=True) if call == "again")
    return winners


def _call(match: Match, result: str, n_ties: int, break_tie: TieRule | None) -> str:
    if result != "tie" or break_tie is None:
        return result
    return checked_results((break_tie(match, n_ties),), (match,), CALLS)[0]


def _by_points(format: str, names: tuple[str, ...], played: list[PlayedMatch], byes: list[str]) -> TournamentResult:
    return TournamentResult(format, names, average_places(_shares(names, played)), tuple(played), tuple(byes))


def _shares(names: tuple[str, ...], played: list[PlayedMatch]) -> Floats:
    """Share of points won, a tie half; a half before the first match: (m,) in [0, 1]."""
    points, n_played = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0)
    for done in played:
        points[done.match.a] += {"a": 1.0, "b": 0.0, "tie": 0.5}[done.result]
        points[done.match.b] += {"a": 0.0, "b": 1.0, "tie": 0.5}[done.result]
        n_played[done.match.a] += 1
        n_played[done.match.b] += 1
    return np.array([points[name] / n_played[name] if n_played[name] else 0.5 for name in names])


def _swiss_rounds(names: tuple[str, ...], n_rounds: int, rng: np.random.Generator) -> Rounds:
    m = len(names)
    size = m + m % 2  # one more, "nobody", where m is odd
    met = np.zeros((size, size), dtype=np.bool_)
    played: list[PlayedMatch] = []
    byes: list[str] = []
    for n_round in range(1, n_rounds + 1):
        pairs = _like_pairs(_shares(names, played) * n_round, met, rng)
        met[pairs[:, 0], pairs[:, 1]] = True
        byes += [names[i] for i, j in pairs if j == m]
        matches = tuple(Match(names[i], names[j]) for i, j in pairs if j < m)
        results = checked_results((yield matches), matches, RESULTS)
        played += [PlayedMatch(match, result, n_round) for match, result in zip(matches, results, strict=True)]
    return _by_points("swiss", names, played, byes)


def _like_pairs(points: Floats, met: Bools, rng: np.random.Generator) -> Ints:
    """The pairs (i < j) of a round, (size / 2, 2): least squared gaps, met again only where nothing else is left."""
    size = len(met)
    i, j = np.triu_indices(size, 1)
    # Nobody, the opponent of a bye, ranks as low as the lowest.
    value = np.append(points, points.min())[:size]
    # The noise decides between equals.
    cost = (value[i] - value[j]) ** 2 + rng.random(len(i)) / (100 * size)
    pairs = _cheapest_matching(i, j, cost, allowed=~met[i, j])
    if len(pairs):
        return pairs
    again = met[i, j] & (j < len(points))
    return _cheapest_matching(i, j, cost + again * (1 + cost.sum()), allowed=~met[i, j] | again)


def _cheapest_matching(i: Ints, j: Ints, cost: Floats, *, allowed: Bools) -> Ints:
    """Everybody in exactly one pair, at the least total cost: (size / 2, 2); empty if no such pairs exist."""
    from scipy.optimize import LinearConstraint, milp  # a quarter of a second to load
    from scipy.sparse import csr_array

    edges = np.flatnonzero(allowed)
    ends = np.concatenate([i[edges], j[edges]])
    table = csr_array((np.ones(len(ends)), (ends, np.tile(np.arange(len(edges)), 2))), shape=(int(j.max()) + 1, len(edges)))
    once = LinearConstraint(table, 1, 1)
    optimum = milp(cost[edges], integrality=np.ones(len(edges), dtype=np.int64), constraints=once, options={"mip_rel_gap": 0})
    chosen = edges[:0] if optimum.x is None else edges[optimum.x > 0.5]
    return np.stack([i[chosen], j[chosen]], axis=1)


def _circle(names: tuple[str, ...]) -> Rounds:
    circle: list[str | None] = [*names, None] if len(names) % 2 else [*names]
    played: list[PlayedMatch] = []
    byes: list[str] = []
    half = len(circle) // 2
    for n_round in range(1, len(circle)):
        pairs = list(zip(circle[:half], circle[: -half - 1 : -1], strict=True))
        byes += [name for pair in pairs if None in pair for name in pair if name is not None]
        matches = tuple(Match(a, b) for a, b in pairs if a is not None and b is not None)
        results = checked_results((yield matches), matches, RESULTS)
        played += [PlayedMatch(match, result, n_round) for match, result in zip(matches, results, strict=True)]
        circle = [circle[0], circle[-1], *circle[1:-1]]
    return _by_points("round_robin", names, played, byes)


def _one_round(names: tuple[str, ...], anchor: str) -> Rounds:
    matches = tuple(Match(name, anchor) for name in names if name != anchor)
    results = checked_results((yield matches), matches, RESULTS)
    points = {match.a: {"a": 1.0, "b": 0.0, "tie": 0.5}[result] for match, result in zip(matches, results, strict=True)}
    places = average_places(np.array([points.get(name, 0.5) for name in names]))
    played = tuple(PlayedMatch(match, result, 1) for match, result in zip(matches, results, strict=True))
    return TournamentResult("anchored", names, places, played, ())


def _search(names: tuple[str, ...]) -> Rounds:
    """`names` are the ranking, best first, and then the newcomer."""
    *ranking, newcomer = names
    low, high = 0, len(ranking)
    played: list[PlayedMatch] = []
    while low < high:
        middle = (low + high) // 2
        match = Match(newcomer, ranking[middle])
        (result,) = checked_results((yield (match,)), (match,), RESULTS)
        played.append(PlayedMatch(match, result, len(played) + 1))
        if result == "tie":
            low = middle
            break
        low, high = (low, middle) if result == "a" else (middle + 1, high)
    tied = bool(played) and played[-1].result == "tie"
    # Scores fall along the ranking; the newcomer's lies between two, or on the one it tied with.
    score = np.append(-np.arange(len(ranking), dtype=np.float64), -low if tied else 0.5 - low)
    return TournamentResult("insertion", names, average_places(score), tuple(played), ())
