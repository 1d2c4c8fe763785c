"""What comes of files of judgements and labels in an arena: games, one gold set for all judges, labels of single answers."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from arena.models import Arena, Battle, Event, Response
from judges.importing.reading import read_judgements
from judges.importing.taking_in import Home, take_judgements, take_labels
from judges.models import Game, GoldAnswer, GoldItem, GoldSet, Judge
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db

FILES = Path(__file__).parent / "layout_files"
GARDEN = Home("garden", "Garden")


def judge(path, **options):
    return take_judgements(path, GARDEN, **options)[1]


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(number, label="a", **more):
    return {"prompt": f"Sum {number}?", "answer_a": "4", "answer_b": "5", "order": "ab", "label": label, "judge": "j", **more}


def test_an_import_makes_its_arena_and_a_check_makes_nothing():
    checked = judge(FILES / "judgements-llmbar.json", is_check=True)
    assert (checked.n_added, Arena.objects.count(), Judge.objects.count()) == (4, 0, 0)
    judge(FILES / "judgements-llmbar.json")
    assert Arena.objects.get().name == "Garden"
    assert Battle.objects.count() == 2


def test_the_command_says_what_it_read_and_what_came_of_it():
    out = StringIO()
    path = str(FILES / "judgements-pairs.csv")
    call_command("import_judgements", path, "--arena", "garden", "--arena-name", "Garden", stdout=out)
    said = out.getvalue()
    assert "gpt-4o: 2 of 2 games were new." in said
    assert "Read by the format pairs, because of the columns prompt, answer_a, answer_b, label." in said
    assert "New: 1 prompt, 2 answers, 2 models." in said
    assert "1 judgement has a reply that says something else than the label (line 3; such as tie beside A)" in said
    assert "A letter in a reply is read as the place of the answer: A was shown first, B second." in said


def test_a_reply_is_kept_and_cost_model_and_source_are_known():
    judge(FILES / "judgements-alpaca-annotations.json")
    games = {game.battle.prompt.text: game for game in Game.objects.select_related("battle__prompt")}
    assert (games["Name a lake."].winner, games["Name a lake."].cost) == ("first", 2_000)
    assert (games["Name a river."].state, games["Name a river."].winner) == ("unparsable", "")
    assert Event.objects.get(kind="games_decided").reason == (
        "judgements of weighted_alpaca_eval_gpt4_turbo out of judgements-alpaca-annotations.json"
    )


@pytest.mark.parametrize("value", ["$ERROR$", "error", None, "C+"])
def test_an_error_and_a_label_that_nobody_knows_are_no_tie(tmp_path, value):
    taken = judge(written(tmp_path / "j.jsonl", row(1), row(2, value)))
    game = Game.objects.get(battle__prompt__turns=["Sum 2?"])
    assert (game.winner, game.score_first, game.has_verdict) == ("", None, False)
    assert any("has the unknown label C+ (line 2)" in str(note) for note in taken.notes) == (value == "C+")


def test_the_side_that_a_label_names_is_the_files_whichever_was_shown_first(tmp_path):
    make_competitor(make_arena(slug="garden"), "late")
    rows = [row(1, competitor_a="new", competitor_b="late"), row(1, "b", competitor_a="new", competitor_b="late", order="ba")]
    judge(written(tmp_path / "j.jsonl", *rows))
    sides = {(game.order, game.played.outcome) for game in Game.objects.all()}
    assert sides == {("ba", "b"), ("ab", "a")}  # the competitor that was here first is a


def test_what_is_here_is_found_by_id_by_text_and_by_competitor(tmp_path):
    arena = make_arena(slug="garden")
    prompt = make_prompt(arena, "Sum 1?", key="q1")
    for name, text in (("one", "4"), ("two", "5")):
        make_response(prompt, make_competitor(arena, name), text)
    named = {"prompt_id": "q1", "model_a": "one", "model_b": "two", "label": "a", "order": "ab", "judge": "by name"}
    rows = [named, row(1, judge="by text"), {**row(1, judge="by both"), "prompt_id": "other"}]
    judge(written(tmp_path / "j.jsonl", *rows))
    assert {(game.judge.name, game.battle_id) for game in Game.objects.select_related("judge")} == {
        (name, Battle.objects.get().pk) for name in ("by name", "by text", "by both")
    }
    assert (Response.objects.count(), arena.prompts.count()) == (2, 1)


def test_rows_about_nothing_here_are_left_out_by_line_and_a_file_of_them_is_refused(tmp_path):
    unknown = {"prompt_id": "q9", "model_a": "x", "model_b": "y", "label": "a", "order": "ab", "judge": "j"}
    taken = judge(written(tmp_path / "j.jsonl", row(1), unknown))
    assert "1 row names no battle of the arena: left out (line 2)." in map(str, taken.notes)
    with pytest.raises(CommandError, match="no row names a battle of empty"):
        call_command("import_judgements", str(written(tmp_path / "k.jsonl", unknown)), "--arena", "empty")
    assert not Arena.objects.filter(slug="empty").exists()


def test_a_named_judge_takes_further_files(tmp_path):
    for number, said in ((1, "a"), (2, "b"), (2, "b")):
        judge(written(tmp_path / f"part{number}.jsonl", row(number, said)))
    assert (Judge.objects.get().name, Game.objects.count()) == ("j", 2)
    taken = judge(written(tmp_path / "other.jsonl", row(2, "tie")))
    assert "1 game of this judge is here with another verdict, which stays" in " ".join(map(str, taken.notes))


def bench(number, judged, name="gpt"):
    games = [{"judgment": {"judge_model": name, "response": ""}, "decision": judged}]
    pair = {"pair_id": f"p{number}", "question": f"Which, {number}?", "response_A": "(A)", "response_B": "(B)", "label": "A>B"}
    return {**pair, "judge_name": name, "judgments": games}


def test_one_gold_set_serves_all_judges_whole_or_in_parts(tmp_path):
    judge(written(tmp_path / "gpt.jsonl", *(bench(n, "A>B") for n in range(4))))
    taken = judge(written(tmp_path / "claude.jsonl", *(bench(n, "B>A", "claude") for n in range(4))))
    assert "These are labels of the gold set gpt, which serves this file too; no other set was created." in map(
        str, taken.notes
    )
    judge(written(tmp_path / "claude2.jsonl", *(bench(n, "B>A", "claude") for n in range(4, 6))))
    assert list(GoldSet.objects.values_list("name", flat=True)) == ["gpt"]
    assert (GoldItem.objects.count(), Battle.objects.count(), Judge.objects.count()) == (6, 6, 2)
    labels = written(tmp_path / "labels.jsonl", *({**bench(n, ""), "judgments": None} for n in range(6)))
    assert take_labels(labels, GARDEN).loaded.served_by == "labels"
    judge(written(tmp_path / "own.jsonl", bench(1, "A>B", "third")), choices=None)
    assert GoldSet.objects.count() == 1


def test_outputs_by_line_find_their_pairs_in_the_test_sets_gold_set():
    take_labels(FILES / "labels-auto-j.jsonl", GARDEN)
    judge(FILES / "judgements-auto-j.jsonl")
    judge(FILES / "judgements-auto-j.jsonl", options={"order": "ba"}, filename="exchanged.jsonl")
    games = {(game.judge.name, game.battle.prompt.text): game.played.outcome for game in Game.objects.all()}
    item = GoldItem.objects.get(note="1")
    assert games["judgements-auto-j", "Name a lake."] == item.label
    assert games["exchanged", "Name a lake."] != item.label
    assert games["exchanged", "Name a river."] == "tie"


def test_what_was_said_of_a_first_turn_is_about_the_first_turn_alone():
    arena = make_arena(slug="garden")
    models = [make_competitor(arena, name) for name in ("alpaca-13b", "gpt-3.5-turbo")]
    for key in ("81", "82"):
        prompt = make_prompt(arena, key=key)
        prompt.turns = ["First?", "Second?"]
        prompt.save()
        for model in models:
            make_response(prompt, model, f"{model.name} {key}", turns=[f"{model.name} one", f"{model.name} two"])
    assert judge(FILES / "judgements-fastchat-pair.jsonl").n_added == 4
    battles = [game.battle for game in Game.objects.select_related("battle__prompt", "battle__response_a")]
    assert {(one.prompt.key, tuple(one.prompt.turns), one.response_a.text) for one in battles} == {
        ("81 turn 1", ("First?",), "alpaca-13b one"),
        ("82", ("First?", "Second?"), "alpaca-13b 82"),
    }
    assert set(Judge.objects.values_list("name", "model", "protocol")) == {("gpt-4", "gpt-4", "mt_pair")}


def test_graded_answers_meet_the_others_that_were_graded(tmp_path):
    grades = [
        {"prompt": "Name a lake.", "answer": text, "competitor": name, "score": score, "judge": "j", "judge_model": "m-1"}
        for name, text, score in (("a", "Como.", 9), ("b", "Rhine.", 2), ("c", "Garda.", 8))
    ]
    alone = {**grades[0], "prompt": "Name a river.", "answer": "Rhine."}
    taken = judge(written(tmp_path / "g.jsonl", *grades, alone))
    assert (Battle.objects.count(), Judge.objects.get().model, taken.n_added) == (2, "m-1", 4)
    told = {(g.battle.competitor_a.name, g.battle.competitor_b.name, g.order): g.score_first for g in Game.objects.all()}
    assert told == {("a", "b", "ab"): 9, ("a", "b", "ba"): 2, ("b", "c", "ab"): 2, ("b", "c", "ba"): 8}
    assert any("1 answer is the only answer to its prompt that was graded" in str(note) for note in taken.notes)


def test_labels_of_single_answers_and_the_pairs_that_follow_from_them():
    came = take_labels(FILES / "labels-reward-bench-2.jsonl", GARDEN)
    assert (came.n_labels, GoldAnswer.objects.filter(is_right=True).count(), GoldAnswer.objects.count()) == (3, 1, 4)
    for item in GoldItem.objects.all():
        assert getattr(item.battle, f"response_{item.label}").text == "Como."
    again = take_labels(FILES / "labels-reward-bench-2.jsonl", Home("other"))
    assert again.n_labels == 3
    steer = take_labels(FILES / "labels-helpsteer2.jsonl", Home("steer"))
    assert [getattr(item.battle, f"response_{item.label}").text for item in steer.loaded.gold.items.all()] == ["Como."]
    assert sorted(steer.loaded.gold.answers.values_list("grade", flat=True)) == [1, 4]


def test_the_same_labels_again_add_nothing_and_others_are_named(tmp_path):
    answers = {"prompt": "Sum?", "answer": "4", "is_right": True, "competitor": "a"}
    take_labels(written(tmp_path / "l.jsonl", answers), GARDEN)
    came = take_labels(written(tmp_path / "l.jsonl", {**answers, "is_right": False}), GARDEN)
    assert "1 answer has another label in this set already, which stays." in map(str, came.loaded.notes())
    assert GoldAnswer.objects.get().is_right is True


def test_the_case_of_a_winner_does_not_matter(tmp_path):
    row = {
        "question_id": "81", "model_1": "m", "model_2": "n", "g1_winner": "Model_2", "g2_winner": " TIE", "judge": "gpt-4"
    }  # fmt: skip
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    judged = read_judgements(tmp_path / "pairs.jsonl").rows
    assert [each.judgement.verdict.winner for each in judged] == ["second", "tie"]
