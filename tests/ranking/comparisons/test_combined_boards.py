"""Boards of people and judges: votes are the truth, verdicts narrow them; where they cannot, people alone, with the reason."""

import importlib
from random import Random

import numpy as np
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse

from arena.evidence import ledger
from arena.models import Ballot, Lot, Response, content_hash
from judges.models import Game
from ranking.boards.publishing import Rebuilt, publish_snapshot, rebuild
from ranking.comparisons.judge_selection import SelectionRules
from ranking.comparisons.lots import draw_lots
from ranking.comparisons.people_and_judges import combined_evidence, opinions_of
from ranking.comparisons.votes_and_opinions import labels_of
from ranking.models import Leaderboard, Snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.game_columns import GameRow, columns_of
from tests.ranking.comparisons.test_judged_boards import set_aside

pytestmark = pytest.mark.django_db
SAME = Rebuilt(same_evidence=True, same_code=True, largest_difference=0.0)


def combined_board(arena, **fields):
    return make_board(arena, **{"sources": "both", "method": "prediction_powered"} | fields)


def say(battle, judge, side, orders=("ab", "ba")):
    """The judge names this side, in each order; "" is a game without a verdict."""
    winners = {"ab": {"a": "first", "b": "second"}, "ba": {"a": "second", "b": "first"}}
    for order in orders:
        make_game(battle, judge, winners[order].get(side, side), order=order)


def make_judged(n_prompts=60, n_voted=40, *, accuracy=0.9, arena=None, judge=None, **prompt):
    """Each prompt a battle that a judge was asked about; people voted on the first ones, and prefer the first model."""
    arena, judge, rng = arena or make_arena(asked_share=0), judge or make_judge(), np.random.default_rng(1)
    a, b = make_competitor(arena), make_competitor(arena)
    voter, battles = make_voter(arena), []
    for i in range(n_prompts):
        battle = make_battle(a, b, make_prompt(arena, **prompt), with_answers=True)
        truth = "a" if rng.random() < 0.6 else "b"
        say(battle, judge, truth if rng.random() < accuracy else "ab".replace(truth, ""))
        if i < n_voted:
            make_vote(battle, truth, voter)
        battles.append(battle)
    return arena, (a, b), battles


def vote_as(battle, side, voter, *, policy):
    """A vote on a ballot of this policy."""
    served = {"first_shown": "a", "propensity": 0.5, "state": "voted", "served_at": battle.created_at}
    Ballot.objects.create(battle=battle, voter=voter, policy=policy, **served)
    make_vote(battle, side, voter)


def entries(snapshot):
    return {entry.competitor_id: entry for entry in snapshot.entries.all()}


def half_width(entry):
    return (entry.high - entry.low) / 2


def evidence_of(arena, **rules):
    return combined_evidence(arena.pk, ledger.sequence(), SelectionRules(**{"with_people": True} | rules))


# --- from votes and games to the page ----------------------------------------------------------------------------------


def test_verdicts_narrow_what_votes_say_and_the_page_tells_how_much(client):
    arena, (a, _), _ = make_judged(n_prompts=120, accuracy=0.95)
    combined, people = publish_snapshot(combined_board(arena)), publish_snapshot(make_board(arena, is_default=True))
    line, alone = entries(combined)[a.pk], entries(people)[a.pk]
    assert (combined.n_votes, line.n_votes, line.n_prompts) == (40, 40, 40)
    assert line.trust > 0.3
    assert line.people_half_width == pytest.approx(half_width(alone))
    assert half_width(line) < 0.95 * line.people_half_width
    assert combined.notes[0].startswith("judges were asked about 120 battles (240 verdicts), and people voted on 40 of these")
    assert "holds if the voted battles are a random part of those judged" in combined.notes
    assert rebuild(combined) == SAME

    page = client.get(combined.get_absolute_url()).content.decode()
    assert f"±{half_width(line):.0f} instead of ±{line.people_half_width:.0f}" in page
    assert f'data-l="trust">{line.trust:.2f}</td>' in page
    assert "Holds if the voted battles are a random part of those judged" in page
    assert '#combined">Why</a>' in page
    assert "40 votes" in page
    assert 'id="combined"' in client.get(reverse("method")).content.decode()

    address = reverse("api-leaderboard", args=[combined.leaderboard.slug])
    first = next(one for one in client.get(address).json()["entries"] if one["competitor"] == a.name)
    assert first["trust"] == pytest.approx(line.trust, rel=1e-11)  # shares have 12 digits
    assert first["people_half_width"] == line.people_half_width
    assert "trust,people_half_width" in client.get(address, {"format": "csv"}).content.decode().splitlines()[0]


def test_the_fall_backs_are_the_board_of_people_with_the_reason(client):
    alone = "people’s votes alone make these ratings: "
    cases = [
        (make_judged(n_prompts=35, n_voted=29), "29 prompts have votes, and it takes 30 to learn what judges are worth"),
        (make_judged(n_prompts=31, n_voted=31), "people voted on every battle that judges were asked about"),
    ]
    arena, (a, b), _ = make_judged(n_prompts=31, n_voted=31)
    Game.objects.filter(battle__arena=arena).delete()
    cases.append(((arena, (a, b), []), "no judge that counts was asked about any battle"))
    arena, (a, b), _ = make_judged(n_prompts=20, n_voted=0)
    for _ in range(31):
        make_vote(make_battle(a, b, make_prompt(arena)), "ab"[_ % 2])
    cases.append(((arena, (a, b), []), "judges were asked about no battle that people voted on"))
    for (arena, (a, _), _), reason in cases:
        combined, people = publish_snapshot(combined_board(arena)), publish_snapshot(make_board(arena))
        line = entries(combined)[a.pk]
        assert combined.notes[0].startswith(alone + reason)
        assert (line.rating, line.low, line.trust) == (entries(people)[a.pk].rating, entries(people)[a.pk].low, None)
        assert rebuild(combined) == SAME
    page = client.get(combined.get_absolute_url()).content.decode()
    assert "People’s votes alone make these ratings" in page
    assert "instead of" not in page


def test_whom_people_rate_not_is_listed_with_the_reason():
    arena, (a, b), battles = make_judged()
    judged, voted = make_competitor(arena), make_competitor(arena)
    say(make_battle(a, judged, battles[0].prompt), Game.objects.first().judge, "a")
    for side in "ab":
        make_vote(make_battle(b, voted, make_prompt(arena)), side)
    found = entries(publish_snapshot(combined_board(arena)))
    assert found[judged.pk].rating is None
    assert found[judged.pk].unrated_because == "only judges have met it, and a rating takes people’s votes"
    assert found[voted.pk].rating is not None
    assert found[voted.pk].trust is not None


def test_where_people_rate_nobody_it_is_said():
    arena, _, battles = make_judged(n_voted=0)
    for battle in battles[:40]:
        make_vote(battle, "a")
    snapshot = publish_snapshot(combined_board(arena))
    assert snapshot.notes[0].startswith("people’s votes alone make these ratings: human votes rate nobody")
    assert {entry.rating for entry in snapshot.entries.all()} == {None}
    assert all("never" in entry.unrated_because for entry in snapshot.entries.all())


# --- what counts as what -----------------------------------------------------------------------------------------------


def test_votes_of_any_kind_count_as_on_the_board_of_people():
    arena, (a, b), battles = make_judged()
    make_vote(battles[0], "tie")
    make_vote(battles[1], "both_bad")
    make_vote(make_battle(a, b, make_prompt(arena)), "b")  # never asked
    make_vote(make_battle(a, b), "b")  # of no known prompt
    combined, people = publish_snapshot(combined_board(arena)), publish_snapshot(make_board(arena))
    assert (combined.n_votes, combined.n_voters, combined.n_prompts) == (people.n_votes, people.n_voters, people.n_prompts)
    assert entries(combined)[a.pk].people_half_width == pytest.approx(half_width(entries(people)[a.pk]))
    assert combined.notes[0].startswith("judges were asked about 60 battles")


def games_of(battle, judge, side):
    """What `say` says, as read from the ledger; "?" always names the first slot."""
    winners = {"a": "ab", "b": "ba", "t": "tt", "?": "aa", " ": "  "}
    for order, winner in zip(("ab", "ba"), winners[side], strict=True):
        shown = {"a": "first", "b": "second", "t": "tie"}.get(winner)
        yield GameRow(judge=judge, battle=battle, order=order, state="ok" if shown else "refused", winner=shown or "")


@pytest.mark.parametrize("combiner", ["games", "consistent_only", "mean", "conservative_tie", "two_game_sum", "panel_majority"])
@pytest.mark.parametrize(
    ("said", "points"), [("aa", 1.0), ("bb", 0.0), ("ab", 0.5), ("  ", 0.5), ("??", 0.5), ("tt", 0.5), ("a?", None)]
)
def test_a_battle_that_was_asked_and_not_decided_is_half_a_win_each(combiner, said, points):
    games = [game for judge, side in enumerate(said) for game in games_of(7, judge, side)]
    found, _ = opinions_of(columns_of(games), combiner, {0: 0.0, 1: 0.0}, {})
    if points is None:
        points = {"games": 0.75, "mean": 0.75, "consistent_only": 1.0, "panel_majority": 0.5}.get(combiner, 0.75)
    assert (found.battle.tolist(), found.points.tolist()) == ([7], [points])


def test_games_that_do_not_stand_are_no_opinion():
    arena, _, battles = make_judged(n_prompts=3, n_voted=1)
    Game.objects.filter(battle=battles[0]).update(taints=["a: label"])
    for game in Game.objects.filter(battle=battles[1]):
        set_aside(game)
    found = evidence_of(arena)
    assert len(found.opinions.points) == 1
    for game in Game.objects.filter(battle=battles[1]):
        set_aside(game, is_counted=True)
    assert len(evidence_of(arena).opinions.points) == 2


def test_one_pair_of_answers_written_down_twice_is_one_battle():
    arena, (a, b), _ = make_judged(n_prompts=1, n_voted=0)
    prompt = make_prompt(arena)
    answers = {"response_a": make_response(prompt, a), "response_b": make_response(prompt, b)}
    say(make_battle(a, b, prompt, **answers), Game.objects.first().judge, "a")
    make_vote(make_battle(a, b, prompt, row_key=b"another row", **answers), "a")
    found = evidence_of(arena)
    assert labels_of(found.votes, found.opinions).weight.tolist() == [0.0, 1.0]


def test_a_position_reads_the_same_whatever_comes_later():
    arena, (a, b), battles = make_judged()
    snapshot = publish_snapshot(combined_board(arena))
    say(make_battle(a, b, make_prompt(arena)), Game.objects.first().judge, "b")
    make_vote(battles[-1], "b")
    set_aside(Game.objects.first())
    draw_lots(arena.pk)
    assert rebuild(snapshot) == SAME
    assert publish_snapshot(snapshot.leaderboard).pk != snapshot.pk


def test_nothing_new_gives_the_same_snapshot():
    arena, _, _ = make_judged(arena=make_arena())
    board = combined_board(arena)
    assert publish_snapshot(board).pk == publish_snapshot(board).pk


def test_a_board_of_a_category_counts_its_prompts_alone():
    arena, _, battles = make_judged(n_prompts=3, n_voted=2, category="coding")
    say(make_battle(*[battles[0].competitor_a, battles[0].competitor_b], make_prompt(arena)), Game.objects.first().judge, "a")
    make_vote(make_battle(battles[0].competitor_a, battles[0].competitor_b, make_prompt(arena)), "a")
    assert publish_snapshot(combined_board(arena, category="coding")).n_votes == 2


# --- which battles judges are measured by ------------------------------------------------------------------------------


def test_battles_drawn_by_lot_are_those_that_judges_are_measured_by():
    arena, _, _ = make_judged(n_prompts=80, n_voted=0)
    arena.asked_share = 0.5
    arena.save()
    draw_lots(arena.pk, rng=Random(1))
    lots = list(Lot.objects.order_by("place"))
    voter = make_voter(arena)
    for lot in lots[:35]:
        vote_as(lot.battle, "ab"[lot.pk % 2], voter, policy="lot")
    make_vote(lots[60].battle, "a")  # by the way
    found = evidence_of(arena)
    labels = labels_of(found.votes, found.opinions)
    assert (labels.are_drawn, labels.n) == (True, 35)
    assert labels.weight.max() == pytest.approx(1 / (lots[34].place * 0.5))
    snapshot = publish_snapshot(combined_board(arena))
    assert "the battles that judges are measured by were drawn by lot among those judged" in snapshot.notes
    Lot.objects.filter(pk=lots[40].pk).delete()
    assert rebuild(publish_snapshot(snapshot.leaderboard)).same_evidence


def test_battles_picked_by_what_judges_said_are_never_a_random_part():
    arena, _, battles = make_judged(n_prompts=4, n_voted=1)
    voter = make_voter(arena)
    vote_as(battles[1], "a", voter, policy="verdicts")
    found = evidence_of(arena)
    labels = labels_of(found.votes, found.opinions)
    assert len(found.votes.a) == 2
    assert (labels.weight.tolist(), labels.counts.tolist()) == ([1, 0, 0, 0], [True, False, True, True])


def test_every_judged_battle_draws_one_lot(django_assert_num_queries):
    arena, _, _ = make_judged(n_prompts=5, n_voted=2, arena=make_arena(asked_share=0.5))
    assert draw_lots(arena.pk) == 5
    with django_assert_num_queries(1):  # a look, and no transaction that voters would wait for
        assert draw_lots(arena.pk) == 0
    assert {lot.chance for lot in Lot.objects.all()} == {0.5}


def make_equal(battle):
    Response.objects.filter(pk=battle.response_b_id).update(content_hash=battle.response_a.content_hash)


def test_battles_that_cannot_be_served_draw_no_lot():
    arena, _, (equal, empty, failed, whole) = make_judged(n_prompts=4, n_voted=0, arena=make_arena(asked_share=0.5))
    make_equal(equal)
    Response.objects.filter(pk=empty.response_a_id).update(text=" ", content_hash=content_hash(" "))
    Response.objects.filter(pk=failed.response_b_id).update(finish="failed")
    assert draw_lots(arena.pk) == 1
    assert Lot.objects.get().battle == whole


def test_lots_that_cannot_be_served_are_no_part_of_what_judges_are_measured_by():
    arena, _, _ = make_judged(n_prompts=80, n_voted=0)
    arena.asked_share = 0.5
    arena.save()
    draw_lots(arena.pk, rng=Random(1))
    lots, voter = list(Lot.objects.order_by("place").select_related("battle")), make_voter(arena)
    for lot in lots[:10]:  # drawn by an older version: people were never asked
        make_equal(lot.battle)
    for lot in lots[10:45]:
        vote_as(lot.battle, "a", voter, policy="lot")
    found = evidence_of(arena)
    labels = labels_of(found.votes, found.opinions)
    assert (labels.are_drawn, labels.n, labels.counts.sum()) == (True, 35, 70)
    assert found.lots_to == max(lot.pk for lot in lots)


def test_a_snapshot_of_before_is_made_again_with_all_lots():
    arena, _, battles = make_judged(n_prompts=60, n_voted=35)
    arena.asked_share = 0.5
    arena.save()
    draw_lots(arena.pk, rng=Random(1))
    snapshot = publish_snapshot(combined_board(arena))
    Snapshot.objects.filter(pk=snapshot.pk).update(
        parameters={name: said for name, said in snapshot.parameters.items() if name != "lots_on"}
    )
    for battle in battles[:5]:  # so they were all along, and counted
        make_equal(battle)
    assert rebuild(Snapshot.objects.get()).same_evidence
    assert rebuild(publish_snapshot(snapshot.leaderboard)) == SAME


# --- other methods, and boards that were there -------------------------------------------------------------------------


def test_pooling_is_a_choice_that_says_what_it_does():
    arena, _, _ = make_judged(n_prompts=6, n_voted=3)
    snapshot = publish_snapshot(combined_board(arena, method="slot_levelled"))
    assert snapshot.n_votes == 15
    assert snapshot.notes[0].startswith("every verdict counts as a vote here")
    assert rebuild(snapshot) == SAME


@pytest.mark.parametrize("fields", [{"sources": "people"}, {"sources": "judges"}, {"intervals": "bootstrap"}])
def test_prediction_takes_both_and_has_no_bootstrap(fields):
    board = combined_board(make_arena(), **fields)
    with pytest.raises(ValidationError):
        board.clean()


def test_boards_as_the_arena_made_them_move_to_prediction_and_chosen_ones_stay():
    arena, _, _ = make_judged(n_prompts=6, n_voted=3)
    made = combined_board(arena, method="slot_levelled", read_to=9)
    old = publish_snapshot(made)
    chosen = combined_board(arena, method="slot_levelled", combiner="mean")
    judges = make_board(arena, sources="judges", method="slot_levelled")
    importlib.import_module("ranking.migrations.0008_boards_by_prediction").move_defaults(apps, None)
    methods = dict(Leaderboard.objects.values_list("pk", "method"))
    assert methods == {made.pk: "prediction_powered", chosen.pk: "slot_levelled", judges.pk: "slot_levelled"}
    assert Leaderboard.objects.get(pk=made.pk).read_to == 0
    old.refresh_from_db()
    assert rebuild(old) == SAME
    assert publish_snapshot(Leaderboard.objects.get(pk=made.pk)).parameters["verdicts"] == "narrow votes"
