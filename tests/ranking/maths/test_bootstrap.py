"""Bootstrap: the twin of the sandwich."""

import numpy as np
import pytest

from ranking.maths import Comparisons, bootstrap, fit_bradley_terry
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
    twin = bootstrap(c, by="prompt", n_replicates=1_000, rng=np.random.default_rng(1))
    sandwich = np.sqrt(np.diagonal(fit_bradley_terry(c).covariance("prompt")))
    # The sampling error of a standard deviation from 1,000 draws is 2.2 %.
    assert twin.standard_errors() == pytest.approx(sandwich, rel=0.08)
    assert (sandwich > 1.5 * np.sqrt(np.diagonal(fit_bradley_terry(c).covariance()))).all()


def test_by_cells_it_agrees_with_the_iid_sandwich():
    c = with_prompt_effects()
    twin = bootstrap(c, by="cells", n_replicates=1_000, rng=np.random.default_rng(1))
    assert twin.standard_errors() == pytest.approx(np.sqrt(np.diagonal(fit_bradley_terry(c).covariance())), rel=0.08)


def test_unknown_prompts_are_resampled_one_by_one():
    c = simulated(np.linspace(0.5, -0.5, 4), n=3_000, n_prompts=50, rng=np.random.default_rng(1))
    prompt = np.where(np.arange(len(c)) % 2, c.prompt, -1)
    mixed = Comparisons(names=c.names, a=c.a, b=c.b, outcome=c.outcome, prompt=prompt)
    twin = bootstrap(mixed, by="prompt", n_replicates=1_000, rng=np.random.default_rng(1))
    assert twin.standard_errors() == pytest.approx(np.sqrt(np.diagonal(fit_bradley_terry(mixed).covariance("prompt"))), rel=0.1)


def test_intervals_are_the_middle_of_the_replicates():
    c = with_prompt_effects()
    fit = fit_bradley_terry(c)
    twin = bootstrap(c, n_replicates=400, rng=np.random.default_rng(1))
    found = twin.intervals(level=0.9)
    inside = (twin.ratings >= found.low) & (twin.ratings <= found.high)
    assert inside.mean(axis=0) == pytest.approx([0.9] * 5, abs=0.01)
    assert (found.low < fit.ratings).all()
    assert (fit.ratings < found.high).all()
    assert (found.se == twin.standard_errors()).all()


def test_every_replicate_is_centred_and_the_seed_decides():
    c = battles("x>y*30 y>x*10 y>z*20 z>y*20")
    one, two = (bootstrap(c, by="cells", n_replicates=60, rng=np.random.default_rng(3)) for _ in range(2))
    assert one.ratings == pytest.approx(two.ratings)
    assert one.ratings.sum(axis=1) == pytest.approx(np.zeros(60))
    assert (one.by, one.names, one.ratings.shape, one.notes) == ("cells", ("x", "y", "z"), (60, 3), ())


def test_replicates_without_a_maximum_are_left_out_and_counted():
    twin = bootstrap(battles("x>y*3 y>x"), by="cells", n_replicates=200, rng=np.random.default_rng(1))
    lost = int(np.isnan(twin.ratings).all(axis=1).sum())
    assert 40 < lost < 160
    assert twin.notes == (f"{lost} of 200 replicates have no finite ratings and are left out",)
    assert np.isfinite(twin.standard_errors()).all()


def test_too_few_replicates_with_ratings_raise():
    twin = bootstrap(battles("x>y*3 y>x"), by="cells", n_replicates=1, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"[01] of 1 replicates have finite ratings"):
        twin.standard_errors()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "judge", "n_replicates": 9}, "unknown unit 'judge': allowed are 'prompt', 'cells' and 'voter'"),
        ({"n_replicates": 0}, "n_replicates is 0"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(battles("x>y*3 y>x"), rng=np.random.default_rng(1), **options)


def test_there_must_be_someone_to_rate():
    with pytest.raises(ValueError, match="no competitor can be rated"):
        bootstrap(battles("x>y"), n_replicates=9, rng=np.random.default_rng(1))
