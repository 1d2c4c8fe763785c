"""A judge named as a voter is a judge: asked, and then its verdicts are games and no votes."""

import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.evidence import curation
from arena.models import Battle, Import, Vote, Voter
from judges.models import Game, Judge
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def row(number, winner, judge="gpt-4-1106-preview", **more):
    sides = {"model_a": "one", "model_b": "two", "response_a": f"4, {number}", "response_b": f"5, {number}"}
    return {"prompt": f"Sum {number}?", **sides, "winner": winner, "judge": judge, **more}


def take_in(path, rows, *arguments):
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    out = StringIO()
    call_command("import_battles", str(path), "--arena", "garden", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_nobody_guesses_whether_a_voter_is_a_judge(tmp_path):
    rows = [row(1, "model_a", "ann"), row(2, "model_a"), row(3, "tie", "gpt4_pair")]
    told = r"line 2: the voter is 'gpt-4-1106-preview'; it looks like .* and so do gpt4_pair: say .*--voters judges"
    with pytest.raises(CommandError, match=told):
        take_in(tmp_path / "b.jsonl", rows)
    assert not Battle.objects.exists()
    take_in(tmp_path / "b.jsonl", rows, "--voters", "people")
    assert (Vote.objects.count(), Game.objects.count()) == (3, 0)


def test_what_judges_said_becomes_games_and_people_keep_their_votes(tmp_path):
    rows = [row(1, "model_a"), row(2, "model_b"), row(3, "tie"), row(4, "tie (bothbad)"), row(5, "model_a", "ann")]
    said = take_in(tmp_path / "b.jsonl", rows, "--voters", "judges")
    assert "5 rows: 5 battles, 1 vote, 2 models, 2 new models, 5 prompts, 1 voter, 4 games, 1 judge." in said
    assert "1 voter is a judge (gpt-4-1106-preview): what it says becomes games of a judge, and no votes." in said
    games = {game.battle.prompt.text: (game.judge.name, game.winner) for game in Game.objects.select_related("judge")}
    assert [games[f"Sum {n}?"][1] for n in (1, 2, 3, 4)] == ["first", "second", "tie", "both_bad"]
    assert {name for name, _ in games.values()} == {"gpt-4-1106-preview"}
    assert (Battle.objects.count(), Vote.objects.get().voter.key, Voter.objects.count()) == (5, "ann", 1)


def test_where_no_name_looks_like_a_model_all_are_judges_who_are_told_to_be(tmp_path):
    take_in(tmp_path / "b.jsonl", [row(1, "model_a", "rubric A"), row(2, "model_b", "rubric B")], "--voters", "judges")
    assert set(Judge.objects.values_list("name", flat=True)) == {"rubric A", "rubric B"}
    assert not Vote.objects.exists()


def test_the_games_are_set_aside_and_restored_with_their_import(tmp_path):
    take_in(tmp_path / "b.jsonl", [row(1, "model_a"), row(2, "model_b")], "--voters", "judges")
    source = Import.objects.get()
    curation.set_aside_import(source, "a mistake", None)
    assert set(Game.objects.values_list("is_counted", "set_aside_reason")) == {
        (False, f"import {source.pk} set aside: a mistake")
    }
    curation.restore_import(source, None)
    assert set(Game.objects.values_list("is_counted", flat=True)) == {True}


def test_the_page_asks_too(tmp_path, client, settings):
    settings.UPLOAD_FOLDER = tmp_path
    client.force_login(make_user(is_staff=True))
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps(row(1, "model_a")))
    for voters, told in (("", "it looks like a language model"), ("judges", "becomes games of a judge")):
        with path.open("rb") as file:
            answer = client.post(reverse("imports"), {"file": file, "new_arena": "Garden", "voters": voters}).content.decode()
        assert told in answer.replace("It looks", "it looks")
        if not voters:
            asked = re.search(r'name="held" value="([^"]+)"', answer)
            sent = {"held": asked[1], "new_arena": "Garden", "voters": "judges"}
            assert 'name="voters" value="people"' in answer
            assert "becomes games of a judge" in client.post(reverse("imports"), sent).content.decode()
