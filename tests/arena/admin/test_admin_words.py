"""What the admin calls things: names that tell two arenas apart, days as on the site, plain plurals."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from arena.models import Vote
from judges.models import GoldSet
from tests.factories import make_arena, make_battle, make_competitor, make_pool, make_user, make_vote
from tests.ranking.board_factories import make_board, make_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _curator(client):
    client.force_login(make_user("curator", is_staff=True))


@pytest.mark.parametrize("model", ["arena_prompt", "ranking_snapshot", "judges_golditem"])
def test_filters_name_the_arena_of_what_may_be_called_alike(client, model):
    for slug in ("one", "two"):
        arena = make_arena(slug)
        make_pool(arena, "main")
        make_snapshot(make_board(arena, f"{slug}-main", name="main"))
        GoldSet.objects.create(arena=arena, name="main")
    filters = client.get(reverse(f"admin:{model}_changelist")).context["cl"].filter_specs
    (spec,) = [
        spec for spec in filters if any("main" in str(choice[1]).lower() for choice in getattr(spec, "lookup_choices", []))
    ]
    assert [label.replace("Main", "main") for _, label in spec.lookup_choices] == ["One: main", "Two: main"]


def test_days_and_times_are_written_as_on_the_site(client, settings):
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    Vote.objects.update(voted_at=datetime(2026, 11, 30, 9, 56, tzinfo=UTC))
    page = client.get(reverse("admin:arena_vote_changelist")).text
    assert "30 Nov 2026, 09:56" in page
    assert "a.m." not in page


def test_a_decision_on_a_judge_is_added(client):
    page = client.get(reverse("admin:judges_judgechoice_add")).text
    assert "Add decision on a judge" in page
    assert "included or excluded" not in page
    assert "Decisions on judges" in client.get(reverse("admin:index")).text
