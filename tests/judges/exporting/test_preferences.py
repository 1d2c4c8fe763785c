"""Preference pairs: what is chosen, what is left out, and the layouts that others read."""

import pytest
from django.utils import timezone

from arena.models import Competitor, Prompt, Response, Vote
from judges.judge_choices import choose_judge
from tests.arena.exporting.taking_out import taken
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena("pairs", content_visibility="public")


@pytest.fixture
def models(arena):
    return [make_competitor(arena, name, licence=licence) for name, licence in (("A", "MIT"), ("B", ""), ("C", ""))]


def battle_of(models, prompt=None, *votes, **fields):
    battle = make_battle(*models[:2], prompt or make_prompt(models[0].arena, system_prompt="Be brief."), with_answers=True)
    for vote in votes:
        make_vote(battle, vote, **fields)
    return battle


def models_of(rows):
    return [(row["chosen_model"], row["rejected_model"]) for row in rows]


def test_dpo_has_messages_and_says_how_sure_it_is_and_whose_texts_they_are(arena, models):
    prompt = make_prompt(arena, "Why?", system_prompt="Be brief.", key="q", category="coding")
    battle_of(models, prompt, "b", "b", "tie", "b")
    (row,) = taken("pairs-dpo", arena)
    assert row["prompt"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert row["chosen"] == [{"role": "assistant", "content": Response.objects.get(competitor=models[1]).text}]
    assert row["rejected"] == [{"role": "assistant", "content": Response.objects.get(competitor=models[0]).text}]
    told = {
        name: row[name]
        for name in ("chosen_model", "rejected_model", "rejected_licence", "chosen_licence", "margin", "n_votes")
    }
    assert told == {
        "chosen_model": "B", "rejected_model": "A", "rejected_licence": "MIT", "chosen_licence": None, "margin": 0.75,
        "n_votes": 4,
    }  # fmt: skip
    assert (row["source"], row["arena"], row["prompt_id"], row["is_contested"]) == ("people", "pairs", "q", False)


def test_a_cut_answer_is_marked(arena, models):
    battle_of(models, None, "b")
    Response.objects.filter(competitor=models[1]).update(finish="length")
    for key in ("pairs-dpo", "pairs-rewardbench", "pairs-helpsteer2"):
        (row,) = taken(key, arena)
        assert (row["chosen_finish"], row["rejected_finish"]) == ("length", "stop")
    assert {row["model"]: row["finish"] for row in taken("pairs-kto", arena)} == {"B": "length", "A": "stop"}


def test_several_turns_are_told_one_by_one(arena, models):
    prompt = make_prompt(arena)
    Prompt.objects.filter(pk=prompt.pk).update(turns=["One?", "Two?"])
    for model in models[:2]:
        make_response(prompt, model, f"{model}1\n\n{model}2", turns=[f"{model}1", f"{model}2"])
    battle_of(models, prompt, "a")
    (row,) = taken("pairs-dpo", arena)
    assert [each["content"] for each in row["prompt"]] == ["One?"]
    assert [(each["role"], each["content"]) for each in row["chosen"]] == [
        ("assistant", "A1"),
        ("user", "Two?"),
        ("assistant", "A2"),
    ]
    assert [each["content"] for each in row["rejected"]] == ["B1", "Two?", "B2"]
    assert not taken("pairs-rewardbench", arena)
    assert not taken("pairs-helpsteer2", arena)


@pytest.mark.parametrize("votes", [["tie"], ["both_bad"], ["a", "b"], ["a", "tie"], ["a", "tie", "both_bad"], []])
def test_nothing_is_chosen_without_more_than_half(arena, models, votes):
    battle_of(models, None, *votes)
    assert not taken("pairs-dpo", arena, contested="mark")
    assert not taken("pairs-kto", arena, contested="mark")


def test_contested_pairs_are_left_out_or_marked(arena, models):
    battle_of(models, None, "a", "a", "b")
    assert not taken("pairs-dpo", arena)
    (row,) = taken("pairs-dpo", arena, contested="mark")
    assert (row["is_contested"], row["margin"], row["n_votes"]) == (True, 0.333333333333, 3)


def test_votes_that_were_set_aside_do_not_count(arena, models):
    battle = battle_of(models, None, "a", "b", "b")
    Vote.objects.filter(battle=battle, outcome="b").update(is_counted=False)
    assert models_of(taken("pairs-dpo", arena)) == [("A", "B")]


def test_votes_on_the_same_two_answers_count_together(arena, models):
    """A file without ids of battles gives each vote a battle of its own."""
    prompt = make_prompt(arena)
    for number, vote in enumerate(("a", "a", "b")):
        make_vote(make_battle(*models[:2], prompt, with_answers=True, row_key=bytes([number] * 16)), vote)
    assert not taken("pairs-dpo", arena)
    assert taken("pairs-dpo", arena, contested="mark")[0]["n_votes"] == 3


def test_failed_empty_and_equal_answers_make_no_pair(arena, models):
    for fields in ({"finish": "failed"}, {"text": " "}, {"text": "same"}):
        prompt = make_prompt(arena)
        make_response(prompt, models[0], "same")
        make_response(prompt, models[1], **{"text": "other"} | fields)
        battle_of(models, prompt, "b")
    assert not taken("pairs-dpo", arena)


def test_least_votes_and_most_per_prompt(arena, models):
    prompt = make_prompt(arena)
    battle_of(models, prompt, "a", "a", "tie")
    battle_of([models[0], models[2]], prompt, "a", "a")
    battle_of([models[1], models[2]], prompt, "a")
    assert models_of(taken("pairs-dpo", arena, least_votes=2)) == [("A", "C"), ("A", "B")]
    assert models_of(taken("pairs-dpo", arena, per_prompt=1)) == [("A", "C")]


def test_a_text_under_several_ids_is_one_prompt_to_most_per_prompt(arena, models):
    """The surest is taken over all of them, wherever they stand among the prompts."""
    many = [make_prompt(arena, f"Filler {n}") for n in range(60)]
    first = make_prompt(arena, "Why?", key="q1")
    for n in range(60):
        battle_of(models, make_prompt(arena, f"More {n}", key=f"more{n}"), "a")
    second = make_prompt(arena, "Why?\r\n", key="q2")
    battle_of(models, first, "a", "a", "tie")
    battle_of([models[0], models[2]], second, "b", "b")
    battle_of(models, many[0], "a")
    rows = taken("pairs-dpo", arena, per_prompt=1)
    of_text = [(row["prompt_id"], row["chosen_model"]) for row in rows if row["prompt_id"] in {"q1", "q2"}]
    assert of_text == [("q2", "C")]
    assert len(rows) == 62
    assert {row["prompt_id"] for row in taken("pairs-dpo", arena, per_prompt=2)} >= {"q1", "q2"}
    assert len(taken("pairs-dpo", arena)) == 63


@pytest.mark.parametrize("table", ["pairs-dpo", "pairs-kto", "pairs-rewardbench", "pairs-helpsteer2"])
@pytest.mark.parametrize("source", ["people", "judges"])
def test_what_is_archived_is_left_out_unless_asked_for(arena, models, table, source):
    judge = make_judge("Minos")
    prompts = {
        what: make_prompt(arena, f"Why {what}?", key=what) for what in ("used", "prompt", "answer", "model", "corrected")
    }
    for what, prompt in prompts.items():
        battle = battle_of([models[0], models[2 if what == "model" else 1]], prompt, "a")
        make_game(battle, judge, "first", order="ab")
        make_game(battle, judge, "second", order="ba")
    now = timezone.now()
    Prompt.objects.filter(key="prompt").update(archived_at=now)
    Response.objects.filter(prompt__key="answer", competitor=models[1]).update(archived_at=now)
    Competitor.objects.filter(pk=models[2].pk).update(archived_at=now)
    one = Response.objects.get(prompt__key="corrected", competitor=models[0])
    better = make_response(one.prompt, models[0], "Better.", repeat=1)
    Response.objects.filter(pk=one.pk).update(archived_at=now, superseded_by=better)
    assert {row["prompt_id"] for row in taken(table, arena, source=source)} == {"used"}
    every = taken(table, arena, source=source, archived="all")
    assert {row["prompt_id"] for row in every} == set(prompts)
    assert {row["prompt_id"] for row in every if row["archived_at"]} == set(prompts) - {"used"}


def test_kto_labels_answers_and_calls_none_bad_unless_asked(arena, models):
    battle_of(models, None, "a")
    battle_of(models, None, "both_bad")
    labels = [(row["model"], row["label"]) for row in taken("pairs-kto", arena)]
    assert labels == [("A", True), ("B", False)]
    asked = [(row["model"], row["label"]) for row in taken("pairs-kto", arena, both_bad="undesirable")]
    assert asked == [("A", True), ("B", False), ("A", False), ("B", False)]


def test_an_answer_that_is_chosen_here_and_rejected_there_has_no_label(arena, models):
    prompt = make_prompt(arena)
    battle_of(models, prompt, "a")
    battle_of(models[1:], prompt, "a")
    assert [(row["model"], row["label"]) for row in taken("pairs-kto", arena)] == [("A", True), ("C", False)]


def test_rewardbench_and_helpsteer2_have_their_published_fields(arena, models):
    prompt = make_prompt(arena, "Why?", category="chat")
    battle_of(models, prompt, "b", strength=2)
    (row,) = taken("pairs-rewardbench", arena)
    a, b = (Response.objects.get(competitor=model).text for model in models[:2])
    layout = ("id", "prompt", "chosen", "chosen_model", "rejected", "rejected_model", "subset")
    assert [row[name] for name in layout] == [1, "Why?", b, "B", a, "A", "chat"]
    (row,) = taken("pairs-helpsteer2", arena)
    layout = ("split", "prompt", "response_1", "response_2", "preference_strength")
    assert [row[name] for name in layout] == ["train", "Why?", a, b, 3]


def play(battle, judge, ab, ba, **fields):
    for order, winner in (("ab", ab), ("ba", ba)):
        make_game(battle, judge, winner, order=order, **fields)


def test_judges_speak_where_both_orders_agree(arena, models):
    judge = make_judge("Strict")
    agreed, torn = battle_of(models), battle_of(models)
    play(agreed, judge, "first", "second")
    play(torn, judge, "first", "first")
    (row,) = taken("pairs-dpo", arena, source="judges")
    assert (row["prompt_id"], row["judges"], row["n_votes"], row["margin"]) == (agreed.prompt.key, ["Strict"], 1, 1.0)
    assert not taken("pairs-dpo", arena)
    assert len(taken("pairs-dpo", arena, source="judges", both_orders="no")) == 1


def test_judges_that_do_not_count_are_not_asked(arena, models):
    battle = battle_of(models)
    left_out, baseline = make_judge("Out"), make_judge("longer", kind="offline", protocol="longer")
    play(battle, left_out, "first", "second")
    play(battle, baseline, "first", "second")
    set_aside = make_judge("Set aside")
    play(battle, set_aside, "first", "second", is_counted=False)
    choose_judge(arena, left_out, "exclude", "a test", None)
    assert not taken("pairs-dpo", arena, source="judges")
    play(battle, make_judge("In"), "second", "first")
    assert models_of(taken("pairs-dpo", arena, source="judges")) == [("B", "A")]


def test_judges_who_contradict_each_other_are_contested(arena, models):
    battle = battle_of(models)
    for name, (ab, ba) in {"x": ("first", "second"), "y": ("first", "second"), "z": ("second", "first")}.items():
        play(battle, make_judge(name), ab, ba)
    assert not taken("pairs-dpo", arena, source="judges")
    assert taken("pairs-dpo", arena, source="judges", contested="mark")[0]["judges"] == ["x", "y", "z"]
