"""Answers that come after the votes: boards that look at answers follow, and what was fitted before stays as it was."""

import numpy as np
import pytest

from arena.importing.loading.late_answers import give_answers
from arena.models import Battle, Import
from arena.texts.style_features import style_features
from judges.audits.refresh import audit_judge
from judges.games.offline_games import offline_judge
from judges.runs.battle_selection import standing_battles
from judges.runs.planning import plan_judging
from ranking.boards.publishing import publish_snapshot, rebuild
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote, make_voter
from tests.judges.game_factories import make_judge
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.test_combined_boards import SAME, combined_board, say

pytestmark = pytest.mark.django_db


def make_bare(n_prompts=40):
    """Voted battles as a file without answers brings them."""
    arena, rng = make_arena(asked_share=0), np.random.default_rng(1)
    a, b = make_competitor(arena), make_competitor(arena)
    source = Import.objects.create(
        arena=arena, kind="battles", format="chatbot-arena", filename="x.csv", path="x", digest="0", state="published"
    )
    voter = make_voter(arena)
    for number in range(n_prompts):
        key = number.to_bytes(16, "big")
        battle = make_battle(a, b, make_prompt(arena, language="en"), source=source, row_key=key)
        make_vote(battle, str(rng.choice(["a", "b"])), voter, first_shown=str(rng.choice(["a", "b"])))
    return arena


def answers_come(arena):
    """In a file, to every prompt; how many battles got them."""
    rng = np.random.default_rng(2)
    for prompt in arena.prompts.filter(responses=None):
        for competitor in arena.competitors.all():
            text = f"**Answer** {competitor.pk} " * int(rng.integers(1, 9))
            make_response(prompt, competitor, text, **style_features(text))
    source = Import.objects.create(arena=arena, kind="responses", format="jsonl", filename="y", path="y", digest="1")
    return give_answers(source)


def test_a_style_board_reads_the_answers_from_then_on_and_its_old_snapshot_stays():
    arena = make_bare()
    board = make_board(arena, method="style_controlled", covariates="length")
    before = publish_snapshot(board)
    assert answers_come(arena) == 40
    after = publish_snapshot(board)
    assert after.pk != before.pk
    assert any("texts of no two answers" in note for note in before.notes)
    assert not any("texts of no two answers" in note for note in after.notes)
    assert rebuild(before) == rebuild(after) == SAME


def test_a_combined_board_is_made_again_as_it_was():
    arena = make_bare()
    judge = make_judge()
    others = [make_battle(*arena.competitors.all(), make_prompt(arena), with_answers=True) for _ in range(5)]
    for battle in others:
        say(battle, judge, "a")
    before = publish_snapshot(combined_board(arena))
    answers_come(arena)
    for battle in Battle.objects.filter(row_key__isnull=False)[:35]:
        say(battle, judge, "a")
    after = publish_snapshot(before.leaderboard)
    assert rebuild(before) == rebuild(after) == SAME
    assert any("people voted on 35 of these" in note for note in after.notes)


def test_a_judge_is_compared_with_people_once_the_answers_are_here_and_its_page_says_why_it_is_not():
    arena, judge = make_bare(), offline_judge("longer")
    other = make_battle(*arena.competitors.all(), make_prompt(arena), with_answers=True)
    plan_judging(arena, [judge], [other.pk])
    headline = audit_judge(judge, arena).figures["people"][0]
    why = "40 battles that people voted on came without answers: judges cannot be compared with people on them"
    assert why in headline["note"]
    answers_come(arena)
    plan_judging(arena, [judge], standing_battles(arena))
    headline = audit_judge(judge, arena).figures["people"][0]
    assert headline["n"] == 40
    assert why not in headline["note"]
