"""Boards of very many competitors: the plain method on the pairs that met, with figures computed in blocks of pairs."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np

from ranking import maths
from ranking.boards.methods import UNFITTED, Definition, Rating, rate
from ranking.boards.pairs.listed_pairs import PairList
from ranking.boards.pairs.pair_list import listed, of_those_that_met, unweighted
from ranking.maths.data.comparisons import Column
from ranking.maths.data.pair_counts import count_pairs
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.models.many_bradley_terry import ManyFit, fit_many
from ranking.maths.notes import noted
from ranking.maths.uncertainty.many_gains import gains_of_many
from ranking.maths.uncertainty.many_standings import ManyStandings, are_suitable, stand
from ranking.note_texts.of_boards import TEXTS

MOST_IN_TABLES = 500
"""Up to so many competitors a board is fitted with tables of all pairs, as the other methods are."""


def is_of_many(comparisons: maths.Comparisons, definition: Definition) -> bool:
    """Whether there is a way without these tables."""
    return len(comparisons.names) > MOST_IN_TABLES and takes_lists(definition.method, definition.intervals)


def takes_lists(method: str, intervals: str) -> bool:
    """Whether it is the plain method: the others have tables of all pairs."""
    return method == "bradley_terry" and intervals == "sandwich"


type Refuse = Callable[[int, int, str], object]
"""Called before tables are made, with the numbers of competitors and prompts and the method; raises if they are too large."""


def allow_all(n_competitors: int, n_prompts: int, method: str) -> None:
    """Never refuse: for callers with the memory to themselves."""


def rate_many(comparisons: maths.Comparisons, definition: Definition, refuse: Refuse) -> tuple[Rating, ManyStandings | None]:
    """Ratings with their uncertainty; None if few are rated, or their clusters are of another kind."""
    try:
        fit = fit_many(comparisons)
    except UnfittedError as error:
        unrated = tuple(maths.Unrated(name, error.cause) for name in comparisons.names)
        return Rating(_nobody(comparisons), unrated, (), np.zeros(0), (noted(UNFITTED, TEXTS, cause=error.cause),)), None
    cluster = cast("Column | None", definition.cluster)
    if len(fit.names) <= MOST_IN_TABLES or not are_suitable(fit.comparisons, cluster):
        refuse(len(fit.names), _n_prompts(fit.comparisons), definition.method)
        rating = rate(fit.comparisons, definition)
        return replace(rating, unrated=fit.unrated, components=fit.components), None
    standings = stand(fit, cluster=cluster, level=definition.level, rng=np.random.default_rng(definition.seed))
    return Rating(fit, fit.unrated, fit.components, standings.win_rates), standings


def pairs_of_many(comparisons: maths.Comparisons, rating: Rating, standings: ManyStandings | None) -> PairList | None:
    """The expected information of the next vote on each pair."""
    if standings is None:
        return unweighted(count_pairs(comparisons)) if rating.fit is None else listed(comparisons, rating.fit)
    fit = cast(ManyFit, rating.rated)
    gains = gains_of_many(fit.ratings, fit.pairs, standings.met, standings.own_variance)
    return of_those_that_met(count_pairs(comparisons), comparisons.names, fit.names, fit.ratings, gains, fit.pairs)


def _n_prompts(comparisons: maths.Comparisons) -> int:
    return len(np.unique(comparisons.clusters("prompt")))


def _nobody(comparisons: maths.Comparisons) -> maths.Fit:
    return maths.fit_bradley_terry(comparisons.among(np.zeros(len(comparisons.names), dtype=np.bool_)))
