"""Methods: the options of a board's definition, and how each method turns comparisons into ratings.

comparisons -> method -> Rating (ratings, what covariances stand behind them, who has none and why). `fitting` reads
intervals and rank ranges off it, alike for all methods. How often a board is resampled is in `resample_counts`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit

from ranking import maths
from ranking.boards.resample_counts import N_BRACKETS, N_ORDERS, N_REPLICATES
from ranking.maths.clusters.few_clusters import MOST_NAMED
from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import count_cells
from ranking.maths.data.comparisons import Cluster
from ranking.maths.estimation.covariance import Rated, standing
from ranking.maths.estimation.existence import check_existence
from ranking.maths.estimation.failures import SeparationError, UnfittedError
from ranking.maths.estimation.inflation import MOST_INFLATION, inflation
from ranking.maths.estimation.separation import listed
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.davidson import DAVIDSON, fit_davidson
from ranking.maths.models.elo import elo_mean_over_orders, elo_over_orders
from ranking.maths.models.many_bradley_terry import ManyFit
from ranking.maths.models.rao_kupper import RAO_KUPPER, fit_rao_kupper
from ranking.maths.notes import Note, joined, noted
from ranking.maths.resampling.elo_bootstrap import elo_replicates
from ranking.maths.resampling.resampled import Resampled
from ranking.maths.tournaments.replay import replay_tournament
from ranking.maths.uncertainty.parameter_intervals import parameter_intervals, slot_intervals
from ranking.note_texts.of_boards import TEXTS
from ranking.note_texts.words import gettext_noop
from ranking.scale import ELO_PER_LOGIT

WIDTHS = (DAVIDSON.parameter, RAO_KUPPER.parameter)
"""Parameters of the library that a reader knows as the width of ties."""

HALF = gettext_noop("half a win each, both bad as a tie")


@dataclass(frozen=True, slots=True)
class Definition:
    """How a board turns evidence into ratings; a snapshot keeps it among its parameters."""

    method: str = "bradley_terry"
    clusters: str = "prompt"
    intervals: str = "sandwich"
    covariates: tuple[str, ...] = ()
    level: float = 0.95
    seed: int = 1
    judge_names: Mapping[int, str] | None = None
    """The names of judges in fits; not stored, since a name may change."""

    @classmethod
    def then(cls, method: str, seed: int, parameters: Mapping[str, Any]) -> "Definition":
        """From a snapshot's columns and parameters; older ones hold fewer of these."""
        return cls(
            method=method,
            clusters=parameters.get("clusters", "prompt"),
            intervals=parameters.get("intervals", "sandwich"),
            covariates=tuple(parameters.get("covariates", ())),
            level=parameters["level"],
            seed=seed,
        )

    @property
    def cluster(self) -> Cluster | None:
        return "prompt" if self.clusters == "prompt" else None

    def in_words(self) -> dict[str, Any]:
        """As a snapshot's parameters."""
        parameters = asdict(self) | {"covariates": list(self.covariates), "ties": METHODS[self.method].ties}
        if self.intervals == "bootstrap":
            parameters["n_replicates"] = N_REPLICATES
        del parameters["method"], parameters["seed"], parameters["judge_names"]  # the first two are columns of the snapshot
        return parameters


@dataclass(frozen=True, slots=True, eq=False)
class Rating:
    """A method's result. `fit` is set if the method has a likelihood."""

    rated: Rated | ManyFit
    unrated: tuple[maths.Unrated, ...]
    components: tuple[tuple[str, ...], ...]
    win_rates: Floats
    notes: tuple[str, ...] = ()
    fit: maths.Fit | None = None


@dataclass(frozen=True, slots=True)
class RatingMethod:
    """One way to rate: its name, what it does with ties, the library's function that its docstring explains."""

    key: str
    name: str
    ties: str
    explained_by: Callable[..., Any]
    rate: Callable[[maths.Comparisons, Definition], Rating]
    has_sandwich: bool = True
    reads_style: bool = False


def rate(comparisons: maths.Comparisons, definition: Definition) -> Rating:
    """Rate the comparisons by the definition's method; without a maximum nobody is rated, and a note gives the reason."""
    try:
        return METHODS[definition.method].rate(comparisons, definition)
    except UnfittedError as error:
        return _nobody(comparisons, error.cause)


def ratings_alone(comparisons: maths.Comparisons, definition: Definition) -> dict[str, float]:
    """The ratings that `rate` gives, natural log-odds by name, without the replicates that only intervals need."""
    if definition.method == "elo" and len(comparisons):
        elo, ratings = _elo_ratings(comparisons, np.random.default_rng(definition.seed))
        return dict(zip(elo.names, ratings.tolist(), strict=True))
    rated = rate(comparisons, replace(definition, intervals="sandwich")).rated
    return dict(zip(rated.names, rated.ratings.tolist(), strict=True))


UNFITTED = "unfitted"
"""Code of the note on why the method came to no ratings."""


def _nobody(comparisons: maths.Comparisons, reason: str) -> Rating:
    nothing = maths.fit_bradley_terry(comparisons.among(np.zeros(len(comparisons.names), dtype=np.bool_)))
    unrated = tuple(maths.Unrated(name, reason) for name in comparisons.names)
    return Rating(nothing, unrated, (), np.zeros(0), (noted(UNFITTED, TEXTS, cause=reason),))


def _slot_levelled(comparisons: maths.Comparisons, definition: Definition) -> Rating:
    """With a note on every judge's slot intercept and its interval."""
    rating = _by_likelihood(partial(fit_contextual, judge_names=definition.judge_names), comparisons, definition)
    return rating if rating.fit is None else replace(rating, notes=(*slot_notes(rating.fit, definition), *rating.notes))


def slot_notes(fit: maths.Fit, definition: Definition) -> Iterator[Note]:
    """Of every judge."""
    intervals = slot_intervals(fit, cluster=definition.cluster, level=definition.level)
    named = [noted("slot.of_judge", TEXTS, judge=judge) for judge in (definition.judge_names or {}).values()]
    of_judges = {str(name): name for name in named}
    for name, estimate, low, high in zip(intervals.names, intervals.estimate, intervals.low, intervals.high, strict=True):
        if name in fit.comparisons.covariate_names:
            continue
        values = {"name": of_judges.get(name, name), "estimate": estimate}
        if np.isfinite(high):
            yield noted("slot.with_interval", TEXTS, **values, level=100 * definition.level, low=low, high=high)
        else:
            yield noted("slot.without_interval", TEXTS, **values)


def _style_levelled(comparisons: maths.Comparisons, definition: Definition) -> Rating:
    """With a note on the coefficient of every covariate."""
    rating = _by_likelihood(partial(fit_contextual, judge_names=definition.judge_names), comparisons, definition)
    if rating.fit is None:
        return rating
    _check_told_apart(rating.fit)
    of_judges = slot_notes(rating.fit, definition) if definition.judge_names else ()
    return replace(rating, notes=(*style_notes(rating.fit, definition), *of_judges, *rating.notes))


def _check_told_apart(fit: maths.Fit) -> None:
    """Nobody is rated where style all but tells who wrote: such ratings are finite, and thousands of points off."""
    k = len(fit.comparisons.covariate_names)
    if fit.likelihood is None or len(fit.parameters) < k:
        return
    factor, direction = inflation(fit.likelihood.hessian(), len(fit.names), k)
    if factor > MOST_INFLATION:
        names = listed(direction, (*fit.names, *(parameter.name for parameter in fit.parameters)))
        raise SeparationError(noted("not_told_apart", names=names), "leave a covariate or a competitor out")


def style_notes(fit: maths.Fit, definition: Definition) -> Iterator[Note]:
    """Of each covariate: log-odds of a usual difference (see `style_differences`), by the interval of one parameter alone."""
    intervals = parameter_intervals(fit, cluster=definition.cluster, level=definition.level)
    for name, estimate, low, high in zip(intervals.names, intervals.estimate, intervals.low, intervals.high, strict=True):
        if name not in fit.comparisons.covariate_names:
            continue
        values = {"name": noted(f"covariate.{name}", TEXTS), "estimate": estimate}
        if np.isfinite(high):
            yield noted("style.coefficient", TEXTS, **values, level=100 * definition.level, low=low, high=high)
        else:
            yield noted("style.coefficient_alone", TEXTS, **values)


type Fitting = Callable[[maths.Comparisons], maths.Fit]


def _by_likelihood(fitting: Fitting, comparisons: maths.Comparisons, definition: Definition) -> Rating:
    fit = fitting(comparisons)
    rated: Rated = fit
    notes: tuple[str, ...] = tuple(
        noted("at_limit.width" if limit.name in WIDTHS else "at_limit.other", TEXTS, name=limit.name, reason=limit.reason)
        for limit in fit.at_limit
    )
    if definition.intervals == "bootstrap" and len(fit.names) > 1:
        rng = np.random.default_rng(definition.seed)
        rated = _resampled(
            fit,
            definition.cluster,
            lambda by: maths.bootstrap(
                fit.comparisons, method=fitting, cluster=by, n_resamples=N_REPLICATES, rng=rng, whole=fit
            ),
        )
        notes += rated.notes
    return Rating(rated, fit.unrated, fit.components, fit.win_rates(), notes, fit)


def _resampled(fit: maths.Fit, cluster: Cluster | None, drawn: Callable[[Any], maths.Bootstrap]) -> Resampled:
    """The fit's ratings with a bootstrap for every covariance that the intervals will ask for."""
    needed = standing(fit, cluster).needs
    replicates = {by: drawn("cells" if by is None else by) for by in needed}
    return Resampled(fit.names, fit.ratings, fit.comparisons, replicates, fit.unrated, fit.provenance)


def _tournament(comparisons: maths.Comparisons, definition: Definition) -> Rating:
    replay = replay_tournament(comparisons, n_brackets=N_BRACKETS, rng=np.random.default_rng(definition.seed))
    rating = _by_likelihood(maths.fit_bradley_terry, replay.played, definition)
    return Rating(rating.rated, rating.unrated, rating.components, rating.win_rates, (*replay.notes, *rating.notes), rating.fit)


def _elo(comparisons: maths.Comparisons, definition: Definition) -> Rating:
    """Elo has no likelihood: its intervals are always those of a bootstrap."""
    rng = np.random.default_rng(definition.seed)
    if not len(comparisons):
        return _by_likelihood(maths.fit_bradley_terry, comparisons, Definition())
    elo, ratings = _elo_ratings(comparisons, rng)
    met = np.isin(np.array(comparisons.names), elo.names)
    played = comparisons.among(met)
    bare = Resampled(elo.names, ratings, played, {}, elo.unrated, elo.provenance, is_pulled=True)
    replicates: dict[Cluster | None, maths.Bootstrap] = {}
    for by in standing(bare, definition.cluster).needs:
        drawn = elo_replicates(
            _drawn_singly(played) if by is None else played, cluster="prompt", n_resamples=N_REPLICATES, rng=rng
        )
        replicates[by] = maths.Bootstrap(drawn.names, drawn.ratings / ELO_PER_LOGIT, drawn.cluster, drawn.notes)
    rated = replace(bare, replicates=replicates)
    return Rating(rated, elo.unrated, (), win_rates_of(ratings), tuple(_only_by_elo(played)))


def _elo_ratings(comparisons: maths.Comparisons, rng: np.random.Generator) -> tuple[maths.Scores, Floats]:
    """Scores, and the same as natural log-odds around 0."""
    elo = elo_over_orders(comparisons, n_orders=N_ORDERS, rng=rng).scores
    return elo, np.asarray((elo.scores - elo.scores.mean()) / ELO_PER_LOGIT)


def _only_by_elo(played: maths.Comparisons) -> Iterator[Note]:
    """Competitors that Elo rates although no finite rating exists; every other method leaves them unrated."""
    unrated = check_existence(played.names, count_cells(played).half_wins).unrated
    if unrated:
        shown = [noted("named_reason_after_colon", TEXTS, name=each.name, reason=each.reason) for each in unrated[:MOST_NAMED]]
        more = [noted("and_n_more", TEXTS, n=len(unrated) - MOST_NAMED)] if len(unrated) > MOST_NAMED else []
        yield noted("only_by_elo", TEXTS, shown=joined([*shown, *more]))


def _drawn_singly(comparisons: maths.Comparisons) -> maths.Comparisons:
    """Without their prompts, so that every comparison is drawn for itself."""
    kept = ("names", "a", "b", "outcome", "weight")
    return maths.Comparisons(**{name: getattr(comparisons, name) for name in kept})


def win_rates_of(ratings: Floats) -> Floats:
    """Chances of Bradley-Terry against a uniformly drawn other."""
    chance = expit(ratings[:, None] - ratings)
    return np.asarray((chance.sum(axis=1) - 0.5) / max(len(ratings) - 1, 1), dtype=np.float64)


METHODS = {
    method.key: method
    for method in (
        RatingMethod(
            "bradley_terry", gettext_noop("Bradley–Terry"), HALF,
            maths.fit_bradley_terry, partial(_by_likelihood, maths.fit_bradley_terry),
        ),
        RatingMethod(
            "davidson", gettext_noop("Davidson"), gettext_noop("an outcome with a chance of its own, both bad as a tie"),
            fit_davidson, partial(_by_likelihood, fit_davidson),
        ),
        RatingMethod(
            "rao_kupper", gettext_noop("Rao–Kupper"), gettext_noop("a difference too small to see, both bad as a tie"),
            fit_rao_kupper, partial(_by_likelihood, fit_rao_kupper),
        ),
        RatingMethod("elo", gettext_noop("Elo, mean over orders"), HALF, elo_mean_over_orders, _elo, has_sandwich=False),
        RatingMethod(
            "style_controlled", gettext_noop("Style-controlled"), HALF,
            fit_contextual, _style_levelled, reads_style=True,
        ),
        RatingMethod("slot_levelled", gettext_noop("Position-adjusted"), HALF, fit_contextual, _slot_levelled),
        RatingMethod(
            "prediction_powered", gettext_noop("Prediction-powered"), HALF,
            maths.fit_prediction_powered, partial(_by_likelihood, maths.fit_bradley_terry),
        ),
        RatingMethod("tournament", gettext_noop("Tournament"), HALF, replay_tournament, _tournament),
    )
}  # fmt: skip
