"""Battles judged over real HTTP: every reply is a verdict or a state that says why there is none."""

import json
from collections import Counter

import pytest

from arena.llm.wires.messages import Completion
from arena.models import Attempt, Endpoint, Event
from arena.runs import control
from arena.runs.kinds import FinishedCall
from judges.cards import called_judge, new_version
from judges.fakellm.script import JudgeScript, Script, ScriptRule
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.judging import Judging
from judges.runs.planning import draw_up, plan_judging
from judges.safeguards.delimiters import read_back
from judges.verdicts.combiners import PlayedGame, combine
from judges.verdicts.verdict import Verdict
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, make_pair, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake():
    with serving(Script()) as server:
        yield server


def decisions(rule="consistent_only"):
    """What the games of each battle come to."""
    games = {}
    for game in Game.objects.order_by("pk"):
        verdict = Verdict(game.winner) if game.winner else None
        games.setdefault(game.battle_id, []).append(PlayedGame(game.order, game.repeat, verdict))
    return [combine(rule, played).outcome for played in games.values()]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_run_stores_every_verdict_with_its_reply(fake, settings, wire):
    arena, battles = make_battles(n_prompts=2)
    endpoint = fake_endpoint(fake, settings, wire=wire, price_in=1_000_000, price_out=1_000_000)
    run, _ = plan_judging(arena, [called_judge(endpoint, "pairwise")], ids(battles))
    run = work(run)
    assert run.state == "done"
    assert set(Game.objects.values_list("state", "winner", "label")) == {("ok", "first", "A")}
    game = Game.objects.select_related("call").first()
    attempt = game.call.attempts.get()
    assert attempt.text[game.label_start : game.label_end] == "[[A]]"
    assert game.cost == attempt.cost > 0
    assert run.spent == sum(Game.objects.values_list("cost", flat=True))
    assert {event.kind for event in Event.objects.all()} == {"games_decided"}
    assert not Game.objects.filter(event=None).exists()


def test_a_judge_that_knows_decides_in_both_orders(fake, settings):
    fake.script = Script(judge=JudgeScript(accuracy=1.0))
    arena, battles = make_battles(n_prompts=3)
    run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
    work(run)
    assert Counter(decisions()) == {"b": 9}


def test_a_judge_that_always_says_the_first_slot_decides_nothing(fake, settings):
    arena, battles = make_battles(n_prompts=3)
    run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
    work(run)
    assert decisions() == [None] * 9


def test_single_answers_are_graded_one_a_game(fake, settings):
    fake.script = Script(judge=JudgeScript())
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "rubric_10")], ids(battles))
    work(run)
    scores = dict(Game.objects.values_list("order", "score_first"))
    assert scores == {"ab": 2.0, "ba": 9.0}
    assert set(Game.objects.values_list("state", "winner", "score_second")) == {("ok", "", None)}


def test_what_is_asked_is_what_is_stored_once_a_slot_with_a_new_fence(fake, settings):
    arena, battles = make_battles(n_prompts=2)
    run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
    work(run)
    for game in Game.objects.select_related("battle__response_a", "battle__response_b", "battle__prompt"):
        attempt = game.call.attempts.get()
        texts = read_back([Said(**message) for message in attempt.request], attempt.fence)
        answers = [game.battle.response_a.text, game.battle.response_b.text]
        first, second = answers if game.order == "ab" else answers[::-1]
        assert texts == {"prompt": game.battle.prompt.turns[0], "answer_1": first, "answer_2": second}
    fences = list(Attempt.objects.values_list("fence", flat=True))
    assert len(set(fences)) == len(fences)


class Said:
    def __init__(self, role, content):
        self.role, self.content = role, content


def test_reasoning_comes_before_the_verdict_on_the_wire(fake, settings):
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(fake_endpoint(fake, settings), "pairwise", parameters={"structured": True})
    work(plan_judging(arena, [judge], ids(battles))[0])
    schema = fake.requests[0].body["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "verdict"]
    assert set(Game.objects.values_list("state", "winner")) == {("ok", "first")}


ENDS = {
    "null_filtered": "filtered", "cut": "truncated", "refusal": "refused", "empty": "unparsable", "bad_label": "unparsable",
    "two_labels": "ambiguous", "policy": "filtered", "html": "error", "good": "ok",
}  # fmt: skip


def test_no_silent_scores(fake, settings):
    """1,000 games, a tenth each of eight failures, a fifth good: each ends as it must, and only the good ones say who won."""
    kinds = [behaviour for behaviour in [*ENDS, "good"] for _ in range(5)]
    fake.script = Script(
        judge=JudgeScript(), rules=tuple(ScriptRule(f"Question {number}?", behaviour) for number, behaviour in enumerate(kinds))
    )
    arena, battles = make_battles(n_prompts=50, n_competitors=5)
    run, counts = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
    run = work(run, n_threads=32)
    assert (counts.n_calls, run.state) == (1_000, "done")
    states = Counter(Game.objects.values_list("state", flat=True))
    assert states == {
        "ok": 200, "filtered": 200, "unparsable": 200, "refused": 100, "ambiguous": 100, "truncated": 100, "error": 100
    }  # fmt: skip
    for number, state in Game.objects.values_list("battle__prompt__key", "state").distinct():
        assert state == ENDS[kinds[int(number.removeprefix("prompt-"))]]
    # One more request, counted, for each that was cut.
    assert len(fake.requests) == Attempt.objects.count() == 1_100
    assert len(set(fake.attempts())) == 1_100
    assert Game.objects.filter(winner="").count() == 800
    assert Counter(decision is not None for decision in decisions()) == {True: 100, False: 400}


def test_a_reply_that_was_cut_is_asked_once_more_with_more_room(fake, settings):
    fake.script = Script(behaviours=("cut",))
    arena, battle = make_pair("One answer.", "Another answer.")
    work(plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], [battle.pk], orders="one")[0])
    assert [request.body["max_tokens"] for request in fake.requests] == [2048, 4096]
    assert Game.objects.get().state == "ok"


def bodies(fake):
    """What was asked, without the fence."""
    found = []
    for request in fake.requests:
        text = json.dumps(request.body, sort_keys=True)
        fence = request.body["messages"][-1]["content"].split("<<<")[1].split(" ")[0]
        found.append(text.replace(fence, "FENCE"))
    return sorted(found)


def test_same_seed_and_replies_give_the_same_requests_and_verdicts(settings):
    said = []
    for _ in range(2):
        with serving(Script(judge=JudgeScript(p_first=0.6))) as fake:
            arena, battles = make_battles(n_prompts=5)
            judge = called_judge(fake_endpoint(fake, settings), "pairwise")
            work(plan_judging(arena, [judge], ids(battles), orders="one", repeats=2, seed=3)[0])
            games = Game.objects.filter(battle__arena=arena).order_by("pk")
            columns = ("battle__prompt__key", "order", "repeat", "state", "winner", "label", "label_start")
            said.append((bodies(fake), list(games.values_list(*columns))))
    assert said[0] == said[1]


def test_the_second_run_sends_nothing(fake, settings):
    arena, battles = make_battles(n_prompts=2)
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    for n_known in (0, 12):
        run, counts = plan_judging(arena, [judge], ids(battles))
        work(run)
        assert counts.n_known == n_known
    assert len(fake.requests) == 12


def test_the_same_texts_elsewhere_are_read_from_the_stored_reply(fake, settings):
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    for _ in range(2):
        arena, battles = make_battles(n_prompts=2)
        run, counts = plan_judging(arena, [judge], ids(battles))
        work(run)
    assert (counts.n_cached, counts.n_calls, len(fake.requests)) == (12, 0, 12)
    copy = Game.objects.filter(battle__arena=arena).first()
    assert (copy.state, copy.winner, copy.copied_from.battle.arena_id != arena.pk) == ("ok", "first", True)


def test_another_repeat_or_another_card_is_asked_anew(fake, settings):
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    work(plan_judging(arena, [judge], ids(battles))[0])
    assert draw_up(arena, [judge], ids(battles), repeats=2).counts.n_calls == 2
    assert draw_up(arena, [new_version(judge, parameters={"temperature": 1.0})], ids(battles)).counts.n_calls == 2


def test_failures_are_never_cached(fake, settings):
    fake.script = Script(behaviours=("bad_label", "refusal"))
    arena, battle = make_pair("One answer.", "Another answer.")
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    work(plan_judging(arena, [judge], [battle.pk])[0])
    assert not Game.objects.decided().exists()
    run, counts = plan_judging(arena, [judge], [battle.pk])
    work(run)
    assert (counts.n_calls, counts.n_cached, len(fake.requests)) == (2, 0, 4)
    assert set(Game.objects.values_list("state", flat=True)) == {"ok"}


def test_an_endpoint_that_is_edited_in_mid_run_pauses_the_run_until_it_is_put_back(fake, settings):
    arena, battles = make_battles(n_prompts=1)
    endpoint = fake_endpoint(fake, settings)
    run, _ = plan_judging(arena, [called_judge(endpoint, "pairwise", name="strict")], ids(battles))
    before = endpoint.model
    Endpoint.objects.update(model="another")
    assert work(run).state == "paused"
    assert not fake.requests
    assert not Game.objects.decided().exists()
    assert f"the judge strict was made for {before} at " in run.paused_because
    assert "Put the endpoint back and resume this run; or cancel this run" in run.paused_because
    with pytest.raises(control.NotPossible, match=r"stays paused\. the judge strict was made for"):
        control.resume(run)
    Endpoint.objects.update(model=before)
    control.resume(run)
    assert work(run).state == "done"
    assert set(Game.objects.values_list("state", flat=True)) == {"ok"}


def test_another_wording_of_ours_pauses_a_run(fake, settings, monkeypatch):
    arena, battles = make_battles(n_prompts=1)
    run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
    monkeypatch.setattr("judges.cards.PARSER_VERSION", "another")
    assert work(run).state == "paused"
    assert run.paused_because.startswith("our own wording was changed since the card of the judge ")
    assert not fake.requests


def test_a_verdict_is_written_once():
    """Whatever calls `settle` again, with another reading: the first stands."""
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    run, _ = plan_judging(arena, [called_judge(make_endpoint(), "pairwise")], ids(battles))
    call = run.calls.first()
    judging = Judging()
    composed = judging.compose([call])[call.pk]
    for label in ("A", "B"):
        reading = judging.read(composed, Completion(f"[[{label}]]", "stop", "fake", None, "", "", 1))
        judging.settle([FinishedCall(call, None, reading)])
    assert Game.objects.filter(call=call).values_list("state", "winner", "label").get() == ("ok", "first", "A")
    assert Event.objects.count() == 1
