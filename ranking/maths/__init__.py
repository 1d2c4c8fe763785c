"""Rankings from pairwise comparisons, with what is known about how sure they are.

Pure: numpy and scipy, no database, no clock; randomness comes in as ``rng``. Ratings are natural
log-odds with mean zero; one unit is ``400 / ln 10 = 173.7`` Elo points.

The way through it: columns become `Comparisons`; a model makes a `Fit` or `Scores` of them; `intervals`, `rank_sets`, `p_best`
and others say how sure it is; `bootstrap` does so for any method. Results print as tables; `columns()` and `to_frame()` give
them as lists and as a DataFrame. One argument has one name everywhere: `cluster` (what is drawn independently, by default the
prompt), `level` (of confidence), `n_resamples`, `rng`.

Contents
--------
data: what is compared
    Comparisons, OUTCOMES                   rows of who met whom and what came out
    Cells, count_cells; Counts, counts      the same counted: by pair; of each competitor
    Tally, CellRows, TallyFileError         counts that take votes as they come
    style_differences, length_saturation    covariates from the texts

models: ratings
    fit_bradley_terry                       logistic, a tie as half a win of each
    fit_davidson, fit_rao_kupper            with ties of their own; fit_grounded_rao_kupper: "both bad" too
    fit_contextual                          with the slot and covariates
    fit_hierarchical, Hierarchical          by category, held together
    fit_judge_aware, estimate_tau           voters or judges who tell differences better or worse
    discriminations, Discriminations        how much better or worse
    fit_plackett_luce, rank_centrality      from rankings of many: Rankings
    fit_prediction_powered                  votes with verdicts beside them: PredictionPowered, Powered, sampling_weights
    fit_votes_and_verdicts                  both on separate comparisons
    elo, elo_over_orders                    one after the other; over random orders: elo_mean_over_orders, EloOverOrders

aggregation: scores without a model
    win_rate, counting, mean_win_rate       shares of points, log-odds of them
    borda, borda_two_level                  points for places

estimation: what a model returns
    Fit, Scores                             ratings with a likelihood; numbers without one
    Diagnostics, Provenance                 how they came about; Parameter, AtLimit: what else was estimated, or could not be
    check_existence, Existence, Unrated     who can be rated at all
    spread, Spread                          which variance and which quantile hold, by the clusters behind each statement
    NotConvergedError, SeparationError      why there is no fit; both are UnfittedError

uncertainty: how sure
    intervals, Intervals                    of ratings; in_points, Points: as Elo points (ELO_PER_LOGIT, ELO_CENTRE)
    differences, Differences                of pairs of ratings
    parameter_intervals, slot_intervals     of what else was estimated: ParameterIntervals
    rank_sets, RankSets                     places that all hold together; powered_rank_sets: of a prediction-powered fit
    p_best, p_top, Chances                  chances of a place; expected_ranks, ExpectedRanks; arena_rank; tiers
    votes_to_flip, verified_votes_to_flip   how few votes carry an order: Flip
    prompts_needed, ClustersNeeded          how many more would settle it
    pair_evidence, PairEvidence             whenever one looks: who is above (e_process, e_process_above, e_bh)
    confidence_sequence, ConfidenceSequence, anytime_differences, anytime_critical    the same as intervals
    block_means, BlockMeans                 their unit, a prompt

resampling: how sure, for any method
    bootstrap, Bootstrap                    BootstrapIntervals: percentiles of it
    elo_replicates, levelled_draws          the same for Elo; for a board with one slot intercept
    Resampled                               replicates in the place of a covariance, for `intervals` and the rest

agreement: what raters are worth
    Statistic                               what all of these are: a float that knows its n
    cohen_kappa, scott_pi, fleiss_kappa     beyond chance; weighted_kappa_linear, weighted_kappa_quadratic
    krippendorff_alpha                      with gaps; krippendorff_alpha_ordinal, krippendorff_alpha_interval (the scale)
    icc_one_way, icc_agreement              of numbers; icc_agreement_of_mean
    agreement_interval, AgreementInterval   how sure each of these is; UndefinedAgreementError: 0/0
    fit_dawid_skene, DawidSkene             the true labels, and who confuses which
    kendall_tau, spearman, tau_ap, rbo      of two rankings
    separability, agreement_with_confidence, pair_rank_brier    of two benchmarks

transitivity: cycles, Cycles                x over y over z over x

tournaments: who meets whom, in rounds
    single_elimination, seeded_elimination, swiss, round_robin, insertion, anchored
    coin_flip, play_again                   rules for ties
    play, Match, PlayedMatch, TournamentResult    to carry one through
    replay_tournament, Replay               on stored results
    simulate_rank_correlation, RankCorrelations    how well each finds the true order

pair_sampling: which comparison next
    draw_pair, DrawnPair                    one pair by its weight; inverse_propensity_weights: to undo uneven chances
    uniform_weights, balanced_weights, information_weights, variance_drop_weights, arena_variance_weights,
    rank_decision_weights                   rules; with_floor, with_newcomer_boost, with_unrated: changes to them

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
from ranking.maths.uncertainty.power import ClustersNeeded, prompts_needed
from ranking.maths.uncertainty.powered_rank_sets import powered_rank_sets
from ranking.maths.uncertainty.rank_probabilities import (
    Chances,
    ExpectedRanks,
    arena_rank,
    expected_ranks,
    p_best,
    p_top,
    tiers,
)
from ranking.maths.uncertainty.rank_sets import RankSets, rank_sets
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
    "p_top",
    "pair_evidence",
    "pair_rank_brier",
    "parameter_intervals",
    "play",
    "play_again",
    "powered_rank_sets",
    "prompts_needed",
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
