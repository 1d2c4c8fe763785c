"""The rules of `ranking.comparisons.combined_outcomes`, game by game in plain Python: what its columns are compared with."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from judges.verdicts.combiner_texts import GAMES, PANEL_MAJORITY, PANEL_WEIGHTED
from judges.verdicts.combiners import Decision, PlayedGame, combine, outcome_of_order
from judges.verdicts.game_states import GameState
from judges.verdicts.panels import JurorVote, strict_majority, weighted_majority
from judges.verdicts.verdict import Order, Side, Verdict, graded_verdict, stored_verdict
from ranking.maths import OUTCOMES
from tests.ranking.comparisons.game_columns import GameRow

PANELS = frozenset({PANEL_MAJORITY, PANEL_WEIGHTED})
UNKNOWN = -1
CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}
NOT_GRADED = "without a grade of both answers"

type Margins = Mapping[int, float]


class GameAt(NamedTuple):
    """A game that was over."""

    judge: int
    battle: int
    prompt: int
    a: int
    b: int
    order: Order
    repeat: int
    state: str
    verdict: Verdict | None
    score: float | None

    @property
    def played(self) -> PlayedGame:
        return PlayedGame(self.order, self.repeat, self.verdict)

    @classmethod
    def of(cls, row: GameRow) -> "GameAt":
        verdict = stored_verdict(row.winner, row.strength, row.first, row.second)
        score = row.first if verdict is None else None
        return cls(row.judge, row.battle, row.prompt, row.a, row.b, row.order, row.repeat, row.state, verdict, score)


class ComparisonRow(NamedTuple):
    """One comparison."""

    prompt: int
    a: int
    b: int
    outcome: int
    first: int  # 0 = a, 1 = b, -1 = no matter or not known
    judge: int  # -1 = a person, or a panel
    weight: float = 1.0


@dataclass(slots=True)
class CombinedOutcomes:
    """Comparisons; where a rule makes one of several games: how many battles it was asked about, and why it left some."""

    rows: list[ComparisonRow] = field(default_factory=list)
    n_asked: int = 0
    undecided: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class GamesOfJudge:
    """What one judge was asked about one battle: pairs of answers, or answers one by one with their grades."""

    pairs: list[GameAt] = field(default_factory=list)
    graded: list[GameAt] = field(default_factory=list)


def decide(games: Iterable[GameAt], combiner: str, margins: Margins, *, weights: Mapping[int, float]) -> CombinedOutcomes:
    """Comparisons of games that stand, failed ones among them: a rule may count who said nothing."""
    games = list(games)
    if combiner == GAMES:
        return CombinedOutcomes(list(_one_by_one(games, margins)))
    if combiner in PANELS:
        return _by_panel(played(games), margins, weights if combiner == PANEL_WEIGHTED else None)
    return _by_judge(played(games), combiner, margins)


def played(games: Sequence[GameAt]) -> dict[tuple[int, int], GamesOfJudge]:
    """By battle and judge."""
    graders = {game.judge for game in games if game.verdict is None and game.score is not None}
    found: dict[tuple[int, int], GamesOfJudge] = defaultdict(GamesOfJudge)
    for game in games:
        its = found[game.battle, game.judge]
        # Who grades has no verdict on pairs, unless a rule gave it.
        (its.graded if game.judge in graders and game.verdict is None else its.pairs).append(game)
    return found


def _played(games: Sequence[GameAt]) -> tuple[PlayedGame, ...]:
    return tuple([game.played for game in games])


class OrderOutcomes:
    """What each order says of a battle. Most judges say the same few things, so each is worked out once."""

    def __init__(self) -> None:
        self.known: dict[tuple[PlayedGame, ...], tuple[Side | None, Side | None]] = {}

    def of(self, games: Sequence[GameAt]) -> tuple[Side | None, Side | None]:
        said = _played(games)
        if said not in self.known:
            self.known[said] = outcome_of_order(said, "ab"), outcome_of_order(said, "ba")
        return self.known[said]


class CachedCombiner:
    """What a rule makes of a judge's games on a battle, each kind worked out once."""

    def __init__(self, rule: str = "consistent_only") -> None:
        self.rule = rule
        self.known: dict[tuple[PlayedGame, ...], Decision] = {}

    def of(self, games: Sequence[GameAt]) -> Decision:
        said = _played(games)
        if said not in self.known:
            self.known[said] = combine(self.rule, said)
        return self.known[said]

    def outcome(self, its: GamesOfJudge, margin: float) -> Side | None:
        if its.graded:
            return _graded_side(its.graded, margin)
        return self.of(its.pairs).outcome


# --- each game as itself ---------------------------------------------------------------------------------------------


def _one_by_one(games: Sequence[GameAt], margins: Margins) -> Iterator[ComparisonRow]:
    graded: dict[tuple[int, int], list[GameAt]] = defaultdict(list)
    for game in games:
        if game.verdict is not None:
            yield _row(game, CODE[game.verdict.by_side(game.order)], with_slot=game.state == GameState.OK)
        elif game.score is not None:
            graded[game.battle, game.judge].append(game)
    for its in graded.values():
        yield from _graded(its, margins)


def _row(game: GameAt, outcome: int, *, with_slot: bool = False, weight: float = 1.0) -> ComparisonRow:
    """A rule does not look at slots, and neither does a judge that sees one answer at a time."""
    first = UNKNOWN if not with_slot else 0 if game.order == "ab" else 1
    return ComparisonRow(game.prompt, game.a, game.b, outcome, first, game.judge, weight)


def _graded(games: Sequence[GameAt], margins: Margins) -> list[ComparisonRow]:
    """Two answers graded one by one make one comparison, however often each was graded."""
    side = _graded_side(games, margins[games[0].judge])
    return [] if side is None else [_row(games[0], CODE[side])]


def _graded_side(games: Sequence[GameAt], margin: float) -> Side | None:
    verdict = graded_verdict([(game.order, game.score) for game in games], margin=margin)
    return None if verdict is None else verdict.by_side("ab")


# --- a judge's games on a battle as one ------------------------------------------------------------------------------


def _by_judge(asked: Mapping[tuple[int, int], GamesOfJudge], combiner: str, margins: Margins) -> CombinedOutcomes:
    found, decisions = CombinedOutcomes(n_asked=len(asked)), CachedCombiner(combiner)
    for its in asked.values():
        rows = _graded(its.graded, margins) if its.graded else _combined(its.pairs, decisions.of(its.pairs))
        found.rows += rows
        if not rows:
            found.undecided[NOT_GRADED if its.graded else decisions.of(its.pairs).cause] += 1
    return found


def _combined(games: Sequence[GameAt], decision: Decision) -> list[ComparisonRow]:
    return [_row(games[0], CODE[outcome], weight=weight) for outcome, weight in decision.comparisons]


# --- a panel's votes on a battle as one ------------------------------------------------------------------------------


def _by_panel(
    asked: Mapping[tuple[int, int], GamesOfJudge], margins: Margins, weights: Mapping[int, float] | None
) -> CombinedOutcomes:
    """The jurors are the judges that were asked about the battle; their order does not matter."""
    rule, votes = CachedCombiner(), defaultdict[int, dict[int, Side | None]](dict)
    places: dict[int, GameAt] = {}
    for (battle, judge), its in asked.items():
        votes[battle][judge] = rule.outcome(its, margins[judge])
        places.setdefault(battle, (its.pairs or its.graded)[0])
    found, known = CombinedOutcomes(n_asked=len(votes)), dict[tuple[tuple[int, Side | None], ...], tuple[Side | None, str]]()
    for battle, said in votes.items():
        jurors = tuple(sorted(said.items()))
        if jurors not in known:
            known[jurors] = _decision(jurors, weights)
        outcome, why = known[jurors]
        if outcome is None:
            found.undecided[why] += 1
        else:
            found.rows.append(_row(places[battle], CODE[outcome])._replace(judge=UNKNOWN))
    return found


def _decision(jurors: Sequence[tuple[int, Side | None]], weights: Mapping[int, float] | None) -> tuple[Side | None, str]:
    weighed = [JurorVote(str(judge), side, 1.0 if weights is None else weights.get(judge, 0.0)) for judge, side in jurors]
    decision = (strict_majority if weights is None else weighted_majority)(weighed)
    return decision.outcome, decision.cause


def opinions_of(
    games: Iterable[GameAt], combiner: str, margins: Mapping[int, float], weights: Mapping[int, float]
) -> tuple[dict[int, float], CombinedOutcomes]:
    """By battle the points of a that its games come to, one half where they decide nothing; and the counts of that."""
    by_battle: dict[int, list[GameAt]] = defaultdict(list)
    for game in games:
        by_battle[game.battle].append(game)
    points, whole = {}, CombinedOutcomes()
    for battle, its in by_battle.items():
        found = decide(its, combiner, margins, weights=weights)
        total = sum(row.weight for row in found.rows)
        points[battle] = sum(row.weight * (1.0, 0.0, 0.5, 0.5)[row.outcome] for row in found.rows) / total if total else 0.5
        whole.n_asked += found.n_asked
        whole.undecided.update(found.undecided)
    return points, whole
