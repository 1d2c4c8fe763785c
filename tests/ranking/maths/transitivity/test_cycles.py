"""Cycles: which are significant, and how many are looked for."""

import time
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from ranking.maths import Comparisons, count_cells
from ranking.maths.transitivity.cycles import cycles, edge_p
from tests.ranking.maths.making import battles, comparable, law, simulated

SWAPPED = np.array([1, 0, 2, 3])


def test_a_cycle_by_hand():
    found = cycles(battles("x>y*12 y>z*12 z>x*10 x>z*2"))
    # Edges: 2**-12, 2**-12 and 10 of 12: (66 + 12 + 1) / 4096 = .019287; two hypotheses: .038574.
    assert found.named() == (("x", "y", "z"),)
    assert found.p == pytest.approx([79 / 4096])
    assert found.adjusted == pytest.approx([2 * 79 / 4096])
    assert (found.n_triads, found.n_decided, found.n_by_majority, found.cyclic_share) == (1, 1, 1, 1.0)


def test_both_directions_count_in_the_correction():
    # 9 of 12 the weakest edge: (220 + 66 + 12 + 1) / 4096 = .073 > .05; 8 of 8: 1/256, 5 of 5: 1/32, twice .0625.
    found = cycles(battles("x>y*12 y>z*12 z>x*5"))
    assert (found.named(), found.n_by_majority) == ((), 1)
    assert cycles(battles("x>y*12 y>z*12 z>x*6")).adjusted == pytest.approx([2 / 64])


def test_ties_favour_nobody():
    one, two = cycles(battles("x>y*9 y>z*9 z>x*9")), cycles(battles("x>y*9 y>z*9 z>x*9 x=y*50 y#z*50"))
    assert one.adjusted.tolist() == two.adjusted.tolist()


def test_a_line_has_no_cycle():
    found = cycles(battles("a>b*50 b>c*50 a>c*50 d>a*50"))
    assert (found.named(), found.n_triads, found.n_decided, found.n_by_majority) == ((), 4, 1, 0)
    assert found.cyclic_share == 0


@pytest.mark.parametrize("names", [(), ("x",), ("x", "y")])
def test_fewer_than_three_have_no_triads(names):
    found = cycles(Comparisons(names=names, a=[], b=[], outcome=[]))
    assert (found.named(), found.n_triads, found.cyclic_share) == ((), 0, 0.0)


def by_hand(c, alpha):
    """Holm over every triad in both directions, one after the other."""
    wins = count_cells(c).wins
    n_names = len(c.names)
    tested = []
    for i, j, k in permutations(range(n_names), 3):
        if i < j and i < k:
            edges = [(i, j), (j, k), (k, i)]
            ps = [
                stats.binomtest(int(wins[e]), int(wins[e] + wins[e[::-1]]), alternative="greater").pvalue if wins[e] else 1.0
                for e in edges
            ]
            tested.append((max(ps), (i, j, k)))
    kept, n_tests = set(), len(tested)
    for rank, (p, triad) in enumerate(sorted(tested)):
        if p > alpha / (n_tests - rank):
            break
        kept.add(triad)
    return kept


@law(comparable())
def test_they_are_those_of_holm_over_all_triads(c: Comparisons):
    heavy = replace(c, weight=c.weight * 4)
    found = cycles(heavy, level=0.7)
    assert {tuple(row) for row in found.members.tolist()} == by_hand(heavy, 0.3)
    assert (np.diff(found.p) >= 0).all()


@law(comparable())
def test_reversing_every_outcome_turns_every_cycle(c: Comparisons):
    heavy = replace(c, weight=c.weight * 4)
    one, two = cycles(heavy), cycles(replace(heavy, outcome=SWAPPED[c.outcome]))
    assert {(i, k, j) for i, j, k in one.members.tolist()} == {tuple(row) for row in two.members.tolist()}
    assert one.n_by_majority == two.n_by_majority


def test_edges_agree_with_scipy():
    c = battles("x>y*7 y>x*3 x=y")
    found = edge_p(c.names, count_cells(c))
    assert found[0, 1] == pytest.approx(stats.binomtest(7, 10, alternative="greater").pvalue)
    assert found[1, 0] == pytest.approx(stats.binomtest(3, 10, alternative="greater").pvalue)


def test_transitive_noise_seldom_makes_a_cycle():
    # The family-wise error is at most 5 %.
    found = [
        len(cycles(simulated(np.zeros(6), n=600, n_prompts=9, rng=np.random.default_rng(seed))).members) for seed in range(200)
    ]
    assert np.mean(np.array(found) > 0) < 0.05


def test_three_hundred_competitors_take_seconds_not_minutes():
    # Three groups of 100 in a ring: a million cycles. Inside a group nobody meets.
    group = np.arange(300) // 100
    a, b = np.nonzero((group[:, None] + 1) % 3 == group)
    c = Comparisons(names=tuple(map(str, range(300))), a=a, b=b, outcome=np.zeros(len(a), int), weight=np.full(len(a), 40.0))
    start = time.perf_counter()
    found = cycles(c)
    assert time.perf_counter() - start < 10
    assert (len(found.members), found.n_by_majority, found.n_decided) == (1_000_000, 1_000_000, 1_000_000)
    assert found.cyclic_share == pytest.approx(1_000_000 / 4_455_100)
    assert len(found.named(first=3)) == 3


@pytest.mark.parametrize(("level", "message"), [(0, "level is 0"), (0.5, "level is 0.5: more than 1/2 is needed")])
def test_errors_that_are_not_allowed_are_refused(level, message):
    with pytest.raises(ValueError, match=message):
        cycles(battles("x>y"), level=level)


def test_the_exact_test_needs_whole_counts():
    with pytest.raises(ValueError, match=r"'x' won 1\.5 times over 'y': the exact test needs whole counts"):
        cycles(replace(battles("x>y"), weight=[1.5]))
