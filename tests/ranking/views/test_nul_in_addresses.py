"""A character that PostgreSQL refuses, in what an address asks for: no page breaks on it."""

import pytest
from django.urls import reverse

from ranking.boards.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_user, make_vote
from tests.ranking.board_factories import make_board, make_judge_audit

pytestmark = pytest.mark.django_db
ASKED = [
    ("moment", "key"), ("leaderboard", "board"), ("leaderboard", "q"), ("leaderboard", "category"), ("leaderboard", "baseline"),
    ("embed", "board"), ("embed", "model"), ("matrix", "board"), ("compare", "board"), ("compare", "model"), ("price", "board"),
    ("price", "licence"), ("over-time", "board"), ("weigh", "board"), ("fairness", "board"), ("vote", "done"), ("battles", "q"),
    ("judge-battles", "set"), ("new-run", "arena"), ("new-run", "like"), ("new-answers", "arena"), ("new-checklists", "arena"),
]  # fmt: skip


def test_no_page_breaks_on_nul(client):
    arena = make_arena("nul")
    a, b = make_competitor(arena, "a"), make_competitor(arena, "b")
    make_vote(make_battle(a, b), "a")
    publish_snapshot(make_board(arena, "nul", is_default=True))
    judge = make_judge_audit(arena, "judge").judge_id
    client.force_login(make_user(is_staff=True))
    arguments = {"judge-battles": ["nul", judge], "moment": [], "new-run": [], "new-answers": [], "new-checklists": []}
    for page, name in ASKED:
        answer = client.get(reverse(page, args=arguments.get(page, ["nul"])), {name: "a\0b"})
        assert answer.status_code < 500, (page, name)
