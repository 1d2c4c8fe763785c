"""A snapshot says what was fitted, from what, and never changes."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.evidence import ledger
from arena.leases import LeaseLost
from arena.models import Event, Vote
from ranking.boards import publishing, sources
from ranking.boards.default_boards import ensure_boards
from ranking.boards.due import due_boards, refresh_boards
from ranking.boards.publishing import BoardBusy, Rebuilt, publish_snapshot, rebuild
from ranking.boards.snapshots.snapshot_retention import thin_snapshots
from ranking.models import Entry, Immutable, KeptSnapshot, Leaderboard, Snapshot
from ranking.tasks import refit_board, ring_due_boards
from tests.factories import make_arena, make_battle, make_competitor, make_contest, make_prompt, make_prompts, make_vote


@pytest.mark.django_db
def test_a_board_ranks_its_competitors_with_intervals_and_counts():
    arena, competitors = make_contest()
    board = ensure_boards(arena)[0]
    entries = list(publish_snapshot(board).entries.all())
    assert [entry.competitor for entry in entries] == competitors
    assert [(entry.rank, entry.n_votes, entry.n_prompts) for entry in entries] == [(1, 8, 2), (2, 8, 2), (3, 8, 2)]
    assert all(entry.low < entry.rating < entry.high for entry in entries)
    assert sum(entry.rating for entry in entries) == pytest.approx(3000)


@pytest.mark.django_db
def test_a_snapshot_names_its_evidence_and_its_code():
    arena, _ = make_contest()
    snapshot = publish_snapshot(ensure_boards(arena)[0])
    assert (snapshot.n_votes, snapshot.n_prompts, snapshot.watermark) == (12, 2, 12)
    assert len(snapshot.evidence_hash) == 64
    assert snapshot.code_version.startswith("0.")
    assert any("only 2 prompts" in note for note in snapshot.notes)


@pytest.mark.django_db
def test_a_snapshot_can_be_made_again_from_the_ledger_to_the_same_digits():
    arena, competitors = make_contest()
    snapshot = publish_snapshot(ensure_boards(arena)[0])
    changed = arena.battles.first().votes.first()
    before, changed.outcome = changed.counts_as, "b"
    changed.save()
    ledger.record_vote(Event.Kind.VOTE_CHANGED, changed, arena_id=arena.pk, before=before)
    make_vote(make_battle(*competitors[:2], make_prompt(arena)), "b")
    ledger.sequence()
    assert rebuild(snapshot) == Rebuilt(same_evidence=True, same_code=True, largest_difference=0.0)


@pytest.mark.django_db
def test_a_snapshot_whose_evidence_was_tampered_with_is_found_out(capsys):
    arena, _ = make_contest()
    snapshot = publish_snapshot(ensure_boards(arena)[0])
    Vote.objects.filter(pk=Vote.objects.first().pk).update(outcome="b")
    with pytest.raises(CommandError, match=r"the evidence at ledger position \d+ is no longer that of this snapshot"):
        call_command("verify_snapshot", snapshot.key)


@pytest.mark.django_db
def test_a_snapshot_and_its_entries_cannot_be_changed():
    arena, _ = make_contest()
    snapshot = publish_snapshot(ensure_boards(arena)[0])
    with pytest.raises(Immutable):
        snapshot.save()
    with pytest.raises(Immutable):
        snapshot.entries.first().save()


@pytest.mark.django_db
def test_the_undefeated_get_a_reason_and_no_number():
    arena = make_arena()
    best, other, third = (make_competitor(arena) for _ in range(3))
    prompt = make_prompt(arena)
    make_vote(make_battle(best, other, prompt), "a")
    make_vote(make_battle(other, third, prompt), "tie")
    entry = publish_snapshot(ensure_boards(arena)[0]).entries.get(competitor=best)
    assert entry.rating is None
    assert entry.rank is None
    assert "never lost" in entry.unrated_because


@pytest.mark.django_db
def test_a_competitor_without_votes_is_listed_with_that_reason():
    arena, _ = make_contest()
    newcomer = make_competitor(arena)
    entry = publish_snapshot(ensure_boards(arena)[0]).entries.get(competitor=newcomer)
    assert (entry.rating, entry.unrated_because) == (None, "no votes yet")


@pytest.mark.django_db
def test_a_board_without_any_vote_can_be_published():
    arena = make_arena()
    make_competitor(arena)
    assert publish_snapshot(ensure_boards(arena)[0]).entries.get().unrated_because == "no votes yet"


@pytest.mark.django_db
def test_publishing_again_without_new_evidence_makes_no_second_snapshot():
    arena, _ = make_contest()
    board = ensure_boards(arena)[0]
    assert publish_snapshot(board).pk == publish_snapshot(board).pk


@pytest.mark.django_db
def test_the_command_says_nothing_new_where_there_is_nothing_new(capsys):
    arena, _ = make_contest()
    call_command("publish_leaderboard", arena.slug)
    assert " rated from " in capsys.readouterr().out
    call_command("publish_leaderboard", arena.slug)
    said = capsys.readouterr().out
    assert "nothing new since snapshot" in said
    assert "rated from" not in said


@pytest.mark.django_db
def test_each_category_and_language_that_divides_the_prompts_has_a_board():
    arena = make_arena("house")
    for category, language in [("coding/python", "en"), ("coding/sql", "en"), ("maths", "de"), ("maths", "de")]:
        make_prompts(arena, 15, category=category, language=language)
    slugs = {board.slug for board in ensure_boards(arena)}
    assert slugs == {"house", "house-coding", "house-maths", "house-in-en", "house-in-de"}


@pytest.mark.django_db
def test_a_category_board_counts_only_its_prompts():
    arena = make_arena("house")
    a, b = make_competitor(arena), make_competitor(arena)
    for category in ("coding", "maths"):
        battle = make_battle(a, b, make_prompt(arena, category=category))
        make_vote(battle, "a")
        make_vote(battle, "b")
        make_prompts(arena, 29, category=category)
    make_vote(battle, "tie")
    ensure_boards(arena)
    assert publish_snapshot(Leaderboard.objects.get(slug="house-coding")).n_votes == 2
    assert publish_snapshot(Leaderboard.objects.get(slug="house-maths")).n_votes == 3


@pytest.mark.django_db
def test_a_board_is_due_when_the_ledger_is_ahead_and_it_has_rested():
    arena, competitors = make_contest()
    ring_due_boards()
    board = Leaderboard.objects.get(arena=arena, is_default=True)
    assert refresh_boards()[0] == board.pk
    publish_snapshot(board)
    assert board.pk not in refresh_boards()
    make_vote(make_battle(competitors[0], competitors[1], make_prompt(arena)), "b")
    ring_due_boards()
    assert board.pk not in refresh_boards()  # it rests
    board.refresh_from_db()
    with time_machine.travel(board.not_before + timedelta(seconds=1), tick=False):
        assert board.pk in refresh_boards()


@pytest.mark.django_db
@pytest.mark.parametrize("n_arenas", [1, 12])
def test_a_look_at_what_is_due_asks_the_same_few_questions_of_any_number_of_arenas(n_arenas, django_assert_max_num_queries):
    for _ in range(n_arenas):
        arena, _ = make_contest()
        for board in ensure_boards(arena):
            board.read_to, board.not_before = 10**6, timezone.now()
            board.save()
    for _ in range(n_arenas):
        make_arena()  # nothing happened here
    ledger.sequence()
    with django_assert_max_num_queries(5):
        ring_due_boards()


@pytest.mark.django_db
@pytest.mark.parametrize("n_moved", [1, 6])
def test_what_is_due_is_one_question_and_writes_nothing(n_moved):
    """Looking after the boards of arenas that moved costs ten questions for each of these, and five whatever there is."""
    for _ in range(n_moved):
        ensure_boards(make_contest(2, 1)[0])
    make_arena()  # nothing happened here
    ledger.sequence()
    with CaptureQueriesContext(connection) as log:
        assert len({board.arena_id for board in due_boards()}) == n_moved
    assert [query["sql"].split()[0] for query in log] == ["SELECT"]
    with CaptureQueriesContext(connection) as log:
        refresh_boards()
    assert len(log) <= 5 + 10 * n_moved


@pytest.mark.django_db
def test_what_judges_did_makes_no_board_of_peoples_votes_due():
    arena, competitors = make_contest()
    board = ensure_boards(arena)[0]
    publish_snapshot(board)
    ledger.record_games(Event.Kind.GAMES_DECIDED, arena_id=arena.pk, n_games=2)
    ledger.sequence()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        assert board.pk not in refresh_boards()
        board.refresh_from_db()
        assert board.read_to == ledger.head(arena.pk)
        make_vote(make_battle(competitors[0], competitors[1], make_prompt(arena)), "b")
        ledger.record_games(Event.Kind.GAMES_DECIDED, arena_id=arena.pk, n_games=2)
        ledger.sequence()
        assert board.pk in refresh_boards()


@pytest.mark.django_db
def test_a_bell_that_rings_twice_is_answered_once():
    arena, _ = make_contest()
    board = ensure_boards(arena)[0]
    ledger.sequence()
    refit_board(board.pk, only_if_due=True)
    refit_board(board.pk, only_if_due=True)
    board.refresh_from_db()
    assert (board.n_attempts, board.snapshots.count()) == (1, 1)
    refit_board(board.pk)  # somebody asked for it
    board.refresh_from_db()
    assert board.n_attempts == 2


@pytest.mark.django_db
def test_a_board_that_is_being_fitted_is_left_to_its_worker():
    board = ensure_boards(make_contest()[0])[0]
    Leaderboard.objects.claim(board.pk, seconds=60)
    with pytest.raises(BoardBusy):
        publish_snapshot(board)


@pytest.mark.django_db
def test_a_worker_that_comes_back_after_its_lease_writes_nothing(monkeypatch):
    board = ensure_boards(make_contest()[0])[0]
    fit = sources.fit_board

    def slow_fit(*args, **kwargs):
        with time_machine.travel(timezone.now() + timedelta(seconds=3 * publishing.LEASE_SECONDS)):
            assert Leaderboard.objects.claim(board.pk, seconds=60)
        return fit(*args, **kwargs)

    monkeypatch.setattr(sources, "fit_board", slow_fit)
    with pytest.raises(LeaseLost):
        publish_snapshot(board)
    assert Snapshot.objects.count() == Entry.objects.count() == 0


@pytest.mark.django_db
def test_a_failed_fit_is_told_on_the_board_and_frees_it(monkeypatch):
    board = ensure_boards(make_contest()[0])[0]
    monkeypatch.setattr(sources, "fit_board", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish_snapshot(board)
    board.refresh_from_db()
    assert (board.error, board.lease_token) == ("ZeroDivisionError: division by zero", "")


@pytest.mark.django_db(transaction=True)
def test_voters_do_not_wait_while_a_snapshot_is_prepared(monkeypatch):
    """SQLite has one writer, and a transaction of ours is it from its beginning."""
    board, held = ensure_boards(make_contest()[0])[0], []

    def watched(prepare):
        def prepared(*args, **kwargs):
            held.append(connection.in_atomic_block)
            return prepare(*args, **kwargs)

        return prepared

    for name in ("code_version", "_parameters", "_entry", "code_of", "_says_the_same"):
        monkeypatch.setattr(publishing, name, watched(getattr(publishing, name)))
    first = publish_snapshot(board)
    with CaptureQueriesContext(connection) as log:
        assert publish_snapshot(board) == first  # nothing new: no transaction of several statements
    assert len(held) > 5
    assert not any(held)
    if connection.vendor == "sqlite":
        assert not [query["sql"] for query in log if query["sql"].startswith("BEGIN")]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_snapshot():
    board = ensure_boards(make_contest()[0])[0]
    barrier, made, left = threading.Barrier(2), [], []

    def work():
        try:
            barrier.wait(10)
            made.append(publish_snapshot(board))
        except (BoardBusy, LeaseLost) as reason:
            left.append(reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) + len(left) == 2
    assert Snapshot.objects.count() == 1


@pytest.mark.django_db
def test_thinning_keeps_the_newest_the_linked_one_an_hour_and_later_one_a_day():
    arena, _ = make_contest()
    board = ensure_boards(arena)[0]
    model = publish_snapshot(board)
    now = timezone.now().replace(hour=12, minute=30)
    fields = {
        field.name: getattr(model, field.name)
        for field in Snapshot._meta.fields
        if field.name not in ("id", "key", "created_at")
    }
    model.delete()  # of this very hour, whichever that is
    ages = [timedelta(hours=5), timedelta(hours=5, minutes=-5), timedelta(hours=5, minutes=-10), timedelta(minutes=5)]
    ages += [timedelta(days=40, hours=3), timedelta(days=40, hours=2), timedelta(0)]
    rows = [Snapshot.objects.create(created_at=now - age, **fields) for age in ages]
    KeptSnapshot.objects.create(snapshot=rows[2], reason="linked")
    thin_snapshots(now=now)
    left = [row for row in rows if Snapshot.objects.filter(pk=row.pk).exists()]
    assert left == [rows[0], rows[2], rows[3], rows[4], rows[6]]
