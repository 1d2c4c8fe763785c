"""Checklists are asked for in the browser as by the command: counted first, then started."""

import re
from html import unescape

import pytest
from django.urls import reverse

from arena.models import Run
from arena.tasks import work_on_run
from judges.models import Checklist
from tests.factories import make_arena, make_prompt, make_user
from tests.judges.game_factories import make_endpoint

pytestmark = pytest.mark.django_db
CHOSEN = {"prompts": "100", "max_tokens": "100", "seed": "1", "cap": "0.50"}


@pytest.fixture
def arena(client):
    client.force_login(make_user("curator", is_staff=True))
    arena = make_arena("garden")
    for number in range(3):
        make_prompt(arena, f"Question {number}?")
    return arena


def post(client, **data):
    return client.post(f"{reverse('new-checklists')}?arena=garden", data)


def test_checklists_are_counted_then_asked_for(client, arena, monkeypatch):
    bells = []
    monkeypatch.setattr(work_on_run, "delay", bells.append)
    Checklist.objects.create(prompt=arena.prompts.first(), criteria=[{"text": "Is it mine?", "weight": 1}])
    page = post(client, endpoint=make_endpoint("gpt", price_out=1_000_000).pk, **CHOSEN).text
    assert re.search(r"Checklists</dt><dd>2<", page)
    assert re.search(r"Here already</dt><dd>1<", page)
    assert not Run.objects.exists()
    response = post(client, confirm=unescape(re.search(r'name="confirm" value="([^"]+)"', page)[1]))
    run = Run.objects.get()
    assert response.url == reverse("run", args=[run.pk])
    assert (run.kind, run.cap, run.calls.count(), bells) == ("checklist", 500_000, 2, [run.pk])


def test_they_are_asked_for_in_three_steps(client, arena):
    endpoint = make_endpoint("gpt").pk
    assert 'aria-current="step">Model<' in client.get(reverse("new-checklists"), {"arena": "garden"}).text
    which = post(client, step="who", endpoint=endpoint, max_tokens="100").text
    assert 'aria-current="step">Prompts<' in which
    assert f'<input type="hidden" name="endpoint" value="{endpoint}">' in which
    assert 'name="cap"' in post(client, step="which", endpoint=endpoint, **CHOSEN).text
    assert re.search(r"Checklists</dt><dd>3<", post(client, step="cap", endpoint=endpoint, **CHOSEN).text)
    assert 'name="endpoint"' in post(client, step="which", go="back", endpoint=endpoint).text


def test_who_writes_them_must_be_said(client, arena):
    make_endpoint("gpt")
    response = post(client, endpoint="", **CHOSEN)
    assert (response.status_code, Run.objects.count()) == (422, 0)
    assert "This field is required" in response.text


def test_it_is_for_curators_who_find_it_from_the_runs(client, arena):
    assert f'href="{reverse("new-checklists")}"' in client.get(reverse("runs")).text
    assert "?arena=garden" in client.get(reverse("new-checklists")).text
    client.force_login(make_user())
    assert client.get(reverse("new-checklists")).status_code == 403
