"""Readers of a board see why whole imports do not count, as whoever sets one aside is told."""

import pytest
from django.urls import reverse

from arena.evidence.curation import restore_import, set_aside_import
from arena.models import Import
from ranking.boards.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    arena = make_arena("garden")
    a, b = make_competitor(arena), make_competitor(arena)
    for n in range(3):
        battle = make_battle(a, b, make_prompt(arena, f"Why {n}?"))
        make_vote(battle, "ab"[n % 2])
    return arena


def _imported(arena, name, kind="battles", **options):
    source = Import.objects.create(
        arena=arena, kind=kind, format="x", filename=name, path="x", digest=name, state="published", options=options
    )
    a, b = arena.competitors.order_by("pk")
    battle = make_battle(a, b, make_prompt(arena, f"{name}?"), source=source)
    if kind == "battles":
        make_vote(battle, "a", source=source)
    return source


def test_a_board_gives_the_reason_to_visitors(arena, client):
    source, other = _imported(arena, "one"), _imported(arena, "two")
    board = make_board(arena, is_default=True)
    set_aside_import(source, "labels <b>were</b> swapped", None)
    publish_snapshot(board)
    page = client.get(arena.get_absolute_url()).text
    assert "1 vote is set aside and counted nowhere. Reason for a whole import:" in " ".join(page.split())
    assert "labels &lt;b&gt;were&lt;/b&gt; swapped" in page
    set_aside_import(other, "a bot", None)
    publish_snapshot(board)
    page = client.get(arena.get_absolute_url()).text
    assert "Reasons for whole imports:" in page
    assert "a bot" not in client.get(reverse("snapshot", args=[board.newest_snapshot().key])).text
    assert page.index("a bot") < page.index("swapped")
    restore_import(source, None)
    restore_import(other, None)
    publish_snapshot(board)
    page = client.get(arena.get_absolute_url()).text
    assert "swapped" not in page
    assert "a bot" not in page


def test_boards_give_the_reasons_of_what_they_count(arena, client):
    """Verdicts are not what a board of people counts, and the other way round."""
    judge = make_judge("Minos")
    for battle in arena.battles.all():
        make_game(battle, judge, "first")
        make_game(battle, judge, "first", order="ba", is_counted=False, set_aside_reason="old")
    make_vote(arena.battles.first(), "b", is_counted=False, set_aside_reason="x")
    set_aside_import(_imported(arena, "votes"), "of people", None)
    set_aside_import(_imported(arena, "games", kind="judgements"), "of judges", None)
    told = {}
    for slug, fields in (("p", {}), ("j", {"sources": "judges"}), ("pj", {"sources": "both"})):
        board = make_board(arena, slug, is_default=slug == "p", **fields)
        publish_snapshot(board)
        page = client.get(arena.get_absolute_url(), {"board": board.slug}).text
        told[slug] = {
            reason for reason in ("of people", "of judges") if f"{reason}</span>" in page or f"{reason}\u2069<" in page
        }
    assert told == {
        "p": {"of people"}, "j": {"of judges"}, "pj": {"of people", "of judges"},
    }  # fmt: skip
