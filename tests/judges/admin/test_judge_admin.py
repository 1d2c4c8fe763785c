"""Curators edit judges and look after verdicts; superusers alone touch endpoints."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Attempt, Endpoint, Event
from judges.cards import called_judge
from judges.models import Checklist, Game, GoldAnswer, GoldSet, Judge
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_user
from tests.judges.game_factories import make_call, make_endpoint, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.is_superuser = False
    user.save()
    client.force_login(user)
    return user


@pytest.fixture
def superuser(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def card(judge, **changes):
    said = {name: getattr(judge, name) for name in ("name", "protocol", "template", "family")}
    return said | {"endpoint": judge.endpoint_id, "parameters": json.dumps(judge.parameters)} | changes


def change(client, judge, **changes):
    return client.post(reverse("admin:judges_judge_change", args=[judge.pk]), card(judge, **changes))


def test_saving_a_changed_card_makes_a_new_version(client, curator):
    judge = called_judge(make_endpoint(), "pairwise", name="strict")
    assert change(client, judge, parameters='{"temperature": 0.7}').status_code == 302
    judge.refresh_from_db()
    newest = judge.superseded_by
    assert (judge.parameters, newest.parameters, newest.version, newest.name) == ({}, {"temperature": 0.7}, 2, "strict")


def test_saving_the_same_card_makes_none(client, curator):
    judge = called_judge(make_endpoint(), "pairwise")
    assert change(client, judge).status_code == 302
    assert Judge.objects.count() == 1


def test_a_change_that_is_taken_back_is_the_old_card_again(client, curator):
    judge = called_judge(make_endpoint(), "pairwise")
    change(client, judge, parameters='{"temperature": 0.7}')
    change(client, Judge.objects.current().get(), parameters="{}")
    assert Judge.objects.current().get() == judge
    assert Judge.objects.count() == 2


def test_another_protocol_brings_its_own_template(client, curator):
    judge = called_judge(make_endpoint(), "pairwise")
    change(client, judge, protocol="pandalm")
    assert "Response 1:" in Judge.objects.current().get().template


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"parameters": '{"colour": 1}'}, "parameter &#x27;colour&#x27; is unknown"),
        ({"template": "Which is better?"}, "the template lacks {prompt}, {answer_1}, {answer_2}. Its slots are"),
        ({"template": "{prompt}{answer_1}{answer_2}\n{foo}"}, "{foo} is no slot of this protocol. Its slots are"),
        ({"endpoint": ""}, "Choose an endpoint"),
    ],
)
def test_a_card_that_cannot_be_is_refused_in_the_form(client, curator, changes, told):
    judge = called_judge(make_endpoint(), "pairwise")
    page = change(client, judge, **changes)
    assert page.status_code == 200
    assert told in page.content.decode()
    assert Judge.objects.count() == 1


def test_a_new_judge_is_made(client, curator):
    endpoint = make_endpoint()
    new = {"name": "mine", "endpoint": endpoint.pk, "protocol": "arena_hard", "template": "", "parameters": "{}", "family": "x"}
    assert client.post(reverse("admin:judges_judge_add"), new).status_code == 302
    judge = Judge.objects.get()
    assert (judge.name, judge.protocol, judge.model) == ("mine", "arena_hard", endpoint.model)
    page = client.get(reverse("admin:judges_judge_changelist"))
    assert [str(message) for message in page.context["messages"]] == ["The judge mine was made."]
    assert judge.template


def test_old_versions_and_programs_are_to_look_at(client, curator):
    judge = called_judge(make_endpoint(), "pairwise")
    change(client, judge, parameters='{"temperature": 0.7}')
    assert change(client, judge, parameters='{"temperature": 0.9}').status_code == 403
    assert client.get(reverse("admin:judges_judge_change", args=[judge.pk])).status_code == 200


def test_lists_open(client, superuser):
    game = make_battle_game()
    for name in ("judges_judge", "judges_game", "judges_goldset", "judges_checklist", "arena_endpoint", "arena_run"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert client.get(reverse("admin:judges_game_change", args=[game.pk])).status_code == 200
    assert client.get(reverse("admin:arena_run_change", args=[game.run_id])).status_code == 200


def make_battle_game():
    arena = make_arena()
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
    judge, run = make_judge(), make_run(arena)
    return make_game(battle, judge, run=run, call=make_call(run, judge))


def test_verdicts_are_set_aside_and_restored_with_their_place_in_the_ledger(client, curator):
    game = make_battle_game()
    address = reverse("admin:judges_game_changelist")
    chosen = {"_selected_action": [game.pk]}
    client.post(address, chosen | {"action": "set_aside", "apply": "1", "reason": "leaked"})
    game.refresh_from_db()
    assert (game.is_counted, game.set_aside_reason) == (False, "leaked")
    client.post(address, chosen | {"action": "restore"})
    game.refresh_from_db()
    assert game.is_counted
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["games_decided", "games_set_aside", "games_restored"]
    assert ledger.sequence() == 3
    assert Game.objects.get().changes.count() == 2


def test_endpoints_are_for_superusers(client, curator):
    make_endpoint()
    assert client.get(reverse("admin:arena_endpoint_changelist")).status_code == 403
    assert client.get(reverse("admin:arena_endpoint_add")).status_code == 403


def test_an_endpoint_that_is_edited_forgets_what_it_learnt(client, superuser):
    endpoint = make_endpoint(refused_parameters=["temperature"], is_proven=True, base_url="https://api.example.com/v1")
    names = ("name", "wire", "base_url", "model", "key_name", "price_in", "price_out", "timeout_seconds")
    said = {name: getattr(endpoint, name) for name in names}
    address = reverse("admin:arena_endpoint_change", args=[endpoint.pk])
    client.post(address, said | {"price_in": 5})
    endpoint.refresh_from_db()
    assert (endpoint.price_in, endpoint.is_proven, endpoint.refused_parameters) == (5_000_000, True, ["temperature"])
    client.post(address, said | {"model": "another"})
    assert Endpoint.objects.values_list("is_proven", "refused_parameters").get() == (False, [])


def test_no_page_shows_a_key(client, superuser, monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", "api.example.com:sk-very-secret")
    endpoint = make_endpoint(key_name="AGON_KEY_TEST")
    for address in (
        reverse("admin:arena_endpoint_changelist"), reverse("admin:arena_endpoint_change", args=[endpoint.pk])
    ):  # fmt: skip
        assert "sk-very-secret" not in client.get(address).content.decode()


def test_a_checklist_is_checked(client, curator):
    prompt = make_prompt(make_arena())
    address = reverse("admin:judges_checklist_add")
    assert client.post(address, {"prompt": prompt.pk, "criteria": '[{"text": ""}]'}).status_code == 200
    client.post(address, {"prompt": prompt.pk, "criteria": '[{"text": "Is it right?", "weight": 2}]'})
    made = Checklist.objects.get()
    assert (made.criteria, made.written_by) == ([{"text": "Is it right?", "weight": 2}], curator)


def test_what_a_model_said_cannot_turn_the_page_around(client, curator):
    arena = make_arena()
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
    judge = make_judge()
    call = make_call(make_run(arena), judge, state="done")
    turned = {"text": "\u202e[[A]]", "model": "\u2066m", "request": [{"role": "user", "content": "\u202e"}]}
    Attempt.objects.create(call=call, endpoint=judge.endpoint, state="ok", sent_at=timezone.now(), **turned)
    game = make_game(battle, judge, run=call.run, call=call)
    page = client.get(reverse("admin:judges_game_change", args=[game.pk])).text
    assert not set("\u202e\u2066") & set(page)
    assert "[U+202E][[A]]" in page


def test_a_filter_that_no_database_would_be_asked_for_is_refused(client, curator):
    assert client.get(reverse("admin:judges_game_changelist"), {"state": "o\0k"}).status_code == 400


def add(client, **changes):
    return client.post(reverse("admin:judges_judge_add"), new_card(**changes), follow=True)


def new_card(**changes):
    said = {"name": "j good", "protocol": "pairwise", "template": "", "parameters": "{}", "family": ""}
    return said | changes


@pytest.mark.parametrize(
    ("field", "written", "stored"),
    [
        ("name", "j good", "j good"),
        ("family", "fake", "fake"),
        ("protocol", "arena_hard", "arena_hard"),
        ("template", "{prompt}\r\n{answer_1}\r\n{answer_2}", "{prompt}\n{answer_1}\n{answer_2}"),
        ("parameters", '{"temperature": 0.7}', {"temperature": 0.7}),
    ],
)
def test_every_field_of_a_new_judge_is_stored(client, curator, field, written, stored):
    endpoint = make_endpoint()
    add(client, endpoint=endpoint.pk, **{field: written})
    judge = Judge.objects.get()
    assert getattr(judge, field) == stored
    assert (judge.endpoint, judge.name, judge.version) == (endpoint, "j good", 1)


def test_a_new_judge_whose_card_is_here_under_another_name_is_refused_by_that_name(client, curator):
    endpoint = make_endpoint()
    add(client, endpoint=endpoint.pk)
    page = add(client, endpoint=endpoint.pk, name="another").content.decode()
    assert "The judge j good has the same card already" in page
    changed = called_judge(endpoint, "arena_hard", name="another")
    page = change(client, changed, protocol="pairwise", template="").content.decode()
    assert "The judge j good has the same card already" in page
    assert Judge.objects.count() == 2


def test_saving_says_what_became_of_the_card_and_keeps_names_as_they_are(client, curator):
    endpoint = make_endpoint()
    assert ">The judge j good was made.<" in add(client, endpoint=endpoint.pk).content.decode()
    for parameters, said in (
        ("{}", "The card of j good was not changed: no new version was made."),
        ('{"temperature": 0.7}', "The judge j good has a new card, version 2. Version 1 keeps its games."),
        ("{}", "Version 1 of the judge j good says the same: it is the current card again."),
    ):
        judge = Judge.objects.current().get()
        address = reverse("admin:judges_judge_change", args=[judge.pk])
        assert f">{said}<" in client.post(address, card(judge, parameters=parameters), follow=True).content.decode()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{'temperature': 0.7}", "line 1, column 2, expecting property name enclosed in double quotes"),
        ('{"temperature": 0.7,\n "seed" 1}', "line 2, column 9, expecting ':' delimiter"),
        ('{"structured": True}', "write true, false and null"),
    ],
)
def test_what_is_no_json_is_told_by_its_place(client, curator, written, told):
    for page in (
        add(client, endpoint=make_endpoint().pk, parameters=written),
        client.post(reverse("admin:judges_judge_preview"), new_card(endpoint=make_endpoint().pk, parameters=written)),
        client.post(reverse("admin:judges_checklist_add"), {"prompt": "", "criteria": written}),
    ):
        said = page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
        assert told in said
        assert 'in double quotes, as in {"name": "text"}' in said
    assert not Judge.objects.exists()


def test_a_misspelt_slot_is_named_beside_the_one_that_is_missing(client, curator):
    page = add(client, endpoint=make_endpoint().pk, template="{prompt} {answer_1} {anwser_2}").content.decode()
    assert "the template lacks {answer_2}, and {anwser_2} is no slot of this protocol (did you mean {answer_2}?)." in page


def test_labels_of_single_answers_are_set_aside_and_restored(client, curator):
    arena = make_arena()
    answers = [make_response(make_prompt(arena), make_competitor(arena), "text") for _n in range(2)]
    experts = GoldSet.objects.create(arena=arena, name="experts")
    first, second = (GoldAnswer.objects.create(gold_set=experts, response=one, is_right=True) for one in answers)
    address = reverse("admin:judges_goldanswer_changelist")
    page = client.post(address, {"action": "set_labels_aside", "_selected_action": [first.pk]}, follow=True)
    assert [str(message) for message in page.context["messages"]] == ["1 label set aside; figures follow in a moment."]
    assert list(GoldAnswer.objects.counted()) == [second]
    event = Event.objects.order_by("pk").last()
    assert (event.reason, event.actor, event.arena) == ("1 label set aside", curator, arena)
    client.post(address, {"action": "restore_labels", "_selected_action": [first.pk, second.pk]})
    assert GoldAnswer.objects.counted().count() == 2
    assert Event.objects.order_by("pk").last().reason == "1 label count again"


def test_the_page_of_a_single_answers_label_changes_only_whether_it_counts(client, curator):
    arena = make_arena()
    answer = make_response(make_prompt(arena), make_competitor(arena), "text")
    label = GoldAnswer.objects.create(gold_set=GoldSet.objects.create(arena=arena, name="experts"), response=answer, grade=4)
    address = reverse("admin:judges_goldanswer_change", args=[label.pk])
    assert client.get(address).status_code == 200
    client.post(address, {"grade": "1", "is_right": "true"})
    label.refresh_from_db()
    assert (label.grade, label.is_right, label.is_counted) == (4, None, False)
    assert Event.objects.order_by("pk").last().reason == "1 label set aside"
