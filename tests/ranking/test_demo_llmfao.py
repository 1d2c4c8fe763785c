"""The arena of real votes that the demo loads beside the sample: LLMFAO."""

import csv
import gzip
import io
import math

import pytest
from django.core.management import call_command

from arena.models import Arena, Battle, Competitor, Event, Import, Vote, Voter
from arena.sample import llmfao
from ranking.management.commands.demo import Command
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_vote
from tests.prepared import prepared
from tests.ranking.maths.shared_files import shared_file

pytestmark = pytest.mark.django_db


def demonstrate():
    command = Command(stdout=io.StringIO())
    command._set_up_llmfao()
    return Arena.objects.get(slug="llmfao")


demonstrated = prepared(demonstrate)


def golden(method):
    with shared_file("llmfao/llmfao-golden.csv").open(newline="") as file:
        return {row["item"]: float(row["score"]) for row in csv.DictReader(file) if row["algorithm"] == method}


def test_every_vote_of_the_file_counts_and_the_board_has_all_models(demonstrated):
    arena = demonstrated()
    votes = Vote.objects.filter(battle__arena=arena)
    assert votes.counted().count() == votes.count() == 8_931
    assert Voter.objects.filter(arena=arena).count() == 124
    assert arena.prompts.count() == 13
    snapshot = Leaderboard.objects.get(slug="llmfao").newest_snapshot()
    rated = snapshot.entries.exclude(rating=None)
    assert (snapshot.n_votes, rated.count()) == (8_931, 59)
    assert all(entry.low < entry.rating < entry.high for entry in rated)


def test_the_ratings_are_the_golden_ones(demonstrated):
    logs = {name: math.log(score) for name, score in golden("bradley_terry").items()}
    middle = sum(logs.values()) / len(logs)
    demonstrated()
    entries = Leaderboard.objects.get(slug="llmfao").newest_snapshot().entries.select_related("competitor")
    found = {entry.competitor.name: entry.rating for entry in entries}
    wanted = {name: 1000 + (each - middle) * 400 / math.log(10) for name, each in logs.items()}
    assert set(found) == set(wanted)
    assert found == pytest.approx(wanted, abs=0.01)
    assert found["GPT 4"] == pytest.approx(1172.1326, abs=1e-3)


def test_the_votes_are_those_of_the_source():
    assert gzip.decompress(llmfao.VOTES.read_bytes()) == shared_file("llmfao/llmfao.csv").read_bytes()


def test_the_file_is_small_and_names_its_source_licence_and_date():
    assert llmfao.VOTES.stat().st_size < 150_000
    source = (llmfao.FOLDER / "SOURCE.md").read_text()
    assert all(said in source for said in ("github.com/dustalov/llmfao", "Apache-2.0", "2023"))


def test_the_arena_says_where_its_votes_come_from_and_on_how_little_they_stand(demonstrated, client):
    arena = demonstrated()
    assert "only 13 prompts" in arena.description
    page = client.get("/arenas/llmfao/").text
    assert all(said in page for said in ("Dmitry Ustalov", "Apache-2.0", "13 prompts"))
    assert not arena.is_sample  # no vote of it is simulated
    assert not Vote.objects.filter(battle__arena=arena).simulated().exists()


def test_organisations_and_licences_are_shown_where_they_are_certain_and_no_price(demonstrated):
    models = Competitor.objects.filter(arena=demonstrated())
    assert models.get(name="GPT 4").organisation == "OpenAI"
    assert models.get(name="Falcon Instruct (40B)").licence == "Apache-2.0"
    assert models.get(name="Weaver 12k").licence == ""
    assert not models.exclude(price_in=None, price_out=None).exists()


def test_once_more_it_adds_nothing(demonstrated):
    demonstrated()
    before = Vote.objects.count(), Battle.objects.count(), Competitor.objects.count(), Event.objects.count()
    demonstrate()
    assert before == (Vote.objects.count(), Battle.objects.count(), Competitor.objects.count(), Event.objects.count())
    assert Leaderboard.objects.get(slug="llmfao").snapshots.count() == 1


def test_a_demo_that_was_stopped_before_the_import_goes_on(demonstrated):
    Arena.objects.filter(slug="llmfao").update(slug="other")
    assert llmfao.is_imported(llmfao.llmfao_arena()) is False
    demonstrate()
    assert Vote.objects.filter(battle__arena__slug="llmfao").count() == 8_931


def test_an_arena_of_ones_own_called_llmfao_is_left_alone(demonstrated):
    Arena.objects.filter(slug="llmfao").update(slug="other")
    arena, n_votes = make_arena("llmfao"), Vote.objects.count()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    command = Command(stdout=io.StringIO())
    command._set_up_llmfao()
    assert (Vote.objects.count(), Import.objects.filter(arena=arena).count()) == (n_votes + 1, 0)
    assert "an arena of yours has the slug 'llmfao'" in command.stdout.getvalue()


def test_votes_that_were_set_aside_stay_so(demonstrated):
    arena = demonstrated()
    Import.objects.filter(arena=arena).update(state=Import.State.SET_ASIDE)
    call_command("import_battles", str(llmfao.VOTES), arena="llmfao", format="llmfao", stdout=io.StringIO())
    demonstrate()
    assert Import.objects.get(arena=arena).state == Import.State.SET_ASIDE
