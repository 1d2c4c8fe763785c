"""Votes and opinions -> board: ratings by prediction, or people's alone with the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ranking import maths
from ranking.boards.fitting import N_DRAWS_OF_FIRST, FittedBoard, finite, fit_board, standings, with_chances
from ranking.boards.many_competitors import Refuse, allow_all
from ranking.boards.methods import Definition, win_rates_of
from ranking.comparisons.votes_and_opinions import FEWEST_PROMPTS, Combined, Opinions, Votes, combine, n_prompts
from ranking.maths.clusters.sandwich import cluster_sizes
from ranking.maths.data.arrays import Floats
from ranking.maths.estimation.failures import NotConvergedError, cause_of
from ranking.maths.notes import Note, noted
from ranking.maths.uncertainty.elo_points import ELO_PER_LOGIT, to_elo
from ranking.note_texts.of_boards import TEXTS


class NotNarrowed(Exception):
    """Why verdicts cannot narrow the intervals of votes here, for readers."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def fit_combined(
    votes: Votes,
    opinions: Opinions,
    names: Mapping[int, str],
    definition: Definition,
    *,
    n_verdicts: int,
    refuse: Refuse = allow_all,
) -> FittedBoard:
    """Rate by prediction; the counts of every line are those of people's votes."""
    combined = combine(votes, opinions, names)
    people = fit_board(combined.votes, replace(definition, method="bradley_terry"), list(names), refuse=refuse)
    people = _with_reasons(people, combined)
    try:
        powered = _powered(combined, definition)
    except NotNarrowed as reason:
        return replace(people, notes=[noted("votes_alone", TEXTS, reason=reason.cause), *people.notes])
    ranks = maths.powered_rank_sets(powered, level=definition.level, rng=np.random.default_rng(definition.seed))
    numbers = _numbers(powered, ranks, definition)
    rows = [replace(row, **numbers.get(name, {})) for row, name in zip(people.rows, names.values(), strict=True)]
    notes: list[str] = [*_notes(powered, combined, n_verdicts), *powered.notes]
    return replace(
        people, rows=rows, notes=list(dict.fromkeys(notes)), interval_kind=powered.kind, n_draws=ranks.n_draws,
        neighbours=(),  # those of people's votes alone, whose order may be another
    )  # fmt: skip


def _powered(combined: Combined, definition: Definition) -> maths.PredictionPowered:
    _check(combined)
    votes = combined.votes.reweighted(combined.vote_weight)
    try:
        return maths.fit_votes_and_verdicts(
            votes, combined.opinions, combined.labelled, vote_battle=combined.vote_battle,
            verdict_battle=combined.opinion_battle, cluster="prompt" if definition.cluster == "prompt" else None,
            level=definition.level,
        )  # fmt: skip
    except (ValueError, NotConvergedError) as reason:
        raise NotNarrowed(cause_of(reason)) from reason


def _check(combined: Combined) -> None:
    """What the reader can do: who must vote, or be asked, before verdicts narrow anything."""
    n_voted, labelled = cluster_sizes(combined.votes, cluster="prompt")[1], combined.labelled > 0
    if n_voted < FEWEST_PROMPTS:
        raise NotNarrowed(noted("few_voted_prompts", TEXTS, n=round(n_voted), least=FEWEST_PROMPTS))
    if not len(labelled):
        raise NotNarrowed(noted("none_asked", TEXTS))
    if labelled.all():
        raise NotNarrowed(noted("all_voted", TEXTS))
    prompts = combined.opinions.clusters("prompt")[labelled]
    if not len(prompts):
        raise NotNarrowed(noted("none_voted", TEXTS))
    n_both = n_prompts(prompts)
    if n_both < FEWEST_PROMPTS:
        raise NotNarrowed(noted("few_prompts_with_both", TEXTS, n=n_both, least=FEWEST_PROMPTS))


def _with_reasons(people: FittedBoard, combined: Combined) -> FittedBoard:
    """A model without votes may have been judged; its reason then says that a rating takes votes of people."""
    met = np.bincount(np.concatenate([combined.opinions.a, combined.opinions.b]), minlength=len(people.rows))
    only_judged = noted("only_judged", TEXTS)
    rows = [
        replace(row, unrated_because=only_judged) if not row.n_votes and met[i] else row for i, row in enumerate(people.rows)
    ]
    return replace(people, rows=rows)


def _numbers(powered: maths.PredictionPowered, ranks: maths.RankSets, definition: Definition) -> dict[str, dict[str, Any]]:
    """The numbers of each rated competitor's row."""
    by = powered.ratings
    alone = maths.intervals(powered.human, cluster=definition.cluster, level=definition.level)
    win_rates, widths = win_rates_of(by.estimate), standings(by.estimate, by, ranks)
    first = maths.p_best_powered(
        powered, n_resamples=N_DRAWS_OF_FIRST, among=np.isfinite(by.se), rng=np.random.default_rng(definition.seed)
    )
    widths = with_chances(widths, first)
    return {
        name: widths[i]
        | {
            "rating": to_elo(by.estimate[i]),
            "win_rate": float(win_rates[i]),
            "trust": float(by.trust[i]),
            "people_half_width": finite(ELO_PER_LOGIT * (alone.high[i] - alone.low[i]) / 2),
        }
        for i, name in enumerate(powered.names)
    }


def _notes(powered: maths.PredictionPowered, combined: Combined, n_verdicts: int) -> Iterator[Note]:
    yield noted(
        "combined.asked",
        TEXTS,
        battles=noted("battles", TEXTS, n=len(np.unique(combined.opinion_battle))),
        verdicts=noted("verdicts", TEXTS, n=n_verdicts),
        n_labels=len(np.unique(combined.opinion_battle[combined.labelled > 0])),
        trust=_range(powered.ratings.trust),
        narrower=_narrower(powered),
    )
    yield noted("combined.drawn" if combined.are_drawn else "combined.untold", TEXTS)


def _range(trust: Floats) -> str:
    low, high = round(float(trust.min()), 2), round(float(trust.max()), 2)
    return noted("one_share", TEXTS, share=low) if low == high else noted("range", TEXTS, low=low, high=high)


def _narrower(powered: maths.PredictionPowered) -> Note:
    """Totals over all rated competitors."""
    share = 1 - float(np.sqrt(1 / powered.ratings.gain).mean())
    return noted("narrower", TEXTS, percent=100 * share) if share >= 0.005 else noted("as_of_people", TEXTS)
