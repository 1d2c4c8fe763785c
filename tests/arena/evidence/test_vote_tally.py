"""Counts kept and counts read again are the same, at every position of the ledger."""

import random

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from arena.evidence import ledger, vote_tally
from arena.evidence.kept_files import kept_file
from arena.models import Event, Import, Vote
from arena.outcomes import Outcome
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote, make_voter

pytestmark = pytest.mark.django_db


def _change(vote, *, outcome=None, is_counted=None):
    """What curation and voting do: the row and its event, in one transaction."""
    before, kind = vote.counts_as, Event.Kind.VOTE_CHANGED
    if outcome is not None:
        vote.outcome = outcome
    if is_counted is not None:
        vote.is_counted, kind = is_counted, Event.Kind.VOTE_RESTORED if is_counted else Event.Kind.VOTE_SET_ASIDE
    with transaction.atomic():
        vote.save()
        ledger.record_vote(kind, vote, arena_id=vote.battle.arena_id, before=before)


def _move(source, state, kind):
    before, source.state = source.state, state
    with transaction.atomic():
        source.save()
        ledger.record_import(kind, source, before=before)


def _make_import(arena):
    return Import.objects.create(
        arena=arena, kind="battles", format="test", filename="f", path="f", digest=str(random.random())
    )


def _same(first, second):
    return (
        first.tally.digest() == second.tally.digest()
        and first.n_set_aside == second.n_set_aside
        and first.turnout.keys.tolist() == second.turnout.keys.tolist()
        and first.turnout.counts.tolist() == second.turnout.counts.tolist()
        and _shown(first) == _shown(second)
    )


def _shown(evidence):
    return [column.tolist() for column in (evidence.shown.keys, evidence.shown.counts, evidence.shown.sides)]


@pytest.fixture
def arena():
    return make_arena()


@pytest.fixture
def battle(arena):
    return make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))


def test_a_vote_is_counted_once_it_has_a_position(arena, battle):
    make_vote(battle)
    assert vote_tally.read_evidence(arena.pk, 0).tally.n_comparisons == 0
    assert vote_tally.read_evidence(arena.pk, ledger.sequence()).tally.n_comparisons == 1


def test_an_imported_vote_counts_from_the_publishing_of_its_import(arena, battle):
    source = _make_import(arena)
    Vote.objects.create(battle=battle, outcome="a", source=source, voted_at=timezone.now())
    make_vote(battle)
    before = ledger.sequence()
    assert vote_tally.evidence_at(arena.pk, before).tally.n_comparisons == 1
    _move(source, Import.State.PUBLISHED, Event.Kind.IMPORT_PUBLISHED)
    assert vote_tally.evidence_at(arena.pk, ledger.sequence()).tally.n_comparisons == 2
    assert vote_tally.read_evidence(arena.pk, before).tally.n_comparisons == 1


def test_an_import_that_is_set_aside_counts_nowhere_and_comes_back(arena, battle):
    source = _make_import(arena)
    Vote.objects.create(battle=battle, outcome="a", source=source, voted_at=timezone.now())
    _move(source, Import.State.PUBLISHED, Event.Kind.IMPORT_PUBLISHED)
    _move(source, Import.State.SET_ASIDE, Event.Kind.IMPORT_SET_ASIDE)
    aside = vote_tally.evidence_at(arena.pk, ledger.sequence())
    assert (aside.tally.n_comparisons, aside.n_set_aside) == (0, 1)
    _move(source, Import.State.PUBLISHED, Event.Kind.IMPORT_RESTORED)
    restored = vote_tally.evidence_at(arena.pk, ledger.sequence())
    assert (restored.tally.n_comparisons, restored.n_set_aside) == (1, 0)


def test_a_vote_set_aside_inside_an_import_that_is_aside_changes_no_count(arena, battle):
    source = _make_import(arena)
    vote = Vote.objects.create(battle=battle, outcome="a", source=source, voted_at=timezone.now())
    _move(source, Import.State.PUBLISHED, Event.Kind.IMPORT_PUBLISHED)
    _move(source, Import.State.SET_ASIDE, Event.Kind.IMPORT_SET_ASIDE)
    vote_tally.evidence_at(arena.pk, ledger.sequence())
    _change(vote, is_counted=False)
    position = ledger.sequence()
    kept = vote_tally.evidence_at(arena.pk, position)
    assert _same(kept, vote_tally.read_evidence(arena.pk, position))


def test_counts_kept_from_event_to_event_equal_counts_read_again_now_and_later(arena):
    """300 random changes; at every tenth the kept counts are compared with the votes, and at the end once more from there."""
    rng = random.Random(20)
    competitors = [make_competitor(arena) for _ in range(4)]
    prompts = [make_prompt(arena) for _ in range(3)] + [None]
    voters = [make_voter(arena) for _ in range(5)]
    votes, seen, imports = [], {}, [_make_import(arena) for _ in range(2)]
    for source in imports:
        battle = make_battle(*rng.sample(competitors, 2))
        Vote.objects.create(battle=battle, outcome="tie", source=source, voter=voters[0], voted_at=timezone.now())
        votes.append(Vote.objects.create(battle=battle, outcome="b", source=source, voter=voters[1], voted_at=timezone.now()))
    for step in range(300):
        act = rng.random()
        if act < 0.5:
            battle = make_battle(*rng.sample(competitors, 2), rng.choice(prompts))
            side = rng.choice(["", "a", "b"])
            votes.append(make_vote(battle, rng.choice(Outcome.values), rng.choice(voters), first_shown=side))
        elif act < 0.7:
            _change(rng.choice(votes), outcome=rng.choice(Outcome.values))
        elif act < 0.95:
            vote = rng.choice(votes)
            _change(vote, is_counted=not vote.is_counted)
        else:
            source = rng.choice(imports)
            kinds = {
                Import.State.WAITING: (Import.State.PUBLISHED, Event.Kind.IMPORT_PUBLISHED),
                Import.State.PUBLISHED: (Import.State.SET_ASIDE, Event.Kind.IMPORT_SET_ASIDE),
                Import.State.SET_ASIDE: (Import.State.PUBLISHED, Event.Kind.IMPORT_RESTORED),
            }
            _move(source, *kinds[source.state])
        if step % 10 == 0:
            position = ledger.sequence()
            seen[position] = vote_tally.evidence_at(arena.pk, position)
            assert _same(seen[position], vote_tally.read_evidence(arena.pk, position))
    assert all(_same(evidence, vote_tally.read_evidence(arena.pk, position)) for position, evidence in seen.items())


def test_a_page_counts_what_no_fit_has_read_and_keeps_nothing(arena, battle, django_assert_max_num_queries):
    first = make_vote(battle, "a", first_shown="b")
    vote_tally.evidence_at(arena.pk, ledger.sequence())
    watermark = vote_tally.load_kept(arena.pk).watermark
    make_vote(battle, "b", make_voter(arena), first_shown="b")
    _change(first, is_counted=False)
    with django_assert_max_num_queries(8):
        now = vote_tally.evidence_now(arena.pk)
    assert (now.tally.n_comparisons, now.n_set_aside, now.shown.sides.tolist()) == (1, 1, [1, 1])
    assert vote_tally.load_kept(arena.pk).watermark == watermark
    assert _same(now, vote_tally.read_evidence(arena.pk, ledger.sequence()))


def test_a_damaged_file_of_counts_is_not_used(arena, battle):
    make_vote(battle)
    position = ledger.sequence()
    vote_tally.evidence_at(arena.pk, position)
    path = kept_file(arena.pk)
    path.write_bytes(path.read_bytes()[:100])
    assert vote_tally.load_kept(arena.pk) is None
    assert vote_tally.evidence_at(arena.pk, position).tally.n_comparisons == 1


def test_counts_under_other_places_of_outcomes_are_not_used(arena, battle, monkeypatch):
    make_vote(battle)
    vote_tally.evidence_at(arena.pk, ledger.sequence())
    assert vote_tally.load_kept(arena.pk) is not None
    monkeypatch.setattr(vote_tally, "OUTCOMES", vote_tally.OUTCOMES[::-1])
    assert vote_tally.load_kept(arena.pk) is None


def test_counts_of_another_database_are_not_used(arena, battle):
    make_vote(battle)
    position = ledger.sequence()
    vote_tally.evidence_at(arena.pk, position)
    Event.objects.update(created_at=timezone.now())
    assert vote_tally.load_kept(arena.pk) is None


def test_prompts_are_filed_as_they_were_at_the_position(arena):
    prompt = make_prompt(arena, category="coding/python", language="en")
    make_vote(make_battle(make_competitor(arena), make_competitor(arena), prompt))
    position = ledger.sequence()
    before, prompt.category = ledger.filed_under(prompt), "maths"
    prompt.save()
    ledger.record_prompt(prompt, before=before)
    after = ledger.sequence()
    assert vote_tally.prompts_filed_under(arena.pk, position, category="coding").tolist() == [prompt.pk]
    assert vote_tally.prompts_filed_under(arena.pk, after, category="coding").tolist() == []


def test_turnout_is_held_in_as_few_bits_as_its_counts_need():
    prompt, voter = np.array([3] * 300 + [4]), np.array([7] * 300 + [2**31 - 9])
    many = vote_tally.Turnout.empty().updated(prompt, voter, np.ones(301, dtype=np.int64))
    assert (many.counts.tolist(), many.counts.dtype, many.n_voters()) == ([300, 1], np.uint16, 2)
    fewer = many.updated(prompt[:299], voter[:299], np.full(299, -1))
    assert (fewer.counts.tolist(), fewer.counts.dtype, fewer.n_voters()) == ([1, 1], np.uint8, 2)
    one = fewer.updated(prompt[-2:], voter[-2:], np.array([1, -1]))
    assert (one.counts.tolist(), one.n_voters()) == ([2], 1)


def test_voters_are_counted_once_and_nobody_is_no_voter(arena, battle):
    voter = make_voter(arena)
    make_vote(battle, voter=voter)
    make_vote(make_battle(battle.competitor_a, battle.competitor_b, make_prompt(arena)), voter=voter)
    Vote.objects.create(battle=battle, outcome="a", voted_at=timezone.now())
    evidence = vote_tally.evidence_at(arena.pk, ledger.sequence())
    assert (evidence.turnout.n_voters(), evidence.tally.n_comparisons) == (1, 3)
