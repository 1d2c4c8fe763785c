"""Which judges count on a board; the games of the others are in `Jury.dropped`, counted in the board's notes.

A judge is set aside by the rule of `judges.audits.usability`, unless a curator chose otherwise (`judges.judge_choices`). Its
games stay as they are; they count on no board until it counts again. Left out in the same way: games on answers of the judge's
own model or family, and games on answers that seem to speak to the judge, where the board says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from judges.audits.figures.figure import share
from judges.audits.figures.position import CONSISTENCY
from judges.audits.usability import FEWEST_BATTLES, Usability, usability_of
from judges.models import Judge, JudgeChoice
from judges.verdicts.marked_verdicts import treatment
from judges.verdicts.verdict_columns import NONE
from ranking.comparisons.combined_outcomes import outcomes_of_orders
from ranking.comparisons.comparison_rows import coded
from ranking.comparisons.game_columns import WAS_ASKED, Bools, Games

SEED = 1  # of the bootstrap behind a judge's consistency: that of its audit

type Measured = Literal["measured", "few battles", "not in both orders", "one answer at a time", "a program"]


@dataclass(slots=True)
class Juror:
    """One judge on a board: what is known about it, whether it counts, and who decided that."""

    judge: Judge
    usability: Usability
    measured: Measured
    choice: JudgeChoice | None = None
    n_verdicts: int = 0  # on the board's prompts
    is_named: bool = False  # the board's jury names it: then it counts although it is retired

    @property
    def counts(self) -> bool:
        if self.is_retired:
            return False
        if self.choice is not None and self.choice.says in {JudgeChoice.Says.INCLUDE, JudgeChoice.Says.EXCLUDE}:
            return self.choice.says == JudgeChoice.Says.INCLUDE
        return self.usability.is_usable

    @property
    def is_retired(self) -> bool:
        """Whether it is retired and not named by the board's jury."""
        return self.choice is not None and self.choice.says == JudgeChoice.Says.RETIRED and not self.is_named

    @property
    def is_overruled(self) -> bool:
        """Whether a curator decided otherwise than the rule."""
        return self.is_retired or self.counts != self.usability.is_usable

    def in_words(self) -> dict[str, Any]:
        """As a snapshot keeps it."""
        consistency = self.usability.consistency
        return {
            "judge": self.judge.pk,
            "name": str(self.judge),
            "counts": self.counts,
            "n_verdicts": self.n_verdicts,
            "measured": self.measured,
            "consistency": [consistency.value, consistency.low, consistency.high, consistency.n],
            "reasons": [] if self.usability.is_usable else list(self.usability.reasons),
            "chosen": self.choice.says if self.is_overruled and self.choice else "",
            "chosen_because": self.choice.reason if self.is_overruled and self.choice else "",
        }


@dataclass(slots=True)
class Jury:
    """Counted games of counted judges, and the games left out."""

    jurors: dict[int, Juror]
    games: Games = field(default_factory=Games.none)
    dropped: Games = field(default_factory=Games.none)  # of jurors that do not count
    n_own: dict[int, int] = field(default_factory=dict)
    own_dropped: Games = field(default_factory=Games.none)

    @property
    def judges(self) -> list[Judge]:
        return [juror.judge for juror in self.jurors.values()]

    def margins(self) -> dict[int, float]:
        return {pk: juror.judge.margin for pk, juror in self.jurors.items()}

    def divide(self, games: Games) -> None:
        """Add these games: those of jurors that count, and the others."""
        counts = np.isin(games.judge, [pk for pk, juror in self.jurors.items() if juror.counts])
        self.games, self.dropped = games.where(counts), games.where(~counts)
        for pk, n in _by_judge(games, games.has_verdict).items():
            self.jurors[pk].n_verdicts += n


def _by_judge(games: Games, mask: Bools) -> dict[int, int]:
    """How many of these games each judge has."""
    judges, counts = np.unique(games.judge[mask], return_counts=True)
    return dict(zip(judges.tolist(), counts.tolist(), strict=True))


def jury_of(arena_id: int, position: int, games: Games, judges: Mapping[int, Judge], *, named: Collection[int] = ()) -> Jury:
    """The judges of these games, each with its usability by them and the curators' choice. It holds no games yet."""
    choices = choices_at(arena_id, position)
    jurors = {}
    for pk in sorted(judges):
        games_of_judge = games.where(games.judge == pk)
        usability = _usability(games_of_judge.where(WAS_ASKED[games_of_judge.state]))
        measured = _measured(judges[pk], usability, games_of_judge)
        jurors[pk] = Juror(judges[pk], usability, measured, choices.get(pk), is_named=pk in named)
    return Jury(jurors)


def choices_at(arena_id: int, position: int) -> dict[int, JudgeChoice]:
    """The curators' latest choice for each judge at a position of the ledger."""
    choices = JudgeChoice.objects.filter(arena_id=arena_id, event__position__lte=position).order_by("event__position")
    return {choice.judge_id: choice for choice in choices}


def _measured(judge: Judge, usability: Usability, games: Games) -> Measured:
    if judge.kind == Judge.Kind.OFFLINE:
        return "a program"  # it looks at no slot
    if usability.is_measured:
        return "measured" if usability.consistency.n >= FEWEST_BATTLES else "few battles"
    return "one answer at a time" if games.is_graded.any() else "not in both orders"


def _usability(games: Games) -> Usability:
    """As in the judge's audit: the same figure from the same games."""
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
    """Count the games on answers of the judge's own model or family; leave exactly those out where the board excludes them."""
    games = jury.games
    is_own = np.zeros(len(games), dtype=np.bool_)
    for judge, competitors in own.items():
        of_judge = games.judge == judge
        is_own |= of_judge & (np.isin(games.a, list(competitors)) | np.isin(games.b, list(competitors)))
    n_said = _by_judge(games, is_own & games.has_verdict)
    jury.n_own = {judge: n_said.get(judge, 0) for judge in _by_judge(games, is_own)}
    if excluded:
        jury.own_dropped, jury.games = games.where(is_own), games.where(~is_own)
