"""While a large file of judgements or labels is checked, votes get through: the check holds no lock of the database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from arena.importing.files import receiving
from arena.importing.intake import FileRequest, check_file
from arena.importing.loading import trials
from arena.models import Arena, Competitor, Prompt, Vote
from judges.importing import kinds, taking_in
from judges.models import Game, GoldItem, GoldSet, Judge
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote, make_voter

pytestmark = pytest.mark.django_db(transaction=True)
N = 25
HEADS = {"labels": "prompt,answer_a,answer_b,gold", "judgements": "prompt,answer_a,answer_b,order,label,judge"}


def rows(kind, n=N):
    ends = {"labels": "a", "judgements": "ab,b,careful"}[kind]
    return "\n".join([HEADS[kind], *(f"What is {i}?,It is {i}.,{i},{ends}" for i in range(n)), ""])


@pytest.fixture(autouse=True)
def _large(monkeypatch):
    """Files of as many rows are large, to be quick."""
    monkeypatch.setattr(trials, "ROWS_IN_PLACE", 20)


@pytest.fixture
def voting(monkeypatch):
    """Another connection casts a vote when the check has written all that it writes; one entry for each vote."""
    arena = make_arena("garden")
    battle = make_battle(make_competitor(arena, "ann"), make_competitor(arena, "bob"), make_prompt(arena))
    voter, cast = make_voter(arena, "v"), []

    def vote():
        try:
            make_vote(battle, "a", voter=voter)
        finally:
            connections.close_all()

    def while_voting(load):
        def loaded(*args, **kwargs):
            taken = load(*args, **kwargs)  # whatever it writes is written by now
            with ThreadPoolExecutor(1) as other:
                other.submit(vote).result(timeout=10)
            cast.append(1)
            return taken

        return loaded

    monkeypatch.setattr(taking_in, "load_labels", while_voting(taking_in.load_labels))
    for module in (taking_in, kinds):
        monkeypatch.setattr(module, "load_judgements", while_voting(module.load_judgements))
    return cast


def nothing_was_written():
    things = (Judge.objects.filter(name="careful"), Game.objects, GoldSet.objects, GoldItem.objects)
    return [each.count() for each in things] == [0, 0, 0, 0] and (Prompt.objects.count(), Competitor.objects.count()) == (1, 2)


@pytest.mark.parametrize("kind", HEADS)
def test_a_vote_is_stored_while_a_large_file_is_checked(voting, kind, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(rows(kind))
    checked = check_file(receiving.keep_path(path), FileRequest("garden", kind=kind))
    assert (checked.report.n_rows, checked.report.counts["new_prompts"], checked.report.counts["new_responses"]) == (
        N,
        N,
        2 * N,
    )
    assert len(voting) == 1
    assert Vote.objects.count() == 1
    assert nothing_was_written()
    assert [path.name for path in receiving.upload_folder().iterdir() if path.name.startswith(".trial")] == []


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="elsewhere there is no copy")
def test_a_small_file_is_tried_in_place_and_says_the_same(tmp_path, monkeypatch):
    make_arena("garden")
    path = tmp_path / "rows.csv"
    path.write_text(rows("labels", 3))
    in_place = check_file(receiving.keep_path(path), FileRequest("garden", kind="labels"))
    monkeypatch.setattr(trials, "ROWS_IN_PLACE", 0)
    aside = check_file(receiving.keep_path(path), FileRequest("garden", kind="labels"))
    assert aside.report.as_json() == in_place.report.as_json()
    assert not GoldSet.objects.exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="elsewhere there is no copy")
def test_where_the_disk_is_nearly_full_a_large_file_is_tried_in_place(tmp_path, monkeypatch):
    make_arena("garden")
    monkeypatch.setattr(trials, "ROOM_TO_SPARE", 1e12)
    monkeypatch.setattr(trials, "_copied", None)
    path = tmp_path / "rows.csv"
    path.write_text(rows("labels"))
    checked = check_file(receiving.keep_path(path), FileRequest("garden", kind="labels"))
    assert checked.report.counts["labels"] == N


def test_a_check_that_fails_gives_the_thread_its_database_back(tmp_path, monkeypatch):
    make_arena("garden")
    name = connection.settings_dict["NAME"]
    monkeypatch.setattr(trials, "ROWS_IN_PLACE", 0)
    path = tmp_path / "rows.csv"
    path.write_text(rows("judgements", 2) + "What is 0?,It is 0.,0,ab,a,careful\n")
    with pytest.raises(Exception, match="judged twice with different replies"):
        check_file(receiving.keep_path(path), FileRequest("garden", kind="judgements"))
    assert connection.settings_dict["NAME"] == name
    assert Arena.objects.filter(slug="garden").exists()
    assert not list(receiving.upload_folder().glob(".trial*"))


@pytest.mark.parametrize("kind", HEADS)
def test_within_a_transaction_a_large_file_is_tried_in_place_and_ends(kind, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(rows(kind))
    with transaction.atomic():
        make_arena("garden")  # the copy would lack it, and its lock is held until the transaction ends
        checked = check_file(receiving.keep_path(path), FileRequest("garden", kind=kind))
    assert checked.report.n_rows == N
    assert Arena.objects.filter(slug="garden").exists()
    assert not Game.objects.exists()
    assert not GoldItem.objects.exists()
