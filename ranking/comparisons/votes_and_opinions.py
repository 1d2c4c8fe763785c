"""Votes and opinions -> weighted comparisons: which opinions have a label, and the weight of each vote.

Pure: no Django. `people_and_judges` reads votes and opinions, and says what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths import Comparisons, sampling_weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEWEST_PROMPTS = 30


@dataclass(frozen=True, slots=True)
class Votes:
    """People's votes, a row per vote, all (n,): `battle` numbers pairs of answers; `by_lot` and `by_verdicts` say how the
    voter came to see it."""

    battle: Ints
    prompt: Ints
    a: Ints
    b: Ints
    outcome: Ints
    by_lot: Bools
    by_verdicts: Bools


@dataclass(frozen=True, slots=True)
class Opinions:
    """Judges' opinions, a row per battle that they were asked about, all (n,).

    `points` of a in [0, 1], one half where nothing was decided; `chance` and `place` of its lot, NaN where it drew none.
    """

    battle: Ints
    prompt: Ints
    a: Ints
    b: Ints
    points: Floats
    chance: Floats
    place: Floats


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """Which opinions count, and the weight of their labels: 1 / its chance, 0 without a label. Both are (n_opinions,)."""

    counts: Bools
    weight: Floats
    are_drawn: bool  # by lot, with known chances

    @property
    def n(self) -> int:
        return int((self.weight > 0).sum())


@dataclass(frozen=True, slots=True)
class Combined:
    """Votes and opinions as comparisons of the same names with the same prompts, and which battle each is about."""

    votes: Comparisons
    vote_weight: Floats
    vote_battle: Ints
    opinions: Comparisons
    labelled: Floats
    opinion_battle: Ints
    are_drawn: bool


# --- which opinions have a label -----------------------------------------------------------------------------------------


def labels_of(votes: Votes, opinions: Opinions) -> DrawnLabels:
    """Those drawn by lot, where these are on enough prompts; else all that were voted on, less those picked by verdicts."""
    voted = np.isin(opinions.battle, votes.battle[~votes.by_verdicts])
    reached = _reached(votes, opinions, voted)
    drawn = voted & (opinions.place <= reached)
    if n_prompts(opinions.prompt[drawn]) >= FEWEST_PROMPTS:
        # The chance to have a place up to the one that was reached.
        chance = np.minimum(reached * opinions.chance, 1.0)
        return DrawnLabels(~np.isnan(chance), np.where(drawn, 1 / chance, 0.0), are_drawn=True)
    picked = np.isin(opinions.battle, votes.battle[votes.by_verdicts])
    return DrawnLabels(~(picked & ~voted), voted.astype(np.float64), are_drawn=False)


def _reached(votes: Votes, opinions: Opinions, voted: Bools) -> float:
    """The place up to which lots were served: the last one with a vote, or the last before a missing vote."""
    served = opinions.place[np.isin(opinions.battle, votes.battle[votes.by_lot])]
    missing = opinions.place[~voted]
    whole = opinions.place[voted]
    whole = whole[whole < np.nanmin(missing)] if (~np.isnan(missing)).any() else whole
    reached = np.concatenate([served, whole])
    reached = reached[~np.isnan(reached)]
    return float(reached.max(initial=-1.0))


def n_prompts(prompts: NDArray[np.integer[Any]]) -> int:
    """Battles without a known prompt each count as a prompt of their own."""
    return len(np.unique(prompts[prompts >= 0])) + int((prompts < 0).sum())


# --- as comparisons ------------------------------------------------------------------------------------------------------


def combine(votes: Votes, opinions: Opinions, names: Mapping[int, str]) -> Combined:
    """Ready to fit. Votes on drawn battles weigh 1 / chance, on the scale of what they are worth; all others weigh 1."""
    labels = labels_of(votes, opinions)
    kept = np.flatnonzero(labels.counts)
    # A share of the points is a win and a loss that count that much; the whole ones and the ties stay one row.
    whole = np.ones(len(opinions.points))
    shares = [(opinions.points == 1, 0, whole), (opinions.points == 0, 1, whole), (opinions.points == 0.5, 2, whole)]
    mixed = ~np.any([is_so for is_so, *_ in shares], axis=0)
    parts = [*shares, (mixed, 0, opinions.points), (mixed, 1, 1 - opinions.points)]
    rows = np.concatenate([kept[is_so[kept]] for is_so, *_ in parts])
    outcome = np.concatenate([np.full(is_so[kept].sum(), code) for is_so, code, _ in parts])
    weight = np.concatenate([w[kept[is_so[kept]]] for is_so, _, w in parts])
    order = np.lexsort([outcome, rows])
    rows = rows[order]
    prompts = np.unique(np.concatenate([votes.prompt, opinions.prompt]))
    return Combined(
        votes=_comparisons(names, votes.prompt, votes.a, votes.b, votes.outcome, None, prompts),
        vote_weight=_vote_weights(votes, opinions, labels),
        vote_battle=votes.battle,
        opinions=_comparisons(
            names, opinions.prompt[rows], opinions.a[rows], opinions.b[rows], outcome[order], weight[order], prompts
        ),
        labelled=labels.weight[rows],
        opinion_battle=opinions.battle[rows],
        are_drawn=labels.are_drawn,
    )


def _vote_weights(votes: Votes, opinions: Opinions, labels: DrawnLabels) -> Floats:
    """1 / chance on drawn battles, in the mean what other votes weigh."""
    weight = np.ones(len(votes.battle))
    if labels.are_drawn:
        drawn = labels.weight > 0
        of_battle = dict(zip(opinions.battle[drawn].tolist(), labels.weight[drawn].tolist(), strict=True))
        known = np.isin(votes.battle, opinions.battle[drawn])
        weight[known] = sampling_weights(np.array([of_battle[battle] for battle in votes.battle[known].tolist()]))
    return weight


def _comparisons(
    names: Mapping[int, str], prompt: Ints, a: Ints, b: Ints, outcome: Ints, weight: Floats | None, prompts: Ints
) -> Comparisons:
    ids = np.array(list(names), dtype=np.int64)
    order = np.argsort(ids)
    first, second = (order[np.searchsorted(ids, side, sorter=order)].astype(np.int32) for side in (a, b))
    return Comparisons(
        names=tuple(names.values()),
        a=first,
        b=second,
        outcome=outcome.astype(np.int8),
        weight=weight,
        prompt=np.where(prompt >= 0, np.searchsorted(prompts, prompt), -1).astype(np.int32),
    )
