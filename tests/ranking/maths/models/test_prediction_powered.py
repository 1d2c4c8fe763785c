"""Human-calibrated ratings: against the mean's own formula, laws, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.special import expit

from ranking.maths import Comparisons, differences, intervals, rank_sets
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.models.prediction_powered import fit_prediction_powered, fit_votes_and_verdicts, sampling_weights
from ranking.maths.uncertainty.powered_rank_sets import powered_rank_sets
from tests.ranking.maths.making import law


def answered(
    truth: Floats, *, n_labelled: int, n_rest: int, accuracy: float, rng: np.random.Generator
) -> tuple[Comparisons, Ints]:
    """People vote as Bradley-Terry says; a judge agrees with chance `accuracy`, and says "a" in a fifth of all rows.

    a is always the one listed first, so that the push has a direction. Two rows a prompt.
    """
    n, m = n_labelled + n_rest, len(truth)
    pairs = np.array(np.triu_indices(m, 1)).T[rng.integers(m * (m - 1) // 2, size=n)]
    people = (rng.random(n) > expit(truth[pairs[:, 0]] - truth[pairs[:, 1]])).astype(int)
    verdict = np.where(rng.random(n) < accuracy, people, 1 - people)
    verdict = np.where(rng.random(n) < 0.2, 0, verdict)
    names = tuple(f"m{i}" for i in range(m))
    c = Comparisons(names=names, a=pairs[:, 0], b=pairs[:, 1], outcome=verdict, prompt=np.arange(n) // 2)
    return c, np.where(np.arange(n) < n_labelled, people, -1)


@st.composite
def calibrated(draw: st.DrawFn) -> tuple[Comparisons, Ints]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return answered(
        np.linspace(0.5, -0.5, draw(st.integers(2, 4))),
        n_labelled=draw(st.integers(80, 120)),
        n_rest=draw(st.integers(100, 300)),
        accuracy=draw(st.sampled_from([0.5, 0.7, 0.95])),
        rng=rng,
    )


def test_with_two_competitors_it_is_the_mean_of_ppi_plus_plus():
    c, human = answered(np.array([0.2, 0.0]), n_labelled=100, n_rest=2_000, accuracy=0.9, rng=np.random.default_rng(3))
    found = fit_prediction_powered(c, human, cluster=None)
    y, f, rest = human[:100] == 0, c.outcome[:100] == 0, c.outcome[100:] == 0
    # Of a share p the log-odds move by dp / (p (1 - p)); people's p is their own, the judge's that of all verdicts.
    p, q = y.mean(), np.mean(c.outcome == 0)
    drift = (f.mean() - rest.mean()) / (q * (1 - q))
    covariance = np.mean((y - p) * (f - f.mean())) / 100 / (p * (1 - p) * q * (1 - q))
    variance = (f.var() / 100 + rest.var() / 2_000) / (q * (1 - q)) ** 2
    trust = covariance / variance
    assert found.differences.trust[0, 1] == pytest.approx(trust, rel=1e-3)
    assert found.differences.estimate[0, 1] == pytest.approx(np.log(p / (1 - p)) - trust * drift, rel=1e-3)
    # A judge who is right 9 times of 10 saves much; lambda costs one of the 99 degrees of freedom of people's votes.
    own = 1 / (100 * p * (1 - p))
    se = np.sqrt((own - covariance**2 / variance) * 99 / 98)
    assert found.differences.se[0, 1] == pytest.approx(se, rel=1e-3)
    assert found.differences.gain[0, 1] == pytest.approx(own / se**2, rel=1e-3)
    assert (found.n_labelled, found.n_judged_only, found.kind) == (100, 2_000, "iid")


@law(calibrated())
def test_swapped_sides_change_nothing(case):
    c, human = case
    flip = np.array([1, 0, 2, 3, -1])
    swapped = replace(c, a=c.b, b=c.a, outcome=flip[c.outcome])
    one, other = fit_prediction_powered(c, human), fit_prediction_powered(swapped, flip[human])
    assert other.ratings.estimate == pytest.approx(one.ratings.estimate, abs=1e-8)
    assert other.differences.se == pytest.approx(one.differences.se, abs=1e-8)


@law(calibrated(), st.randoms(use_true_random=False))
def test_relabelling_permutes(case, random):
    c, human = case
    order = list(range(len(c.names)))
    random.shuffle(order)
    moved = replace(c, a=np.array(order)[c.a], b=np.array(order)[c.b])
    one, other = fit_prediction_powered(c, human), fit_prediction_powered(moved, human)
    assert other.ratings.estimate[order] == pytest.approx(one.ratings.estimate, abs=1e-8)
    assert other.ratings.low[order] == pytest.approx(one.ratings.low, abs=1e-8)


@law(calibrated())
def test_never_wider_than_the_human_votes_and_differences_are_antisymmetric(case):
    found = fit_prediction_powered(*case)
    assert (found.ratings.se <= intervals(found.human).se + 1e-12).all()
    assert (found.ratings.gain >= 1 - 1e-12).all()
    assert found.differences.estimate == pytest.approx(-found.differences.estimate.T)
    assert ((found.differences.trust >= 0) & (found.differences.trust <= 1)).all()


@law(calibrated())
def test_scaled_weights_of_the_rest_alone_change_only_how_sure_the_judge_is(case):
    c, human = case
    once = fit_prediction_powered(c, human, cluster=None)
    often = fit_prediction_powered(replace(c, weight=np.where(human < 0, 9.0, 1.0)), human, cluster=None)
    assert often.human.ratings == pytest.approx(once.human.ratings)
    assert often.n_judged_only == 9 * once.n_judged_only


@pytest.mark.parametrize("verdict", [0, 2])
def test_a_judge_who_always_says_the_same_leaves_the_human_votes_alone(verdict):
    c, human = answered(np.array([0.2, 0.0]), n_labelled=80, n_rest=500, accuracy=0.9, rng=np.random.default_rng(3))
    found = fit_prediction_powered(replace(c, outcome=np.full(len(c), verdict)), human)
    people = differences(found.human)
    assert found.differences.trust[0, 1] == pytest.approx(0, abs=1e-6)
    assert found.differences.estimate == pytest.approx(people.estimate, abs=1e-6)
    assert found.differences.se == pytest.approx(people.se)


def test_with_few_prompts_the_larger_variance_counts():
    c, human = answered(np.array([0.2, 0.0]), n_labelled=100, n_rest=500, accuracy=0.9, rng=np.random.default_rng(3))
    c = replace(c, prompt=np.arange(len(c)) % 10)
    found = fit_prediction_powered(c, human)
    assert found.kind == "few_prompts"
    assert ((found.df > 8) & (found.df <= 9)).all()
    assert found.notes == ("only 10 prompts, so results may differ with other prompts",)
    assert found.differences.se[0, 1] < differences(found.human).se[0, 1]
    alone = fit_prediction_powered(replace(c, prompt=np.zeros(len(c), dtype=int)), human)
    assert alone.kind == "few_prompts"
    assert np.isinf(alone.ratings.se).all()
    assert (alone.ratings.trust.tolist(), alone.ratings.gain.tolist()) == ([0, 0], [1, 1])


def test_prompts_asked_about_twice_are_worth_less():
    c, human = answered(np.array([0.4, 0.0, -0.4]), n_labelled=300, n_rest=600, accuracy=0.8, rng=np.random.default_rng(3))
    once = fit_prediction_powered(c, human)
    twice = {name: np.tile(getattr(c, name), 2) for name in ("a", "b", "outcome", "prompt")}
    inside = fit_prediction_powered(replace(c, **twice), np.tile(human, 2))
    anew = fit_prediction_powered(
        replace(c, **twice | {"prompt": np.concatenate([c.prompt, c.prompt + 10_000])}), np.tile(human, 2)
    )
    assert inside.ratings.estimate == pytest.approx(once.ratings.estimate, abs=1e-6)
    assert inside.ratings.se == pytest.approx(once.ratings.se, rel=1e-6)
    assert anew.ratings.se == pytest.approx(once.ratings.se / np.sqrt(2), rel=0.01)


def test_where_people_all_agree_no_lambda_is_chosen():
    c, human = answered(np.array([0.2, 0.0]), n_labelled=80, n_rest=500, accuracy=0.9, rng=np.random.default_rng(3))
    found = fit_prediction_powered(c, np.where(human >= 0, 2, -1))
    assert found.ratings.trust.tolist() == [0, 0]
    assert "no spread in the outcomes" in found.notes[0]


def test_whom_people_never_met_is_not_rated():
    c, human = answered(np.linspace(0.4, -0.4, 3), n_labelled=200, n_rest=600, accuracy=0.8, rng=np.random.default_rng(3))
    human = np.where((c.a == 2) | (c.b == 2), -1, human)
    found = fit_prediction_powered(c, human)
    assert found.names == ("m0", "m1")
    assert [u.name for u in found.unrated] == ["m2"]
    assert found.n_judged_only < 600


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h[:-1], r"human has shape \(119,\) and type int64: it must be 120 integers"),
        (lambda h: h * 1.0, "type float64"),
        (lambda h: np.where(h < 0, 4, h), r"human\[20\] is 4: allowed are -1 \(nobody was asked\) to 3"),
        (lambda h: np.full(120, -1), "0 of 120 rows have a human vote"),
        (lambda h: np.zeros(120, dtype=int), "120 of 120 rows have a human vote"),
        (lambda h: np.minimum(h, 0), "human votes rate nobody: 'm0' never lost or tied"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(change, message):
    c, human = answered(np.array([0.2, 0.0]), n_labelled=20, n_rest=100, accuracy=0.9, rng=np.random.default_rng(3))
    with pytest.raises(ValueError, match=message):
        fit_prediction_powered(c, change(human))


def as_lists(c, human):
    """The same votes and verdicts as lists of their own."""
    asked, rows = human >= 0, np.arange(len(c))
    votes = replace(c.reweighted(asked.astype(float)), outcome=human[asked])
    return (votes, c, asked.astype(float)), {"vote_battle": rows[asked], "verdict_battle": rows}


def test_votes_and_verdicts_as_lists_of_their_own_are_the_same():
    c, human = answered(np.linspace(0.4, -0.4, 3), n_labelled=200, n_rest=600, accuracy=0.8, rng=np.random.default_rng(3))
    lists, battles = as_lists(c, human)
    one, other = fit_prediction_powered(c, human), fit_votes_and_verdicts(*lists, **battles)
    assert other.differences.estimate == pytest.approx(one.differences.estimate, abs=1e-12)
    assert other.differences.se == pytest.approx(one.differences.se, abs=1e-12)


def test_a_verdict_in_two_halves_is_one_verdict():
    """Half a win each as a tie, or as a win of either side that counts one half."""
    c, human = answered(np.array([0.3, 0.0]), n_labelled=100, n_rest=300, accuracy=0.8, rng=np.random.default_rng(3))
    c = replace(c, outcome=np.where(np.arange(len(c)) % 3 == 0, 2, c.outcome))
    tied = c.outcome == 2
    take = np.concatenate([np.arange(len(c)), np.flatnonzero(tied)])
    halves = Comparisons(
        names=c.names, a=c.a[take], b=c.b[take], prompt=c.prompt[take], weight=np.where(tied, 0.5, 1.0)[take],
        outcome=np.concatenate([np.where(tied, 0, c.outcome), np.ones(tied.sum(), dtype=int)]),
    )  # fmt: skip
    (votes, _, labelled), battles = as_lists(c, human)
    one = fit_votes_and_verdicts(votes, c, labelled, **battles)
    other = fit_votes_and_verdicts(votes, halves, labelled[take], vote_battle=battles["vote_battle"], verdict_battle=take)
    assert other.ratings.estimate == pytest.approx(one.ratings.estimate, abs=1e-9)
    assert other.ratings.se == pytest.approx(one.ratings.se, abs=1e-9)
    assert other.n_labelled == one.n_labelled == 100


def test_votes_on_battles_that_nobody_judged_are_part_of_the_human_votes():
    c, human = answered(np.array([0.3, 0.0]), n_labelled=200, n_rest=300, accuracy=0.8, rng=np.random.default_rng(3))
    (votes, _, labelled), battles = as_lists(c, human)
    judged = np.arange(len(c)) >= 100
    found = fit_votes_and_verdicts(
        votes, c.reweighted(judged.astype(float)), labelled[judged],
        vote_battle=battles["vote_battle"], verdict_battle=battles["verdict_battle"][judged],
    )  # fmt: skip
    assert (found.n_votes, found.n_labelled, found.n_judged_only) == (200, 100, 300)
    assert found.human.ratings == pytest.approx(fit_prediction_powered(c, human).human.ratings)
    assert found.ratings.se[0] < intervals(found.human).se[0]


def test_weights_of_labelled_rows_undo_an_uneven_choice():
    """One half of the prompts likes the other model, and was voted on four times as often; verdicts are right on all."""
    rng, n = np.random.default_rng(3), 40_000
    liked = np.arange(n) % 2
    people = (rng.random(n) > np.where(liked == 0, 0.8, 0.4)).astype(int)
    chance = np.where(liked == 0, 0.4, 0.1)
    c = Comparisons(names=("x", "y"), a=np.zeros(n, int), b=np.ones(n, int), outcome=people, prompt=np.arange(n))
    human = np.where(rng.random(n) < chance, people, -1)
    true = np.log(0.6 / 0.4)
    plain = fit_prediction_powered(c, human).differences
    found = fit_prediction_powered(c, human, labelled_weight=1 / chance).differences
    assert found.low[0, 1] <= true <= found.high[0, 1]
    # Without weights the people's part and the judge's answer different questions.
    assert abs(fit_prediction_powered(c, human).human.ratings[0] * 2 - true) > 0.4
    assert plain.estimate[0, 1] != pytest.approx(found.estimate[0, 1], abs=1e-3)


@pytest.mark.parametrize("factor", [1e-300, 1e-6, 1, 1e300])
def test_weights_of_labelled_rows_count_up_to_a_factor(factor):
    c, human = answered(np.array([0.3, 0.0]), n_labelled=100, n_rest=300, accuracy=0.8, rng=np.random.default_rng(3))
    weight = np.where(np.arange(len(c)) % 3 == 0, 2.0, 1.0)
    one = fit_prediction_powered(c, human, labelled_weight=weight)
    other = fit_prediction_powered(c, human, labelled_weight=weight * factor)
    assert other.ratings.estimate == pytest.approx(one.ratings.estimate, rel=1e-9)
    assert other.ratings.se == pytest.approx(one.ratings.se, rel=1e-9)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_no_weight_is_refused(bad):
    c, human = answered(np.array([0.3, 0.0]), n_labelled=100, n_rest=300, accuracy=0.8, rng=np.random.default_rng(3))
    weight = np.ones(len(c))
    weight[-1] = bad  # nobody was asked: it is not read
    fit_prediction_powered(c, human, labelled_weight=weight)
    weight[7] = bad
    with pytest.raises(ValueError, match="weight 7 of the labelled rows is"):
        fit_prediction_powered(c, human, labelled_weight=weight)


def test_lambda_goes_to_nothing_for_a_judge_that_answers_at_random():
    rng = np.random.default_rng(3)
    c, human = answered(np.linspace(0.4, -0.4, 4), n_labelled=4_000, n_rest=8_000, accuracy=0.5, rng=rng)
    found = fit_prediction_powered(replace(c, outcome=rng.integers(2, size=len(c))), human)
    assert found.differences.trust.max() < 0.06
    assert found.ratings.gain == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("accuracy", "width"), [(0.9, 0.148), (0.8, 0.170), (0.65, 0.188)])
def test_widths_are_those_that_the_share_itself_gives(accuracy, width):
    """Chance to win of a .55 model, 100 votes, 2,000 verdicts more: people alone .195, and .148 to .188 with a judge."""
    rng, truth = np.random.default_rng(3), np.array([np.log(0.55 / 0.45), 0.0])
    widths, alone = [], []
    for _ in range(60):
        c, human = answered(truth, n_labelled=100, n_rest=2_000, accuracy=accuracy, rng=rng)
        found = fit_prediction_powered(c, human, cluster=None)
        slope = found.human.win_rates()[0] * found.human.win_rates()[1]
        widths.append(2 * 1.96 * found.differences.se[0, 1] * slope)
        alone.append(2 * 1.96 * differences(found.human, cluster=None).se[0, 1] * slope)
    assert np.mean(alone) == pytest.approx(0.195, abs=0.002)
    assert np.mean(widths) == pytest.approx(width, abs=0.006)


def test_sampling_weights_are_worth_fewer_votes_than_there_are():
    weights = sampling_weights(np.array([7.0, 7.0, 1.0, 1.0]))
    assert weights.sum() == pytest.approx(16**2 / 100)
    assert weights[0] / weights[2] == pytest.approx(7)


def test_rank_sets_are_no_wider_than_those_of_people_alone():
    c, human = answered(np.linspace(0.5, -0.5, 4), n_labelled=600, n_rest=6_000, accuracy=0.95, rng=np.random.default_rng(3))
    found = fit_prediction_powered(c, human)
    sets = powered_rank_sets(found, rng=np.random.default_rng(1))
    alone = rank_sets(found.human, rng=np.random.default_rng(1))
    place = 1 + (found.ratings.estimate[:, None] < found.ratings.estimate).sum(axis=1)
    assert ((sets.low <= place) & (place <= sets.high)).all()
    assert (sets.high - sets.low).sum() < (alone.high - alone.low).sum()


def test_votes_that_rate_nobody_and_marks_of_another_length_are_refused():
    verdicts = Comparisons(names=("x", "y"), a=[0] * 6, b=[1] * 6, outcome=[0, 1, 0, 1, 0, 2])
    one_sided = Comparisons(names=("x", "y"), a=[0], b=[1], outcome=[0])
    where = {"vote_battle": [0], "verdict_battle": range(6), "cluster": None}
    with pytest.raises(ValueError, match="human votes rate nobody"):
        fit_votes_and_verdicts(one_sided, verdicts, [1, 0, 0, 0, 0, 0], **where)
    with pytest.raises(ValueError, match=r"labelled has 5 numbers: 6 are needed, one a verdict"):
        fit_votes_and_verdicts(one_sided, verdicts, [1, 0, 0, 0, 0], **where)
    with pytest.raises(ValueError, match=r"weights of labelled rows have shape \(2,\): one a row is needed, \(6,\)"):
        fit_prediction_powered(verdicts, np.array([0, 1, -1, -1, -1, -1]), labelled_weight=[1.0, 1.0], cluster=None)
    names = ("x", "y", "z")
    votes = Comparisons(names=names, a=[0, 0], b=[1, 1], outcome=[0, 1])
    others = Comparisons(names=names, a=[0, 0, 1, 1], b=[2, 2, 2, 2], outcome=[0, 1, 0, 1])
    with pytest.raises(ValueError, match="no verdicts with and without a human vote between the competitors"):
        fit_votes_and_verdicts(votes, others, [1, 0, 0, 0], vote_battle=[0, 1], verdict_battle=range(4), cluster=None)
