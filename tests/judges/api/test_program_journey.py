"""A team's program, alone with one token and the OpenAPI document: from an empty site to a board of votes and verdicts.

The program is a client that was generated from the document; where the generator is not installed, one that walks it.
"""

import importlib.util

import pytest

from arena import tasks
from arena.models import Run
from arena.tokens import make_token, revoke
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from ranking import tasks as ranking_tasks
from tests.factories import make_user
from tests.judges.api.openapi_drivers import GENERATOR, GeneratedDriver, WalkingDriver, written_document
from tests.judges.judging_factories import fake_endpoint, work

pytestmark = pytest.mark.django_db(transaction=True)

ALL = ["read", "evidence:write", "runs:write", "admin"]
MODELS = ("Kestrel", "Osmia", "Heron")
PROMPTS = [{"id": f"q{n}", "prompt": f"What is {n} plus {n}?"} for n in range(8)]
ANSWERS = [
    {"prompt": each["id"], "competitor": name, "text": f"{name} says {each['id']}."} for each in PROMPTS for name in MODELS
]


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return written_document(tmp_path_factory.mktemp("client"))


@pytest.fixture
def program(document, live_server):
    """Makes a program with a token of these scopes; and the token."""
    driver = GeneratedDriver if importlib.util.find_spec(GENERATOR) else WalkingDriver

    def made(scopes=ALL):
        token, secret = make_token(make_user(is_staff=True), name="journey", scopes=scopes)
        return driver(document, live_server.url, secret), token

    return made


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    for task in (tasks.work_on_run, tasks.render_waiting):
        monkeypatch.setattr(task, "delay", lambda *_: None)
    monkeypatch.setattr(ranking_tasks.refit_board, "delay", ranking_tasks.refit_board)  # done at once


def done(answer):
    status, told = answer
    assert status < 300, told
    return told


def test_a_program_brings_answers_has_them_judged_votes_and_reads_the_board(program, settings):
    one, token = program()
    done(one.call("arenas_write", {"slug": "garden", "name": "Garden"}))
    done(one.call("competitors_write", {"arena": "garden", "rows": [{"name": name} for name in MODELS]}))
    done(one.call("prompts_write", {"arena": "garden", "rows": PROMPTS}))
    answers = done(one.call("responses_write", {"arena": "garden", "rows": ANSWERS}))
    assert answers["n_added"] == 24

    with serving(Script()) as fake:
        endpoint = fake_endpoint(fake, settings)
        judge = done(one.call("judges_write", {"name": "strict", "endpoint": endpoint.name, "protocol": "pairwise"}))
        wish = {"arena": "garden", "judges": [judge["key"]], "plan": "all", "most": 6}
        draft = done(one.call("runs_drafts_judging_write", wish))
        run = done(one.call("runs_write", {"draft": draft["draft"], "cap": 5.0}))
        work(Run.objects.get(pk=run["id"]))
    told = done(one.call("runs_read", id=run["id"]))
    assert (told["state"], told["progress"]["n_done"]) == ("done", draft["n_calls"])
    assert len(done(one.call("games_list", arena="garden"))["results"]) == 12

    ids = dict(zip(((row["prompt"], row["competitor"]) for row in ANSWERS), answers["ids"], strict=True))
    votes = [
        {"response_a": ids[each["id"], a], "response_b": ids[each["id"], b], "voter": f"v{n}", "outcome": "a"}
        for n, each in enumerate(PROMPTS)
        for a, b in (MODELS[:2], MODELS[1:])
    ]
    assert done(one.call("votes_write", {"arena": "garden", "rows": votes}))["n_added"] == 16

    known = {"prompt_id": "q0", "answer_a": MODELS[0], "answer_b": MODELS[1], "label": "a"}
    assert done(one.call("gold-labels_write", {"arena": "garden", "rows": [known]}))["n_labels"] == 1
    (label,) = done(one.call("gold-labels_list", arena="garden"))["results"]
    assert done(one.call("gold-labels_set-aside_write", id=label["id"]))["is_counted"] is False

    board = {"arena": "garden", "slug": "garden-people", "name": "People", "is_live": False}
    done(one.call("leaderboards_write", board))
    done(one.call("leaderboards_publish_write", slug="garden-people"))
    shown = done(one.call("leaderboards_read", slug="garden-people"))
    assert (shown["n_votes"], [entry["competitor"] for entry in shown["entries"]]) == (16, list(MODELS))
    pairs = done(one.call("exports_pairs_dpo_read", arena="garden"))
    assert (len(pairs), {pair["chosen"] != pair["rejected"] for pair in pairs}) == (16, {True})

    revoke(token, token.created_at)
    assert one.call("arenas_list")[0] == 401


@pytest.mark.parametrize(
    ("scopes", "needed", "operation", "body", "parameters"),
    [
        (["read", "evidence:write", "runs:write"], "admin", "arenas_write", {"slug": "g", "name": "G"}, {}),
        (["read", "admin"], "evidence:write", "prompts_write", {"arena": "garden", "rows": PROMPTS}, {}),
        (["read", "admin"], "runs:write", "runs_write", {"draft": "x", "cap": 1.0}, {}),
        (["evidence:write"], "read", "arenas_list", None, {}),
        (["read", "evidence:write"], "admin", "arenas_change", {"notice": "x"}, {"slug": "garden"}),
    ],
)
def test_a_token_of_too_small_a_scope_is_told_which_it_lacks(program, scopes, needed, operation, body, parameters):
    status, told = program(scopes)[0].call(operation, body, **parameters)
    assert (status, told["detail"].startswith(f"This token lacks the scope {needed}:")) == (403, True)
