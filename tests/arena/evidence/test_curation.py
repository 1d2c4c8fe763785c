"""What curators do to evidence: each act an event, none of it twice."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from arena.evidence import curation, ledger
from arena.models import Arena, Ballot, Battle, Event, Import, Prompt, RemovedArena, Vote
from arena.statements.vote_statements import TAKEN_BACK
from ranking.models import Entry, Leaderboard, PairTable, Snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote, make_voter

pytestmark = pytest.mark.django_db


def make_votes(n=3, **fields):
    arena = make_arena()
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)
    return [make_vote(battle, **fields) for _ in range(n)]


def events(kind):
    return list(Event.objects.filter(kind=kind).order_by("pk"))


def test_votes_set_aside_count_no_longer_and_say_why():
    votes, curator = make_votes(), make_user(is_staff=True)
    assert curation.set_aside_votes(Vote.objects.filter(pk__in=[votes[0].pk, votes[1].pk]), "a bot", curator) == 2
    assert Vote.objects.counted().get() == votes[2]
    assert [(e.vote, e.before, e.after, e.reason, e.actor) for e in events("vote_set_aside")] == [
        (vote, "a", "", "a bot", curator) for vote in votes[:2]
    ]


def test_setting_aside_twice_is_one_event():
    make_votes()
    assert [curation.set_aside_votes(Vote.objects.all(), "a bot", None) for _ in range(2)] == [3, 0]
    assert len(events("vote_set_aside")) == 3


def test_setting_aside_needs_a_reason():
    with pytest.raises(ValueError, match="a reason is needed"):
        curation.set_aside_votes(Vote.objects.all(), "  ", None)


def test_restored_votes_count_again():
    make_votes(outcome="both_bad")
    curation.set_aside_votes(Vote.objects.all(), "a bot", None)
    assert [curation.restore_votes(Vote.objects.all(), None) for _ in range(2)] == [3, 0]
    assert Vote.objects.counted().filter(set_aside_reason="").count() == 3
    assert {(e.before, e.after) for e in events("vote_restored")} == {("", "both_bad")}


def test_a_vote_that_its_voter_took_back_is_not_restored():
    make_votes(1, is_counted=False, set_aside_reason=TAKEN_BACK)
    assert curation.restore_votes(Vote.objects.all(), None) == 0
    assert not Vote.objects.counted().exists()


def test_many_votes_are_few_queries(django_assert_max_num_queries):
    make_votes(60)
    with django_assert_max_num_queries(7):
        curation.set_aside_votes(Vote.objects.all(), "a bot", None)


@pytest.mark.django_db(transaction=True)
def test_two_curators_at_once_make_one_event_a_vote():
    make_votes(20)

    def set_aside():
        curation.set_aside_votes(Vote.objects.all(), "a bot", None)
        connection.close()

    threads = [threading.Thread(target=set_aside) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events("vote_set_aside")) == 20


def make_import(state="published"):
    return Import.objects.create(
        arena=make_arena(), kind="battles", format="llmfao", filename="votes.csv", path="x", digest="x", state=state
    )


def test_a_whole_import_is_set_aside_and_restored_once_each():
    source, curator = make_import(), make_user(is_staff=True)
    assert [curation.set_aside_import(source, "wrong file", curator) for _ in range(2)] == [True, False]
    assert source.state == "set_aside"
    assert [curation.restore_import(source, curator) for _ in range(2)] == [True, False]
    assert source.state == "published"
    assert [(e.kind, e.before, e.after, e.reason) for e in Event.objects.order_by("pk")] == [
        ("import_set_aside", "published", "set_aside", "wrong file"),
        ("import_restored", "set_aside", "published", ""),
    ]


@pytest.mark.parametrize("state", ["waiting", "loading", "failed"])
def test_an_import_that_was_never_published_cannot_be_set_aside(state):
    with pytest.raises(curation.NotPublished, match=r"votes\.csv is"):
        curation.set_aside_import(make_import(state), "wrong file", None)
    assert not Event.objects.exists()


def test_filing_a_prompt_elsewhere_is_an_event():
    prompt = make_prompt(make_arena(), category="coding", language="en")
    assert curation.file_prompt(prompt, category="coding/python", language="de", actor=None)
    assert (prompt.category, Prompt.objects.get().language) == ("coding/python", "de")
    assert [(e.before, e.after) for e in events("prompt_filed")] == [("en|coding", "de|coding/python")]


def test_filing_a_prompt_where_it_stands_changes_nothing():
    prompt = make_prompt(make_arena(), category="coding", language="en")
    assert not curation.file_prompt(prompt, category="coding", language="en", actor=None)
    assert not Event.objects.exists()


# --- removing an arena -----------------------------------------------------------------------------------------------


def make_full_arena(slug=""):
    """An arena with something in every table that an arena can have rows in."""
    arena = make_arena(slug)
    a, b, prompt = make_competitor(arena), make_competitor(arena), make_prompt(arena)
    source = Import.objects.create(
        arena=arena, kind="battles", format="x", filename="x", path="x", digest="x", state="published"
    )
    battle = make_battle(a, b, prompt, with_answers=True, source=source)
    vote = make_vote(battle, source=source)
    Ballot.objects.create(battle=battle, voter=make_voter(arena), first_shown="a", propensity=1, served_at=timezone.now())
    ledger.record_import(Event.Kind.IMPORT_PUBLISHED, source, before="loading")
    ledger.record_prompt(prompt, before="|")
    board = Leaderboard.objects.create(arena=arena, slug=arena.slug, name="Board", is_default=True)
    snapshot = Snapshot.objects.create(
        leaderboard=board, method="x", seed=1, watermark=1, evidence_hash="x", code_version="x",
        n_votes=1, n_voters=1, n_prompts=1, n_set_aside=0, fit_seconds=0, created_at=timezone.now(),
    )  # fmt: skip
    Entry.objects.create(snapshot=snapshot, competitor=a, n_votes=1, n_prompts=1)
    PairTable.objects.create(leaderboard=board, snapshot=snapshot, record=b"", weights=b"")
    return arena, vote


def test_an_arena_goes_with_all_its_rows_and_no_others():
    arena, _ = make_full_arena()
    other, vote = make_full_arena()
    curation.delete_arena(arena)
    connection.check_constraints()
    assert list(Arena.objects.all()) == [other]
    for model in (Battle, Vote, Ballot, Prompt, Import, Leaderboard, Snapshot, Entry, PairTable):
        assert model.objects.count() == 1, model
    assert Event.objects.filter(vote=vote).exists()


def test_positions_of_a_removed_arena_are_not_given_again():
    """Boards of other arenas have read up to there: at a lower position a new vote would never be seen."""
    other, vote = make_full_arena()
    removed, _ = make_full_arena()
    read_by_a_board = ledger.sequence()
    curation.delete_arena(removed)
    make_vote(vote.battle)
    assert ledger.sequence() == ledger.head(other.pk) == read_by_a_board + 1


def test_the_command_removes_an_arena_and_says_what_went():
    arena, _ = make_full_arena("old-news")
    Entry.objects.create(snapshot=Snapshot.objects.get(), competitor=arena.competitors.last(), n_votes=1, n_prompts=1)
    out = StringIO()
    call_command("remove_arena", "old-news", yes=True, stdout=out)
    assert "Deleted Old-News: " in out.getvalue()
    told = out.getvalue().partition(": ")[2].strip().split(", ")
    assert {"1 arena", "2 entries", "1 import"} <= set(told), told
    assert not [row for row in told if row.startswith("1 ") == row.endswith("s")], told
    assert (Arena.objects.count(), RemovedArena.objects.get().slug) == (0, "old-news")


def test_the_command_asks_first(monkeypatch):
    make_full_arena("old-news")
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match="nothing was deleted"):
        call_command("remove_arena", "old-news")
    assert Arena.objects.exists()


def test_the_command_names_the_arenas_there_are():
    make_arena("here")
    with pytest.raises(CommandError, match=r"no arena 'gone'\. Available: here"):
        call_command("remove_arena", "gone")
