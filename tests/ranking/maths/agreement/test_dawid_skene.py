"""Dawid-Skene: recovery, laws of EM, gold, order, and what is refused."""

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths.agreement.dawid_skene import fit_dawid_skene
from ranking.maths.estimation.failures import NotConvergedError
from tests.ranking.maths.making import law

TRUE_CONFUSIONS = np.array(
    [
        [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]],
        [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]],
        [[0.7, 0.1, 0.2], [0.1, 0.7, 0.2], [0.1, 0.1, 0.8]],
        [[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2]],
        [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]],
    ]
)
PREVALENCE = np.array([0.45, 0.35, 0.2])

VOTES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2), st.integers(-1, 1)), min_size=1, max_size=30
)


def labelled(truth, confusions, *, rng):
    """Every judge votes once on every item."""
    n, k = len(truth), confusions.shape[1]
    items, judges = np.repeat(np.arange(n), len(confusions)), np.tile(np.arange(len(confusions)), n)
    chance = confusions[judges, truth[items]].cumsum(axis=1)
    labels = (rng.random(len(items))[:, None] > chance).sum(axis=1).clip(max=k - 1)
    return items, judges, labels


def simulated_truth(n=3_000, seed=3):
    rng = np.random.default_rng(seed)
    return rng.choice(3, size=n, p=PREVALENCE), rng


def test_simulated_confusions_are_recovered():
    truth, rng = simulated_truth()
    fit = fit_dawid_skene(*labelled(truth, TRUE_CONFUSIONS, rng=rng), n_labels=3)
    assert fit.confusions == pytest.approx(TRUE_CONFUSIONS, abs=0.06)
    assert fit.prevalence == pytest.approx(PREVALENCE, abs=0.03)
    assert fit.accuracies() == pytest.approx(np.einsum("k,skk->s", PREVALENCE, TRUE_CONFUSIONS), abs=0.03)
    assert (fit.n_votes == 3_000).all()


def test_it_reads_an_inverted_judge_and_not_a_spammer():
    truth, rng = simulated_truth()
    votes = labelled(truth, TRUE_CONFUSIONS, rng=rng)
    fit = fit_dawid_skene(*votes, n_labels=3)
    majority = np.array([np.bincount(v, minlength=3).argmax() for v in votes[2].reshape(-1, 5)])
    assert (fit.posteriors.argmax(axis=1) == truth).mean() > (majority == truth).mean() + 0.05
    assert fit.spammer_scores().argmin() == 3
    assert fit.spammer_scores()[3] < 0.01
    # Rows of the inverted judge differ by .7, -.7, 0 or the like: squares .98 for each of three pairs, over 3 * 2.
    assert fit.spammer_scores()[4] == pytest.approx(0.49, abs=0.05)


def test_posteriors_are_calibrated():
    truth, rng = simulated_truth()
    fit = fit_dawid_skene(*labelled(truth, TRUE_CONFUSIONS[1:], rng=rng), n_labels=3)
    unsure = (fit.posteriors > 0.3) & (fit.posteriors < 0.7)
    right = np.eye(3)[truth].astype(bool)
    assert right[unsure].mean() == pytest.approx(fit.posteriors[unsure].mean(), abs=0.05)


def test_a_confusion_for_each_order_shows_a_position_bias():
    truth, rng = simulated_truth()
    confusions = np.stack([TRUE_CONFUSIONS[0], TRUE_CONFUSIONS[1], TRUE_CONFUSIONS[2]])
    items, judges, labels = labelled(truth, confusions, rng=rng)
    order = rng.integers(2, size=len(items))
    # Judge 2 says "a" in order 0 half of the time, whatever it saw.
    labels = np.where((judges == 2) & (order == 0) & (rng.random(len(items)) < 0.5), 0, labels)
    fit = fit_dawid_skene(items, judges, labels, n_labels=3, order=order)
    assert list(zip(fit.judges.tolist(), fit.orders.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert fit.confusions[4, 1, 0] - fit.confusions[5, 1, 0] == pytest.approx(0.45, abs=0.06)
    assert np.abs(fit.confusions[0] - fit.confusions[1]).max() < 0.08


def test_one_step_by_hand():
    # One item with gold 0, one judge who says 0: pi[0] = (1 + 2, 1/2) / 3.5, pi[1] = (1/2, 2) / 2.5, p = (1, 0).
    fit = fit_dawid_skene([0], [0], [0], n_labels=2, gold=[0])
    assert fit.confusions[0] == pytest.approx(np.array([[6 / 7, 1 / 7], [0.2, 0.8]]))
    assert fit.prevalence.tolist() == [1, 0]
    # log p_0 pi_00 + 2 log(6/7 * .8) + .5 log(1/7 * .2).
    assert fit.log_posteriors == pytest.approx([np.log(6 / 7) + 2 * np.log(6 / 7 * 0.8) + 0.5 * np.log(0.2 / 7)])


def test_gold_is_certain_and_teaches_about_judges():
    items, judges, labels = [0, 1, 2, 3, 4], [0] * 5, [1, 1, 1, 1, 1]
    fit = fit_dawid_skene(items, judges, labels, n_labels=2, gold=[0, 0, 0, 0, -1])
    assert fit.posteriors[:4].tolist() == [[1, 0]] * 4
    assert fit.posteriors[4, 0] > 0.5


def test_items_without_votes_have_the_prevalence():
    fit = fit_dawid_skene([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1], n_labels=2, gold=[-1, -1, -1, -1])
    assert fit.posteriors[3] == pytest.approx(fit.prevalence)


@law(VOTES)
def test_the_log_posterior_never_falls_and_everything_is_a_distribution(votes):
    items, judges, labels, order = np.array(votes).T
    fit = fit_dawid_skene(items, judges, labels, n_labels=3, order=order, max_steps=20_000)
    assert (np.diff(fit.log_posteriors) > -1e-9).all()
    assert fit.posteriors.sum(axis=1) == pytest.approx(np.ones(len(fit.posteriors)))
    assert fit.confusions.sum(axis=2) == pytest.approx(np.ones(fit.confusions.shape[:2]))
    assert fit.prevalence.sum() == pytest.approx(1)
    assert ((fit.spammer_scores() >= 0) & (fit.spammer_scores() <= 1)).all()


def test_the_order_of_the_votes_does_not_matter():
    truth, rng = simulated_truth(n=300)
    votes = labelled(truth, TRUE_CONFUSIONS, rng=rng)
    shuffled = rng.permutation(len(votes[0]))
    one, two = fit_dawid_skene(*votes, n_labels=3), fit_dawid_skene(*(v[shuffled] for v in votes), n_labels=3)
    assert one.posteriors == pytest.approx(two.posteriors, abs=1e-6)


def test_too_few_steps_raise():
    truth, rng = simulated_truth(n=200)
    with pytest.raises(NotConvergedError, match="no maximum after 3 steps: the last still moved a posterior by"):
        fit_dawid_skene(*labelled(truth, TRUE_CONFUSIONS, rng=rng), n_labels=3, max_steps=3)


@pytest.mark.parametrize(
    ("votes", "options", "message"),
    [
        (([0], [0], [3]), {}, r"labels\[0\] is 3: allowed are 0 to 2"),
        (([-1], [0], [0]), {}, r"items\[0\] is -1: allowed are 0 to any"),
        (([0, 1], [0], [0, 1]), {}, r"judges has shape \(1,\): one entry a vote is needed, 2"),
        (([[0]], [0], [0]), {}, r"items has shape \(1, 1\)"),
        (([0], ["j"], [0]), {}, "judges has type <U1: codes are integers"),
        (([0], [0], [0]), {"order": [2]}, r"order\[0\] is 2: allowed are -1 to 1"),
        (([1], [0], [0]), {"gold": [0]}, r"items\[0\] is 1: allowed are 0 to 0"),
        (([0], [0], [0]), {"n_labels": 1}, "n_labels is 1"),
        (([], [], []), {}, "there are no votes and no gold labels"),
    ],
)
def test_columns_that_cannot_be_read_are_refused(votes, options, message):
    with pytest.raises(ValueError, match=message):
        fit_dawid_skene(*votes, **{"n_labels": 3, **options})


def test_without_smoothing_the_shares_are_the_data_s_own():
    items, judges = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    labels, gold = [0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 1, 1]
    found = fit_dawid_skene(items, judges, labels, n_labels=2, gold=gold, smoothing=(0, 0))
    assert found.confusions.tolist() == [[[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]]
    assert np.isfinite(found.log_posteriors).all()


def test_without_smoothing_what_a_judge_says_of_a_label_it_never_met_is_open():
    found = fit_dawid_skene([0, 1], [0, 0], [0, 0], n_labels=2, gold=[0, 0], smoothing=(0, 0))
    assert found.confusions.tolist() == [[[1, 0], [0.5, 0.5]]]


def test_a_smoothing_below_none_is_refused():
    with pytest.raises(ValueError, match="smoothing is"):
        fit_dawid_skene([0], [0], [0], n_labels=2, smoothing=(1, -1))
