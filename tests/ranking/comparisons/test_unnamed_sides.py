"""Sides of gold labels whose model nobody named: they audit judges, and are no competitors."""

import json
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from arena.models import Competitor, Event
from arena.pairing.pair_candidates import load_offer, offers_vote
from judges.audits.refresh import audit_judge
from judges.models import Game, GoldItem
from judges.runs.battle_selection import all_pairs, given_battles, standing_battles
from judges.runs.planning import draw_up
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_judge

pytestmark = pytest.mark.django_db

UNNAMED = ["m (A)", "m (B)", "unknown", "unknown (A)", "unknown (B)"]
MIGRATION = import_module("ranking.migrations.0011_sides_of_gold_labels_are_on_no_board")


def rows(n=1):
    names = [{}, {"competitor_a": "m", "competitor_b": "m"}, {"competitor_a": "Kestrel", "competitor_b": ""}]
    return [
        {"prompt": f"{number} + {number}?", "answer_a": f"{2 * number}", "answer_b": "none", "label": "a"} | names[number % 3]
        for number in range(3 * n)
    ]


@pytest.fixture
def arena(tmp_path):
    """Gold labels with names for none of two answers, one name for both, and one name of two; two models with votes."""
    arena = make_arena("garden", content_visibility="public", voting="anyone")
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, rows(4))))
    call_command("import_gold", path, "--format", "plain", "--arena", "garden", stdout=StringIO())
    return arena


def with_votes(arena):
    a, b = make_competitor(arena, "Osmia"), make_competitor(arena, "Vespa")
    for number in range(8):
        make_vote(make_battle(a, b, make_prompt(arena), with_answers=True), "a" if number % 3 else "b")
    for item in GoldItem.objects.all():
        make_vote(item.battle, "b")  # before such sides were told apart
    return arena


def judged(arena):
    judge = make_judge(kind="offline", protocol="contains")
    for battle in arena.battles.order_by("pk"):
        for order in ("ab", "ba"):
            event = Event.objects.create(kind="games_decided", arena=arena, after="1 game")
            Game.objects.create(
                judge=judge, battle=battle, order=order, state="ok", winner="first", strength=1, event=event,
                decided_at=battle.created_at,
            )  # fmt: skip
    return judge


def names_on(snapshot):
    return sorted(snapshot.entries.values_list("competitor__name", flat=True))


def test_sides_that_nobody_named_are_told_apart_from_models(arena):
    assert sorted(arena.competitors.filter(status="unnamed").values_list("name", flat=True)) == UNNAMED
    assert list(arena.competitors.named().values_list("name", flat=True)) == ["Kestrel"]


def test_who_is_here_under_such_a_name_stays_a_model(tmp_path):
    arena = make_arena("garden")
    make_competitor(arena, "m (A)")
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, rows())))
    call_command("import_gold", path, "--format", "plain", "--arena", "garden", stdout=StringIO())
    assert arena.competitors.get(name="m (A)").status == "active"


def test_no_voter_is_shown_them_and_no_plan_sends_them_to_others(client, arena):
    assert load_offer(arena).is_empty
    assert not offers_vote(arena)
    assert all_pairs(arena) == []
    assert "unknown (" not in client.get(reverse("vote", args=[arena.slug])).content.decode()


def test_judges_are_asked_about_them_by_the_battles_that_are_here(arena):
    numbers = list(GoldItem.objects.order_by("battle").values_list("battle", flat=True))
    assert standing_battles(arena) == given_battles(arena, numbers) == numbers
    draft = draw_up(arena, [make_judge(kind="offline", protocol="contains")], numbers)
    assert (draft.counts.n_battles, len(draft.games)) == (12, 24)


def test_they_are_in_no_list_and_no_filter(client, arena):
    make_competitor(arena, "Osmia")
    listed = client.get("/api/v1/competitors/", {"arena": "garden"}).json()["results"]
    assert [row["name"] for row in listed] == ["Kestrel", "Osmia"]
    unnamed = arena.competitors.get(name="unknown (A)")
    assert client.get(f"/api/v1/competitors/{unnamed.pk}/").status_code == 404
    address = reverse("competitor", args=["garden", unnamed.pk])
    assert client.get(address).status_code == 404
    page = client.get(reverse("battles", args=["garden"])).content.decode()
    assert ">Osmia</option>" in page
    assert ">unknown (A)</option>" not in page
    battle = unnamed.battles_as_a.first()
    page = client.get(reverse("battle", args=["garden", battle.pk])).content.decode()
    assert "unknown (A)" in page
    assert f'href="{address}"' not in page
    client.force_login(make_user(is_staff=True))
    assert ">unknown (A)<" not in client.get(reverse("new-run"), {"arena": "garden"}).content.decode()
    assert client.get(reverse("admin:arena_competitor_change", args=[unnamed.pk])).status_code == 200


@pytest.mark.parametrize(("sources", "method"), [
    ("people", "bradley_terry"), ("people", "style_controlled"), ("judges", "bradley_terry"), ("both", "bradley_terry"),
])  # fmt: skip
def test_no_board_rates_them_and_its_snapshots_are_made_again_alike(arena, sources, method):
    judged(with_votes(arena))
    board = Leaderboard.objects.create(arena=arena, slug="b", name="b", sources=sources, method=method)
    snapshot = publish_snapshot(board)
    assert not set(names_on(snapshot)) & set(UNNAMED)
    assert {"Osmia", "Vespa"} <= set(names_on(snapshot))
    assert snapshot.n_votes == {"people": 8, "judges": snapshot.n_votes, "both": snapshot.n_votes}[sources]
    again = rebuild(snapshot)
    assert (again.same_evidence, again.largest_difference) == (True, 0.0)


def test_judges_are_audited_on_their_labels_and_make_no_board_of_them(arena):
    judge = judged(with_votes(arena))
    audit = audit_judge(judge, arena)
    assert audit.figures["gold"][0]["n"] == 12
    assert all(not set(UNNAMED) & {line["competitor"] for line in board["standings"]} for board in audit.boards)
    assert not set(UNNAMED) & {name for board in audit.boards for name in board["unrated"]}
    ends = {row["competitor"]: row["n_games"] for row in audit.coverage["by_competitor"]}
    assert ends == {"Kestrel": 8, "Osmia": 16, "Vespa": 16, "sides of gold labels": 40}


def test_databases_from_before_are_treated_the_same_and_back(arena):
    with_votes(arena)
    make_competitor(arena, "lone (A)")
    ensure_boards(arena)
    Competitor.objects.update(status="active")
    board = Leaderboard.objects.get(is_default=True)
    before = publish_snapshot(board)
    assert "unknown (B)" in names_on(before)
    then = MigrationExecutor(connection).loader.project_state(("ranking", MIGRATION.__name__.rpartition(".")[2])).apps
    MIGRATION.name_sides_of_gold_labels(then, None)
    assert sorted(Competitor.objects.filter(status="unnamed").values_list("name", flat=True)) == UNNAMED
    board.refresh_from_db()
    assert board.read_to == 0
    assert names_on(publish_snapshot(board)) == ["Kestrel", "Osmia", "Vespa", "lone (A)"]
    assert rebuild(before).largest_difference == 0.0
    MIGRATION.call_them_competitors(then, None)
    assert not Competitor.objects.filter(status="unnamed").exists()
