"""Intervals of an audit come from the library: one rule for clusters, no width of zero, no certainty of a few prompts."""

from dataclasses import replace

import numpy as np
import pytest

from judges.audits.figures.bias import slope
from judges.audits.figures.human_agreement import agreement
from judges.audits.figures.inputs import AuditItem, Looks
from judges.audits.figures.position import gamma_of
from ranking.maths import Comparisons, slot_intervals
from ranking.maths.models.contextual import fit_contextual


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def games(sizes: list[int]) -> Comparisons:
    """A judge with a liking for slot 1, on prompts with so many games."""
    draw, n = np.random.default_rng(3), sum(sizes)
    a, first = draw.integers(4, size=n), draw.integers(2, size=n)
    won = draw.random(n) < 1 / (1 + np.exp(-0.5 * (1 - 2 * first)))
    return Comparisons(
        names=tuple("abcd"), a=a, b=(a + draw.integers(1, 4, size=n)) % 4, outcome=(~won).astype(int), first=first,
        prompt=np.repeat(np.arange(len(sizes)), sizes),
    )  # fmt: skip


@pytest.mark.parametrize("sizes", [[10] * 40, [400, *[5] * 40], [100, 100, 100]])
def test_the_slot_intercept_has_the_interval_that_a_board_prints(sizes):
    rows = games(sizes)
    found, known = gamma_of(rows), slot_intervals(fit_contextual(rows))
    assert (found.low, found.high, found.se) == (known.low[0], known.high[0], known.se[0])
    assert ("as informative as" in found.note) == (known.df[0] + 1 < 30)


def test_one_prompt_says_nothing_of_a_slot():
    found = gamma_of(games([200]))
    assert (found.value is not None, found.low, found.note) == (True, None, "no interval: one prompt carries it alone")


def items(n: int, *, prompts: int, same: bool = True) -> list[AuditItem]:
    """The judge agrees with people on all but every tenth, or on all."""
    found = []
    for k in range(n):
        human = "ab"[k % 2]
        judged = human if same or k % 10 else "ba"[k % 2]
        found.append(
            AuditItem(
                battle=str(k), prompt=f"p{k % prompts}", a="x", b="y", human=human, judged=judged,
                looks_a=Looks(100 + k % 7, 0, 0), looks_b=Looks(100, 0, 0),
            )
        )  # fmt: skip
    return found


def kappa(found):
    return next(figure for figure in found if figure.name == "Cohen's kappa")


@pytest.mark.parametrize(("n", "prompts"), [(20, 20), (60, 60), (100, 20)])
def test_a_judge_that_always_agreed_is_not_certain_to(n, prompts):
    found = kappa(agreement(items(n, prompts=prompts), rng=rng()))
    assert (found.value, found.high) == (1, 1)
    # As sure as of so many prompts, not of so many battles.
    assert 1 - 6 / (prompts / 2) < found.low < 1 - 1 / (prompts / 2)


def test_battles_of_one_prompt_count_together():
    apart = kappa(agreement(items(200, prompts=200, same=False), rng=rng()))
    together = kappa(
        agreement(
            [replace(item, prompt=f"p{int(item.battle) % 10}") for item in items(200, prompts=200, same=False)], rng=rng()
        )
    )
    # All that differ are on one prompt of ten: the share of that prompt is what is not known.
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert "by prompt" in together.method


def test_one_prompt_says_nothing_of_agreement():
    found = kappa(agreement(items(40, prompts=1, same=False), rng=rng()))
    assert (found.low, found.note) == (
        None,
        "no interval: all items are of one cluster: nothing tells how sure the statistic is",
    )


def test_the_slope_of_length_has_the_librarys_interval():
    found = slope(items(200, prompts=40, same=False), "length")
    assert found.value is None or found.low < found.value < found.high
