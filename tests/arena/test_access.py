"""Who may know of an arena, and who may vote in it."""

from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser, User

from arena import access
from arena.models import Arena, Visibility, Voting
from tests.factories import make_arena, make_user

VISITORS = {
    "anonymous": AnonymousUser(),
    "account": User(username="account"),
    "curator": User(username="curator", is_staff=True),
}


def test_who_may_vote():
    allowed = {Voting.ANYONE: set(VISITORS), Voting.ACCOUNTS: {"account", "curator"}, Voting.CLOSED: set()}
    for voting in Voting:
        arena = Arena(voting=voting)
        assert {name for name, visitor in VISITORS.items() if access.may_vote(visitor, arena)} == allowed[voting]


@pytest.mark.django_db
def test_an_arena_may_be_known_where_it_is_among_those_for_the_visitor():
    """What is asked of one arena in memory is what the database is asked of all."""
    arenas = [make_arena(board_visibility=board, voting=voting) for board, voting in product(Visibility, Voting)]
    for visitor in (AnonymousUser(), make_user(), make_user(is_staff=True)):
        known = {arena for arena in arenas if access.may_know(visitor, arena)}
        assert known == set(access.arenas_for(visitor))
