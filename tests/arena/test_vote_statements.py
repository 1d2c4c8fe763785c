"""What was compiled once is what Django would ask: the same statement, the same rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena import vote_statements
from arena.compiled_query import CompiledSelect, CompiledUpdate, compiled
from arena.evidence import voting
from arena.models import Ballot, Lot, RateWindow, Vote
from arena.outcomes import Outcome
from tests.arena.test_matchmaking import make_contest, serve
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
    if name == "next_ballot_read":
        Ballot.objects.update(shown_at=None)
    chosen = arguments(name, statement.change, given)
    sql, n = asked(lambda: statement(**chosen))
    queryset, values = statement.change(**chosen)
    assert n == 1
    assert sql == asked(lambda: queryset.update(**values))[0]


def test_an_argument_that_the_statement_does_not_hold_is_refused():
    @compiled
    def everything(*, voter: int):
        return Vote.objects.all()

    with pytest.raises(TypeError, match="voter"):
        everything(voter=1)
