"""Stored verdicts replayed over real HTTP, with both official clients, come to what the combiners make of the labels."""

import csv
import io
from collections import Counter

import pytest
from django.urls import reverse

from judges.fakellm.asked import content_key
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.verdicts.combiners import COMBINERS, LabelledGames, PlayedGame, combine, score_against_labels
from judges.verdicts.verdict import Verdict
from tests.judges.making_pairs import stored_pairs
from tests.judges.remote import GoldRow, ask_all, audited, games_by_battle, judge_at, make_gold_arena

pytestmark = pytest.mark.django_db

REPLIES = {
    "first": "Answer B is not bad, [[B]] would be said of its style.\n\nBut answer A is right.\n\n[[A]]",
    "second": "Answer B is right and the other one is not.\n\n**[[B]]**",
    "tie": "Neither is better than the other.\n\n[[C]]",
}
FIGURES = {  # in percent, of 350 pairs
    "right in the first order": 70.86,
    "right in the second order": 74.57,
    "right in both orders": 58.00,
    "right by the two-game sum": 65.71,
    "half for a disagreement": 74.43,
}


def rows():
    return [
        GoldRow(f"Question {row['id']}?", f"Answer a of {row['id']}.", f"Answer b of {row['id']}.", row["label"])
        for row in stored_pairs()
    ]


def replay():
    """The stored replies, found by what is asked."""
    replies = {}
    for row, pair in zip(rows(), stored_pairs(), strict=True):
        for order, (first, second) in {"ab": ("answer_a", "answer_b"), "ba": ("answer_b", "answer_a")}.items():
            texts = {"prompt": row.prompt, "answer_1": getattr(row, first), "answer_2": getattr(row, second)}
            replies[content_key(texts)] = REPLIES[pair[order]]
    return replies


def stored_games(pair):
    return tuple(PlayedGame(order, 0, Verdict(pair[order])) for order in ("ab", "ba"))


@pytest.fixture
def replayed(settings):
    """Two judges on the same 350 pairs: one asked with each client."""
    arena = make_gold_arena(rows())
    with serving(Script(replay=replay(), reply="no stored reply")) as fake:
        judges = [judge_at(fake, settings, wire=wire) for wire in ("openai", "anthropic")]
        ask_all(arena, judges)
        paths = Counter(request.path.partition("?")[0] for request in fake.requests)
    assert paths == {"/v1/chat/completions": 700, "/v1/messages": 700}
    return arena, judges


def test_stored_verdicts_in_both_orders_come_to_what_the_combiners_give(replayed, client):
    arena, judges = replayed
    for judge in judges:
        assert_every_game_says_what_was_stored(arena, judge)
        assert_the_figures_are_on_its_page(arena, judge, client)


def assert_every_game_says_what_was_stored(arena, judge):
    games = games_by_battle(judge)
    for battle, pair in zip(arena.battles.order_by("pk"), stored_pairs(), strict=True):
        said = games[battle.pk]
        assert {order: game.winner for order, game in said.items()} == {order: pair[order] for order in ("ab", "ba")}
        played = [PlayedGame(game.order, game.repeat, Verdict(game.winner, game.strength)) for game in said.values()]
        for rule in COMBINERS:
            assert combine(rule, played) == combine(rule, stored_games(pair))


def assert_the_figures_are_on_its_page(arena, judge, client):
    _, figures = audited(judge, arena)
    scores = score_against_labels([LabelledGames(pair["id"], stored_games(pair), pair["label"]) for pair in stored_pairs()])
    assert figures["right in the first order"]["value"] == scores.first_order / 350
    assert figures["half for a disagreement"]["value"] == scores.half_credit / 350
    address = {"args": [arena.slug, judge.pk]}
    page = client.get(reverse("judge", **address)).content.decode()
    table = csv.DictReader(io.StringIO(client.get(reverse("judge-figures", **address)).content.decode()))
    written = {row["name"]: row for row in table if row["section"] == "Against gold labels"}
    assert "Against gold labels" in page
    for name, percent in FIGURES.items():
        figure = figures[name]
        assert (round(100 * figure["value"], 2), figure["n"], figure["unit"]) == (percent, 350, "gold pairs")
        assert figure["low"] < figure["value"] < figure["high"]
        assert f">{100 * figure['value']:.1f} %</td>" in page.split(name.capitalize())[1][:400]
        assert round(100 * float(written[name]["value"]), 2) == percent
