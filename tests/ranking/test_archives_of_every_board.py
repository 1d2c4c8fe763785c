"""Boards of every kind leave in an archive and come in again: its check expects what fits store of themselves."""

from contextlib import suppress
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from arena.bundles.loading import import_bundle
from arena.bundles.manifest import BundleRefused
from arena.bundles.writing import export_bundle
from arena.models import Call, Endpoint, Vote
from judges.importing.imported_judges import exported_judge
from judges.importing.rows import ExportedGame
from judges.models import Game, Judge
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.bundle_kinds import _Parameters
from ranking.models import COVARIATES, Leaderboard, Snapshot
from tests.factories import make_battle, make_prompt, make_vote, make_voter
from tests.judges.game_factories import make_endpoint, make_game
from tests.prepared import prepared
from tests.ranking.board_factories import make_board
from tests.ranking.bundle_story import an_arena, empty_site

pytestmark = pytest.mark.django_db

N_SAME = 3
METHODS, SOURCES = Leaderboard.Method.values, Leaderboard.Sources.values


def make_story():
    """One text under several ids, with votes and games on each."""
    arena = an_arena()
    judge, competitors = Game.objects.first().judge, list(arena.competitors.order_by("pk"))
    voters = [make_voter(arena, f"w{i}") for i in range(4)]
    for i in range(1 + N_SAME):
        prompt = make_prompt(arena, "The same text.", key=f"same{i}", category="a", language="en")
        for a, b in ((0, 1), (1, 2), (0, 2)):
            battle = make_battle(competitors[a], competitors[b], prompt, with_answers=True)
            for j, voter in enumerate(voters):
                make_vote(battle, ("a", "b", "tie", "both_bad")[(i + j + a) % 4], voter)
            for order in ("ab", "ba"):
                make_game(battle, judge, "first" if order == "ab" else "second", order=order)
    for board in arena.leaderboards.all():
        publish_snapshot(board)
    return arena


planted = prepared(make_story)


@pytest.fixture
def arena(planted):
    return planted()


def _is_a_board(arena, **fields):
    """Not where the site would refuse it: a method has its sources, and two boards are not the same."""
    board = Leaderboard(arena=arena, slug="x", name="X", **fields)
    try:
        board.full_clean()
    except ValidationError:
        return False
    return True


def _variants():
    """Every method with every source that it takes; every rule for verdicts; slices, intervals and what else is stored."""
    yield from (
        {
            "method": method,
            "sources": sources,
            "combiner": combiner,
            "intervals": "bootstrap" if method == "elo" else "sandwich",
        }
        for method, sources, combiner in product(METHODS, SOURCES, ("games", "panel_weighted"))
    )
    yield from ({"sources": "judges", "combiner": combiner} for combiner in Leaderboard.Combiner.values)
    yield {"intervals": "bootstrap"}
    yield {"clusters": "none", "counts_external": False}
    yield {"method": "style_controlled", "covariates": " ".join(COVARIATES)}
    yield {"category": "a", "language": "en"}
    for marked, own in product(Leaderboard.Marked.values, Leaderboard.OwnAnswers.values):
        yield {"sources": "both", "marked": marked, "own_answers": own}


def test_boards_of_every_method_and_source_come_in_again(arena, tmp_path):
    for i, fields in enumerate(_variants()):
        if _is_a_board(arena, **fields):
            with suppress(IntegrityError), transaction.atomic():  # one of the arena's own is defined so
                publish_snapshot(make_board(arena, f"v{i}", **fields))
    first = Snapshot.objects.filter(leaderboard__arena=arena).order_by("pk")
    stored = {each.leaderboard.slug: each.parameters for each in first.select_related("leaderboard")}
    assert {each.method for each in first} == set(METHODS)
    assert stored["fable"]["one_text"] == N_SAME
    names = {name for parameters in stored.values() for name in parameters}
    assert names <= _Parameters.__annotations__.keys(), "the check has to say what each stored parameter is"
    export_bundle(arena, tmp_path / "all.zip")
    empty_site()
    arrived = import_bundle(tmp_path / "all.zip").arena
    came = Snapshot.objects.filter(leaderboard__arena=arrived).select_related("leaderboard").order_by("pk")
    assert {each.leaderboard.slug: each.parameters.keys() for each in came} == {
        slug: parameters.keys() for slug, parameters in stored.items()
    }
    for slug in ("fable", "fable-judges", "fable-both", "fable-davidson"):
        rebuilt = rebuild(Leaderboard.objects.get(slug=slug).newest_snapshot())
        assert rebuilt.same_evidence
        assert rebuilt.largest_difference < 1e-9
    assert Vote.objects.filter(battle__arena=arrived).count() == 27 + 48


def _known_by_its_games(judge, **fields):
    """As it comes to a site where its exported games are imported."""
    card = ExportedGame(None, judge.identity, judge.version, judge.kind, judge.family, False, "")
    told = {"name": judge.name, "protocol": judge.protocol, "model": judge.model} | fields
    return exported_judge(told["name"], told["protocol"], card, model=told["model"])


def test_a_judge_whose_exported_games_came_before_is_the_archives_judge(arena, tmp_path):
    export_bundle(arena, tmp_path / "all.zip")
    judge = Judge.objects.get(version=1)
    empty_site()
    here = _known_by_its_games(judge)
    arrived = import_bundle(tmp_path / "all.zip")
    assert (arrived.reused, arrived.added["judges"]) == ({"judges": ["Minos"]}, ["Minos"])
    assert set(Game.objects.values_list("judge", flat=True)) == {here.pk}
    boards = Leaderboard.objects.filter(arena=arrived.arena)
    assert boards.get(slug="fable-judges").jury == str(here.pk)
    for board in boards:
        assert rebuild(board.newest_snapshot()).same_evidence


@pytest.mark.parametrize("changed", [{"protocol": "another"}, {"model": "another"}])
def test_another_judge_of_its_identity_is_refused_by_name_with_a_way_out(arena, tmp_path, changed):
    export_bundle(arena, tmp_path / "all.zip")
    judge = Judge.objects.get(version=1)
    empty_site()
    _known_by_its_games(judge, **changed)
    with pytest.raises(BundleRefused, match=r"judges\.jsonl, line \d: .* identity, Minos, .* or import it on a site without"):
        import_bundle(tmp_path / "all.zip")
    assert not Game.objects.exists()


def test_two_endpoints_of_one_address_keep_their_names(arena, tmp_path):
    """On an empty site neither of them was here already."""
    first = Endpoint.objects.get(name="provider")
    second = make_endpoint("of the second key", base_url=first.base_url, model=first.model)
    Call.objects.filter(pk=Call.objects.order_by("pk").first().pk).update(endpoint=second)
    export_bundle(arena, tmp_path / "all.zip")
    empty_site()
    arrived = import_bundle(tmp_path / "all.zip")
    assert (arrived.reused, sorted(arrived.added["endpoints"])) == ({}, ["of the second key", "provider"])
    assert Call.objects.filter(endpoint__name="of the second key").count() == 1


@pytest.mark.parametrize("said", [True, 225, 1])
def test_a_count_of_texts_or_the_flag_of_a_board_comes_in(arena, tmp_path, said):
    Snapshot.objects.update(parameters={"level": 0.95, "sources": "people", "one_text": said})
    export_bundle(arena, tmp_path / "x.zip")
    arrived = import_bundle(tmp_path / "x.zip", slug="other").arena
    assert Snapshot.objects.filter(leaderboard__arena=arrived).first().parameters["one_text"] is said or said == 225
