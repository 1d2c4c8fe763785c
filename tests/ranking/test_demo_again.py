"""The first command once more, on a site where it has run."""

import socket

import pytest
from django.core.management import CommandError, call_command

from arena.config.serving.supervisor import folder_held
from arena.models import Arena, Endpoint, Event, Vote
from ranking.management.commands import demo
from ranking.models import Leaderboard
from tests.factories import make_vote
from tests.prepared import prepared

pytestmark = pytest.mark.django_db


def demonstrate():
    call_command("demo", no_serve=True)
    return Arena.objects.get(slug="sample")


demonstrated = prepared(demonstrate)


def test_a_second_demo_finds_what_is_there_and_adds_nothing(capsys):
    before = Vote.objects.count(), Event.objects.count(), Leaderboard.objects.get(slug="sample").snapshots.count()
    call_command("demo", no_serve=True)
    assert before == (Vote.objects.count(), Event.objects.count(), Leaderboard.objects.get(slug="sample").snapshots.count())
    assert "Found the sample arena" in (said := capsys.readouterr().out)
    assert "older version" not in said


def test_a_second_demo_counts_votes_of_people_by_themselves(demonstrated, capsys):
    n_simulated = Vote.objects.simulated().count()
    for battle in demonstrated().battles.all()[:2]:
        make_vote(battle)
    call_command("demo", no_serve=True)
    assert f"{n_simulated:,} simulated votes and 2 votes of people." in capsys.readouterr().out


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


def test_where_the_usual_port_is_in_use_the_judges_take_a_free_one_and_stay_there(beside, taken, monkeypatch, capsys):
    monkeypatch.setattr(demo, "PORT", taken)
    port = port_of(beside())
    assert port != taken
    assert f"The scripted judges listen on port {port}: {taken} is in use." in capsys.readouterr().out
    assert port_of(beside()) == port  # else what waits would pause, and they would be asked again as new versions
    assert "listen on port" not in capsys.readouterr().out


def test_a_port_that_was_asked_for_and_is_in_use_is_refused(beside, taken):
    with pytest.raises(CommandError, match=f"port {taken} is in use: choose another with --judge-port") as refusal:
        beside(judge_port=taken)
    assert refusal.value.returncode == 2


def test_port_0_takes_a_free_one(beside, capsys):
    port = port_of(beside(judge_port=0))
    assert f"The scripted judges listen on port {port}." in capsys.readouterr().out


def test_the_judges_of_a_site_that_runs_stay_where_they_are(beside, settings):
    port = port_of(beside(judge_port=0))
    with folder_held(settings.DATA_DIR, "http://127.0.0.1:1/"), pytest.raises(CommandError, match="a site already runs"):
        call_command("demo", port=0, judge_port=0)
    assert set(Endpoint.objects.values_list("base_url", flat=True)) == {f"http://127.0.0.1:{port}/v1"}
