"""Evidence of judges under hard conditions: acts in the middle of a reading, rules that speak for a judge, odd judges."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from arena.evidence import ledger
from judges.audits.refresh import audit_judge, due_audits
from judges.games.curation import set_aside_games
from judges.games.recording import ENDING, end_game, file_ended, give_verdict, update_games
from judges.models import Game, GoldItem, GoldSet
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.comparisons import game_history
from ranking.comparisons.game_history import games_at
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.test_judge_selection import ask, judge_board, make_pair, rows_of, say

pytestmark = pytest.mark.django_db


def figures_of(audit):
    return {figure["name"]: figure for figures in audit.figures.values() for figure in figures}


# --- acts while evidence is read --------------------------------------------------------------------------------------


def test_what_a_curator_sets_aside_while_games_are_read_counts_as_before_it(monkeypatch):
    arena, a, b = make_pair()
    judge = make_judge()
    ask(arena, (a, b), [{judge: side} for side in "abababab"])
    position, read = ledger.sequence(), game_history.read_games

    def rows(*where):
        set_aside_games(Game.objects.filter(pk__lte=Game.objects.order_by("pk")[3].pk), "why", None)
        return read(*where)

    monkeypatch.setattr(game_history, "read_games", rows)
    during = games_at(arena.pk, position)
    monkeypatch.undo()
    assert during.counts.tolist() == games_at(arena.pk, position).counts.tolist() == [True] * 16


def test_a_failed_game_that_is_played_again_while_games_are_read_is_there_once(monkeypatch):
    arena, a, b = make_pair()
    ask(arena, (a, b), [{make_judge(): side} for side in ["a", ""]])
    position, read = ledger.sequence(), game_history._earlier

    def earlier(*where):
        failed = Game.objects.failed().first()
        end_game(failed, GameState.OK)
        give_verdict(failed, Verdict("first"))
        file_ended([failed], arena_id=arena.pk, now=timezone.now(), reason="again")
        update_games([failed], ENDING)
        return read(*where)

    monkeypatch.setattr(game_history, "_earlier", earlier)
    during = games_at(arena.pk, position)
    monkeypatch.undo()
    assert during.state.tolist() == games_at(arena.pk, position).state.tolist()
    assert len(during) == 4


def test_a_board_that_is_edited_leaves_its_old_snapshots_as_they_were():
    arena, a, b = make_pair()
    for category, outcome in [("maths", "a"), ("maths", "b"), ("maths", "a"), ("writing", "b"), ("writing", "tie")]:
        make_vote(make_battle(a, b, make_prompt(arena, category=category)), outcome)
    board = make_board(arena, category="maths")
    snapshot = publish_snapshot(board)
    Leaderboard.objects.filter(pk=board.pk).update(category="writing")
    again = rebuild(type(snapshot).objects.get(pk=snapshot.pk))
    assert (again.same_evidence, again.largest_difference) == (True, 0.0)


# --- rules that speak for a judge -------------------------------------------------------------------------------------


def test_identical_answers_do_not_make_a_judge_usable():
    """A rule of ours ties them without asking it."""
    arena, a, b = make_pair()
    judge = make_judge("stuck")
    ask(arena, (a, b), [{judge: "?"}] * 30)
    for _ in range(40):
        battle = make_battle(a, b, make_prompt(arena))
        make_vote(battle, "tie")
        for order in ("ab", "ba"):
            make_game(battle, judge, "tie", order=order, state="rule")
    audit = audit_judge(judge, arena)
    found = figures_of(audit)
    assert not audit.is_usable
    assert (found["position consistency"]["value"], found["position consistency"]["n"]) == (0.0, 30)
    assert found["slot intercept gamma"]["value"] > 2
    assert found["agreement with people"]["n"] == 0
    assert rows_of(arena).tally.n_comparisons == 0


# --- odd judges and rules ---------------------------------------------------------------------------------------------


def gold_arena(*labels):
    arena, a, b = make_pair()
    gold = GoldSet.objects.create(arena=arena, name="gold")
    battles = [make_battle(a, b, make_prompt(arena)) for _ in labels]
    for battle, label in zip(battles, labels, strict=True):
        GoldItem.objects.create(gold_set=gold, battle=battle, label=label)
    return arena, battles


def test_a_judge_without_a_readable_reply_is_audited_beside_labels_with_ties():
    arena, battles = gold_arena("a", "tie")
    judge = make_judge()
    for battle in battles:
        say(judge, battle, "")
    assert figures_of(audit_judge(judge, arena))["without a verdict in both orders"]["value"] == 1.0


def test_grades_of_single_answers_are_no_missing_verdicts_of_a_gold_set():
    arena, battles = gold_arena("a", "tie")
    judge = make_judge(protocol="rubric_10")
    for battle in battles:
        for order, score in (("ab", 9.0), ("ba", 2.0)):
            make_game(battle, judge, "", order=order, state="ok", score_first=score)
    found = figures_of(audit_judge(judge, arena))
    assert "without a verdict in both orders" not in found
    assert found["agreement with gold labels"]["n"] == 2


@pytest.mark.parametrize("combiner", ["mean", "arena_hard_weighted"])
def test_shares_of_a_battle_are_one_verdict(combiner):
    arena, a, b = make_pair()
    judge = make_judge()
    for _ in range(20):
        battle = make_battle(a, b, make_prompt(arena))
        make_game(battle, judge, "first", order="ab")
        make_game(battle, judge, "tie", order="ba")
    snapshot = publish_snapshot(judge_board(arena, combiner=combiner))
    assert {entry.n_votes for entry in snapshot.entries.all()} == {snapshot.n_votes}


def test_elo_is_not_offered_by_shares():
    board = Leaderboard(arena=make_arena(), sources="judges", method="elo", intervals="bootstrap", combiner="mean")
    with pytest.raises(ValidationError, match="whole comparisons"):
        board.clean()


def test_labels_that_come_later_ring_for_an_audit():
    arena, battles = gold_arena("a")
    judge = make_judge()
    say(judge, battles[0], "a")
    ledger.sequence()
    audit = audit_judge(judge, arena)
    type(audit).objects.update(not_before=None)
    assert due_audits() == []
    ledger.record_labels(arena_id=arena.pk, n_labels=1, reason="gold set more")
    ledger.sequence()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert due_audits() == [(judge.pk, arena.pk)]


def test_while_votes_come_in_audits_wait_for_a_pause_but_not_for_long():
    """Boards are fitted first: whoever votes looks at them."""
    arena, battles = gold_arena("a")
    judge = make_judge()
    say(judge, battles[0], "a")
    audit = audit_judge(judge, arena)
    type(audit).objects.update(not_before=None)
    ledger.record_labels(arena_id=arena.pk, n_labels=1, reason="news")
    ledger.sequence()
    assert due_audits() == []
    type(audit).objects.update(made_at=timezone.now() - timedelta(minutes=3))
    assert due_audits() == [(judge.pk, arena.pk)]


def test_one_competitor_and_no_prompt_are_no_fault():
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    battle = make_battle(a, b)
    judge = make_judge()
    say(judge, battle, "a")
    assert audit_judge(judge, arena).n_games == 2
