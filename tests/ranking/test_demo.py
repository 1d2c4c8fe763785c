"""The first command: what it leaves behind, once and again."""

import re
import socket

import pytest
from django.core.management import CommandError, call_command

from arena.config.serving.supervisor import folder_held
from arena.models import Arena, Battle, Endpoint, Event, Import, Vote, Voter
from arena.sample import loading
from arena.sample.content import load_sample
from arena.sample.loading import NOTICE, load_sample_arena
from ranking.management.commands import demo
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote


@pytest.mark.django_db
def test_the_demo_ends_with_a_board_that_has_intervals(capsys):
    call_command("demo", no_serve=True)
    snapshot = Leaderboard.objects.get(slug="sample").newest_snapshot()
    rated = snapshot.entries.exclude(rating=None)
    assert rated.count() >= 6
    assert all(entry.low < entry.rating < entry.high for entry in rated)
    assert snapshot.n_votes == Vote.objects.count() > 500
    assert "simulated votes" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_second_demo_finds_what_is_there_and_adds_nothing(capsys):
    call_command("demo", no_serve=True)
    before = Vote.objects.count(), Event.objects.count(), Leaderboard.objects.get(slug="sample").snapshots.count()
    call_command("demo", no_serve=True)
    assert before == (Vote.objects.count(), Event.objects.count(), Leaderboard.objects.get(slug="sample").snapshots.count())
    assert "Found the sample arena" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_second_demo_counts_votes_of_people_by_themselves(capsys):
    arena = load_sample_arena()
    n_simulated = Vote.objects.count()
    for battle in arena.battles.all()[:2]:
        make_vote(battle)
    call_command("demo", no_serve=True)
    assert f"{n_simulated:,} simulated votes and 2 votes of people." in capsys.readouterr().out


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
    assert arena.prompts.count() == len(sample.prompts) >= 40
    assert arena.competitors.count() == len(sample.competitors) == 8
    assert sum(competitor.responses.count() for competitor in arena.competitors.all()) == len(sample.responses)
    assert not Battle.objects.showable().exclude(arena=arena).exists()
    assert Battle.objects.showable().count() == Battle.objects.count()


@pytest.mark.django_db
def test_an_outcome_stays_with_the_competitor_who_got_it():
    """Careful writing beats off-topic writing, whatever the order of their ids."""
    load_sample_arena()
    votes = Vote.objects.filter(
        battle__competitor_a__name__icontains="careful", battle__competitor_b__name__icontains="off-topic"
    )
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


# --- where the scripted judges listen --------------------------------------------------------------------------------


@pytest.fixture
def beside(monkeypatch):
    """What the demo would start beside the site."""
    monkeypatch.setenv("AGON_ENDPOINTS_ALLOWED", "")

    def start(judge_port=None):
        call_command("demo", no_serve=True)
        return demo.Command()._scripted_judges(judge_port)

    return start


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def port_of(beside):
    ((name, arguments),) = beside
    assert name == "judges"
    (base_url,) = set(Endpoint.objects.values_list("base_url", flat=True))
    assert base_url == f"http://127.0.0.1:{arguments[-1]}/v1"
    return int(arguments[-1])


@pytest.mark.django_db
def test_where_the_usual_port_is_in_use_the_judges_take_a_free_one_and_stay_there(beside, taken, monkeypatch, capsys):
    monkeypatch.setattr(demo, "PORT", taken)
    port = port_of(beside())
    assert port != taken
    assert f"The scripted judges listen on port {port}: {taken} is in use." in capsys.readouterr().out
    assert port_of(beside()) == port  # else what waits would pause, and they would be asked again as new versions
    assert "listen on port" not in capsys.readouterr().out


@pytest.mark.django_db
def test_a_port_that_was_asked_for_and_is_in_use_is_refused(beside, taken):
    with pytest.raises(CommandError, match=f"port {taken} is in use: choose another with --judge-port") as refusal:
        beside(judge_port=taken)
    assert refusal.value.returncode == 2


@pytest.mark.django_db
def test_port_0_takes_a_free_one(beside, capsys):
    port = port_of(beside(judge_port=0))
    assert f"The scripted judges listen on port {port}." in capsys.readouterr().out


@pytest.mark.django_db
def test_the_judges_of_a_site_that_runs_stay_where_they_are(beside, settings):
    port = port_of(beside(judge_port=0))
    with folder_held(settings.DATA_DIR, "http://127.0.0.1:1/"), pytest.raises(CommandError, match="a site already runs"):
        call_command("demo", port=0, judge_port=0)
    assert set(Endpoint.objects.values_list("base_url", flat=True)) == {f"http://127.0.0.1:{port}/v1"}
