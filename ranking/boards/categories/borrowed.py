"""Categories -> the board of one of them that leans on all the others, as far as its own evidence is thin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.special import ndtri

from ranking import maths
from ranking.boards.categories.parted_evidence import PartedEvidence
from ranking.boards.categories.weighed_boards import FittedCategory, comparisons_of, limits_of, nobody, numbers_of
from ranking.boards.exports.comparison_file import Material
from ranking.boards.fitting import FittedBoard, rows_of
from ranking.boards.methods import UNFITTED, Definition
from ranking.boards.sources import Names, Source
from ranking.maths.data.arrays import Ints
from ranking.maths.data.comparisons import Column
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.models.hierarchical import Hierarchical, fit_hierarchical
from ranking.maths.notes import Note, noted
from ranking.maths.uncertainty.elo_points import to_elo
from ranking.maths.uncertainty.weighed import CategoryRatings, WeighedTask, weigh
from ranking.note_texts.of_boards import TEXTS

MOST_COMPETITORS = 150
"""A fit holds a table of all pairs for each category, and makes dozens of steps."""


@dataclass(frozen=True, slots=True)
class BorrowedSource:
    """`own` is the board's category, `beside` the sources of all categories, it among them."""

    own: str
    beside: Mapping[str, Source]
    evidence: PartedEvidence
    whole: Source

    def material(self, names: Names, definition: Definition) -> Material:
        return self.whole.material(names, definition)

    def fitted(self, names: Names, definition: Definition) -> FittedBoard:
        if len(names) > MOST_COMPETITORS:
            return nobody(names, noted("categories.many", TEXTS, most=MOST_COMPETITORS, n=len(names)))
        by_category = {category: comparisons_of(source, names, definition) for category, source in self.beside.items()}
        try:
            together, filed = _joined(by_category)
            cluster = cast("Column | None", definition.cluster)
            fit = fit_hierarchical(together, category=filed, cluster=cluster, level=definition.level)
        except UnfittedError as error:
            return nobody(names, noted(UNFITTED, TEXTS, cause=error.cause))
        if self.own not in fit.categories or len(fit.names) < 2:
            return nobody(names, noted("not_comparable", TEXTS))
        at = fit.categories.index(self.own)
        alone = FittedCategory.of(self.own, self.beside[self.own], names, definition)
        return self._board(fit, at, alone, names, definition)

    def _board(self, fit: Hierarchical, at: int, alone: FittedCategory, names: Names, definition: Definition) -> FittedBoard:
        # Intervals are those of the fit: weighing one category with the whole weight adds places and chances to them.
        stretch = fit.critical / -limits_normal(definition.level)
        shrunk = CategoryRatings(fit.names, fit.ratings[at], fit.covariance[at] * np.outer(stretch, stretch))
        task = WeighedTask(self.own, 1.0, (shrunk,))
        scored = weigh([task], way="mean-rating", rng=np.random.default_rng(definition.seed), level=definition.level)
        reasons = {unrated.name: unrated.reason for unrated in fit.unrated}
        rows = rows_of(
            {name: pk for pk, name in names.items()}, maths.counts(alone.comparisons), numbers_of(scored, None),
            lambda name, _: reasons.get(name, "") or noted("no_votes", TEXTS),
        )  # fmt: skip
        return FittedBoard(
            rows=rows, notes=_notes(fit), components=[], interval_kind=definition.clusters, n_draws=scored.n_draws,
            competitor_ids=list(names), pairs=None, parts=[self._told(fit, at, alone, names, definition)],
        )  # fmt: skip

    def _told(self, fit: Hierarchical, at: int, alone: FittedCategory, names: Names, definition: Definition) -> dict[str, Any]:
        """Each model by its own evidence in the category, over all categories, and how much of the rating is its own."""
        ids = {name: pk for pk, name in names.items()}
        own = dict(zip(alone.ratings.names, limits_of(alone.ratings, definition.level), strict=True))
        rows = {
            str(ids[name]): {
                "alone": [round(value, 1) for value in own[name]] if name in own else None,
                "whole": round(to_elo(fit.whole[i]), 1),
                "own": round(1 - float(fit.shrinkage[at, i]), 3),
            }
            for i, name in enumerate(fit.names)
        }
        return {"category": self.own, "borrowed": rows, "tau": round(float(fit.tau), 4), "n_beside": len(fit.categories) - 1}


def _joined(by_category: Mapping[str, maths.Comparisons]) -> tuple[maths.Comparisons, list[str]]:
    """All comparisons below each other, each category with prompts of its own, and the category of each row."""
    parts = list(by_category.values())
    names = parts[0].names if parts else ()
    prompts: list[Ints] = []
    for part in parts:
        known = part.clusters("prompt") if part.prompt is not None else np.full(len(part), -1)
        first = 1 + max((int(each.max(initial=-1)) for each in prompts), default=-1)
        prompts.append(np.where(known >= 0, known + first, -1))
    nothing = np.zeros(0, dtype=np.int32)
    together = maths.Comparisons(
        names=names,
        a=np.concatenate([nothing, *(part.a for part in parts)]).astype(np.int32),
        b=np.concatenate([nothing, *(part.b for part in parts)]).astype(np.int32),
        outcome=np.concatenate([nothing, *(part.outcome for part in parts)]).astype(np.int8),
        weight=np.concatenate([np.zeros(0), *(part.weights() for part in parts)]),
        prompt=np.concatenate([nothing, *prompts]).astype(np.int32),
    )
    return together, [category for category, part in by_category.items() for _ in range(len(part))]


def _notes(fit: Hierarchical) -> list[str]:
    """In the words of boards."""
    notes: list[str] = [note for note in fit.notes if isinstance(note, Note)]
    if len(fit.categories) < 2:
        return [*notes, noted("borrowed.one", TEXTS)]
    return [*notes, noted("borrowed.alike", TEXTS)] if fit.tau == 0 else notes


def limits_normal(level: float) -> float:
    """The lower quantile of a normal distribution for a two-sided interval."""
    return float(ndtri((1 - level) / 2))
