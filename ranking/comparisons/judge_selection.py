"""Who counts on a board of judges: its jury, less the unusable ones; what is their own; what a juror's vote weighs."""

from collections.abc import Mapping
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
from judges.verdicts.marked_verdicts import treatment
from judges.verdicts.panels import log_odds_weight
from judges.verdicts.verdict_columns import NONE
from ranking.comparisons.combined_outcomes import CODE, AskedBattles, outcomes_of_orders
from ranking.comparisons.comparison_rows import coded
from ranking.comparisons.game_columns import WAS_ASKED, Bools, Games
from ranking.models import Leaderboard

SEED = 1  # of the bootstrap behind a judge's consistency: that of its audit
OwnAnswers = Leaderboard.OwnAnswers

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
    games: Games = field(default_factory=Games.none)
    dropped: Games = field(default_factory=Games.none)  # of jurors that do not count
    n_own: dict[int, int] = field(default_factory=dict)
    own_dropped: Games = field(default_factory=Games.none)

    @property
    def judges(self) -> list[Judge]:
        return [juror.judge for juror in self.jurors.values()]

    def margins(self) -> dict[int, float]:
        return {pk: float(juror.judge.parameters.get("margin", 0)) for pk, juror in self.jurors.items()}

    def divide(self, games: Games) -> None:
        """Take in these games: those of jurors that count, and the others."""
        counts = np.isin(games.judge, [pk for pk, juror in self.jurors.items() if juror.counts])
        self.games, self.dropped = games.where(counts), games.where(~counts)
        for pk, n in _by_judge(games, games.has_said).items():
            self.jurors[pk].n_verdicts += n


def _by_judge(games: Games, mask: Bools) -> dict[int, int]:
    """How many of these games each judge has."""
    judges, counts = np.unique(games.judge[mask], return_counts=True)
    return dict(zip(judges.tolist(), counts.tolist(), strict=True))


def jury_of(arena_id: int, position: int, games: Games, judges: Mapping[int, Judge]) -> Jury:
    """The judges of these games, each with what they and the curators say of it. It holds no games yet."""
    choices = choices_at(arena_id, position)
    jurors = {}
    for pk in sorted(judges):
        its = games.where(games.judge == pk)
        found = _usability(its.where(WAS_ASKED[its.state]))
        jurors[pk] = Juror(judges[pk], found, _measured(judges[pk], found, its), choices.get(pk))
    return Jury(jurors)


def choices_at(arena_id: int, position: int) -> dict[int, JudgeChoice]:
    """What curators had said last of each judge at a position of the ledger."""
    said = JudgeChoice.objects.filter(arena_id=arena_id, event__position__lte=position).order_by("event__position")
    return {choice.judge_id: choice for choice in said}


def _measured(judge: Judge, found: Usability, games: Games) -> Measured:
    if judge.kind == Judge.Kind.OFFLINE:
        return "a program"  # it looks at no slot
    if found.is_measured:
        return "measured" if found.consistency.n >= FEWEST_BATTLES else "few battles"
    return "one answer at a time" if games.is_graded.any() else "not in both orders"


def _usability(games: Games) -> Usability:
    """As the judge's audit finds it: the same figure of the same games."""
    groups, ab, ba = outcomes_of_orders(games)
    both = (ab != NONE) & (ba != NONE)
    first = groups.first[both]
    # A battle without a prompt is a cluster of its own.
    prompts = np.where(games.prompt[first] >= 0, games.prompt[first], -1 - games.battle[first])
    consistency = share(CONSISTENCY, (ab == ba)[both], coded(prompts)[1], rng=np.random.default_rng(SEED))
    return usability_of(consistency, n_said=games.n_said, n_asked=len(games))


def left_out_for_marks(games: Games, judges: Mapping[int, Judge], chosen: str) -> Bools:
    """Which of these games the board leaves out, because an answer seems to speak to the judge."""
    is_marked = games.marked > 0
    if not is_marked.any():
        return is_marked
    leaves_out = [pk for pk, judge in judges.items() if treatment(judge.kind, chosen) == "leave_out"]
    return is_marked & np.isin(games.judge, leaves_out)


def drop_own_answers(jury: Jury, own: Mapping[int, frozenset[int]], *, excluded: bool) -> None:
    """Count the games on answers of the judge's own model or family; leave exactly those out where the board says so."""
    games = jury.games
    is_own = np.zeros(len(games), dtype=np.bool_)
    for judge, its in own.items():
        of_judge = games.judge == judge
        is_own |= of_judge & (np.isin(games.a, list(its)) | np.isin(games.b, list(its)))
    n_said = _by_judge(games, is_own & games.has_said)
    jury.n_own = {judge: n_said.get(judge, 0) for judge in _by_judge(games, is_own)}
    if excluded:
        jury.own_dropped, jury.games = games.where(is_own), games.where(~is_own)


def records_of(arena_id: int, games: Games, margins: Mapping[int, float]) -> dict[int, GoldRecord]:
    """Every juror's record against the arena's gold labels; a battle's own label is among those that weigh its jurors."""
    labels = {pk: CODE[side] for pk, side in gold_labels(Arena(pk=arena_id)).items() if side in ("a", "b")}
    asked = AskedBattles.of(games.where(np.isin(games.battle, list(labels))))
    said, judge = asked.sides(margins), asked.judge
    label = np.array([labels[battle] for battle in asked.battle.tolist()], dtype=np.int8)
    found = {}
    for pk in np.unique(games.judge).tolist():
        its = (judge == pk) & (said != NONE)
        found[pk] = GoldRecord(int(np.count_nonzero(its & (said == label))), int(np.count_nonzero(its)))
    return found
