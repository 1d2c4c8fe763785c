"""A team's program, alone with one token: from an empty site to answers that were judged and voted on, over HTTP."""

import httpx2
import pytest
from django.test import override_settings

from arena import tasks
from arena.models import Run
from judges.cards import called_judge
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.arena.api.programs import bearer
from tests.factories import make_user
from tests.judges.judging_factories import fake_endpoint, work

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = ("Kestrel", "Osmia", "Heron")


class Program:
    """It talks to the site as any HTTP client does, and keeps every answer's status."""

    def __init__(self, url, secret):
        self.client = httpx2.Client(base_url=f"{url}/api/v1/", headers=bearer(secret), timeout=60)

    def get(self, path, **parameters):
        return self._said(self.client.get(path, params=parameters))

    def post(self, path, body):
        return self._said(self.client.post(path, json=body, headers={"Idempotency-Key": f"{path} {len(str(body))}"}))

    def _said(self, response):
        assert response.status_code < 300, response.text
        return response.json()


def test_a_program_brings_answers_has_them_judged_and_votes(live_server, settings, monkeypatch):
    from arena.tokens import make_token

    for task in (tasks.work_on_run, tasks.render_waiting):
        monkeypatch.setattr(task, "delay", lambda *_: None)
    scopes = ["read", "evidence:write", "runs:write", "admin"]
    token, secret = make_token(make_user(is_staff=True), name="journey", scopes=scopes)
    program = Program(live_server.url, secret)
    program.post("arenas/", {"slug": "garden", "name": "Garden"})
    program.post("competitors/", {"arena": "garden", "rows": [{"name": name} for name in MODELS]})
    prompts = [{"id": f"q{n}", "prompt": f"What is {n} plus {n}?"} for n in range(8)]
    program.post("prompts/", {"arena": "garden", "rows": prompts})
    rows = [
        {"prompt": each["id"], "competitor": name, "text": f"{name} says {each['id']}."} for each in prompts for name in MODELS
    ]
    answers = program.post("responses/", {"arena": "garden", "rows": rows})
    assert answers["n_added"] == 24

    with serving(Script()) as fake:
        judge = called_judge(fake_endpoint(fake, settings), "pairwise", name="judge")
        wish = {"arena": "garden", "judges": [f"card:{judge.pk}"], "plan": "all", "most": 6}
        draft = program.post("runs/drafts/judging/", wish)
        run = program.post("runs/", {"draft": draft["draft"], "cap": 5})
        with override_settings(ENDPOINTS_ALLOWED=settings.ENDPOINTS_ALLOWED):
            work(Run.objects.get(pk=run["id"]))
    told = program.get(f"runs/{run['id']}/")
    assert (told["state"], told["progress"]["n_done"]) == ("done", draft["n_calls"])
    assert len(program.get("games/", arena="garden")["results"]) == 12

    ids = dict(zip(((row["prompt"], row["competitor"]) for row in rows), answers["ids"], strict=True))
    votes = [
        {"response_a": ids[each["id"], a], "response_b": ids[each["id"], b], "voter": f"v{n}", "outcome": "a"}
        for n, each in enumerate(prompts)
        for a, b in (MODELS[:2], MODELS[1:])
    ]
    assert program.post("votes/", {"arena": "garden", "rows": votes})["n_added"] == 16
    publish_snapshot(ensure_boards(Run.objects.get().arena)[0])  # as the worker does when votes came
    board = next(each for each in program.get("leaderboards/", arena="garden")["results"] if each["snapshot"])
    entries = program.get(f"leaderboards/{board['slug']}/")["entries"]
    assert entries[0]["competitor"] == MODELS[0]

    token.delete()
    assert program.client.get("arenas/").status_code == 401
