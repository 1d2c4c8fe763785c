"""The board that a judge makes by itself, its grades and its labels, read from the database and shown."""

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from arena.models import Arena, Attempt
from judges.audits.refresh import audit_judge
from judges.models import Judge, JudgeAudit
from judges.verdicts.combiner_texts import COMBINER_TEXTS, PANEL_MAJORITY, PANEL_WEIGHTED
from judges.verdicts.combiners import COMBINERS
from ranking.boards.publishing import publish_snapshot
from ranking.maths import ELO_CENTRE
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.judges import game_factories
from tests.judges.audits.test_judge_audits import figures_of, gold_set, make_judge
from tests.judges.game_factories import make_call, make_endpoint, make_run
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db
STRENGTH = (1.2, 0.4, -0.4, -1.2)


def contest(judge: Judge, *, n_prompts: int = 25, votes: bool = True) -> Arena:
    """Four models, every pair on every prompt, in both orders; the judge likes the first slot, people do not."""
    arena, rng = make_arena(), np.random.default_rng(2)
    models = [make_competitor(arena, f"model {name}") for name in "stuv"]
    for _ in range(n_prompts):
        prompt = make_prompt(arena)
        for i, a in enumerate(models):
            for j in range(i + 1, 4):
                battle, lead = make_battle(a, models[j], prompt), STRENGTH[i] - STRENGTH[j]
                for order, sign in (("ab", 1), ("ba", -1)):
                    first = rng.random() < 1 / (1 + np.exp(-(sign * lead + 0.5)))
                    strength = int(rng.integers(1, 3))
                    winner = "first" if first else "second"
                    game_factories.make_game(battle, judge, winner, order=order, strength=strength)
                if votes:
                    make_vote(battle, "a" if rng.random() < 1 / (1 + np.exp(-lead)) else "b")
    return arena


def rated(board) -> dict[str, float]:
    return {line["competitor"]: line["rating"] for line in board["standings"]}


def test_boards_offer_every_rule_and_the_panels():
    panels = [PANEL_MAJORITY, PANEL_WEIGHTED]
    assert Leaderboard.Combiner.values == [*COMBINER_TEXTS, *panels]


@pytest.mark.parametrize("rule", ["games", *COMBINERS])
def test_its_board_under_a_rule_is_that_of_an_arena_where_it_judges_alone(rule):
    judge = game_factories.make_judge(protocol="arena_hard")
    arena = contest(judge, votes=False)
    found = {board["rule"]: board for board in audit_judge(judge, arena).boards}[rule]
    method = "slot_levelled" if rule == "games" else "bradley_terry"
    snapshot = publish_snapshot(make_board(arena, sources="judges", combiner=rule, method=method))
    published = dict(snapshot.entries.values_list("competitor__name", "rating"))
    assert rated(found) == pytest.approx(published, abs=1e-4)
    limits = {line["competitor"]: line["low"] for line in found["standings"]}
    assert limits == pytest.approx(dict(snapshot.entries.values_list("competitor__name", "low")), abs=1e-3)


def test_the_board_that_it_makes_is_its_own_and_not_that_of_all_judges():
    judge, wrong = game_factories.make_judge(), game_factories.make_judge()
    arena = contest(judge)
    for battle in arena.battles.all():  # a judge that turns everything round
        for order in ("ab", "ba"):
            game_factories.make_game(battle, wrong, "second" if order == "ab" else "first", order=order)
    publish_snapshot(make_board(arena, sources="judges", method="slot_levelled"))
    found = figures_of(audit_judge(judge, arena))
    for name in ("Spearman against the human board", "Kendall against the human board"):
        assert (found[name]["value"], found[name]["n"]) == (pytest.approx(1.0), 4)
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"] + 1e-9
        assert found[name]["method"] == "percentile bootstrap of both boards, 200 replicates"
    assert 0 < found["separability"]["value"] <= 1
    assert found["separability"]["unit"] == "pairs of competitors"


def test_the_page_shows_how_the_ranking_moves_and_why_a_rule_makes_no_board(client):
    judge = game_factories.make_judge()
    arena = contest(judge, n_prompts=6)
    judge.games.filter(order="ba").delete()
    audit = audit_judge(judge, arena)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "The rule matters" in page
    assert "both orders have to be played for this rule" in page
    first_order = next(board for board in audit.boards if board["rule"] == "first_order_only")
    assert f"{first_order['standings'][0]['rating']:.0f}" in page


def test_a_competitor_that_a_rule_moves_is_marked_in_words(client):
    judge = game_factories.make_judge()
    arena = contest(judge, n_prompts=6)
    audit = audit_judge(judge, arena)
    default = audit.boards[0]["standings"]
    ranks = {line["competitor"]: line["rank"] for line in default}
    names = [line["competitor"] for line in default]
    swapped = audit.boards[1]["standings"]
    swapped[:] = [
        {"competitor": name, "rank": rank, "rating": ELO_CENTRE, "low": None, "high": None}
        for rank, name in enumerate([names[1], names[0], *names[2:]], 1)
    ]
    audit.save()
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert ranks[names[0]] == 1
    assert "▲1<span" in page
    assert "▼1<span" in page
    assert " down," in page


def test_an_audit_asks_as_often_for_many_battles_as_for_few():
    counts = []
    for n_prompts in (3, 12):
        judge = game_factories.make_judge(protocol="arena_hard")
        arena = contest(judge, n_prompts=n_prompts)
        gold_set(arena, {arena.battles.first().pk: "a", arena.battles.last().pk: "tie"})
        with CaptureQueriesContext(connection) as asked:
            audit_judge(judge, arena)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 50


# --- grades on five points -----------------------------------------------------------------------------------------------


def graded_battles(judge: Judge, *said: tuple[str, int | None, str, int]) -> Arena:
    """(vote, its strength, judge's side, its strength) a battle."""
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    for vote, vote_strength, side, strength in said:
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        make_vote(battle, vote, strength=vote_strength)
        for order in ("ab", "ba"):
            winner = side if side == "tie" else "first" if (side == "a") == (order == "ab") else "second"
            game_factories.make_game(battle, judge, winner, order=order, strength=strength)
    return arena


def test_weighted_kappa_is_of_grades_on_five_points():
    judge = game_factories.make_judge(protocol="arena_hard")
    said = [("a", 2, "a", 2), ("a", 1, "a", 2), ("b", 1, "b", 1), ("tie", None, "tie", 1), ("b", 2, "a", 1)] * 4
    audit = audit_judge(judge, graded_battles(judge, *said))
    kappa = figures_of(audit)["weighted kappa"]
    assert (kappa["n"], kappa["unit"]) == (20, "battles")
    # Weights |i - j|: 0, 1, 0, 0, 3 of a battle; by chance the mean of |i - j| over all 25 pairs of a battle's grades.
    judged, human = [2, 2, -1, 0, 1], [2, 1, -1, 0, -2]
    chance = np.mean([abs(i - j) for i in judged for j in human])
    assert kappa["value"] == pytest.approx(1 - np.mean([0, 1, 0, 0, 3]) / chance)
    assert {key: audit.battle_sets[key]["n"] for key in kappa["sets"]} == {"same_grade": 12, "other_grade": 8}


def test_votes_and_judges_that_know_no_strength_have_no_grades():
    judge = game_factories.make_judge(protocol="pairwise")
    said = [("a", 2, "a", 1), ("b", 1, "b", 1)] * 3
    assert figures_of(audit_judge(judge, graded_battles(judge, *said)))["weighted kappa"]["value"] is None
    judge = game_factories.make_judge(protocol="arena_hard")
    said = [("a", None, "a", 2), ("tie", None, "tie", 1), ("b", None, "b", 1)] * 3
    assert figures_of(audit_judge(judge, graded_battles(judge, *said)))["weighted kappa"]["n"] == 0


# --- what answered -------------------------------------------------------------------------------------------------------


def answered_arena(judge: Judge, *replies: tuple[str, datetime]) -> Arena:
    """A game with an attempt each: the model string that came back, and when."""
    arena = make_arena()
    run = make_run(arena)
    for model, at in replies:
        battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
        call = make_call(run, judge, state="done", outcome="ok")
        sent = {"model": judge.model, "max_tokens": 64, "response_format": {"type": "json_schema", "schema": {}}}
        Attempt.objects.create(
            call=call, endpoint=judge.endpoint, state="ok", model=model, parameters=sent, sent_at=at, text="[[A]]"
        )
        game_factories.make_game(battle, judge, "first", run=run, call=call)
    return arena


def test_the_page_says_that_the_model_behind_the_endpoint_changed_and_when(client):
    judge = game_factories.make_judge()
    may, june = (datetime(2026, month, 3, tzinfo=UTC) for month in (5, 6))
    arena = answered_arena(judge, ("m-1", may), ("m-1", may), ("m-2<b>", june))
    audit = audit_judge(judge, arena)
    newest, older = audit.answered["replies"]
    assert (newest["model"], newest["n_games"], older["n_games"]) == ("m-2<b>", 1, 2)
    assert newest["parameters"] == {"max_tokens": 64, "response_format": "json_schema"}
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "The model behind the endpoint changed." in page
    assert "3 May 2026" in page
    assert "m-2&lt;b&gt;" in page


def test_a_model_that_stayed_the_same_is_told_on_the_card_alone(client):
    judge = game_factories.make_judge()
    arena = answered_arena(judge, ("m-1", datetime(2026, 5, 3, tzinfo=UTC)))
    audit_judge(judge, arena)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "changed" not in page
    assert "What answered" in page


def test_what_the_endpoint_refuses_of_the_card_is_said(client):
    endpoint = make_endpoint(refused_parameters=["temperature", "seed"])
    judge = game_factories.make_judge(endpoint=endpoint, parameters={"temperature": 0.5})
    arena = answered_arena(judge, ("m-1", datetime(2026, 5, 3, tzinfo=UTC)))
    assert audit_judge(judge, arena).answered["refused"] == ["temperature"]
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "The card says temperature 0.5, which the endpoint refuses" in page


# --- labels of three classes ---------------------------------------------------------------------------------------------


def test_a_gold_set_without_ties_has_no_figures_of_three_classes():
    judge = make_judge()
    arena = contest(judge, n_prompts=2)
    gold_set(arena, {arena.battles.first().pk: "a"})
    assert audit_judge(judge, arena).figures["labels"] == []


GPT = {"unreadable as ties": "71.07", "unreadable as wrong": "69.77", "unreadable left out": "71.56"}
PANDALM = {"accuracy": "66.77", "macro precision": "57.38", "macro recall": "57.50", "macro F1": "57.43"}


@pytest.fixture
def pandalm(shared_data):
    """PandaLM's test set with its majorities as labels, and the stored verdicts of two judges, all by the commands."""
    folder, quiet = shared_data / "pandalm", {"stdout": io.StringIO()}
    if not (folder / "testset-v1.json").is_file():
        pytest.skip(f"real data not here: {folder / 'testset-v1.json'}")
    said = ("--format", "pandalm", "--arena", "pandalm")
    for command in ("import_battles", "import_gold"):
        call_command(command, str(folder / "testset-v1.json"), *said, **quiet)
    for name in ("gpt-3.5-turbo", "pandalm-7b"):
        call_command("import_judgements", str(folder / f"{name}-testset-v1.json"), *said, "--judge", name, **quiet)
    return Arena.objects.get(slug="pandalm")


def test_the_published_figures_of_two_judges_on_pandalm_are_on_their_pages(client, pandalm):
    gpt, own = (Judge.objects.get(name=name) for name in ("gpt-3.5-turbo", "pandalm-7b"))
    for judge in (gpt, own):
        audit_judge(judge, pandalm)
    assert {policy: on_page(client, pandalm, gpt, f"accuracy, {policy}") for policy in GPT} == GPT
    assert {name: on_page(client, pandalm, own, name) for name in PANDALM} == PANDALM
    audit = JudgeAudit.objects.get(judge=gpt)
    figures = {figure["name"]: figure for figure in audit.figures["labels"]}
    assert {figure["n"] for name, figure in figures.items() if "left out" in name} == {974}
    sets = {
        audit.battle_sets[key]["words"]: audit.battle_sets[key]["n"] for key in figures["macro F1, unreadable as ties"]["sets"]
    }
    assert sets == {"reply = label": 697, "another reply": 277, "no readable reply": 25}


def on_page(client, arena, judge, name: str) -> str:
    """A figure of the CSV in percent; the page says the same."""
    address = [arena.slug, judge.pk]
    rows = csv.DictReader(io.StringIO(client.get(reverse("judge-figures", args=address)).content.decode()))
    (row,) = (row for row in rows if row["name"] == name)
    assert row["section"] == "Against gold labels with ties"
    page = client.get(reverse("judge", args=address)).content.decode().partition(row["section"])[2]
    cells = page.split(f">{name[0].upper()}{name[1:]} (<bdi>{row['of']}</bdi>)<")[1][:400]
    assert any(f">{shown}</td>" in cells for shown in (f"{100 * float(row['value']):.1f} %", f"{float(row['value']):.2f}"))
    assert float(row["low"]) < float(row["value"]) < float(row["high"])
    return f"{100 * float(row['value']):.2f}"
