"""Bootstrap: the twin of the sandwich."""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from ranking.maths import Comparisons, fit_bradley_terry, fit_davidson
from ranking.maths.aggregation.win_rates import win_rate
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.models.bradley_terry import maximise
from ranking.maths.resampling.bootstrap import RowWeights, bootstrap
from ranking.maths.resampling.poisson import PoissonCells, PoissonTable
from ranking.maths.resampling.refits import Refitter, half_win_table
from tests.ranking.maths.making import battles, simulated

RNG_SEED = 11


def with_prompt_effects(*, n_prompts=300, m=5):
    """Every pair three times on every prompt, with effects that all votes on a prompt share."""
    rng = np.random.default_rng(RNG_SEED)
    effect = rng.normal(0, 1, (n_prompts, m)) + np.linspace(0.5, -0.5, m)
    i, j = np.triu_indices(m, 1)
    prompt = np.repeat(np.arange(n_prompts), len(i))
    a, b = np.tile(i, n_prompts), np.tile(j, n_prompts)
    wins = rng.binomial(3, 1 / (1 + np.exp(effect[prompt, b] - effect[prompt, a])))
    names = tuple("abcde"[:m])
    columns = {"a": np.tile(a, 2), "b": np.tile(b, 2), "prompt": np.tile(prompt, 2)}
    outcome = np.repeat([0, 1], len(a))
    return Comparisons(names=names, outcome=outcome, weight=np.concatenate([wins, 3 - wins]).astype(float), **columns)


def test_by_prompt_it_agrees_with_the_clustered_sandwich():
    c = with_prompt_effects()
    twin = bootstrap(c, cluster="prompt", n_resamples=1_000, rng=np.random.default_rng(1))
    sandwich = np.sqrt(np.diagonal(fit_bradley_terry(c).covariance("prompt")))
    # The sampling error of a standard deviation from 1,000 draws is 2.2 %.
    assert twin.standard_errors() == pytest.approx(sandwich, rel=0.08)
    assert (sandwich > 1.5 * np.sqrt(np.diagonal(fit_bradley_terry(c).covariance(None)))).all()


def test_by_cells_it_agrees_with_the_iid_sandwich():
    c = with_prompt_effects()
    twin = bootstrap(c, cluster="cells", n_resamples=1_000, rng=np.random.default_rng(1))
    assert twin.standard_errors() == pytest.approx(np.sqrt(np.diagonal(fit_bradley_terry(c).covariance(None))), rel=0.08)


def test_unknown_prompts_are_resampled_one_by_one():
    c = simulated(np.linspace(0.5, -0.5, 4), n=3_000, n_prompts=50, rng=np.random.default_rng(1))
    prompt = np.where(np.arange(len(c)) % 2, c.prompt, -1)
    mixed = Comparisons(names=c.names, a=c.a, b=c.b, outcome=c.outcome, prompt=prompt)
    twin = bootstrap(mixed, cluster="prompt", n_resamples=1_000, rng=np.random.default_rng(1))
    assert twin.standard_errors() == pytest.approx(np.sqrt(np.diagonal(fit_bradley_terry(mixed).covariance("prompt"))), rel=0.1)


def test_intervals_are_the_middle_of_the_replicates():
    c = with_prompt_effects()
    fit = fit_bradley_terry(c)
    twin = bootstrap(c, n_resamples=400, rng=np.random.default_rng(1))
    found = twin.intervals(level=0.9)
    inside = (twin.ratings >= found.low) & (twin.ratings <= found.high)
    assert inside.mean(axis=0) == pytest.approx([0.9] * 5, abs=0.01)
    assert (found.low < fit.ratings).all()
    assert (fit.ratings < found.high).all()
    assert (found.se == twin.standard_errors()).all()


def test_every_replicate_is_centred_and_the_seed_decides():
    c = battles("x>y*30 y>x*10 y>z*20 z>y*20")
    one, two = (bootstrap(c, cluster="cells", n_resamples=60, rng=np.random.default_rng(3)) for _ in range(2))
    assert one.ratings == pytest.approx(two.ratings)
    assert one.ratings.sum(axis=1) == pytest.approx(np.zeros(60))
    assert (one.cluster, one.names, one.ratings.shape, one.notes) == ("cells", ("x", "y", "z"), (60, 3), ())


def test_replicates_without_a_maximum_are_left_out_and_counted():
    twin = bootstrap(battles("x>y*3 y>x"), cluster="cells", n_resamples=200, rng=np.random.default_rng(1))
    lost = int(np.isnan(twin.ratings).all(axis=1).sum())
    assert 40 < lost < 160
    assert twin.notes == (f"{lost} of 200 replicates have no finite ratings and are left out",)
    assert np.isfinite(twin.standard_errors()).all()


def test_too_few_replicates_with_ratings_raise():
    twin = bootstrap(battles("x>y*3 y>x"), cluster="cells", n_resamples=1, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"[01] of 1 replicates have finite ratings"):
        twin.standard_errors()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"cluster": "model", "n_resamples": 9},
            "unknown unit 'model': allowed are 'cells', 'prompt', 'voter', 'judge', or",
        ),
        ({"cluster": ("prompt", "prompt"), "n_resamples": 9}, "two different columns"),
        ({"n_resamples": 0}, "n_resamples is 0"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(battles("x>y*3 y>x"), rng=np.random.default_rng(1), **options)


def test_there_must_be_someone_to_rate():
    with pytest.raises(ValueError, match="no competitor can be rated"):
        bootstrap(battles("x>y"), n_resamples=9, rng=np.random.default_rng(1))


@pytest.mark.parametrize("mean", [0.3, 2.5, 7.0, 90.0, 10_000.0])
def test_tables_draw_exactly_poisson(mean):
    draws = PoissonTable.of(mean).draw(400_000, np.random.default_rng(4))
    # A dozen classes of about equal chance; p < 1e-4 would be a fault.
    edges = np.unique(poisson.ppf(np.linspace(0, 1, 13), mean)[1:-1])
    found = np.bincount(np.searchsorted(edges, draws), minlength=len(edges) + 1)
    chance = np.diff(poisson.cdf(edges, mean), prepend=0, append=1)
    assert chisquare(found, len(draws) * chance).pvalue > 1e-4


def test_where_a_bin_straddles_a_step_a_further_uniform_decides():
    # A bin of 2**-16 holds the step at P(0) = exp(-1) = .36788: .36788 * 65536 = 24109.3, so bin 24109 is cut at .3 of it.
    table = PoissonTable.of(1.0)
    assert table.values[[24_108, 24_109, 24_110]].tolist() == [0, 65_535, 1]


def test_cells_drawn_by_table_and_one_by_one_have_the_same_means():
    means = np.array([3.0] * 2_000 + [0.0, 5.5, 20_000.0])
    cells = PoissonCells.of(means, n_resamples=500)
    assert [table is None for table in cells.tables] == [False, True, True]
    drawn = cells.draw(500, np.random.default_rng(1))
    assert drawn[:2_000].mean() == pytest.approx(3, abs=0.01)
    assert drawn[2_000:].mean(axis=1) == pytest.approx([0, 5.5, 20_000], abs=30)
    assert drawn[2_000:].var(axis=1) == pytest.approx([0, 5.5, 20_000], rel=0.3)


def one_by_one(scores, totals, m):
    tables = (half_win_table(scores[:, r], totals[:, r], m) for r in range(scores.shape[1]))
    return np.array([maximise(table, max_steps=100, tolerance=1e-10).ratings for table in tables])


@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_refits_in_blocks_agree_with_refits_one_by_one(spread):
    m, rng = 12, np.random.default_rng(2)
    fit = fit_bradley_terry(simulated(np.linspace(spread, -spread, m), n=4_000, n_prompts=9, rng=rng, tie_rate=0.2))
    i, j = np.triu_indices(m, 1)
    wins, losses = (rng.poisson(fit.cells.half_wins[x, y][:, None], size=(len(i), 40)) + 0.5 for x, y in ((i, j), (j, i)))
    found = Refitter.of(fit.cells.half_wins, fit.ratings).refit(wins, wins + losses)
    assert found == pytest.approx(one_by_one(wins, wins + losses, m), abs=1e-6)


def test_a_replicate_far_from_the_whole_data_is_finished_by_newton():
    refitter = Refitter.of(np.array([[0.0, 50.0], [50.0, 0.0]]), np.zeros(2))
    scores, totals = np.array([[999_999.0]]), np.array([[1_000_000.0]])
    # ln 999,999 = 13.815510
    assert np.ptp(refitter.refit(scores, totals)) == pytest.approx(13.815510, abs=1e-6)


def test_a_maximum_that_exists_by_a_ring_of_wins_alone_is_found():
    # x beats y beats z beats x: no pair has counts on both sides.
    refitter = Refitter.of(np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 2.0], [2.0, 0.0, 0.0]]), np.zeros(3))
    assert refitter.links is None
    scores, totals = np.array([[2.0, 2.0], [0.0, 0.0], [2.0, 2.0]]), np.array([[2.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    found = refitter.refit(scores, totals)
    assert found[0] == pytest.approx([0, 0, 0], abs=1e-6)
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("by", ["cells", "prompt", "voter", ("prompt", "voter"), ("voter", "judge")])
def test_in_blocks_and_call_by_call_the_spread_is_the_same(by):
    rng, ratings = np.random.default_rng(3), np.linspace(0.5, -0.5, 4)
    c = simulated(ratings, n=1_500, n_prompts=40, rng=rng, tie_rate=0.2)
    names = ("prompt", "voter", "judge")
    columns = dict(zip(names, (rng.integers(-1, n, size=len(c)) for n in (40, 30, 20)), strict=True))
    c = Comparisons(names=c.names, a=c.a, b=c.b, outcome=c.outcome, weight=rng.integers(0, 3, len(c)).astype(float), **columns)
    blocks = bootstrap(c, cluster=by, n_resamples=600, rng=np.random.default_rng(1))
    calls = bootstrap(c, method=partial(fit_bradley_terry), cluster=by, n_resamples=600, rng=np.random.default_rng(1))
    # Each is off by 2.9 % (one standard error of a standard deviation from 600 draws).
    assert blocks.standard_errors() == pytest.approx(calls.standard_errors(), rel=0.18)
    assert blocks.ratings.mean(axis=0) == pytest.approx(calls.ratings.mean(axis=0), abs=0.03)


def test_the_number_of_threads_changes_nothing(monkeypatch):
    c = with_prompt_effects(n_prompts=50)
    two = bootstrap(c, n_resamples=120, rng=np.random.default_rng(3)).ratings
    monkeypatch.setattr(sys.modules["ranking.maths.resampling.bootstrap"], "N_THREADS", 1)
    assert (bootstrap(c, n_resamples=120, rng=np.random.default_rng(3)).ratings == two).all()


def test_weights_that_are_not_whole_are_summed_in_full():
    c = with_prompt_effects(n_prompts=100)
    plain = bootstrap(c, n_resamples=50, rng=np.random.default_rng(3)).ratings
    tenths = c.reweighted(c.weights() / 10)
    kept = c.reweighted(c.weights())
    assert bootstrap(tenths, n_resamples=50, rng=np.random.default_rng(3)).ratings == pytest.approx(plain, abs=1e-5)
    assert bootstrap(kept, n_resamples=50, rng=np.random.default_rng(3)).ratings == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("method", [fit_bradley_terry, fit_davidson])
def test_a_sampling_weight_is_no_count(method):
    """Resampled by cells, a row of any sampling weight is one comparison: no surer with a larger weight."""
    plain = battles("x>y*60 y>x*30 x=y*10")
    heavy = replace(plain.reweighted(plain.weights() * 1_000), weight_kind="sampling")
    known, found = (
        bootstrap(c, method=method, cluster="cells", n_resamples=300, rng=np.random.default_rng(5)).standard_errors()
        for c in (plain, heavy)
    )
    assert found == pytest.approx(known, rel=0.15)
    counted = bootstrap(
        replace(heavy, weight_kind="count"), method=method, cluster="cells", n_resamples=100, rng=np.random.default_rng(5)
    )
    assert counted.standard_errors() == pytest.approx(known / np.sqrt(1_000), rel=0.25)


def test_a_comparison_counts_as_often_as_its_prompt_times_as_often_as_its_voter():
    c = battles("x>y*3 y>x", prompt=[0, 0, 1, 1], voter=[0, 1, 0, 1])
    drawn = np.array([RowWeights.of(c, ("prompt", "voter")).draw(np.random.default_rng(s)) for s in range(40)])
    # Two draws of two prompts: twice the one, once each, or twice the other; so with voters, and 4 in all.
    assert (drawn.sum(axis=1) == 4).all()
    assert (drawn[:, 0] * drawn[:, 3] == drawn[:, 1] * drawn[:, 2]).all()
    assert set(drawn.ravel()) <= {0, 1, 2, 4}


def test_by_prompt_and_voter_it_counts_the_noise_of_independent_outcomes_three_times():
    """Standard errors are then about the square root of 3, 1.73, times those of the sandwich: 1.75 to 1.82 for five seeds."""
    rng = np.random.default_rng(1)
    c = simulated(np.linspace(0.5, -0.5, 5), n=3_000, n_prompts=150, rng=rng)
    c = replace(c, voter=rng.integers(150, size=len(c)))
    both = ("prompt", "voter")
    twin = bootstrap(c, cluster=both, n_resamples=600, rng=np.random.default_rng(1))
    ratio = twin.standard_errors() / np.sqrt(np.diagonal(fit_bradley_terry(c).two_way(both)))
    assert 1.5 < ratio.mean() < 1.95


def test_methods_without_a_likelihood_have_intervals_too():
    c = with_prompt_effects(n_prompts=60)
    twin = bootstrap(c, method=win_rate, n_resamples=200, rng=np.random.default_rng(1))
    found, scores = twin.intervals(), win_rate(c).scores
    assert ((found.low < scores) & (scores < found.high)).all()


def test_whoever_a_replicate_does_not_rate_is_nan_in_it():
    c = battles("x>y*30 y>x*30 x>z y>z z>x*2")
    twin = bootstrap(c, method=partial(fit_bradley_terry), cluster="cells", n_resamples=60, rng=np.random.default_rng(1))
    lost = np.isnan(twin.ratings)
    assert 5 < lost[:, 2].sum() < 55
    assert not lost[:, :2].any()
    assert twin.notes == (f"{lost[:, 2].sum()} of 60 replicates have no finite ratings and are left out",)


def test_a_replicate_that_does_not_converge_is_nan():
    def stubborn(comparisons):
        if comparisons.weight is not None and comparisons.weight[0] > 1:
            raise NotConvergedError("no maximum")
        return fit_bradley_terry(comparisons)

    twin = bootstrap(battles("x>y*30 y>x*30"), method=stubborn, cluster="cells", n_resamples=40, rng=np.random.default_rng(1))
    assert 0 < np.isnan(twin.ratings).all(axis=1).sum() < 40


@pytest.mark.parametrize("by", ["cells", "prompt"])
def test_outcomes_that_are_all_equal_give_no_width(by):
    c = battles("x=y*9 y=z*9", prompt=[1, 2, 3] * 6)
    twin = bootstrap(c, cluster=by, n_resamples=50, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"'x' has the same rating in all .* replicates: outcomes that are all equal give no"):
        twin.intervals()


def test_the_result_on_the_whole_data_need_not_be_found_twice():
    c = battles("x>y*30 y>x*10 y>z*20 z>y*20")
    one, two = (
        bootstrap(c, cluster="cells", n_resamples=20, rng=np.random.default_rng(3), whole=whole).ratings
        for whole in (None, fit_bradley_terry(c))
    )
    assert (one == two).all()
