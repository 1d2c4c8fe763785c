"""Misuse is met with an error that says what to do, and what two callers spell differently is one thing."""

import unicodedata

import numpy as np
import pandas as pd
import pytest

from ranking import maths
from ranking.maths import Comparisons
from ranking.maths.data.coding import cluster_codes
from tests.ranking.maths.making import battles

C = battles("x>y*8 y>x*4 y>z*6 z>y*4 z>x*5 x>z*3", prompt=list(range(30)))
FIT = maths.fit_bradley_terry(C)
TABLE = [[0, 0], [1, 1], [0, 1], [1, 0]] * 3

DRAWN = {
    "bootstrap": lambda rng: maths.bootstrap(C, n_resamples=5, rng=rng),
    "elo replicates": lambda rng: maths.elo_replicates(C, n_resamples=5, rng=rng),
    "elo orders": lambda rng: maths.elo_over_orders(C, rng=rng),
    "levelled": lambda rng: maths.levelled_draws(FIT, n_resamples=5, rng=rng),
    "p_best": lambda rng: maths.p_best(FIT, rng=rng),
    "rank_sets": lambda rng: maths.rank_sets(FIT, rng=rng),
    "agreement": lambda rng: maths.agreement_interval(maths.cohen_kappa, TABLE, rng=rng),
    "replay": lambda rng: maths.replay_tournament(C, n_brackets=2, rng=rng),
    "simulate": lambda rng: maths.simulate_rank_correlation(4, 2, precision=0.8, n_runs=2, rng=rng),
    "knock-out": lambda rng: maths.single_elimination(["x", "y"], rng=rng),
    "swiss": lambda rng: maths.swiss(["x", "y"], n_rounds=1, rng=rng),
    "coin": lambda rng: maths.coin_flip(rng),
    "pair": lambda rng: maths.draw_pair(np.array([[0.0, 1.0], [1.0, 0.0]]), rng),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("rng", [1, None])
def test_a_seed_is_no_generator(name, rng):
    with pytest.raises(TypeError, match=r"rng is .* numpy\.random\.default_rng\(1\)"):
        DRAWN[name](rng)


@pytest.mark.parametrize(
    "call", [maths.intervals, maths.differences, lambda s: maths.rank_sets(s, rng=np.random.default_rng(1))]
)
def test_scores_have_no_intervals_of_their_own(call):
    for scores in (maths.elo(C), maths.win_rate(C), C):
        with pytest.raises(TypeError, match="has no covariance"):
            call(scores)


@pytest.mark.parametrize(
    "call",
    [
        lambda cluster: maths.intervals(FIT, cluster=cluster),
        FIT.covariance,
        lambda cluster: maths.bootstrap(C, cluster=cluster, n_resamples=5, rng=np.random.default_rng(1)),
    ],
)
def test_a_cluster_is_named_and_not_given(call):
    with pytest.raises(TypeError, match="it names a column"):
        call(np.arange(len(C)))


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "fit", [maths.fit_bradley_terry, maths.fit_davidson, maths.fit_contextual, maths.fit_rao_kupper, maths.fit_hierarchical]
)
def test_a_tolerance_that_nothing_meets_is_refused(fit, tolerance):
    options = {"category": ["one"] * len(C)} if fit is maths.fit_hierarchical else {}
    with pytest.raises(ValueError, match="tolerance is"):
        fit(C, tolerance=tolerance, **options)


def test_steps_below_none_are_refused():
    with pytest.raises(ValueError, match="max_steps is -1"):
        maths.fit_bradley_terry(C, max_steps=-1)


@pytest.mark.parametrize("column", [[[1, 2]], [{1: 2}], [{1}]])
def test_what_cannot_be_an_id_is_refused(column):
    with pytest.raises(TypeError, match="no name and no id"):
        Comparisons.from_names(["x"], ["y"], ["a"], prompt=column)


@pytest.mark.parametrize("names", [[b"x"], np.array([b"x"])])
def test_bytes_are_no_names(names):
    with pytest.raises(ValueError, match="is bytes"):
        Comparisons.from_names(names, ["y"], ["a"])


def test_two_spellings_in_unicode_are_one_name():
    one, other = (unicodedata.normalize(form, "Modèle") for form in ("NFC", "NFD"))
    assert one != other
    c = Comparisons.from_names([one, "x"], ["x", other], ["a", "b"])
    assert (c.names, c.a.tolist(), c.b.tolist()) == (("Modèle", "x"), [0, 1], [1, 0])
    with pytest.raises(ValueError, match="with itself"):
        Comparisons.from_names([one], [other], ["a"])


@pytest.mark.parametrize("ids", [[-1, 3], [-1.0, 3.0], np.array([-1, 3]), np.array([-1.0, 3.0]), [None, 3], [float("nan"), 3]])
def test_an_unknown_cluster_is_unknown_in_every_type(ids):
    assert cluster_codes(ids).tolist() == [-1, 0]


def test_covariates_come_as_a_frame_too_and_not_as_a_bare_array():
    columns = {"length": [1.0, -2.0], "lists": [0.0, 1.0]}
    one, other = (
        Comparisons.from_names(["x", "y"], ["y", "x"], ["a", "b"], covariates=given)
        for given in (columns, pd.DataFrame(columns))
    )
    assert one.covariate_names == other.covariate_names == ("length", "lists")
    assert one.covariates.tolist() == other.covariates.tolist()
    with pytest.raises(TypeError, match="mapping of name to column"):
        Comparisons.from_names(["x"], ["y"], ["a"], covariates=np.zeros((1, 1)))


@pytest.mark.parametrize(
    "statistic", [maths.cohen_kappa, maths.fleiss_kappa, maths.krippendorff_alpha, maths.icc_agreement, maths.scott_pi]
)
def test_labels_are_to_be_coded(statistic):
    with pytest.raises(ValueError, match="code labels as numbers"):
        statistic([["a", "b"], ["a", "a"]])


@pytest.mark.parametrize("statistic", [maths.kendall_tau, maths.spearman, maths.tau_ap])
def test_names_are_no_scores(statistic):
    with pytest.raises(ValueError, match="score, not its name"):
        statistic(["a", "b"], ["b", "a"])
