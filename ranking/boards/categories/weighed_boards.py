"""Categories -> one board: each is fitted by itself, and they count by the reader's weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from ranking import maths
from ranking.boards.categories.parted_evidence import PartedEvidence
from ranking.boards.exports.comparison_file import Combination, Material
from ranking.boards.fitting import FittedBoard, RatingRow, rows_of
from ranking.boards.many_competitors import MOST_IN_TABLES
from ranking.boards.methods import Definition, Rating, rate, win_rates_of
from ranking.boards.sources import Names, Source
from ranking.comparisons.judge_comparisons import judge_names
from ranking.maths.models.many_bradley_terry import ManyFit
from ranking.maths.notes import Note, noted
from ranking.maths.uncertainty.elo_points import ELO_PER_LOGIT, to_elo
from ranking.maths.uncertainty.weighed import CategoryRatings, WeighedScores, WeighedTask, ranked_by, weigh
from ranking.note_texts.of_boards import TEXTS
from ranking.weighing import MEAN_RATING

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class WeighedPart:
    """A category with its weight; `below` are its own subcategories, where a way looks at them."""

    category: str
    weight: float
    source: Source
    below: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class FittedCategory:
    """What the evidence of one category alone says of its models."""

    category: str
    comparisons: maths.Comparisons
    rating: Rating
    ratings: CategoryRatings

    @classmethod
    def of(cls, category: str, source: Source, names: Names, definition: Definition) -> "FittedCategory":
        comparisons = comparisons_of(source, names, definition)
        rating = rate(comparisons, definition)
        if isinstance(rating.rated, ManyFit):
            raise TypeError("a table of all pairs is fitted for each category")
        ratings = CategoryRatings.of(rating.rated, cluster=definition.cluster, level=definition.level)
        return cls(category, comparisons, rating, ratings)

    def in_words(self, ids: Mapping[str, int], level: float) -> dict[str, Any]:
        """As a snapshot keeps it: ratings with limits and places, by competitor."""
        limits = limits_of(self.ratings, level)
        places = 1 + (self.ratings.ratings[:, None] > self.ratings.ratings).sum(axis=0)
        rows = {
            str(ids[name]): [*(round(value, 1) for value in limits[i]), int(places[i])]
            for i, name in enumerate(self.ratings.names)
        }
        counts = maths.counts(self.comparisons)
        return {
            "category": self.category, "n_votes": round(float(np.sum(counts.n_votes)) / 2), "rows": rows,
        }  # fmt: skip


def limits_of(ratings: CategoryRatings, level: float) -> list[tuple[float, float, float]]:
    """Rating, lower and upper limit of each, in points."""
    reach = -float(ndtri((1 - level) / 2)) * np.sqrt(np.maximum(np.diagonal(ratings.covariance), 0.0))
    ends = zip(ratings.ratings, ratings.ratings - reach, ratings.ratings + reach, strict=True)
    return [(to_elo(middle), to_elo(low), to_elo(high)) for middle, low, high in ends]


def comparisons_of(source: Source, names: Names, definition: Definition) -> maths.Comparisons:
    material = source.material(names, replace(definition, judge_names=judge_names()))
    if isinstance(material, Combination):
        raise TypeError("a prediction-powered board has no categories to weigh")  # refused where it is asked for
    return material


@dataclass(frozen=True, slots=True)
class WeighedSource:
    """Categories with weights, each with its own evidence."""

    whole: Source
    parts: tuple[WeighedPart, ...]
    evidence: PartedEvidence
    way: str
    partly: bool

    def material(self, names: Names, definition: Definition) -> Material:
        return self.whole.material(names, definition)

    def fitted(self, names: Names, definition: Definition) -> FittedBoard:
        if len(names) > MOST_IN_TABLES:
            return nobody(names, noted("categories.many", TEXTS, most=MOST_IN_TABLES, n=len(names)))
        ids = {name: pk for pk, name in names.items()}
        fits = {part.category: self._fit(part, names, definition) for part in self.parts}
        counting = [part for part in self.parts if any(len(fit.ratings.names) > 1 for fit in fits[part.category])]
        tasks = [
            WeighedTask(part.category, float(part.weight), tuple(fit.ratings for fit in fits[part.category]))
            for part in counting
        ]
        rng = np.random.default_rng(definition.seed)
        scored = weigh(tasks, way=self.way, rng=rng, partly=self.partly, level=definition.level)
        rows = self._rows(scored, tasks, ids, comparisons_of(self.whole, names, definition))
        parts_in_words = self._told(fits, ids, definition.level)
        return FittedBoard(
            rows=rows,
            notes=list(dict.fromkeys(self._notes(fits, counting, tasks, scored))),
            components=[],
            interval_kind=_kind_of([fit for part in counting for fit in fits[part.category]], definition)
            if scored.names
            else "",
            n_draws=scored.n_draws,
            competitor_ids=list(names),
            pairs=None,
            parts=parts_in_words,
        )

    def _fit(self, part: WeighedPart, names: Names, definition: Definition) -> list[FittedCategory]:
        """The category's, or those of its subcategories in which somebody is rated."""
        own = FittedCategory.of(part.category, part.source, names, definition)
        below = [FittedCategory.of(name, source, names, definition) for name, source in part.below.items()]
        return [fit for fit in below if len(fit.ratings.names) > 1] or [own]

    def _rows(
        self, scored: WeighedScores, tasks: list[WeighedTask], ids: Mapping[str, int], all_of_them: maths.Comparisons
    ) -> list[RatingRow]:
        numbers = numbers_of(scored, most_points(self.way, tasks, len(scored.names)))
        rated = {part.name: set(part.names) for part in tasks}
        return rows_of(ids, maths.counts(all_of_them), numbers, lambda name, n_votes: _why_none(name, n_votes, rated))

    def _told(self, fits: Mapping[str, list[FittedCategory]], ids: Mapping[str, int], level: float) -> list[dict[str, Any]]:
        return [
            fit.in_words(ids, level) | {"weight": part.weight, "of": part.category}
            for part in self.parts
            for fit in fits[part.category]
        ]

    def _notes(
        self, fits: Mapping[str, list[FittedCategory]], counting: list[WeighedPart], tasks: list[WeighedTask],
        scored: WeighedScores,
    ) -> Iterator[str]:  # fmt: skip
        for part in self.parts:
            if part not in counting:
                yield noted("weighed.nobody", TEXTS, category=part.category)
            for fit in fits[part.category]:
                for note in _notes_of(fit):
                    yield noted("weighed.within", TEXTS, category=fit.category, note=note)
        if self.way == "borda-two-level" and not any(part.below for part in self.parts):
            yield noted("weighed.one_level", TEXTS)
        if tasks and not scored.names:
            common, ranked = ranked_by(tasks, partly=self.partly)
            yield noted("weighed.none_shared" if not common else "weighed.one_shared", TEXTS, n=len(ranked))


def nobody(names: Names, why: Note) -> FittedBoard:
    """The board of no rating, for one reason."""
    return FittedBoard([RatingRow(pk, 0, 0, None, unrated_because=why) for pk in names], [], [], "", 0, list(names), None)


def _notes_of(fit: FittedCategory) -> list[str]:
    """What its own board would say; of coefficients only its own board does."""
    notes = [note for note in fit.rating.notes if not getattr(note, "code", "").startswith(("style.", "slot."))]
    return [*notes, *fit.ratings.notes]


def _kind_of(fits: list[FittedCategory], definition: Definition) -> str:
    kinds = {fit.ratings.kind for fit in fits if fit.ratings.names}
    few = next((kind for kind in sorted(kinds) if kind.startswith("few_")), "")
    return few or next(iter(sorted(kinds)), definition.clusters)


def numbers_of(scored: WeighedScores, most: float | None) -> dict[str, dict[str, Any]]:
    """Of each ranked competitor's row: in points of ratings, or per cent of the `most` that can be had."""
    if most is None:
        rating, low, high = (list(map(to_elo, values)) for values in (scored.scores, scored.low, scored.high))
        se, win_rates = ELO_PER_LOGIT * scored.se, win_rates_of(scored.scores).tolist()
    else:
        rating, low, high = ((100 * values / most).tolist() for values in (scored.scores, scored.low, scored.high))
        se, win_rates = 100 * scored.se / most, [None] * len(scored.names)
    places = 1 + (scored.scores[:, None] > scored.scores).sum(axis=0)
    return {
        name: {
            "rating": rating[i], "se": float(se[i]), "low": low[i], "high": high[i], "win_rate": win_rates[i],
            "rank": int(places[i]), "rank_low": int(scored.rank_low[i]), "rank_high": int(scored.rank_high[i]),
            "p_best": float(scored.chance[i]),
        }
        for i, name in enumerate(scored.names)
    }  # fmt: skip


def most_points(way: str, tasks: list[WeighedTask], m: int) -> float | None:
    """The score of somebody who is first everywhere; None for ratings, which have no end."""
    if way == MEAN_RATING:
        return None
    return 1.0 if way == "mean-win-rate" else sum(task.weight for task in tasks) * max(m - 1, 1)


def _why_none(name: str, n_votes: int, rated: Mapping[str, set[str]]) -> str:
    if not n_votes:
        return noted("no_votes", TEXTS)
    absent = [category for category, those in rated.items() if name not in those]
    if not absent:
        return noted("not_comparable", TEXTS)
    shown: list[object] = list(absent[:MOST_NAMED])
    if len(absent) > MOST_NAMED:
        shown.append(noted("and_n_more", TEXTS, n=len(absent) - MOST_NAMED))
    return noted("weighed.missing", TEXTS, categories=shown)
