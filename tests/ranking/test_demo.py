"""The first command: what it leaves behind, once and again."""

import re

import pytest
from django.core.management import CommandError, call_command

from arena.models import Arena, Battle, Import, Vote, Voter
from arena.sample import loading
from arena.sample.content import load_sample
from arena.sample.loading import NOTICE, load_sample_arena
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote


@pytest.mark.django_db
def test_the_demo_ends_with_a_board_that_has_intervals(capsys):
    call_command("demo", no_serve=True)
    snapshot = Leaderboard.objects.get(slug="sample").newest_snapshot()
    rated = snapshot.entries.exclude(rating=None)
    assert rated.count() >= 6
    assert all(entry.low < entry.rating < entry.high for entry in rated)
    assert snapshot.n_votes == Vote.objects.simulated().count() > 3_000
    assert "simulated votes" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("origins", "told"),
    [
        (["sample", "sample"], "0 of 2 agree with you (simulated votes)."),
        (["sample", None], "0 of 2 agree with you (votes of people: 1, simulated: 1)."),
        ([None, "llmfao"], "0 of 2 agree with you."),
    ],
)
def test_a_voter_is_told_which_votes_are_simulated(client, origins, told):
    arena = make_arena("sample", is_sample=True, voting="anyone", content_visibility="public")
    a, b = make_competitor(arena), make_competitor(arena)
    battle = make_battle(a, b, make_prompt(arena), with_answers=True)
    for origin in origins:
        source = origin and Import.objects.create(
            arena=arena, kind="battles", format=origin, filename="f", path="x", digest=str(Import.objects.count()),
            state="published",
        )  # fmt: skip
        make_vote(battle, "both_bad", source=source)
    sheet = client.get("/arenas/sample/vote/").context["sheet"]
    page = client.post("/arenas/sample/vote/cast/", {"ballot": sheet.key, "outcome": "a1"}, follow=True).text
    assert told in re.sub("<[^>]*>", "", page)


@pytest.mark.django_db
def test_the_arena_says_that_its_votes_are_simulated():
    arena = load_sample_arena()
    assert (arena.is_sample, arena.notice) == (True, NOTICE)
    assert Import.objects.get(arena=arena).report["notes"] == [NOTICE]


@pytest.mark.django_db
def test_the_content_is_loaded_whole():
    arena, sample = load_sample_arena(), load_sample()
    assert arena.prompts.count() == len(sample.prompts) == 90
    assert arena.competitors.count() == len(sample.competitors) == 8
    assert sum(competitor.responses.count() for competitor in arena.competitors.all()) == len(sample.responses)
    assert not Battle.objects.showable().exclude(arena=arena).exists()
    assert Battle.objects.showable().count() == Battle.objects.count()


@pytest.mark.django_db
def test_an_outcome_stays_with_the_competitor_who_got_it():
    """Careful answers beat overconfident ones, whatever the order of their ids."""
    load_sample_arena()
    votes = Vote.objects.filter(battle__competitor_a__name="Careful", battle__competitor_b__name="Overconfident")
    wins, losses = votes.filter(outcome="a").count(), votes.filter(outcome="b").count()
    assert wins > 5 * max(1, losses)


@pytest.mark.django_db
def test_a_load_that_fails_half_way_leaves_nothing(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(loading, "record_import", fail)
    with pytest.raises(RuntimeError):
        load_sample_arena()
    assert not Arena.objects.exists()
    assert not Voter.objects.exists()


@pytest.mark.django_db
def test_an_arena_of_ones_own_called_sample_is_left_alone():
    make_arena("sample")
    with pytest.raises(CommandError, match="rename it"):
        call_command("demo", no_serve=True)


@pytest.mark.django_db
def test_the_sample_of_an_older_version_stays_as_it_is(capsys):
    old = make_arena("sample", is_sample=True)
    make_prompt(old, key="sample-001")
    call_command("demo", no_serve=True)
    assert (old.prompts.count(), Vote.objects.filter(battle__arena=old).count()) == (1, 0)
    assert "of an older version: for the new one, run manage.py remove_arena sample" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_arena_of_real_votes_can_be_left_out():
    make_arena("sample", is_sample=True)
    call_command("demo", no_serve=True, sample_only=True)
    assert not Arena.objects.filter(slug="llmfao").exists()
