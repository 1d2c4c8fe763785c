"""Votes that programs brought count, or do not, as each board says; its hashes, notes and snapshots follow."""

import pytest

from arena.evidence.external_votes import ExternalVote, cast_external, external_voters
from arena.outcomes import Outcome
from ranking.boards.publishing import publish_snapshot, rebuild
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db
METHODS = {
    "people": {},
    "style": {"method": "style_controlled", "covariates": "length"},
    "pooled": {"sources": "both"},
    "combined": {"sources": "both", "method": "prediction_powered"},
}


@pytest.fixture
def battles():
    arena = make_arena("garden")
    a, b = make_competitor(arena, "Kestrel"), make_competitor(arena, "Osmia")
    judge = make_judge()
    made = [make_battle(a, b, make_prompt(arena), with_answers=True) for _ in range(6)]
    for n, battle in enumerate(made):
        make_vote(battle, "a" if n % 2 else "b")
        for order in ("ab", "ba"):
            make_game(battle, judge, "first" if order == "ab" else "second", order=order)
    return made


def bring(battles, outcome=Outcome.B):
    arena = battles[0].arena
    voter = external_voters(arena, make_user(), ["v1"])["v1"]
    now = battles[0].created_at
    cast_external(arena, [ExternalVote(each.pk, voter, outcome, "", None, now) for each in battles])


def boards_of(battles, **fields):
    arena = battles[0].arena
    return make_board(arena, **fields), make_board(arena, counts_external=False, **fields)


@pytest.mark.parametrize("method", METHODS)
def test_a_board_that_leaves_them_out_is_as_if_they_had_not_come(battles, method):
    with_them, without = boards_of(battles, **METHODS[method])
    before = [publish_snapshot(board) for board in (with_them, without)]
    bring(battles)
    after = [publish_snapshot(board) for board in (with_them, without)]
    assert (after[0].pk == before[0].pk, after[1].pk == before[1].pk) == (False, True)
    assert (before[0].content_hash, before[0].evidence_hash) == (before[1].content_hash, before[1].evidence_hash)
    assert after[0].content_hash != before[0].content_hash
    assert (after[0].n_votes - before[0].n_votes, after[0].n_voters - before[0].n_voters) == (6, 1)
    for snapshot in after:
        made_again = rebuild(snapshot)
        assert (made_again.same_evidence, made_again.largest_difference) == (True, 0.0)


def test_readers_are_told_and_a_board_as_before_says_nothing_new(battles):
    as_before, without = (publish_snapshot(board) for board in boards_of(battles))
    assert ("without_external" in without.note_codes, "without_external" in as_before.note_codes) == (True, False)
    assert (without.parameters["external"], "external" in as_before.parameters) == (False, False)


def test_a_board_that_is_switched_has_another_snapshot_at_once(battles):
    bring(battles)
    board = make_board(battles[0].arena)
    before = publish_snapshot(board)
    board.counts_external = False
    board.save()
    after = publish_snapshot(board)
    assert (before.n_votes, after.n_votes) == (12, 6)
    assert rebuild(before).same_evidence
