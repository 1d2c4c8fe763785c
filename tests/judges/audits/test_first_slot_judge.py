"""A judge that always says the first slot, from the wire to its page: it decides nothing, ranks nobody, is called unusable."""

import pytest
from django.urls import reverse

from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.verdicts.combiners import PlayedGame, combine
from judges.verdicts.verdict import Verdict
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.judges.remote import GoldRow, ask_all, audited, games_by_battle, judge_at, make_gold_arena
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

N = 30


@pytest.fixture
def stuck(settings):
    """The arena, and the judge that was asked about all of its battles."""
    arena = make_gold_arena(GoldRow(f"Question {n}?", f"Answer {n}.", f"Other answer {n}.", "a") for n in range(N))
    with serving(Script(judge=JudgeScript(always="first"))) as fake:
        judge = judge_at(fake, settings, wire="anthropic")
        ask_all(arena, [judge])
        assert len(fake.requests) == 2 * N
    return arena, judge


def test_it_decides_nothing_and_is_marked_unusable_on_its_page(stuck, client):
    arena, judge = stuck
    for games in games_by_battle(judge).values():
        played = [PlayedGame(game.order, game.repeat, Verdict(game.winner)) for game in games.values()]
        assert combine("consistent_only", played).outcome is None
    audit, figures = audited(judge, arena)
    consistency, gamma = figures["position consistency"], figures["slot intercept gamma"]
    assert (consistency["value"], consistency["n"], consistency["high"] < 0.5) == (0.0, N, True)
    # The prior pulls as much as the data: 4.06 / 4 = 60 / (1 + e^4.06).
    assert (gamma["value"], gamma["is_unbounded"]) == (pytest.approx(4.062, abs=1e-3), False)
    assert 0 < gamma["low"] < 2.972  # that is the one-sided bound of Clopper and Pearson
    assert (figures["agreement with gold labels"]["value"], figures["agreement where both orders agree"]["value"]) == (
        0.5,
        None,
    )
    assert (audit.is_usable, audit.is_measured, len(audit.reasons)) == (False, True, 1)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "Unusable." in page
    assert "leans on its prior" in page
    assert "unusable" in client.get(reverse("judges", args=[arena.slug])).content.decode()


def test_no_board_comes_of_it(stuck):
    arena, _ = stuck
    by_games = publish_snapshot(make_board(arena, "games", sources="judges", method=Leaderboard.Method.SLOTS))
    assert set(by_games.entries.values_list("rating", flat=True)) <= {None}
    assert any("is unusable" in note for note in by_games.notes)
    combined = {"sources": "judges", "method": "bradley_terry", "combiner": "consistent_only"}
    decided = publish_snapshot(make_board(arena, "decided", **combined))
    assert (decided.n_votes, set(decided.entries.values_list("rating", flat=True)) <= {None}) == (0, True)


def test_a_usable_judge_beside_it_keeps_its_board(stuck, settings):
    arena, judge = stuck
    with serving(Script(judge=JudgeScript(p_first=0.5))) as fake:
        ask_all(arena, [judge_at(fake, settings)])
    audited(judge, arena)
    board = publish_snapshot(make_board(arena, "both", sources="judges", method=Leaderboard.Method.SLOTS))
    assert None not in set(board.entries.values_list("rating", flat=True))
    assert board.n_votes == 2 * N
    start = f"judge {judge} is unusable, so its {2 * N} verdicts do not count"
    assert any(note.startswith(start) for note in board.notes)
