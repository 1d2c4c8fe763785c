"""What was compiled once is what Django would ask: the same statement, the same rows."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import signals
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.evidence import voting
from arena.models import Ballot, Battle, Event, Lot, RateWindow, Vote
from arena.outcomes import Outcome
from arena.statements import vote_statements
from arena.statements.compiled_query import CompiledInsert, CompiledSelect, CompiledUpdate, compiled
from tests.arena.pairing.test_matchmaking import make_contest, serve
from tests.factories import make_battle, make_vote, make_voter

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def given():
    """For every argument of every statement a value that finds something."""
    arena = make_contest(4, 3, slug="contest")
    voter = make_voter(arena, key="somebody", kind="anonymous")
    for seed in range(2):
        done = serve(voter, seed=seed)
        own = voting.cast_vote(done.key, voter, Outcome.A, now=NOW).vote
        make_vote(done.battle, own.outcome)
    vote = Vote.objects.filter(voter=voter).last()
    ballot = serve(voter, seed=9)
    a, b, *_ = arena.competitors.order_by("pk")
    lot = make_battle(a, b, arena.prompts.first(), with_answers=True, row_key=b"lot")
    Lot.objects.create(arena=arena, battle=lot, chance=0.5, place=0.5)
    RateWindow.objects.create(key="window", starts_at=NOW, count=2)
    return {
        "slug": "contest", "arena": arena.pk, "kind": "anonymous", "voter": voter.pk, "starts_at": NOW, "at_most": 3,
        "ballot": ballot.pk, "battle": ballot.battle_id, "state": "voted", "note": "it's '%s'", "now": NOW, "vote": vote.pk,
        "read_since": NOW - timedelta(hours=1), "prompt": lot.prompt_id, "competitor_a": a.pk, "competitor_b": b.pk,
        "response_a": lot.response_a_id, "response_b": lot.response_b_id,
        "key": {"voters_known_as": "somebody", "counted_in_window": "window", "ballots_called": ballot.key},
    }  # fmt: skip


def arguments(name, function, given):
    chosen = {each: given[each] for each in function.__annotations__ if each != "return"}
    return chosen | ({"key": given["key"][name]} if "key" in chosen else {})


def statements(kind):
    return sorted(name for name, value in vars(vote_statements).items() if isinstance(value, kind))


def asked(ask):
    with CaptureQueriesContext(connection) as log:
        answer = ask()
    (query,) = log.captured_queries
    return query["sql"], answer


def read(row):
    """All values of a row, and of what was joined to it."""
    if isinstance(row, tuple):
        return row
    forward = {field.name for field in row._meta.concrete_fields}
    joined = {name: read(value) for name, value in row._state.fields_cache.items() if name in forward}
    return type(row), {name: value for name, value in vars(row).items() if name != "_state"}, joined


@pytest.mark.parametrize("name", statements(CompiledSelect))
def test_a_query_is_the_one_of_its_queryset(name, given):
    statement = getattr(vote_statements, name)
    chosen = arguments(name, statement.queryset, given)
    sql, rows = asked(lambda: statement(**chosen))
    assert (sql, list(map(read, rows))) == asked(lambda: list(map(read, statement.queryset(**chosen))))
    assert rows
    assert asked(lambda: statement(**chosen))[0] == sql  # the second time, too


@pytest.mark.parametrize("name", statements(CompiledUpdate))
def test_a_change_is_the_one_of_its_queryset(name, given):
    statement = getattr(vote_statements, name)
    if name in {"ballot_read", "next_ballot_read"}:
        Ballot.objects.update(shown_at=None)
    chosen = arguments(name, statement.change, given)
    sql, n = asked(lambda: statement(**chosen))
    queryset, values = statement.change(**chosen)
    assert n == 1
    assert sql == asked(lambda: queryset.update(**values))[0]


@pytest.fixture
def new_rows(given):
    """What is stored of each model when a pair is served and voted on; `None` and what the model fills in are among it."""
    arena, voter, battle = given["arena"], given["voter"], given["battle"]
    sides = {"competitor_a_id": given["competitor_a"], "competitor_b_id": given["competitor_b"]}
    return {
        "new_battle": {"arena_id": arena, "prompt_id": None, "propensity": 0.25, "created_at": NOW, **sides},
        "new_ballot": {"battle": Battle.objects.create(arena_id=arena, created_at=NOW, **sides), "voter_id": voter,
                       "key": "'%s'", "first_shown": "b", "propensity": 0.5, "served_at": NOW, "shown_at": None},
        "new_vote": {"battle_id": battle, "voter_id": voter, "outcome": "a", "strength": 2, "reasons": ["clear"],
                     "comment": "it's '%s' \u2713", "voted_at": NOW},
        "new_event": {"arena_id": arena, "kind": Event.Kind.VOTE_CAST, "vote_id": given["vote"], "after": "a", "actor": None},
    }  # fmt: skip


def stored(row):
    """All values of a row in the database but its number, and the moment at which it was made."""
    row.refresh_from_db()
    return read(row)[1] | {"id": 0, "created_at": None}


@pytest.mark.parametrize("name", statements(CompiledInsert))
def test_a_new_row_is_the_one_of_its_model(name, new_rows, monkeypatch):
    statement, values = getattr(vote_statements, name), new_rows[name]
    monkeypatch.setattr(timezone, "now", lambda: NOW)  # `auto_now_add`
    sql, made = {}, {}
    for way, create in (("Django's", statement.model.objects.create), ("ours", statement), ("again", statement)):
        with transaction.atomic():
            sql[way], row = asked(lambda create=create: create(**values))
            assert row.pk
            assert not row._state.adding
            assert row._state.db == "default"
            made[way] = stored(row)
            transaction.set_rollback(True)
    assert sql["ours"] == sql["again"] == sql["Django's"]
    assert made["ours"] == made["again"] == made["Django's"]


@pytest.mark.parametrize("name", statements(CompiledInsert))
def test_nothing_of_django_is_left_out_for_a_new_row(name):
    model = getattr(vote_statements, name).model
    assert not model._meta.parents
    assert [field.name for field in model._meta.db_returning_fields] == ["id"]
    assert not any(signal.has_listeners(model) for signal in (signals.pre_save, signals.post_save))


def test_who_catches_a_refused_row_cannot_commit_what_came_before(given):
    twice = {"battle_id": given["battle"], "voter_id": given["voter"], "first_shown": "a", "propensity": 1, "served_at": NOW}
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            vote_statements.new_ballot(**twice)
        assert connection.needs_rollback


def test_an_argument_that_the_statement_does_not_hold_is_refused():
    @compiled
    def everything(*, voter: int):
        return Vote.objects.all()

    with pytest.raises(TypeError, match="voter"):
        everything(voter=1)
