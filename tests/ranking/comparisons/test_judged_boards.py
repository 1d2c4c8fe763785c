"""Boards of judges: games as comparisons, each judge's liking for a slot taken out, coverage shown, rebuilt from the ledger."""

import re

import numpy as np
import pytest

from arena.evidence import ledger
from arena.models import Event
from judges.games.offline_games import offline_judge
from judges.models import Game, GameChange
from judges.runs.brackets import results_of
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.comparisons.judge_comparisons import judged_evidence
from ranking.comparisons.judge_selection import SelectionRules
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


def make_games(judge, *, n_prompts=40, p_first=0.5, strength=0.0, seed=1, arena=None, orders=("ab", "ba")):
    """Two competitors; a is better by `strength` log-odds, and the slot shown first by logit(p_first)."""
    arena = arena or make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    rng, gamma = np.random.default_rng(seed), np.log(p_first / (1 - p_first))
    for _ in range(n_prompts):
        battle = make_battle(a, b, make_prompt(arena))
        for order in orders:
            lead = gamma + (strength if order == "ab" else -strength)
            make_game(battle, judge, "first" if rng.random() < 1 / (1 + np.exp(-lead)) else "second", order=order)
    return arena, (a, b)


def judge_board(arena, **fields):
    return make_board(arena, **{"sources": "judges", "method": "slot_levelled"} | fields)


def ratings(snapshot):
    return {entry.competitor_id: entry.rating for entry in snapshot.entries.all()}


def test_an_arena_with_games_gets_a_board_of_judges():
    arena, _ = make_games(make_judge(), n_prompts=2)
    boards = {board.slug: board for board in ensure_boards(arena)}
    board = boards[f"{arena.slug}-judges"]
    assert (board.sources, board.method, board.combiner, board.is_default) == ("judges", "slot_levelled", "games", False)


def test_an_arena_with_votes_and_games_gets_a_board_of_both():
    arena, (a, b) = make_games(make_judge(), n_prompts=2)
    assert "both" not in {board.sources for board in ensure_boards(arena)}
    make_vote(make_battle(a, b, make_prompt(arena)), "a")
    boards = {board.slug: board for board in ensure_boards(arena)}
    assert boards[f"{arena.slug}-combined"].sources == "both"
    assert boards[f"{arena.slug}-combined"].method == "prediction_powered"
    assert len(ensure_boards(arena)) == len(boards)


def test_the_bar_leads_to_people_judges_and_both(client):
    arena, (a, b) = make_games(make_judge(), n_prompts=2)
    address = arena.get_absolute_url()
    ensure_boards(arena)
    assert 'class="seg"' in client.get(address).content.decode()
    make_vote(make_battle(a, b, make_prompt(arena)), "a")
    ensure_boards(arena)
    page = client.get(address, {"board": f"{arena.slug}-combined"}).content.decode()
    assert f'<a href="{address}">People</a>' in page
    assert f'<a href="{address}?board={arena.slug}-judges">Judges</a>' in page
    assert f'<a href="{address}?board={arena.slug}-combined" aria-current="true">Combined</a>' in page


def make_newcomer(judge):
    """Two that met on 40 prompts, and a third that met one of them on 4; its arena and these two."""
    arena, (a, _) = make_games(judge, p_first=0.6, seed=3)
    newcomer = make_competitor(arena, "newcomer")
    for n in range(4):
        battle = make_battle(a, newcomer, make_prompt(arena))
        for order in ("ab", "ba"):
            make_game(battle, judge, "first" if n % 2 else "second", order=order)
    return arena, (a, newcomer)


def words_of(client, board):
    page = client.get(board.arena.get_absolute_url(), {"board": board.slug}).text
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize("method", ["slot_levelled", "elo"])
def test_a_board_of_judges_counts_verdicts_in_every_sentence(client, method):
    arena, _ = make_newcomer(make_judge())
    board = judge_board(arena, method=method)
    notes = publish_snapshot(board).notes
    page = words_of(client, board)
    assert [note for note in notes if "newcomer: 8 verdicts on 4 prompts" in note], notes
    assert "8 verdicts on 4 prompts" in page
    assert "Counted verdicts on its battles" in page
    assert "verdicts on one prompt are not independent" in page
    live = page[page.index('id="live"') :]
    assert not re.search(r"\bvotes?\b(?!=)", re.sub(r"<[^>]*>", " ", live), re.IGNORECASE), live


def test_a_board_of_votes_and_verdicts_that_count_alike_says_both(client):
    arena, (a, newcomer) = make_newcomer(make_judge())
    make_vote(make_battle(a, newcomer, make_prompt(arena)), "a")
    board = judge_board(arena, sources="both", method="bradley_terry")
    publish_snapshot(board)
    page = words_of(client, board)
    assert "9 votes and verdicts on 5 prompts" in page
    assert "votes and verdicts on one prompt are not independent" in page


def test_baselines_make_no_board():
    arena, _ = make_games(offline_judge("longer"), n_prompts=2)
    ensure_boards(arena)
    assert not Leaderboard.objects.filter(arena=arena, sources="judges").exists()


def test_the_board_names_each_judge_with_its_slot_intercept():
    arena, _ = make_games(make_judge("leaning"), n_prompts=300, p_first=0.7, strength=1.5)
    snapshot = publish_snapshot(judge_board(arena))
    note = next(note for note in snapshot.notes if note.startswith("slot intercept of leaning"))
    estimate = float(note.split(": ")[1].split(" ")[0])
    assert abs(estimate - np.log(0.7 / 0.3)) < 0.3
    assert "95 % interval" in note


def play(battle, judge, order, *, lead, rng):
    make_game(battle, judge, "first" if rng.random() < 1 / (1 + np.exp(-lead)) else "second", order=order)


def test_ratings_are_those_without_the_liking_for_a_slot():
    """Most games were played with b first, by a judge who leans to the first slot: the games in both orders tell how much."""
    judge, rng = make_judge(), np.random.default_rng(1)
    arena, (a, b) = make_games(judge, n_prompts=400, p_first=0.8, strength=2.0, orders=("ba",))
    for _ in range(100):
        battle = make_battle(a, b, make_prompt(arena))
        for order, better in (("ab", 2.0), ("ba", -2.0)):
            play(battle, judge, order, lead=np.log(4) + better, rng=rng)
    plain = ratings(publish_snapshot(judge_board(arena, method="bradley_terry")))
    levelled = ratings(publish_snapshot(judge_board(arena)))
    assert levelled[a.pk] - levelled[b.pk] > plain[a.pk] - plain[b.pk] + 50


def test_a_judge_that_always_says_the_first_slot_makes_no_board():
    arena, _ = make_games(make_judge("stuck"), p_first=1 - 1e-12)
    snapshot = publish_snapshot(judge_board(arena))
    assert set(ratings(snapshot).values()) == {None}
    why = "judge stuck is unusable, so its 80 verdicts do not count: the upper 95 % limit of its consistency is 0."
    assert any(note.startswith(why) for note in snapshot.notes)
    assert (snapshot.n_votes, snapshot.n_set_aside) == (0, 0)


def test_consistent_only_drops_what_the_orders_disagree_on():
    arena, _ = make_games(make_judge(), p_first=1 - 1e-12)
    board = judge_board(arena, method="bradley_terry", combiner="consistent_only")
    assert publish_snapshot(board).n_votes == 0


def test_coverage_is_shown():
    judge = make_judge()
    arena, (a, b) = make_games(judge, n_prompts=9)
    make_game(make_battle(a, b, make_prompt(arena)), judge, "", state="refused")
    snapshot = publish_snapshot(judge_board(arena))
    assert "coverage 94.7 %, under 95 %: 18 of 19 games of judges have a verdict" in snapshot.notes
    assert snapshot.n_votes == 18


def test_tainted_games_and_those_set_aside_do_not_count():
    arena, _ = make_games(make_judge(), n_prompts=5)
    games = list(Game.objects.order_by("pk")[:3])
    Game.objects.filter(pk=games[0].pk).update(taints=["a: label"])
    snapshot = publish_snapshot(judge_board(arena))
    assert (snapshot.n_votes, snapshot.n_set_aside) == (9, 0)
    set_aside(games[1])
    again = publish_snapshot(snapshot.leaderboard)
    assert (again.n_votes, again.n_set_aside) == (8, 1)


def set_aside(game, *, is_counted=False):
    kind = Event.Kind.GAMES_RESTORED if is_counted else Event.Kind.GAMES_SET_ASIDE
    event = ledger.record_games(kind, arena_id=game.battle.arena_id, n_games=1)
    GameChange.objects.create(game=game, event=event, is_counted=is_counted)
    Game.objects.filter(pk=game.pk).update(is_counted=is_counted)


def test_a_position_reads_the_same_whatever_comes_later():
    judge = make_judge()
    arena, (a, b) = make_games(judge, n_prompts=6)
    before = ledger.sequence()
    then = judged_evidence(arena.pk, before).digest()
    game = Game.objects.first()
    set_aside(game)
    between = ledger.sequence()
    assert judged_evidence(arena.pk, before).digest() == then
    assert judged_evidence(arena.pk, between).tally.n_comparisons == 11
    set_aside(game, is_counted=True)
    make_game(make_battle(a, b, make_prompt(arena)), judge)
    ledger.sequence()
    assert judged_evidence(arena.pk, before).digest() == then
    assert judged_evidence(arena.pk, between).tally.n_comparisons == 11


def test_a_snapshot_is_rebuilt_to_the_same_digits():
    judge = make_judge()
    arena, (a, b) = make_games(judge, n_prompts=20, strength=0.5)
    snapshot = publish_snapshot(judge_board(arena))
    make_game(make_battle(a, b, make_prompt(arena)), judge)
    set_aside(Game.objects.first())
    found = rebuild(snapshot)
    assert (found.same_evidence, found.largest_difference) == (True, 0.0)


def test_nothing_new_gives_the_same_snapshot():
    arena, _ = make_games(make_judge(), n_prompts=4)
    board = judge_board(arena)
    assert publish_snapshot(board).pk == publish_snapshot(board).pk


def test_people_and_judges_count_side_by_side():
    arena, (a, b) = make_games(make_judge(), n_prompts=4)
    battle = make_battle(a, b, make_prompt(arena))
    for _ in range(3):
        make_vote(battle, "a", first_shown="b")
    both = publish_snapshot(judge_board(arena, sources="both"))
    people = publish_snapshot(make_board(arena))
    assert (both.n_votes, both.n_voters, people.n_votes) == (11, 3, 3)


def test_two_grades_make_one_comparison_by_the_margin_of_the_card():
    judge = make_judge(protocol="rubric_10", parameters={"margin": 1.0})
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    for score_a, score_b in ((9.0, 3.0), (5.0, 6.0)):
        battle = make_battle(a, b, make_prompt(arena))
        make_game(battle, judge, "", order="ab", state="ok", score_first=score_a)
        make_game(battle, judge, "", order="ba", state="ok", score_first=score_b)
    make_game(make_battle(a, b, make_prompt(arena)), judge, "", order="ab", state="ok", score_first=9.0)  # half a pair
    rows = judged_evidence(arena.pk, ledger.sequence()).rows
    assert (rows.outcome.tolist(), rows.first.tolist()) == ([0, 2], [-1, -1])


@pytest.mark.parametrize("combiner", ["games", "consistent_only", "mean", "majority_of_repeats"])
def test_answers_graded_again_still_make_one_comparison_by_their_means(combiner):
    judge = make_judge(protocol="rubric_10")
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    battle = make_battle(a, b, make_prompt(arena))
    for repeat, both in enumerate(((9.0, 4.0), (1.0, 3.0))):  # by repeats one each; by means 5 against 3.5
        for order, score in zip(("ab", "ba"), both, strict=True):
            make_game(battle, judge, "", order=order, repeat=repeat, state="ok", score_first=score)
    rows = judged_evidence(arena.pk, ledger.sequence(), rules=SelectionRules(combiner)).rows
    assert (rows.outcome.tolist(), rows.weight.tolist()) == ([0], [1.0])
    assert results_of([battle.pk], [judge]) == "a"


def test_a_board_of_a_category_counts_its_prompts_alone():
    judge = make_judge()
    arena, (a, b) = make_games(judge, n_prompts=3)
    make_game(make_battle(a, b, make_prompt(arena, category="coding")), judge)
    assert publish_snapshot(judge_board(arena, category="coding")).n_votes == 1
