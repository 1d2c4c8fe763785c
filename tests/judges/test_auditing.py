"""Audits: known properties of scripted judges are found again, each with an honest error; undefined figures say why."""

import json
import subprocess
import sys
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from judges.audit_bias import own_preference, preferred, preferred_where_equal, slope, transitivity
from judges.audit_figures import Figure, Label, binomial_test, share, wilson
from judges.audit_gold import gold_figures
from judges.audit_labels import score_labels
from judges.audit_people import against_board, agreement, calibration, leniency
from judges.audit_position import (
    both_orders,
    consistency,
    first_slot_rate,
    gamma,
    mcnemar,
    slot_preference,
    stability,
)
from judges.audit_rows import AuditGame, AuditItem, Looks
from judges.audit_scores import score_reliability
from judges.audit_states import coverage
from judges.auditing import audit, usability, usability_of
from judges.combining import LabelledGames, PlayedGame
from judges.states import GameState
from judges.verdicts import Verdict
from tests.judges.making_pairs import stored_pairs
from tests.judges.scripted import (
    N,
    agreeing_items,
    family_minded_items,
    game,
    length_minded_items,
    lenient_grades,
    slotted_games,
)

SEEDS = [1, 2, 3]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def binomial_error(p: float, n: int) -> float:
    return sqrt(p * (1 - p) / n)


def assert_recovered(figure: Figure, truth: float, *, error: float) -> None:
    """Within 3 standard errors, which are no more than 1.2 times what the binomial law allows."""
    assert abs(figure.value - truth) <= 3 * figure.se
    assert 0.8 * error <= figure.se <= 1.2 * error
    assert figure.low < figure.value < figure.high


def items_of(*pairs: tuple[str | None, str | None]) -> list[AuditItem]:
    return [AuditItem(str(n), str(n), "x", "y", judged, human) for n, (judged, human) in enumerate(pairs)]


@pytest.mark.parametrize("seed", SEEDS)
def test_agreement_of_eighty_percent_is_recovered(seed):
    percent, winners, *_ = agreement(agreeing_items(0.80, rng=rng(seed)), rng=rng())
    for figure in (percent, winners):
        assert_recovered(figure, 0.80, error=binomial_error(0.80, N))
        assert (figure.n, figure.unit) == (N, "battles")


def test_kappa_and_its_fellows_are_recovered():
    kappas = agreement(agreeing_items(0.80, rng=rng()), rng=rng())[2:5]
    # Even shares: chance agreement 1/2, so (.8 - .5) / .5, with twice the error.
    for figure in kappas:
        assert_recovered(figure, 0.60, error=2 * binomial_error(0.80, N))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_preference_for_length_is_recovered_at_equal_quality(seed):
    items = length_minded_items(0.70, rng=rng(seed))
    for figure in (preferred_where_equal(items, "length", rng=rng()), preferred(items, "length", rng=rng())):
        assert_recovered(figure, 0.70, error=binomial_error(0.70, N))
    assert slope(items, "length").low > 0


def test_a_slope_is_recovered_at_equal_human_verdict():
    drawn = rng()
    gaps = drawn.normal(size=N) * 1_000
    human = np.where(drawn.random(N) < 1 / (1 + np.exp(-gaps / 1_000)), "a", "b")  # people like length, too
    odds = 0.8 * np.tanh(gaps / gaps.std()) + 1.1 * np.where(human == "a", 1, -1)
    judged = np.where(drawn.random(N) < 1 / (1 + np.exp(-odds)), "a", "b")
    looks = [(int(gap) + 10_000, 10_000) for gap in gaps]
    items = [_with_lengths(str(n), judged[n], human[n], *looks[n]) for n in range(N)]
    found = slope(items, "length")
    assert abs(found.value - 0.8) < 3 * found.se
    assert found.se < 0.1


def _with_lengths(key: str, judged: str, human: str, a: int, b: int) -> AuditItem:
    return AuditItem(key, key, "x", "y", str(judged), str(human), Looks(a), Looks(b))


@pytest.mark.parametrize("seed", SEEDS)
def test_family_preference_is_recovered(seed):
    figure = own_preference(family_minded_items(0.15, rng=rng(seed)), rng=rng())
    error = sqrt(binomial_error(0.85, N / 2) ** 2 + binomial_error(0.70, N / 2) ** 2)
    assert_recovered(figure, 0.15, error=error)


@pytest.mark.parametrize("seed", SEEDS)
def test_leniency_is_recovered(seed):
    p_c, p_plus = leniency(lenient_grades(0.70, 0.30, rng=rng(seed)), rng=rng())
    # TPR = .7 + .3 * .3 = .79, FPR = .3 * .3 = .09; P_+ = FPR / (1 - TPR + FPR), by the delta method.
    tpr, fpr = binomial_error(0.79, N / 2), binomial_error(0.09, N / 2)
    assert_recovered(p_c, 0.70, error=sqrt(tpr**2 + fpr**2))
    assert_recovered(p_plus, 0.30, error=sqrt((0.09 * tpr) ** 2 + (0.21 * fpr) ** 2) / 0.3**2)


def test_gamma_over_ten_thousand_stored_pairs():
    found = gamma(slotted_games(0.60, n=10_000, rng=rng()))
    assert found.value == pytest.approx(log(0.6 / 0.4), abs=0.045)
    # 20,000 independent games: 1 / sqrt(n p q).
    assert found.se == pytest.approx(1 / sqrt(20_000 * 0.24), rel=0.05)
    assert (found.n, found.unit) == (20_000, "games")


@pytest.mark.parametrize("slot", ["first", "second"])
def test_a_judge_who_always_says_one_slot(slot):
    games = [game(str(n), order, slot) for n in range(40) for order in ("ab", "ba")]
    with_ties, _ = consistency(games, rng=rng())
    assert (with_ties.value, with_ties.n) == (0.0, 40)
    bound = gamma(games)
    assert bound.is_unbounded
    # .05 ** (1 / 80) = .9632: ln(.9632 / .0368) = 3.266.
    assert (bound.low if slot == "first" else bound.high) == pytest.approx(3.266 if slot == "first" else -3.266, abs=1e-3)
    found = usability(games, rng=rng())
    assert not found.is_usable
    assert found.reasons[0] == "the upper 95 % limit of its consistency is 0.0876, under 0.5 (40 battles)"
    assert "no finite estimate" in found.reasons[1]


def test_a_slot_tester_of_one_half_is_usable():
    found = usability(slotted_games(0.5, n=400, rng=rng()), rng=rng())
    assert (found.is_usable, found.is_measured, found.reasons) == (True, True, ())


def test_a_judge_without_games_is_not_called_unusable():
    found = usability([], rng=rng())
    assert (found.is_usable, found.is_measured) == (True, False)
    assert found.reasons == (
        "position consistency: no battles of this kind",
        "slot intercept gamma: no games with a verdict",
    )


@pytest.mark.parametrize(
    ("n_first", "note"),
    [(20, "slots and ratings cannot be told apart: show pairs in both orders"), (100, "no competitors that both won and lost")],
)
def test_games_in_one_order_say_nothing_about_the_slot(n_first, note):
    games = [game(str(n), "ab", "first" if n < n_first else "second") for n in range(100)]
    found = gamma(games)
    assert (found.value, found.is_unbounded) == (None, False)
    assert found.note.startswith(note)
    assert usability(games, rng=rng()).is_usable


def test_a_ring_shown_in_one_order_has_no_bound_and_condemns_nobody():
    ring = [("x", "y"), ("y", "z"), ("z", "x")]
    found = gamma([game(f"{a}{b}", "ab", "first", a=a, b=b) for a, b in ring])
    assert (found.low, found.high, found.is_unbounded) == (None, None, False)
    assert found.note.endswith("show pairs in both orders")


def test_a_consistent_judge_of_a_few_battles_is_usable():
    games = [game(str(n), order, slot) for n in range(3) for order, slot in (("ab", "first"), ("ba", "second"))]
    found = usability(games, rng=rng())
    assert (found.is_usable, found.is_measured) == (True, True)


def test_position_figures_by_hand():
    said = [("first", "second")] * 5 + [("first", "first")] * 3 + [("second", "second")] + [("tie", "tie"), ("first", "tie")]
    games = [game(str(n), order, slot) for n, pair in enumerate(said) for order, slot in zip(("ab", "ba"), pair, strict=True)]
    with_ties, without = consistency(games, rng=rng())
    assert (with_ties.value, with_ties.n) == (6 / 11, 11)
    assert (without.value, without.n) == (5 / 9, 9)
    first, delta, total = slot_preference(games, rng=rng())
    # F = 3 and the one that fell back to a tie; S = 1.
    assert (first.value, first.n, first.unit) == (4 / 5, 5, "inconsistent battles")
    assert (delta.value, total.value) == (3 / 11, 5 / 11)
    test = mcnemar(games)
    assert (test.value, test.n, test.unit) == (3 / 4, 4, "discordant battles")
    # Two-sided: P(X >= 3) + P(X <= 1) = 10/16.
    assert test.p == pytest.approx(0.625)


def test_a_battle_without_both_orders_is_in_no_position_figure():
    games = [game("1", "ab", "first"), game("1", "ba", None), game("2", "ab", "first")]
    assert both_orders(games) == ()
    assert consistency(games, rng=rng())[0].note == "no battles of this kind"


def test_the_first_slot_rate_takes_one_game_per_battle_whatever_was_said():
    games = slotted_games(0.60, n=2_000, rng=rng())
    found = first_slot_rate(games)
    assert (found.n, found.unit, found.method) == (2_000, "battles", "Clopper-Pearson, exact binomial test against 1/2")
    assert abs(found.value - 0.60) < 3 * binomial_error(0.60, 2_000)
    assert first_slot_rate(games[::-1]) == found


def test_single_order_games_warn_that_quality_and_slot_are_mixed():
    found = first_slot_rate([game(str(n), "ab", "first") for n in range(100)])
    assert found.note == "100 of 100 games in order ab: quality and slot are mixed up, see gamma"


def test_a_fair_coin_fails_the_slot_tests_as_often_as_they_say():
    drawn = rng()
    p = [(first_slot_rate(g).p, mcnemar(g).p) for g in (slotted_games(0.5, n=60, rng=drawn) for _ in range(150))]
    # 3 standard errors over .05 of 150; exact tests stay below.
    assert (np.array(p) < 0.05).mean(axis=0).max() < 0.05 + 3 * binomial_error(0.05, 150)


def test_stability_is_the_mean_modal_share():
    said = {"1": ["first", "first", "second"], "2": ["tie", "tie", "tie"], "3": ["first"]}
    games = [game(battle, "ab", slot, repeat=k) for battle, slots in said.items() for k, slot in enumerate(slots)]
    found = stability(games, rng=rng())
    assert (found.value, found.n, found.unit) == (pytest.approx((2 / 3 + 1) / 2), 2, "battles in one order")


def test_scores_in_both_orders_have_an_icc():
    drawn = rng()
    games = []
    for number in range(200):
        truth = drawn.normal(size=2)
        for order in ("ab", "ba"):
            a, b = (truth + drawn.normal(size=2)).tolist()
            slots = (a, b) if order == "ab" else (b, a)
            games.append(AuditGame(str(number), str(number), "x", "y", order, 0, Verdict("first", scores=slots)))
    one, both = score_reliability(games, rng=rng())
    # Half of the variance is the answers': 1/2, and 2 * .5 / 1.5 of a mean of two.
    assert (one.low < 0.5 < one.high, one.n, one.unit) == (True, 400, "answers")
    assert both.low < 2 / 3 < both.high
    assert score_reliability(games[::2], rng=rng())[0].note.startswith("no two games")
    assert score_reliability([game("1", "ab", "first")], rng=rng())[0].value is None


def test_rows_of_one_prompt_are_drawn_together():
    hits = [True, False] * 50
    alone = share(Label("x", "battles", ""), hits, [str(n) for n in range(100)], rng=rng())
    pairs = share(Label("x", "battles", ""), sorted(hits), [str(n // 2) for n in range(100)], rng=rng())
    assert alone.method == "Wilson"
    assert pairs.method == "percentile bootstrap by prompt, 1000 replicates"
    # Two rows that always say the same count as one.
    assert pairs.se == pytest.approx(alone.se * sqrt(2), rel=0.1)


def test_all_rows_alike_on_few_prompts_are_not_called_sure():
    found = share(Label("x", "battles", ""), [True] * 100, [str(n % 5) for n in range(100)], rng=rng())
    assert (found.low, found.high) == (pytest.approx(wilson(5, 5)[0]), 1.0)
    assert found.se is None


def test_intervals_against_published_values():
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263, 0 of 20; score and exact intervals.
    assert [round(limit, 4) for limit in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(limit, 4) for limit in wilson(0, 20)] == [0.0, 0.1611]
    exact = binomial_test(Label("x", "battles", ""), 81, 263)
    assert (round(exact.low, 4), round(exact.high, 4)) == (0.2527, 0.3676)


def test_agreement_by_hand():
    both = [("a", "a")] * 40 + [("a", "b")] * 10 + [("b", "a")] * 20 + [("b", "b")] * 30
    percent, winners, cohen, scott, *_, weighted = agreement(items_of(*both, ("a", None), (None, "b")), rng=rng())
    assert (percent.value, percent.n, winners.value) == (0.7, 100, 0.7)
    # p_e = .5 * .6 + .5 * .4; pooled .55 and .45.
    assert (cohen.value, scott.value) == (pytest.approx(0.4), pytest.approx((0.7 - 0.505) / 0.495))
    assert weighted.note == "judge or people gave no grades on five points"


def test_nobodys_win_is_one_class():
    percent, winners, *_ = agreement(items_of(("tie", "both_bad"), ("a", "a"), ("b", "tie")), rng=rng())
    assert (percent.value, winners.n) == (pytest.approx(2 / 3), 1)


def test_undefined_agreement_says_why():
    _, _, cohen, *_ = agreement(items_of(("a", "a"), ("a", "a")), rng=rng())
    assert cohen.value is None
    assert "0/0" in cohen.note


def test_grades_on_five_points_are_weighted():
    graded = [
        AuditItem(str(n), str(n), "x", "y", "a", "a", judged_grade=j, human_grade=h)
        for n, (j, h) in enumerate([(2, 2), (1, 2), (-1, -2), (0, 0), (-2, -2), (2, -2)] * 5)
    ]
    found = agreement(graded, rng=rng())[-1]
    assert (found.name, found.n) == ("weighted kappa", 30)
    assert found.low < found.value < found.high


def test_leniency_without_wrong_answers_is_refused():
    assert leniency([(True, True)] * 5, rng=rng())[0].note == "0/0 on these data"
    assert leniency([], rng=rng())[0].value is None


def test_calibration_by_hand():
    stated = [(0.9, "a"), (0.9, "b"), (0.2, "b"), (0.6, "tie")]
    items = [AuditItem(str(n), str(n), "x", "y", "a", human, probability=p) for n, (p, human) in enumerate(stated)]
    brier, loss, ece = calibration(items, rng=rng())
    assert (brier.value, brier.n) == (pytest.approx((0.01 + 0.81 + 0.04) / 3), 3)
    assert loss.value == pytest.approx(-(log(0.9) + log(0.1) + log(0.8)) / 3)
    # Bin of .9: mean .9 against 1/2, twice; bin of .2: .2 against 0.
    assert ece.value == pytest.approx((2 * 0.4 + 0.2) / 3)


def test_a_certain_and_wrong_chance_has_no_finite_loss():
    items = [AuditItem("1", "1", "x", "y", "a", "b", probability=1.0)]
    assert calibration(items, rng=rng())[1].is_unbounded


def test_boards_are_compared_over_competitors_on_both():
    judge, human = {"w": 4.0, "x": 3.0, "y": 2.0, "z": 1.0, "new": 9.0}, {"w": 4.0, "x": 3.0, "y": 1.0, "z": 2.0}
    rho, tau, _ = against_board(judge, human)
    assert (rho.value, tau.value, rho.n, rho.unit) == (pytest.approx(0.8), pytest.approx(2 / 3), 4, "competitors")
    assert against_board({"x": 1.0}, {"x": 1.0})[0].note == "fewer than 3 competitors are on both boards"
    drawn = np.array([[4.0, 3.0, 1.0, 2.0], [4.0, 3.0, 2.0, 1.0]])
    rho, _, separated = against_board(human, human, judge_draws=drawn, human_draws=drawn)
    assert rho.low == pytest.approx(1.0)
    # Only y and z change places: five pairs of six.
    assert (separated.value, separated.n, separated.unit) == (5 / 6, 6, "pairs of competitors")


def test_cycles_are_found_prompt_by_prompt():
    pairs = [("x", "y"), ("y", "z"), ("x", "z")]
    items = [AuditItem(f"1{a}{b}", "1", a, b, "a") for a, b in pairs]
    items += [AuditItem(f"2{a}{b}", "2", a, b, "b" if (a, b) == ("x", "z") else "a") for a, b in pairs]
    items += [AuditItem(f"3{a}{b}", "3", a, b, "tie") for a, b in pairs]
    found = transitivity(items, rng=rng())
    assert (found.value, found.n, found.unit) == (0.5, 2, "triads")


def test_states_are_counted_by_competitor_and_uneven_coverage_is_badged():
    def ended(n: int, b: str, state: GameState) -> AuditGame:
        verdict = Verdict("first") if state.has_verdict else None
        return AuditGame(f"{b}{n}", f"{n}", "x", b, "ab", 0, verdict, state)

    games = [ended(n, "y", GameState.OK) for n in range(400)]
    games += [ended(n, "z", GameState.REFUSED if n < 12 else GameState.RULE) for n in range(200)]
    found = coverage(games, rng=rng())
    assert found.overall.value == 588 / 600
    z = next(each for each in found.by_competitor if each.competitor == "z")
    assert (z.n_games, z.rate(GameState.REFUSED), z.rate(GameState.RULE)) == (200, 0.06, 0.94)
    assert found.badge == "coverage differs between competitors"
    assert coverage(games[:400], rng=rng()).badge == ""


def test_a_whole_audit_is_the_same_with_the_same_seed():
    games, items = slotted_games(0.55, n=60, rng=rng()), length_minded_items(0.6, n=60, rng=rng())
    one, other = (audit(games, items, grades=lenient_grades(0.7, 0.3, n=60, rng=rng()), rng=rng()) for _ in range(2))
    assert one == other
    for figure in one.figures():
        assert figure.unit
        assert figure.formula
        assert figure.is_defined or figure.note
        assert isinstance(figure.n, int)


def test_usability_asks_the_upper_limit_not_the_value():
    slot = Figure("slot intercept gamma", 0.1, 0.0, 0.2, 10, "games", "")
    assert usability_of(Figure("position consistency", 0.4, 0.2, 0.51, 20, "battles", ""), slot).is_usable


def _pandalm(folder, name):
    return json.loads((folder / "pandalm" / f"{name}.json").read_text(encoding="utf-8"))


def _majorities(folder):
    rows = _pandalm(folder, "testset-v1")
    votes = [sorted(row[f"annotator{n}"] for n in (1, 2, 3)) for row in rows]
    return [("tie", "a", "b")[middle] for _, middle, _ in votes]


@pytest.mark.parametrize(("policy", "accuracy"), [("tie", 71.07), ("wrong", 69.77), ("drop", 71.56)])
def test_gpt_on_pandalm_under_each_policy_for_unreadable_replies(shared_data, policy, accuracy):
    sides = {"0": "tie", "1": "a", "2": "b", "Tie": "tie"}
    replies = [sides.get(str(row["gpt_result"])) for row in _pandalm(shared_data, "gpt-3.5-turbo-testset-v1")]
    found = score_labels(_majorities(shared_data), replies, unreadable=policy, rng=rng())
    assert found.n_unreadable == 25
    assert round(100 * found.accuracy.value, 2) == accuracy
    assert found.accuracy.n == 999 - 25 * (policy == "drop")


def test_pandalm_on_pandalm(shared_data):
    sides = {"0": "tie", "1": "a", "2": "b", "Tie": "tie"}
    replies = [sides.get(str(row["pandalm_result"])) for row in _pandalm(shared_data, "pandalm-7b-testset-v1")]
    found = score_labels(_majorities(shared_data), replies, rng=rng())
    figures = [found.accuracy.value, found.precision, found.recall, found.f1]
    assert [round(100 * each, 2) for each in figures] == [66.77, 57.38, 57.50, 57.43]


def test_the_figures_of_the_made_gold_set_with_their_intervals():
    battles = [
        LabelledGames(row["id"], tuple(PlayedGame(order, 0, Verdict(row[order])) for order in ("ab", "ba")), row["label"])
        for row in stored_pairs()
    ]
    found = {figure.name: figure for figure in gold_figures(battles, rng=rng())}
    percents = [round(100 * figure.value, 2) for figure in found.values()]
    assert percents == [70.86, 74.57, 58.0, 65.71, 74.43, 31.43, 0.0]
    assert all((figure.n, figure.unit) == (350, "gold pairs") for figure in found.values())
    both = found["right in both orders"]
    assert (both.low, both.high) == (pytest.approx(wilson(203, 350)[0]), pytest.approx(wilson(203, 350)[1]))
    assert found["half for a disagreement"].method == "percentile bootstrap by item, 1000 replicates"


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="unknown policy 'half' for unreadable replies: allowed are tie, wrong, drop"):
        score_labels(["a"], ["a"], unreadable="half", rng=rng())


def test_judging_by_numbers_alone_loads_no_django():
    modules = "auditing, combining, goldsets, offline, panels"
    code = f"import sys; from judges import {modules}; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[2])
