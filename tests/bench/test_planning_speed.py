"""A large plan is drawn up while somebody waits for it."""

import sys
from time import perf_counter

import pytest

from judges.runs.planning import plan_judging
from tests.judges.judging_factories import ids, make_battles
from tests.judges.runs.test_planning import judge_at

pytestmark = [pytest.mark.bench, pytest.mark.django_db]


def test_ten_thousand_games_are_planned_in_seconds(capsys):
    arena, battles = make_battles(n_prompts=40, n_competitors=5)
    judge = judge_at()
    began = perf_counter()
    _, counts = plan_judging(arena, [judge], ids(battles), repeats=12)
    seconds = perf_counter() - began
    with capsys.disabled():
        sys.stdout.write(f"\n9,600 games planned in {seconds:.1f} s\n")
    assert counts.n_calls == 9_600
    assert seconds < 15
