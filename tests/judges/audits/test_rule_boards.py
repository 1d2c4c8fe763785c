"""The board that a judge makes by itself, and how it moves with the rule."""

import numpy as np
import pytest

from judges.audits.figures.inputs import AuditGame
from judges.audits.figures.rule_boards import boards_by_rule, draws_of
from judges.verdicts.combiner_texts import COMBINER_TEXTS, GAMES
from judges.verdicts.game_states import GameState
from ranking.maths import bootstrap
from ranking.maths.models.contextual import fit_contextual
from tests.judges.scripted import game

STRENGTH = {"strong": 1.5, "middle": 0.0, "weak": -1.5}


def judged(*, n_prompts: int = 150, slot: float = 0.0, seed: int = 1) -> list[AuditGame]:
    """Every pair on every prompt, in both orders, with a liking for the first slot in log-odds."""
    rng, games = np.random.default_rng(seed), []
    for prompt in range(n_prompts):
        for a, b in (("strong", "middle"), ("middle", "weak"), ("strong", "weak")):
            for order, lead in (("ab", STRENGTH[a] - STRENGTH[b]), ("ba", STRENGTH[b] - STRENGTH[a])):
                first = rng.random() < 1 / (1 + np.exp(-(lead + slot)))
                games.append(game(f"{prompt}{a}{b}", order, "first" if first else "second", prompt=str(prompt), a=a, b=b))
    return games


def by_rule(games, **options):
    return {board.rule: board for board in boards_by_rule(games, **options)}


def test_every_combiner_makes_a_board_and_every_game_comes_first():
    boards = boards_by_rule(judged())
    assert [board.rule for board in boards] == list(COMBINER_TEXTS)
    assert all(sorted(board.standings, key=lambda name: board.standings[name].rank) == list(STRENGTH) for board in boards)
    assert [board.tau for board in boards] == pytest.approx([1.0] * len(boards))


def test_a_liking_for_a_slot_is_taken_out_of_the_board_of_games():
    ratings = by_rule(judged(n_prompts=400, slot=1.0))[GAMES].ratings
    assert ratings["strong"] - ratings["weak"] == pytest.approx(3.0, abs=0.3)


def test_rules_differ_in_what_they_decide():
    boards = by_rule(judged(slot=0.7))
    decided = {rule: board.n_decided for rule, board in boards.items()}
    assert decided["consistent_only"] == decided["both_correct"] < decided["conservative_tie"] == 450
    assert all(board.n_decided + board.n_undecided == 450 for board in boards.values())


def test_ratings_have_intervals_that_hold_the_truth():
    standing = by_rule(judged(n_prompts=400))[GAMES].standings["strong"]
    assert standing.low < 1.5 < standing.high
    assert standing.high - standing.low < 0.5


def test_a_judge_of_one_slot_tells_nobody_apart_under_any_rule():
    games = [game(str(n), order, "first") for n in range(20) for order in ("ab", "ba")]
    boards = by_rule(games)
    assert boards["consistent_only"].reason.startswith("nothing is decided: the orders disagree")
    assert boards["first_order_only"].reason.startswith("nobody has a rating: ")
    level = boards[GAMES].standings  # its liking for the slot is taken out, and nothing is left
    assert {standing.rank for standing in level.values()} == {1}
    assert all(standing.low < 0 < standing.high for standing in level.values())
    assert not any(board.tau for board in boards.values())


def test_one_order_alone_is_no_board_for_rules_that_want_both():
    games = [each for each in judged() if each.order == "ab"]
    boards = by_rule(games)
    assert boards["mean"].reason == "nothing is decided: both orders have to be played for this rule"
    assert boards["first_order_only"].ratings == boards["majority_of_repeats"].ratings
    assert boards["first_order_only"].standings


def test_without_games_there_is_no_board():
    assert {board.reason for board in boards_by_rule([])} == {"no games"}


def test_answers_that_were_graded_one_by_one_are_compared_by_the_margin_under_every_rule():
    def graded(battle: str, points_a: float, points_b: float) -> list[AuditGame]:
        points = (("ab", points_a), ("ba", points_b))
        return [AuditGame(battle, battle, "x", "y", order, 0, None, GameState.OK, score) for order, score in points]

    games = [*graded("1", 9, 4), *graded("2", 4, 9), *graded("3", 9, 2), *graded("4", 5, 4)]
    boards = boards_by_rule(games, margin=2)
    # Three decided by points and one tie: 2.5 of 4 points.
    assert {round(board.ratings["x"] - board.ratings["y"], 6) for board in boards} == {round(float(np.log(2.5 / 1.5)), 6)}
    assert {board.n_decided for board in boards} == {4}


def test_a_battle_that_was_graded_again_counts_once_by_its_means():
    def graded(battle: str, *both: tuple[float, float]) -> list[AuditGame]:
        return [
            AuditGame(battle, battle, "x", "y", order, repeat, None, GameState.OK, score)
            for repeat, scores in enumerate(both)
            for order, score in zip(("ab", "ba"), scores, strict=True)
        ]

    games = [*graded("1", (9, 4), (1, 3), (2, 3)), *graded("2", (4, 9)), *graded("3", (9, 2))]
    # By repeats x wins one of the first battle's three; by the means 4 against 3.3 it wins the battle, and 2 of 3.
    found = {round(board.ratings["x"] - board.ratings["y"], 6) for board in boards_by_rule(games)}
    assert found == {round(float(np.log(2)), 6)}


def test_resampled_boards_are_as_wide_as_a_bootstrap_of_the_rows():
    fit = by_rule(judged(slot=0.5))[GAMES].fit
    quick = draws_of(fit, rng=np.random.default_rng(1), n_replicates=400)
    rows = bootstrap(fit.comparisons, method=fit_contextual, cluster="prompt", n_resamples=100, rng=np.random.default_rng(2))
    assert quick.std(axis=0) == pytest.approx(rows.standard_errors(), rel=0.25)
    assert quick.mean(axis=0) == pytest.approx(fit.ratings, abs=0.05)


def test_one_prompt_says_nothing_about_how_sure_a_board_is():
    said = {"1": "first", "2": "second", "3": "first"}
    fit = by_rule([game(battle, "ab", slot, prompt="0") for battle, slot in said.items()])["first_order_only"].fit
    assert fit.names == ("x", "y")
    assert draws_of(fit, rng=np.random.default_rng(1)) is None
