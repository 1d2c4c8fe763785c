"""The page of a run of judges says what was decided, with calls or without."""

import pytest
from django.urls import reverse

from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.factories import make_user
from tests.judges.judging_factories import ids, make_battles

pytestmark = pytest.mark.django_db


def test_a_run_of_offline_judges_shows_what_was_decided(client):
    client.force_login(make_user(is_staff=True))
    arena, battles = make_battles(n_prompts=2)
    run, counts = plan_judging(arena, [offline_judge("longer")], ids(battles))
    assert counts.n_offline == 2 * len(battles)
    page = client.get(reverse("run", args=[run.pk])).text
    assert f'<dt class="label">Without a call</dt><dd>{counts.n_offline}</dd><dd class="sub">decided</dd>' in page
    assert "Answered" not in page


def test_a_run_says_why_a_program_decided_nothing(client):
    client.force_login(make_user(is_staff=True))
    arena, battles = make_battles(n_prompts=2)
    run, _ = plan_judging(arena, [offline_judge("contains")], ids(battles))
    page = " ".join(client.get(reverse("run", args=[run.pk])).text.split())
    n = 2 * len(battles)
    assert f'<dd>0</dd><dd class="sub">decided; {n} could not be decided' in page
    assert "everything was decided" not in page
    (reason,) = set(Game.objects.filter(run=run).values_list("reason", flat=True))
    assert f'{reason}</th><td class="n">{n}</td>' in page
