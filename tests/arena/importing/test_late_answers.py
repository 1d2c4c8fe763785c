"""Battles that came without answers get those of the arena; what was fitted before can be made again as it was."""

import pytest

from arena.evidence import ledger
from arena.importing.loading.late_answers import give_answers
from arena.importing.loading.loader import load
from arena.models import Assignment, Battle, Event, Import, LateAnswers, Prompt, Response
from arena.prerequisites import why_not_compared
from tests.arena.importing.import_files import BATTLES, as_csv, imported, lines, n_rows, registered, write
from tests.factories import make_arena, make_response
from tests.judges.game_factories import make_call, make_judge, make_run

pytestmark = pytest.mark.django_db

TWO_ROWS = BATTLES + "one,two,model_a,q1,ann\ntwo,one,model_a,q2,bob\n"
PROMPTS = [{"id": "q1", "prompt": "What is one?"}, {"id": "q2", "prompt": "What is two?"}]
ANSWERS = [{"prompt": key, "competitor": name, "text": f"{name} says {key}"} for key in ("q1", "q2") for name in ("one", "two")]


def bring(folder, arena, *kinds, answers=ANSWERS):
    files = {
        "battles": (TWO_ROWS, "chatbot-arena"),
        "prompts": (lines(*PROMPTS), "jsonl"),
        "responses": (lines(*answers), "jsonl"),
    }
    for kind in kinds:
        content, format_name = files[kind]
        source = imported(write(folder, content, kind), format_name, arena, kind=kind)
        assert source.state == Import.State.PUBLISHED, source.error
    return source


def said_of(battle):
    return battle.response_a and battle.response_a.text, battle.response_b and battle.response_b.text


@pytest.mark.parametrize(
    "order",
    [
        ("battles", "prompts", "responses"),
        ("battles", "responses", "prompts"),
        ("prompts", "responses", "battles"),
        ("prompts", "battles", "responses"),
    ],
)
def test_whatever_comes_last_the_battles_have_their_answers(tmp_path, order):
    arena = make_arena()
    last = bring(tmp_path, arena, *order)
    battles = Battle.objects.select_related("response_a", "response_b", "competitor_a", "prompt").order_by("pk")
    for battle, key in zip(battles, ("q1", "q2"), strict=True):
        names = battle.competitor_a.name, "two" if battle.competitor_a.name == "one" else "one"
        assert said_of(battle) == tuple(f"{name} says {key}" for name in names)
    assert n_rows(arena) == (2, 2, 2)
    came = "2 battles that came without answers got them: each of the models has one to the prompt."
    assert came in last.report["notes"]
    assert why_not_compared(arena) == ""


def test_an_event_says_when_and_an_import_of_battles_needs_none(tmp_path):
    arena = make_arena()
    last = bring(tmp_path, arena, "battles", "prompts", "responses")
    event = Event.objects.get(kind=Event.Kind.ANSWERS_GIVEN)
    assert (event.source, event.after) == (last, "2 battles")
    assert set(LateAnswers.objects.values_list("event", "battle__arena")) == {(event.pk, arena.pk)}
    other = make_arena()
    bring(tmp_path, other, "prompts", "responses", "battles")
    assert not LateAnswers.objects.filter(battle__arena=other).exists()


def test_where_it_is_not_clear_which_answer_it_was_there_is_none(tmp_path):
    arena = make_arena()
    twice = [*ANSWERS, {"prompt": "q1", "competitor": "one", "text": "another"}]
    empty = [{**row, "text": ""} if row["prompt"] == "q2" else row for row in twice]
    bring(tmp_path, arena, "battles", "prompts", "responses", answers=empty)
    assert not Battle.objects.exclude(response_a=None, response_b=None).exists()
    assert why_not_compared(arena) == (
        "2 battles that people voted on came without answers: judges cannot be compared with people on them"
    )


def test_an_answer_that_was_generated_here_is_not_what_people_voted_on(tmp_path):
    arena = make_arena()
    bring(tmp_path, arena, "battles", "prompts")
    run = make_run(arena, kind="generate")
    for prompt in Prompt.objects.all():
        for competitor in arena.competitors.all():
            make_response(prompt, competitor)
            call = make_call(run, make_judge(), state="done")
            Assignment.objects.create(call=call, prompt=prompt, competitor=competitor)
    assert give_answers(Import.objects.first()) == 0
    assert Response.objects.count() == 4


def test_a_prompt_without_a_text_cannot_be_shown_so_its_battles_wait(tmp_path):
    arena = make_arena()
    bring(tmp_path, arena, "battles", "responses")
    assert not Battle.objects.showable().exists()


def test_battles_of_other_arenas_and_those_with_answers_stay_as_they_are(tmp_path):
    arena, other = make_arena(), make_arena()
    bring(tmp_path, other, "battles", "prompts")
    bring(tmp_path, arena, "battles", "prompts", "responses")
    assert not Battle.objects.filter(arena=other).showable().exists()
    before = list(Battle.objects.filter(arena=arena).values_list("pk", "response_a", "response_b"))
    more = as_csv({"prompt": "q1", "competitor": "one", "text": "a repeat"})
    imported(write(tmp_path, more, "more"), "csv", arena, kind="responses")
    assert list(Battle.objects.filter(arena=arena).values_list("pk", "response_a", "response_b")) == before
    assert Event.objects.filter(arena=arena, kind=Event.Kind.ANSWERS_GIVEN).count() == 1


def test_a_load_that_was_killed_after_it_gave_answers_gives_none_twice(tmp_path):
    arena = make_arena()
    bring(tmp_path, arena, "battles", "prompts")
    source = registered(write(tmp_path, lines(*ANSWERS), "answers"), "jsonl", arena, kind="responses")
    load(source.pk)
    Import.objects.update(state=Import.State.LOADING)
    assert give_answers(source) == 0
    assert (LateAnswers.objects.count(), ledger.sequence()) == (2, ledger.head())


def test_many_battles_are_several_events(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.importing.loading.late_answers.BATTLES_A_TRANSACTION", 1)
    bring(tmp_path, make_arena(), "battles", "prompts", "responses")
    assert Event.objects.filter(kind=Event.Kind.ANSWERS_GIVEN).count() == 2
