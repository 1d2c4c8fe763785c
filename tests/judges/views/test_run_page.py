"""The page of a run of judges says what was decided, with calls or without."""

import pytest
from django.urls import reverse

from arena.models import Run
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.factories import make_arena, make_user
from tests.judges.game_factories import make_call, make_judge, make_run
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


def test_the_bar_of_a_run_shows_its_calls_by_state(client):
    """Of 8 calls 4 answered, 1 failed, 1 left out, 2 waiting: 50, 12.5, 12.5 and 25 per cent, one after the other."""
    client.force_login(make_user(is_staff=True))
    run, judge = make_run(make_arena(), cap=4_000_000), make_judge()
    for state, outcome, n in (("done", "ok", 4), ("failed", "error", 1), ("cancelled", "not_asked", 1), ("waiting", "", 2)):
        for _ in range(n):
            make_call(run, judge, state=state, outcome=outcome)
    Run.objects.update(spent=1_000_000, reserved=500_000)
    response = client.get(reverse("run", args=[run.pk]))
    calls = [(part.kind, part.n, part.x, part.percent) for part in response.context["call_parts"]]
    assert calls == [("done", 4, 0, 50), ("failed", 1, 50, 12.5), ("cancelled", 1, 62.5, 12.5), ("waiting", 2, 75, 25)]
    money = [(part.kind, part.n, part.percent) for part in response.context["money_parts"]]
    assert money == [("done", 1_000_000, 25), ("sent", 500_000, 12.5), ("waiting", 2_500_000, 62.5)]
    assert "6 of 8 calls" in " ".join(response.text.split())
    assert '<rect class="failed" x="50.00%" width="12.50%"' in response.text


@pytest.mark.parametrize("cap", [None, 0])
def test_money_without_a_cap_is_no_bar(client, cap):
    client.force_login(make_user(is_staff=True))
    run = make_run(make_arena(), cap=cap)
    response = client.get(reverse("run", args=[run.pk]))
    assert (response.context["money_parts"], response.context["call_parts"]) == ([], [])
    assert "of 0 calls" not in response.text
    assert "none needed" in client.get(reverse("runs")).text
