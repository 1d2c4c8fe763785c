"""Who counts on a board of judges: its jury, less the unusable ones; what is their own; what a juror's vote weighs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from arena.models import Arena
from judges.audit_figures import share
from judges.audit_position import CONSISTENCY, GAMMA, gamma_of
from judges.auditing import Usability, usability_of
from judges.models import Judge
from judges.panels import log_odds_weight
from judges.states import GameState
from ranking.deciding import CODE, GAMES, PANEL_WEIGHTED, BothSaid, Rule, played
from ranking.judge_truths import gold_labels
from ranking.judged_games import GameThen
from ranking.maths import Comparisons

SEED = 1  # of the bootstrap behind a judge's consistency: that of its audit
OFF, FLAG, EXCLUDE = "off", "flag", "exclude"


@dataclass(frozen=True, slots=True)
class Record:
    """How often a juror was right, of the gold labels a or b on which its two orders agreed."""

    n_right: int = 0
    n: int = 0

    @property
    def weight(self) -> float:
        return log_odds_weight(self.n_right, self.n)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a board says of its judges. `own` and `records` are fixed by a snapshot; None = as things stand now.

    They rest on what is in no ledger: families, names, endpoints and gold labels.
    """

    combiner: str = GAMES
    with_people: bool = False
    jury: tuple[int, ...] = ()
    own_answers: str = OFF
    own: Mapping[int, frozenset[int]] | None = None
    records: Mapping[int, Record] | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Rules":
        """From the parameters of a board or of a snapshot; older snapshots name fewer."""
        own, records = said.get("own_competitors"), said.get("juror_records")
        return cls(
            combiner=said["combiner"],
            with_people=said["sources"] == "both",
            jury=tuple(said.get("jury", ())),
            own_answers=said.get("own_answers", OFF),
            own=None if own is None else {int(judge): frozenset(its) for judge, its in own.items()},
            records=None if records is None else {int(judge): Record(*its) for judge, its in records.items()},
        )

    @property
    def are_weighted(self) -> bool:
        return self.combiner == PANEL_WEIGHTED

    def fixed(self) -> dict[str, Any]:
        """What a snapshot has to remember, as JSON."""
        said: dict[str, Any] = {}
        if self.own is not None:
            said["own_competitors"] = {str(judge): sorted(its) for judge, its in sorted(self.own.items())}
        if self.records is not None:
            said["juror_records"] = {str(judge): [its.n_right, its.n] for judge, its in sorted(self.records.items())}
        return said


@dataclass(slots=True)
class Jury:
    """Games that stand, by judges that count, and what became of the others."""

    judges: Mapping[int, Judge]
    games: list[GameThen]
    unusable: dict[int, tuple[Usability, int]] = field(default_factory=dict)  # with how many verdicts
    unmeasured: list[int] = field(default_factory=list)
    graders: list[int] = field(default_factory=list)  # see one answer at a time, so there are no orders to measure
    n_own: dict[int, int] = field(default_factory=dict)

    def margins(self) -> dict[int, float]:
        return {pk: float(judge.parameters.get("margin", 0)) for pk, judge in self.judges.items()}


def jury_of(games: Iterable[GameThen]) -> Jury:
    """The judges of these games. Those whose verdicts say that they are unusable are left out, with their games."""
    by_judge: dict[int, list[GameThen]] = defaultdict(list)
    for game in games:
        by_judge[game.judge].append(game)
    jury = Jury(Judge.objects.in_bulk(by_judge), [])
    for judge in sorted(by_judge):
        its = by_judge[judge]
        found = _usability([game for game in its if game.stands and game.state != GameState.RULE])
        if not found.is_usable:
            jury.unusable[judge] = found, sum(game.counts for game in its)
            continue
        if not found.is_measured:
            is_grader = any(game.score is not None for game in its)
            (jury.graders if is_grader else jury.unmeasured).append(judge)
        jury.games += its
    return jury


def _usability(games: Sequence[GameThen]) -> Usability:
    """As the judge's audit finds it: the same figures of the same games, without a row object for each of them."""
    hits, prompts = [], []
    by_battle: dict[int, list[GameThen]] = defaultdict(list)
    for game in games:
        by_battle[game.battle].append(game)
    said = BothSaid()
    for battle in by_battle.values():
        ab, ba = said.of(battle)
        if ab is not None and ba is not None:
            hits.append(ab == ba)
            prompts.append(_cluster(battle[0]))
    consistency = share(CONSISTENCY, hits, prompts, rng=np.random.default_rng(SEED))
    decided = [game for game in games if game.verdict is not None]
    return usability_of(consistency, gamma_of(_comparisons(decided)) if decided else GAMMA.refused("no games with a verdict"))


def _cluster(game: GameThen) -> str:
    return str(game.prompt) if game.prompt >= 0 else f"of battle {game.battle}"


def _comparisons(games: Sequence[GameThen]) -> Comparisons:
    sides = np.array([(game.a, game.b) for game in games])
    competitors, codes = np.unique(sides, return_inverse=True)
    a, b = codes.reshape(sides.shape).astype(np.int32).T
    prompts = np.array([game.prompt if game.prompt >= 0 else -1 - game.battle for game in games])
    return Comparisons(
        names=tuple(map(str, competitors.tolist())),
        a=a,
        b=b,
        outcome=np.array([CODE[game.verdict.by_side(game.order)] for game in games if game.verdict], dtype=np.int8),
        prompt=np.unique(prompts, return_inverse=True)[1].astype(np.int32),
        first=np.array([game.order == "ba" for game in games], dtype=np.int8),
    )


def recuse(jury: Jury, own: Mapping[int, frozenset[int]], *, excluded: bool) -> None:
    """Count the games on answers of the judge's own model or family; leave exactly those out where the board says so."""
    kept = []
    for game in jury.games:
        its = own.get(game.judge, frozenset())
        if game.a in its or game.b in its:
            jury.n_own[game.judge] = jury.n_own.get(game.judge, 0) + game.counts
            if excluded:
                continue
        kept.append(game)
    jury.games = kept


def records_of(arena_id: int, games: Sequence[GameThen], margins: Mapping[int, float]) -> dict[int, Record]:
    """Every juror's record against the arena's gold labels; a battle's own label is among those that weigh its jurors."""
    labels = {pk: side for pk, side in gold_labels(Arena(pk=arena_id)).items() if side in ("a", "b")}
    rule, counts = Rule(), defaultdict[int, list[int]](lambda: [0, 0])
    for (battle, judge), its in played([game for game in games if game.battle in labels]).items():
        said = rule.outcome(its, margins[judge])
        if said is not None:
            counts[judge][0] += said == labels[battle]
            counts[judge][1] += 1
    return {judge: Record(*counts[judge]) for judge in sorted({game.judge for game in games})}
