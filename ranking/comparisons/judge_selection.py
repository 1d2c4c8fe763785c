"""A board's rules for its judges: which ones count, whether their own answers count, and jurors' weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.evidence.days import ALL_DAYS, Days
from arena.evidence.known import KnownEvidence
from arena.evidence.vote_tally import external_voters, voters_of_other_kinds
from arena.models import Arena
from judges.audits.ground_truth import gold_labels
from judges.verdicts.combiner_texts import GAMES, PANEL_WEIGHTED
from judges.verdicts.panels import log_odds_weight
from judges.verdicts.verdict_columns import NONE
from ranking.comparisons.combined_outcomes import CODE, AskedBattles
from ranking.comparisons.game_columns import Games
from ranking.filters import Filters
from ranking.models import Leaderboard

OwnAnswers = Leaderboard.OwnAnswers


@dataclass(frozen=True, slots=True)
class GoldRecord:
    """How often a juror was right, over gold labels a or b on which its two orders agreed."""

    n_right: int = 0
    n: int = 0

    @property
    def weight(self) -> float:
        return log_odds_weight(self.n_right, self.n)


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """A board's rules for its judges. `own` and `records` are fixed by a snapshot; None = as things stand now.

    They depend on data outside the ledger: families, names, endpoints and gold labels.
    """

    combiner: str = GAMES
    with_people: bool = False
    with_external: bool = True  # of people's votes, those that programs brought
    voters: tuple[str, ...] = ()  # of people's votes, those of these groups; none: of all
    days: Days = ALL_DAYS  # of votes and of games
    jury: tuple[int, ...] = ()
    own_answers: str = OwnAnswers.OFF.value
    marked: str = ""  # as `judges.verdicts.marked_verdicts.treatment` takes it
    own: Mapping[int, frozenset[int]] | None = None
    records: Mapping[int, GoldRecord] | None = None
    only: KnownEvidence | None = None  # a part of votes and games; None: all

    @classmethod
    def of(cls, parameters: Mapping[str, Any], *, only: KnownEvidence | None = None) -> "SelectionRules":
        """From the parameters of a board or of a snapshot; older snapshots name fewer."""
        own, records = parameters.get("own_competitors"), parameters.get("juror_records")
        filters = Filters.of_board("", "", parameters.get("filters", ""))
        return cls(
            combiner=parameters["combiner"],
            with_people=parameters["sources"] == "both",
            with_external=parameters.get("external", True),
            voters=filters.voters,
            days=Days(filters.since, filters.until),
            jury=tuple(parameters.get("jury", ())),
            own_answers=parameters.get("own_answers", OwnAnswers.OFF.value),
            marked=parameters.get("marked", ""),
            own=None if own is None else {int(judge): frozenset(competitors) for judge, competitors in own.items()},
            records=None if records is None else {int(judge): GoldRecord(*counts) for judge, counts in records.items()},
            only=only,
        )

    def voters_out(self, arena_id: int) -> tuple[int, ...]:
        """Voters whose votes do not count."""
        return voters_left_out(arena_id, with_external=self.with_external, groups=self.voters)

    @property
    def are_weighted(self) -> bool:
        return self.combiner == PANEL_WEIGHTED

    def weights(self) -> dict[int, float]:
        """Jurors' weights, if records weigh them."""
        return {judge: record.weight for judge, record in (self.records or {}).items()}

    def fixed(self) -> dict[str, Any]:
        """What a snapshot has to store, as JSON."""
        parameters: dict[str, Any] = {}
        if self.own is not None:
            parameters["own_competitors"] = {str(judge): sorted(competitors) for judge, competitors in sorted(self.own.items())}
        if self.records is not None:
            parameters["juror_records"] = {
                str(judge): [record.n_right, record.n] for judge, record in sorted(self.records.items())
            }
        return parameters


def voters_left_out(arena_id: int, *, with_external: bool, groups: tuple[str, ...]) -> tuple[int, ...]:
    """Voters whose votes do not count on a board."""
    if groups:
        return voters_of_other_kinds(arena_id, groups if with_external else [one for one in groups if one != "external"])
    return () if with_external else external_voters(arena_id)


def records_of(arena_id: int, games: Games, margins: Mapping[int, float]) -> dict[int, GoldRecord]:
    """Every juror's record against the arena's gold labels; a battle's own label is among those that weigh its jurors."""
    labels = {pk: CODE[side] for pk, side in gold_labels(Arena(pk=arena_id)).items() if side in ("a", "b")}
    asked = AskedBattles.of(games.where(np.isin(games.battle, list(labels))))
    verdict, judge = asked.sides(margins), asked.judge
    label = np.array([labels[battle] for battle in asked.battle.tolist()], dtype=np.int8)
    records = {}
    for pk in np.unique(games.judge).tolist():
        decided = (judge == pk) & (verdict != NONE)
        records[pk] = GoldRecord(int(np.count_nonzero(decided & (verdict == label))), int(np.count_nonzero(decided)))
    return records
