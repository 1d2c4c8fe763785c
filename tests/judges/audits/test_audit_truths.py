"""Four judges with one property each, asked over real HTTP about 500 items: their audits find what the scripts hold."""

from math import sqrt

import numpy as np
import pytest

from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from tests.judges.remote import GoldRow, ask_all, audited, judge_at, make_gold_arena

pytestmark = pytest.mark.django_db

N = 500
FAMILY = "Script House"


def binomial_error(p, n):
    return sqrt(p * (1 - p) / n)


def assert_recovered(figure, truth, *, error, n=N):
    """Within 3 standard errors, which are at most 1.2 times what the binomial law gives."""
    assert figure["n"] == n
    assert abs(figure["value"] - truth) <= 3 * figure["se"]
    assert figure["se"] <= 1.2 * error
    assert figure["low"] < figure["value"] < figure["high"]


def figures_of(arena, judge_script, settings, protocol="pairwise", **fields):
    """What the audit finds of such a judge, asked about every battle in both orders."""
    with serving(Script(judge=judge_script, seed=4)) as fake:
        judge = judge_at(fake, settings, protocol)
        if fields:
            type(judge).objects.filter(pk=judge.pk).update(**fields)
            judge.refresh_from_db()
        ask_all(arena, [judge])
    return audited(judge, arena)[1]


def better_ones(n=N):
    """Either side is better alike."""
    rng = np.random.default_rng(5)
    for number, is_a in enumerate((rng.random(n) < 0.5).tolist()):
        good, bad = f"Text {number}, quality 1.", f"Text {number}, quality 0."
        yield GoldRow(f"Question {number}?", *((good, bad) if is_a else (bad, good)), "a" if is_a else "b")


def longer_ones():
    """Answers of equal quality; either side is longer alike."""
    rng = np.random.default_rng(6)
    for number, is_a in enumerate((rng.random(N) < 0.5).tolist()):
        long, short = f"Text {number}: " + "word " * int(rng.integers(50, 90)), f"Text {number}."
        yield GoldRow(f"Question {number}?", *((long, short) if is_a else (short, long)), "tie")


def test_agreement_of_eighty_percent(settings):
    judge = JudgeScript(accuracy=0.80, draw_by="item")
    figures = figures_of(make_gold_arena(better_ones()), judge, settings)
    assert_recovered(figures["agreement with gold labels"], 0.80, error=binomial_error(0.80, N))
    assert_recovered(figures["right in both orders"], 0.80, error=binomial_error(0.80, N))
    assert figures["position consistency"]["value"] == 1.0


def test_a_preference_for_length_at_equal_quality(settings):
    judge = JudgeScript(longer=0.70, draw_by="item")
    figures = figures_of(make_gold_arena(longer_ones()), judge, settings)
    assert_recovered(figures["P(longer preferred) at equal quality"], 0.70, error=binomial_error(0.70, N))
    assert_recovered(figures["P(longer preferred)"], 0.70, error=binomial_error(0.70, N))
    assert figures["length slope"]["low"] > 0


def test_a_preference_for_its_own_family(settings):
    """Recall is .7 + .075 of its family's answers and .7 - .075 of the others'."""
    rows = [
        GoldRow(r.prompt, f"family {FAMILY[:6]}. {r.answer_a}", f"family Other. {r.answer_b}", r.label) for r in better_ones()
    ]
    arena = make_gold_arena(rows, organisations=(FAMILY, "Other House"))
    judge = JudgeScript(accuracy=0.70, family=FAMILY[:6], family_bonus=0.075, draw_by="item")
    figures = figures_of(arena, judge, settings, family=FAMILY)
    n_own = sum(row.label == "a" for row in rows)
    error = sqrt(binomial_error(0.775, n_own) ** 2 + binomial_error(0.625, N - n_own) ** 2)
    assert_recovered(figures["self and family preference"], 0.15, error=error)


def test_leniency_of_grades(settings):
    """Each prompt has an answer that its verifier passes and one that it fails: 500 graded answers."""
    arena = make_gold_arena(better_ones(N // 2), verifier={"kind": "regex", "pattern": "quality 1"})
    figures = figures_of(arena, JudgeScript(p_correct=0.70, p_positive=0.30), settings, "rubric_10")
    # A battle is decided as its label says where the right answer is graded high and the wrong one low.
    assert figures["agreement with gold labels"]["n"] == N // 2
    assert figures["agreement with gold labels"]["value"] == pytest.approx(
        0.79 * 0.91, abs=3 * binomial_error(0.79 * 0.91, N / 2)
    )
    # TPR = .7 + .3 * .3 = .79, FPR = .3 * .3 = .09; P_+ = FPR / (1 - TPR + FPR), by the delta method.
    tpr, fpr = binomial_error(0.79, N / 2), binomial_error(0.09, N / 2)
    assert_recovered(figures["leniency P_c"], 0.70, error=sqrt(tpr**2 + fpr**2))
    assert_recovered(figures["leniency P_+"], 0.30, error=sqrt((0.09 * tpr) ** 2 + (0.21 * fpr) ** 2) / 0.3**2)
