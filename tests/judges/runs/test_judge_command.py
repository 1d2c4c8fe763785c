"""`manage.py judge`: what it will cost, what it did, what is wrong with the call."""

import re
from collections import Counter
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from arena.models import Battle, Response, Run
from arena.runs.control import pause
from judges.cards import called_judge, refreshed
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.models import Game, Judge
from judges.runs.planning import plan_judging
from tests.factories import make_arena, make_competitor, make_prompt, make_response
from tests.judges.game_factories import make_judge
from tests.judges.judging_factories import fake_endpoint, ids, make_battles

pytestmark = pytest.mark.django_db


def judge(arena, *arguments):
    out = StringIO()
    call_command("judge", "--arena", arena.slug, *arguments, stdout=out)
    return out.getvalue()


def test_a_language_model_judges_in_both_orders_by_one_command(settings):
    with serving(Script(judge=JudgeScript())) as fake:
        arena, _ = make_battles(n_prompts=2)
        fake_endpoint(fake, settings, name="fake", price_in=1_000_000, price_out=1_000_000)
        said = judge(arena, "--endpoint", "fake", "--protocol", "arena_hard", "--yes", "--parameters", '{"max_tokens": 50}')
    assert "12 games on 6 battles" in said
    assert "12 calls, at most" in said
    assert "600 out" in said
    assert len(fake.requests) == 12


def test_a_second_command_sends_nothing(settings):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=2)
        fake_endpoint(fake, settings, name="fake")
        judge(arena, "--endpoint", "fake", "--yes")
        said = judge(arena, "--endpoint", "fake", "--yes")
    assert "12 have their verdict already" in said
    assert "0 calls" in said
    assert (len(fake.requests), Judge.objects.count()) == (12, 1)


def test_nothing_is_sent_without_a_yes(settings):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=1)
        fake_endpoint(fake, settings, name="fake")
        with pytest.raises(CommandError, match="--yes"):
            judge(arena, "--endpoint", "fake")
    assert not fake.requests
    assert not Game.objects.exists()


def test_a_cap_is_kept_and_says_how_to_go_on(settings):
    with serving(Script(usage="bound")) as fake:
        arena, _ = make_battles(n_prompts=4)
        fake_endpoint(fake, settings, name="fake", price_out=1_000_000)
        with pytest.raises(CommandError, match="Raise the cap"):
            judge(arena, "--endpoint", "fake", "--parameters", '{"max_tokens": 10000}', "--cap", "0.10", "--yes")
    assert len(fake.requests) == 10


def test_a_run_that_was_interrupted_is_resumed(settings):
    with serving(Script()) as fake:
        arena, battles = make_battles(n_prompts=1)
        run, _ = plan_judging(arena, [called_judge(fake_endpoint(fake, settings), "pairwise")], ids(battles))
        pause(run)
        said = judge(arena, "--resume", str(run.pk))
    assert "6 verdict" in said
    assert len(fake.requests) == 6


def test_a_run_that_is_resumed_knows_its_arena(settings):
    with serving(Script(usage="bound")) as fake:
        arena, battles = make_battles(n_prompts=1)
        judged_by = called_judge(
            fake_endpoint(fake, settings, price_out=1_000_000), "pairwise", parameters={"max_tokens": 10000}
        )
        run, _ = plan_judging(arena, [judged_by], ids(battles), cap=20_000)
        with pytest.raises(CommandError, match="Raise the cap"):
            call_command("judge", "--resume", str(run.pk))
        call_command("judge", "--resume", str(run.pk), "--cap", "1")
    assert len(fake.requests) == 6
    run.refresh_from_db()
    assert (run.state, run.cap) == ("done", 1_000_000)
    with pytest.raises(CommandError, match=f"has no such run to judge battles; the newest are {run.pk}"):
        call_command("judge", "--resume", "99999")
    with pytest.raises(CommandError, match="--arena SLUG is needed"):
        call_command("judge", "--judge", "longer")


def test_an_endpoint_with_the_address_of_another_is_asked_itself(settings, monkeypatch):
    """Neither the other's key is charged, nor are its replies read as this one's."""
    monkeypatch.setenv("AGON_KEY_OTHER", "127.0.0.1 a-key-of-another")
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=1)
        other = fake_endpoint(fake, settings, name="with a key", key_name="AGON_KEY_OTHER")
        mine = fake_endpoint(fake, settings, name="without one")
        said = judge(arena, "--endpoint", "with a key", "--yes")
        assert "through endpoint with a key" in said
        assert all(each.key for each in fake.requests)
        n_before = len(fake.requests)
        other.paused_because = "no longer"
        other.save()
        said = judge(arena, "--endpoint", "without one", "--yes")
    assert "through endpoint without one" in said
    assert n_before == len(fake.requests) - n_before == 6
    assert not any(each.key for each in fake.requests[n_before:])
    judges = Judge.objects.order_by("pk")
    assert [(each.endpoint_id, each.name) for each in judges] == [
        (other.pk, "with a key, pairwise"), (mine.pk, "without one, pairwise"),
    ]  # fmt: skip
    assert "12 games" not in judge(arena, "--endpoint", "without one", "--yes")
    assert Judge.objects.count() == 2
    assert [each.pk for each in map(refreshed, judges)] == [each.pk for each in judges]


@pytest.mark.parametrize("name", ["longer", "random", "contains"])
def test_programs_judge_by_the_same_command_without_a_key(name):
    arena, _ = make_battles(n_prompts=2, reference="quality 2")
    said = judge(arena, "--judge", name)
    assert "12 are decided by a program" in said
    assert Game.objects.filter(state="ok").count() == 12


def test_battles_are_made_where_there_are_none():
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    for number in range(3):
        prompt = make_prompt(arena)
        make_response(prompt, a, f"Short {number}.")
        make_response(prompt, b, f"A longer one {number}.")
    judge(arena, "--judge", "longer", "--battles", "2")
    assert Battle.objects.count() == 2
    judge(arena, "--judge", "longer", "--plan", "all")
    assert (Battle.objects.count(), Game.objects.count()) == (3, 6)


def test_every_judge_that_can_be_asked_is_named_once():
    arena, _ = make_battles(n_prompts=2)
    judge(arena, "--judge", "longer")
    make_judge("from a file", kind="imported", protocol="pandalm")
    with pytest.raises(CommandError) as refusal:
        judge(arena, "--judge", "nobody")
    named = str(refusal.value).partition("Available: ")[2].split(", ")
    assert sorted(named) == sorted(set(named))
    assert "longer" in named
    assert "from a file" not in named


def test_everybody_against_a_baseline():
    arena, _ = make_battles(n_prompts=2)
    judge(arena, "--judge", "longer", "--baseline", "model 0")
    assert Game.objects.count() == 8


def test_active_pairing_goes_where_most_is_to_be_learnt(settings):
    settings.PAIR_WEIGHTS = f"{__name__}.only_the_first_pair"
    arena, _ = make_battles(n_prompts=20)
    said = judge(arena, "--judge", "longer", "--plan", "active", "--battles", "10")
    assert re.search(r"model 0 against model 1: \d+ battles, drawn with chance 93\.94%; expected gain 3\.00 of the mean", said)
    pairs = Counter(Game.objects.values_list("battle__competitor_a__name", "battle__competitor_b__name"))
    assert sum(pairs.values()) == 20
    assert pairs["model 0", "model 1"] > 10
    judge(arena, "--judge", "longer", "--plan", "active", "--battles", "100")
    with pytest.raises(CommandError, match="has been judged"):
        judge(arena, "--judge", "longer", "--plan", "active", "--battles", "1")


def test_a_tournament_is_played_round_by_round_and_the_best_meets_most():
    arena, _ = make_battles(n_prompts=3, n_competitors=4)
    for response in Response.objects.select_related("competitor"):
        response.text = "long " * int(response.competitor.name.removeprefix("model ")) + "!"
        response.save()
    said = judge(arena, "--judge", "longer", "--plan", "tournament")
    assert "3 prompts: 9 battles in all" in said
    assert Game.objects.count() == 18
    met = Counter(Battle.objects.filter(games__order="ab").values_list("competitor_b__name", flat=True))
    assert met["model 3"] == 6  # the longest wins every bracket: two rounds on three prompts
    assert (Run.objects.count(), Run.objects.get().state) == (1, "done")


def only_the_first_pair(arena_id, competitor_ids):
    weights = np.zeros((len(competitor_ids), len(competitor_ids)))
    weights[0, 1] = weights[1, 0] = 0.5
    return weights


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--judge NAME is required"),
        (["--judge", "longer", "--plan", "active"], "--battles N"),
        (["--judge", "longer", "--plan", "tournament", "--orders", "one"], "needs --orders both"),
        (["--judge", "nobody"], "no such judge. Available:"),
        (["--judge", "longer", "--plan", "baseline"], "--plan baseline needs --baseline NAME, .*: model 0, model 1"),
        (["--endpoint", "nowhere"], "no such endpoint"),
        (["--judge", "longer", "--baseline", "nobody"], "no such competitor of .*. Available: model 0, model 1"),
        (["--judge", "longer", "--repeats", "0"], "--repeats"),
    ],
)
def test_what_is_wrong_is_told(arguments, told):
    arena, _ = make_battles(n_prompts=1)
    with pytest.raises(CommandError, match=told) as refused:
        judge(arena, *arguments)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--protocol", "coin"], "protocol 'coin' is unknown; allowed are pairwise"),
        (["--parameters", '{"max_tokens": 9, "max_tokens": 99}'], "the key 'max_tokens' occurs twice"),
        (["--parameters", '{"colour": 1}'], "parameter 'colour' is unknown; allowed are max_tokens"),
        (["--parameters", '{"temperature": 3}'], "temperature is 3; allowed are numbers from 0 to 2"),
    ],
)
def test_a_card_that_cannot_be_is_refused(settings, arguments, told):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=1)
        fake_endpoint(fake, settings, name="fake")
        with pytest.raises(CommandError, match=told):
            judge(arena, "--endpoint", "fake", *arguments)


def answering(monkeypatch, *answers):
    """Somebody sits at the terminal and says this."""
    said = iter(answers)
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or next(said))
    return asked


def make_answers(n_prompts=3):
    """Two competitors with answers, and no battle yet."""
    arena = make_arena()
    competitors = [make_competitor(arena), make_competitor(arena)]
    for _ in range(n_prompts):
        prompt = make_prompt(arena)
        for number, competitor in enumerate(competitors):
            make_response(prompt, competitor, f"Answer {number}.")
    return arena


@pytest.mark.parametrize("plan", [["all"], ["tournament"], ["active", "--battles", "2"]])
def test_a_no_leaves_nothing_behind(settings, monkeypatch, plan):
    with serving(Script()) as fake:
        fake_endpoint(fake, settings, name="fake", price_out=1_000_000)
        arena = make_answers()
        answering(monkeypatch, "n")
        said = judge(arena, "--endpoint", "fake", "--plan", *plan)
    assert "Nothing was sent and nothing was written." in said
    assert not any(model.objects.exists() for model in (Battle, Run, Game, Judge))
    assert not fake.requests


def test_nobody_there_to_agree_leaves_nothing_behind(settings):
    with serving(Script()) as fake:
        fake_endpoint(fake, settings, name="fake")
        arena = make_answers()
        with pytest.raises(CommandError, match="--yes"):
            judge(arena, "--endpoint", "fake", "--plan", "all")
    assert not any(model.objects.exists() for model in (Battle, Run, Game, Judge))


def test_a_judge_that_was_here_stays_after_a_no(settings, monkeypatch):
    with serving(Script()) as fake:
        called_judge(fake_endpoint(fake, settings, name="fake"), "pairwise")
        answering(monkeypatch, "n")
        judge(make_answers(), "--endpoint", "fake", "--plan", "all")
    assert Judge.objects.count() == 1


PRICED = {"price_in": 1_000_000, "price_out": 1_000_000}


def test_a_pilot_goes_first_and_the_rest_when_its_cost_is_known(settings):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=5)
        fake_endpoint(fake, settings, name="fake", **PRICED)
        said = judge(arena, "--endpoint", "fake", "--pilot", "10", "--yes")
    before, after = said.split("Trying 10 of these calls first, at most $")
    assert "What fake, pairwise will cost is not known yet: --pilot 20" in before
    assert "is expected" not in before
    assert "10 have their verdict already" in after
    assert "is expected" in after
    assert "with 95 % certainty" in after
    assert (len(fake.requests), Run.objects.count(), Game.objects.decided().count()) == (30, 2, 30)


def test_a_pilot_alone_is_sent_where_nobody_is_here_to_agree_to_the_rest(settings):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=5)
        fake_endpoint(fake, settings, name="fake", **PRICED)
        with pytest.raises(CommandError, match="check the cost above"):
            judge(arena, "--endpoint", "fake", "--pilot", "10")
    assert len(fake.requests) == 10


def test_a_pilot_is_offered_to_whoever_sits_at_the_terminal(settings, monkeypatch):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=5)
        fake_endpoint(fake, settings, name="fake", **PRICED)
        asked = answering(monkeypatch, "t", "n")
        judge(arena, "--endpoint", "fake")
    assert asked == ["Send them? [y/N, or t to try 20 of them first] ", "Send them? [y/N] "]
    assert len(fake.requests) == 20


def test_pilot_and_rest_are_under_one_cap(settings):
    with serving(Script(usage="bound")) as fake:
        arena, _ = make_battles(n_prompts=5)
        fake_endpoint(fake, settings, name="fake", price_out=1_000_000)
        arguments = ["--parameters", '{"max_tokens": 10000}', "--cap", "0.15", "--pilot", "10", "--yes"]
        with pytest.raises(CommandError, match="Raise the cap"):
            judge(arena, "--endpoint", "fake", *arguments)
    assert (len(fake.requests), sum(Run.objects.values_list("spent", flat=True))) == (15, 150_000)


def test_a_plan_is_narrowed_by_pool_and_competitors():
    arena, battles = make_battles(n_prompts=2)
    narrow = ["--pool", "main", "--competitor", "model 0", "--competitor", "model 2"]
    assert "4 games on 2 battles" in judge(arena, "--judge", "longer", *narrow)
    assert Battle.objects.filter(games__order="ab", competitor_b__name="model 2").count() == 2
    assert len(battles) == 6


def test_given_battles_by_number_and_from_a_file(tmp_path):
    arena, battles = make_battles(n_prompts=3)
    listed = tmp_path / "numbers.txt"
    listed.write_text(f"{battles[4].pk}, {battles[5].pk}\n")
    judge(arena, "--judge", "longer", "--battle", str(battles[1].pk), "--battle-file", str(listed))
    assert set(Game.objects.values_list("battle", flat=True)) == {battles[1].pk, battles[4].pk, battles[5].pk}


def test_a_tournament_of_a_model_is_one_run_with_one_cap(settings):
    with serving(Script(judge=JudgeScript(accuracy=1.0))) as fake:
        arena, _ = make_battles(n_prompts=2, n_competitors=4)
        fake_endpoint(fake, settings, name="fake", **PRICED)
        said = judge(arena, "--endpoint", "fake", "--plan", "tournament", "--cap", "1", "--yes")
    assert "Knock-out on 2 prompts: 6 battles in all, in 2 rounds" in said
    assert "12 calls, at most" in said
    assert (len(fake.requests), Run.objects.get().state) == (12, "done")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--pool", "attic"], "no such pool of .*. Available: main"),
        (["--competitor", "model 0"], "name at least two"),
        (["--competitor", "nobody"], "no such competitor of .*. Available: model 0"),
        (["--battle", "987654"], "battle 987654: not in"),
        (["--battle", "1", "--plan", "all"], "they exclude other plans and --battles"),
        (["--plan", "given"], "--battle NUMBER"),
        (["--battle-file", "/nowhere/at/all"], "battle numbers are needed"),
        (["--plan", "active", "--battles", "3", "--baseline", "model 0"], "belongs to --plan baseline"),
        (["--pilot", "4"], "--pilot is 5 or more"),
    ],
)
def test_what_is_wrong_with_a_narrow_plan_is_told(arguments, told):
    arena, _ = make_battles(n_prompts=1)
    with pytest.raises(CommandError, match=told):
        judge(arena, "--judge", "longer", *arguments)


@pytest.mark.parametrize("option", ["--template", "--battle-file"])
@pytest.mark.parametrize("path", ["/no/such/file", "/"])
def test_a_file_that_cannot_be_read_gets_a_sentence(settings, option, path):
    with serving(Script()) as fake:
        arena, _ = make_battles(n_prompts=1)
        fake_endpoint(fake, settings, name="fake")
        with pytest.raises(CommandError) as refused:
            judge(arena, "--endpoint", "fake", option, path, "--yes")
    assert refused.value.returncode == 2
    assert str(refused.value).startswith(f"{option} {path}: ")
    assert "Errno" not in str(refused.value)
    assert "file that can be read" in str(refused.value)


def test_work_that_another_run_holds_is_no_work_that_is_done(settings):
    """The run paused on a wrong key; the same command again did nothing, and said that all was done."""
    with serving(Script(replies=("[[A]]",))) as fake:
        arena, battles = make_battles(n_prompts=1)
        endpoint = fake_endpoint(fake, settings, name="fake")
        run, _ = plan_judging(arena, [called_judge(endpoint, "pairwise")], ids(battles))
        pause(run)
        with pytest.raises(CommandError, match=rf"run {run.pk} is paused; .*--resume {run.pk}") as ended:
            judge(arena, "--endpoint", "fake", "--yes")
        assert ended.value.returncode == 3
        assert (Run.objects.count(), fake.requests) == (1, [])
        with pytest.raises(CommandError, match=f"run {run.pk} is paused") as ended:  # some is new, some is held
            judge(arena, "--endpoint", "fake", "--yes", "--repeats", "2")
        assert ended.value.returncode == 3
        assert Run.objects.count() == 2
        judge(arena, "--resume", str(run.pk))
        assert "12 have their verdict already" in judge(arena, "--endpoint", "fake", "--yes", "--repeats", "2")
