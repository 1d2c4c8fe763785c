"""Games whose stored request lacked what they are about are found by what was sent, and set aside through the ledger."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from arena.models import Attempt, Event
from judges.cards import called_judge
from judges.games.battle_texts import contests_of
from judges.games.curation import restore_games
from judges.games.request_builder import RequestBuilder
from judges.models import Game
from judges.runs.planning import draw_up
from judges.safeguards.delimiters import new_delimiter
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response
from tests.judges.game_factories import make_call, make_endpoint, make_game, make_judge, make_run
from tests.judges.judging_factories import ids, make_battles

pytestmark = pytest.mark.django_db


def sent(game, *, without=(), first_turn=False):
    """The attempt that a game was answered by: its request as it should be, but for some blocks, or but for later turns."""
    contest, fence = next(contests_of([game.battle_id])), new_delimiter()
    messages = RequestBuilder.of(game.judge).request(contest, game.order, with_reference=False, fence=fence, repeat=0).messages
    content = messages[1].content
    for name in without:
        start, end = content.index(f"<<<{fence} begin {name}"), content.rindex(f"<<<{fence} end {name}")
        content = content[:start] + content[end:].partition(">>>")[2]
    if first_turn:
        for name in ("prompt", "answer_1", "answer_2"):
            start, end = content.index(f"<<<{fence} begin {name} turn 2"), content.index(f"<<<{fence} end {name} turn 2")
            content = (content[:start] + content[end:].partition(">>>")[2]).replace(f" {name} turn 1", f" {name}")
    request = [{"role": "system", "content": messages[0].content}, {"role": "user", "content": content}]
    game.run = make_run(game.battle.arena)
    game.call = make_call(game.run, game.judge, state="done")
    game.save()
    Attempt.objects.create(
        call=game.call, endpoint=game.judge.endpoint, state="ok", sent_at=timezone.now(), request=request, fence=fence, text="x"
    )
    return game


def games_of(battle, judge=None):
    judge = judge or make_judge()
    return [make_game(battle, judge, order=order) for order in ("ab", "ba")]


def test_nothing_is_found_where_nothing_is_amiss(capsys):
    battles = make_battles(n_prompts=1, n_competitors=2)[1]
    for game in games_of(battles[0]):
        sent(game)
    call_command("check_games")
    assert "2 games checked" in capsys.readouterr().out
    assert not Event.objects.filter(kind="games_set_aside").exists()


def test_an_emptied_request_is_found_and_set_aside_and_asked_again(capsys):
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    good, bad = games_of(battles[0], called_judge(make_endpoint(), "pairwise"))
    sent(good)
    sent(bad, without=("prompt", "answer_1", "answer_2"))
    with pytest.raises(CommandError, match="1 game to set aside") as told:
        call_command("check_games", check=True)
    assert told.value.returncode == 1
    assert Game.objects.filter(is_counted=True).count() == 2
    call_command("check_games")
    assert "its request lacked the first answer and the second answer and the prompt: games" in capsys.readouterr().out
    bad.refresh_from_db()
    assert (bad.is_counted, bad.to_ask_again) == (False, True)
    assert bad.set_aside_reason.startswith("its request lacked")
    assert Event.objects.filter(kind="games_set_aside").count() == 1
    call_command("check_games", check=True)  # none is left
    assert draw_up(arena, [bad.judge], ids(battles)).counts.n_calls == 2  # a repeat of its own, in both orders
    restore_games(Game.objects.filter(pk=bad.pk), None)
    bad.refresh_from_db()
    assert (bad.is_counted, bad.to_ask_again) == (True, None)


@pytest.mark.parametrize("without", ["prompt", "answer_1", "answer_2"])
def test_each_text_is_missed(without):
    game = sent(games_of(make_battles(n_prompts=1, n_competitors=2)[1][0])[0], without=(without,))
    with pytest.raises(CommandError):
        call_command("check_games", check=True)
    assert game.is_counted


def test_a_request_of_the_first_turn_alone_is_found(capsys):
    arena = make_arena()
    prompt = make_prompt(arena)
    prompt.turns = ["One?", "Two?"]
    prompt.save()
    sides = [make_competitor(arena), make_competitor(arena)]
    for side in sides:
        make_response(prompt, side, f"{side.name} 1\n\n2", turns=[f"{side.name} 1", "2"])
    battle = make_battle(*sides, prompt, with_answers=True)
    whole, half = games_of(battle)
    sent(whole)
    sent(half, first_turn=True)
    call_command("check_games", arena=arena.slug)
    assert "its request showed the first of 2 turns alone" in capsys.readouterr().out
    assert list(Game.objects.filter(is_counted=False)) == [half]


def test_a_reply_that_was_read_for_other_texts_is_found(capsys):
    """The source game is as it should be; its copy is about another battle."""
    battles = make_battles(n_prompts=2, n_competitors=2)[1]
    source = sent(games_of(battles[0])[0])
    same = make_battles(n_prompts=1, n_competitors=2)[1][0]
    rightly = make_game(same, source.judge, copied_from=source)
    wrongly = make_game(battles[1], source.judge, copied_from=source)
    call_command("check_games")
    assert "its reply was read from a game about other texts" in capsys.readouterr().out
    assert list(Game.objects.filter(is_counted=False)) == [wrongly]
    assert rightly.is_counted


def test_what_is_not_stored_is_counted_and_left(capsys):
    game = games_of(make_battles(n_prompts=1, n_competitors=2)[1][0])[0]
    game.run = make_run(game.battle.arena)
    game.call = make_call(game.run, game.judge, state="done")
    game.save()
    call_command("check_games")
    assert "1 cannot be checked" in capsys.readouterr().out


def test_an_arena_that_is_not_here_is_an_error():
    with pytest.raises(CommandError, match="no such arena") as told:
        call_command("check_games", arena="nowhere")
    assert told.value.returncode == 2
