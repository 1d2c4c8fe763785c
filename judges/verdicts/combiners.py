"""Combiners: pure rules that turn the games of one judge on one battle into one outcome, or into no decision.

Raw verdicts are stored; which rule counts is chosen when a board is made. A game that failed is a game without verdict:
no rule takes it for a win, a loss or a tie. Unless a rule says otherwise, an order that was played several times speaks
with the strict majority of its repeats, those without verdict included in the count.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, get_args

from judges.sayings import Saying, gettext_noop, ngettext_lazy
from judges.verdicts.verdict import Order, Side, Verdict

ORDERS: tuple[Order, ...] = get_args(Order.__value__)
POINTS: Mapping[Side, Fraction] = {"a": Fraction(1), "b": Fraction(0), "tie": Fraction(1, 2), "both_bad": Fraction(1, 2)}
"""What a wins of a battle, by outcome."""

STRONG = 3
"""How many games a much better answer counts as, in Arena-Hard's rule."""

# Reasons of the rules, for people.
BOTH_ORDERS = gettext_noop("both orders have to be played for this rule")
AGREE = gettext_noop("both orders agree")
DISAGREE = gettext_noop("the orders disagree: %(ab)s and %(ba)s")
SAME_WINNER = gettext_noop("the same winner in both orders")
NO_WINNER = gettext_noop("no winner was named in both orders: %(ab)s and %(ba)s")
NEITHER_SAYS = gettext_noop("no verdict in either order")
SILENT = gettext_noop("no verdict in order %(order)s")
SILENT_TWICE = gettext_noop("no verdict in order ab and ba")
SUM = gettext_noop("the sum is %(sum)+d")
SUM_OF_ONE = gettext_noop("the sum is %(sum)+d, one order gave no verdict")
SCORES_DIFFER = gettext_noop("mean scores differ by %(gap)+.3g")
POINTS_WON = gettext_noop("a has %(points).3g of the points")
STRONGLY = ngettext_lazy("%(n)s game, much better counted as %(strong)d", "%(n)s games, much better counted as %(strong)d")
ORDER_ALONE = gettext_noop("order %(order)s alone")
NO_GAMES_MAJORITY = ngettext_lazy("no outcome has more than half of %(n)s game", "no outcome has more than half of %(n)s games")
GAMES_MAJORITY = ngettext_lazy("%(n_so)d of %(n)s game", "%(n_so)d of %(n)s games")
SOME_SILENT = ngettext_lazy("%(n_silent)d of %(n)s game gave no verdict", "%(n_silent)d of %(n)s games gave no verdict")
NOTHING_PLAYED = gettext_noop("no games")

# Why battles stay undecided, as a count of them goes on: "3 battles ...".
ONE_ORDER_PLAYED = gettext_noop("played in one order only")
ONE_ORDER_SILENT = gettext_noop("without a verdict in one order")
BOTH_SILENT = gettext_noop("without a verdict in either order")
ORDERS_DISAGREE = gettext_noop("whose orders disagree")
NO_WINNER_IN_BOTH = gettext_noop("without the same winner in both orders")
A_GAME_SILENT = gettext_noop("with a game without a verdict")
NO_MAJORITY_OF_GAMES = gettext_noop("without a majority of their games")
THAT_ORDER_SILENT = gettext_noop("without a verdict in the order that counts")
NO_GAMES = gettext_noop("without games")


class PlayedGame(NamedTuple):
    """One call of a judge on a battle: the order and repeat, and its verdict (None where the game gave none).

    Examples
    --------
    >>> PlayedGame("ba", 0, Verdict("first")).outcome
    'b'
    """

    order: Order
    repeat: int
    verdict: Verdict | None

    @property
    def outcome(self) -> Side | None:
        return None if self.verdict is None else self.verdict.by_side(self.order)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the games of one battle come to.

    Parameters
    ----------
    outcome : "a", "b", "tie", "both_bad" or None
        None = no decision: the battle counts nothing.
    weight : float
        How many comparisons it counts as; 0 without a decision.
    why : Saying
        For people; `reason` is it in English.
    points : float, optional
        What a wins of it, in [0, 1]; other than 1, 1/2 and 0 only where a rule takes a mean.
    cause : str
        Why there is no decision, in words that many battles share; empty where there is one.
    """

    outcome: Side | None
    weight: float
    why: Saying
    points: float | None
    cause: str = ""

    @property
    def reason(self) -> str:
        return str(self.why)

    @property
    def comparisons(self) -> tuple[tuple[Side, float], ...]:
        """What a fit is given, outcomes with their weights: none, one, or the share won and the share lost.

        Examples
        --------
        >>> Decision("a", 4.0, Saying(""), 0.75).comparisons
        (('a', 3.0), ('b', 1.0))
        """
        if self.outcome is None or self.points is None:
            return ()
        if self.points in (0.0, 0.5, 1.0):
            return ((self.outcome, self.weight),)
        return ("a", self.weight * self.points), ("b", self.weight * (1 - self.points))


def decided(outcome: Side, why: Saying, *, weight: float = 1.0, points: Fraction | None = None) -> Decision:
    """A decision, with the points of its outcome unless others are given."""
    return Decision(outcome, weight, why, float(POINTS[outcome] if points is None else points))


def undecided(why: Saying, cause: str) -> Decision:
    """No decision."""
    return Decision(None, 0.0, why, None, cause)


type Games = Sequence[PlayedGame]


def outcome_of_order(games: Games, order: Order) -> Side | None:
    """The outcome of more than half of the games in this order; None if no outcome has so many.

    Examples
    --------
    >>> three = [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ab", 1, Verdict("first")), PlayedGame("ab", 2, None)]
    >>> outcome_of_order(three, "ab"), outcome_of_order(three[1:], "ab"), outcome_of_order(three, "ba")
    ('a', None, None)
    """
    return _strict_majority([game.outcome for game in games if game.order == order])


def consistent_only(games: Games) -> Decision:
    """Both orders name the same outcome; a disagreement is no decision.

    Examples
    --------
    >>> always_first = [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first"))]
    >>> consistent_only(always_first).outcome is None
    True
    """
    outcomes = _both_orders(games)
    if isinstance(outcomes, Decision):
        return outcomes
    ab, ba = outcomes
    return decided(ab, Saying(AGREE)) if ab == ba else undecided(Saying(DISAGREE, {"ab": ab, "ba": ba}), ORDERS_DISAGREE)


def conservative_tie(games: Games) -> Decision:
    """Both orders name the same outcome, or it is a tie (MT-bench).

    Examples
    --------
    >>> conservative_tie([PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first"))]).outcome
    'tie'
    """
    outcomes = _both_orders(games)
    if isinstance(outcomes, Decision):
        return outcomes
    ab, ba = outcomes
    return decided(ab, Saying(AGREE)) if ab == ba else decided("tie", Saying(DISAGREE, {"ab": ab, "ba": ba}))


def both_correct(games: Games) -> Decision:
    """Both orders name the same winner; ties and disagreements are no decision.

    Examples
    --------
    >>> both_correct([PlayedGame("ab", 0, Verdict("tie")), PlayedGame("ba", 0, Verdict("tie"))]).reason
    'no winner was named in both orders: tie and tie'
    """
    outcomes = _both_orders(games)
    if isinstance(outcomes, Decision):
        return outcomes
    ab, ba = outcomes
    if ab == ba and ab in ("a", "b"):
        return decided(ab, Saying(SAME_WINNER))
    return undecided(Saying(NO_WINNER, {"ab": ab, "ba": ba}), NO_WINNER_IN_BOTH)


def two_game_sum(games: Games) -> Decision:
    """+1 for a, -1 for b, 0 for a tie, summed over both orders; the sign decides, 0 is a tie (JudgeBench).

    A game without verdict adds nothing, as in JudgeBench; where both lack one nothing is decided.

    Examples
    --------
    >>> two_game_sum([PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("tie"))]).outcome
    'a'
    """
    if {game.order for game in games} != set(ORDERS):
        return undecided(Saying(BOTH_ORDERS), ONE_ORDER_PLAYED)
    outcomes = [outcome for order in ORDERS if (outcome := outcome_of_order(games, order)) is not None]
    if not outcomes:
        return undecided(Saying(NEITHER_SAYS), BOTH_SILENT)
    total = sum(2 * POINTS[outcome] - 1 for outcome in outcomes)
    why = Saying(SUM_OF_ONE if len(outcomes) < len(ORDERS) else SUM, {"sum": int(total)})
    return decided("a" if total > 0 else "b" if total < 0 else _level(outcomes), why)


def mean(games: Games) -> Decision:
    """The mean over all games, both orders alike: of scores where every game has them, else of points (1, 1/2, 0).

    The outcome is the better mean; `Decision.points` keeps the mean itself (1, 1/2, 0 where scores decided).

    Examples
    --------
    >>> found = mean([PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("tie"))])
    >>> found.outcome, found.points
    ('a', 0.75)
    """
    if (missing := _incomplete(games)) is not None:
        return missing
    scores = [game.verdict.scores_by_side(game.order) for game in games if game.verdict is not None]
    if all(pair is not None for pair in scores):
        gaps = [Fraction(pair[0]) - Fraction(pair[1]) for pair in scores if pair is not None]
        gap = _mean_of_orders(games, gaps)
        outcome: Side = "a" if gap > 0 else "b" if gap < 0 else "tie"
        return decided(outcome, Saying(SCORES_DIFFER, {"gap": float(gap)}))
    points = _mean_of_orders(games, [POINTS[game.outcome] for game in games if game.outcome is not None])
    return decided(_direction(points, games), Saying(POINTS_WON, {"points": float(points)}), points=points)


def arena_hard_weighted(games: Games) -> Decision:
    """Every game counts, a much better answer as three; one game without verdict drops the battle (Arena-Hard).

    The weight is the number of games counted and `Decision.points` a's share of them, so a fit gets what it would get
    from the games one by one.

    Examples
    --------
    >>> found = arena_hard_weighted([PlayedGame("ab", 0, Verdict("first", strength=2)), PlayedGame("ba", 0, Verdict("first"))])
    >>> found.outcome, found.weight, found.points
    ('a', 4.0, 0.75)
    """
    if (missing := _incomplete(games)) is not None:
        return missing
    weights = [STRONG if game.verdict is not None and game.verdict.strength == 2 else 1 for game in games]
    won = [weight * POINTS[game.outcome] for weight, game in zip(weights, games, strict=True) if game.outcome is not None]
    points = sum(won, Fraction(0)) / sum(weights)
    why = Saying(STRONGLY, {"n": sum(weights), "strong": STRONG})
    return decided(_direction(points, games), why, weight=float(sum(weights)), points=points)


def first_order_only(games: Games) -> Decision:
    """The order with a in the first slot alone (or the only one played); the other order is not looked at.

    Examples
    --------
    >>> first_order_only([PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first"))]).outcome
    'a'
    """
    order: Order = "ab" if any(game.order == "ab" for game in games) else "ba"
    outcome = outcome_of_order(games, order)
    if outcome is None:
        return undecided(Saying(SILENT, {"order": order}), THAT_ORDER_SILENT)
    return decided(outcome, Saying(ORDER_ALONE, {"order": order}))


def majority_of_repeats(games: Games) -> Decision:
    """The outcome of more than half of all games, whatever their order; those without verdict are in the count.

    Examples
    --------
    >>> games = [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("second")), PlayedGame("ab", 1, None)]
    >>> majority_of_repeats(games).reason
    '2 of 3 games'
    """
    outcome = _strict_majority([game.outcome for game in games])
    if outcome is None:
        return undecided(Saying(NO_GAMES_MAJORITY, {"n": len(games)}), NO_MAJORITY_OF_GAMES)
    n_so = sum(game.outcome == outcome for game in games)
    return decided(outcome, Saying(GAMES_MAJORITY, {"n_so": n_so, "n": len(games)}))


type Rule = Callable[[Games], Decision]

COMBINERS: Mapping[str, Rule] = {
    "consistent_only": consistent_only,
    "conservative_tie": conservative_tie,
    "two_game_sum": two_game_sum,
    "mean": mean,
    "both_correct": both_correct,
    "arena_hard_weighted": arena_hard_weighted,
    "first_order_only": first_order_only,
    "majority_of_repeats": majority_of_repeats,
}
"""Rules by name; what each does, for people, is in `COMBINER_TEXTS`."""


def combine(rule: str, games: Games) -> Decision:
    """Apply a rule of `COMBINERS` to the games of one judge on one battle.

    Parameters
    ----------
    rule : str
    games : sequence of PlayedGame
        In any order: no rule looks at it.

    Raises
    ------
    ValueError
        If there is no such rule, or a game (order, repeat) is given twice.

    Examples
    --------
    >>> combine("mean", []).reason
    'no games'
    """
    if rule not in COMBINERS:
        raise ValueError(f"unknown combiner {rule!r}: allowed are {', '.join(COMBINERS)}")
    played = Counter((game.order, game.repeat) for game in games)
    twice = [key for key, n in played.items() if n > 1]
    if twice:
        raise ValueError(f"order {twice[0][0]!r}, repeat {twice[0][1]} is given twice: one verdict a game")
    return COMBINERS[rule](games) if games else undecided(Saying(NOTHING_PLAYED), NO_GAMES)


def _strict_majority(outcomes: Sequence[Side | None]) -> Side | None:
    if len(outcomes) == 1:  # nearly always
        return outcomes[0]
    for outcome, n in Counter(outcomes).items():
        if outcome is not None and 2 * n > len(outcomes):
            return outcome
    return None


def _both_orders(games: Games) -> tuple[Side, Side] | Decision:
    """The outcome of each order; where one is missing, no decision."""
    if {game.order for game in games} != set(ORDERS):
        return undecided(Saying(BOTH_ORDERS), ONE_ORDER_PLAYED)
    ab, ba = outcome_of_order(games, "ab"), outcome_of_order(games, "ba")
    if ab is not None and ba is not None:
        return ab, ba
    silent = [order for order, outcome in (("ab", ab), ("ba", ba)) if outcome is None]
    if len(silent) == len(ORDERS):
        return undecided(Saying(SILENT_TWICE), BOTH_SILENT)
    return undecided(Saying(SILENT, {"order": silent[0]}), ONE_ORDER_SILENT)


def _incomplete(games: Games) -> Decision | None:
    """No decision, where a rule that counts every game cannot make one."""
    if {game.order for game in games} != set(ORDERS):
        return undecided(Saying(BOTH_ORDERS), ONE_ORDER_PLAYED)
    n_silent = sum(game.verdict is None for game in games)
    why = Saying(SOME_SILENT, {"n_silent": n_silent, "n": len(games)})
    return undecided(why, A_GAME_SILENT) if n_silent else None


def _mean_of_orders(games: Games, values: Sequence[Fraction]) -> Fraction:
    """The mean of the orders' means: an order with more repeats weighs no more."""
    total = Fraction(0)
    for order in ORDERS:
        values_of_order = [value for game, value in zip(games, values, strict=True) if game.order == order]
        total += sum(values_of_order, Fraction(0)) / len(values_of_order)
    return total / len(ORDERS)


def _direction(points: Fraction, games: Games) -> Side:
    if points == Fraction(1, 2):
        return _level([game.outcome for game in games if game.outcome is not None])
    return "a" if points > Fraction(1, 2) else "b"


def _level(outcomes: Sequence[Side]) -> Side:
    """Neither side is ahead: both bad if that is every game's outcome, else a tie."""
    return "both_bad" if set(outcomes) == {"both_bad"} else "tie"


@dataclass(frozen=True, slots=True)
class LabelledGames:
    """The games of one battle, and which answer is right."""

    key: str
    games: tuple[PlayedGame, ...]
    label: Side

    def __post_init__(self) -> None:
        if self.label not in ("a", "b"):
            raise ValueError(f"the label of {self.key!r} is {self.label!r}: allowed are 'a' and 'b', the answer that is right")


@dataclass(frozen=True, slots=True)
class LabelScores:
    """What a judge earns against labels under each rule, in items of n.

    Parameters
    ----------
    n : int
        Items; every figure is out of all of them, so one without verdict earns nothing.
    first_order, second_order : int
        The verdict in order ab (ba) alone is right.
    both_orders : int
        Both are.
    two_game_sum : int
        More is right than wrong over both orders: `two_game_sum` names the label.
    half_credit : float
        `conservative_tie` names the label, a tie or disagreement as half.
    n_inconsistent : int
        Both orders gave a verdict, and not the same.
    n_null : int
        An order gave none.

    Examples
    --------
    >>> LabelScores(4, 3, 2, 2, 2, 2.5, 1, 0).percent("half_credit")
    62.5
    """

    n: int
    first_order: int
    second_order: int
    both_orders: int
    two_game_sum: int
    half_credit: float
    n_inconsistent: int
    n_null: int

    def percent(self, figure: str) -> float:
        """100 times a figure over n."""
        return float(100 * getattr(self, figure) / self.n)


def score_against_labels(battles: Sequence[LabelledGames]) -> LabelScores:
    """Score stored verdicts in both orders against objective labels.

    Parameters
    ----------
    battles : sequence of LabelledGames
        At least one; a battle that lacks an order counts as null.

    Raises
    ------
    ValueError
        If there is no battle.

    References
    ----------
    S. Tan et al., "JudgeBench: a benchmark for evaluating LLM-based judges", 2024, and its public code (the sum).

    Examples
    --------
    Right in one order, wrong in the other: half.

    >>> games = (PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first")))
    >>> scores = score_against_labels([LabelledGames("x", games, "a")])
    >>> scores.first_order, scores.second_order, scores.both_orders, scores.half_credit, scores.n_inconsistent
    (1, 0, 0, 0.5, 1)
    """
    if not battles:
        raise ValueError("no labelled battles: give at least one")
    orders = [(outcome_of_order(b.games, "ab"), outcome_of_order(b.games, "ba"), b.label) for b in battles]
    ties = [combine("conservative_tie", b.games).outcome for b in battles]
    right = sum(outcome == b.label for outcome, b in zip(ties, battles, strict=True))
    level = sum(outcome in ("tie", "both_bad") for outcome in ties)
    return LabelScores(
        n=len(battles),
        first_order=sum(ab == label for ab, _, label in orders),
        second_order=sum(ba == label for _, ba, label in orders),
        both_orders=sum(ab == ba == label for ab, ba, label in orders),
        two_game_sum=sum(combine("two_game_sum", b.games).outcome == b.label for b in battles),
        half_credit=right + level / 2,
        n_inconsistent=sum(None not in (ab, ba) and ab != ba for ab, ba, _ in orders),
        n_null=sum(None in (ab, ba) for ab, ba, _ in orders),
    )
