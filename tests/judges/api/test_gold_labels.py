"""Gold labels over REST: curators read them, set them aside and restore them, as in the admin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from arena.importing.loading import loader
from arena.models import Ballot, Event, Import
from judges.models import GoldAnswer, GoldItem, GoldSet
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena("garden", content_visibility="public")


@pytest.fixture
def battle(arena):
    return make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)


@pytest.fixture
def gold(arena):
    return GoldSet.objects.create(arena=arena, name="sums")


@pytest.fixture
def item(gold, battle):
    return GoldItem.objects.create(gold_set=gold, battle=battle, label="a", note="first")


@pytest.fixture
def answer(gold, battle):
    return GoldAnswer.objects.create(gold_set=gold, response=battle.response_a, is_right=True)


def found(program, query=""):
    said = program.get(f"/api/v1/gold-labels/{query}")
    assert said.status_code == 200, said.content
    return [row["id"] for row in said.json()["results"]]


def test_labels_are_read_as_they_are_stored(item, answer, battle):
    program = make_program(scopes=["read"])
    row = {"id": item.pk, "arena": "garden", "gold_set": "sums", "battle": battle.pk, "label": "a", "order": "ab",
           "note": "first", "is_counted": True, "import_id": None}  # fmt: skip
    assert program.get(f"/api/v1/gold-labels/{item.pk}/").json() == row
    assert program.get("/api/v1/gold-labels/").json()["results"] == [row]
    (listed,) = program.get("/api/v1/gold-labels/answers/").json()["results"]
    assert (listed["response"], listed["is_right"], listed["grade"]) == (battle.response_a_id, True, None)
    assert program.get(f"/api/v1/gold-labels/answers/{answer.pk}/").json() == listed


def test_labels_are_for_curators_alone(client, item, answer):
    paths = ["", f"{item.pk}/", "answers/", f"answers/{answer.pk}/"]
    assert {client.get(f"/api/v1/gold-labels/{path}").status_code for path in paths} == {401}
    account = make_program(make_user(), scopes=["read"])
    assert {account.get(f"/api/v1/gold-labels/{path}").status_code for path in paths} == {403}
    elsewhere = make_program(arenas=[make_arena("other")])
    assert found(elsewhere) == []
    assert elsewhere.get(f"/api/v1/gold-labels/{item.pk}/").status_code == 404
    assert post(elsewhere, f"gold-labels/{item.pk}/set-aside/", {}).status_code == 404
    assert GoldItem.objects.get().is_counted


def test_a_curator_who_votes_on_the_pair_does_not_read_its_label(item, answer, battle):
    curator = make_user(is_staff=True)
    voter = make_voter(battle.arena, str(curator.pk), kind="account", user=curator)
    ballot = Ballot.objects.create(
        battle=battle, voter=voter, first_shown="a", propensity=1, served_at=item.gold_set.created_at
    )
    program = make_program(curator)
    for path in ("gold-labels/", "gold-labels/answers/"):
        page = program.get(f"/api/v1/{path}").json()
        assert (page["hidden"], page["results"]) == (1, [])
    assert post(program, f"gold-labels/{item.pk}/set-aside/", {}).status_code == 404
    Ballot.objects.filter(pk=ballot.pk).update(state=Ballot.State.VOTED)
    assert found(program) == [item.pk]


def test_filters_choose_labels(arena, gold, item, battle):
    wrong = GoldItem.objects.create(gold_set=gold, battle=battle, label="b")
    out = GoldItem.objects.create(
        gold_set=GoldSet.objects.create(arena=arena, name="old"), battle=battle, label="a", is_counted=False
    )
    program = make_program()
    for query, rows in {
        "?arena=garden": [item, wrong, out],
        "?gold_set=sums": [item, wrong],
        "?is_counted=false": [out],
        "?label=a": [item, out],
        f"?battle={battle.pk}&is_counted=true": [item, wrong],
        "?is_contradicted=true": [item, wrong],
        "?is_contradicted=false": [out],
        "?import_id=1": [],
    }.items():
        assert found(program, query) == [row.pk for row in rows], query
    assert program.get("/api/v1/gold-labels/?label=maybe").status_code == 400
    assert program.get("/api/v1/gold-labels/?arena=nowhere").status_code == 404


def test_filters_choose_labels_of_answers(answer, battle, gold):
    graded = GoldAnswer.objects.create(gold_set=gold, response=battle.response_b, grade=2)
    program = make_program()
    for query, rows in {
        "?is_right=true": [answer], "?is_right=false": [], f"?response={battle.response_b_id}": [graded], "": [answer, graded],
    }.items():  # fmt: skip
        assert found(program, f"answers/{query}") == [row.pk for row in rows], query


@pytest.mark.parametrize("kind", ["item", "answer"])
def test_a_label_is_set_aside_and_restored_with_an_event_each(kind, request):
    label = request.getfixturevalue(kind)
    path = f"gold-labels/{'answers/' if kind == 'answer' else ''}{label.pk}"
    program = make_program()
    for act, is_counted in (("set-aside", False), ("set-aside", False), ("restore", True), ("restore", True)):
        done = post(program, f"{path}/{act}/", {})
        assert (done.status_code, done.json()["is_counted"]) == (200, is_counted)
        label.refresh_from_db()
        assert label.is_counted == is_counted
    events = Event.objects.filter(kind=Event.Kind.GOLD_LABELLED).order_by("pk")
    assert [(event.reason, event.actor.is_staff) for event in events] == [
        ("1 label set aside", True),
        ("1 label count again", True),
    ]


def test_a_repeated_key_does_nothing_more(item):
    program = make_program()
    key = {"Idempotency-Key": "once"}
    post(program, f"gold-labels/{item.pk}/set-aside/", {}, **key)
    post(program, f"gold-labels/{item.pk}/restore/", {})
    again = post(program, f"gold-labels/{item.pk}/set-aside/", {}, **key)
    assert (again.status_code, again["Idempotency-Replayed"], again.json()["is_counted"]) == (200, "true", False)
    assert GoldItem.objects.get().is_counted


def test_setting_aside_takes_no_body(item):
    refused = post(make_program(), f"gold-labels/{item.pk}/set-aside/", {"reason": "wrong"})
    assert (refused.status_code, refused.json()["errors"]) == (400, {"reason": ["No body is taken here."]})


def test_a_file_of_labels_is_set_aside_and_restored_as_a_whole(arena, battle):
    program = make_program()
    rows = f"prompt_id,competitor_a,competitor_b,answer_a,answer_b,label\n{battle.prompt.key},{battle.competitor_a.name},"
    rows += f"{battle.competitor_b.name},{battle.response_a.text},{battle.response_b.text},a\n"
    file = SimpleUploadedFile("labels.csv", rows.encode())
    sent = program.post("/api/v1/arenas/garden/imports/", {"file": file, "kind": "labels"})
    assert sent.status_code == 202, sent.content
    number = sent.json()["id"]
    loader.load(number)
    assert Import.objects.get().state == "published"
    listed = found(program, f"?import_id={number}")
    assert len(listed) == 1
    post(program, f"imports/{number}/set-aside/", {"reason": "another set"})
    assert found(program, "?is_counted=false") == listed
    post(program, f"imports/{number}/restore/", {})
    assert found(program, "?is_counted=true") == listed
