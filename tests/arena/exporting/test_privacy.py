"""What may be read decides what may be taken out, and some columns are for curators alone."""

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from arena.exporting.access import Reader, RefusedExport
from arena.exporting.registry import tables
from arena.exporting.tables import rows_for
from arena.models import Arena, Ballot, Battle, Import, Prompt, Response, Visibility, Vote
from tests.arena.exporting.taking_out import furnished, taken
from tests.factories import make_battle, make_user, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db
SECRETS = {"reference", "verifier", "voter", "dwell_ms", "comment"}


def reader(user):
    return Reader(user, lambda arena: None)


@pytest.fixture
def arena():
    return furnished()


@pytest.fixture
def annotator():
    return make_user()


def test_curators_alone_get_voters_dwell_comments_references_and_verifiers(arena, annotator):
    columns = {role: {c.name for t in tables().values() for c in t.columns_for(who)} for role, who in (
        ("curator", Reader.operator()), ("annotator", reader(annotator)), ("visitor", reader(AnonymousUser()))
    )}  # fmt: skip
    assert columns["curator"] >= SECRETS
    assert not columns["annotator"] & SECRETS
    assert not columns["visitor"] & SECRETS
    assert not SECRETS & set(taken("votes", arena, reader(annotator))[0])
    assert "ann@example.org" not in str([taken(key, arena) for key in tables() if not key.startswith("pairs")])


def test_single_votes_are_for_accounts_and_gold_labels_for_curators(arena, annotator):
    for table, user in (("votes", AnonymousUser()), ("gold-labels", AnonymousUser()), ("gold-labels", annotator)):
        with pytest.raises(RefusedExport):
            taken(table, arena, reader(user))
    assert len(taken("battles", arena, reader(AnonymousUser()))) == 7


def test_a_private_arena_gives_nothing_of_its_content(annotator):
    arena = furnished(content_visibility="curators", board_visibility="accounts")
    for key in tables():
        table = tables()[key]
        is_board = key in {"boards", "snapshots"}
        assert bool(table.refusal(reader(annotator), arena)) is not is_board, key
        assert table.refusal(reader(AnonymousUser()), arena), key
        assert not table.refusal(Reader.operator(), arena), key


def test_what_voters_compare_now_is_left_out_of_every_file(arena, annotator):
    open_one = Battle.objects.filter(prompt__key="q1").first()
    judge = make_judge()
    for battle, order in itertools.product(Battle.objects.exclude(prompt=None), ("ab", "ba")):
        make_game(battle, judge, "first" if order == "ab" else "second", order=order)
    Ballot.objects.create(
        battle=open_one, voter=make_voter(arena), first_shown="a", propensity=1, served_at=timezone.now(), state="open"
    )
    for table, options in [("answers", {}), ("battles", {}), ("votes", {}), ("games", {}), ("pairs-dpo", {"contested": "mark"}),
                           ("pairs-kto", {"contested": "mark"}), ("pairs-dpo", {"source": "judges"})]:  # fmt: skip
        seen = {row.get("prompt_id", row.get("prompt")) for row in taken(table, arena, reader(annotator), **options)}
        assert "q1" not in seen, table
        assert "q2" in seen, table
    assert "q1" in {row["prompt_id"] for row in taken("battles", arena)}


def test_who_reads_what_is_asked_anew_while_a_table_goes_out(arena, annotator, monkeypatch):
    monkeypatch.setattr("arena.exporting.battles.AT_ONCE", 1)
    rows = rows_for(tables()["battles"], reader(annotator), arena)
    next(rows)
    for battle in Battle.objects.exclude(prompt=None):
        Ballot.objects.create(
            battle=battle, voter=make_voter(arena), first_shown="a", propensity=1, served_at=timezone.now(), state="open"
        )
    assert {row["prompt_id"] for row in rows} <= {None}


@pytest.mark.parametrize("what", ["the arena closes", "the account ends", "a curator is one no more"])
def test_who_loses_access_while_a_table_goes_out_gets_an_error_and_no_early_end(arena, annotator, what):
    Arena.objects.update(content_visibility=Visibility.ACCOUNTS)
    arena.refresh_from_db()
    if what.startswith("a curator"):
        User.objects.filter(pk=annotator.pk).update(is_staff=True)
        annotator.refresh_from_db()
    rows = rows_for(tables()["battles"], reader(annotator), arena)
    next(rows)
    match what:
        case "the arena closes":
            Arena.objects.update(content_visibility=Visibility.CURATORS)
        case "the account ends":
            User.objects.filter(pk=annotator.pk).update(is_active=False)
        case _:
            User.objects.filter(pk=annotator.pk).update(is_staff=False)
    with pytest.raises(RefusedExport):
        list(rows)


def test_drafts_are_for_curators(arena, annotator):
    Prompt.objects.filter(key="q1").update(status="draft")
    assert [row["id"] for row in taken("prompts", arena, reader(annotator))] == ["q2"]
    assert [row["id"] for row in taken("prompts", arena)] == ["q1", "q2"]


def test_texts_of_failed_answers_never_leave(arena):
    assert "ERROR" not in str([taken(key, arena) for key in tables()])
    Response.objects.filter(prompt__key="q1", repeat=0).update(finish="failed", text="rate limited")
    assert "rate limited" not in str([taken(key, arena) for key in tables()])
    failed = [row for row in taken("answers", arena) if row["finish"] == "failed"]
    assert len(failed) == 4
    assert {(row["text"], str(row["turns"])) for row in failed} == {("", "[]")}


def test_a_voter_is_one_and_the_same_in_an_arena_and_another_one_elsewhere():
    here, there = furnished(), furnished()
    voters = {row["voter"] for row in taken("votes", here)}
    assert len(voters) == 3
    assert voters == {row["voter"] for row in taken("votes", here)}
    assert not voters & {row["voter"] for row in taken("votes", there)}
    assert not {str(vote.voter_id) for vote in Vote.objects.all()} & voters


def test_votes_that_do_not_count_say_why(arena):
    source = Import.objects.create(
        arena=arena, kind="battles", format="x", filename="x", path="x", digest="1", state="set_aside"
    )
    battle = make_battle(*arena.competitors.order_by("pk")[:2])
    make_vote(battle, source=source)
    loading = Import.objects.create(
        arena=arena, kind="battles", format="x", filename="x", path="x", digest="2", state="loading"
    )
    make_vote(battle, source=loading)
    why = [row["set_aside_reason"] for row in taken("votes", arena) if not row["is_counted"]]
    assert sorted(why) == ["a test", "with its whole import"]
    assert sum(row["n_set_aside"] for row in taken("battles", arena)) == 2


def test_replies_of_judges_are_for_those_who_may_read_them(annotator):
    arena = furnished(content_visibility="accounts")
    battle = Battle.objects.exclude(prompt=None).first()
    make_game(battle, make_judge(), "first", reply="Because. [[A]]")
    make_game(battle, make_judge(), "first", reply="Says the key", reference_given=True)
    assert [row["reply"] for row in taken("games", arena)] == ["Because. [[A]]", "Says the key"]
    assert [row["reply"] for row in taken("games", arena, reader(annotator))] == [None, None]
    arena.content_visibility = "public"
    arena.save()
    assert [row["reply"] for row in taken("games", arena, reader(annotator))] == ["Because. [[A]]", None]
