"""Rankings from pairwise comparisons, with their uncertainty.

Needs only numpy and scipy (and choix for Rank Centrality), no database and no clock; randomness comes from ``rng``.
Ratings are natural log-odds with mean zero; one unit is ``400 / ln 10 = 173.7`` Elo points.

How to use it: columns become `Comparisons`; a model turns them into a `Fit` or `Scores`; `intervals`, `rank_sets`, `p_best`
and others give its uncertainty; `bootstrap` does so for any method. Results print as tables; `columns()` and `to_frame()`
return them as lists, which `json.dumps` takes, and as a pandas DataFrame. Arguments have the same names everywhere: `cluster`
(the units drawn independently, by default prompts), `level` (of confidence), `n_resamples`, `rng`.

Contents
--------
data: comparisons and counts
    Comparisons, OUTCOMES                   rows of two competitors and an outcome
    Cells, count_cells; Counts, counts      counts by pair; counts by competitor
    Tally, CellRows, TallyFileError         running counts that are updated vote by vote
    style_differences, length_saturation    covariates from the answers' texts

models: ratings
    fit_bradley_terry                       logistic; a tie is half a win for each
    fit_davidson, fit_rao_kupper            ties as an outcome; fit_grounded_rao_kupper: "both bad" too
    fit_contextual                          with slot intercepts and covariates
    fit_hierarchical, Hierarchical          by category, shrunk towards the whole
    fit_judge_aware, estimate_tau           voters or judges who differ in discrimination
    discriminations, Discriminations        the discriminations, with intervals
    fit_plackett_luce, rank_centrality      from rankings of many: Rankings
    fit_prediction_powered                  votes and verdicts on the same rows: PredictionPowered, Powered, sampling_weights
    fit_votes_and_verdicts                  votes and verdicts as separate comparisons
    elo, elo_over_orders                    row by row; over random orders: elo_mean_over_orders, EloOverOrders

aggregation: scores without a model
    win_rate, counting, mean_win_rate       shares of points, or points
    borda, borda_two_level                  points for ranks

estimation: results of models
    Fit, Scores                             ratings with a likelihood; numbers without one
    Diagnostics, Provenance                 how they were made; Parameter, AtLimit: further parameters, or why there is none
    check_existence, Existence, Unrated     which competitors can be rated
    spread, Spread                          the variance and quantile of each rating and difference
    NotConvergedError, SeparationError      why a fit failed; both are UnfittedError

uncertainty: intervals, ranks and power
    intervals, Intervals                    of ratings; in_points, Points: as Elo points (ELO_PER_LOGIT, ELO_CENTRE)
    differences, Differences                of pairs of ratings
    parameter_intervals, slot_intervals     of further parameters: ParameterIntervals
    simultaneous_differences                of pairs among some competitors, all of which hold together
    rank_sets, RankSets                     simultaneous rank ranges; powered_rank_sets: for a prediction-powered fit
    p_best, p_top, p_best_powered, Chances  chances of first places; expected_ranks, ExpectedRanks; arena_rank; tiers
    votes_to_flip, verified_votes_to_flip   the fewest votes that change an order: Flip
    prompts_needed, ClustersNeeded          how many more prompts separate two competitors; prompts_needed_of: many pairs
    pair_evidence, PairEvidence             valid at any time: which of two is better (e_process, e_process_above, e_bh)
    confidence_sequence, ConfidenceSequence, anytime_differences, anytime_critical    intervals valid at any time
    block_means, BlockMeans                 their unit: one mean per prompt

resampling: uncertainty of any method
    bootstrap, Bootstrap                    BootstrapIntervals: percentiles of it
    elo_replicates, levelled_draws          replicates for Elo; for a fit with one slot intercept
    Resampled                               ratings with replicates, accepted by `intervals`, `rank_sets` and others

agreement: reliability of raters
    Statistic                               the type of these results: a float with its n
    cohen_kappa, scott_pi, fleiss_kappa     two or more raters; weighted_kappa_linear, weighted_kappa_quadratic
    krippendorff_alpha                      with gaps; krippendorff_alpha_ordinal, krippendorff_alpha_interval (the scale)
    icc_one_way, icc_agreement              of numeric ratings; icc_agreement_of_mean
    agreement_interval, AgreementInterval   an interval for any of these; UndefinedAgreementError: 0/0
    fit_dawid_skene, DawidSkene             true labels, and each judge's confusions
    kendall_tau, spearman, tau_ap, rbo      of two rankings
    separability, agreement_with_confidence, pair_rank_brier    of two benchmarks

transitivity: cycles, Cycles                cycles: x beats y, y beats z, z beats x

tournaments: formats, play and replay
    single_elimination, seeded_elimination, swiss, round_robin, insertion, anchored
    coin_flip, play_again                   rules that break ties
    play, Match, PlayedMatch, TournamentResult    playing a tournament
    replay_tournament, Replay               tournaments on stored comparisons
    simulate_rank_correlation, RankCorrelations    how well formats recover the true order

pair_sampling: the next comparison
    draw_pair, DrawnPair                    one pair drawn by weight; inverse_propensity_weights: corrects for uneven chances
    uniform_weights, balanced_weights, information_weights, variance_drop_weights, arena_variance_weights,
    rank_decision_weights                   rules; with_floor, with_newcomer_boost, with_unrated: modify their weights

Examples
--------
>>> import numpy as np
>>> from ranking.maths import Comparisons, fit_bradley_terry, intervals, rank_sets
>>> c = Comparisons.from_names(["x", "y", "x", "z"] * 30, ["y", "x", "z", "y"] * 30, ["a", "tie", "a", "b"] * 30)
>>> fit = fit_bradley_terry(c)
>>> fit.names, fit.unrated[0]
(('x', 'y'), Unrated(name='z', reason='never won or tied (60 comparisons)'))
>>> rank_sets(fit, rng=np.random.default_rng(1)).low.tolist()
[1, 2]
"""

from ranking.maths.aggregation.borda import borda, borda_two_level, mean_win_rate
from ranking.maths.aggregation.win_rates import counting, win_rate
from ranking.maths.agreement.dawid_skene import DawidSkene, fit_dawid_skene
from ranking.maths.agreement.icc import icc_agreement, icc_agreement_of_mean, icc_one_way
from ranking.maths.agreement.kappa_alpha import (
    AgreementInterval,
    agreement_interval,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_alpha_interval,
    krippendorff_alpha_ordinal,
    scott_pi,
    weighted_kappa_linear,
    weighted_kappa_quadratic,
)
from ranking.maths.agreement.rank_correlation import (
    agreement_with_confidence,
    kendall_tau,
    pair_rank_brier,
    rbo,
    separability,
    spearman,
    tau_ap,
)
from ranking.maths.agreement.rater_tables import UndefinedAgreementError
from ranking.maths.agreement.statistic import Statistic
from ranking.maths.data.cells import Cells, Counts, count_cells, counts
from ranking.maths.data.comparisons import OUTCOMES, Comparisons
from ranking.maths.data.style_covariates import length_saturation, style_differences
from ranking.maths.data.tally import CellRows, Tally, TallyFileError
from ranking.maths.estimation.covariance import Spread, spread
from ranking.maths.estimation.existence import Existence, Unrated, check_existence
from ranking.maths.estimation.failures import NotConvergedError, SeparationError, UnfittedError
from ranking.maths.estimation.fit import AtLimit, Diagnostics, Fit, Parameter, Provenance
from ranking.maths.estimation.scores import Scores
from ranking.maths.models.bradley_terry import fit_bradley_terry
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.davidson import fit_davidson
from ranking.maths.models.discriminations import Discriminations, discriminations
from ranking.maths.models.elo import EloOverOrders, elo, elo_mean_over_orders, elo_over_orders
from ranking.maths.models.hierarchical import Hierarchical, fit_hierarchical
from ranking.maths.models.judge_aware import estimate_tau, fit_judge_aware
from ranking.maths.models.plackett_luce import Rankings, fit_plackett_luce, rank_centrality
from ranking.maths.models.prediction_powered import (
    Powered,
    PredictionPowered,
    fit_prediction_powered,
    fit_votes_and_verdicts,
    sampling_weights,
)
from ranking.maths.models.rao_kupper import fit_rao_kupper
from ranking.maths.models.rao_kupper_both_bad import fit_grounded_rao_kupper
from ranking.maths.pair_sampling import (
    DrawnPair,
    arena_variance_weights,
    balanced_weights,
    draw_pair,
    information_weights,
    inverse_propensity_weights,
    rank_decision_weights,
    uniform_weights,
    variance_drop_weights,
    with_floor,
    with_newcomer_boost,
    with_unrated,
)
from ranking.maths.resampling.bootstrap import Bootstrap, BootstrapIntervals, bootstrap
from ranking.maths.resampling.elo_bootstrap import elo_replicates
from ranking.maths.resampling.resampled import Resampled
from ranking.maths.resampling.slot_adjusted_bootstrap import levelled_draws
from ranking.maths.tournaments.formats import (
    anchored,
    coin_flip,
    insertion,
    play_again,
    round_robin,
    seeded_elimination,
    single_elimination,
    swiss,
)
from ranking.maths.tournaments.matches import Match, PlayedMatch, TournamentResult, play
from ranking.maths.tournaments.replay import Replay, replay_tournament
from ranking.maths.tournaments.simulation import RankCorrelations, simulate_rank_correlation
from ranking.maths.transitivity.cycles import Cycles, cycles
from ranking.maths.uncertainty.anytime import (
    ConfidenceSequence,
    PairEvidence,
    anytime_critical,
    anytime_differences,
    confidence_sequence,
    e_bh,
    e_process,
    e_process_above,
    pair_evidence,
)
from ranking.maths.uncertainty.blocks import BlockMeans, block_means
from ranking.maths.uncertainty.elo_points import ELO_CENTRE, ELO_PER_LOGIT, Points, in_points
from ranking.maths.uncertainty.intervals import Differences, Intervals, differences, intervals
from ranking.maths.uncertainty.parameter_intervals import ParameterIntervals, parameter_intervals, slot_intervals
from ranking.maths.uncertainty.power import ClustersNeeded, prompts_needed, prompts_needed_of
from ranking.maths.uncertainty.powered_rank_sets import powered_rank_sets
from ranking.maths.uncertainty.rank_probabilities import (
    Chances,
    ExpectedRanks,
    arena_rank,
    expected_ranks,
    p_best,
    p_best_powered,
    p_top,
    tiers,
)
from ranking.maths.uncertainty.rank_sets import RankSets, rank_sets
from ranking.maths.uncertainty.simultaneous import simultaneous_differences
from ranking.maths.uncertainty.votes_to_flip import Flip, verified_votes_to_flip, votes_to_flip

__all__ = [
    "ELO_CENTRE",
    "ELO_PER_LOGIT",
    "OUTCOMES",
    "AgreementInterval",
    "AtLimit",
    "BlockMeans",
    "Bootstrap",
    "BootstrapIntervals",
    "CellRows",
    "Cells",
    "Chances",
    "ClustersNeeded",
    "Comparisons",
    "ConfidenceSequence",
    "Counts",
    "Cycles",
    "DawidSkene",
    "Diagnostics",
    "Differences",
    "Discriminations",
    "DrawnPair",
    "EloOverOrders",
    "Existence",
    "ExpectedRanks",
    "Fit",
    "Flip",
    "Hierarchical",
    "Intervals",
    "Match",
    "NotConvergedError",
    "PairEvidence",
    "Parameter",
    "ParameterIntervals",
    "PlayedMatch",
    "Points",
    "Powered",
    "PredictionPowered",
    "Provenance",
    "RankCorrelations",
    "RankSets",
    "Rankings",
    "Replay",
    "Resampled",
    "Scores",
    "SeparationError",
    "Spread",
    "Statistic",
    "Tally",
    "TallyFileError",
    "TournamentResult",
    "UndefinedAgreementError",
    "UnfittedError",
    "Unrated",
    "agreement_interval",
    "agreement_with_confidence",
    "anchored",
    "anytime_critical",
    "anytime_differences",
    "arena_rank",
    "arena_variance_weights",
    "balanced_weights",
    "block_means",
    "bootstrap",
    "borda",
    "borda_two_level",
    "check_existence",
    "cohen_kappa",
    "coin_flip",
    "confidence_sequence",
    "count_cells",
    "counting",
    "counts",
    "cycles",
    "differences",
    "discriminations",
    "draw_pair",
    "e_bh",
    "e_process",
    "e_process_above",
    "elo",
    "elo_mean_over_orders",
    "elo_over_orders",
    "elo_replicates",
    "estimate_tau",
    "expected_ranks",
    "fit_bradley_terry",
    "fit_contextual",
    "fit_davidson",
    "fit_dawid_skene",
    "fit_grounded_rao_kupper",
    "fit_hierarchical",
    "fit_judge_aware",
    "fit_plackett_luce",
    "fit_prediction_powered",
    "fit_rao_kupper",
    "fit_votes_and_verdicts",
    "fleiss_kappa",
    "icc_agreement",
    "icc_agreement_of_mean",
    "icc_one_way",
    "in_points",
    "information_weights",
    "insertion",
    "intervals",
    "inverse_propensity_weights",
    "kendall_tau",
    "krippendorff_alpha",
    "krippendorff_alpha_interval",
    "krippendorff_alpha_ordinal",
    "length_saturation",
    "levelled_draws",
    "mean_win_rate",
    "p_best",
    "p_best_powered",
    "p_top",
    "pair_evidence",
    "pair_rank_brier",
    "parameter_intervals",
    "play",
    "play_again",
    "powered_rank_sets",
    "prompts_needed",
    "prompts_needed_of",
    "rank_centrality",
    "rank_decision_weights",
    "rank_sets",
    "rbo",
    "replay_tournament",
    "round_robin",
    "sampling_weights",
    "scott_pi",
    "seeded_elimination",
    "separability",
    "simulate_rank_correlation",
    "simultaneous_differences",
    "single_elimination",
    "slot_intervals",
    "spearman",
    "spread",
    "style_differences",
    "swiss",
    "tau_ap",
    "tiers",
    "uniform_weights",
    "variance_drop_weights",
    "verified_votes_to_flip",
    "votes_to_flip",
    "weighted_kappa_linear",
    "weighted_kappa_quadratic",
    "win_rate",
    "with_floor",
    "with_newcomer_boost",
    "with_unrated",
]
