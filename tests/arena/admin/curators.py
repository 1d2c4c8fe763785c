"""What tests of the admin share: accounts, rows of every kind, and actions on chosen rows."""

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Ballot, Import
from ranking.models import KeptSnapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_vote,
    make_voter,
)
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

EVERYTHING = [
    "arena_arena", "arena_promptpool", "arena_prompt", "arena_competitor", "arena_response", "arena_battle", "arena_vote",
    "arena_import", "arena_event", "arena_ballot", "ranking_leaderboard", "ranking_snapshot",
]  # fmt: skip
READ_ONLY = ["response", "battle", "vote", "import", "event", "ballot"]


def make_account(name, **fields):
    """Without a password, whose hash would cost more than the test."""
    return User.objects.create(username=name, **fields)


def make_import(arena, **fields):
    known = {"kind": "battles", "format": "llmfao", "filename": "votes.csv", "path": "x", "digest": str(Import.objects.count())}
    return Import.objects.create(arena=arena, **known | {"state": "published"} | fields)


def make_some_of_everything(n=3):
    arena, user = make_arena(f"arena-of-{n}"), make_account(f"reader-{n}")
    for _ in range(n):
        a, b = make_competitor(arena), make_competitor(arena)
        source = make_import(arena, created_by=user)
        battle = make_battle(a, b, make_prompt(arena, tags=["short"]), with_answers=True, source=source)
        make_vote(battle, source=source)
        Ballot.objects.create(
            battle=battle, voter=make_voter(arena), first_shown="a", propensity=0.5, served_at=timezone.now(), state="flagged"
        )
        board = make_board(arena, category=f"category-{a.pk}")
        snapshot = make_snapshot(board)
        KeptSnapshot.objects.create(snapshot=snapshot, reason="linked")
        make_entry(snapshot, a)
    ledger.sequence()
    return arena


def make_votes(n=3):
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    return [make_vote(battle) for _ in range(n)]


def choose(client, model, action, rows, **more):
    """Tick rows in a list, choose an action and go."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0"} | more
    return client.post(reverse(f"admin:{model}_changelist"), data, follow=True)


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def listed(client, model, query=""):
    return list(client.get(reverse(f"admin:{model}_changelist") + query).context["cl"].result_list)
