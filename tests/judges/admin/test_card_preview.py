"""Whoever writes a card sees its slots and parameters, the whole request on a real battle, and what one call of it comes to."""

import json
from dataclasses import fields

import pytest
from django.urls import reverse

from arena.models import Attempt, Run
from judges.card_parameters import SAYS, Parameters
from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.models import Game, Judge
from judges.runs.card_previews import drafted_trial, start_trial, telling_battle
from judges.template_slots import HOLDS
from tests.factories import make_user
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db
FIVE_LINES = "Q: {prompt}\nFirst: {answer_1}\nSecond: {answer_2}\nRef: {reference}\nPick."


@pytest.fixture(autouse=True)
def curator(client):
    user = make_user(is_staff=True)
    user.is_superuser = False
    user.save()
    client.force_login(user)
    return user


@pytest.fixture
def fake():
    with serving(Script(judge=JudgeScript())) as server:
        yield server


def preview(client, endpoint, **said):
    card = {"name": "mine", "endpoint": endpoint.pk, "protocol": "pairwise", "template": "", "parameters": "{}"} | said
    return client.post(reverse("admin:judges_judge_preview"), card)


def test_every_parameter_is_told():
    assert list(SAYS) == [field.name for field in fields(Parameters)]


def test_the_form_lists_slots_and_parameters(client):
    page = client.get(reverse("admin:judges_judge_add")).content.decode()
    assert all(f"<code>{{{name}}}</code>" in page for name in HOLDS)
    assert all(f"<code>{name}</code>" in page for name in SAYS)
    assert "See judges.card_parameters" not in page


def test_the_whole_request_is_shown_with_and_without_its_reference(client):
    _, battles = make_battles(n_prompts=1, n_competitors=2, reference="It is 42.")
    page = preview(client, make_endpoint(), template=FIVE_LINES, parameters='{"reference": "with"}')
    first, second = page.context["previews"]
    assert page.status_code == 200
    assert (first.battle, first.with_reference, second.with_reference) == (battles[0].pk, True, False)
    shown = [each.request.messages[1].content for each in (first, second)]
    assert ["It is 42." in text for text in shown] == ["Ref:" in text for text in shown] == [True, False]
    assert all("Question 0?" in text and battles[0].response_a.text in text and "Pick." in text for text in shown)
    assert not Judge.objects.exists()
    assert not Attempt.objects.exists()


def test_another_battle_and_the_other_order_can_be_shown(client):
    _, battles = make_battles(n_prompts=2, n_competitors=2)
    seen = [
        preview(client, make_endpoint(), battle=battles[1].pk, order=order).context["previews"][0] for order in ("ab", "ba")
    ]
    assert {each.battle for each in seen} == {battles[1].pk}
    a, b = (each.request.messages[1].content for each in seen)
    assert a.index(battles[1].response_a.text) < a.index(battles[1].response_b.text)
    assert b.index(battles[1].response_a.text) > b.index(battles[1].response_b.text)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"template": "{prompt}{answer_1}{answer_2}{foo}"}, "{foo} is no slot of this protocol"),
        ({"parameters": '{"colour": 1}'}, "parameter &#x27;colour&#x27; is unknown"),
        ({"battle": 10**9, "order": "ab"}, "There is no battle 1000000000 with two answers"),
        ({"battle": "x", "order": "zz"}, "The request"),
        ({"protocol": "checklist"}, "no battle with two answers that this card could be asked about"),
    ],
)
def test_what_cannot_be_shown_says_why(client, said, told):
    make_battles(n_prompts=1, n_competitors=2)
    page = preview(client, make_endpoint(), **said)
    assert page.status_code == 200
    assert told in page.content.decode()


def test_without_any_battle_the_preview_says_so(client):
    assert "There is no battle with two answers" in preview(client, make_endpoint()).content.decode()


def test_the_battle_that_tells_most_has_a_reference(settings):
    make_battles(n_prompts=1, n_competitors=2, reference="Yes.")
    _, newer = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(make_endpoint(), "pairwise", parameters={"reference": "with"})
    assert telling_battle(judge) not in ids(newer)
    assert telling_battle(called_judge(make_endpoint(), "pairwise")) in ids(newer)


# --- one trial call --------------------------------------------------------------------------------------------------


def try_page(client, judge, **said):
    return client.get(reverse("admin:judges_judge_try", args=[judge.pk]), said)


def test_a_trial_is_told_its_cost_and_is_one_game_of_a_run(client, fake, settings, curator, monkeypatch):
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(fake_endpoint(fake, settings, price_in=10**6, price_out=10**6), "pairwise")
    page = try_page(client, judge)
    told = page.context["draft"].estimate.cost
    assert told > 0
    assert "Try it: one call, at most $" in page.content.decode()
    assert not fake.requests
    rung = []
    monkeypatch.setattr("judges.admin.cards.work_on_run.delay", rung.append)  # the worker is this test
    address = reverse("admin:judges_judge_try", args=[judge.pk])
    answer = client.post(address, {"battle": battles[0].pk, "told": told})
    run = Run.objects.get()
    assert (rung, run.cap, run.created_by, run.arena) == ([run.pk], told, curator, arena)
    assert "updates by itself" in client.get(answer.url).content.decode()
    work(run)
    shown = client.get(answer.url).content.decode()
    game = Game.objects.get()
    assert (len(fake.requests), game.state, run.name) == (1, "ok", f"trial of {judge}")
    assert 0 < game.cost <= told
    for part in ("Reply", "System", "User", f"by the label <code>{game.label}</code>", "begin answer_1"):
        assert part in shown
    again = try_page(client, judge, battle=battles[0].pk)
    assert again.context["draft"].counts.n_known == 1 or again.context["draft"].counts.n_calls == 0
    client.post(address, {"battle": battles[0].pk, "told": told})
    assert Run.objects.count() == 1


def test_a_trial_never_costs_more_than_was_told(client, fake, settings):
    _, battles = make_battles(n_prompts=1, n_competitors=2)
    endpoint = fake_endpoint(fake, settings, price_in=10**6, price_out=10**6)
    judge = called_judge(endpoint, "pairwise")
    told = drafted_trial(judge, battles[0].pk).estimate.cost
    endpoint.price_out *= 2
    endpoint.save()
    address = reverse("admin:judges_judge_try", args=[judge.pk])
    page = client.post(address, {"battle": battles[0].pk, "told": told}, follow=True)
    assert "because the estimate has risen since you confirmed it" in page.content.decode()
    assert not Run.objects.exists()
    for said in ({}, {"battle": "x", "told": "1"}, {"battle": 10**9, "told": "1"}):
        assert "choose a battle first" in client.post(address, said, follow=True).content.decode()


def test_who_is_no_curator_sees_and_tries_nothing(client):
    make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(make_endpoint(), "pairwise")
    client.force_login(make_user())
    assert preview(client, judge.endpoint).status_code == 302  # to sign in
    assert try_page(client, judge).status_code == 302


def test_trials_are_those_of_the_judge(client, settings):
    _, battles = make_battles(n_prompts=1, n_competitors=2)
    judges = [called_judge(make_endpoint(), "pairwise") for _ in range(2)]
    run = start_trial(drafted_trial(judges[0], battles[0].pk), cap=0, created_by=make_user())
    assert try_page(client, judges[0], run=run.pk).status_code == 200
    assert [try_page(client, judges[1], run=each).status_code for each in (run.pk, 10**6, "x")] == [404] * 3
    assert json.dumps(run.plan["trial"]) == "true"
