"""The battles behind a figure are those that it counts."""

import numpy as np
import pytest

from judges.audits.audit import audit
from judges.audits.figures.battle_sets import LINKS, MOST_KEPT, BattleSet, battle_sets, gold_links, gold_sets
from judges.audits.figures.inputs import AuditItem, Looks
from judges.audits.figures.set_texts import WORDS
from judges.verdicts.combiners import LabelledGames, PlayedGame, score_against_labels
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
from tests.judges.making_pairs import stored_pairs
from tests.judges.scripted import game

WINNERS = ("first", "second", "tie")
SHARES = (
    "agreement where both orders agree", "position consistency", "position consistency without ties",
    "first slot among inconsistent battles", "McNemar's test of the slot",
    "P(longer preferred)", "P(longer preferred) at equal quality", "P(more list items preferred)", "P(more bold preferred)",
)  # fmt: skip


def rich_audit(*, n: int = 400):
    """Judge and people say anything of anything, in both orders."""
    rng = np.random.default_rng(3)
    games, items = [], []
    for number in range(n):
        key, a, b = str(number), *(f"m{each}" for each in rng.choice(5, 2, replace=False))
        games += [game(key, order, str(rng.choice(WINNERS)), prompt=str(number % 40), a=a, b=b) for order in ("ab", "ba")]
        judged, human = (str(rng.choice(["a", "b", "tie"])) for _ in range(2))
        looks = [Looks(*rng.integers(0, 3, size=3).tolist()) for _ in range(2)]
        grades = {"judged_grade": int(rng.integers(-2, 3)), "human_grade": int(rng.integers(-2, 3))}
        items.append(AuditItem(key, str(number % 40), a, b, judged, human, *looks, own_a=a == "m0", own_b=b == "m0", **grades))
    return audit(games, items, rng=rng)


@pytest.fixture(scope="module")
def rich():
    return rich_audit()


@pytest.mark.parametrize("name", SHARES)
def test_the_first_set_of_a_share_holds_its_hits_and_both_together_what_it_counts(rich, name):
    figure = next(figure for figure in rich.figures() if figure.name == name)
    hits, rest = (rich.sets[key].n for key in figure.sets)
    assert hits + rest == figure.n
    assert hits / figure.n == pytest.approx(figure.value)


def test_every_figure_of_battles_names_its_sets(rich):
    without = [figure.name for figure in rich.figures() if figure.is_defined and not figure.sets]
    # Coverage is told by state, in a table of its own; the others say nothing of its games.
    assert sorted(without) == ["P(longer preferred) by people", "agreement by guessing", "coverage"]


def test_every_set_that_a_figure_names_has_words():
    assert {key for keys in LINKS.values() for key in keys} <= set(WORDS)


def test_total_bias_counts_the_battles_that_lean(rich):
    total = next(figure for figure in rich.figures() if figure.name == "total bias")
    assert sum(rich.sets[key].n for key in total.sets) == round(total.value * total.n)


def test_own_preference_is_the_difference_of_its_recalls(rich):
    n = {key: rich.sets[key].n for key in rich.own_preference.sets}
    own = n["own_found"] / (n["own_found"] + n["own_missed"])
    other = n["other_found"] / (n["other_found"] + n["other_missed"])
    assert rich.own_preference.value == pytest.approx(own - other)


def test_the_newest_are_kept_and_all_are_counted():
    found = BattleSet.of("x", "all", [str(number) for number in range(1_000)])
    assert (found.n, len(found.battles)) == (1_000, MOST_KEPT)
    assert (found.battles[0], found.battles[-1]) == ("999", "800")


def test_a_failed_game_is_found_by_its_state():
    failed = game("7", "ab", None)
    games = [failed.__class__(**{**{f: getattr(failed, f) for f in failed.__dataclass_fields__}, "state": GameState.REFUSED})]
    assert battle_sets(games, [])["ended_refused"].battles == ("7",)


def test_graded_answers_are_found_by_what_is_true_and_what_was_said():
    graded = [(True, True, "1"), (True, False, "2"), (False, True, "3"), (False, False, "4")]
    found = {key: each.battles for key, each in battle_sets([], [], graded=graded).items()}
    assert found == {"right_as_right": ("1",), "right_as_wrong": ("2",), "wrong_as_right": ("3",), "wrong_as_wrong": ("4",)}


def test_a_cycle_is_found_by_its_battles():
    cycle = [AuditItem(f"1{a}{b}", "1", a, b, "a") for a, b in (("x", "y"), ("y", "z"), ("z", "x"))]
    line = [AuditItem(f"2{a}{b}", "2", a, b, "a") for a, b in (("x", "y"), ("y", "z"), ("x", "z"))]
    found = battle_sets([], cycle + line)
    assert (found["cyclic"].battles, found["straight"].battles) == (("1zx", "1yz", "1xy"), ("2yz", "2xz", "2xy"))


def test_gold_sets_hold_what_earns_under_each_rule():
    battles = [
        LabelledGames(row["id"], tuple(PlayedGame(order, 0, Verdict(row[order])) for order in ("ab", "ba")), row["label"])
        for row in stored_pairs()
    ]
    found, scores = gold_sets("gold_1_", battles), score_against_labels(battles)
    hits, rest = gold_links("gold_1_", "both_orders")
    assert (found[hits].n, found[rest].n) == (scores.both_orders, 350 - scores.both_orders)
    assert found["gold_1_n_inconsistent"].n == scores.n_inconsistent
    assert "gold_1_n_null" not in found
