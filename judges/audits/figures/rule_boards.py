"""The board that a judge makes by itself, under every rule that makes one outcome of its games on a battle.

"games" is no rule: every game counts as itself and the judge's liking for a slot is fitted with the ratings, as on an arena's
own board of judges. That is the board which the others are compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mode
from typing import NamedTuple

import numpy as np

from judges.audits.figures.figure import Floats
from judges.audits.figures.inputs import AuditGame, by_battle
from judges.sayings import Plural, Saying, as_it_is, gettext_noop
from judges.verdicts.combiner_texts import COMBINER_TEXTS, GAMES
from judges.verdicts.combiners import PlayedGame, combine
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Side, graded_verdict
from ranking.maths import Comparisons, Fit, bootstrap, fit_bradley_terry, intervals
from ranking.maths.agreement.rank_correlation import kendall_tau
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.notes import parameters_of, text_of
from ranking.maths.resampling.slot_adjusted_bootstrap import levelled_draws

N_REPLICATES = 200
FEWEST_FOR_TAU = 3

# Why there is no board.
NO_GAMES = gettext_noop("no games")
NO_VERDICT = gettext_noop("no game has a verdict")
NO_GRADE = gettext_noop("one of the two answers has no grade")
NOTHING_DECIDED = gettext_noop("nothing is decided: %(why)s")
NOBODY_RATED = gettext_noop("nobody has a rating: %(why)s")


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """Where one competitor stands on a board, in natural log-odds; where the data give no limits it has no place either."""

    rating: float
    low: float | None
    high: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class RuleBoard:
    """The board that one rule makes of the games of one judge.

    Parameters
    ----------
    rule : str
        A key of `COMBINER_TEXTS`.
    n_decided, n_undecided : int
        Battles that it makes something of, and the rest of those with a game.
    standings : mapping of name to Standing
    unrated : mapping of name to Saying
        Competitors with games but without a rating, with the reason.
    tau : float or None
        Kendall's tau-b with the board of "games", over those on both; None where fewer than 3 are.
    why : Saying or None
        Why there is no board; None where there is one. `reason` is it in English.
    fit : Fit or None
    """

    rule: str
    n_decided: int
    n_undecided: int
    standings: Mapping[str, BoardPlace]
    unrated: Mapping[str, Saying]
    tau: float | None = None
    why: Saying | None = None
    fit: Fit | None = field(default=None, repr=False, compare=False)

    @property
    def reason(self) -> str:
        return "" if self.why is None else str(self.why)

    @property
    def ratings(self) -> Mapping[str, float]:
        return {name: standing.rating for name, standing in self.standings.items()}


class _RuleRow(NamedTuple):
    """One comparison; `first` is the side in the first slot, None where no slot was looked at."""

    a: str
    b: str
    outcome: Side
    weight: float
    prompt: str
    first: str | None


def boards_by_rule(games: Sequence[AuditGame], *, margin: float = 0.0) -> tuple[RuleBoard, ...]:
    """The judge's board under every rule of `COMBINER_TEXTS`, in their order.

    Parameters
    ----------
    games : sequence of AuditGame
        Failed ones too: a rule may look at what is missing.
    margin : float
        By how many points one of two answers has to lead that were graded one by one.

    Examples
    --------
    >>> from judges.verdicts.verdict import Verdict
    >>> said = {"1": ("first", "second"), "2": ("second", "first"), "3": ("first", "second"), "4": ("first", "first")}
    >>> games = [AuditGame(battle, battle, "x", "y", order, 0, Verdict(winner))
    ...          for battle, both in said.items() for order, winner in zip(("ab", "ba"), both)]
    >>> [(board.rule, board.n_decided) for board in boards_by_rule(games)][:3]
    [('games', 4), ('consistent_only', 3), ('conservative_tie', 4)]
    """
    battles = _Battles.of(list(by_battle(games).values()), margin=margin)
    boards = [_board(rule, battles) for rule in COMBINER_TEXTS]
    default = boards[0].ratings
    return tuple(replace(board, tau=_tau(board.ratings, default)) for board in boards)


def no_boards_because(why: Saying) -> tuple[RuleBoard, ...]:
    return tuple(RuleBoard(rule, 0, 0, {}, {}, why=why) for rule in COMBINER_TEXTS)


def draws_of(fit: Fit | None, *, rng: np.random.Generator, n_replicates: int = N_REPLICATES) -> Floats | None:
    """Ratings of resampled data, prompts drawn together: (R, m), names as the fit has them; None where they show no spread."""
    if fit is None or len(fit.names) < 2 or len(np.unique(fit.comparisons.clusters("prompt"))) < 2:
        return None
    if fit.provenance.method == fit_contextual.__name__:
        drawn = levelled_draws(fit, rng=rng, n_resamples=n_replicates)
    else:
        drawn = bootstrap(fit.comparisons, cluster="prompt", n_resamples=n_replicates, rng=rng, whole=fit).ratings
    finite = drawn[np.isfinite(drawn).all(axis=1)]
    return finite if len(finite) > 1 else None


@dataclass(frozen=True, slots=True)
class _Battles:
    """Battles of one judge. Most of them repeat one of a few `patterns`: each is combined once a rule.

    `graded` are comparisons of answers that were graded one by one, the same under every rule; `pattern` is None where
    there is nothing else.
    """

    games: list[Sequence[AuditGame]]
    graded: list[list[_RuleRow]]
    pattern: list[int | None]
    patterns: list[tuple[PlayedGame, ...]]

    @classmethod
    def of(cls, battles: list[Sequence[AuditGame]], *, margin: float) -> "_Battles":
        known: dict[tuple[PlayedGame, ...], int] = {}
        pattern = []
        for battle in battles:
            played = tuple(game.played for game in battle if game.score is None)
            pattern.append(known.setdefault(played, len(known)) if played else None)
        return cls(battles, [_graded(battle, margin=margin) for battle in battles], pattern, list(known))


def _board(rule: str, battles: _Battles) -> RuleBoard:
    rows: list[_RuleRow] = []
    missing: list[Saying] = []
    for rows_of_battle, reason in _by_games(battles) if rule == GAMES else _by_rule(rule, battles):
        rows += rows_of_battle
        if not rows_of_battle:
            missing.append(reason)
    n = len(battles.games)
    bare = RuleBoard(rule, n - len(missing), len(missing), {}, {})
    if not rows:
        return replace(bare, why=Saying(NOTHING_DECIDED, {"why": mode(missing)}) if missing else Saying(NO_GAMES))
    try:
        fit = (fit_contextual if rule == GAMES else fit_bradley_terry)(_as_columns(rows))
    except UnfittedError as error:
        return replace(bare, why=as_it_is(error.cause))
    unrated = {each.name: _as_saying(each.reason) for each in fit.unrated}
    if len(fit.names) < 2:
        why = Saying(NOBODY_RATED, {"why": mode(unrated.values())})
        return replace(bare, unrated=unrated, why=why)
    return replace(bare, standings=_standings(fit), unrated=unrated, fit=fit)


def _as_saying(reason: str) -> Saying:
    """A note of the library, which counts in floats."""
    text, values = text_of(reason), dict(parameters_of(reason) or {})
    if text is None:
        return as_it_is(reason)
    values = {name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in values.items()}
    if isinstance(text, str):
        return Saying(text, values)
    return Saying(Plural(*text) if isinstance(values[text.number], int) else text.many, values)


def _by_rule(rule: str, battles: _Battles) -> Iterator[tuple[list[_RuleRow], Saying]]:
    """What each battle adds, or why it adds nothing."""
    decisions = [combine(rule, played) for played in battles.patterns]
    compared = [decision.comparisons for decision in decisions]
    for games, graded, pattern in zip(battles.games, battles.graded, battles.pattern, strict=True):
        if pattern is None:
            yield graded, Saying(NO_GRADE)
        else:
            game = games[0]
            rows = [_RuleRow(game.a, game.b, outcome, weight, game.prompt, None) for outcome, weight in compared[pattern]]
            yield graded + rows, decisions[pattern].why


def _by_games(battles: _Battles) -> Iterator[tuple[list[_RuleRow], Saying]]:
    """Every game as itself; a rule of ours looked at no slot."""
    for games, graded in zip(battles.games, battles.graded, strict=True):
        rows = [
            _RuleRow(game.a, game.b, game.verdict.by_side(game.order), 1.0, game.prompt, _first(game))
            for game in games
            if game.verdict is not None
        ]
        yield graded + rows, Saying(NO_VERDICT)


def _first(game: AuditGame) -> str | None:
    return None if game.state is GameState.RULE else "a" if game.order == "ab" else "b"


def _graded(games: Sequence[AuditGame], *, margin: float) -> list[_RuleRow]:
    """Two answers that were graded one by one make one comparison, by their means over the repeats."""
    verdict = graded_verdict([(game.order, game.score) for game in games], margin=margin)
    return [] if verdict is None else [_RuleRow(games[0].a, games[0].b, verdict.by_side("ab"), 1.0, games[0].prompt, None)]


def _as_columns(rows: Sequence[_RuleRow]) -> Comparisons:
    a, b, outcome, weight, prompt, first = zip(*rows, strict=True)
    return Comparisons.from_names(a, b, outcome, weight=weight, prompt=prompt, first=first)


def _standings(fit: Fit) -> dict[str, BoardPlace]:
    try:
        rating_intervals = intervals(fit, cluster="prompt")
    except ValueError:  # no spread in the data: the ratings stand, without a width
        limits: list[tuple[float | None, float | None]] = [(None, None)] * len(fit.names)
    else:
        limits = [
            (low, high) if np.isfinite(high - low) else (None, None)  # one prompt carries the rating alone
            for low, high in zip(rating_intervals.low.tolist(), rating_intervals.high.tolist(), strict=True)
        ]
    placed = np.array([low is not None for low, _ in limits])
    ranks = (fit.ratings[None, placed] > fit.ratings[:, None]).sum(axis=1) + 1
    return {
        name: BoardPlace(rating, *limit, rank if is_placed else None)
        for name, rating, limit, rank, is_placed in zip(
            fit.names, fit.ratings.tolist(), limits, ranks.tolist(), placed.tolist(), strict=True
        )
    }


def _tau(ratings: Mapping[str, float], default: Mapping[str, float]) -> float | None:
    names = sorted(ratings.keys() & default.keys())
    if len(names) < FEWEST_FOR_TAU:
        return None
    try:
        return kendall_tau([ratings[name] for name in names], [default[name] for name in names])
    except ValueError:  # all alike on one of them
        return None
