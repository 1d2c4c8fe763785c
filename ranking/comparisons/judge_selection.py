"""Who counts on a board of judges: its jury, less the unusable ones; what is their own; what a juror's vote weighs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from arena.models import Arena
from judges.audits.figures.figure import share
from judges.audits.figures.position import CONSISTENCY
from judges.audits.ground_truth import gold_labels
from judges.audits.usability import FEWEST_BATTLES, Usability, usability_of
from judges.models import Judge, JudgeChoice
from judges.verdicts.combiner_texts import GAMES, PANEL_WEIGHTED
from judges.verdicts.game_states import GameState
from judges.verdicts.marked_verdicts import treatment
from judges.verdicts.panels import log_odds_weight
from ranking.comparisons.combined_outcomes import CachedCombiner, OrderOutcomes, played
from ranking.comparisons.game_history import GameAt
from ranking.models import Leaderboard

SEED = 1  # of the bootstrap behind a judge's consistency: that of its audit
OwnAnswers = Leaderboard.OwnAnswers
ASKED = frozenset(state.value for state in GameState if state.was_asked)

type Measured = Literal["measured", "few battles", "not in both orders", "one answer at a time", "a program"]


@dataclass(frozen=True, slots=True)
class GoldRecord:
    """How often a juror was right, of the gold labels a or b on which its two orders agreed."""

    n_right: int = 0
    n: int = 0

    @property
    def weight(self) -> float:
        return log_odds_weight(self.n_right, self.n)


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """What a board says of its judges. `own` and `records` are fixed by a snapshot; None = as things stand now.

    They rest on what is in no ledger: families, names, endpoints and gold labels.
    """

    combiner: str = GAMES
    with_people: bool = False
    jury: tuple[int, ...] = ()
    own_answers: str = OwnAnswers.OFF.value
    marked: str = ""  # as `judges.verdicts.marked_verdicts.treatment` takes it
    own: Mapping[int, frozenset[int]] | None = None
    records: Mapping[int, GoldRecord] | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "SelectionRules":
        """From the parameters of a board or of a snapshot; older snapshots name fewer."""
        own, records = said.get("own_competitors"), said.get("juror_records")
        return cls(
            combiner=said["combiner"],
            with_people=said["sources"] == "both",
            jury=tuple(said.get("jury", ())),
            own_answers=said.get("own_answers", OwnAnswers.OFF.value),
            marked=said.get("marked", ""),
            own=None if own is None else {int(judge): frozenset(its) for judge, its in own.items()},
            records=None if records is None else {int(judge): GoldRecord(*its) for judge, its in records.items()},
        )

    @property
    def are_weighted(self) -> bool:
        return self.combiner == PANEL_WEIGHTED

    def weights(self) -> dict[int, float]:
        """What each juror's vote weighs, where records weigh them."""
        return {judge: record.weight for judge, record in (self.records or {}).items()}

    def fixed(self) -> dict[str, Any]:
        """What a snapshot has to remember, as JSON."""
        said: dict[str, Any] = {}
        if self.own is not None:
            said["own_competitors"] = {str(judge): sorted(its) for judge, its in sorted(self.own.items())}
        if self.records is not None:
            said["juror_records"] = {str(judge): [its.n_right, its.n] for judge, its in sorted(self.records.items())}
        return said


@dataclass(slots=True)
class Juror:
    """One judge on a board: what is known of it, whether it counts, and by whose word."""

    judge: Judge
    found: Usability
    measured: Measured
    choice: JudgeChoice | None = None
    n_verdicts: int = 0  # on the board's prompts

    @property
    def counts(self) -> bool:
        if self.choice is not None and self.choice.says != JudgeChoice.Says.RULE:
            return self.choice.says == JudgeChoice.Says.INCLUDE
        return self.found.is_usable

    @property
    def is_overruled(self) -> bool:
        """Whether a curator decided otherwise than the rule."""
        return self.counts != self.found.is_usable

    def in_words(self) -> dict[str, Any]:
        """As a snapshot keeps it."""
        consistency = self.found.consistency
        return {
            "judge": self.judge.pk,
            "name": str(self.judge),
            "counts": self.counts,
            "n_verdicts": self.n_verdicts,
            "measured": self.measured,
            "consistency": [consistency.value, consistency.low, consistency.high, consistency.n],
            "reasons": [] if self.found.is_usable else list(self.found.reasons),
            "chosen": self.choice.says if self.is_overruled and self.choice else "",
            "chosen_because": self.choice.reason if self.is_overruled and self.choice else "",
        }


@dataclass(slots=True)
class Jury:
    """Games that stand, by judges that count, and what became of the others."""

    jurors: dict[int, Juror]
    games: list[GameAt] = field(default_factory=list)
    dropped: list[GameAt] = field(default_factory=list)  # of jurors that do not count
    n_own: dict[int, int] = field(default_factory=dict)
    own_dropped: list[GameAt] = field(default_factory=list)

    @property
    def judges(self) -> list[Judge]:
        return [juror.judge for juror in self.jurors.values()]

    def margins(self) -> dict[int, float]:
        return {pk: float(juror.judge.parameters.get("margin", 0)) for pk, juror in self.jurors.items()}

    def divide(self, games: Iterable[GameAt]) -> None:
        """Take in these games: those of jurors that count, and the others."""
        for game in games:
            juror = self.jurors[game.judge]
            (self.games if juror.counts else self.dropped).append(game)
            juror.n_verdicts += game.has_said


def jury_of(arena_id: int, position: int, games: Iterable[GameAt], judges: Mapping[int, Judge]) -> Jury:
    """The judges of these games, each with what they and the curators say of it. It holds no games yet."""
    by_judge: dict[int, list[GameAt]] = {judge: [] for judge in sorted(judges)}
    for game in games:
        by_judge[game.judge].append(game)
    choices = choices_at(arena_id, position)
    jurors = {}
    for pk, its in by_judge.items():
        found = _usability([game for game in its if game.state in ASKED])
        jurors[pk] = Juror(judges[pk], found, _measured(judges[pk], found, its), choices.get(pk))
    return Jury(jurors)


def choices_at(arena_id: int, position: int) -> dict[int, JudgeChoice]:
    """What curators had said last of each judge at a position of the ledger."""
    said = JudgeChoice.objects.filter(arena_id=arena_id, event__position__lte=position).order_by("event__position")
    return {choice.judge_id: choice for choice in said}


def _measured(judge: Judge, found: Usability, games: Iterable[GameAt]) -> Measured:
    if judge.kind == Judge.Kind.OFFLINE:
        return "a program"  # it looks at no slot
    if found.is_measured:
        return "measured" if found.consistency.n >= FEWEST_BATTLES else "few battles"
    return "one answer at a time" if any(game.score is not None for game in games) else "not in both orders"


def _usability(games: Sequence[GameAt]) -> Usability:
    """As the judge's audit finds it: the same figure of the same games, without a row object for each of them."""
    hits, prompts = [], []
    by_battle: dict[int, list[GameAt]] = defaultdict(list)
    for game in games:
        by_battle[game.battle].append(game)
    said = OrderOutcomes()
    for battle in by_battle.values():
        ab, ba = said.of(battle)
        if ab is not None and ba is not None:
            hits.append(ab == ba)
            prompts.append(_cluster(battle[0]))
    consistency = share(CONSISTENCY, hits, prompts, rng=np.random.default_rng(SEED))
    return usability_of(consistency, n_said=sum(game.has_said for game in games), n_asked=len(games))


def _cluster(game: GameAt) -> str:
    return str(game.prompt) if game.prompt >= 0 else f"of battle {game.battle}"


def left_out_for_marks(games: Iterable[GameAt], judges: Mapping[int, Judge], chosen: str) -> list[bool]:
    """Which of these games the board leaves out, because an answer seems to speak to the judge."""
    leaves_out = {pk for pk, judge in judges.items() if treatment(judge.kind, chosen) == "leave_out"}
    return [bool(game.marked) and game.judge in leaves_out for game in games]


def drop_own_answers(jury: Jury, own: Mapping[int, frozenset[int]], *, excluded: bool) -> None:
    """Count the games on answers of the judge's own model or family; leave exactly those out where the board says so."""
    kept = []
    for game in jury.games:
        its = own.get(game.judge, frozenset())
        if game.a in its or game.b in its:
            jury.n_own[game.judge] = jury.n_own.get(game.judge, 0) + game.has_said
            if excluded:
                jury.own_dropped.append(game)
                continue
        kept.append(game)
    jury.games = kept


def records_of(arena_id: int, games: Sequence[GameAt], margins: Mapping[int, float]) -> dict[int, GoldRecord]:
    """Every juror's record against the arena's gold labels; a battle's own label is among those that weigh its jurors."""
    labels = {pk: side for pk, side in gold_labels(Arena(pk=arena_id)).items() if side in ("a", "b")}
    rule, counts = CachedCombiner(), defaultdict[int, list[int]](lambda: [0, 0])
    for (battle, judge), its in played([game for game in games if game.battle in labels]).items():
        said = rule.outcome(its, margins[judge])
        if said is not None:
            counts[judge][0] += said == labels[battle]
            counts[judge][1] += 1
    return {judge: GoldRecord(*counts[judge]) for judge in sorted({game.judge for game in games})}
