"""Boards by question: any combination of filters is a board or a sentence, fitted once, and thrown away when unused."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Prompt, Voter
from ranking.boards.asked import board_queue
from ranking.boards.asked.asked_definition import definition_like
from ranking.boards.asked.board_queue import QueueFull, ask, keep_under_a_name, throw_away_unused
from ranking.boards.asked.too_little import TooLittle, told
from ranking.boards.due import due_boards, refresh_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.boards.snapshots.standing import stands
from ranking.filters import Filters
from ranking.models import KeptSnapshot, Leaderboard, PairTable, Snapshot
from ranking.tasks import fit_asked_board
from tests.factories import make_arena, make_battle, make_competitor, make_pool, make_prompt, make_vote, make_voter
from tests.prepared import prepared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_question_arena(n_prompts=80, n_voters=8):
    """Four models; half of the prompts on math (every other of them in German, a quarter hard, a fifth with two turns), and
    coding; each prompt's votes on a day of its own, by signed-in and anonymous voters."""
    arena, rng = make_arena("asked", board_visibility="public", content_visibility="public"), np.random.default_rng(1)
    models = [make_competitor(arena, f"model {i}") for i in range(4)]
    kinds = [Voter.Kind.ACCOUNT, Voter.Kind.ANONYMOUS]
    voters = [make_voter(arena, kind=kinds[i % 2]) for i in range(n_voters)]
    for k in range(n_prompts):
        prompt = make_prompt(
            arena, f"Question {k}? " + "x" * (10 * k), category="math/algebra" if k % 2 else "coding",
            language="de" if k % 4 < 2 else "en", tags=["hard"] if k % 4 == 0 else [],
            pool=make_pool(arena, "extra" if k % 3 == 0 else "main"),
        )  # fmt: skip
        if k % 5 == 0:
            prompt.turns = [*prompt.turns, "And then?"]
            prompt.content_hash = Prompt.hash_of(prompt.turns)
            prompt.save()
        for i in range(4):
            a, b = models[i], models[(i + 1 + k % 3) % 4]
            outcome = "a" if rng.random() < (0.7 if a.pk < b.pk else 0.3) else "b"
            flipped = outcome if a.pk < b.pk else {"a": "b", "b": "a"}[outcome]
            voter = voters[(k + i) % n_voters]
            make_vote(make_battle(a, b, prompt), flipped, voter, voted_at=NOW - timedelta(days=n_prompts - k))
    ledger.number_events()
    refresh_boards()
    publish_snapshot(own_board(arena))
    return arena


planted = prepared(make_question_arena)


@pytest.fixture
def arena(planted):
    return planted()


def own_board(arena):
    return Leaderboard.objects.get(arena=arena, is_default=True)


def asked(arena, query, *, network="1.2.3.4", now=None):
    """The board of these filters, asked for as the page asks."""
    like = own_board(arena)
    definition = definition_like(like, Filters.of(parse_qs(query)))
    return ask(arena, definition, like=like, network=network, now=now or timezone.now())


def fitted(arena, query):
    """What became of it: its newest snapshot, or the sentence."""
    board = asked(arena, query)
    fit_asked_board()
    board.refresh_from_db()
    return board.newest_snapshot() if not told(board) else told(board)


@pytest.mark.parametrize(
    ("query", "n_prompts"),
    [
        ("category=coding/&category=math/algebra", 80),
        ("language=de&language=en&category=math", 40),
        ("category=coding&language=de", "Votes on 20 prompts fit: at least 30 are needed."),
        ("tag=hard", "Votes on 20 prompts fit: at least 30 are needed."),
        ("pool=main", 53),
        ("min_chars=200", 61),
        ("min_chars=100&max_chars=700", 60),
        ("turns=1", 64),
        ("turns=several", "Votes on 16 prompts fit: at least 30 are needed."),
        ("since=2026-01-10", 50),
        ("since=2025-12-20&until=2026-02-02", 45),
        ("voters=account", "Votes of 4 voters fit: at least 5 are needed."),
        ("voters=account&voters=anonymous", 80),
        ("since=2030-01-01", "No vote fits these filters."),
        ("turns=one&since=2025-12-20&language=de&language=en", 57),
    ],
)
def test_every_combination_is_a_board_or_a_sentence(arena, query, n_prompts):
    found = fitted(arena, query)
    if isinstance(n_prompts, str):
        assert found == n_prompts
    else:
        assert found.n_prompts == n_prompts
        assert found.entries.exclude(rating=None).count() == 4


def test_a_disconnected_board_says_so_instead_of_ratings(arena):
    apart = [make_competitor(arena, name) for name in ("lonely one", "lonely two")]
    for k in range(40):
        prompt = make_prompt(arena, f"Apart {k}?", tags=["apart"])
        for voter in range(6):
            battle = make_battle(apart[0], apart[1], prompt)
            make_vote(battle, "a", make_voter(arena, f"apart {k} {voter}"))
    ledger.number_events()
    found = fitted(arena, "tag=apart")
    assert found.n_prompts == 40
    reasons = {entry.unrated_because for entry in found.entries.filter(rating=None)}
    assert found.entries.exclude(rating=None).count() == 0
    assert all(reasons)


def test_dates_and_voters_are_counted_as_they_say(arena):
    snapshot = fitted(arena, "since=2026-01-10&until=2026-02-20")
    votes = [vote for battle in arena.battles.all() for vote in battle.votes.all()]
    assert snapshot.n_votes == sum(
        datetime(2026, 1, 10, tzinfo=UTC) <= v.voted_at < datetime(2026, 2, 21, tzinfo=UTC) for v in votes
    )


@pytest.mark.parametrize("query", ["pool=main", "since=2026-01-10", "min_chars=100&turns=1&until=2026-02-27"])
def test_a_snapshot_of_filters_is_made_again_though_prompts_and_votes_change(arena, query):
    snapshot = fitted(arena, query)
    Prompt.objects.filter(arena=arena).update(pool=make_pool(arena, "other"), turns=["New?", "words", "now"], tags=["hard"])
    models = list(arena.competitors.all())
    make_vote(make_battle(models[0], models[1], make_prompt(arena, "Later?", pool=make_pool(arena, "main"))), "b")
    ledger.number_events()
    again = rebuild(snapshot)
    assert again.same_evidence
    assert again.largest_difference == 0
    assert stands(snapshot)


def test_one_definition_is_one_row_however_it_is_spelt(arena):
    first = asked(arena, "category=math&tag=hard&since=2026-01-01")
    second = asked(arena, "since=2026-01-01&tag=hard&tag=hard&category=math/algebra&category=math/", network="9.9.9.9")
    assert first.pk == second.pk
    assert first.filters == "since=2026-01-01&tag=hard"
    assert first.category == "math"
    copy = Leaderboard.objects.get(pk=first.pk)
    copy.pk, copy.slug = None, "copy"
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_the_same_question_twice_fits_once(arena):
    first = fitted(arena, "turns=1")
    board = asked(arena, "turns=1")
    assert board.asked_at is None  # it stands
    fit_asked_board()
    assert Snapshot.objects.filter(leaderboard=board).get() == first


def test_new_evidence_elsewhere_is_read_and_not_fitted(arena):
    first = fitted(arena, "turns=1")
    models = list(arena.competitors.all())
    prompt = make_prompt(arena, "Two turns?")
    Prompt.objects.filter(pk=prompt.pk).update(turns=["Two", "turns?"])
    make_vote(make_battle(models[0], models[1], prompt), "b")
    ledger.number_events()
    later = timezone.now() + timedelta(minutes=5)
    board = asked(arena, "turns=1", now=later)
    assert board.asked_at == later  # something came
    fit_asked_board()
    board.refresh_from_db()
    assert board.newest_snapshot() == first
    assert board.asked_at is None
    assert not board_queue.has_news(board)


def test_new_evidence_that_counts_is_fitted_when_asked_again(arena):
    first = fitted(arena, "turns=1")
    models = list(arena.competitors.all())
    make_vote(make_battle(models[0], models[1], make_prompt(arena, "One turn?")), "b")
    ledger.number_events()
    soon = asked(arena, "turns=1")
    assert soon.asked_at is None  # it rests after its fit
    asked(arena, "turns=1", now=timezone.now() + timedelta(minutes=5))
    fit_asked_board()
    assert soon.newest_snapshot().n_votes == first.n_votes + 1


def test_two_wait_for_one_network_and_twenty_in_all(arena):
    for k in range(2):
        asked(arena, f"min_chars={k}")
    with pytest.raises(QueueFull, match="2 boards that your network asked for are still waiting"):
        asked(arena, "min_chars=2")
    for k in range(2, 20):
        asked(arena, f"min_chars={k}", network=f"10.0.0.{k // 2}")
    with pytest.raises(QueueFull, match="20 boards are waiting"):
        asked(arena, "min_chars=20", network="10.0.1.0")
    assert asked(arena, "min_chars=19", network="10.0.1.0").asked_at is not None  # what waits already may be asked for
    for _ in range(20):
        fit_asked_board()
    assert not board_queue.waiting().exists()
    assert asked(arena, "min_chars=20", network="10.0.1.0").asked_at is not None


def test_no_address_stays_with_a_board(arena):
    board = asked(arena, "turns=1", network="198.51.100.7")
    assert board.asked_by
    assert "198" not in board.asked_by
    fit_asked_board()
    board.refresh_from_db()
    assert board.asked_by == ""


def test_live_boards_go_first(arena, monkeypatch):
    asked(arena, "turns=1")
    asked(arena, "min_chars=5")
    sent = []
    monkeypatch.setattr(fit_asked_board, "apply_async", lambda *_, **__: sent.append(1))
    models = list(arena.competitors.all())
    make_vote(make_battle(models[0], models[1], make_prompt(arena, "News?")), "b")
    ledger.number_events()
    Leaderboard.objects.update(not_before=None)
    assert due_boards()
    fit_asked_board()
    assert sent == []  # the beat rings for the second once the live boards are read
    for board in due_boards():
        publish_snapshot(board)
    Leaderboard.objects.live().update(read_to=ledger.head())
    asked(arena, "min_chars=6", network="5.5.5.5")
    fit_asked_board()
    assert sent == [1]


@pytest.mark.parametrize(("n_asked", "most"), [(60, 20), pytest.param(1_000, board_queue.MOST_KEPT, marks=pytest.mark.slow)])
def test_a_crawl_of_a_thousand_definitions_leaves_two_hundred(arena, monkeypatch, n_asked, most):
    monkeypatch.setattr(board_queue, "MOST_KEPT", most)
    for k in range(n_asked):
        asked(arena, f"min_chars={k}", network=f"10.{k // 250}.{k % 250}.1", now=NOW + timedelta(seconds=k))
        Leaderboard.objects.filter(is_asked=True).update(asked_at=None, asked_by="")  # as if each were fitted at once
    boards = Leaderboard.objects.filter(is_asked=True)
    assert boards.count() == most
    assert boards.filter(filters=f"min_chars={n_asked - 1}").exists()
    assert not boards.filter(filters=f"min_chars={n_asked - most - 1}").exists()


def test_what_nobody_uses_for_a_day_goes_with_its_snapshots(arena):
    kept, unused = fitted(arena, "turns=1"), fitted(arena, "min_chars=300")
    KeptSnapshot.objects.create(snapshot=kept, reason="linked")
    n_pairs = PairTable.objects.count()
    later = timezone.now() + timedelta(days=1, minutes=1)
    throw_away_unused(later)
    assert Snapshot.objects.filter(pk=kept.pk).exists()
    assert not Snapshot.objects.filter(pk=unused.pk).exists()
    assert not Leaderboard.objects.filter(pk=unused.leaderboard_id).exists()
    assert PairTable.objects.count() == n_pairs - 1


def test_use_keeps_a_board(arena):
    board = fitted(arena, "turns=1").leaderboard
    later = timezone.now() + timedelta(hours=23)
    asked(arena, "turns=1", now=later)
    throw_away_unused(later + timedelta(hours=2))
    assert Leaderboard.objects.filter(pk=board.pk).exists()


def test_a_board_kept_under_a_name_is_live(arena):
    board = fitted(arena, "turns=1&since=2026-01-01").leaderboard
    assert keep_under_a_name(board, "Single turns in 2026")
    board.refresh_from_db()
    assert (board.is_live, board.is_asked, board.slug) == (True, False, "asked-single-turns-in-2026")
    assert board in due_boards()
    assert publish_snapshot(board).n_prompts > 0
    assert not keep_under_a_name(board, "Once more")


def test_a_slice_that_the_arena_makes_takes_over_what_was_asked_for(arena):
    Leaderboard.objects.filter(arena=arena, category="coding").delete()
    board = fitted(arena, "category=coding").leaderboard
    refresh_boards()
    Leaderboard.objects.live().update(read_to=0, not_before=None)
    refresh_boards()
    board.refresh_from_db()
    assert (board.is_asked, board.is_live, board.is_by_itself, board.slug) == (False, True, True, "asked-coding")


def test_too_little_is_no_failure(arena):
    board = asked(arena, "tag=hard")
    with pytest.raises(TooLittle):
        publish_snapshot(board)
    board.refresh_from_db()
    assert (board.error, board.error_code, board.too_little) == ("", "few_prompts", {"n": 20, "least": 30})
    assert board.newest_snapshot() is None
