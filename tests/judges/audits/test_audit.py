"""Audits: known properties of scripted judges are found again, each with an honest error; undefined figures say why."""

import json
import subprocess
import sys
from dataclasses import replace
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from judges.audits.audit import audit, usability
from judges.audits.figures.bias import own_preference, preferred, preferred_where_equal, slope, transitivity
from judges.audits.figures.end_states import coverage
from judges.audits.figures.figure import Figure, Label, binomial_test, share, wilson
from judges.audits.figures.gold_by_combiner import gold_figures
from judges.audits.figures.human_agreement import against_board, agreement, calibration, leniency
from judges.audits.figures.inputs import AuditGame, AuditItem, Looks
from judges.audits.figures.position import (
    both_orders,
    consistency,
    first_slot_rate,
    gamma,
    mcnemar,
    sign_test,
    slot_preference,
    stability,
)
from judges.audits.figures.score_reliability import score_reliability
from judges.audits.figures.three_class_labels import score_labels
from judges.verdicts.combiners import LabelledGames, PlayedGame
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
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
    percent, decided, winners, *_ = agreement(agreeing_items(0.80, rng=rng(seed)), rng=rng())
    for figure, unit in ((percent, "battles"), (decided, "battles"), (winners, "replies")):
        assert_recovered(figure, 0.80, error=binomial_error(0.80, N))
        assert (figure.n, figure.unit) == (N, unit)


def test_kappa_and_its_fellows_are_recovered():
    kappas = agreement(agreeing_items(0.80, rng=rng()), rng=rng())[3:6]
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
    found, sign = gamma(games), 1 if slot == "first" else -1
    # The prior of standard deviation 2 pulls as much as the data: 4.297 / 4 = 80 / (1 + e^4.297).
    assert found.value == pytest.approx(sign * 4.297, abs=1e-3)
    # Half the width is 1.96 / sqrt(1/4 + 80 p (1 - p)), p the chance of the slot.
    assert min(sign * found.low, sign * found.high) == pytest.approx(2.584, abs=1e-3)
    assert found.note.startswith(
        f"slot {1 if slot == 'first' else 2} was chosen in all 80 games: the estimate leans on its prior"
    )
    assert usability(games, rng=rng()).reasons == (
        "the upper 95 % limit of its consistency is 0.0876, under 0.5 (40 battles in both orders)",
    )


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


def test_the_first_slot_rate_takes_every_game_and_clusters_by_battle():
    games = slotted_games(0.60, n=2_000, rng=rng())
    found = first_slot_rate(games)
    n_first = sum(game.verdict.winner == "first" for game in games)
    assert (found.value, found.n, found.unit) == (n_first / 4_000, 4_000, "games")
    assert "clustered by battle" in found.method
    # Here the two games of a battle are independent.
    assert found.se == pytest.approx(binomial_error(0.60, 4_000), rel=0.05)
    assert first_slot_rate(games[::-1]) == found


def test_the_first_slot_rate_is_the_same_whatever_battles_are_called():
    games = slotted_games(0.55, n=300, rng=rng())
    renamed = [replace(each, battle=f"{7_919 * int(each.battle) % 1_009}") for each in games]
    assert first_slot_rate(renamed) == first_slot_rate(games)


def test_with_two_games_a_battle_the_test_of_the_first_slot_is_mcnemars():
    said = [("first", "first")] * 9 + [("second", "second")] * 2 + [("first", "second"), ("second", "first")] * 20
    games = [game(str(n), order, slot) for n, pair in enumerate(said) for order, slot in zip(("ab", "ba"), pair, strict=True)]
    found = first_slot_rate(games)
    assert (found.value, found.n) == ((2 * 9 + 40) / 102, 102)
    assert found.p == pytest.approx(mcnemar(games).p)
    # The consistent battles are level: what is seen is 9 of 11.
    assert found.p == pytest.approx(binomial_test(Label("x", "x", "battles", ""), 9, 11).p)


def test_with_one_game_a_battle_the_first_slot_rate_is_an_exact_binomial_one():
    found = first_slot_rate([game(str(n), "ab", "first" if n < 9 else "second", a=f"x{n}") for n in range(10)])
    exact = binomial_test(Label("x", "x", "games", ""), 9, 10)
    assert (found.value, found.low, found.high, found.p) == (0.9, exact.low, exact.high, exact.p)


def test_the_sign_test_of_many_games_is_that_of_few():
    leads = np.array([2] * 530 + [-2] * 480 + [1] * 20 + [0] * 99)
    exact = binomial_test(Label("x", "x", "battles", ""), 530, 1_010).p
    assert sign_test(leads[:1_010]) == pytest.approx(exact, rel=0.1)
    assert 0.0 < sign_test(leads) < sign_test(leads[:1_010])


def test_single_order_games_warn_that_quality_and_slot_are_mixed():
    games = [game(str(n), "ab", "first") for n in range(100)]
    told = "in 100 of 100 games that model of a pair stands first which does so more often: quality and slot are mixed up"
    assert first_slot_rate(games).note.startswith(told)
    drawn = [game(str(n), "ab" if n % 2 else "ba", "first") for n in range(100)]
    assert first_slot_rate(drawn).note == ""


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
    assert score_reliability(games[::2], rng=rng())[0].note == "no answer was scored twice"
    assert score_reliability([game("1", "ab", "first")], rng=rng())[0].note == "no game has scores"
    lone = AuditGame("lone", "lone", "x", "y", "ab", 0, Verdict("first", scores=(9.0, 1.0)))
    again, _ = score_reliability([*games, lone], rng=rng())
    assert (again.value, again.n) == (one.value, 400)
    assert again.note == "2 answers left out that lack one of the 2 games"


def test_rows_of_one_prompt_are_drawn_together():
    hits = [True, False] * 50
    alone = share(Label("x", "x", "battles", ""), hits, [str(n) for n in range(100)], rng=rng())
    pairs = share(Label("x", "x", "battles", ""), sorted(hits), [str(n // 2) for n in range(100)], rng=rng())
    assert alone.method == "Wilson"
    assert pairs.method == "percentile bootstrap by prompt, 1000 replicates"
    # Two rows that always say the same count as one.
    assert pairs.se == pytest.approx(alone.se * sqrt(2), rel=0.1)


def test_all_rows_alike_on_few_prompts_are_not_called_sure():
    found = share(Label("x", "x", "battles", ""), [True] * 100, [str(n % 5) for n in range(100)], rng=rng())
    assert (found.low, found.high) == (pytest.approx(wilson(5, 5)[0]), 1.0)
    assert found.se is None


def test_intervals_against_published_values():
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263, 0 of 20; score and exact intervals.
    assert [round(limit, 4) for limit in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(limit, 4) for limit in wilson(0, 20)] == [0.0, 0.1611]
    exact = binomial_test(Label("x", "x", "battles", ""), 81, 263)
    assert (round(exact.low, 4), round(exact.high, 4)) == (0.2527, 0.3676)


def test_agreement_by_hand():
    both = [("a", "a")] * 40 + [("a", "b")] * 10 + [("b", "a")] * 20 + [("b", "b")] * 30
    percent, decided, winners, cohen, scott, *_, weighted = agreement(items_of(*both, ("a", None)), rng=rng())
    assert (percent.value, decided.value, decided.n, winners.value) == (0.7, 0.7, 100, 0.7)
    # p_e = .5 * .6 + .5 * .4; pooled .55 and .45.
    assert (cohen.value, scott.value) == (pytest.approx(0.4), pytest.approx((0.7 - 0.505) / 0.495))
    assert weighted.note == "judge or people gave no grades on five points"


def test_no_decision_on_a_labelled_battle_is_a_disagreement_and_is_told():
    percent, decided, winners, *_ = agreement(items_of(*[("a", "a")] * 7, ("b", "a"), (None, "b"), (None, "tie")), rng=rng())
    assert (percent.value, percent.n, percent.note) == (0.7, 10, "2 of 10 replies have no verdict and count as disagreement")
    assert (decided.value, decided.n, winners.n) == (7 / 8, 8, 8)
    assert decided.note == "a selected part: 8 of 10 labelled battles (80.0 %)"


def test_nobodys_win_is_one_class():
    percent, _, winners, *_ = agreement(items_of(("tie", "both_bad"), ("a", "a"), ("b", "tie")), rng=rng())
    assert (percent.value, winners.n) == (pytest.approx(2 / 3), 1)


def test_undefined_agreement_says_why():
    _, _, _, cohen, *_ = agreement(items_of(("a", "a"), ("a", "a")), rng=rng())
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
    modules = ["audits.audit", "games.offline_judges", "importing.gold_sets", "verdicts.combiners", "verdicts.panels"]
    code = f"import sys, {', '.join(f'judges.{module}' for module in modules)}; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[3])
