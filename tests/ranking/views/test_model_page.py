"""A model's page: what each part shows, by hand, and to whom."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.evidence.curation import set_aside_votes
from arena.models import Ballot, Competitor, Response, Vote
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Entry
from ranking.views.competitor_parts.history import MOST_POINTS, history_of
from ranking.views.competitor_parts.opponents import Opponent, best_and_worst
from ranking.views.competitor_parts.reasons import reasons_for
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_contest,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.ranking.board_factories import make_board, make_board_of_many, make_entry, make_pairs_met, make_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def upset():
    """Ratings 1200, 1000 and 800, so a favourite wins 76.0 % (200 points) or 90.9 % (400 points)."""
    arena = make_arena("house", content_visibility="public")
    models = [make_competitor(arena, name) for name in ("Kestrel", "Osmia", "Wren")]
    board = make_board(arena, "house", is_default=True)
    snapshot = make_snapshot(board)
    for place, (model, rating) in enumerate(zip(models, (1200.0, 1000.0, 800.0), strict=True), start=1):
        make_entry(snapshot, model, rating, rank=place, rank_low=place, rank_high=place)
    prompts = [make_prompt(arena, f"Question number {k}?") for k in range(3)]
    lost_to_osmia, lost_to_wren, won = (
        make_battle(models[0], models[other], prompt) for other, prompt in zip((1, 2, 2), prompts, strict=True)
    )
    make_vote(lost_to_osmia, "b")
    make_vote(lost_to_wren, "b")
    make_vote(won, "a")
    make_vote(won, "tie")
    make_pairs_met(snapshot, models, {(0, 1): (0, 1, 0, 0), (0, 2): (1, 1, 1, 0)})
    return arena, models, (lost_to_osmia, lost_to_wren, won)


def page_of(client, arena, model, **query):
    return client.get(reverse("competitor", args=[arena.slug, model.pk]), query)


def upsets(answer):
    section = answer.text.partition('id="surprises"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr><td class=\"nw\">(\w+)</td>.*?<bdi>(\w+)</bdi>.*?>(\d+) %</td>.*?/battles/(\d+)/", section)
    return [(result, name, int(percent), int(battle)) for result, name, percent, battle in rows]


def test_the_least_likely_votes_come_first_by_hand(client, upset):
    """Wren beat Kestrel against odds of 9.1 %, Osmia against 24.0 %; that Kestrel won was likely."""
    arena, (kestrel, _, wren), (lost_to_osmia, lost_to_wren, _) = upset
    assert upsets(page_of(client, arena, kestrel)) == [
        ("Lost", "Wren", 9, lost_to_wren.pk), ("Lost", "Osmia", 24, lost_to_osmia.pk),
    ]  # fmt: skip
    assert upsets(page_of(client, arena, wren)) == [("Won", "Kestrel", 9, lost_to_wren.pk)]


def test_battles_that_the_reader_may_not_read_are_not_among_them(client, upset):
    arena, (kestrel, *_), (lost_to_osmia, lost_to_wren, _) = upset
    Ballot.objects.create(
        battle=lost_to_wren, voter=make_voter(arena), first_shown="a", propensity=1.0, served_at=timezone.now()
    )
    assert [battle for *_, battle in upsets(page_of(client, arena, kestrel))] == [lost_to_osmia.pk]
    arena.content_visibility = "curators"
    arena.save()
    answer = page_of(client, arena, kestrel)
    assert upsets(answer) == []
    assert "Question number" not in answer.text
    client.force_login(make_user(is_staff=True))
    assert len(upsets(page_of(client, arena, kestrel))) == 2


def test_a_vote_that_was_set_aside_surprises_nobody(client, upset):
    arena, (kestrel, *_), (lost_to_osmia, lost_to_wren, _) = upset
    set_aside_votes(Vote.objects.filter(battle=lost_to_wren), reason="a test", actor=None)
    assert [battle for *_, battle in upsets(page_of(client, arena, kestrel))] == [lost_to_osmia.pk]


def opponent(pk, wins, losses, low, high):
    share = 100 * wins / (wins + losses)
    return Opponent(Entry(pk=pk), "", wins, losses, 0, 0, share=share, low=low, high=high, fitted=None)


def test_best_and_worst_are_those_that_are_sure():
    """One win of one is 100 %, and surely no more than 20.7 %: it stands behind 60 of 80."""
    sure, lucky, even = opponent(1, 60, 20, 64.5, 83.2), opponent(2, 1, 0, 20.7, 100.0), opponent(3, 40, 40, 39.3, 60.7)
    hard, unlucky = opponent(4, 10, 70, 6.9, 21.5), opponent(5, 0, 1, 0.0, 79.3)
    fill = [opponent(pk, 30, 30 + pk, 30.0 + pk / 10, 55.0 + pk / 10) for pk in range(6, 13)]
    chosen = best_and_worst([sure, lucky, even, hard, unlucky, *fill])
    assert len(chosen) == 10
    assert (chosen[0], chosen[-1]) == (sure, hard)
    assert lucky not in chosen[:5]
    assert best_and_worst([hard, sure, lucky]) == [lucky, sure, hard]  # few: all of them, by their share


def test_all_opponents_are_one_link_away(client):
    arena = make_arena("house")
    models = [make_competitor(arena, f"model {k:02}") for k in range(13)]
    board = make_board(arena, "house", is_default=True)
    snapshot = make_snapshot(board)
    for place, model in enumerate(models, start=1):
        make_entry(snapshot, model, 1100.0 - place, rank=place, rank_low=1, rank_high=13)
    make_pairs_met(snapshot, models, {(0, k): (k, 13 - k, 1, 1) for k in range(1, 13)})
    shown, everybody = page_of(client, arena, models[0]).text, page_of(client, arena, models[0], opponents="all").text
    assert [text.count('data-l="fitted"') for text in (shown, everybody)] == [10, 12]
    assert "10 of 12: those against whom" in shown
    assert "?opponents=all#opponents" in shown


def test_reasons_for_and_against_by_hand():
    """Of 8 wins with a reason 6 were correct (75 %), of 5 losses 1 (20 %): 55 points apart."""
    arena = make_arena()
    mine, other = make_competitor(arena), make_competitor(arena)
    for outcome, reasons, n in (("a", ["correct"], 6), ("a", ["clear"], 2), ("b", ["correct"], 1), ("b", ["clear"], 4)):
        for _ in range(n):
            make_vote(make_battle(mine, other, make_prompt(arena)), outcome, reasons=reasons)
    make_vote(make_battle(mine, other, make_prompt(arena)), "a")  # without a reason
    make_vote(make_battle(mine, other, make_prompt(arena)), "tie", reasons=["safe"])
    reasons = reasons_for(mine.pk)
    assert (reasons.n_won, reasons.n_lost) == (8, 5)
    assert [(row.name, row.won, row.lost) for row in reasons.rows] == [("correct", 75, 20), ("clear", 25, 80)]
    # Wilson: 6 of 8 is 40.93 to 92.85, 1 of 5 is 3.62 to 62.45; 55 - hypot(34.07, 42.45) and 55 + hypot(17.85, 16.38).
    assert (reasons.rows[0].low, reasons.rows[0].high) == pytest.approx((0.57, 79.22), abs=0.02)
    against = reasons_for(other.pk)
    assert [(row.name, row.won, row.lost) for row in against.rows] == [("clear", 80, 25), ("correct", 20, 75)]


def test_few_reasons_tell_of_single_voters_and_are_not_shown():
    arena = make_arena()
    mine, other = make_competitor(arena), make_competitor(arena)
    for _ in range(4):
        make_vote(make_battle(mine, other, make_prompt(arena)), "a", reasons=["clear"])
        make_vote(make_battle(mine, other, make_prompt(arena)), "b", reasons=["clear"])
    assert reasons_for(mine.pk) is None


def test_its_rating_over_time_has_a_picture_and_its_table(client):
    arena = make_arena("house")
    model, board = make_competitor(arena), make_board(arena, "house", is_default=True)
    start = timezone.now() - timedelta(days=200)
    for k in range(200):
        snapshot = make_snapshot(board, created_at=start + timedelta(days=k), n_set_aside=7 if k >= 100 else 0)
        make_entry(snapshot, model, 1000.0 + k)
    history = history_of(board, model.pk)
    assert len(history.moments) <= MOST_POINTS
    assert (history.first.rating, history.last.rating) == (1000, 1199)
    assert [moment.n_set_aside for moment in history.moments if moment.is_event] == [7]
    xs = [float(point.partition(",")[0]) for point in history.drawing.line.split()]
    assert xs == sorted(xs)
    assert (xs[0], xs[-1]) == (0, 100)
    text = page_of(client, arena, model).text
    assert text.count('rel="nofollow"><time') == len(history.moments)
    assert "7 votes set aside" in text
    assert "drawn from the second snapshot on" not in text


def test_what_has_no_data_is_one_line(client):
    arena, models = make_contest()
    publish_snapshot(ensure_boards(arena)[0])
    text = page_of(client, arena, models[0]).text
    line = text.partition('id="missing">')[2].partition("</p>")[0]
    assert "from the second snapshot on" in line
    assert "Neither speed nor price is known." in line
    for part in ("time", "others", "reasons", "surprises", "speed"):
        assert f'<section id="{part}"' not in text


def test_speed_and_price_where_they_are_known(client):
    arena, models = make_contest()
    publish_snapshot(ensure_boards(arena)[0])
    Competitor.objects.filter(pk=models[0].pk).update(price_out=3_000_000)
    for latency, tokens in ((1_000, 40), (2_000, 120), (4_000, 200)):
        make_response(make_prompt(arena), models[0], latency_ms=latency, tokens_out=tokens)
    text = page_of(client, arena, models[0]).text
    assert "2.0 s, median" in text
    assert "50 tokens a second" in text  # 40, 60 and 50
    assert "$3.00 per million tokens" in text
    assert "Price of input" not in text
    assert Response.objects.filter(competitor=models[1]).count() == 0
    assert '<section id="speed"' not in page_of(client, arena, models[1]).text


def test_languages_are_called_by_their_names(client):
    arena = make_arena("house")
    model = make_competitor(arena)
    make_entry(make_snapshot(make_board(arena, "house", is_default=True)), model)
    make_entry(make_snapshot(make_board(arena, "house-de", language="de")), model)
    make_entry(make_snapshot(make_board(arena, "house-both", language="kab", category="maths", method="davidson")), model)
    text = page_of(client, arena, model).text
    assert ">German</a>" in text
    assert ">maths, Kabyle, Davidson</a>" in text


def test_an_arena_of_judgements_alone_shows_what_judges_say(client):
    arena = make_arena("house")
    model = make_competitor(arena)
    make_entry(make_snapshot(make_board(arena, "house", is_default=True), n_votes=0), model, None)
    judged = make_board(arena, "house-judges", sources="judges", method="slot_levelled")
    make_entry(make_snapshot(judged, parameters={"level": 0.95, "sources": "judges"}), model, 1234.0)
    text = page_of(client, arena, model).text
    assert "<dd>1234</dd>" in text
    assert "Verdicts" in text


def test_it_is_compared_with_another(client):
    arena, models = make_contest()
    publish_snapshot(ensure_boards(arena)[0])
    text = page_of(client, arena, models[0]).text
    assert '<select name="with">' in text
    assert f"/models/{models[0].pk}/vs/{models[1].pk}/" in text
    answer = page_of(client, arena, models[0], **{"with": str(models[1].pk)})
    assert answer["Location"] == f"/arenas/{arena.slug}/models/{models[0].pk}/vs/{models[1].pk}/"
    assert page_of(client, arena, models[0], **{"with": "x"}).status_code == 200


def test_three_hundred_models_take_as_few_questions_as_three(client, django_assert_max_num_queries):
    arena, models = make_board_of_many(300)
    page_of(client, arena, models[0])
    with django_assert_max_num_queries(16):
        answer = page_of(client, arena, models[0])
    assert len(answer.content) < 40_000
    assert answer.text.count('data-l="fitted"') == 10
