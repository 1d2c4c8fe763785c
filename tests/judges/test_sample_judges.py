"""The judges of the sample arena: what the first minutes show of judging."""

import pytest

from arena.models import Arena
from arena.sample.loading import load_sample_arena
from judges import sample
from judges.audits.figures.human_agreement import HEADLINES
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.models import Game, Judge
from tests.judges.judging_factories import work
from tests.judges.remote import audited

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena(monkeypatch):
    monkeypatch.setattr(sample, "N_BATTLES", 80)
    monkeypatch.setattr(sample, "A_MINUTE", 600_000)
    return load_sample_arena()


def test_one_scripted_judge_can_be_used_and_the_other_cannot(arena, settings):
    with serving(sample.sample_script()) as fake:
        settings.ENDPOINTS_ALLOWED = frozenset({fake.address})
        run = work(sample.plan_scripted_judges(arena, fake.openai_url), n_threads=64)
        assert sample.plan_scripted_judges(arena, fake.openai_url) is None
    assert run.state == "done"
    assert set(Game.objects.values_list("state", flat=True)) <= {"ok", "rule"}
    careful, hasty = (audited(Judge.objects.get(name=name), arena) for name in sample.SCRIPTED)
    assert (careful[0].is_usable, hasty[0].is_usable) == (True, False)
    headlines = [next(each for each in audit.figures["people"] if each["key"] in HEADLINES) for audit, _ in (careful, hasty)]
    assert headlines[0]["value"] > headlines[1]["value"]  # every reply counts, ties are a class: a third is guessing
    assert hasty[1]["slot intercept gamma"]["low"] > 1
    assert sample.NOTICE in Arena.objects.get(slug="sample").notice


def test_programs_judge_it_once(arena):
    sample.judge_sample_offline(arena)
    n_games = Game.objects.count()
    sample.judge_sample_offline(arena)
    assert Game.objects.count() == n_games == 2 * 2 * 80
    assert set(Judge.objects.values_list("name", flat=True)) == set(sample.PROGRAMS)


def test_a_script_may_say_something_else_for_each_model():
    script = Script.from_json({"reply": "[[A]]", "models": {"other": {"reply": "[[B]]"}}})
    assert (script.of_model("any").reply, script.of_model("other").reply) == ("[[A]]", "[[B]]")
    with pytest.raises(ValueError, match="script field 'replys'"):
        Script.from_json({"models": {"other": {"replys": "[[B]]"}}})
