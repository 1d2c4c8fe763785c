"""The page of a tournament: champions, wins, lots and brackets; and the forecast of lots before it."""

import pytest
from django.urls import reverse

from arena.models import Competitor
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.bracket_pictures import rows_of
from judges.runs.brackets import BracketMatch, Brackets, entrants_of
from judges.runs.planning import plan_judging, start
from judges.runs.tournament_record import TournamentRecord
from judges.runs.tournaments import draw_up_tournament
from tests.factories import make_user
from tests.judges.game_factories import make_run
from tests.judges.judging_factories import ids, make_battles

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    client.force_login(make_user(is_staff=True))


def played_by(program, *, n_prompts=2, n_competitors=4):
    arena, _ = make_battles(n_prompts=n_prompts, n_competitors=n_competitors)
    return arena, start(draw_up_tournament(arena, [offline_judge(program)], entrants_of(arena), seed=1), cap=None)


def page_of(client, run, **query):
    return " ".join(client.get(reverse("tournament", args=[run.pk]), query).text.split())


def test_a_lot_decides_a_match_without_a_winner_and_is_told_apart():
    brackets = Brackets({7: {1: 11, 2: 12}}, seed=1)
    brackets.advance("-")
    (match,) = brackets.played
    assert (match.is_by_lot, {match.winner, match.loser}, match.meeting) == (True, {1, 2}, (7, 1, 2, 11, 12))
    brackets = Brackets({7: {1: 11, 2: 12}}, seed=1, results=["b"])
    assert brackets.played == [BracketMatch(1, (7, 1, 2, 11, 12), winner=2, is_by_lot=False)]


def test_titles_wins_and_lots_add_up(client, curator):
    """`longer` finds all answers of equal length: 2 prompts of 4 models have 2 x 3 matches, and lots decide them all."""
    arena, run = played_by("longer")
    record = TournamentRecord.of(run)
    rows = record.rows()
    assert (record.is_over, record.n_played, record.n_by_lot) == (True, 6, 6)
    assert sum(row.n_titles for row in rows) == 2
    assert sum(row.n_wins for row in rows) == sum(row.n_by_lot for row in rows) == 6
    assert sum(row.n_matches for row in rows) == 12
    assert [(each.number, each.n_matches, each.n_by_lot) for each in record.rounds()] == [(1, 4, 4), (2, 2, 2)]
    page = page_of(client, run)
    assert '<dd>100 %</dd><dd class="sub">6 of 6 matches' in page
    assert page.count('class="champion"') == 2
    assert reverse("tournament", args=[run.pk]) in client.get(reverse("run", args=[run.pk])).text
    for battle in arena.battles.filter(games__run=run).distinct():
        assert reverse("battle", args=[arena.slug, battle.pk]) in page


def test_a_picture_follows_each_model_until_it_loses():
    """1 beats 2 and 3 beats 4; then 1 beats 3. So 1 stands first, 2 below it, and 3 leads 4."""
    played = [
        BracketMatch(1, (7, 1, 2, 11, 12), 1, is_by_lot=False),
        BracketMatch(1, (7, 3, 4, 13, 14), 3, is_by_lot=True),
        BracketMatch(2, (7, 1, 3, 11, 13), 1, is_by_lot=False),
    ]
    known = {pk: Competitor(pk=pk, name=str(pk)) for pk in (1, 2, 3, 4)}
    rows, width = rows_of([1, 2, 3, 4], played, 2, known)
    assert [row.competitor.pk for row in rows] == [1, 2, 3, 4]
    assert ([row.until for row in rows], width) == ([84, 28, 56, 28], 84)
    assert [row.is_champion for row in rows] == [True, False, False, False]
    assert [(mark.x, mark.is_by_lot) for row in rows for mark in row.marks] == [(28, False), (56, False), (28, True)]
    assert [(each.x, each.top, each.foot) for each in rows[1].strokes] == [(28, 0, 14), (56, 0, 28)]


def test_a_tournament_that_has_begun_names_no_champion(client, curator):
    _, run = played_by("longer")
    run.plan["tournament"]["results"] = run.plan["tournament"]["results"][:1]
    run.plan["round"] = 2
    run.save()
    page = page_of(client, run)
    assert page.count("No champion yet.") == 2
    assert "being judged" in page
    assert 'class="champion"' not in page


def test_names_are_shown_as_text(client, curator):
    arena, run = played_by("longer", n_prompts=1)
    arena.competitors.filter(name="model 0").update(name="<script>alert(1)</script>")
    assert "<script>alert" not in page_of(client, run)


def test_other_runs_and_other_people_have_no_such_page(client):
    arena, run = played_by("longer", n_prompts=1, n_competitors=2)
    address = reverse("tournament", args=[run.pk])
    assert client.get(address).status_code == 302
    client.force_login(make_user())
    assert client.get(address).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert client.get(reverse("tournament", args=[make_run(arena).pk])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_prompts_or_models(client, curator, django_assert_max_num_queries):
    for size in (2, 5):
        _, run = played_by("longer", n_prompts=size, n_competitors=size)
        with django_assert_max_num_queries(20):
            page_of(client, run)


def estimate_of(client, arena):
    chosen = {"judges": "offline:longer", "plan": "tournament", "battles": "100", "orders": "both", "repeats": "1", "seed": "1"}
    return " ".join(client.post(f"{reverse('new-run')}?arena={arena.slug}", chosen).text.split())


def test_the_estimate_says_how_many_matches_lots_will_decide(client, curator):
    """All 24 battles of 4 models on 4 prompts were judged, none had a winner: all 12 matches; Wilson: 24 of 24 is .862 to 1."""
    arena, battles = make_battles(n_prompts=4, n_competitors=4)
    assert "have judged in both orders are fewer than 10." in estimate_of(client, arena)
    plan_judging(arena, [offline_judge("longer")], ids(battles))
    text = estimate_of(client, arena)
    assert "About 12 of 12 matches (10 to 12 with 95 % certainty)" in text
    assert "no winner was found in 100 % of the battles that these judges judged here before (24)" in text


def test_verdicts_of_other_arenas_forecast_nothing(client, curator):
    other, battles = make_battles(n_prompts=4, n_competitors=4)
    plan_judging(other, [offline_judge("longer")], ids(battles))
    assert Game.objects.filter(battle__arena=other).count() == 48
    arena, _ = make_battles(n_prompts=1, n_competitors=4)
    assert "Not known yet" in estimate_of(client, arena)
