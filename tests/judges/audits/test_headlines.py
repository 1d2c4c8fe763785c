"""The headline of a judge, by hand: all labelled battles, all games, a tie a class; what one order or one grade can tell."""

import numpy as np
import pytest

from judges.audits.figures.figure import mean_share
from judges.audits.figures.gold_by_combiner import GoldPairGames, gold_figures
from judges.audits.figures.human_agreement import WITH_GOLD, agreement
from judges.audits.figures.inputs import AuditGame, AuditItem
from judges.audits.figures.position import consistency_of_repeats, position_figures, stability
from judges.audits.figures.score_reliability import score_reliability
from judges.verdicts.combiners import PlayedGame
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
from tests.judges.scripted import game

ONE_ORDER = "its battles were judged in one order only: ask in the other order too"


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def judged(number: int, label: str | None, *replies: str, gold: bool = False, **fields) -> AuditItem:
    """Replies order by order, a letter a repeat: a, b, t (tie), - (no verdict); decided where both orders say the same."""
    sides = {"a": "a", "b": "b", "t": "tie", "-": None}
    said = tuple(tuple(sides[each] for each in order) for order in replies)
    decided = said[0][0] if len(said) == 1 or (len(said) == 2 and said[0] == said[1]) else None
    return AuditItem(str(number), str(number), "x", "y", decided, label, replies=said, is_gold=gold and bool(label), **fields)


def named(items) -> dict:
    return {figure.name: figure for figure in agreement(items, rng=rng())}


def test_silence_on_hard_pairs_pays_no_longer():
    """A judge that is right on 9 of 10 everywhere, and one that is right where its orders agree and drops a third."""
    steady = [judged(n, "a", *("aa" if n % 10 else "bb")) for n in range(60)]
    silent = [judged(n, "a", *("aa" if n % 3 else "ab")) for n in range(60)]
    one, other = named(steady), named(silent)
    assert one["agreement with people"].value == pytest.approx(0.9)
    assert other["agreement with people"].value == pytest.approx(5 / 6)
    selected = other["agreement where both orders agree"]
    assert (selected.value, selected.n) == (1.0, 40)
    assert selected.note == "a selected part: 40 of 60 labelled battles (66.7 %)"


def test_every_order_and_repeat_counts_and_each_order_alike():
    items = [judged(1, "a", "aab", "b"), judged(2, "tie", "t", "t"), judged(3, "b", "a", "-"), judged(4, "tie", "a", "t")]
    found = named(items)["agreement with people"]
    # One half of 2/3 and 0, then 1, 0 and 1/2.
    assert (found.value, found.n) == (pytest.approx((1 / 3 + 1 + 0 + 1 / 2) / 4), 4)
    assert "1 of 10 replies have no verdict and count as disagreement" in found.note


@pytest.mark.parametrize(
    ("gold", "name"),
    [("", "agreement with people"), ("yy", "agreement with gold labels"), ("y", "agreement with people and gold labels")],
)
def test_it_is_called_by_who_says_what_is_right(gold, name):
    items = [judged(1, "a", "a", "a", gold=bool(gold)), judged(2, "b", "b", "b", gold=len(gold) == 2)]
    found = agreement(items, rng=rng())[0]
    assert found.name == name
    assert ("1 by people's votes, 1 by gold labels" in found.note) == (gold == "y")


def test_battles_without_one_label_are_left_out_and_told():
    items = [
        judged(1, "a", "a", "a"),
        judged(2, None, "a", "a", unlabelled="split"),
        judged(3, None, "b", "b", unlabelled="contradicted"),
        judged(4, None, "b", "b"),
        judged(5, None, unlabelled="unasked"),
    ]
    found = agreement(items, rng=rng())[0]
    assert (found.value, found.n) == (1.0, 1)
    assert (
        "left out: 1 battle on which people are split; 1 battle whose gold labels contradict each other; 1 battle that a rule"
        in found.note
    )
    (nobody, *_) = agreement(items[1:4], rng=rng())
    assert nobody.value is None
    assert nobody.note.startswith(
        "neither people nor gold labels say of any of its battles which answer is better; left out: 1 battle"
    )


def test_a_judge_that_never_gave_a_verdict_has_no_agreement_of_zero():
    found = named([judged(n, "a", "-", "-") for n in range(20)])["agreement with people"]
    assert (found.value, found.n, found.note) == (None, 20, "none of 40 replies on labelled battles has a verdict")


def test_a_judge_that_always_says_the_first_slot_agrees_half_of_the_time_with_an_interval():
    found = named([judged(n, "ab"[n % 2], "a", "b") for n in range(50)])
    headline = found["agreement with people"]
    assert headline.value == 0.5
    assert headline.low < 0.45
    assert headline.high > 0.55
    assert found["agreement where both orders agree"].note == "on none of 50 labelled battles do the two orders say the same"


def test_one_order_gives_the_figures_of_one_order_and_a_reason_in_place_of_the_others():
    items = [judged(n, "a" if n < 30 else "tie", "a" if n % 4 else "t") for n in range(40)]
    found = named(items)
    headline = found["agreement with people"]
    n_right = sum((n < 30) == bool(n % 4) for n in range(40))
    assert (headline.value, headline.n) == (n_right / 40, 40)
    assert "from one order alone" in headline.note
    assert found["agreement where both orders agree"].note == ONE_ORDER
    assert found["Cohen's kappa"].n == 40
    games = [game(str(n), "ab", "first" if n % 4 else "tie") for n in range(40)]
    by_name = {figure.name: figure for figure in position_figures(games, rng=rng())}
    for name in ("position consistency", "delta bias", "McNemar's test of the slot", "first slot among inconsistent battles"):
        assert (by_name[name].value, by_name[name].low, by_name[name].note) == (None, None, ONE_ORDER)
    assert by_name["first-slot rate"].n == 30


def test_some_battles_in_one_order_only_are_told():
    found = named([judged(n, "a", *(["a", "b"] if n < 6 else ["a"])) for n in range(10)])["agreement with people"]
    assert (found.value, found.n) == (pytest.approx((6 * 0.5 + 4) / 10), 10)
    assert "4 of 10 battles were judged in one order only" in found.note


def test_gold_figures_of_one_order_are_refused_where_they_need_two():
    games = [GoldPairGames(str(n), (PlayedGame("ab", 0, Verdict("first" if n < 6 else "tie")),), "a") for n in range(8)]
    found = {figure.name: figure for figure in gold_figures(games, rng=rng())}
    assert (found["right in the first order"].value, found["right in the first order"].n) == (0.75, 8)
    assert found["right in the second order"].note == "no pair was judged with the answer first that its file shows second"
    for name in ("right in both orders", "right by the two-game sum", "half for a disagreement", "inconsistent"):
        assert (found[name].value, found[name].low, found[name].note) == (None, None, ONE_ORDER)


def test_right_in_both_orders_has_three_classes():
    """Auto-J's agreement: both verdicts name the label, which may be a tie, out of all pairs."""
    said = [("a", "11"), ("a", "12"), ("b", "22"), ("tie", "tt"), ("tie", "t1"), ("tie", "11"), ("both_bad", "tt"), ("b", "t-")]
    slots = {"ab": {"1": "first", "2": "second"}, "ba": {"1": "second", "2": "first"}}
    pairs = []
    for number, (label, both) in enumerate(said):
        games = tuple(
            PlayedGame(order, 0, None if each == "-" else Verdict(slots[order].get(each, "tie")))
            for order, each in zip(("ab", "ba"), both, strict=True)
        )
        pairs.append(GoldPairGames(str(number), games, label))
    found = {figure.name: figure for figure in gold_figures(pairs, rng=rng())}
    # By hand: pairs 0, 2, 3 and 6; in the first order also 1 and 4.
    assert (found["right in both orders"].value, found["right in both orders"].n) == (4 / 8, 8)
    assert (found["right in the first order"].value, found["right in the second order"].value) == (6 / 8, 4 / 8)
    assert (found["inconsistent"].value, found["without a verdict in both orders"].value) == (2 / 8, 1 / 8)
    assert (found["right by the two-game sum"].value, found["right by the two-game sum"].n) == (2 / 4, 4)
    assert found["right by the two-game sum"].note == "4 pairs labelled as ties left out: they have no winner"


# --- graders ----------------------------------------------------------------------------------------------------------


def grades(*by_repeat: tuple[float | None, float | None], battle: str = "1", answers: tuple[str, str] = ("", "")):
    """One battle: what each repeat gives to a and to b."""
    return [
        AuditGame(
            battle,
            battle,
            "x",
            "y",
            order,
            repeat,
            None,
            GameState.OK if score is not None else GameState.UNPARSABLE,
            score,
            answer,
        )
        for repeat, both in enumerate(by_repeat)
        for order, score, answer in zip(("ab", "ba"), both, answers, strict=True)
    ]


def test_a_grader_has_consistency_repetition_and_icc_from_what_has_repeats():
    games = [each for n in range(20) for each in grades((4, 2), (4, 3), (5, 2 + n % 2 * 4), battle=str(n))]
    once = grades((5, 1), battle="once")
    found = {figure.name: figure for figure in position_figures([*games, *once], rng=rng())}
    assert (found["consistency of repeats"].value, found["consistency of repeats"].n) == (0.5, 20)
    assert found["consistency of repeats"].note.endswith("1 graded once left out")
    # a: 4 4 5; b: 2 3 2 or 2 3 6
    assert found["repetition stability"].value == pytest.approx((20 * 2 / 3 + 10 * 2 / 3 + 10 * 1 / 3) / 40)
    assert (found["repetition stability"].n, found["repetition stability"].unit) == (40, "answers")
    assert found["position consistency"].note == "answers are graded one by one: there are no slots"
    icc, _ = score_reliability([*games, *once], rng=rng())
    assert (icc.n, icc.note) == (
        40,
        "20 prompts only: the interval is likely too narrow; 2 answers left out that lack one of the 3 games",
    )
    assert icc.value == score_reliability(games, rng=rng())[0].value


def test_a_missing_repeat_leaves_one_answer_out_and_no_more():
    games = [each for n in range(12) for each in grades((n % 5, 2), (n % 5, 3), battle=str(n))]
    failed = grades((4, 2), (None, 2), battle="x")
    icc, _ = score_reliability([*games, *failed], rng=rng())
    assert (icc.n, icc.is_defined) == (25, True)
    assert consistency_of_repeats([*games, *failed], margin=0, rng=rng()).n == 12


def test_an_answer_that_stands_in_several_battles_counts_once():
    games = [each for n in range(5) for each in grades((n, 2), (n, 3), battle=str(n), answers=(f"own {n}", "shared"))]
    assert stability(games, rng=rng()).n == 6
    assert score_reliability(games, rng=rng())[0].n == 6


def test_a_grader_without_repeats_says_so():
    games = [each for n in range(5) for each in grades((4, 2), battle=str(n))]
    found = {figure.name: figure for figure in position_figures(games, rng=rng())}
    assert found["consistency of repeats"].note == found["repetition stability"].note == "nothing was asked more than once"
    assert score_reliability(games, rng=rng())[0].note == "no answer was scored twice"


def test_repeats_in_one_order_alone_have_stability():
    games = [game(str(n), "ab", winner, repeat=k) for n in range(4) for k, winner in enumerate(("first", "first", "tie"))]
    found = {figure.name: figure for figure in position_figures(games, rng=rng())}
    assert (found["repetition stability"].value, found["position consistency"].note) == (pytest.approx(2 / 3), ONE_ORDER)


@pytest.mark.bench
@pytest.mark.parametrize(
    ("n", "per", "mean", "sd"), [(20, 1, 0.9, 0.0), (50, 1, 0.98, 0.0), (200, 1, 0.98, 0.0), (20, 5, 0.9, 0.1)]
)
def test_how_often_the_interval_of_the_headline_holds_the_truth(n, per, mean, sd):
    drawn, held = np.random.default_rng(1), []
    for _ in range(1_000):
        chances = np.repeat(np.clip(drawn.normal(mean, sd, size=n), 0, 1), per)
        shares = ((drawn.random(n * per) < chances) * 1.0 + (drawn.random(n * per) < chances)) / 2
        held.append(
            mean_share(WITH_GOLD, shares.tolist(), [str(each // per) for each in range(n * per)], n_replies=2 * n * per)
        )
    truth = mean if not sd else float(np.mean([figure.value for figure in held]))
    assert 0.93 < np.mean([figure.low <= truth <= figure.high for figure in held]) < 0.985
