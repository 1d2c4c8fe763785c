"""Stored outputs of other projects' judges become games."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from arena.models import Arena, Competitor, Event, Response
from judges.models import Game, GoldItem, Judge
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db


def take_in(path, layout, arena, *arguments):
    out = StringIO()
    layout = ["--format", layout] if layout else []
    call_command("import_judgements", str(path), *layout, "--arena", arena.slug, *arguments, stdout=out)
    return out.getvalue()


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_pandalm_and_its_unreadable_outputs(shared_data):
    battles = shared_data / "pandalm" / "testset-v1.json"
    call_command("import_battles", str(battles), "--format", "pandalm", "--arena", "pandalm", stdout=StringIO())
    arena = Arena.objects.get(slug="pandalm")
    for name, states in (("gpt-3.5-turbo", {"ok": 974, "unparsable": 25}), ("pandalm-7b", {"ok": 999})):
        told = take_in(shared_data / "pandalm" / f"{name}-testset-v1.json", "", arena, "--judge", name)
        assert "Read by the format pandalm, because of the columns idx, " in told
        games = Game.objects.filter(judge__name=name).select_related("battle").prefetch_related("battle__votes")
        assert Counter(game.state for game in games) == states
        right = sum(_side(game) == majority(game.battle) for game in games if majority(game.battle))
        assert right == {"gpt-3.5-turbo": 697, "pandalm-7b": 667}[name]


def _side(game):
    slot = {"first": "a", "second": "b"} if game.order == "ab" else {"first": "b", "second": "a"}
    return slot.get(game.winner, game.winner)


def majority(battle):
    outcome, n = Counter(vote.outcome for vote in battle.votes.all()).most_common(1)[0]
    return outcome if n > 1 else None


@pytest.fixture
def contest():
    arena = make_arena()
    competitors = [make_competitor(arena, name) for name in ("challenger", "base")]
    for number in range(2):
        prompt = make_prompt(arena, key=f"q{number}")
        for competitor in competitors:
            make_response(prompt, competitor, f"{competitor.name} on {number}")
    return arena


def judgement(question, *said):
    return {"question_id": question, "model": "challenger", "judge": "j", "games": [{"judgment": one} for one in said]}


def test_a_row_that_is_there_twice_is_one_game_and_two_different_ones_are_refused(contest, tmp_path):
    same = [judgement("q0", "[[A>B]]", "[[A>B]]")] * 2
    assert "2 of 4 games were new" in take_in(write(tmp_path / "j.jsonl", same), "arena-hard", contest, "--baseline", "base")
    other = [judgement("q0", "[[A>B]]", "[[A>B]]"), judgement("q0", "[[B>A]]", "[[A>B]]")]
    with pytest.raises(CommandError, match="judged twice with different replies"):
        take_in(write(tmp_path / "k.jsonl", other), "arena-hard", contest, "--baseline", "base")


def test_in_arena_hard_the_baseline_is_first_in_the_first_game_and_the_last_label_counts(contest, tmp_path):
    rows = [judgement("q0", "[[A=B]] or rather [[B>>A]]", "so [[A>B]]"), judgement("q1", "no label", None)]
    said = take_in(write(tmp_path / "j.jsonl", rows), "arena-hard", contest, "--baseline", "base")
    assert "4 of 4 games were new" in said
    games = {(g.battle.prompt.key, g.order): g for g in Game.objects.select_related("battle__prompt")}
    # a is the challenger, whose id is lower: the baseline is first in order ba
    assert (games["q0", "ba"].winner, games["q0", "ba"].strength) == ("second", 2)
    assert (games["q0", "ab"].winner, games["q0", "ab"].strength) == ("first", 1)
    assert {games["q1", "ab"].state, games["q1", "ba"].state} == {"unparsable"}


def test_the_same_file_again_adds_nothing(contest, tmp_path):
    path = write(tmp_path / "j.jsonl", [judgement("q0", "[[A>B]]", "[[A>B]]")])
    take_in(path, "arena-hard", contest, "--baseline", "base")
    assert "0 of 2 games were new" in take_in(path, "arena-hard", contest, "--baseline", "base")
    assert (Judge.objects.count(), Event.objects.filter(kind="games_decided").count()) == (1, 1)


def test_judgebench_brings_its_battles_and_its_labels(tmp_path):
    arena = make_arena()
    common = {"source": "mmlu-pro-law", "question": "Which?", "response_model": "gpt-4o"}
    rows = [
        common | {
            "pair_id": "p1", "response_A": "It is (A).", "response_B": "It is (B).", "label": "A>B",
            "judgments": [{"judgment": {"response": "So [[A>B]]"}, "decision": "A>B"}, {"judgment": {}, "decision": None}],
        },
        common | {
            "pair_id": "p2", "response_A": "(C)", "response_B": "(D)", "label": "B>A",
            "judgments": [{"judgment": {}, "decision": "A>B"}, {"judgment": {}, "decision": "A>B"}],
        },
    ]  # fmt: skip
    take_in(write(tmp_path / "judged.jsonl", rows), "judgebench", arena)
    assert Counter(Game.objects.values_list("state", "winner")) == {("ok", "first"): 3, ("unparsable", ""): 1}
    assert dict(GoldItem.objects.values_list("note", "label")) == {"p1": "a", "p2": "b"}


def judged_pair(key, first, second, model="gpt-4o"):
    games = [{"judgment": {"response": "So [[A>B]]"}, "decision": "A>B"}]
    pair = {"pair_id": key, "source": "s", "question": f"Which, {key}?", "response_model": model, "label": "A>B"}
    return pair | {"response_A": first, "response_B": second, "judgments": games}


def test_judgebench_keeps_thinking_beside_the_answers_and_names_empty_ones(tmp_path):
    rows = [judged_pair("p1", "<think>Hm.</think>(A).", "(B)."), judged_pair("p2", "(C).", "<think>Hm.</think>")]
    said = take_in(write(tmp_path / "judged.jsonl", rows), "judgebench", make_arena())
    assert set(Response.objects.values_list("text", "finish", "aside__thinking")) == {
        ("(A).", "stop", "<think>Hm.</think>"),
        ("(B).", "stop", None),
        ("(C).", "stop", None),
        ("", "failed", "<think>Hm.</think>"),
    }
    assert "2 answers with the model's thinking: kept apart" in said
    assert "1 pair has an empty answer: p2." in said
    assert Game.objects.filter(state="ok").count() == 2  # what was said of it counts


def test_more_than_a_thousand_new_competitors_take_a_yes(tmp_path):
    arena = make_arena()
    path = write(tmp_path / "judged.jsonl", [judged_pair(f"p{n}", "x", "y", f"model {n}") for n in range(501)])
    with pytest.raises(CommandError, match=r"1,002 new models .* --allow-competitors 1002") as refusal:
        take_in(path, "judgebench", arena)
    assert refusal.value.returncode == 2
    assert {model.objects.count() for model in (Competitor, GoldItem, Game)} == {0}
    assert "501 of 501 games were new" in take_in(path, "judgebench", arena, "--allow-competitors", "1002")


@pytest.mark.parametrize(
    ("layout", "content", "told"),
    [
        ("excel", "{}", "invalid choice: 'excel' .choose from 'pairs', 'grades', 'judgebench'"),
        ("pandalm", "not JSON", "line 1: the file is CSV; the format pandalm is JSON lines or Parquet or a JSON array"),
        ("pandalm", '{"idx": 1, "idx": 2}', "line 1: the line is .* .the key 'idx' occurs twice."),
        ("pandalm", '{"idx": 1, "x_result": 1}', "line 1: what was sent is 1 row; no row names a battle of .*: import its"),
        (
            "arena-hard",
            '{"question_id": 1, "model": "m", "games": []}',
            "baseline is missing; the competitor that was",
        ),
        ("judgebench", "[]", "there is nothing to import"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(contest, tmp_path, layout, content, told):
    path = tmp_path / "file.jsonl"
    path.write_text(content)
    with pytest.raises(CommandError, match=told):
        take_in(path, layout, contest)
    assert not Game.objects.exists()


def probabilities(*shares):
    for share, order in zip(shares, ("ab", "ba", "ab"), strict=False):
        yield {
            "prompt_id": "q0", "competitor_a": "challenger", "competitor_b": "base", "order": order, "probability": share,
            "judge": "elsewhere",
        }  # fmt: skip


def test_a_probability_says_who_is_better_and_by_how_much(contest, tmp_path):
    take_in(write(tmp_path / "rows.jsonl", probabilities(0.8, 0.2)), "pairs", contest)
    games = Game.objects.order_by("order").values_list("order", "winner", "score_first")
    assert [(order, winner, round(score, 6)) for order, winner, score in games] == [
        ("ab", "first", 0.8), ("ba", "first", 0.8),
    ]  # fmt: skip


def test_even_chances_are_a_tie(contest, tmp_path):
    take_in(write(tmp_path / "rows.jsonl", probabilities(0.5)), "pairs", contest)
    assert [game.winner for game in Game.objects.all()] == ["tie"]


@pytest.mark.parametrize("share", [1.4, -0.1, 80])
def test_a_probability_beyond_0_and_1_is_refused_by_line(contest, tmp_path, share):
    with pytest.raises(
        CommandError, match=rf"line 2: probability is {share}; the probability that answer a is better is needed"
    ):
        take_in(write(tmp_path / "rows.jsonl", probabilities(0.8, share)), "pairs", contest)
    assert not Game.objects.exists()


@pytest.mark.parametrize("field", ["response_model", "source"])
@pytest.mark.parametrize("name", ["\u202eevil", "gpt\u200b", "\u3164"])
def test_names_that_nobody_can_read_are_refused_with_their_place(tmp_path, field, name):
    rows = [judged_pair("p1", "x", "y"), judged_pair("p2", "x", "y") | {field: name}]
    with pytest.raises(CommandError, match=rf"line 2: {field} is .*invisible characters"):
        take_in(write(tmp_path / "judged.jsonl", rows), "judgebench", make_arena())
    assert not Competitor.objects.exists()


def test_what_no_database_stores_is_replaced_wherever_it_stands(tmp_path):
    rows = [judged_pair("p1", "x\0", "y\ud800") | {"more\0": {"\ud800": ["\0"]}}]
    take_in(write(tmp_path / "judged.jsonl", rows), "judgebench", make_arena())
    assert {response.text for response in Response.objects.all()} == {"x\ufffd", "y\ufffd"}
    assert Game.objects.filter(state="ok").count() == 1
