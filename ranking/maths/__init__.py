"""Rankings from pairwise comparisons, with what is known about how sure they are.

Pure: numpy and scipy, no database, no clock; randomness comes in as ``rng``. Ratings are natural
log-odds with mean zero; one unit is ``400 / ln 10 = 173.7`` Elo points.

The way through it: columns become `Comparisons`; a model (``fit_...``, or `elo`, `win_rate`, `counting`, `borda`) makes a
`Fit` or `Scores` of them; `intervals`, `differences`, `rank_sets`, `p_best` and others say how sure it is; `bootstrap` does
so for any method. Beside that stand tournaments and pairing (which comparison next), agreement and reliability (what the
raters are worth), anytime-valid evidence (when to stop), and a `Tally` that takes votes as they come.

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
