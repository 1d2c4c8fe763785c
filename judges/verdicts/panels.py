"""Panels: independent votes of several judges on one battle. Who is asked first never matters.

A juror votes with his own games in both orders (`juror_vote`); one whose orders disagree abstains. Abstentions stay in the
denominator, so what is decided has more than half of the whole panel behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, log

from judges.sayings import Saying, gettext_noop
from judges.verdicts.combiners import Decision, Games, combine, decided, undecided
from judges.verdicts.verdict import Side

MIN_VOTES = 2
"""A panel with fewer votes (weight above 0, not abstained) decides nothing."""

# Why battles stay undecided, as a count of them goes on.
TOO_FEW_VOTES, NO_MAJORITY = gettext_noop("with fewer than 2 votes"), gettext_noop("without a majority")

HAS = gettext_noop("%(outcome)s has %(most)g of %(total)g")
HAS_NO_MAJORITY = gettext_noop("%(outcome)s has %(most)g of %(total)g, which is no majority")
FEW_VOTED = gettext_noop("%(n)d of %(n_jurors)d jurors voted: %(least)d are needed")


@dataclass(frozen=True, slots=True)
class JurorVote:
    """The vote of one judge on the battle.

    Parameters
    ----------
    juror : str
    outcome : "a", "b", "tie", "both_bad" or None
        None = abstains.
    weight : float
        Finite and at least 0; only `weighted_majority` looks at it.
    reason : str
        Why he abstains.
    """

    juror: str
    outcome: Side | None
    weight: float = 1.0
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.weight < inf:
            raise ValueError(f"the weight of juror {self.juror!r} is {self.weight}: it has to be finite and at least 0")


def juror_vote(juror: str, games: Games, *, weight: float = 1.0) -> JurorVote:
    """A juror's vote from his own games: where the orders disagree or one lacks a verdict he abstains.

    Examples
    --------
    >>> from judges.verdicts.combiners import PlayedGame
    >>> from judges.verdicts.verdict import Verdict
    >>> juror_vote("x", [PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first"))]).reason
    'the orders disagree: a and b'
    """
    decision = combine("consistent_only", games)
    return JurorVote(juror, decision.outcome, weight, "" if decision.outcome is not None else decision.reason)


def strict_majority(votes: Sequence[JurorVote]) -> Decision:
    """The outcome that more than half of all jurors name, abstaining ones included in the count.

    Raises
    ------
    ValueError
        If a juror votes twice.

    Examples
    --------
    >>> strict_majority([JurorVote("x", "a"), JurorVote("y", "a"), JurorVote("z", None)]).outcome
    'a'
    >>> strict_majority([JurorVote("x", "a"), JurorVote("y", "a"), JurorVote("z", None), JurorVote("w", "b")]).reason
    'a has 2 of 4, which is no majority'
    """
    return _majority([(vote, Fraction(1)) for vote in votes])


def weighted_majority(votes: Sequence[JurorVote]) -> Decision:
    """The outcome with more than half of the weight of all jurors, abstaining ones included.

    Raises
    ------
    ValueError
        If a juror votes twice.

    Examples
    --------
    >>> weighted_majority([JurorVote("x", "a", 3.0), JurorVote("y", "b", 1.0), JurorVote("z", "b", 1.0)]).outcome
    'a'
    """
    return _majority([(vote, Fraction(vote.weight)) for vote in votes])


def log_odds_weight(n_right: int, n: int) -> float:
    """The weight ``ln(p / (1 - p))`` of a juror who was right on n_right of n gold items, p = (n_right + 1/2) / (n + 1).

    0 for a juror no better than chance: a vote never counts against what it says. Finite at n of n.

    Raises
    ------
    ValueError
        If not 0 <= n_right <= n.

    References
    ----------
    Z. Chu et al., "PRE: a peer review based large language model evaluator", 2024 (there without the 1/2, so infinite).

    Examples
    --------
    >>> round(log_odds_weight(8, 9), 3), log_odds_weight(2, 9), round(log_odds_weight(20, 20), 2)
    (1.735, 0.0, 3.71)
    """
    if not 0 <= n_right <= n:
        raise ValueError(f"{n_right} right of {n}: between 0 and {n} can be")
    p = (n_right + 0.5) / (n + 1)
    return max(log(p / (1 - p)), 0.0)


def _majority(weighed: Sequence[tuple[JurorVote, Fraction]]) -> Decision:
    """Weights as fractions: their sums do not depend on the order of a list."""
    _refuse_double_votes([vote.juror for vote, _ in weighed])
    sums: dict[Side, Fraction] = {}
    n_votes = 0
    for vote, weight in weighed:
        if vote.outcome is not None and weight > 0:
            sums[vote.outcome] = sums.get(vote.outcome, Fraction(0)) + weight
            n_votes += 1
    if n_votes < MIN_VOTES:
        return undecided(Saying(FEW_VOTED, {"n": n_votes, "n_jurors": len(weighed), "least": MIN_VOTES}), TOO_FEW_VOTES)
    total = sum((weight for _, weight in weighed), Fraction(0))
    # By weight, then by name: of equals, none of which can have a majority, the same one is named in any order.
    most, outcome = max((weight, outcome) for outcome, weight in sums.items())
    share = {"outcome": outcome, "most": float(most), "total": float(total)}
    if 2 * most > total:
        return decided(outcome, Saying(HAS, share))
    return undecided(Saying(HAS_NO_MAJORITY, share), NO_MAJORITY)


def _refuse_double_votes(jurors: Sequence[str]) -> None:
    twice = sorted(juror for juror in set(jurors) if jurors.count(juror) > 1)
    if twice:
        raise ValueError(f"juror {twice[0]!r} votes twice: combine the games of a juror first (`juror_vote`)")
