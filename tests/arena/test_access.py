"""Who may vote."""

from django.contrib.auth.models import AnonymousUser, User

from arena.access import may_vote
from arena.models import Arena, Voting

VISITORS = {
    "anonymous": AnonymousUser(),
    "account": User(username="account"),
    "curator": User(username="curator", is_staff=True),
}


def test_who_may_vote():
    allowed = {Voting.ANYONE: set(VISITORS), Voting.ACCOUNTS: {"account", "curator"}, Voting.CLOSED: set()}
    for voting in Voting:
        arena = Arena(voting=voting)
        assert {name for name, visitor in VISITORS.items() if may_vote(visitor, arena)} == allowed[voting]
