"""Agreement of raters: published examples, evalica as an oracle, and what is undefined."""

import contextlib
import warnings

import evalica
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from ranking.maths.agreement.icc import icc_agreement, icc_agreement_of_mean, icc_one_way
from ranking.maths.agreement.kappa_alpha import (
    UndefinedAgreementError,
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
from tests.ranking.maths.making import law
from tests.ranking.maths.shared_files import pandalm

_ = np.nan

# K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, example C: 4 observers, 12 units.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
).T

# J. L. Fleiss, 1971, table 1: 30 patients, 6 psychiatrists, 5 diagnoses (how many chose each).
FLEISS = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""

# P. E. Shrout, J. L. Fleiss, 1979, table 2: 6 targets, 4 judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

NOMINAL_PAIRS = [cohen_kappa, scott_pi, weighted_kappa_linear, weighted_kappa_quadratic]
ALPHAS = [krippendorff_alpha, krippendorff_alpha_ordinal, krippendorff_alpha_interval]
ICCS = [icc_one_way, icc_agreement, icc_agreement_of_mean]

TABLES = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.sampled_from([0, 1, 2, 5, None]), min_size=k, max_size=k), min_size=1, max_size=8)
)


def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize(("alpha", "published"), list(zip(ALPHAS, [0.743, 0.815, 0.849], strict=True)))
def test_krippendorffs_example(alpha, published):
    assert alpha(KRIPPENDORFF) == pytest.approx(published, abs=5e-4)


def test_fleiss_example():
    ratings = [np.repeat(np.arange(5), [int(count) for count in patient]) for patient in FLEISS.split()]
    # Published: P = .5556, P_e = .2199.
    assert fleiss_kappa(ratings) == pytest.approx(0.430, abs=5e-4)


def test_shrout_and_fleiss_example():
    assert [round(icc(SHROUT_FLEISS), 2) for icc in ICCS] == [0.17, 0.29, 0.62]


@pytest.mark.parametrize(("first", "second", "published"), [(1, 2, 0.852), (1, 3, 0.879), (2, 3, 0.862)])
def test_the_annotators_of_pandalm(first, second, published):
    ratings = [[row[f"annotator{first}"], row[f"annotator{second}"]] for row in pandalm("testset-v1")]
    assert len(ratings) == 999
    assert cohen_kappa(ratings) == pytest.approx(published, abs=5e-4)


@law(TABLES)
def test_alphas_agree_with_evalica(rows):
    table = np.array(rows, dtype=float)
    for alpha, distance in zip(ALPHAS, ["nominal", "ordinal", "interval"], strict=True):
        try:
            found = alpha(table)
        except UndefinedAgreementError:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert found == pytest.approx(evalica.alpha(pd.DataFrame(table.T), distance=distance).alpha)


def test_kappas_by_hand():
    # p_o = 70/100; p_e = .5 * .6 + .5 * .4 = .5; pooled shares .55 and .45: p_e = .505.
    ratings = [[1, 1]] * 40 + [[1, 0]] * 10 + [[0, 1]] * 20 + [[0, 0]] * 30
    assert cohen_kappa(ratings) == pytest.approx(0.4)
    assert scott_pi(ratings) == pytest.approx((0.7 - 0.505) / 0.495)


def test_weighted_kappas_by_hand():
    # Differences 0, 1, 2: mean 1, squares 5/3. By chance x in {1, 2, 3}, y in {1, 3, 5}:
    # |x - y| = 0 2 4 1 1 3 2 0 2, mean 15/9; squares 0 4 16 1 1 9 4 0 4, mean 39/9.
    ratings = [[1, 1], [2, 3], [3, 5]]
    assert weighted_kappa_linear(ratings) == pytest.approx(1 - 1 / (15 / 9))
    assert weighted_kappa_quadratic(ratings) == pytest.approx(1 - (5 / 3) / (39 / 9))


@law(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=9))
def test_with_two_values_all_kappas_are_cohens(rows):
    ratings = np.array(rows)
    assume(np.ptp(ratings))
    assert weighted_kappa_linear(ratings) == pytest.approx(cohen_kappa(ratings))
    assert weighted_kappa_quadratic(ratings) == pytest.approx(cohen_kappa(ratings))
    # Fleiss' of two raters is Scott's.
    assert fleiss_kappa(ratings) == pytest.approx(scott_pi(ratings))


@pytest.mark.parametrize("kappa", NOMINAL_PAIRS)
def test_an_item_that_misses_a_rating_is_left_out_of_pairs(kappa):
    assert kappa([[1, 1], [0, 0], [1, 0], [_, 1], [0, _]]) == kappa([[1, 1], [0, 0], [1, 0]])


@pytest.mark.parametrize("statistic", [*ALPHAS, *NOMINAL_PAIRS, fleiss_kappa, *ICCS])
def test_full_agreement_is_one(statistic):
    assert statistic([[1, 1], [2, 2], [3, 3]]) == pytest.approx(1)


@pytest.mark.parametrize("statistic", [*ALPHAS, *NOMINAL_PAIRS, fleiss_kappa, *ICCS])
def test_constant_ratings_are_undefined_not_one(statistic):
    with pytest.raises(UndefinedAgreementError, match="all ratings are equal, so agreement beyond chance is 0/0"):
        statistic([[0.1, 0.1]] * 7)


@pytest.mark.parametrize("statistic", [*ALPHAS, *NOMINAL_PAIRS, fleiss_kappa, *ICCS])
@pytest.mark.parametrize("ratings", [[1, 2], [[1], [2]], np.zeros((0, 2)), [[1, np.inf]]])
def test_ratings_of_another_shape_are_refused(statistic, ratings):
    with pytest.raises(ValueError, match=r"items by raters|infinite"):
        statistic(ratings)


@pytest.mark.parametrize("statistic", [fleiss_kappa, *ICCS])
def test_a_missing_rating_is_named_where_none_is_allowed(statistic):
    with pytest.raises(ValueError, match="item 1 has no rating by rater 0: leave it out"):
        statistic([[1, 2], [_, 2]])


@pytest.mark.parametrize("kappa", NOMINAL_PAIRS)
def test_a_statistic_of_two_takes_two(kappa):
    with pytest.raises(ValueError, match="there are 3 raters: this statistic is of two"):
        kappa([[1, 2, 3]])
    with pytest.raises(UndefinedAgreementError, match="no item has both ratings"):
        kappa([[1, _], [_, 2]])


def test_alpha_needs_an_item_with_two_ratings():
    with pytest.raises(UndefinedAgreementError, match="no item has two ratings"):
        krippendorff_alpha([[1, _], [_, 2]])


def test_icc_needs_items_that_differ():
    with pytest.raises(UndefinedAgreementError, match="one item has no variance"):
        icc_agreement([[1, 2]])
    # Equal means of items and of raters: MSR = MSC = 0, MSE > 0.
    with pytest.raises(UndefinedAgreementError, match="the items do not differ"):
        icc_agreement_of_mean([[0, 1], [1, 0]])


def test_the_interval_is_the_middle_of_resampled_items():
    ratings = [[1, 1]] * 40 + [[1, 0]] * 10 + [[0, 1]] * 20 + [[0, 0]] * 30
    found = agreement_interval(cohen_kappa, ratings, n_resamples=500, level=0.9, rng=rng())
    # The large-sample standard error of kappa is about sqrt(p_o (1 - p_o) / n) / (1 - p_e) = .0917.
    assert found.se == pytest.approx(0.0917, rel=0.1)
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.4, 0.4 - 1.645 * found.se, 0.4 + 1.645 * found.se), abs=0.02
    )
    assert (found.level, found.n_resamples, found.n_undefined, found.notes) == (0.9, 500, 0, ())


def test_degenerate_replicates_are_counted_and_said():
    found = agreement_interval(krippendorff_alpha, [[1, 1], [1, 1], [0, 1]], n_resamples=400, rng=rng())
    # Only where neither the third item nor one that is thought of has a share worth a row.
    assert 10 < found.n_undefined < 80
    assert found.notes == (f"undefined (0/0) on {found.n_undefined} of 400 replicates, which are left out",)


@pytest.mark.parametrize("n", [3, 10, 50, 150])
@pytest.mark.parametrize("statistic", [cohen_kappa, krippendorff_alpha, fleiss_kappa])
def test_full_agreement_on_few_items_is_not_certain(statistic, n):
    found = agreement_interval(statistic, [[1, 1]] * n + [[0, 0]] * n, rng=rng())
    assert (found.value, found.high) == (1, 1)
    # As many as 3 of n disagreeing items would be missed now and then: about 3 / (2 n), twice that on kappa's scale.
    assert 1 - 6 / n < found.low < 1 - 1 / n
    assert found.se > 0


def test_the_same_value_on_nearly_all_replicates_gives_no_interval():
    with pytest.raises(UndefinedAgreementError, match="the statistic is 7 on nearly all replicates"):
        agreement_interval(lambda ratings: 7.0, [[1, 1], [0, 0]], rng=rng())


def test_many_items_have_the_large_sample_interval():
    ratings = [[1, 1]] * 400 + [[1, 0]] * 100 + [[0, 1]] * 200 + [[0, 0]] * 300
    found = agreement_interval(cohen_kappa, ratings, rng=rng())
    assert found.se == pytest.approx(0.0917 / np.sqrt(10), rel=0.1)


def test_items_of_one_cluster_get_one_share():
    ratings = [[1, 1]] * 400 + [[1, 0]] * 100 + [[0, 1]] * 200 + [[0, 0]] * 300
    alone = agreement_interval(cohen_kappa, ratings, rng=rng())
    same = agreement_interval(cohen_kappa, ratings, cluster=np.arange(1000), rng=rng())
    assert (same.low, same.high) == (alone.low, alone.high)
    # Every item ten times over is no more than it was once.
    tenfold = agreement_interval(cohen_kappa, np.repeat(ratings, 10, axis=0), cluster=np.repeat(np.arange(1000), 10), rng=rng())
    assert tenfold.se == pytest.approx(alone.se, rel=0.1)
    # Clusters that are drawn apart from what is in them cost nothing.
    mixed = agreement_interval(cohen_kappa, ratings, cluster=rng().permutation(1000) % 100, rng=rng())
    assert mixed.se == pytest.approx(alone.se, rel=0.2)


@pytest.mark.parametrize("n", [10, 50])
def test_full_agreement_on_few_clusters_is_not_certain(n):
    ratings, cluster = [[1, 1]] * 5 * n + [[0, 0]] * 5 * n, np.repeat(np.arange(2 * n), 5)
    found = agreement_interval(cohen_kappa, ratings, cluster=cluster, rng=rng())
    assert 1 - 6 / n < found.low < 1 - 1 / n


@pytest.mark.parametrize("ratings", [[[1, 0]], [[1, 1], [0, 1]]])
def test_one_or_two_items_are_no_error_of_numpy(ratings):
    with contextlib.suppress(UndefinedAgreementError):
        agreement_interval(cohen_kappa, ratings, rng=rng())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_resamples": 1}, "n_resamples is 1"),
        ({"level": 95}, "level is 95"),
        ({"cluster": [1]}, "one code for each of 2 items"),
        ({"cluster": [3, 3]}, "all items are of one cluster"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        agreement_interval(cohen_kappa, [[1, 1], [0, 0]], rng=rng(), **options)


def test_an_interval_needs_replicates_that_are_defined():
    with pytest.raises(UndefinedAgreementError, match=r"defined on [01] of 2 replicates: too few items"):
        agreement_interval(cohen_kappa, [[1, 1], [0, 0]], n_resamples=2, rng=np.random.default_rng(4))
