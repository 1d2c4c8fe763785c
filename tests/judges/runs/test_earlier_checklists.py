"""A game keeps the criteria it was asked with; whoever edits a checklist says what becomes of the scores that rest on it."""

import json

import pytest
from django.urls import reverse

from arena.evidence import ledger
from judges.audits.refresh import audit_judge
from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.models import Checklist, Game
from judges.runs.earlier_checklists import mixed_lists, on_earlier_lists
from judges.runs.plan_summary import lines_of
from judges.runs.planning import draw_up, plan_judging
from ranking.comparisons.judge_comparisons import judged_evidence
from tests.factories import make_user
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db

FIRST = [{"text": "Right?", "weight": 2}, {"text": "Short?", "weight": 1}]
SECOND = [{"text": "Kind?", "weight": 1}]


@pytest.fixture
def fake():
    with serving(Script(judge=JudgeScript())) as server:
        yield server


@pytest.fixture
def judged(fake, settings):
    """Two prompts with a checklist, a battle on each, all four games played."""
    arena, battles = make_battles(n_prompts=2, n_competitors=2)
    for battle in battles:
        Checklist.objects.create(prompt=battle.prompt, criteria=FIRST)
    judge = called_judge(fake_endpoint(fake, settings), "checklist")
    work(plan_judging(arena, [judge], ids(battles))[0])
    return arena, battles, judge


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def edit(client, battle, criteria, **said):
    checklist = Checklist.objects.get(prompt=battle.prompt)
    address = reverse("admin:judges_checklist_change", args=[checklist.pk])
    return client.post(address, {"prompt": battle.prompt_id, "criteria": json.dumps(criteria)} | said, follow=True)


def test_a_game_keeps_what_it_was_asked_with(judged):
    assert {json.dumps(game.criteria) for game in Game.objects.all()} == {json.dumps([["Right?", 2.0], ["Short?", 1.0]])}
    Checklist.objects.update(criteria=SECOND)
    assert len(on_earlier_lists(Game.objects.all())) == 4


def test_an_edit_asks_what_becomes_of_the_scores(client, curator, judged):
    _, battles, _ = judged
    page = edit(client, battles[0], SECOND).content.decode()
    assert "2 scores are based on the earlier list: ask again or keep?" in page
    assert Checklist.objects.filter(criteria=SECOND).count() == 0
    page = edit(client, battles[0], FIRST).content.decode()  # nothing was changed, so nothing is asked
    assert "based on the earlier list" not in page


def test_scores_that_are_kept_are_told_in_the_plan_and_called_mixed(client, curator, judged):
    arena, battles, judge = judged
    page = edit(client, battles[0], SECOND, earlier="keep").content.decode()
    assert "2 scores on the earlier list count as before" in page
    draft = draw_up(arena, [judge], ids(battles))
    assert (draft.counts.n_known, draft.counts.n_earlier, draft.counts.n_calls) == (4, 2, 0)
    assert any(
        line.strip().startswith("2 of these are based on a checklist that was edited since")
        for line in lines_of(draft, [judge])
    )
    assert list(mixed_lists([judge], ids(battles))) == [
        "mixed checklists: 2 of 4 scores are based on a list that was edited since they were given"
    ]
    edit(client, battles[1], SECOND, earlier="keep")  # all of them are old now: nothing stands beside them
    assert not list(mixed_lists([judge], ids(battles)))


def test_scores_that_are_to_be_asked_again_are_set_aside_and_asked_again(client, curator, judged):
    arena, battles, judge = judged
    page = edit(client, battles[0], SECOND, earlier="again").content.decode()
    assert "2 scores set aside" in page
    old = Game.objects.filter(battle=battles[0])
    assert set(old.values_list("is_counted", "to_ask_again")) == {(False, True)}
    run, counts = plan_judging(arena, [judge], ids(battles))
    assert (counts.n_known, counts.n_calls, counts.n_earlier) == (2, 2, 0)
    work(run)
    new = Game.objects.filter(battle=battles[0], is_counted=True)
    assert {(game.repeat, game.order, json.dumps(game.criteria)) for game in new} == {
        (1, order, json.dumps([["Kind?", 1.0]])) for order in ("ab", "ba")
    }
    assert old.filter(repeat=0, state="ok").count() == 2  # nothing is lost
    assert draw_up(arena, [judge], ids(battles)).counts.n_known == 4
    assert not on_earlier_lists(Game.objects.all())


def test_an_edit_that_is_taken_back_leaves_nothing_on_an_earlier_list(client, curator, judged):
    _, battles, _ = judged
    edit(client, battles[0], SECOND, earlier="keep")
    edit(client, battles[0], FIRST, earlier="keep")
    assert not on_earlier_lists(Game.objects.all())


def test_games_of_a_time_that_kept_no_list_go_by_when_it_was_edited(judged):
    Game.objects.update(criteria=None)
    assert not on_earlier_lists(Game.objects.all())
    for checklist in Checklist.objects.all():
        checklist.save()
    assert len(on_earlier_lists(Game.objects.all())) == 4


def test_boards_and_the_judges_page_say_mixed(client, curator, judged):
    arena, battles, judge = judged
    edit(client, battles[0], SECOND, earlier="keep")
    told = "mixed checklists: 2 of 4 scores are based on a list that was edited since they were given"
    assert told in judged_evidence(arena.pk, ledger.sequence()).remarks
    audit_judge(judge, arena)
    assert told.capitalize() in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    edit(client, battles[0], FIRST, earlier="keep")
    assert not any("mixed" in remark for remark in judged_evidence(arena.pk, ledger.sequence()).remarks)
    assert "Mixed checklists" not in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
